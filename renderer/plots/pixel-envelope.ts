// A line reduced to what a row of pixels can show: for every pixel column that has points, the first, the last, the least
// and the greatest of them, so that no spike is lost. Pure but for the index, which only saves work.

import { BLOCK, type BlockIndex } from './block-index.ts';
import { type PlotScale, shareOf, valueAtShare } from './plot-scale.ts';
import { indexOf, type Samples } from './samples.ts';

/** `count` entries, ascending in `at`. */
export interface PixelEnvelope {
  readonly count: number;
  /** Position in pixels from the left edge; one point to either side of it lies outside. */
  readonly at: Float64Array;
  readonly first: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly last: Float64Array;
}

/** With no more points than pixels every point is kept where it is; else they are gathered by column. */
export function pixelEnvelope(samples: Samples, scale: PlotScale, columns: number, index: BlockIndex): PixelEnvelope {
  const { x, y } = samples;
  const start = Math.max(0, indexOf(x, scale.min) - 1);
  // The first point beyond the right edge, so that the line runs out of the picture.
  let end = indexOf(x, scale.max, start);
  while (end < x.length && x[end] <= scale.max) end++;
  end = Math.min(x.length, end + 1);
  if (end - start <= columns) return eachPoint(samples, scale, columns, start, end);
  index.follow(y);
  const out = room(columns + 2);
  let count = 0;
  let from = start;
  for (let column = -1; column <= columns && from < end; column++) {
    const edge = column === columns ? Infinity : valueAtShare(scale, (column + 1) / columns);
    const to = Math.min(end, advance(x, edge, from));
    if (to > from && gather(y, from, to, index, out, count)) out.at[count++] = column + 0.5;
    from = to;
  }
  return { count, ...out };
}

function room(size: number) {
  const make = () => new Float64Array(size);
  return { at: make(), first: make(), least: make(), most: make(), last: make() };
}

type Room = ReturnType<typeof room>;

function eachPoint({ x, y }: Samples, scale: PlotScale, columns: number, start: number, end: number): PixelEnvelope {
  const out = room(end - start);
  let count = 0;
  for (let i = start; i < end; i++) {
    if (!Number.isFinite(y[i])) continue;
    out.at[count] = Math.max(-columns, shareOf(scale, x[i]) * columns);
    out.first[count] = out.least[count] = out.most[count] = out.last[count] = y[i];
    count++;
  }
  return { count, ...out };
}

/** The first index from `from` on with x at or beyond `edge`; points lie evenly, so the step is guessed by doubling. */
function advance(x: Float64Array, edge: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < x.length && x[low + step] < edge) {
    low += step;
    step *= 2;
  }
  let high = Math.min(x.length, low + step);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < edge) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Writes the entry of the values in [from, to); false where all are missing. */
function gather(y: Float64Array, from: number, to: number, index: BlockIndex, out: Room, entry: number): boolean {
  let first = from;
  while (first < to && !Number.isFinite(y[first])) first++;
  if (first === to) return false;
  let last = to - 1;
  while (!Number.isFinite(y[last])) last--;
  let least = Infinity;
  let most = -Infinity;
  for (let i = first; i <= last; ) {
    const block = i / BLOCK;
    if (Number.isInteger(block) && i + BLOCK <= last + 1 && block < index.blocks) {
      if (index.least(block) < least) least = index.least(block);
      if (index.most(block) > most) most = index.most(block);
      i += BLOCK;
      continue;
    }
    const value = y[i++];
    if (value < least && value > -Infinity) least = value;
    if (value > most && value < Infinity) most = value;
  }
  out.first[entry] = y[first];
  out.last[entry] = y[last];
  out.least[entry] = least;
  out.most[entry] = most;
  return true;
}
