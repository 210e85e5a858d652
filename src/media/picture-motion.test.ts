// The cheap measure of motion against patterns that were shifted by known amounts.
import { describe, expect, it } from 'vitest';
import { motionBetween } from './picture-motion.ts';
import type { FramePicture } from './raw-frame.ts';

/** A wave of 40 pixels that runs along `angle`, moved along it by `shift` pixels and made brighter. */
function wave(shift: number, angle: number, brighter = 0): FramePicture {
  const [width, height] = [160, 120];
  const values = Float32Array.from({ length: width * height }, (_, p) => {
    const along = (p % width) * Math.cos(angle) + Math.floor(p / width) * Math.sin(angle);
    return 0.5 + brighter + 0.3 * Math.sin(((along - shift) * 2 * Math.PI) / 40);
  });
  return { width, height, channels: 1, values, bitDepth: 8 };
}

describe('the motion between two pictures', () => {
  it.each([0, 0.3, 1, 2])('of a wave that moved by %d pixels, in any direction', shift => {
    for (const angle of [0, 0.7, Math.PI / 2]) {
      // |sin| of half the shift's phase over that phase: 1 % at 2 pixels; central differences take 0.4 % off the slope.
      const found = motionBetween(wave(0, angle), wave(shift, angle));
      expect(Math.abs(found - shift)).toBeLessThan(0.02 * shift + 1e-6);
    }
  });

  it('is not a change of exposure, and nothing where nothing can be seen', () => {
    expect(motionBetween(wave(0, 0), wave(0, 0, 0.1))).toBeLessThan(1e-5);
    const grey: FramePicture = { ...wave(0, 0), values: new Float32Array(160 * 120).fill(0.5) };
    expect(motionBetween(grey, grey)).toBe(0);
  });
});
