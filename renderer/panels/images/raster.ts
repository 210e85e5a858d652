// One picture of a view as numbers: what is painted, read out under the cursor and saved. No canvas here.

import { flowColours } from '../../../src/numerics/flow-wheel.ts';
import type { Frame } from '../../../src/protocol/frames.ts';
import type { DepthView, HeatMapView, ImageView, ViewArray, ViewDescription } from '../../../src/protocol/views.ts';
import { type ColourMap, colourMap } from '../../plots/colour-maps.ts';

/** The views that are drawn as pictures. */
export type PictureView = ImageView | DepthView | HeatMapView;

export function isPicture(view: ViewDescription): view is PictureView {
  return view.kind === 'image' || view.kind === 'depth' || view.kind === 'heat-map';
}

export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** [height, width, channels] as stored: value = offset + step * stored. */
  readonly values: ViewArray['values'];
  readonly offset: number;
  readonly step: number;
  /** Pixels of the picture that one pixel of the raster stands for, along each axis. */
  readonly reduction: number;
  readonly iteration: number;
  readonly member: number;
}

/** The first picture in a frame of a view; undefined for a frame without one. */
export function rasterOf(view: PictureView, { header, data }: Frame): Raster | undefined {
  const array = data.values;
  if (array === undefined || header.kind !== 'view') return undefined;
  const shape = view.kind === 'heat-map' ? array.shape : array.shape.slice(1);
  const [height, width, channels = 1] = shape;
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  const count = height * width * channels;
  if (!(count > 0) || array.values.length < count) return undefined;
  return {
    width,
    height,
    channels,
    values: array.values.subarray(0, count),
    offset,
    step,
    reduction: header.reduction,
    iteration: header.iteration,
    member: header.member,
  };
}

/** A picture of an input, before any fit says what its values are: [height, width], or with frame or channels. */
export function inputRasterOf({ data }: Frame): { readonly raster: Raster; readonly paint: Paint } | undefined {
  const array = data.values;
  if (array === undefined) return undefined;
  const [height, width, channels = 1] = array.shape.length === 4 ? array.shape.slice(1) : array.shape;
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  const values = array.values.subarray(0, height * width * channels);
  const raster = { width, height, channels, values, offset, step, reduction: 1, iteration: 0, member: 0 };
  return { raster, paint: { ...inputRange(raster), scale: 'linear', map: undefined } };
}

/** Whole numbers have a natural range; floating-point values 0…1, or what they span. */
function inputRange({ values, offset, step }: Raster): { readonly low: number; readonly high: number } {
  if (values instanceof Uint8Array) return { low: offset, high: offset + 255 * step };
  if (values instanceof Uint16Array) return { low: offset, high: offset + 65535 * step };
  let [low, high] = [0, 1];
  for (const stored of values) {
    const value = offset + step * stored;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** The values of all channels at a pixel of the raster, NaN for the stored value `unknown`; undefined outside. */
export function valuesAt(raster: Raster, x: number, y: number, unknown?: number): readonly number[] | undefined {
  const { width, height, channels, values, offset, step } = raster;
  if (!(x >= 0 && y >= 0 && x < width && y < height)) return undefined;
  const at = (Math.floor(y) * width + Math.floor(x)) * channels;
  return Array.from({ length: channels }, (_, channel) =>
    values[at + channel] === unknown ? Number.NaN : offset + step * values[at + channel],
  );
}

/** How values become colours. */
export interface Paint {
  readonly low: number;
  readonly high: number;
  readonly scale: 'linear' | 'log';
  /** For one channel; undefined: grey. FLOW_MAP: for two. */
  readonly map: string | undefined;
  /** A stored value that means unknown, drawn as nothing. */
  readonly unknown?: number;
}

/** Range of the known values; of depths without the farthest and nearest hundredth, which are mostly mistakes. */
export function rangeOf(raster: Raster, view: PictureView): readonly [number, number] {
  if (view.kind === 'image') return view.range;
  const { values, offset, step } = raster;
  const known: number[] = [];
  const stride = view.kind === 'depth' ? Math.max(1, Math.floor(values.length / 8192)) : 1;
  for (let i = 0; i < values.length; i += stride) {
    const value = offset + step * values[i];
    if (!Number.isFinite(value) || (view.kind === 'depth' && values[i] === 0)) continue;
    if (view.kind === 'heat-map' && view.scale === 'log' && value <= 0) continue;
    known.push(value);
  }
  if (known.length === 0) return view.kind === 'heat-map' && view.scale === 'log' ? [0.1, 1] : [0, 1];
  known.sort((a, b) => a - b);
  const trim = view.kind === 'depth' ? Math.floor(known.length / 100) : 0;
  const low = known[trim];
  const high = known[known.length - 1 - trim];
  return low === high ? [low - 0.5 * Math.abs(low || 1), high + 0.5 * Math.abs(high || 1)] : [low, high];
}

/** How a view is painted: pictures in their own colours, everything else through the colour map. */
export function paintOf(raster: Raster, view: PictureView, map: string, greyPictures: 'grey' | 'mapped'): Paint {
  const [low, high] = rangeOf(raster, view);
  if (view.kind === 'image') {
    const mapped = view.channels === 1 && greyPictures === 'mapped' ? map : undefined;
    const nothing = view.unknown === undefined ? {} : { unknown: view.unknown };
    return { low, high, scale: 'linear', map: ownMap(view) ?? mapped, ...nothing };
  }
  if (view.kind === 'depth') return { low, high, scale: 'linear', map, unknown: 0 };
  return { low, high, scale: view.scale, map };
}

/** Signed values are told apart from 0 in one way everywhere. */
export const DIVERGING_MAP = 'blue-red';
export const FLOW_MAP = 'flow';

/** Colours that a picture has whatever the user prefers. */
export function ownMap({ colours }: ImageView): string | undefined {
  return colours === undefined ? undefined : { diverging: DIVERGING_MAP, flow: FLOW_MAP }[colours];
}

const OPAQUE = 255 << 24;

/** `raster` as image data, RGBA [height, width]; what is not a number is transparent. */
export function paintRaster(raster: Raster, paint: Paint): Uint8ClampedArray<ArrayBuffer> {
  if (paint.map === FLOW_MAP) return paintFlow(raster, paint);
  const { width, height, channels, values } = raster;
  const words = new Uint32Array(width * height);
  const level = leveller(raster, paint);
  if (channels === 1) {
    const table = colourMap(paint.map ?? 'grey').words;
    for (let i = 0; i < words.length; i++) {
      const stored = values[i];
      const value = level(stored);
      words[i] = value < 0 || stored === paint.unknown ? 0 : table[value];
    }
  } else {
    for (let i = 0, at = 0; i < words.length; i++, at += channels) {
      const red = level(values[at]);
      const green = level(values[at + 1]);
      const blue = level(values[at + 2]);
      words[i] = (red | green | blue) < 0 ? 0 : OPAQUE | (blue << 16) | (green << 8) | red;
    }
  }
  return new Uint8ClampedArray(words.buffer);
}

function paintFlow({ width, height, values, offset, step }: Raster, { high }: Paint): Uint8ClampedArray<ArrayBuffer> {
  const colours = flowColours(
    Float32Array.from(values, stored => offset + step * stored),
    high,
  );
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = Math.round(255 * colours[3 * i + c]);
  }
  return pixels;
}

/** From a stored value to 0…255; −1 for what is no number. Whole numbers go through a table. */
function leveller({ values, offset, step }: Raster, { low, high, scale }: Paint): (stored: number) => number {
  const log = scale === 'log';
  const start = log ? Math.log(low) : low;
  const factor = 255 / ((log ? Math.log(high) : high) - start || 1);
  const level = (stored: number): number => {
    const value = offset + step * stored;
    if (Number.isNaN(value)) return -1;
    const share = factor * ((log ? Math.log(Math.max(value, Number.MIN_VALUE)) : value) - start);
    return share <= 0 ? 0 : share >= 255 ? 255 : Math.round(share);
  };
  const levels = values instanceof Uint8Array ? 256 : values instanceof Uint16Array ? 65536 : 0;
  if (levels === 0 || (levels > 256 && values.length < levels)) return level;
  const table = Uint8Array.from({ length: levels }, (_, stored) => level(stored));
  return stored => table[stored];
}

/** signed: a − b. absolute: |a − b|. */
export type DifferenceKind = 'absolute' | 'signed';

/** Mean over the channels of a − b or |a − b|, at full precision; undefined where the two do not match pixel by pixel. */
export function differenceOf(a: Raster, b: Raster, kind: DifferenceKind): Raster | undefined {
  if (a.width !== b.width || a.height !== b.height || a.channels !== b.channels) return undefined;
  const { width, height, channels } = a;
  const values = new Float32Array(width * height);
  const offset = a.offset - b.offset;
  const absolute = kind === 'absolute';
  for (let i = 0, at = 0; i < values.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at++) {
      const difference = offset + a.step * a.values[at] - b.step * b.values[at];
      sum += absolute ? Math.abs(difference) : difference;
    }
    values[i] = sum / channels;
  }
  return { ...a, channels: 1, values, offset: 0, step: 1, reduction: a.reduction };
}

/** How a difference is painted: `gain` times as strong as the pictures themselves. */
export function differencePaint(range: number, gain: number, kind: DifferenceKind, map: ColourMap['id']): Paint {
  const limit = range / gain;
  return kind === 'absolute'
    ? { low: 0, high: limit, scale: 'linear', map: map === 'blue-red' ? 'magma' : map }
    : { low: -limit, high: limit, scale: 'linear', map: DIVERGING_MAP };
}
