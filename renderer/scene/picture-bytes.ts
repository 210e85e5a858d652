// Values of an image view as the bytes of a texture: black and white at the ends of the view's range, written in place.

import type { ViewArray, ViewData } from '../../src/protocol/views.ts';

/** Layers of a texture: one for each shown frame, or for each channel of it. */
export interface PictureLayers {
  readonly width: number;
  readonly height: number;
  readonly layers: number;
  /** 1: grey, 4: RGBA. */
  readonly components: 1 | 4;
}

/** Layers that the frames `shown` of `values` [frames, height, width, channels] become. */
export function pictureLayers(
  { shape }: ViewArray,
  shown: readonly number[],
  channels: 'together' | 'apart',
): PictureLayers {
  const [, height, width, count] = shape;
  const together = channels === 'together' && count >= 3;
  return { width, height, layers: together ? shown.length : shown.length * count, components: together ? 4 : 1 };
}

/** Fills `target` with `layers`; frames first, then the channels of each when they are apart. */
export function writePictureBytes(
  data: ViewData,
  shown: readonly number[],
  range: readonly [number, number],
  { width, height, layers, components }: PictureLayers,
  target: Uint8Array,
): void {
  const { values, shape } = data.values;
  const channels = shape[3];
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  const span = range[1] - range[0] || 1;
  // byte = factor * stored + bias
  const factor = (255 * step) / span;
  const bias = (255 * (offset - range[0])) / span;
  const table = values instanceof Uint8Array ? byteTable(factor, bias) : undefined;
  const pixels = width * height;
  const perFrame = layers / shown.length;
  let to = 0;
  for (let layer = 0; layer < layers; layer++) {
    const channel = components === 4 ? 0 : layer % perFrame;
    let from = shown[Math.floor(layer / perFrame)] * pixels * channels + channel;
    if (components === 4) {
      for (let pixel = 0; pixel < pixels; pixel++, from += channels, to += 4) {
        for (let c = 0; c < 3; c++) {
          const stored = values[from + c];
          target[to + c] = table === undefined ? toByte(factor * stored + bias) : table[stored];
        }
        target[to + 3] = 255;
      }
    } else if (table !== undefined && channels === 1) {
      for (let pixel = 0; pixel < pixels; pixel++) target[to++] = table[values[from++]];
    } else {
      for (let pixel = 0; pixel < pixels; pixel++, from += channels) {
        const stored = values[from];
        target[to++] = table === undefined ? toByte(factor * stored + bias) : table[stored];
      }
    }
  }
}

function byteTable(factor: number, bias: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, stored) => toByte(factor * stored + bias));
}

/** Not a number is shown as black. */
function toByte(value: number): number {
  return value > 0 ? (value >= 255 ? 255 : (value + 0.5) | 0) : 0;
}
