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
  const share = f32x4.splat(<f32>1 / unit);
  const perRound = f32x4.splat(<f32>1 / (scale * scale));
  const greySquared = f32x4.splat(greyScale * greyScale);
  const half = f32x4.splat(0.5);
  const low = f32x4.splat(-0.5);
  const highX = f32x4.splat(<f32>width - <f32>0.5);
  const highY = f32x4.splat(<f32>height - <f32>0.5);
  const zero = i32x4.splat(0);
  const oneWhole = i32x4.splat(1);
  const lastColumn = i32x4.splat(width - 1);
  const lastRow = i32x4.splat(height - 1);
  const widths = i32x4.splat(width);
  const step = <usize>stride << 2;
  const end = bandEnd(job, chunk % bands);
  for (let y = (chunk % bands) * <i32>job.band; y < end; y++) {
    let column = f32x4(0, 1, 2, 3);
    for (let x = 0; x < width; x += 4) {
      const at = <usize>(y * width + x);
      const uv0 = v128.load(there + (at << 3));
      const uv1 = v128.load(there + (at << 3), 16);
      const u = v128.shuffle<f32>(uv0, uv1, 0, 2, 4, 6);
      const v = v128.shuffle<f32>(uv0, uv1, 1, 3, 5, 7);
      const px = multiplyAdd(u, share, column);
      const py = multiplyAdd(v, share, f32x4.splat(<f32>y));
      const inside = v128.and(
        v128.and(f32x4.ge(px, low), f32x4.ge(py, low)),
        v128.and(f32x4.le(px, highX), f32x4.le(py, highY)),
      );
      const sx = f32x4.max(low, f32x4.min(highX, px));
      const sy = f32x4.max(low, f32x4.min(highY, py));
      const jf = f32x4.floor(sx);
      const if4 = f32x4.floor(sy);
      const fx = f32x4.sub(sx, jf);
      const fy = f32x4.sub(sy, if4);
      const j = i32x4.trunc_sat_f32x4_s(jf);
      const i = i32x4.trunc_sat_f32x4_s(if4);

      // The way back, bilinear in interleaved flow, its border going on.
      const left = i32x4.max_s(j, zero);
      const right = i32x4.min_s(i32x4.add(j, oneWhole), lastColumn);
      const top = i32x4.mul(i32x4.max_s(i, zero), widths);
      const bottom = i32x4.mul(i32x4.min_s(i32x4.add(i, oneWhole), lastRow), widths);
      gatherPairs(back, i32x4.add(top, left));
      const u00 = gatheredU;
      const v00 = gatheredV;
      gatherPairs(back, i32x4.add(top, right));
      const u0 = multiplyAdd(fx, f32x4.sub(gatheredU, u00), u00);
      const v0 = multiplyAdd(fx, f32x4.sub(gatheredV, v00), v00);
      gatherPairs(back, i32x4.add(bottom, left));
      const u10 = gatheredU;
      const v10 = gatheredV;
      gatherPairs(back, i32x4.add(bottom, right));
      const u1 = multiplyAdd(fx, f32x4.sub(gatheredU, u10), u10);
      const v1 = multiplyAdd(fx, f32x4.sub(gatheredV, v10), v10);
      const du = f32x4.add(u, multiplyAdd(fy, f32x4.sub(u1, u0), u0));
      const dv = f32x4.add(v, multiplyAdd(fy, f32x4.sub(v1, v0), v0));

      const p0 = b + <usize>i32x4.extract_lane(i, 0) * step + (<usize>i32x4.extract_lane(j, 0) << 2);
      const p1 = b + <usize>i32x4.extract_lane(i, 1) * step + (<usize>i32x4.extract_lane(j, 1) << 2);
      const p2 = b + <usize>i32x4.extract_lane(i, 2) * step + (<usize>i32x4.extract_lane(j, 2) << 2);
      const p3 = b + <usize>i32x4.extract_lane(i, 3) * step + (<usize>i32x4.extract_lane(j, 3) << 2);
      const above = acrossFour(p0, p1, p2, p3, fx);
      const below = acrossFour(p0 + step, p1 + step, p2 + step, p3 + step, fx);
      const here = a + (<usize>(y * stride + x) << 2);
      const difference = f32x4.sub(
        f32x4.sub(multiplyAdd(fy, f32x4.sub(below, above), above), v128.load(here)),
        f32x4.splat(change),
      );
      const gx = f32x4.mul(half, f32x4.sub(v128.load(here + 4), v128.load(here - 4)));
      const gy = f32x4.mul(half, f32x4.sub(v128.load(here + step), v128.load(here - step)));
      const explained = multiplyAdd(gx, gx, multiplyAdd(gy, gy, greySquared));
      const round = f32x4.mul(multiplyAdd(du, du, f32x4.mul(dv, dv)), perRound);
      const exponent = f32x4.add(round, f32x4.div(f32x4.mul(difference, difference), explained));
      const confidence = v128.and(inside, fadeOf(exponent));
      if (x + 4 <= width) v128.store(out + (at << 2), confidence);
      else {
        // The next row may be another thread's.
        store<f32>(out + (at << 2), f32x4.extract_lane(confidence, 0));
        if (x + 1 < width) store<f32>(out + (at << 2), f32x4.extract_lane(confidence, 1), 4);
        if (x + 2 < width) store<f32>(out + (at << 2), f32x4.extract_lane(confidence, 2), 8);
      }
      column = f32x4.add(column, f32x4.splat(4));
    }
  }
}

let gatheredU: v128 = f32x4.splat(0), gatheredV: v128 = f32x4.splat(0);

/** Both components at four cells of interleaved flow. */
// @ts-ignore: decorator
@inline
function gatherPairs(flow: usize, cells: v128): void {
  const p0 = flow + (<usize>i32x4.extract_lane(cells, 0) << 3);
  const p1 = flow + (<usize>i32x4.extract_lane(cells, 1) << 3);
  const p2 = flow + (<usize>i32x4.extract_lane(cells, 2) << 3);
  const p3 = flow + (<usize>i32x4.extract_lane(cells, 3) << 3);
  const one = v128.load64_lane(p1, v128.load64_zero(p0), 1);
  const two = v128.load64_lane(p3, v128.load64_zero(p2), 1);
  gatheredU = v128.shuffle<f32>(one, two, 0, 2, 4, 6);
  gatheredV = v128.shuffle<f32>(one, two, 1, 3, 5, 7);
}

/** exp(-x) for x of 0 and more to about 3e-6 of its value: 2^n times the series of 2^f, |f| ≤ 1/2. */
// @ts-ignore: decorator
@inline
function fadeOf(x: v128): v128 {
  const t = f32x4.max(f32x4.splat(-120), f32x4.mul(x, f32x4.splat(-1.44269504)));
  const n = f32x4.nearest(t);
  const f = f32x4.sub(t, n);
  let power = multiplyAdd(f, f32x4.splat(0.0013333558), f32x4.splat(0.0096181291));
  power = multiplyAdd(f, power, f32x4.splat(0.0555041087));
  power = multiplyAdd(f, power, f32x4.splat(0.2402265070));
  power = multiplyAdd(f, power, f32x4.splat(0.6931471806));
  power = multiplyAdd(f, power, f32x4.splat(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(power, scale);
}

/** Four values at `at`, moved to the right by a share of a pixel. */
// @ts-ignore: decorator
@inline
export function across(at: usize, share: v128): v128 {
  const one = v128.load(at);
  return multiplyAdd(share, f32x4.sub(v128.load(at, 4), one), one);
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Values at four places, each moved to the right by its own share of a pixel. */
// @ts-ignore: decorator
@inline
export function acrossFour(p0: usize, p1: usize, p2: usize, p3: usize, share: v128): v128 {
  const one = v128.load64_lane(p1, v128.load64_zero(p0), 1);
  const two = v128.load64_lane(p3, v128.load64_zero(p2), 1);
  const left = v128.shuffle<f32>(one, two, 0, 2, 4, 6);
  const right = v128.shuffle<f32>(one, two, 1, 3, 5, 7);
  return multiplyAdd(share, f32x4.sub(right, left), left);
}
