// Bytes of textures from values of every type.

import { expect, it } from 'vitest';
import type { ViewData } from '../../src/protocol/views.ts';
import { pictureLayers, writePictureBytes } from './picture-bytes.ts';

function bytes(
  data: ViewData,
  shown: readonly number[],
  range: readonly [number, number],
  channels: 'together' | 'apart' = 'together',
): number[] {
  const layers = pictureLayers(data.values, shown, channels);
  const target = new Uint8Array(layers.width * layers.height * layers.layers * layers.components);
  writePictureBytes(data, shown, range, layers, target);
  return [...target];
}

it('maps the range to black and white, and clips beyond', () => {
  const values = Float32Array.of(-1, 0, 0.5, 1, 7, Number.NaN);
  expect(bytes({ values: { shape: [1, 1, 6, 1], values } }, [0], [0, 1])).toEqual([0, 0, 128, 255, 255, 0]);
});

it('honours the scale of stored bytes and of 16-bit values', () => {
  const scale = { shape: [2], values: Float64Array.of(-1, 2 / 255) };
  const stored = { shape: [1, 1, 3, 1], values: Uint8Array.of(0, 128, 255) };
  // Values −1 … 1 in a range of 0 … 1: the lower half is black.
  expect(bytes({ values: stored, 'values.scale': scale }, [0], [0, 1])).toEqual([0, 1, 255]);
  const wide = { shape: [1, 1, 2, 1], values: Uint16Array.of(0, 65535) };
  expect(
    bytes({ values: wide, 'values.scale': { shape: [2], values: Float64Array.of(0, 1 / 65535) } }, [0], [0, 2]),
  ).toEqual([0, 128]);
});

it('keeps colours together as RGBA or takes channels apart, frame by frame', () => {
  const values = { shape: [2, 1, 1, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  expect(bytes({ values }, [0, 1], [0, 255])).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  expect(bytes({ values }, [0, 1], [0, 255], 'apart')).toEqual([1, 2, 3, 4, 5, 6]);
});

it('takes only the frames that are shown', () => {
  const values = { shape: [4, 1, 1, 1], values: Uint8Array.of(10, 20, 30, 40) };
  expect(bytes({ values }, [0, 2], [0, 255])).toEqual([10, 30]);
});
