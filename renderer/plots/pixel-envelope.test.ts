import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/numerics/random.ts';
import { BLOCK, BlockIndex, extremes, leastAt } from './block-index.ts';
import { pixelEnvelope } from './pixel-envelope.ts';

const line = (length: number, value: (i: number) => number) => ({
  x: Float64Array.from({ length }, (_, i) => i),
  y: Float64Array.from({ length }, (_, i) => value(i)),
});

describe('the envelope of a line', () => {
  it('keeps every point where there are no more of them than pixels', () => {
    const samples = line(5, i => i * i);
    const { count, at, last } = pixelEnvelope(samples, { min: 0, max: 4, log: false }, 400, new BlockIndex());
    expect([...at.subarray(0, count)]).toEqual([0, 100, 200, 300, 400]);
    expect([...last.subarray(0, count)]).toEqual([0, 1, 4, 9, 16]);
  });

  it.each([
    [10_000, 700, false],
    [10_000, 700, true],
    [200_000, 300, false],
  ])('loses no spike: %i points on %i pixels, log %s', (length, columns, log) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = createRandom(seed, 'test');
      const spike = 1 + Math.floor(random.uniform() * (length - 1));
      const samples = line(length, i => (i === spike ? 50 : random.uniform()));
      const scale = { min: 1, max: length - 1, log };
      const { count, most, at } = pixelEnvelope(samples, scale, columns, new BlockIndex());
      expect(count, `seed ${seed}`).toBeLessThanOrEqual(columns + 2);
      const found = most.subarray(0, count).indexOf(50);
      expect(found, `seed ${seed}`).toBeGreaterThanOrEqual(0);
      const share = log ? Math.log(spike) / Math.log(length - 1) : (spike - 1) / (length - 2);
      expect(Math.abs(at[found] - share * columns), `seed ${seed}`).toBeLessThanOrEqual(1);
    }
  });

  it('holds for each column what its points hold, with missing values among them', () => {
    const random = createRandom(7, 'test');
    const samples = line(5000, i => (i % 5 === 0 ? random.uniform() : Number.NaN));
    const columns = 100;
    const { count, at, first, least, most, last } = pixelEnvelope(
      samples,
      { min: -0.5, max: 4999.5, log: false },
      columns,
      new BlockIndex(),
    );
    expect(count).toBe(columns);
    for (let entry = 0; entry < count; entry++) {
      const from = 50 * Math.floor(at[entry]);
      const values = [...samples.y.subarray(from, from + 50)].filter(Number.isFinite);
      expect([first[entry], least[entry], most[entry], last[entry]]).toEqual([
        values[0],
        Math.min(...values),
        Math.max(...values),
        values.at(-1),
      ]);
    }
  });

  it('has a point to either side of what is shown', () => {
    const { count, at } = pixelEnvelope(
      line(10_000, i => i),
      { min: 4000.5, max: 8000.5, log: false },
      100,
      new BlockIndex(),
    );
    expect(at[0]).toBeLessThan(0);
    expect(at[count - 1]).toBeGreaterThan(100);
  });

  it('is empty for a line without values', () => {
    expect(
      pixelEnvelope(
        line(0, () => 0),
        { min: 0, max: 1, log: false },
        10,
        new BlockIndex(),
      ).count,
    ).toBe(0);
    expect(
      pixelEnvelope(
        line(50, () => NaN),
        { min: 0, max: 50, log: false },
        10,
        new BlockIndex(),
      ).count,
    ).toBe(0);
  });
});

describe('the index', () => {
  it('follows a growing line and gives the same envelope as a new one', () => {
    const random = createRandom(3, 'test');
    const whole = line(20_000, () => random.uniform());
    const index = new BlockIndex();
    for (const length of [10, 1000, 1001, 7777, 20_000]) {
      const samples = { x: whole.x.subarray(0, length), y: whole.y.subarray(0, length) };
      const scale = { min: 0, max: length, log: false };
      expect(pixelEnvelope(samples, scale, 50, index)).toEqual(pixelEnvelope(samples, scale, 50, new BlockIndex()));
    }
  });

  it('finds the least value in the blocks and in the rest', () => {
    const y = Float64Array.from({ length: 3 * BLOCK + 10 }, (_, i) => 100 - (i % 50));
    y[BLOCK + 3] = -5;
    expect(leastAt(y, new BlockIndex())).toBe(BLOCK + 3);
    y[3 * BLOCK + 2] = -6;
    expect(leastAt(y, new BlockIndex())).toBe(3 * BLOCK + 2);
    expect(leastAt(new Float64Array([NaN, Infinity]), new BlockIndex())).toBeUndefined();
  });

  it('takes no infinity for a value', () => {
    expect(extremes(Float64Array.of(Infinity, 2, -Infinity, NaN, 1), 0, 5)).toEqual({ least: 1, most: 2 });
  });
});
