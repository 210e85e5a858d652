import { describe, expect, it } from 'vitest';
import { Smoothed } from './smoothed.ts';

const samples = (values: readonly number[]) => ({
  x: Float64Array.from(values, (_, i) => i),
  y: Float64Array.from(values),
});

describe('smoothing', () => {
  it('leaves a constant as it is, from the first value on', () => {
    const { y } = new Smoothed(0.9).follow(samples([3, 3, 3, 3]));
    for (const value of y) expect(value).toBeCloseTo(3, 12);
  });

  it('is the weighted mean of what came before', () => {
    const { y } = new Smoothed(0.5).follow(samples([1, 3]));
    // Weights 1/4 and 1/2, over their sum.
    expect(y[1]).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
  });

  it('goes on where it was and gives the same as at once', () => {
    const values = Array.from({ length: 3000 }, (_, i) => Math.sin(i));
    const growing = new Smoothed(0.8);
    growing.follow(samples(values.slice(0, 100)));
    expect(growing.follow(samples(values)).y).toEqual(new Smoothed(0.8).follow(samples(values)).y);
  });

  it('steps over what is missing', () => {
    const { y } = new Smoothed(0.5).follow(samples([1, Number.NaN, 3]));
    expect(y[1]).toBeNaN();
    expect(y[2]).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
  });
});
