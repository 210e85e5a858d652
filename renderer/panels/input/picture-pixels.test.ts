import { expect, test } from 'vitest';
import { pictureOf } from './picture-pixels.ts';

test('a grey 8-bit picture keeps its levels', () => {
  const { width, height, pixels } = pictureOf({ values: { shape: [1, 1, 2, 1], values: Uint8Array.of(0, 200) } }, 10);
  expect([width, height]).toEqual([2, 1]);
  expect([...pixels]).toEqual([0, 0, 0, 255, 200, 200, 200, 255]);
});

test('a large picture is averaged', () => {
  const { width, height, pixels } = pictureOf(
    { values: { shape: [1, 2, 2, 3], values: Uint8Array.of(0, 0, 0, 100, 0, 0, 0, 40, 0, 100, 40, 0) } },
    1,
  );
  expect([width, height]).toEqual([1, 1]);
  expect([...pixels]).toEqual([50, 20, 0, 255]);
});

test('missing values are left out, others spread over their range', () => {
  const { pixels } = pictureOf({ values: { shape: [1, 1, 3, 1], values: Float32Array.of(-5, Number.NaN, 5) } }, 10);
  expect([pixels[0], pixels[4], pixels[8]]).toEqual([0, 0, 255]);
});
