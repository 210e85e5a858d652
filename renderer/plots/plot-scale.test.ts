import { describe, expect, it } from 'vitest';
import { roundedOut, scaleAround, shareOf, ticksOf, tickText, valueAtShare } from './plot-scale.ts';

describe('scales', () => {
  it('map values to shares and back', () => {
    for (const scale of [
      { min: -3, max: 7, log: false },
      { min: 1e-6, max: 10, log: true },
    ]) {
      for (const share of [0, 0.25, 1]) expect(shareOf(scale, valueAtShare(scale, share))).toBeCloseTo(share, 12);
    }
  });

  it('put what has no logarithm below the axis', () => {
    expect(shareOf({ min: 1, max: 10, log: true }, 0)).toBeLessThan(0);
  });

  it('hold all values, also when there is only one or none', () => {
    expect(scaleAround(2, 2, 'linear')).toMatchObject({ log: false });
    expect(scaleAround(2, 2, 'log').min).toBeLessThan(2);
    expect(scaleAround(2, 2, 'log').max).toBeGreaterThan(2);
    // Three decades below the largest, and no further, however small the least is.
    const [cut, near] = [scaleAround(1e-14, 50, 'log', 0, 1e-3), scaleAround(1, 50, 'log', 0, 1e-3)];
    expect(cut.min).toBeCloseTo(0.05 / 1.05, 12);
    expect(near.min).toBeCloseTo(1 / 1.05, 12);
    expect(scaleAround(Infinity, -Infinity, 'linear')).toEqual({ min: 0, max: 1, log: false });
    const narrow = scaleAround(14.68011, 14.68012, 'linear');
    const texts = ticksOf(narrow, 4).map(tickText);
    expect(new Set(texts).size).toBe(texts.length);
    expect(Math.max(...texts.map(text => text.length))).toBeLessThanOrEqual(5);
    expect(scaleAround(0, 0, 'linear')).toEqual({ min: -1, max: 1, log: false });
  });
});

describe('rounded scales', () => {
  it('end at the next round values outside', () => {
    expect(roundedOut({ min: 0.013, max: 3, log: true })).toEqual({ min: 0.01, max: 5, log: true });
    expect(roundedOut({ min: 2e-5, max: 2000, log: true })).toEqual({ min: 2e-5, max: 2000, log: true });
    expect(roundedOut({ min: -3.1, max: 17, log: false })).toEqual({ min: -5, max: 20, log: false });
  });

  it('hold still while the values creep', () => {
    const ends = Array.from({ length: 20 }, (_, k) => roundedOut({ min: 0.11 + 0.004 * k, max: 0.9, log: true }).min);
    expect(new Set(ends)).toEqual(new Set([0.1]));
  });
});

describe('ticks', () => {
  it('are round numbers inside the scale', () => {
    expect(ticksOf({ min: 0, max: 10, log: false }, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticksOf({ min: 0.13, max: 0.52, log: false }, 4)).toEqual([0.2, 0.3, 0.4, 0.5]);
    expect(ticksOf({ min: 1e-4, max: 1, log: true }, 5)).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1]);
    expect(ticksOf({ min: 1, max: 100, log: true }, 10)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  });

  it('leave out decades where there is no room', () => {
    expect(ticksOf({ min: 1e-12, max: 1, log: true }, 4)).toEqual([1e-12, 1e-9, 1e-6, 1e-3, 1]);
    expect(ticksOf({ min: 2e-4, max: 0.2, log: true }, 3)).toEqual([1e-3, 1e-2, 1e-1]);
  });

  it('fall back to a linear step within a decade', () => {
    expect(ticksOf({ min: 2.1, max: 2.9, log: true }, 4)).toEqual([2.2, 2.4, 2.6, 2.8]);
  });

  it('are two at least, also where there is little room', () => {
    expect(ticksOf({ min: 0.7, max: 1.3, log: true }, 1).length).toBeGreaterThanOrEqual(2);
    expect(ticksOf({ min: 0.7, max: 1.3, log: false }, 1).length).toBeGreaterThanOrEqual(2);
  });

  it('are written short', () => {
    expect([0, 0.02, 500, 20000, 1e-7, 2e6, 2.5e6].map(tickText)).toEqual([
      '0',
      '0.02',
      '500',
      '20k',
      '1e-7',
      '2e6',
      '2.5e6',
    ]);
  });
});
