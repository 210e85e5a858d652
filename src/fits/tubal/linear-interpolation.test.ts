import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { interpolateLinearly } from './linear-interpolation.ts';

describe('linear interpolation', () => {
  it('restores planes of linear functions exactly inside the hull, and keeps what was observed', () => {
    const [rows, columns, k] = [17, 23, 3];
    const random = createRandom(5, 'interpolation');
    const truth = Float32Array.from({ length: rows * columns * k }, (_, i) => {
      const [x, y, t] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / columns / rows)];
      return 0.3 * x - 0.2 * y + 0.05 * x * t + t;
    });
    const isCorner = (i: number) =>
      [0, columns - 1].includes(i % columns) && [0, rows - 1].includes(Math.floor(i / columns) % rows);
    const observed = Uint8Array.from(truth, (_, i) => (isCorner(i) || random.uniform() < 0.2 ? 1 : 0));
    const holes = truth.map((value, i) => (observed[i] === 1 ? value : Number.NaN));
    const filled = interpolateLinearly(holes, observed, rows, columns);
    for (let i = 0; i < truth.length; i++) expect(filled[i]).toBeCloseTo(truth[i], 4);
  });

  it('takes the nearest value outside the hull and with too few points for a triangle', () => {
    const filled = interpolateLinearly(Float32Array.of(0, 7, 0, 0), Uint8Array.of(0, 1, 0, 0), 2, 2);
    expect([...filled]).toEqual([7, 7, 7, 7]);
  });
});
