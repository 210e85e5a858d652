// Grey values of a picture, for whatever looks at brightness only: flow and tracks. Plain data, any process.
import type { PictureValues } from './picture.ts';

/** [height, width], 0 to 1: Rec. 601 luma of the stored values; grey pictures as they are. */
export function greyPicture({ width, height, channels, values }: PictureValues): Float32Array {
  if (channels === 1) return values;
  const grey = new Float32Array(width * height);
  for (let p = 0, c = 0; p < grey.length; p++, c += 3) {
    grey[p] = 0.299 * values[c] + 0.587 * values[c + 1] + 0.114 * values[c + 2];
  }
  return grey;
}
