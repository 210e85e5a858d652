// The pyramid of dense optical flow, its enlargement to the size of the pictures, and its confidence. Pictures are float32
// grey levels with a border of BORDER pixels in which their edge goes on. Every kernel takes both directions: the first
// half of its chunks is from the first picture to the second. Readable twin: ops/flow/flow-reference.ts. AssemblyScript.

import { scratchAddress } from './mode3-transforms';
import { multiplyAdd } from './slice-products';

/** Pixels around a picture; patches may hang out of it by half of that. */
export const BORDER: i32 = 16;

/** One level of both pictures and both flows. All fields are doubles, written as one array by ops/flow/flow-cpu.ts. */
@unmanaged
export class FlowJob {
  width: f64;
  height: f64;
  /** Pixels from row to row of a picture, and where pixel (0, 0) of each is. */
  stride: f64;
  first: f64;
  second: f64;
  /** Rows of one chunk, and chunks of one direction; the last has the rest too. */
  band: f64;
  bands: f64;
  /** f32 [direction, component, height, flowStride], in pixels of this level. */
  flow: f64;
  flowStride: f64;
  /** The flow of the next coarser level in the same layout; 0 none. */
  coarse: f64;
  coarseWidth: f64;
  coarseHeight: f64;
  coarseStride: f64;
  /** f32 [direction, component, row, column]: displacements of the patches. */
  patches: f64;
  patchColumns: f64;
  patchRows: f64;
  patchStride: f64;
  searchSteps: f64;
  damping: f64;
  /** f32 [direction, plane, height + 2, splitStride]: planes of the refinement, address of row 0; see flow-refine.ts. */
  planes: f64;
  planeBytes: f64;
  splitStride: f64;
  smoothness: f64;
  brightness: f64;
  gradient: f64;
  relaxation: f64;
  slopeFloor: f64;
  robustFloor: f64;
}

/** The row behind a band. */
// @ts-ignore: decorator
@inline
export function bandEnd(job: FlowJob, band: i32): i32 {
  return band == <i32>job.bands - 1 ? <i32>job.height : (band + 1) * <i32>job.band;
}

/** Where flow component `component` of `direction` begins. */
// @ts-ignore: decorator
@inline
export function flowAt(job: FlowJob, direction: i32, component: i32): usize {
  const plane = <usize>(<i32>job.height * <i32>job.flowStride) << 2;
  return <usize>job.flow + plane * <usize>(2 * direction + component);
}

/**
 * One band of rows of a picture of the pyramid, with its border. `source`: grey [height, width] 0 to 1 with `halve` 0, else the
 * finer picture, whose blocks of four are averaged.
 */
export function flowPictureChunk(
  source: usize, sourceStride: i32, halve: i32, target: usize, width: i32, height: i32, stride: i32, band: i32, chunk: i32,
): void {
  const end = min(height, (chunk + 1) * band);
  for (let y = chunk * band; y < end; y++) {
    const to = target + (<usize>(y * stride) << 2);
    if (halve) {
      const a = source + (<usize>(2 * y * sourceStride) << 2);
      const b = a + (<usize>sourceStride << 2);
      const quarter = f32x4.splat(0.25);
      // The last vector may take from the border of the finer picture, and ends in the border of this one.
      for (let x = 0; x < width; x += 4) {
        const o = <usize>x << 3;
        const low = f32x4.add(v128.load(a + o), v128.load(b + o));
        const high = f32x4.add(v128.load(a + o, 16), v128.load(b + o, 16));
        const even = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
        const odd = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
        v128.store(to + (<usize>x << 2), f32x4.mul(quarter, f32x4.add(even, odd)));
      }
    } else {
      const from = source + (<usize>(y * sourceStride) << 2);
      const scale = f32x4.splat(255);
      let x = 0;
      for (; x + 4 <= width; x += 4) {
        const o = <usize>x << 2;
        v128.store(to + o, f32x4.mul(scale, v128.load(from + o)));
      }
      for (; x < width; x++) store<f32>(to + (<usize>x << 2), <f32>255 * load<f32>(from + (<usize>x << 2)));
    }
    const left = load<f32>(to);
    const right = load<f32>(to + (<usize>(width - 1) << 2));
    for (let x = 1; x <= BORDER; x++) {
      store<f32>(to - (<usize>x << 2), left);
      store<f32>(to + (<usize>(width - 1 + x) << 2), right);
    }
    const row = to - (<usize>BORDER << 2);
    const bytes = <usize>(width + 2 * BORDER) << 2;
    const step = <usize>stride << 2;
    if (y == 0) for (let k = 1; k <= BORDER; k++) memory.copy(row - <usize>k * step, row, bytes);
    if (y == height - 1) for (let k = 1; k <= BORDER; k++) memory.copy(row + <usize>k * step, row, bytes);
  }
}

/**
 * The flow of a level on a grid `ratio` times as fine, [height, width, 2], values times `unit`. One chunk is one band of
 * one direction.
 */
export function flowEnlargeChunk(
  jobAt: usize, target: usize, width: i32, height: i32, ratio: i32, unit: f32, band: i32, bands: i32, chunk: i32,
): void {
  const job = changetype<FlowJob>(jobAt);
  const direction = chunk / bands;
  const w = <i32>job.width;
  const h = <i32>job.height;
  const step = <usize>job.flowStride << 2;
  const rowU = scratchAddress();
  const rowV = rowU + step;
  const share: f32 = <f32>1 / <f32>ratio;
  const end = min(height, (chunk % bands + 1) * band);
  for (let y = (chunk % bands) * band; y < end; y++) {
    const sy = (<f32>y + <f32>0.5) * share - <f32>0.5;
    const i = <i32>Mathf.floor(sy);
    const above = <usize>clamp(i, h);
    const below = <usize>clamp(i + 1, h);
    for (let c = 0; c < 2; c++) {
      const plane = flowAt(job, direction, c);
      blendRows(plane + above * step, plane + below * step, sy - <f32>i, unit, w, c ? rowV : rowU);
    }
    let to = target + (<usize>((direction * height + y) * width) << 3);
    for (let x = 0; x < width; x++, to += 8) {
      const sx = (<f32>x + <f32>0.5) * share - <f32>0.5;
      const j = <i32>Mathf.floor(sx);
      const f = sx - <f32>j;
      const a = <usize>clamp(j, w) << 2;
      const b = <usize>clamp(j + 1, w) << 2;
      const u = load<f32>(rowU + a);
      const v = load<f32>(rowV + a);
      store<f32>(to, u + f * (load<f32>(rowU + b) - u));
      store<f32>(to, v + f * (load<f32>(rowV + b) - v), 4);
    }
  }
}

// @ts-ignore: decorator
@inline
function clamp(i: i32, size: i32): i32 {
  return max(0, min(size - 1, i));
}

/** out = unit (a + share (b - a)); rows of flow are padded to whole vectors. */
function blendRows(a: usize, b: usize, share: f32, unit: f32, count: i32, out: usize): void {
  const s = f32x4.splat(share);
  const scale = f32x4.splat(unit);
  for (let x = 0; x < count; x += 4) {
    const o = <usize>x << 2;
    const one = v128.load(a + o);
    v128.store(out + o, f32x4.mul(scale, multiplyAdd(s, f32x4.sub(v128.load(b + o), one), one)));
  }
}

/**
 * Confidence [direction, height, width] of flows [direction, height, width, 2] on the grid of a level whose pixels are `unit` pixels
 * of flow. `exposure`: mean grey of the second picture minus that of the first. `scale`: τ in pixels of flow, and the scale of
 * grey differences. One chunk is one band of one direction.
 */
export function flowConfidenceChunk(
  jobAt: usize, flows: usize, target: usize, unit: f32, exposure: f32, scale: f32, greyScale: f32, chunk: i32,
): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const width = <i32>job.width;
  const height = <i32>job.height;
  const stride = <i32>job.stride;
  const a = <usize>(direction ? job.second : job.first);
  const b = <usize>(direction ? job.first : job.second);
  const change = direction ? -exposure : exposure;
  const there = flows + (<usize>(direction * height * width) << 3);
  const back = flows + (<usize>((1 - direction) * height * width) << 3);
  const out = target + (<usize>(direction * height * width) << 2);
  const share: f32 = <f32>1 / unit;
  const perRound: f32 = <f32>1 / (scale * scale);
  const step = <usize>stride << 2;
  const end = bandEnd(job, chunk % bands);
  for (let y = (chunk % bands) * <i32>job.band; y < end; y++) {
    for (let x = 0; x < width; x++) {
      const at = <usize>(y * width + x);
      const u = load<f32>(there + (at << 3));
      const v = load<f32>(there + (at << 3), 4);
      const px = <f32>x + u * share;
      const py = <f32>y + v * share;
      let exponent: f32 = 100;
      if (px >= -0.5 && py >= -0.5 && px <= <f32>width - <f32>0.5 && py <= <f32>height - <f32>0.5) {
        const j = <i32>Mathf.floor(px);
        const i = <i32>Mathf.floor(py);
        const fx = px - <f32>j;
        const fy = py - <f32>i;
        const j0 = clamp(j, width);
        const j1 = clamp(j + 1, width);
        const top = back + (<usize>(clamp(i, height) * width) << 3);
        const bottom = back + (<usize>(clamp(i + 1, height) * width) << 3);
        const du = u + blend(top, bottom, j0, j1, fx, fy, 0);
        const dv = v + blend(top, bottom, j0, j1, fx, fy, 4);
        const from = b + (<usize>(i * stride + j) << 2);
        const p = load<f32>(from);
        const q = load<f32>(from + step);
        const above = p + fx * (load<f32>(from, 4) - p);
        const below = q + fx * (load<f32>(from + step, 4) - q);
        const here = a + (<usize>(y * stride + x) << 2);
        const difference = above + fy * (below - above) - load<f32>(here) - change;
        const gx = <f32>0.5 * (load<f32>(here, 4) - load<f32>(here - 4));
        const gy = <f32>0.5 * (load<f32>(here + step) - load<f32>(here - step));
        exponent = (du * du + dv * dv) * perRound + (difference * difference) / (greyScale * greyScale + gx * gx + gy * gy);
      }
      store<f32>(out + (at << 2), exponent < 40 ? Mathf.exp(-exponent) : 0);
    }
  }
}

/** Bilinear in interleaved flow; `part` is the byte of the component. */
// @ts-ignore: decorator
@inline
function blend(top: usize, bottom: usize, j0: i32, j1: i32, fx: f32, fy: f32, part: usize): f32 {
  const p = load<f32>(top + (<usize>j0 << 3) + part);
  const q = load<f32>(bottom + (<usize>j0 << 3) + part);
  const above = p + fx * (load<f32>(top + (<usize>j1 << 3) + part) - p);
  const below = q + fx * (load<f32>(bottom + (<usize>j1 << 3) + part) - q);
  return above + fy * (below - above);
}
