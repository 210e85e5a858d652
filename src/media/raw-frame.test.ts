// From a decoder's samples to RGB, against the equations of the standards.

import { describe, expect, it } from 'vitest';
import {
  type Colours,
  coloursOf,
  type FramePicture,
  interleavedPlanes,
  orientPicture,
  packedPlanes,
  rgbPicture,
  sharpnessOf,
  shrinkPicture,
} from './raw-frame.ts';

const bt709: Colours = { matrix: 'bt709', range: 'limited' };

function onePixel(samples: readonly number[], bits: number, colours: Colours): number[] {
  const bytes = bits === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
  const picture = rgbPicture({ width: 1, height: 1, bits, bytes, planes: packedPlanes(1, 1, bits, '444'), colours });
  return [...picture.values].map(value => Math.round(value * (bits === 8 ? 255 : 65535)));
}

const grey = (level: number): FramePicture => ({
  width: 3,
  height: 2,
  channels: 1,
  bitDepth: 8,
  values: Float32Array.of(1, 2, 3, 4, 5, 6).map(value => value * level),
});

describe('colours', () => {
  it('of 8 and 10 bits run from black to white', () => {
    expect(onePixel([16, 128, 128], 8, bt709)).toEqual([0, 0, 0]);
    expect(onePixel([235, 128, 128], 8, bt709)).toEqual([255, 255, 255]);
    expect(onePixel([940, 512, 512], 10, bt709)).toEqual([65535, 65535, 65535]);
    expect(onePixel([255, 128, 128], 8, { ...bt709, range: 'full' })).toEqual([255, 255, 255]);
  });

  it.each([
    // Y = kr, Cb = -kr / (2 (1 - kb)), Cr = 1/2 of pure red (ITU-R BT.601-7, 709-6, 2020-2).
    ['bt601', 0.299, 0.114],
    ['bt709', 0.2126, 0.0722],
    ['bt2020', 0.2627, 0.0593],
  ] as const)('pure red in %s is pure red', (matrix, kr, kb) => {
    const samples = [16 + 219 * kr, 128 - (224 * kr) / (2 * (1 - kb)), 240].map(value => Math.round(value * 256));
    const [r, g, b] = onePixel(samples, 16, { matrix, range: 'limited' });
    expect(r).toBeGreaterThan(65500);
    expect(Math.max(g, b)).toBeLessThan(35);
  });

  it('stand for every pixel of their block', () => {
    const bytes = Uint8Array.of(16, 16, 16, 235, 235, 235, 90, 128, 200, 128);
    const planes = packedPlanes(3, 2, 8, '420');
    const { values } = rgbPicture({ width: 3, height: 2, bits: 8, bytes, planes, colours: bt709 });
    const colour = (n: number) => [...values.slice(3 * n, 3 * n + 3)];
    expect(colour(0)).toEqual(colour(1));
    expect(colour(3)).toEqual(colour(4));
    expect(colour(5)).toEqual([1, 1, 1]);
    expect(colour(0)).not.toEqual([0, 0, 0]);
  });

  it('that come as RGB are taken as they are', () => {
    const bytes = Uint8Array.of(30, 20, 10, 255);
    const planes = interleavedPlanes(1, 8, 4, [2, 1, 0]);
    const { values } = rgbPicture({ width: 1, height: 1, bits: 8, bytes, planes, colours: coloursOf('rgb', true, 1) });
    expect([...values].map(value => Math.round(255 * value))).toEqual([10, 20, 30]);
  });

  it('that a file does not name follow its size', () => {
    expect(coloursOf(undefined, undefined, 1080)).toEqual({ matrix: 'bt709', range: 'limited' });
    expect(coloursOf(null, null, 480)).toEqual({ matrix: 'bt601', range: 'limited' });
  });
});

describe('pictures', () => {
  it.each([
    [0, 'no', [1, 2, 3, 4, 5, 6]],
    [1, 'no', [4, 1, 5, 2, 6, 3]],
    [2, 'no', [6, 5, 4, 3, 2, 1]],
    [3, 'no', [3, 6, 2, 5, 1, 4]],
    [0, 'horizontal', [3, 2, 1, 6, 5, 4]],
    [1, 'horizontal', [1, 4, 2, 5, 3, 6]],
  ] as const)('turn by %i quarters clockwise, flipped: %s', (quarterTurns, flip, expected) => {
    expect([...orientPicture(grey(1), { quarterTurns, flip }).values]).toEqual(expected);
  });

  it('shrink to the means of whole blocks', () => {
    const { width, height, values } = shrinkPicture(grey(1), 2);
    expect([width, height, ...values]).toEqual([1, 1, 3]);
  });

  it('are the sharper the more they change from pixel to pixel', () => {
    const ramp = (slope: (x: number) => number): FramePicture => ({
      width: 8,
      height: 3,
      channels: 1,
      bitDepth: 8,
      values: Float32Array.from({ length: 24 }, (_, i) => slope(i % 8)),
    });
    // A ramp has no curvature; an edge of height 1 has a Laplacian of 1 in two of the six inner columns.
    expect(sharpnessOf(ramp(x => x))).toBe(0);
    expect(sharpnessOf(ramp(x => (x < 4 ? 0 : 1)))).toBeCloseTo(2 / 6);
  });
});
