// Cuts the data of a view down to what was asked for: one frame of many, at most so many pixels. Pure; used where a view
// is made and where a recorded one is read.

import type { ViewArray, ViewData } from './views.ts';

export interface ReducedView {
  readonly data: ViewData;
  /** Pixels of the original that one value stands for, along each axis. */
  readonly reduction: number;
}

/** Whether `values` is that of pictures: [frames, height, width] or [frames, height, width, channels]. */
function holdsPictures(values: ViewArray | undefined): values is ViewArray {
  return values !== undefined && values.shape.length >= 3;
}

/** Frame `frame` of pictures alone, as a stack of one; all else as it is. Throws a RangeError for a frame there is not. */
export function selectFrame(data: ViewData, frame: number | undefined): ViewData {
  const { values } = data;
  if (frame === undefined || !holdsPictures(values)) return data;
  const [frames, ...rest] = values.shape;
  if (frame >= frames) throw new RangeError(`The view has ${frames} frames; there is no frame ${frame}.`);
  const size = values.values.length / frames;
  const one = values.values.slice(frame * size, (frame + 1) * size);
  return { ...data, values: { shape: [1, ...rest], values: one } };
}

/**
 * Pictures of at most `mostPixels` pixels a frame: means over squares of pixels, at the right and lower edge over what is
 * left of them. Of depth only known values count. All else as it is.
 */
export function reduceView(data: ViewData, mostPixels: number | undefined): ReducedView {
  const { values } = data;
  if (mostPixels === undefined || !holdsPictures(values)) return { data, reduction: 1 };
  const [, height, width] = values.shape;
  const reduction = reductionFor(height, width, mostPixels);
  return reduction === 1 ? { data, reduction } : { data: { ...data, values: averaged(values, reduction) }, reduction };
}

function reductionFor(height: number, width: number, mostPixels: number): number {
  let reduction = Math.max(1, Math.floor(Math.sqrt((height * width) / mostPixels)));
  while (Math.ceil(height / reduction) * Math.ceil(width / reduction) > mostPixels && reduction < height + width)
    reduction++;
  return reduction;
}

function averaged({ shape, values }: ViewArray, reduction: number): ViewArray {
  const [frames, height, width, channels = 1] = shape;
  const isDepth = shape.length === 3;
  const rows = Math.ceil(height / reduction);
  const columns = Math.ceil(width / reduction);
  const out = new (values.constructor as Float32ArrayConstructor)(frames * rows * columns * channels);
  const whole = !(values instanceof Float32Array || values instanceof Float64Array);
  const sums = new Float64Array(columns * channels);
  const counts = new Float64Array(columns * channels);
  for (let row = 0; row < frames * rows; row++) {
    const frame = Math.floor(row / rows);
    const first = (row % rows) * reduction;
    sums.fill(0);
    counts.fill(0);
    for (let i = first; i < Math.min(height, first + reduction); i++) {
      let at = (frame * height + i) * width * channels;
      for (let j = 0; j < width; j++) {
        const to = Math.floor(j / reduction) * channels;
        for (let c = 0; c < channels; c++) {
          const value = values[at++];
          if (isDepth && value === 0) continue;
          sums[to + c] += value;
          counts[to + c]++;
        }
      }
    }
    for (let n = 0; n < sums.length; n++) {
      const mean = counts[n] === 0 ? 0 : sums[n] / counts[n];
      out[row * columns * channels + n] = whole ? Math.round(mean) : mean;
    }
  }
  return { shape: [frames, rows, columns, ...shape.slice(3)], values: out };
}
