import { describe, expect, it } from 'vitest';
import { rangeOf } from './heat-map-painter.ts';

describe('the range of a heat map', () => {
  it('spans the finite values', () => {
    expect(rangeOf(Float32Array.of(-1, NaN, 4, Infinity), 'linear')).toEqual({ low: -1, high: 4 });
  });

  it('has eight decades at most on a logarithmic scale, and nothing at or below zero', () => {
    expect(rangeOf(Float32Array.of(0, -3, 0.5, 2), 'log')).toEqual({ low: 0.5, high: 2 });
    expect(rangeOf(Float32Array.of(1e-20, 1), 'log').low).toBeCloseTo(1e-8, 12);
  });

  it('is never empty', () => {
    for (const scale of ['linear', 'log'] as const) {
      for (const values of [[], [0], [3, 3], [NaN]]) {
        const { low, high } = rangeOf(Float32Array.from(values), scale);
        expect(high).toBeGreaterThan(low);
      }
    }
  });
});
