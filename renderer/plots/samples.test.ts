import { describe, expect, it } from 'vitest';
import { valueAt } from './samples.ts';

describe('the value of a line', () => {
  const samples = { x: Float64Array.of(0, 5, 10), y: Float64Array.of(1, 2, Number.NaN) };

  it('is the last known one at or before', () => {
    expect([0, 4, 5, 9, 10].map(at => valueAt(samples, at))).toEqual([1, 1, 2, 2, 2]);
  });

  it('is undefined outside of the line', () => {
    expect(valueAt(samples, -1)).toBeUndefined();
    expect(valueAt(samples, 11)).toBeUndefined();
    expect(valueAt({ x: new Float64Array(0), y: new Float64Array(0) }, 0)).toBeUndefined();
  });
});
