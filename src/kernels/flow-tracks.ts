// Corners and their tracks: smallest eigenvalues of structure tensors (Shi and Tomasi 1994), pyramidal Lucas–Kanade from
// frame to frame and back (Bouguet 2001), and alignment with the first appearance under an affine map (Baker and Matthews
// 2004, inverse compositional). Pictures are those of flow-levels.ts. Readable twin: ops/tracks/tracks-reference.ts.
// AssemblyScript.

import { across, laneSum } from './flow-levels';
import { scratchAddress } from './mode3-transforms';
import { multiplyAdd } from './slice-products';

/** Points of one chunk. */
const POINTS: i32 = 8;
/** Samples along a side of a window: whole vectors. Its middle lies between the two inner ones. */
const SIDE: i32 = 16;
const COUNT: f32 = 256;
const MIDDLE: f32 = 7.5;
/** Bytes of a window's values. */
const WINDOW: usize = 1024;
/** Half the side of the square over which a corner's structure tensor is summed. */
const CORNER_REACH: i32 = 3;
/** Doubles of a level in a table of levels: width, height, stride, origin. */
const LEVEL_BYTES: usize = 32;
/** Floats of a point: see `followChunk` and `alignChunk`. */
const FOLLOW_BYTES: usize = 20;
const ALIGN_BYTES: usize = 28;
const STEPS: i32 = 12;
/** Added to the diagonals of normal matrices. */
const DAMPING: f32 = 8;

/**
 * Corner scores of a band of rows, [height, width]: the smaller eigenvalue of the mean of ∇I ∇Iᵀ over a square of 7 x 7 pixels.
 */
export function cornerChunk(
  origin: usize, width: i32, height: i32, stride: i32, scores: usize, band: i32, chunk: i32,
): void {
  const step = <usize>stride << 2;
  // Sums over seven rows of the three products, from CORNER_REACH columns before the row to behind it.
  const rowBytes = <usize>(((width + 3) & ~3) + 16) << 2;
  const sxx = scratchAddress();
  const sxy = sxx + rowBytes;
  const syy = sxy + rowBytes;
  const half = f32x4.splat(0.5);
  const share = f32x4.splat(<f32>1 / 49);
  const y1 = min(height, (chunk + 1) * band);
  for (let y = chunk * band; y < y1; y++) {
    for (let x = -4; x < width + 4; x += 4) {
      let xx = f32x4.splat(0);
      let xy = xx;
      let yy = xx;
      for (let r = -CORNER_REACH; r <= CORNER_REACH; r++) {
        const at = origin + <usize>(y + r) * step + (<usize>x << 2);
        const gx = f32x4.mul(half, f32x4.sub(v128.load(at + 4), v128.load(at - 4)));
        const gy = f32x4.mul(half, f32x4.sub(v128.load(at + step), v128.load(at - step)));
        xx = multiplyAdd(gx, gx, xx);
        xy = multiplyAdd(gx, gy, xy);
        yy = multiplyAdd(gy, gy, yy);
      }
      const o = <usize>(x + 4) << 2;
      v128.store(sxx + o, xx);
      v128.store(sxy + o, xy);
      v128.store(syy + o, yy);
    }
    const out = scores + (<usize>(y * width) << 2);
    let x = 0;
    for (; x + 4 <= width; x += 4) v128.store(out + (<usize>x << 2), smallest(sxx, rowBytes, x, half, share));
    if (x < width) {
      const last = smallest(sxx, rowBytes, x, half, share);
      store<f32>(out + (<usize>x << 2), f32x4.extract_lane(last, 0));
      if (x + 1 < width) store<f32>(out + (<usize>(x + 1) << 2), f32x4.extract_lane(last, 1));
      if (x + 2 < width) store<f32>(out + (<usize>(x + 2) << 2), f32x4.extract_lane(last, 2));
    }
  }
}

// @ts-ignore: decorator
@inline
function smallest(sums: usize, rowBytes: usize, x: i32, half: v128, share: v128): v128 {
  const from = sums + (<usize>(x + 4 - CORNER_REACH) << 2);
  const xx = f32x4.mul(share, sevenAcross(from));
  const xy = f32x4.mul(share, sevenAcross(from + rowBytes));
  const yy = f32x4.mul(share, sevenAcross(from + 2 * rowBytes));
  const mean = f32x4.mul(half, f32x4.add(xx, yy));
  const gap = f32x4.mul(half, f32x4.sub(xx, yy));
  return f32x4.sub(mean, f32x4.sqrt(f32x4.add(f32x4.mul(gap, gap), f32x4.mul(xy, xy))));
}

// @ts-ignore: decorator
@inline
function sevenAcross(from: usize): v128 {
  let sum = v128.load(from);
  for (let k: usize = 1; k < 7; k++) sum = f32x4.add(sum, v128.load(from + (k << 2)));
  return sum;
}

// The window at hand: values and slopes, memory to take it in, and its sums.
let values: usize = 0, block: usize = 0;
let sumX: f32 = 0, sumY: f32 = 0, xx: f32 = 0, xy: f32 = 0, yy: f32 = 0;
// Where `pursue` ended.
let foundX: f32 = 0, foundY: f32 = 0;

/**
 * Follows points from one picture to another and back. `points` f32 [point, 5]: x and y in; x and y of the other picture and the
 * distance between the point and its way back out, infinite where it was lost. `from`, `to`: f64 tables of `levels` levels.
 */
export function followChunk(from: usize, to: usize, levels: i32, points: usize, count: i32, chunk: i32): void {
  values = scratchAddress();
  block = values + 3 * WINDOW;
  const end = min(count, (chunk + 1) * POINTS);
  for (let p = chunk * POINTS; p < end; p++) {
    const point = points + <usize>p * FOLLOW_BYTES;
    const x = load<f32>(point);
    const y = load<f32>(point, 4);
    let error: f32 = Infinity;
    let x1 = x;
    let y1 = y;
    if (pursue(from, to, levels, x, y)) {
      x1 = foundX;
      y1 = foundY;
      if (pursue(to, from, levels, x1, y1)) {
        const dx = foundX - x;
        const dy = foundY - y;
        error = sqrt<f32>(dx * dx + dy * dy);
      }
    }
    store<f32>(point, x1, 8);
    store<f32>(point, y1, 12);
    store<f32>(point, error, 16);
  }
}

/** From coarse to fine; false where the point leaves the picture. */
function pursue(from: usize, to: usize, levels: i32, x: f32, y: f32): bool {
  let u: f32 = 0;
  let v: f32 = 0;
  for (let level = levels - 1; level >= 0; level--) {
    const a = from + LEVEL_BYTES * <usize>level;
    const b = to + LEVEL_BYTES * <usize>level;
    const width = <f32>load<f64>(a);
    const height = <f32>load<f64>(a, 8);
    const stride = <usize>load<f64>(a, 16) << 2;
    const share: f32 = <f32>1 / <f32>(1 << level);
    u *= 2;
    v *= 2;
    takeWindow(<usize>load<f64>(a, 24), stride, x * share, y * share);
    const inverse: f32 = <f32>1 / (xx * yy - xy * xy);
    const origin = <usize>load<f64>(b, 24);
    const enough = level == 0 ? <f32>1e-4 : <f32>1e-3;
    for (let step = 0; step < STEPS; step++) {
      const px = x * share + u;
      const py = y * share + v;
      if (!(px >= 0 && py >= 0 && px <= width && py <= height)) return false;
      slopesAt(origin, stride, px, py);
      const du = (yy * slopeX - xy * slopeY) * inverse;
      const dv = (xx * slopeY - xy * slopeX) * inverse;
      u -= du;
      v -= dv;
      if (du * du + dv * dv < enough) break;
    }
  }
  foundX = x + u;
  foundY = y + v;
  const width = <f32>load<f64>(to);
  const height = <f32>load<f64>(to, 8);
  return foundX >= 0 && foundY >= 0 && foundX <= width && foundY <= height;
}

/** Samples the window about (x, y) with its slopes, and sums its normal matrix without the means. */
function takeWindow(origin: usize, stride: usize, x: f32, y: f32): void {
  // One sample more on every side: 18 rows of 20.
  const px = x - <f32>0.5 - MIDDLE - 1;
  const py = y - <f32>0.5 - MIDDLE - 1;
  const j = Mathf.floor(px);
  const i = Mathf.floor(py);
  const fx = f32x4.splat(px - j);
  const fy = f32x4.splat(py - i);
  let at = origin + <usize>(<i32>i) * stride + (<usize>(<i32>j) << 2);
  for (let r = 0; r < SIDE + 2; r++) {
    const row = block + <usize>r * 80;
    for (let o: usize = 0; o < 80; o += 16) {
      const above = across(at + o, fx);
      v128.store(row + o, multiplyAdd(fy, f32x4.sub(across(at + stride + o, fx), above), above));
    }
    at += stride;
  }
  let sx = f32x4.splat(0);
  let sy = sx;
  let sxx = sx;
  let sxy = sx;
  let syy = sx;
  const half = f32x4.splat(0.5);
  let to = values;
  for (let r = 0; r < SIDE; r++) {
    const row = block + <usize>(r + 1) * 80 + 4;
    for (let o: usize = 0; o < 64; o += 16) {
      const gx = f32x4.mul(half, f32x4.sub(v128.load(row + o + 4), v128.load(row + o - 4)));
      const gy = f32x4.mul(half, f32x4.sub(v128.load(row + o + 80), v128.load(row + o - 80)));
      v128.store(to, v128.load(row + o));
      v128.store(to, gx, WINDOW);
      v128.store(to, gy, 2 * WINDOW);
      to += 16;
      sx = f32x4.add(sx, gx);
      sy = f32x4.add(sy, gy);
      sxx = multiplyAdd(gx, gx, sxx);
      sxy = multiplyAdd(gx, gy, sxy);
      syy = multiplyAdd(gy, gy, syy);
    }
  }
  sumX = laneSum(sx);
  sumY = laneSum(sy);
  xx = laneSum(sxx) - (sumX * sumX) / COUNT + DAMPING;
  xy = laneSum(sxy) - (sumX * sumY) / COUNT;
  yy = laneSum(syy) - (sumY * sumY) / COUNT + DAMPING;
}

let slopeX: f32 = 0, slopeY: f32 = 0;

/** Slopes of half the sum of squared differences, without their mean, with the window at (x, y) of a picture. */
function slopesAt(origin: usize, stride: usize, x: f32, y: f32): void {
  const px = x - <f32>0.5 - MIDDLE;
  const py = y - <f32>0.5 - MIDDLE;
  const j = Mathf.floor(px);
  const i = Mathf.floor(py);
  const fx = f32x4.splat(px - j);
  const fy = f32x4.splat(py - i);
  let at = origin + <usize>(<i32>i) * stride + (<usize>(<i32>j) << 2);
  let from = values;
  let sums = f32x4.splat(0);
  let bx = sums;
  let by = sums;
  let a0 = across(at, fx);
  let a1 = across(at + 16, fx);
  let a2 = across(at + 32, fx);
  let a3 = across(at + 48, fx);
  for (let r = 0; r < SIDE; r++) {
    at += stride;
    const b0 = across(at, fx);
    const b1 = across(at + 16, fx);
    const b2 = across(at + 32, fx);
    const b3 = across(at + 48, fx);
    const d0 = f32x4.sub(multiplyAdd(fy, f32x4.sub(b0, a0), a0), v128.load(from));
    const d1 = f32x4.sub(multiplyAdd(fy, f32x4.sub(b1, a1), a1), v128.load(from, 16));
    const d2 = f32x4.sub(multiplyAdd(fy, f32x4.sub(b2, a2), a2), v128.load(from, 32));
    const d3 = f32x4.sub(multiplyAdd(fy, f32x4.sub(b3, a3), a3), v128.load(from, 48));
    sums = f32x4.add(sums, f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3)));
    bx = multiplyAdd(d0, v128.load(from, WINDOW), multiplyAdd(d1, v128.load(from, WINDOW + 16), bx));
    by = multiplyAdd(d0, v128.load(from, 2 * WINDOW), multiplyAdd(d1, v128.load(from, 2 * WINDOW + 16), by));
    bx = multiplyAdd(d2, v128.load(from, WINDOW + 32), multiplyAdd(d3, v128.load(from, WINDOW + 48), bx));
    by = multiplyAdd(d2, v128.load(from, 2 * WINDOW + 32), multiplyAdd(d3, v128.load(from, 2 * WINDOW + 48), by));
    a0 = b0;
    a1 = b1;
    a2 = b2;
    a3 = b3;
    from += 64;
  }
  const mean = laneSum(sums) / COUNT;
  slopeX = laneSum(bx) - mean * sumX;
  slopeY = laneSum(by) - mean * sumY;
}

/** Where a template has the Cholesky factor [6, 6] of its normal matrix, in float64, and all its bytes. */
const FACTOR: usize = 3 * WINDOW;
export const TEMPLATE_BYTES: usize = 3584;

/**
 * Takes the first appearance of points: for each f32 [point, 2] x, y of a picture a template, one behind the other at
 * `templates`.
 */
export function templateChunk(
  origin: usize, stride: i32, points: usize, templates: usize, count: i32, chunk: i32,
): void {
  block = scratchAddress();
  right = block + 2048;
  means = right + 64;
  const end = min(count, (chunk + 1) * POINTS);
  for (let p = chunk * POINTS; p < end; p++) {
    const point = points + (<usize>p << 3);
    values = templates + <usize>p * TEMPLATE_BYTES;
    normal = values + FACTOR;
    takeWindow(origin, <usize>stride << 2, load<f32>(point), load<f32>(point, 4));
    factorNormal();
  }
}

/**
 * Aligns points of a picture with their first appearance. `points` f32 [point, 7]: x, y and the map [a b; c d] from window to
 * picture, in and out; then the correlation of the two windows out, −2 where the point was lost. `templates`: f64 [point],
 * addresses.
 */
export function alignChunk(
  origin: usize, width: i32, height: i32, stride: i32, points: usize, templates: usize, count: i32, chunk: i32,
): void {
  right = scratchAddress();
  const warped = right + 128;
  const end = min(count, (chunk + 1) * POINTS);
  for (let p = chunk * POINTS; p < end; p++) {
    const point = points + <usize>p * ALIGN_BYTES;
    values = <usize>load<f64>(templates + (<usize>p << 3));
    normal = values + FACTOR;
    store<f32>(point, align(origin, <usize>stride << 2, <f32>width, <f32>height, point, warped), 24);
  }
}

// The factor of the template at hand; the right side, shift x, y, then the four entries of the map; means of the slopes.
let normal: usize = 0, right: usize = 0, means: usize = 0;

/** Refines the six floats at `warp` and returns the correlation of the windows, −2 where the window leaves the picture's border. */
function align(origin: usize, stride: usize, width: f32, height: f32, warp: usize, warped: usize): f32 {
  let x = load<f32>(warp);
  let y = load<f32>(warp, 4);
  let a = load<f32>(warp, 8);
  let b = load<f32>(warp, 12);
  let c = load<f32>(warp, 16);
  let d = load<f32>(warp, 20);
  let similarity: f32 = -2;
  for (let step = 0; step <= STEPS; step++) {
    if (!sampleWarped(origin, stride, width, height, x, y, a, b, c, d, warped)) return -2;
    similarity = compareWarped(warped);
    if (step == STEPS) break;
    solveNormal();
    const tx = <f32>load<f64>(right);
    const ty = <f32>load<f64>(right, 8);
    // The window's own map, inverted: d ↦ (I + E)⁻¹ (d − t).
    const e00: f32 = <f32>1 + <f32>load<f64>(right, 16);
    const e01 = <f32>load<f64>(right, 24);
    const e10 = <f32>load<f64>(right, 32);
    const e11: f32 = <f32>1 + <f32>load<f64>(right, 40);
    const determinant = e00 * e11 - e01 * e10;
    if (!(determinant > 0.25)) return -2;
    const inverse: f32 = <f32>1 / determinant;
    const na = (a * e11 - b * e10) * inverse;
    const nb = (b * e00 - a * e01) * inverse;
    const nc = (c * e11 - d * e10) * inverse;
    const nd = (d * e00 - c * e01) * inverse;
    a = na;
    b = nb;
    c = nc;
    d = nd;
    x -= a * tx + b * ty;
    y -= c * tx + d * ty;
    if (tx * tx + ty * ty < <f32>1e-5) break;
  }
  store<f32>(warp, x);
  store<f32>(warp, y, 4);
  store<f32>(warp, a, 8);
  store<f32>(warp, b, 12);
  store<f32>(warp, c, 16);
  store<f32>(warp, d, 20);
  return similarity;
}

/** Values of the picture under the window's map; false where one would lie more than a border outside. */
function sampleWarped(
  origin: usize, stride: usize, width: f32, height: f32, x: f32, y: f32, a: f32, b: f32, c: f32, d: f32, out: usize,
): bool {
  if (!(x >= 0 && y >= 0 && x <= width && y <= height)) return false;
  const low: f32 = -15;
  const highX: f32 = width + 13;
  const highY: f32 = height + 13;
  for (let r = 0; r < SIDE; r++) {
    const dy = <f32>r - MIDDLE;
    for (let k = 0; k < SIDE; k++) {
      const dx = <f32>k - MIDDLE;
      const px = max(low, min(highX, x + a * dx + b * dy - <f32>0.5));
      const py = max(low, min(highY, y + c * dx + d * dy - <f32>0.5));
      const j = Mathf.floor(px);
      const i = Mathf.floor(py);
      const fx = px - j;
      const fy = py - i;
      const at = origin + <usize>(<i32>i) * stride + (<usize>(<i32>j) << 2);
      const p = load<f32>(at);
      const q = load<f32>(at + stride);
      const above = p + fx * (load<f32>(at, 4) - p);
      const below = q + fx * (load<f32>(at + stride, 4) - q);
      store<f32>(out, above + fy * (below - above));
      out += 4;
    }
  }
  return true;
}

/** The six slopes of a sample of the window. */
// @ts-ignore: decorator
@inline
function slope(k: i32, gx: f32, gy: f32, dx: f32, dy: f32): f32 {
  return k == 0 ? gx : k == 1 ? gy : k == 2 ? gx * dx : k == 3 ? gx * dy : k == 4 ? gy * dx : gy * dy;
}

/** Cholesky factor of the normal matrix of the window at hand, its means taken out. */
function factorNormal(): void {
  memory.fill(normal, 0, 288);
  memory.fill(means, 0, 48);
  for (let r = 0; r < SIDE; r++) {
    for (let k = 0; k < SIDE; k++) {
      const at = values + (<usize>(r * SIDE + k) << 2);
      const gx = load<f32>(at, WINDOW);
      const gy = load<f32>(at, 2 * WINDOW);
      const dx = <f32>k - MIDDLE;
      const dy = <f32>r - MIDDLE;
      for (let m = 0; m < 6; m++) {
        const s = <f64>slope(m, gx, gy, dx, dy);
        store<f64>(means + (<usize>m << 3), load<f64>(means + (<usize>m << 3)) + s / 256);
        for (let n = 0; n <= m; n++) {
          const to = normal + (<usize>(6 * m + n) << 3);
          store<f64>(to, load<f64>(to) + s * <f64>slope(n, gx, gy, dx, dy));
        }
      }
    }
  }
  for (let m = 0; m < 6; m++) {
    for (let n = 0; n <= m; n++) {
      const to = normal + (<usize>(6 * m + n) << 3);
      let value = load<f64>(to) - 256 * load<f64>(means + (<usize>m << 3)) * load<f64>(means + (<usize>n << 3));
      // Shapes are held more than shifts: an entry of the map moves a sample by up to MIDDLE pixels.
      if (m == n) value += <f64>DAMPING * (m < 2 ? 1 : 64);
      for (let q = 0; q < n; q++) {
        value -= load<f64>(normal + (<usize>(6 * m + q) << 3)) * load<f64>(normal + (<usize>(6 * n + q) << 3));
      }
      store<f64>(to, m == n ? Math.sqrt(value) : value / load<f64>(normal + (<usize>(7 * n) << 3)));
    }
  }
}

/** Correlation of the windows; writes the right side: slopes times the difference, gain and means taken out. */
function compareWarped(warped: usize): f32 {
  let sw = f32x4.splat(0);
  let st = sw;
  let sww = sw;
  let swt = sw;
  let stt = sw;
  for (let o: usize = 0; o < WINDOW; o += 16) {
    const w = v128.load(warped + o);
    const t = v128.load(values + o);
    sw = f32x4.add(sw, w);
    st = f32x4.add(st, t);
    sww = multiplyAdd(w, w, sww);
    swt = multiplyAdd(w, t, swt);
    stt = multiplyAdd(t, t, stt);
  }
  const w = <f64>laneSum(sw) / 256;
  const t = <f64>laneSum(st) / 256;
  const ww = max(<f64>1e-3, <f64>laneSum(sww) / 256 - w * w);
  const tt = max(<f64>1e-3, <f64>laneSum(stt) / 256 - t * t);
  const wt = <f64>laneSum(swt) / 256 - w * t;
  const gain = <f32>Math.sqrt(tt / ww);
  let b0: f64 = 0;
  let b1: f64 = 0;
  let b2: f64 = 0;
  let b3: f64 = 0;
  let b4: f64 = 0;
  let b5: f64 = 0;
  for (let r = 0; r < SIDE; r++) {
    for (let k = 0; k < SIDE; k++) {
      const o = <usize>(r * SIDE + k) << 2;
      const difference = gain * (load<f32>(warped + o) - <f32>w) - (load<f32>(values + o) - <f32>t);
      const gx = <f64>(difference * load<f32>(values + o, WINDOW));
      const gy = <f64>(difference * load<f32>(values + o, 2 * WINDOW));
      const dx = <f64>k - <f64>MIDDLE;
      const dy = <f64>r - <f64>MIDDLE;
      b0 += gx;
      b1 += gy;
      b2 += gx * dx;
      b3 += gx * dy;
      b4 += gy * dx;
      b5 += gy * dy;
    }
  }
  store<f64>(right, b0);
  store<f64>(right, b1, 8);
  store<f64>(right, b2, 16);
  store<f64>(right, b3, 24);
  store<f64>(right, b4, 32);
  store<f64>(right, b5, 40);
  return <f32>(wt / Math.sqrt(ww * tt));
}

/** Solves in place by the Cholesky factor. */
function solveNormal(): void {
  for (let m = 0; m < 6; m++) {
    let value = load<f64>(right + (<usize>m << 3));
    for (let n = 0; n < m; n++) {
      value -= load<f64>(normal + (<usize>(6 * m + n) << 3)) * load<f64>(right + (<usize>n << 3));
    }
    store<f64>(right + (<usize>m << 3), value / load<f64>(normal + (<usize>(7 * m) << 3)));
  }
  for (let m = 5; m >= 0; m--) {
    let value = load<f64>(right + (<usize>m << 3));
    for (let n = m + 1; n < 6; n++) {
      value -= load<f64>(normal + (<usize>(6 * n + m) << 3)) * load<f64>(right + (<usize>n << 3));
    }
    store<f64>(right + (<usize>m << 3), value / load<f64>(normal + (<usize>(7 * m) << 3)));
  }
}
