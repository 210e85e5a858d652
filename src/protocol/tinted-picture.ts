// A picture as another one seen through tints: a class for each square of pixels, and what each class does to what is under
// it. A hundredth of the bytes, so that a run can record hundreds of them. Pure, every process.

import type { ViewArray, ViewData } from './views.ts';

/** Arrays of a view in the place of `values`; the picture under it is another view's, and never changes. */
export interface TintedPicture extends ViewData {
  /** [1, rows, columns, 1] bytes: class of each square; height and width of the picture are multiples of rows and columns. */
  readonly classes: ViewArray;
  /** [classes, 4] float32: red, green, blue to add, 0 to 255, after what is under it was multiplied by the fourth, 0 to 1. */
  readonly tints: ViewArray;
}

export function isTinted(data: ViewData): data is TintedPicture {
  return data.classes !== undefined && data.tints !== undefined;
}

/** `under` [1, height, width, 3] bytes, not changed. Undefined where the two do not fit together. */
export function drawTints(under: ViewArray, { classes, tints }: TintedPicture): ViewArray | undefined {
  const [frames, height, width, channels] = under.shape;
  const [, rows, columns] = classes.shape;
  const fits = frames === 1 && channels === 3 && height % rows === 0 && width % columns === 0;
  if (!fits || !(under.values instanceof Uint8Array)) return undefined;
  const values = new Uint8ClampedArray(under.values);
  const [down, across] = [height / rows, width / columns];
  for (let i = 0; i < classes.values.length; i++) {
    const tint = 4 * classes.values[i];
    const [red, green, blue] = [tints.values[tint], tints.values[tint + 1], tints.values[tint + 2]];
    const kept = tints.values[tint + 3];
    if (kept === 1 && red === 0 && green === 0 && blue === 0) continue;
    const column = i % columns;
    const first = 3 * (((i - column) / columns) * down * width + column * across);
    for (let row = 0; row < down; row++) {
      const from = first + 3 * row * width;
      for (let at = from; at < from + 3 * across; at += 3) {
        values[at] = kept * values[at] + red;
        values[at + 1] = kept * values[at + 1] + green;
        values[at + 2] = kept * values[at + 2] + blue;
      }
    }
  }
  return { shape: under.shape, values: new Uint8Array(values.buffer) };
}
