// What a user's depth network says about the frames, brought to the scale of the cameras: where dense depth starts from it, and
// how it is held near it. A network knows inverse depth up to a scale and a shift of each frame; the tracks tell both.

import { gridLevels, logDepthPicture, softFloor } from '../../ops/depth-flow/depth-flow.ts';
import { middle } from './middle.ts';

/** Pixels of the depth map, and the natural logarithm of depth there. */
export interface DepthSighting {
  readonly x: number;
  readonly y: number;
  readonly logDepth: number;
}

/** Fewer points than this fix no scale and shift that could be trusted. */
const FEWEST = 8;
/** A network that knows nothing of the scene correlates with its tracks by chance, far less than this. */
const LEAST_CORRELATION = 0.5;
const ROUNDS = 10;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Bilinear, from the centres of the pixels of one size to those of another that covers the same. */
export function resampled(values: ArrayLike<number>, from: Size, to: Size): Float32Array {
  const along = (place: number, length: number, over: number) => {
    const at = Math.min(length - 1, Math.max(0, ((place + 0.5) * length) / over - 0.5));
    const near = Math.floor(at);
    return { near, far: Math.min(length - 1, near + 1), share: at - near };
  };
  const columns = Array.from({ length: to.width }, (_, x) => along(x, from.width, to.width));
  const out = new Float32Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = along(y, from.height, to.height);
    const [above, below] = [from.width * row.near, from.width * row.far];
    for (let x = 0; x < to.width; x++) {
      const { near, far, share } = columns[x];
      const upper = values[above + near] + share * (values[above + far] - values[above + near]);
      const lower = values[below + near] + share * (values[below + far] - values[below + near]);
      out[y * to.width + x] = upper + row.share * (lower - upper);
    }
  }
  return out;
}

/**
 * Log depth [height, width] from inverse depth of unknown scale and shift: the line through the tracks, by reweighted least squares
 * (Cauchy). Depths beyond `furthest` become that. Undefined where the tracks do not agree that
 * larger is nearer.
 */
export function scaledToTracks(
  inverse: Float32Array,
  width: number,
  sightings: readonly DepthSighting[],
  furthest: number,
): Float32Array | undefined {
  if (sightings.length < FEWEST) return undefined;
  const height = inverse.length / width;
  const clip = (value: number, most: number) => Math.max(0, Math.min(most, Math.floor(value)));
  const given = sightings.map(({ x, y }) => inverse[width * clip(y, height - 1) + clip(x, width - 1)]);
  const wanted = sightings.map(({ logDepth }) => Math.exp(-logDepth));
  const weights = given.map(() => 1);
  let [scale, shift, correlation] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    let [w, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
    given.forEach((p, i) => {
      w += weights[i];
      x += weights[i] * p;
      y += weights[i] * wanted[i];
      xx += weights[i] * p * p;
      xy += weights[i] * p * wanted[i];
      yy += weights[i] * wanted[i] * wanted[i];
    });
    const spread = xx - (x * x) / w;
    if (!(spread > 1e-9 * xx)) return undefined;
    scale = (xy - (x * y) / w) / spread;
    correlation = (xy - (x * y) / w) / Math.sqrt(spread * Math.max(1e-12, yy - (y * y) / w));
    shift = (y - scale * x) / w;
    const misses = given.map((p, i) => Math.abs(scale * p + shift - wanted[i]));
    const usual = middle(Float64Array.from(misses)) + 1e-9;
    misses.forEach((miss, i) => {
      weights[i] = 1 / (1 + (miss / (2 * usual)) ** 2);
    });
  }
  if (!(correlation > LEAST_CORRELATION)) return undefined;
  return inverse.map(p => -Math.log(Math.max(1 / furthest, scale * p + shift)));
}

/** Grids [nodes] that add up to log depth [height, width]: each takes what the coarser ones have left. */
export function gridsOf(shape: Size & { readonly cells: readonly number[] }, logDepth: Float32Array): Float32Array {
  const { width, height } = shape;
  const levels = gridLevels(shape);
  const last = levels[levels.length - 1];
  const grids = new Float32Array(last.offset + last.width * last.height);
  for (const level of levels) {
    const known = logDepthPicture(shape, grids, width, height);
    const counts = new Float32Array(level.width * level.height);
    const sums = new Float32Array(level.width * level.height);
    for (let p = 0; p < logDepth.length; p++) {
      const [column, row] = [p % width, Math.floor(p / width)];
      const node = level.width * Math.floor(row / level.cell) + Math.floor(column / level.cell);
      sums[node] += logDepth[p] - known[p];
      counts[node]++;
    }
    for (let node = 0; node < sums.length; node++) grids[level.offset + node] = sums[node] / Math.max(1, counts[node]);
  }
  return grids;
}

/**
 * Mean over all nodes of how far each is from where it is pulled, √(d² + floor²) − floor; its gradient times `weight` is added to
 * `gradient`.
 */
export function pull(grids: Float32Array, target: Float32Array, weight: number, gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < grids.length; i++) {
    const d = grids[i] - target[i];
    const length = Math.hypot(d, softFloor);
    sum += length - softFloor;
    gradient[i] += (weight * d) / (length * grids.length);
  }
  return sum / grids.length;
}
