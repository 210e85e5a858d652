// Frames of a chosen video in grey: in full for tracks and flow, and averaged down to the pixels of the depth maps.

import type { ChosenVideo } from './problem.ts';

type Pictures = Pick<ChosenVideo, 'width' | 'height' | 'channels' | 'frames'>;

/** [height, width], 0 to 1; written to `grey` where it is given. */
export function greyFrame(
  { width, height, channels, frames }: Pictures,
  frame: number,
  grey = new Float32Array(width * height),
): Float32Array {
  const values = frames[frame];
  for (let p = 0; p < grey.length; p++) {
    const c = channels * p;
    // Rec. 601 luma.
    grey[p] = channels < 3 ? values[c] : 0.299 * values[c] + 0.587 * values[c + 1] + 0.114 * values[c + 2];
  }
  return grey;
}

/** Means [toHeight, toWidth] of the pixels of a picture [height, width] whose centres lie in each of these larger ones. */
export function averagedDown(
  picture: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
  toWidth: number,
  toHeight: number,
): Float32Array {
  const sums = new Float32Array(toWidth * toHeight);
  const counts = new Float32Array(toWidth * toHeight);
  for (let y = 0; y < height; y++) {
    const row = toWidth * Math.floor(((y + 0.5) * toHeight) / height);
    for (let x = 0; x < width; x++) {
      const p = row + Math.floor(((x + 0.5) * toWidth) / width);
      sums[p] += picture[y * width + x];
      counts[p]++;
    }
  }
  return sums.map((sum, p) => sum / counts[p]);
}
