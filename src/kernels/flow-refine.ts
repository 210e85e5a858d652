// Variational refinement of optical flow: linearise about a flow, renew the robust weights, relax by red-black sweeps.
// Rows of the planes are split: even columns, VECTOR zeros, odd columns, VECTOR zeros, so that all pixels of one colour in a
// row are neighbours in memory. Readable twin: ops/flow/flow-reference.ts. AssemblyScript.

import { acrossFour, bandEnd, flowAt, FlowJob } from './flow-levels';
import { scratchAddress } from './mode3-transforms';
import { multiplyAdd } from './slice-products';

const VECTOR: i32 = 4;
/** Planes: the flow; three residual rows (x, y, z); the system of each pixel; the edges to the right and down. */
const U: i32 = 0;
const V: i32 = 1;
const ROWS: i32 = 2;
const XY: i32 = 11;
const CX: i32 = 12;
const CY: i32 = 13;
const INVERSE_X: i32 = 14;
const INVERSE_Y: i32 = 15;
const RIGHT: i32 = 16;
const DOWN: i32 = 17;
export const FLOW_PLANES: i32 = 18;
const RESIDUAL_PLANES: i32 = 9;
/** Columns around a row of scratch memory. */
const MARGIN: i32 = 4;

// @ts-ignore: decorator
@inline
function planeAt(job: FlowJob, direction: i32, plane: i32): usize {
  return <usize>job.planes + <usize>job.planeBytes * <usize>(direction * FLOW_PLANES + plane);
}

/**
 * A band of rows: warps the second picture by the flow, takes slopes of the mean of both pictures, and writes the residual
 * rows and the flow as planes.
 */
export function flowLineariseChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const width = <i32>job.width;
  const height = <i32>job.height;
  const y0 = (chunk % bands) * <i32>job.band;
  const y1 = bandEnd(job, chunk % bands);
  const flowBytes = <usize>job.flowStride << 2;
  const splitBytes = <usize>job.splitStride << 2;
  const flowU = flowAt(job, direction, U);
  const flowV = flowAt(job, direction, V);
  // Scratch: the mean and the change of rows y0 - 2 to y1 + 1, then the nine values of one row in natural order.
  const rowBytes = <usize>((width + 7) & ~7) + <usize>(2 * MARGIN) << 2;
  const means = scratchAddress() + (<usize>MARGIN << 2);
  const changes = means + rowBytes * <usize>(y1 - y0 + 4);
  const natural = changes + rowBytes * <usize>(y1 - y0 + 4);
  for (let y = max(0, y0 - 2); y < min(height, y1 + 2); y++) {
    const row = rowBytes * <usize>(y - y0 + 2);
    warpRow(job, direction, y, flowU + flowBytes * <usize>y, flowV + flowBytes * <usize>y, means + row, changes + row);
  }
  // The picture's edge goes on outside.
  if (y0 == 0) {
    memory.copy(means - (<usize>MARGIN << 2), means - (<usize>MARGIN << 2) + 2 * rowBytes, rowBytes);
    memory.copy(means - (<usize>MARGIN << 2) + rowBytes, means - (<usize>MARGIN << 2) + 2 * rowBytes, rowBytes);
    memory.copy(changes - (<usize>MARGIN << 2) + rowBytes, changes - (<usize>MARGIN << 2) + 2 * rowBytes, rowBytes);
  }
  for (let y = height; y < y1 + 2; y++) {
    const to = rowBytes * <usize>(y - y0 + 2) - (<usize>MARGIN << 2);
    memory.copy(means + to, means + to - rowBytes, rowBytes);
    memory.copy(changes + to, changes + to - rowBytes, rowBytes);
  }
  for (let y = y0; y < y1; y++) {
    const row = rowBytes * <usize>(y - y0 + 2);
    const u = flowU + flowBytes * <usize>y;
    const v = flowV + flowBytes * <usize>y;
    residualRows(job, y, u, v, means + row, changes + row, rowBytes, natural);
    const split = splitBytes * <usize>y;
    splitRow(u, planeAt(job, direction, U) + split, width, splitBytes);
    splitRow(v, planeAt(job, direction, V) + split, width, splitBytes);
    for (let k = 0; k < RESIDUAL_PLANES; k++) {
      splitRow(natural + rowBytes * <usize>k, planeAt(job, direction, ROWS + k) + split, width, splitBytes);
    }
  }
}

/** mean = (a + warped b) / 2 and change = warped b - a along a row, with margins that repeat its ends. */
function warpRow(job: FlowJob, direction: i32, y: i32, us: usize, vs: usize, mean: usize, change: usize): void {
  const width = <i32>job.width;
  const stride = <usize>job.stride << 2;
  const a = <usize>(direction ? job.second : job.first) + <usize>y * stride;
  const b = <usize>(direction ? job.first : job.second);
  const low = f32x4.splat(-8);
  const highX = f32x4.splat(<f32>(width + 6));
  const highY = f32x4.splat(<f32>(<i32>job.height + 6));
  const row = f32x4.splat(<f32>y);
  const half = f32x4.splat(0.5);
  let column = f32x4(0, 1, 2, 3);
  for (let x = 0; x < width; x += 4) {
    const o = <usize>x << 2;
    const px = f32x4.max(low, f32x4.min(highX, f32x4.add(column, v128.load(us + o))));
    const py = f32x4.max(low, f32x4.min(highY, f32x4.add(row, v128.load(vs + o))));
    const jf = f32x4.floor(px);
    const i4 = f32x4.floor(py);
    const j = i32x4.trunc_sat_f32x4_s(jf);
    const i = i32x4.trunc_sat_f32x4_s(i4);
    const fx = f32x4.sub(px, jf);
    const fy = f32x4.sub(py, i4);
    const p0 = b + <usize>i32x4.extract_lane(i, 0) * stride + (<usize>i32x4.extract_lane(j, 0) << 2);
    const p1 = b + <usize>i32x4.extract_lane(i, 1) * stride + (<usize>i32x4.extract_lane(j, 1) << 2);
    const p2 = b + <usize>i32x4.extract_lane(i, 2) * stride + (<usize>i32x4.extract_lane(j, 2) << 2);
    const p3 = b + <usize>i32x4.extract_lane(i, 3) * stride + (<usize>i32x4.extract_lane(j, 3) << 2);
    const above = acrossFour(p0, p1, p2, p3, fx);
    const below = acrossFour(p0 + stride, p1 + stride, p2 + stride, p3 + stride, fx);
    const warped = multiplyAdd(fy, f32x4.sub(below, above), above);
    const own = v128.load(a + o);
    v128.store(mean + o, f32x4.mul(half, f32x4.add(warped, own)));
    v128.store(change + o, f32x4.sub(warped, own));
    column = f32x4.add(column, f32x4.splat(4));
  }
  const last = <usize>(width - 1) << 2;
  for (let k: usize = 1; k <= 2; k++) {
    store<f32>(mean - (k << 2), load<f32>(mean));
    store<f32>(change - (k << 2), load<f32>(change));
    store<f32>(mean + last + (k << 2), load<f32>(mean + last));
    store<f32>(change + last + (k << 2), load<f32>(change + last));
  }
}

/** The nine values of the residual rows along a row, zero where the flow leaves the picture. */
function residualRows(
  job: FlowJob, y: i32, us: usize, vs: usize, mean: usize, change: usize, rowBytes: usize, out: usize,
): void {
  const width = <i32>job.width;
  const half = f32x4.splat(0.5);
  const quarter = f32x4.splat(0.25);
  const floor = f32x4.splat(<f32>job.slopeFloor);
  const low = f32x4.splat(-0.5);
  const highX = f32x4.splat(<f32>width - <f32>0.5);
  const highY = f32x4.splat(<f32>job.height - <f32>0.5);
  const row = f32x4.splat(<f32>y);
  let column = f32x4(0, 1, 2, 3);
  for (let x = 0; x < width; x += 4) {
    const o = <usize>x << 2;
    const u = v128.load(us + o);
    const v = v128.load(vs + o);
    const px = f32x4.add(column, u);
    const py = f32x4.add(row, v);
    const inside = v128.and(
      v128.and(f32x4.ge(px, low), f32x4.ge(py, low)),
      v128.and(f32x4.le(px, highX), f32x4.le(py, highY)),
    );
    const m = mean + o;
    const up = m - rowBytes;
    const down = m + rowBytes;
    const centre = f32x4.add(v128.load(m), v128.load(m));
    const x0 = f32x4.mul(half, f32x4.sub(v128.load(m + 4), v128.load(m - 4)));
    const y0 = f32x4.mul(half, f32x4.sub(v128.load(down), v128.load(up)));
    const xx = f32x4.mul(quarter, f32x4.sub(f32x4.add(v128.load(m + 8), v128.load(m - 8)), centre));
    const yy = f32x4.mul(
      quarter,
      f32x4.sub(f32x4.add(v128.load(down + rowBytes), v128.load(up - rowBytes)), centre),
    );
    const xy = f32x4.mul(
      quarter,
      f32x4.add(f32x4.sub(v128.load(down + 4), v128.load(down - 4)), f32x4.sub(v128.load(up - 4), v128.load(up + 4))),
    );
    const c = change + o;
    const z0 = v128.load(c);
    const z1 = f32x4.mul(half, f32x4.sub(v128.load(c + 4), v128.load(c - 4)));
    const z2 = f32x4.mul(half, f32x4.sub(v128.load(c + rowBytes), v128.load(c - rowBytes)));
    storeRow(out + o, rowBytes, x0, y0, z0, u, v, floor, inside);
    storeRow(out + o + 3 * rowBytes, rowBytes, xx, xy, z1, u, v, floor, inside);
    storeRow(out + o + 6 * rowBytes, rowBytes, xy, yy, z2, u, v, floor, inside);
    column = f32x4.add(column, f32x4.splat(4));
  }
}

// @ts-ignore: decorator
@inline
function storeRow(
  to: usize, rowBytes: usize, x: v128, y: v128, z: v128, u: v128, v: v128, floor: v128, inside: v128,
): void {
  const squares = multiplyAdd(x, x, multiplyAdd(y, y, floor));
  const share = v128.and(inside, f32x4.div(f32x4.splat(1), f32x4.sqrt(squares)));
  v128.store(to, f32x4.mul(share, x));
  v128.store(to + rowBytes, f32x4.mul(share, y));
  v128.store(to + 2 * rowBytes, f32x4.mul(share, f32x4.sub(z, multiplyAdd(x, u, f32x4.mul(y, v)))));
}

/** Splits a row into its even and odd columns; what is behind its end becomes zero. */
function splitRow(from: usize, to: usize, width: i32, splitBytes: usize): void {
  const odd = to + (splitBytes >> 1);
  const limit = i32x4.splat(width);
  let columns = i32x4(0, 2, 4, 6);
  for (let x = 0; x < width; x += 8) {
    const a = v128.load(from + (<usize>x << 2));
    const b = v128.load(from + (<usize>x << 2), 16);
    const o = <usize>x << 1;
    const even = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
    const other = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
    v128.store(to + o, v128.and(even, i32x4.lt_s(columns, limit)));
    v128.store(odd + o, v128.and(other, i32x4.lt_s(i32x4.add(columns, i32x4.splat(1)), limit)));
    columns = i32x4.add(columns, i32x4.splat(8));
  }
}

/** A band of rows: the weights of the edges, then the 2 x 2 system of each pixel, both about the flow as it is. */
export function flowWeightsChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const height = <i32>job.height;
  const y0 = (chunk % bands) * <i32>job.band;
  const y1 = bandEnd(job, chunk % bands);
  const rowBytes = <usize>job.splitStride << 2;
  const right = planeAt(job, direction, RIGHT);
  const down = planeAt(job, direction, DOWN);
  const above = scratchAddress();
  const unused = above + rowBytes;
  if (y0 > 0) edgeRow(job, direction, y0 - 1, unused, above);
  else memory.fill(above, 0, rowBytes);
  for (let y = y0; y < y1; y++) {
    const row = rowBytes * <usize>y;
    edgeRow(job, direction, y, right + row, down + row);
    systemRow(job, direction, y, y == y0 ? above : down + row - rowBytes);
  }
}

/** smoothness / √(|∇u|² + |∇v|² + ε²) by forward differences, on the edges that exist. */
function edgeRow(job: FlowJob, direction: i32, y: i32, right: usize, down: usize): void {
  const width = <i32>job.width;
  const rowBytes = <usize>job.splitStride << 2;
  const half = rowBytes >> 1;
  const u = planeAt(job, direction, U) + rowBytes * <usize>y;
  const v = planeAt(job, direction, V) + rowBytes * <usize>y;
  const last = y + 1 == <i32>job.height;
  const step: usize = last ? 0 : rowBytes;
  const smoothness = f32x4.splat(<f32>job.smoothness);
  const floor = f32x4.splat(<f32>job.robustFloor);
  const limit = i32x4.splat(width - 1);
  for (let parity = 0; parity < 2; parity++) {
    const own: usize = parity ? half : 0;
    const next: usize = parity ? 4 : half;
    let columns = parity ? i32x4(1, 3, 5, 7) : i32x4(0, 2, 4, 6);
    for (let x = parity; x < width; x += 8) {
      const o = <usize>(x >> 1) << 2;
      const exists = i32x4.lt_s(columns, limit);
      const u0 = v128.load(u + own + o);
      const v0 = v128.load(v + own + o);
      const ux = v128.and(exists, f32x4.sub(v128.load(u + next + o), u0));
      const vx = v128.and(exists, f32x4.sub(v128.load(v + next + o), v0));
      const uy = f32x4.sub(v128.load(u + step + own + o), u0);
      const vy = f32x4.sub(v128.load(v + step + own + o), v0);
      const squares = multiplyAdd(ux, ux, multiplyAdd(vx, vx, multiplyAdd(uy, uy, multiplyAdd(vy, vy, floor))));
      const weight = f32x4.div(smoothness, f32x4.sqrt(squares));
      v128.store(right + own + o, v128.and(exists, weight));
      v128.store(down + own + o, last ? f32x4.splat(0) : weight);
      columns = i32x4.add(columns, i32x4.splat(8));
    }
  }
}

function systemRow(job: FlowJob, direction: i32, y: i32, above: usize): void {
  const width = <i32>job.width;
  const rowBytes = <usize>job.splitStride << 2;
  const half = rowBytes >> 1;
  const bytes = <usize>job.planeBytes;
  const row = planeAt(job, direction, 0) + rowBytes * <usize>y;
  const brightness = f32x4.splat(<f32>job.brightness);
  const gradient = f32x4.splat(<f32>job.gradient);
  const floor = f32x4.splat(<f32>job.robustFloor);
  const relaxation = f32x4.splat(<f32>job.relaxation);
  const little = f32x4.splat(1e-6);
  const one = f32x4.splat(1);
  for (let parity = 0; parity < 2; parity++) {
    const own: usize = parity ? half : 0;
    // The pixel to the left of odd column 2 k + 1 is even k, that of even 2 k is odd k - 1.
    const before: usize = parity ? 0 : half - 4;
    for (let x = parity; x < width; x += 8) {
      const o = own + (<usize>(x >> 1) << 2);
      const p = row + o;
      const u = v128.load(p);
      const v = v128.load(p + bytes);
      const x0 = v128.load(p + 2 * bytes);
      const y0 = v128.load(p + 3 * bytes);
      const z0 = v128.load(p + 4 * bytes);
      const x1 = v128.load(p + 5 * bytes);
      const y1 = v128.load(p + 6 * bytes);
      const z1 = v128.load(p + 7 * bytes);
      const x2 = v128.load(p + 8 * bytes);
      const y2 = v128.load(p + 9 * bytes);
      const z2 = v128.load(p + 10 * bytes);
      const r0 = multiplyAdd(x0, u, multiplyAdd(y0, v, z0));
      const r1 = multiplyAdd(x1, u, multiplyAdd(y1, v, z1));
      const r2 = multiplyAdd(x2, u, multiplyAdd(y2, v, z2));
      const brightRoot = f32x4.sqrt(multiplyAdd(r0, r0, floor));
      const slopedRoot = f32x4.sqrt(multiplyAdd(r1, r1, multiplyAdd(r2, r2, floor)));
      // One division for both quotients.
      const roots = f32x4.div(one, f32x4.mul(brightRoot, slopedRoot));
      const bright = f32x4.mul(f32x4.mul(brightness, slopedRoot), roots);
      const sloped = f32x4.mul(f32x4.mul(gradient, brightRoot), roots);
      const bx = f32x4.mul(bright, x0);
      const by = f32x4.mul(bright, y0);
      const xx = multiplyAdd(bx, x0, f32x4.mul(sloped, multiplyAdd(x1, x1, f32x4.mul(x2, x2))));
      const xy = multiplyAdd(bx, y0, f32x4.mul(sloped, multiplyAdd(x1, y1, f32x4.mul(x2, y2))));
      const yy = multiplyAdd(by, y0, f32x4.mul(sloped, multiplyAdd(y1, y1, f32x4.mul(y2, y2))));
      const cx = multiplyAdd(bx, z0, f32x4.mul(sloped, multiplyAdd(x1, z1, f32x4.mul(x2, z2))));
      const cy = multiplyAdd(by, z0, f32x4.mul(sloped, multiplyAdd(y1, z1, f32x4.mul(y2, z2))));
      const rights = row + bytes * <usize>RIGHT;
      const edges = f32x4.add(
        f32x4.add(v128.load(rights + o), v128.load(rights + before + o - own)),
        f32x4.add(v128.load(p + bytes * <usize>DOWN), f32x4.add(v128.load(above + o), little)),
      );
      v128.store(p + bytes * <usize>XY, xy);
      v128.store(p + bytes * <usize>CX, cx);
      v128.store(p + bytes * <usize>CY, cy);
      const dx = f32x4.add(xx, edges);
      const dy = f32x4.add(yy, edges);
      const both = f32x4.div(relaxation, f32x4.mul(dx, dy));
      v128.store(p + bytes * <usize>INVERSE_X, f32x4.mul(dy, both));
      v128.store(p + bytes * <usize>INVERSE_Y, f32x4.mul(dx, both));
    }
  }
}

/**
 * Half-sweeps 0 to `halves` − 1 over a band; half-sweep k takes the pixels whose row + column has the parity of k. A row needs its
 * neighbours as the half-sweep before left them, so that a band can do less with each half-sweep: rows k away from the next band.
 * flowRelaxSeamChunk does the rest. Together they are whole sweeps, with the rows in the cache.
 */
export function flowRelaxChunk(jobAt: usize, halves: i32, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const band = chunk % bands;
  const y0 = band * <i32>job.band;
  const y1 = bandEnd(job, band);
  for (let k = 0; k < halves; k++) {
    relaxRows(job, direction, k & 1, band == 0 ? y0 : y0 + k, band == bands - 1 ? y1 : y1 - k);
  }
}

/** What the bands left out about the seam below each but the last: `bands` − 1 chunks for each direction. */
export function flowRelaxSeamChunk(jobAt: usize, halves: i32, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const seams = <i32>job.bands - 1;
  const seam = bandEnd(job, chunk % seams);
  for (let k = 1; k < halves; k++) relaxRows(job, chunk / seams, k & 1, seam - k, seam + k);
}

/** The pixels of one colour in rows y0 to y1 - 1, over-relaxed. */
function relaxRows(job: FlowJob, direction: i32, colour: i32, y0: i32, y1: i32): void {
  const width = <i32>job.width;
  const rowBytes = <usize>job.splitStride << 2;
  const half = rowBytes >> 1;
  const bytes = <usize>job.planeBytes;
  const keep = f32x4.splat(1 - <f32>job.relaxation);
  for (let y = y0; y < y1; y++) {
    const parity = (y + colour) & 1;
    const own: usize = parity ? half : 0;
    const left: usize = parity ? 0 : half - 4;
    const next: usize = parity ? 4 : half;
    const row = planeAt(job, direction, 0) + rowBytes * <usize>y;
    for (let x = parity; x < width; x += 8) {
      const o = <usize>(x >> 1) << 2;
      const p = row + own + o;
      const q = row + left + o;
      const r = row + next + o;
      const wl = v128.load(q + bytes * <usize>RIGHT);
      const wr = v128.load(p + bytes * <usize>RIGHT);
      const wu = v128.load(p + bytes * <usize>DOWN - rowBytes);
      const wd = v128.load(p + bytes * <usize>DOWN);
      const us = multiplyAdd(
        wl, v128.load(q),
        multiplyAdd(wr, v128.load(r), multiplyAdd(wu, v128.load(p - rowBytes), f32x4.mul(wd, v128.load(p + rowBytes)))),
      );
      const vs = multiplyAdd(
        wl, v128.load(q + bytes),
        multiplyAdd(
          wr, v128.load(r + bytes),
          multiplyAdd(wu, v128.load(p + bytes - rowBytes), f32x4.mul(wd, v128.load(p + bytes + rowBytes))),
        ),
      );
      const xy = v128.load(p + bytes * <usize>XY);
      const u = v128.load(p);
      const v = v128.load(p + bytes);
      const forceX = f32x4.sub(us, multiplyAdd(xy, v, v128.load(p + bytes * <usize>CX)));
      const newU = multiplyAdd(v128.load(p + bytes * <usize>INVERSE_X), forceX, f32x4.mul(keep, u));
      const forceY = f32x4.sub(vs, multiplyAdd(xy, newU, v128.load(p + bytes * <usize>CY)));
      const newV = multiplyAdd(v128.load(p + bytes * <usize>INVERSE_Y), forceY, f32x4.mul(keep, v));
      v128.store(p, newU);
      v128.store(p + bytes, newV);
    }
  }
}

/** A band of rows of the refined flow, back in natural order. */
export function flowMergeChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<FlowJob>(jobAt);
  const bands = <i32>job.bands;
  const direction = chunk / bands;
  const y0 = (chunk % bands) * <i32>job.band;
  const y1 = bandEnd(job, chunk % bands);
  const splitBytes = <usize>job.splitStride << 2;
  const flowStride = <i32>job.flowStride;
  for (let c = 0; c < 2; c++) {
    for (let y = y0; y < y1; y++) {
      const from = planeAt(job, direction, c) + splitBytes * <usize>y;
      const to = flowAt(job, direction, c) + (<usize>(y * flowStride) << 2);
      for (let x = 0; x < flowStride; x += 8) {
        const even = v128.load(from + (<usize>x << 1));
        const odd = v128.load(from + (splitBytes >> 1) + (<usize>x << 1));
        v128.store(to + (<usize>x << 2), v128.shuffle<f32>(even, odd, 0, 4, 1, 5));
        v128.store(to + (<usize>x << 2), v128.shuffle<f32>(even, odd, 2, 6, 3, 7), 16);
      }
    }
  }
}
