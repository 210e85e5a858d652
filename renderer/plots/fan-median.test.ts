import { describe, expect, it } from 'vitest';
import { fanMedian, median } from './fan-median.ts';
import { valueAt } from './samples.ts';

const member = (length: number, value: (i: number) => number) => ({
  x: Float64Array.from({ length }, (_, i) => i),
  y: Float64Array.from({ length }, (_, i) => value(i)),
});

describe('the median of a fan', () => {
  it('is the middle member at every column', () => {
    const fan = [member(101, () => 1), member(101, i => 10 + i), member(101, () => 1000)];
    const { x, y } = fanMedian(fan, { min: 0, max: 100, log: false }, 50);
    expect(x).toHaveLength(50);
    x.forEach((at, i) => {
      expect(Math.abs(y[i] - 10 - at)).toBeLessThanOrEqual(1);
    });
  });

  it('keeps the last value of a member that has ended, and steps over missing ones', () => {
    const fan = [member(10, i => i), member(101, i => (i % 5 === 0 ? 20 : Number.NaN)), member(101, () => 30)];
    const median = fanMedian(fan, { min: 0, max: 100, log: false }, 50);
    expect(valueAt(median, 100)).toBe(20);
  });

  it('has no point before a member has begun', () => {
    expect(fanMedian([], { min: 0, max: 1, log: false }, 10).x).toHaveLength(0);
  });

  it('of an even number is the mean of the middle two', () => {
    expect(median([4, 1, Number.NaN, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
