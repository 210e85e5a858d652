// Dense inverse search of optical flow (Kroeger et al. 2016): each patch of 8 x 8 follows its grey levels, without their
// mean, by Gauss–Newton steps whose matrix is that of the first picture; then the patches over a pixel are averaged.
// Readable twin: ops/flow/flow-reference.ts. AssemblyScript.

import { across, bandEnd, flowAt, FlowJob, laneSum } from './flow-levels';
import { scratchAddress } from './mode3-transforms';
import { multiplyAdd } from './slice-products';

const SIDE: i32 = 8;
const COUNT: f32 = 64;
/** Bytes of a patch's values, and of each of its slopes. */
const PATCH_BYTES: usize = 256;
/** On the coarsest level all whole displacements up to here are tried; a far one must be better by FAR for each pixel. */
const REACH: i32 = 6;
const FAR: f32 = 0.15;

// What the last comparison found.
let cost: f32 = 0, slopeX: f32 = 0, slopeY: f32 = 0;
// Of the patch at hand.
let values: usize = 0;
let patchX: f32 = 0, patchY: f32 = 0, maxX: f32 = 0, maxY: f32 = 0;
let sumX: f32 = 0, sumY: f32 = 0, xx: f32 = 0, xy: f32 = 0, yy: f32 = 0;
// The picture that is searched.
let target: usize = 0, targetStride: usize = 0;
// The best guess so far.
let bestCost: f32 = 0, bestX: f32 = 0, bestY: f32 = 0, bestU: f32 = 0, bestV: f32 = 0;

/** One row of patches, from left to right. */
export function flowSearchChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const columns = <i32>job.patchColumns;
  const rows = <i32>job.patchRows;
  const direction = chunk / rows;
  const row = chunk % rows;
  const width = <i32>job.width;
  const height = <i32>job.height;
  const stride = <usize>job.stride << 2;
  const a = <usize>(direction ? job.second : job.first);
  const b = <usize>(direction ? job.first : job.second);
  const foundU = <usize>job.patches + (<usize>((2 * direction * rows + row) * columns) << 2);
  const foundV = foundU + (<usize>(rows * columns) << 2);
  const coarsePlane = <usize>(<i32>job.coarseHeight * <i32>job.coarseStride) << 2;
  const coarseU = <usize>job.coarse + coarsePlane * <usize>(2 * direction);
  const patchStride = <i32>job.patchStride;
  const steps = <i32>job.searchSteps;
  const y = min(row * patchStride, height - SIDE);
  maxX = <f32>(width - 1);
  maxY = <f32>(height - 1);
  values = scratchAddress();
  target = b;
  targetStride = stride;
  patchY = <f32>y;
  for (let column = 0; column < columns; column++) {
    const x = min(column * patchStride, width - SIDE);
    patchX = <f32>x;
    takePatch(a + <usize>y * stride + (<usize>x << 2), stride, <f32>job.damping);
    let u: f32 = 0;
    let v: f32 = 0;
    if (<usize>job.coarse != 0) {
      u = 2 * sampleFlow(job, coarseU, <f32>(x + SIDE / 2) * <f32>0.5, <f32>(y + SIDE / 2) * <f32>0.5);
      v = 2 * sampleFlow(job, coarseU + coarsePlane, <f32>(x + SIDE / 2) * <f32>0.5, <f32>(y + SIDE / 2) * <f32>0.5);
    }
    bestCost = Infinity;
    bestX = 0;
    bestY = 0;
    bestU = u;
    bestV = v;
    guess(u, v, 0);
    if (<usize>job.coarse == 0) {
      for (let dv = -REACH; dv <= REACH; dv++) {
        for (let du = -REACH; du <= REACH; du++) guess(<f32>du, <f32>dv, FAR * sqrt<f32>(<f32>(du * du + dv * dv)));
      }
    } else {
      for (let k = 0; k < 4; k++) {
        const beside = <f32>(x + SIDE / 2 + (k == 0 ? -SIDE : k == 1 ? SIDE : 0)) * <f32>0.5;
        const along = <f32>(y + SIDE / 2 + (k == 2 ? -SIDE : k == 3 ? SIDE : 0)) * <f32>0.5;
        guess(2 * sampleFlow(job, coarseU, beside, along), 2 * sampleFlow(job, coarseU + coarsePlane, beside, along), 0);
      }
    }
    if (column > 0) {
      const left = <usize>(column - 1) << 2;
      guess(load<f32>(foundU + left), load<f32>(foundV + left), 0);
    }
    u = bestU;
    v = bestV;
    let best = bestCost;
    let bx = bestX;
    let by = bestY;
    const startU = u;
    const startV = v;
    const inverse: f32 = <f32>1 / (xx * yy - xy * xy);
    for (let step = 0; step < steps; step++) {
      const du = (yy * bx - xy * by) * inverse;
      const dv = (xx * by - xy * bx) * inverse;
      compare(patchX + u - du, patchY + v - dv);
      if (!(cost < best)) break;
      best = cost;
      bx = slopeX;
      by = slopeY;
      u -= du;
      v -= dv;
      if (du * du + dv * dv < <f32>1e-4) break;
    }
    const awayU = u - startU;
    const awayV = v - startV;
    const ran = awayU * awayU + awayV * awayV > <f32>(SIDE * SIDE);
    store<f32>(foundU + (<usize>column << 2), ran ? startU : u);
    store<f32>(foundV + (<usize>column << 2), ran ? startV : v);
  }
}

/** Takes (u, v) for the start of the search if it compares better by more than the share `handicap`. */
function guess(u: f32, v: f32, handicap: f32): void {
  compare(patchX + u, patchY + v);
  if (!(cost * (1 + handicap) < bestCost)) return;
  bestCost = cost;
  bestX = slopeX;
  bestY = slopeY;
  bestU = u;
  bestV = v;
}

/** Copies the patch and its slopes, and sums its normal matrix. */
function takePatch(from: usize, stride: usize, damping: f32): void {
  let sx = f32x4.splat(0);
  let sy = sx;
  let sxx = sx;
  let sxy = sx;
  let syy = sx;
  const half = f32x4.splat(0.5);
  let to = values;
  for (let r = 0; r < SIDE; r++) {
    for (let o: usize = 0; o < 32; o += 16) {
      const at = from + o;
      const gx = f32x4.mul(half, f32x4.sub(v128.load(at + 4), v128.load(at - 4)));
      const gy = f32x4.mul(half, f32x4.sub(v128.load(at + stride), v128.load(at - stride)));
      v128.store(to, v128.load(at));
      v128.store(to + PATCH_BYTES, gx);
      v128.store(to + 2 * PATCH_BYTES, gy);
      to += 16;
      sx = f32x4.add(sx, gx);
      sy = f32x4.add(sy, gy);
      sxx = multiplyAdd(gx, gx, sxx);
      sxy = multiplyAdd(gx, gy, sxy);
      syy = multiplyAdd(gy, gy, syy);
    }
    from += stride;
  }
  sumX = laneSum(sx);
  sumY = laneSum(sy);
  xx = laneSum(sxx) - (sumX * sumX) / COUNT + damping;
  xy = laneSum(sxy) - (sumX * sumY) / COUNT;
  yy = laneSum(syy) - (sumY * sumY) / COUNT + damping;
}

/** Sum of squares without the mean, and its slopes, of the patch with its first pixel at (px, py) of the other picture. */
function compare(px: f32, py: f32): void {
  if (!(px > <f32>-SIDE && py > <f32>-SIDE && px < maxX && py < maxY)) {
    cost = Infinity;
    return;
  }
  const j = Mathf.floor(px);
  const i = Mathf.floor(py);
  const fx = f32x4.splat(px - j);
  const fy = f32x4.splat(py - i);
  let at = target + <usize>(<i32>i) * targetStride + (<usize>(<i32>j) << 2);
  let from = values;
  let sums = f32x4.splat(0);
  let squares = sums;
  let bx = sums;
  let by = sums;
  let above0 = across(at, fx);
  let above1 = across(at + 16, fx);
  for (let r = 0; r < SIDE; r++) {
    at += targetStride;
    const below0 = across(at, fx);
    const below1 = across(at + 16, fx);
    const d0 = f32x4.sub(multiplyAdd(fy, f32x4.sub(below0, above0), above0), v128.load(from));
    const d1 = f32x4.sub(multiplyAdd(fy, f32x4.sub(below1, above1), above1), v128.load(from, 16));
    sums = f32x4.add(sums, f32x4.add(d0, d1));
    squares = multiplyAdd(d0, d0, multiplyAdd(d1, d1, squares));
    bx = multiplyAdd(d0, v128.load(from, 256), multiplyAdd(d1, v128.load(from, 272), bx));
    by = multiplyAdd(d0, v128.load(from, 512), multiplyAdd(d1, v128.load(from, 528), by));
    above0 = below0;
    above1 = below1;
    from += 32;
  }
  const total = laneSum(sums);
  cost = laneSum(squares) - (total * total) / COUNT;
  slopeX = laneSum(bx) - (total * sumX) / COUNT;
  slopeY = laneSum(by) - (total * sumY) / COUNT;
}

/** Bilinear in a plane of the coarser flow at (x, y), pixel centres at .5. */
function sampleFlow(job: FlowJob, plane: usize, x: f32, y: f32): f32 {
  const w = <i32>job.coarseWidth;
  const h = <i32>job.coarseHeight;
  const stride = <i32>job.coarseStride;
  const sx = x - <f32>0.5;
  const sy = y - <f32>0.5;
  const j = <i32>Mathf.floor(sx);
  const i = <i32>Mathf.floor(sy);
  const fx = sx - <f32>j;
  const fy = sy - <f32>i;
  const j0 = max(0, min(w - 1, j));
  const j1 = max(0, min(w - 1, j + 1));
  const top = max(0, min(h - 1, i)) * stride;
  const bottom = max(0, min(h - 1, i + 1)) * stride;
  const p = load<f32>(plane + (<usize>(top + j0) << 2));
  const q = load<f32>(plane + (<usize>(bottom + j0) << 2));
  const above = p + fx * (load<f32>(plane + (<usize>(top + j1) << 2)) - p);
  const below = q + fx * (load<f32>(plane + (<usize>(bottom + j1) << 2)) - q);
  return above + fy * (below - above);
}

/** A band of rows of the flow: the mean of the patches over each pixel, weighted by 1 / max(1, |difference|). */
export function flowDenseChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const width = <i32>job.width;
  const height = <i32>job.height;
  const stride = <usize>job.stride << 2;
  const a = <usize>(direction ? job.second : job.first);
  const b = <usize>(direction ? job.first : job.second);
  const columns = <i32>job.patchColumns;
  const rows = <i32>job.patchRows;
  const patchStride = <i32>job.patchStride;
  const foundU = <usize>job.patches + (<usize>(2 * direction * rows * columns) << 2);
  const foundV = foundU + (<usize>(rows * columns) << 2);
  const y0 = (chunk % bands) * <i32>job.band;
  const y1 = bandEnd(job, chunk % bands);
  const rowBytes = <usize>job.flowStride << 2;
  const planeBytes = rowBytes * <usize>(y1 - y0);
  const weights = scratchAddress();
  memory.fill(weights, 0, 3 * planeBytes);
  const one = f32x4.splat(1);
  for (let row = max(0, (y0 - SIDE) / patchStride); row < rows; row++) {
    const y = min(row * patchStride, height - SIDE);
    if (y >= y1) break;
    const r0 = max(0, y0 - y);
    const r1 = min(SIDE, y1 - y);
    if (r0 >= r1) continue;
    for (let column = 0; column < columns; column++) {
      const x = min(column * patchStride, width - SIDE);
      const at = <usize>(row * columns + column) << 2;
      const u = load<f32>(foundU + at);
      const v = load<f32>(foundV + at);
      // Farther out the border only repeats itself.
      const px = max(<f32>-12, min(<f32>(width + 4), <f32>x + u));
      const py = max(<f32>-12, min(<f32>(height + 4), <f32>y + v));
      const j = Mathf.floor(px);
      const i = Mathf.floor(py);
      const fx = f32x4.splat(px - j);
      const fy = f32x4.splat(py - i);
      const us = f32x4.splat(u);
      const vs = f32x4.splat(v);
      let from = b + <usize>(<i32>i + r0) * stride + (<usize>(<i32>j) << 2);
      let here = a + <usize>(y + r0) * stride + (<usize>x << 2);
      let to = weights + <usize>(y + r0 - y0) * rowBytes + (<usize>x << 2);
      let above0 = across(from, fx);
      let above1 = across(from + 16, fx);
      for (let r = r0; r < r1; r++) {
        from += stride;
        const below0 = across(from, fx);
        const below1 = across(from + 16, fx);
        const d0 = f32x4.sub(multiplyAdd(fy, f32x4.sub(below0, above0), above0), v128.load(here));
        const d1 = f32x4.sub(multiplyAdd(fy, f32x4.sub(below1, above1), above1), v128.load(here, 16));
        addWeighted(to, planeBytes, f32x4.div(one, f32x4.max(one, f32x4.abs(d0))), us, vs);
        addWeighted(to + 16, planeBytes, f32x4.div(one, f32x4.max(one, f32x4.abs(d1))), us, vs);
        above0 = below0;
        above1 = below1;
        here += stride;
        to += rowBytes;
      }
    }
  }
  const tiny = f32x4.splat(1e-30);
  for (let c = 0; c < 2; c++) {
    const sums = weights + planeBytes * <usize>(c + 1);
    const out = flowAt(job, direction, c) + <usize>y0 * rowBytes;
    for (let o: usize = 0; o < planeBytes; o += 16) {
      v128.store(out + o, f32x4.div(v128.load(sums + o), f32x4.max(tiny, v128.load(weights + o))));
    }
  }
}

// @ts-ignore: decorator
@inline
function addWeighted(to: usize, planeBytes: usize, weight: v128, u: v128, v: v128): void {
  v128.store(to, f32x4.add(v128.load(to), weight));
  v128.store(to + planeBytes, multiplyAdd(weight, u, v128.load(to + planeBytes)));
  v128.store(to + 2 * planeBytes, multiplyAdd(weight, v, v128.load(to + 2 * planeBytes)));
}
