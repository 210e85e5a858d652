// How much a picture moves from one frame to the next, cheaply: for choosing frames, not for cameras. Any process.

import { greyPicture } from './grey-picture.ts';
import type { FramePicture } from './raw-frame.ts';

/** Longer side of pictures in which the motion of a video, frame by frame, is a pixel or so. */
export const MOTION_SIDE = 160;

/**
 * Mean motion across edges, in pixels: what the change of brightness and its gradient say of it (normal flow; Horn and Schunck
 * 1981, eq. 1), |I₂ − I₁| over |∇I|, both summed over the picture. A change of exposure counts for nothing. Both of one size.
 */
export function motionBetween(first: FramePicture, second: FramePicture): number {
  const { width, height } = first;
  const [a, b] = [greyPicture(first), greyPicture(second)];
  let offset = 0;
  for (let p = 0; p < a.length; p++) offset += (b[p] - a[p]) / a.length;
  let change = 0;
  let slope = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const p = y * width + x;
      change += Math.abs(b[p] - a[p] - offset);
      const across = a[p + 1] - a[p - 1] + b[p + 1] - b[p - 1];
      const down = a[p + width] - a[p - width] + b[p + width] - b[p - width];
      slope += Math.hypot(across, down) / 4;
    }
  }
  return slope === 0 ? 0 : change / slope;
}
