// From the values of a view to the pixels of its tile: values to colours, then to the tile's size by area, so that
// enlarged pixels stay squares and reduced ones are means. Pure and exact, hence the same on every machine.

import { blueRedAt } from '../numerics/blue-red.ts';
import { flowColours } from '../numerics/flow-wheel.ts';
import { viridis } from '../numerics/viridis.ts';
import type { ViewData } from '../protocol/views.ts';
import type { PictureView } from './film.ts';
import type { Box } from './film-layout.ts';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA [height, width, 4] */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Values shown as the darkest and the brightest colour. */
export type ValueRange = readonly [number, number];

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
  readonly offset: number;
  readonly step: number;
}

/** The picture of frame `frame` in the data of a view; of one that has fewer frames, its last. */
function planeOf(view: PictureView, data: ViewData, frame: number): Plane | undefined {
  const array = data.values;
  if (array === undefined) return undefined;
  const [frames, height, width, channels = 1] = view.kind === 'heat-map' ? [1, ...array.shape] : array.shape;
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  const count = height * width * channels;
  const from = Math.min(frame, frames - 1) * count;
  if (!(count > 0) || array.values.length < from + count) return undefined;
  return { width, height, channels, values: array.values.subarray(from, from + count), offset, step };
}

const isKnown = (view: PictureView, stored: number, value: number): boolean =>
  Number.isFinite(value) &&
  !(view.kind === 'depth' && stored === 0) &&
  !(view.kind === 'heat-map' && view.scale === 'log' && value <= 0);

/** `range` widened by the known values of all frames; an image keeps the range it declares. */
export function widenRange(view: PictureView, data: ViewData, range: ValueRange | undefined): ValueRange | undefined {
  if (view.kind === 'image') return view.range;
  const array = data.values;
  if (array === undefined) return range;
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  let [low, high] = range ?? [Infinity, -Infinity];
  for (const stored of array.values) {
    const value = offset + step * stored;
    if (!isKnown(view, stored, value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** 256 colours, red green blue each 0…255. */
const blueRed = Uint8Array.from({ length: 3 * 256 }, (_, i) =>
  Math.round(255 * blueRedAt(Math.floor(i / 3) / 255)[i % 3]),
);

/** The pixels of a view's picture at its own size; transparent where nothing is known. Undefined where there is none. */
export function paintPicture(
  view: PictureView,
  data: ViewData,
  frame: number,
  range: ValueRange | undefined,
): Pixels | undefined {
  const plane = planeOf(view, data, frame);
  if (plane === undefined) return undefined;
  const { width, height, channels, values, offset, step } = plane;
  const [low, high] = range ?? [0, 1];
  if (view.kind === 'image' && view.colours === 'flow') return paintFlow(plane, high);
  const log = view.kind === 'heat-map' && view.scale === 'log';
  const along = log ? (value: number) => Math.log(Math.max(value, Number.MIN_VALUE)) : (value: number) => value;
  const start = along(low);
  const factor = 255 / (along(high) - start || 1);
  const nothing = view.kind === 'depth' ? 0 : view.kind === 'image' ? view.unknown : undefined;
  const colours = view.kind !== 'image' ? viridis : view.colours === 'diverging' ? blueRed : undefined;
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    let known = true;
    for (let c = 0; c < 3; c++) {
      const stored = values[pixel * channels + (channels === 1 ? 0 : c)];
      const value = offset + step * stored;
      if (Number.isNaN(value) || stored === nothing) known = false;
      const level = Math.min(255, Math.max(0, Math.round((along(value) - start) * factor)));
      rgba[4 * pixel + c] = colours === undefined ? level : colours[3 * level + c];
    }
    if (known) rgba[4 * pixel + 3] = 255;
    else rgba.fill(0, 4 * pixel, 4 * pixel + 4);
  }
  return { width, height, rgba };
}

function paintFlow({ width, height, values, offset, step }: Plane, fullLength: number): Pixels {
  const flow = Float32Array.from({ length: 2 * width * height }, (_, i) => offset + step * values[i]);
  const colours = flowColours(flow, fullLength);
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) rgba[4 * pixel + c] = Math.round(255 * colours[3 * pixel + c]);
  }
  return { width, height, rgba };
}

/** Draws `picture` into `box` of `onto`, over what is there. */
export function placePicture(onto: Pixels, picture: Pixels, box: Box): void {
  const columns = spans(picture.width, box.width);
  const rows = spans(picture.height, box.height);
  const across = new Float32Array(picture.height * box.width * 4);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const { first, weights } = columns[x];
      const to = (y * box.width + x) * 4;
      for (let k = 0; k < weights.length; k++) {
        const from = (y * picture.width + first + k) * 4;
        for (let c = 0; c < 4; c++) across[to + c] += weights[k] * picture.rgba[from + c];
      }
    }
  }
  const sum = new Float64Array(4);
  for (let y = 0; y < box.height; y++) {
    const { first, weights } = rows[y];
    for (let x = 0; x < box.width; x++) {
      sum.fill(0);
      for (let k = 0; k < weights.length; k++) {
        const from = ((first + k) * box.width + x) * 4;
        for (let c = 0; c < 4; c++) sum[c] += weights[k] * across[from + c];
      }
      const to = ((box.top + y) * onto.width + box.left + x) * 4;
      // Unknown pixels have no colour and no opacity, so the sums are already those of premultiplied colours.
      const rest = 1 - sum[3] / 255;
      for (let c = 0; c < 3; c++) onto.rgba[to + c] = sum[c] + rest * onto.rgba[to + c];
    }
  }
}

interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each of `to` pixels, which of `from` pixels it covers, and with which shares. */
function spans(from: number, to: number): readonly Span[] {
  const length = from / to;
  return Array.from({ length: to }, (_, index) => {
    const [start, end] = [index * length, (index + 1) * length];
    const first = Math.min(from - 1, Math.floor(start + 1e-9));
    const last = Math.max(first + 1, Math.min(from, Math.ceil(end - 1e-9)));
    const shares = Array.from(
      { length: last - first },
      (_, k) => Math.min(end, first + k + 1) - Math.max(start, first + k),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    return { first, weights: shares.map(share => share / sum) };
  });
}
