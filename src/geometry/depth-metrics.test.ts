import { describe, expect, it } from 'vitest';
import { confidentDepthErrors, depthErrors } from './depth-metrics.ts';

describe('errors of depth', () => {
  it('do not see a common factor, and count what is off', () => {
    // Ratios 2, 2, 2 and 4: the median is 2, and the last is half of what it should be.
    const found = depthErrors([1, 2, 3, 1], [2, 4, 6, 4]);
    expect(found).toEqual({ pixels: 4, scale: 2, absRel: 0.125, delta125: 0.75 });
  });

  it('leave out what either side does not know', () => {
    expect(depthErrors([0, 2, NaN, 5, 1], [3, 4, 1, 0, Infinity])).toMatchObject({ pixels: 1, absRel: 0 });
    expect(depthErrors([0, 1], [1, 0])).toBeUndefined();
  });

  it('take the scale of the pixels that are sure where only those are compared', () => {
    // All ratios: 2, 2, 4, 4, 4, with the median 4; the sure ones are all 2.
    const found = confidentDepthErrors([1, 1, 1, 1, 1], [2, 2, 4, 4, 4], [0.9, 0.5, 0.4, 0.1, 0]);
    expect(found).toEqual({ pixels: 2, scale: 2, absRel: 0, delta125: 1, share: 0.4 });
    expect(confidentDepthErrors([1], [2], [0.1])).toBeUndefined();
  });

  it('take a scale that is given', () => {
    expect(depthErrors([1, 1], [1, 1], 1.5)).toMatchObject({ absRel: 0.5, delta125: 0 });
  });
});
