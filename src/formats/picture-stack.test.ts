import { describe, expect, it } from 'vitest';
import { pictureStackOf } from './picture-stack.ts';

const cases: [number[], 'frames' | 'rows', number[]][] = [
  [[5, 4], 'rows', [1, 5, 4, 1]],
  [[5, 4, 3], 'rows', [1, 5, 4, 3]],
  [[5, 4, 7], 'rows', [7, 5, 4, 1]],
  [[6, 5, 4], 'frames', [6, 5, 4, 1]],
  [[6, 5, 4, 3], 'rows', [6, 5, 4, 3]],
  [[6, 5, 4, 2], 'rows', [12, 5, 4, 1]],
];

describe('a stack of pictures', () => {
  it.each(cases)('of an array %j (first axis: %s) is %j', (shape, first, stack) => {
    const found = pictureStackOf(shape, first);
    expect(found === undefined ? [] : [found.frames, found.height, found.width, found.channels]).toEqual(stack);
  });

  it.each(cases)('places every element of %j (first axis: %s) once, where its frame reads it', (shape, first) => {
    const stack = pictureStackOf(shape, first);
    if (stack === undefined) throw new Error('no stack');
    const size = stack.height * stack.width * stack.channels;
    const read = Array.from({ length: stack.frames }, (_, frame) => {
      const { start, stride } = stack.frame(frame);
      return Array.from({ length: size }, (__, n) => start + n * stride);
    }).flat();
    expect(read.map(stack.place)).toEqual(read.map((_, place) => place));
    expect(new Set(read).size).toBe(shape.reduce((a, b) => a * b));
  });

  it.each([[[4]], [[2, 2, 2, 2, 2]]])('is not made of %j', shape => {
    expect(pictureStackOf(shape, 'rows')).toBeUndefined();
  });
});
