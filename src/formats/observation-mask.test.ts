// Masks: the shapes that fit, and what counts as observed.

import { describe, expect, it } from 'vitest';
import { type MaskSource, readMask } from './observation-mask.ts';

const array = (shape: number[], values: ArrayLike<number>): MaskSource => ({
  name: 'mask',
  kind: 'array',
  shape,
  values,
});
const picture = (shape: number[], values: ArrayLike<number>): MaskSource => ({
  name: 'mask',
  kind: 'picture',
  shape,
  values,
});
const ones = (count: number) => new Float32Array(count).fill(1);
const flags = (count: number) => Uint8Array.from({ length: count }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0));

describe('shapes of masks', () => {
  it.each([
    [[4, 5, 3], [4, 5, 3], 'rows'],
    [[4, 5, 1], [4, 5], 'rows'],
    [[4, 5], [4, 5, 1], 'rows'],
    [[6, 4, 5, 3], [6, 4, 5, 3], 'frames'],
    [[6, 4, 5, 1], [6, 4, 5], 'frames'],
  ] as const)('input %j takes the entries of a mask %j as they are', (shape, given, view) => {
    const count = given.reduce<number>((a, b) => a * b, 1);
    expect(readMask(array([...given], flags(count)), shape, [view]).observed).toEqual(flags(count));
  });

  it.each([
    [[4, 5, 3], [4, 5], ['rows']],
    [[4, 5, 3], [4, 5, 1], ['rows']],
    [[6, 4, 5], [4, 5], ['frames']],
    [[6, 4, 5], [1, 4, 5], ['frames']],
    [
      [6, 4, 5],
      [4, 5],
      ['rows', 'frames'],
    ],
    [[6, 4, 5, 3], [4, 5], ['frames']],
    [[6, 4, 5, 3], [1, 4, 5], ['frames']],
    [[6, 4, 5, 3], [6, 4, 5], ['frames']],
  ] as const)('input %j spreads a mask %j seen as %j', (shape, given, views) => {
    const count = given.reduce<number>((a, b) => a * b, 1);
    const { observed } = readMask(array([...given], flags(count)), shape, views);
    const channels = shape.length === 4 ? 3 : views.at(-1) === 'rows' ? 3 : 1;
    expect(observed.length).toBe(shape.reduce<number>((a, b) => a * b, 1));
    observed.forEach((value, at) => {
      expect(value).toBe(flags(count)[Math.floor(at / channels) % count]);
    });
  });

  it.each([
    [[40, 48, 3], [40, 48, 5], ['rows']],
    [[40, 48, 1], [40, 48, 3], ['rows']],
    [[40, 48], [48, 40], ['rows']],
    [[6, 4, 5], [4, 5], ['rows']],
    [[6, 4, 5], [5, 4, 5], ['frames']],
    [[6, 4, 5, 3], [4, 5, 3], ['frames']],
    [[4, 5], [20], ['rows']],
  ] as const)('input %j refuses a mask %j seen as %j', (shape, given, views) => {
    const mask = array([...given], ones(given.reduce<number>((a, b) => a * b, 1)));
    expect(() => readMask(mask, shape, views)).toThrow(/does not fit the input/);
  });
});

describe('what counts as observed', () => {
  it('is what is not zero in an array, negative or small', () => {
    const { observed, grey } = readMask(array([1, 4], [-1, 0, 1e-9, 3]), [1, 4], ['rows']);
    expect([...observed]).toEqual([1, 0, 1, 1]);
    expect(grey).toBe(0);
  });

  it('is half of full scale and above in a picture, and what lies between is counted', () => {
    const { observed, grey } = readMask(picture([1, 4, 1], [3 / 255, 0.5, 1, 0]), [1, 4], ['rows']);
    expect([...observed]).toEqual([0, 1, 1, 0]);
    expect(grey).toBe(2);
  });

  it('takes a colour picture of equal channels as a grey one, and no other', () => {
    const grey = picture([1, 2, 3], [1, 1, 1, 0, 0, 0]);
    expect([...readMask(grey, [1, 2, 1], ['rows']).observed]).toEqual([1, 0]);
    expect(() => readMask(picture([1, 2, 3], [1, 0, 1, 0, 0, 0]), [1, 2, 1], ['rows'])).toThrow(/shape/);
  });

  it('refuses NaN, says how many and where', () => {
    const mask = array([2, 2], [1, Number.NaN, Number.NaN, 0]);
    expect(() => readMask(mask, [2, 2], ['rows'])).toThrow(/NaN in 2 of its 4 values, the first at \[0, 1\]/);
  });
});
