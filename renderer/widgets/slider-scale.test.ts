import { describe, expect, test } from 'vitest';
import { linearScale, logScale, scaleOf } from './slider-scale.ts';

describe('a log scale', () => {
  const scale = logScale({ low: 1e-3, high: 10 });

  test('gives decades equal lengths', () => {
    expect(scale.toPosition(1e-3)).toBe(0);
    expect(scale.toPosition(10)).toBe(1);
    expect(scale.toPosition(0.1)).toBeCloseTo(0.5, 12);
    expect(scale.ticks).toHaveLength(5);
  });

  test('comes back to the value it came from, to three digits', () => {
    for (const value of [1e-3, 0.0123, 0.5, 0.9, 7.77, 10])
      expect(scale.toValue(scale.toPosition(value))).toBeCloseTo(value, 12);
  });

  test('never leaves its range', () => {
    expect(scale.toValue(-1)).toBe(1e-3);
    expect(scale.toValue(2)).toBe(10);
    expect(scale.toPosition(1000)).toBe(1);
    expect(scale.step(10, 1, 'large')).toBe(10);
    expect(scale.step(1e-3, -1, 'small')).toBe(1e-3);
  });

  test('keys move by a small factor, page keys by two, ends to the ends', () => {
    expect(scale.step(1, 1, 'large')).toBe(2);
    expect(scale.step(1, -1, 'large')).toBe(0.5);
    expect(scale.step(1, 1, 'small')).toBe(1.12);
    expect(scale.step(1, 1, 'finer')).toBeLessThan(1.05);
    expect(scale.step(1, 1, 'end')).toBe(10);
    expect(scale.step(1, -1, 'end')).toBe(1e-3);
  });
});

describe('stops', () => {
  const scale = logScale({ low: 0.01, high: 100, bottom: 0, top: Infinity });

  test('lie at the ends', () => {
    expect(scale.toPosition(0)).toBe(0);
    expect(scale.toPosition(Infinity)).toBe(1);
    expect(scale.toValue(0)).toBe(0);
    expect(scale.toValue(1)).toBe(Infinity);
  });

  test('keep clear of the scale beside them', () => {
    expect(scale.toPosition(0.01)).toBeGreaterThan(0.02);
    expect(scale.toPosition(100)).toBeLessThan(0.98);
    expect(scale.toValue(scale.toPosition(0.01))).toBe(0.01);
    expect(scale.toValue(scale.toPosition(100))).toBe(100);
  });

  test('are one key away from the scale', () => {
    expect(scale.step(0, 1, 'small')).toBe(0.01);
    expect(scale.step(0.01, -1, 'small')).toBe(0);
    expect(scale.step(100, 1, 'small')).toBe(Infinity);
    expect(scale.step(Infinity, -1, 'small')).toBe(100);
  });
});

describe('a linear scale', () => {
  test('moves evenly, in round steps', () => {
    const scale = linearScale({ low: 0, high: 1 });
    expect(scale.toPosition(0.25)).toBe(0.25);
    expect(scale.toValue(0.3333)).toBe(0.335);
    expect(scale.step(0.5, 1, 'large')).toBe(0.6);
    expect(scale.step(0.5, 1, 'small')).toBe(0.51);
    expect(scale.step(0.995, 1, 'small')).toBe(1);
  });

  test('keeps whole numbers whole', () => {
    const scale = linearScale({ low: 0, high: 10, whole: true });
    expect(scale.toValue(0.44)).toBe(4);
    expect(scale.step(4, 1, 'small')).toBe(5);
  });
});

describe('the scale of a setting', () => {
  test('spans three decades to either side of the start, within the range, with a stop for 0', () => {
    const scale = scaleOf({ type: 'number', minimum: 0, maximum: 100, scale: 'log' }, 0.9, [0.9]);
    expect(scale.minimum).toBe(0);
    expect(scale.maximum).toBe(100);
    expect(scale.toValue(0)).toBe(0);
    expect(scale.toPosition(9e-4)).toBeGreaterThan(0);
    expect(scale.toPosition(9e-4)).toBeLessThan(0.06);
  });

  test('has room for every value shown', () => {
    const scale = scaleOf({ type: 'number', minimum: 0, maximum: 1e6, scale: 'log' }, 0.1, [1e-7, 5e5]);
    expect(scale.toValue(scale.toPosition(1e-7))).toBe(1e-7);
    expect(scale.toValue(scale.toPosition(5e5))).toBe(5e5);
  });

  test('works where the start is 0', () => {
    const scale = scaleOf({ type: 'number', minimum: 0, maximum: 1e12, scale: 'log' }, 0, [0]);
    expect(scale.toPosition(0)).toBe(0);
    expect(scale.step(0, 1, 'small')).toBeGreaterThan(0);
  });

  test('is linear where it says so, and for shares', () => {
    expect(scaleOf({ type: 'number', minimum: 0, maximum: 0.9999 }, 0.9, []).toPosition(0.49995)).toBeCloseTo(0.5, 12);
    expect(scaleOf({ type: 'number', minimum: 0, maximum: 100, scale: 'linear' }, 50, []).toPosition(50)).toBe(0.5);
  });
});
