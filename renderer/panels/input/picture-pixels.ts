// Pixels of a picture view: the first frame, reduced by averaging until its longer side fits, between its least and
// largest value where they are no 8-bit ones. Pure.

import { realValues, type ViewData } from '../../../src/protocol/views.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** `range`: the values shown as black and white. `values` is [frames, height, width, channels] or [height, width, channels]. */
export function pictureOf(data: ViewData, longest: number, range?: readonly [number, number]): Picture {
  const { shape, values: stored } = data.values;
  const [fullHeight, fullWidth, channels] = shape.slice(-3);
  const values = realValues(data, 'values');
  const size = fullHeight * fullWidth * channels;
  const block = Math.max(1, Math.ceil(Math.max(fullHeight, fullWidth) / longest));
  const [height, width] = [Math.ceil(fullHeight / block), Math.ceil(fullWidth / block)];
  const eightBit = stored instanceof Uint8Array && data['values.scale'] === undefined;
  const [black, white] = range ?? (eightBit ? [0, 255] : rangeOf(values, size));
  const scale = white > black ? 255 / (white - black) : 0;
  const pixels = new Uint8ClampedArray(4 * height * width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [bottom, right] = [Math.min(fullHeight, (row + 1) * block), Math.min(fullWidth, (column + 1) * block)];
      const at = 4 * (row * width + column);
      for (let c = 0; c < 3; c++) {
        const channel = channels >= 3 ? c : 0;
        let sum = 0;
        let count = 0;
        for (let i = row * block; i < bottom; i++) {
          for (let j = column * block; j < right; j++) {
            const value = values[(i * fullWidth + j) * channels + channel];
            if (Number.isNaN(value)) continue;
            sum += value;
            count++;
          }
        }
        pixels[at + c] = count === 0 ? 0 : scale * (sum / count - black);
      }
      pixels[at + 3] = 255;
    }
  }
  return { width, height, pixels };
}

function rangeOf(values: Float32Array, size: number): readonly [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let n = 0; n < size; n++) {
    if (values[n] < least) least = values[n];
    if (values[n] > most) most = values[n];
  }
  // Values within 0…1 are a picture in that range.
  return least >= 0 && most <= 1 ? [0, 1] : [least, most];
}
