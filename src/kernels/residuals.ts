// Masked residual, its losses, and the gradient of the Huber-smoothed total variation, row by row over planes
// [k][rows][columns]. Losses are summed per row in float64 and added up in row order by the caller, so their bits do not
// depend on threads. AssemblyScript.

import { scratchAddress } from './mode3-transforms';

/** Mask bytes. */
export const TRAINING: u8 = 1;
export const VALIDATION: u8 = 2;
/** Doubles per row of the loss table: training, validation, smoothness. */
export const ROW_LOSSES: i32 = 3;

/**
 * z = P_training(x - y) for one row of every plane; writes the half sums of squares over training and validation
 * entries to losses[row]. y is never read into the result where the mask is 0 (it may hold NaN there).
 */
export function residualRow(
  x: usize, y: usize, mask: usize, z: usize, rows: i32, columns: i32, k: i32, row: i32, losses: usize,
): void {
  let training: f64 = 0;
  let validation: f64 = 0;
  const one = i32x4.splat(1);
  const two = i32x4.splat(2);
  for (let t = 0; t < k; t++) {
    const base = (t * rows + row) * columns;
    const xs = x + (<usize>base << 2);
    const ys = y + (<usize>base << 2);
    const zs = z + (<usize>base << 2);
    const ms = mask + <usize>base;
    let sumT = f64x2.splat(0);
    let sumV = f64x2.splat(0);
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const o = <usize>j << 2;
      const bytes = v128.load32_zero(ms + <usize>j);
      const m = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
      const difference = f32x4.sub(v128.load(xs + o), v128.load(ys + o));
      const dt = v128.and(difference, i32x4.eq(m, one));
      const dv = v128.and(difference, i32x4.eq(m, two));
      v128.store(zs + o, dt);
      const qt = f32x4.mul(dt, dt);
      const qv = f32x4.mul(dv, dv);
      sumT = f64x2.add(sumT, f64x2.add(f64x2.promote_low_f32x4(qt), f64x2.promote_low_f32x4(high(qt))));
      sumV = f64x2.add(sumV, f64x2.add(f64x2.promote_low_f32x4(qv), f64x2.promote_low_f32x4(high(qv))));
    }
    training += f64x2.extract_lane(sumT, 0) + f64x2.extract_lane(sumT, 1);
    validation += f64x2.extract_lane(sumV, 0) + f64x2.extract_lane(sumV, 1);
    for (; j < columns; j++) {
      const o = <usize>j << 2;
      const m = load<u8>(ms + <usize>j);
      let d: f32 = 0;
      if (m != 0) {
        d = load<f32>(xs + o) - load<f32>(ys + o);
        if (m == TRAINING) training += <f64>(d * d);
        else {
          validation += <f64>(d * d);
          d = 0;
        }
      }
      store<f32>(zs + o, d);
    }
  }
  const out = losses + <usize>(row * ROW_LOSSES) * 8;
  store<f64>(out, 0.5 * training);
  store<f64>(out, 0.5 * validation, 8);
}

// @ts-ignore: decorator
@inline
function high(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 2, 3);
}

/**
 * Adds weight * d/dx sum huber_epsilon(|grad x|) to z for rows [row0, row1), and writes the unweighted sum of row i
 * (the terms anchored there) to losses. Forward differences, zero across the border; `directions` is 2 (rows, columns)
 * or 3 (also along the tubes). huber_epsilon(g) = g^2 / (2 epsilon) for g <= epsilon, g - epsilon / 2 above. With
 * `joint`, |grad x| is taken over all planes of a position together (vectorial total variation), else plane by plane.
 */
export function smoothnessRows(
  x: usize, z: usize, rows: i32, columns: i32, k: i32, directions: i32, joint: i32, weight: f32, epsilon: f32,
  row0: i32, row1: i32, losses: usize,
): void {
  // Scratch rows: flux down [k][columns] of the row above; then down, right, tube, previous tube flux, bound [columns].
  const rowBytes = <usize>columns << 2;
  const above = scratchAddress();
  const down = above + <usize>k * rowBytes;
  const right = down + rowBytes;
  const along = right + rowBytes;
  const before = along + rowBytes;
  const bound = before + rowBytes;
  const planeBytes = <usize>rows * rowBytes;
  for (let row = row0 - 1; row < row1; row++) {
    if (row < 0) {
      memory.fill(above, 0, <usize>k * rowBytes);
      continue;
    }
    const own = row >= row0;
    const step: usize = row + 1 < rows ? rowBytes : 0;
    const first = <usize>row * rowBytes;
    memory.fill(before, 0, rowBytes);
    let sum: f64 = 0;
    if (joint) {
      memory.fill(bound, 0, rowBytes);
      for (let t = 0; t < k; t++) {
        const xs = x + <usize>t * planeBytes + first;
        addSquares(xs, xs + step, directions == 3 && t + 1 < k ? xs + planeBytes : xs, columns, bound);
      }
      sum = boundsFromSquares(bound, columns, epsilon);
    }
    for (let t = 0; t < k; t++) {
      const xs = x + <usize>t * planeBytes + first;
      const next = directions == 3 && t + 1 < k ? xs + planeBytes : xs;
      if (!joint) {
        memory.fill(bound, 0, rowBytes);
        addSquares(xs, xs + step, next, columns, bound);
        sum += boundsFromSquares(bound, columns, epsilon);
      }
      fluxes(xs, xs + step, next, columns, bound, down, right, along);
      const aboveRow = above + <usize>t * rowBytes;
      if (own) addDivergence(z + <usize>t * planeBytes + first, columns, weight, down, right, along, aboveRow, before);
      memory.copy(aboveRow, down, rowBytes);
      if (directions == 3) memory.copy(before, along, rowBytes);
    }
    if (own) store<f64>(losses + <usize>(row * ROW_LOSSES) * 8, sum, 16);
  }
}

/** squares += squared differences to the row below, the column to the right and the next plane. */
function addSquares(xs: usize, below: usize, next: usize, columns: i32, squares: usize): void {
  let j = 0;
  for (; j + 4 < columns; j += 4) {
    const o = <usize>j << 2;
    const c = v128.load(xs + o);
    const d1 = f32x4.sub(v128.load(below + o), c);
    const d2 = f32x4.sub(v128.load(xs + o, 4), c);
    const d3 = f32x4.sub(v128.load(next + o), c);
    const square = f32x4.add(f32x4.add(f32x4.mul(d1, d1), f32x4.mul(d2, d2)), f32x4.mul(d3, d3));
    v128.store(squares + o, f32x4.add(v128.load(squares + o), square));
  }
  for (; j < columns; j++) {
    const o = <usize>j << 2;
    const c = load<f32>(xs + o);
    const d1 = load<f32>(below + o) - c;
    const d2: f32 = j + 1 < columns ? load<f32>(xs + o, 4) - c : 0;
    const d3 = load<f32>(next + o) - c;
    store<f32>(squares + o, load<f32>(squares + o) + (d1 * d1 + d2 * d2 + d3 * d3));
  }
}

/** Replaces |grad|^2 by max(epsilon, |grad|) and returns the sum of the Huber values. */
function boundsFromSquares(bound: usize, columns: i32, epsilon: f32): f64 {
  let sum = f64x2.splat(0);
  let total: f64 = 0;
  const eps = f32x4.splat(epsilon);
  const halfOverEps = f32x4.splat(<f32>0.5 / epsilon);
  const halfEps = f32x4.splat(<f32>0.5 * epsilon);
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const at = bound + (<usize>j << 2);
    const square = v128.load(at);
    const g = f32x4.sqrt(square);
    v128.store(at, f32x4.max(g, eps));
    const huber = v128.bitselect(f32x4.sub(g, halfEps), f32x4.mul(square, halfOverEps), f32x4.gt(g, eps));
    sum = f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(huber), f64x2.promote_low_f32x4(high(huber))));
  }
  for (; j < columns; j++) {
    const at = bound + (<usize>j << 2);
    const square = load<f32>(at);
    const g = sqrt(square);
    store<f32>(at, max(g, epsilon));
    total += <f64>(g > epsilon ? g - <f32>0.5 * epsilon : (square * <f32>0.5) / epsilon);
  }
  return total + f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Flux of one row in each direction: difference / max(epsilon, |grad|). */
function fluxes(
  xs: usize, below: usize, next: usize, columns: i32, bound: usize, down: usize, right: usize, along: usize,
): void {
  let j = 0;
  for (; j + 4 < columns; j += 4) {
    const o = <usize>j << 2;
    const c = v128.load(xs + o);
    const b = v128.load(bound + o);
    v128.store(down + o, f32x4.div(f32x4.sub(v128.load(below + o), c), b));
    v128.store(right + o, f32x4.div(f32x4.sub(v128.load(xs + o, 4), c), b));
    v128.store(along + o, f32x4.div(f32x4.sub(v128.load(next + o), c), b));
  }
  for (; j < columns; j++) {
    const o = <usize>j << 2;
    const c = load<f32>(xs + o);
    const b = load<f32>(bound + o);
    store<f32>(down + o, (load<f32>(below + o) - c) / b);
    store<f32>(right + o, j + 1 < columns ? (load<f32>(xs + o, 4) - c) / b : 0);
    store<f32>(along + o, (load<f32>(next + o) - c) / b);
  }
}

/** z += weight * (flux arriving - flux leaving). */
function addDivergence(
  zs: usize, columns: i32, weight: f32, down: usize, right: usize, along: usize, above: usize, before: usize,
): void {
  store<f32>(zs, load<f32>(zs) + weight * divergence(0, 0, down, right, along, above, before));
  const w = f32x4.splat(weight);
  let j = 1;
  for (; j + 4 <= columns; j += 4) {
    const o = <usize>j << 2;
    const leaving = f32x4.add(f32x4.add(v128.load(down + o), v128.load(right + o)), v128.load(along + o));
    const arriving = f32x4.add(f32x4.add(v128.load(above + o), v128.load(right + o - 4)), v128.load(before + o));
    v128.store(zs + o, f32x4.add(v128.load(zs + o), f32x4.mul(w, f32x4.sub(arriving, leaving))));
  }
  for (; j < columns; j++) {
    const o = <usize>j << 2;
    const left = load<f32>(right + o - 4);
    store<f32>(zs + o, load<f32>(zs + o) + weight * divergence(o, left, down, right, along, above, before));
  }
}

// @ts-ignore: decorator
@inline
function divergence(o: usize, left: f32, down: usize, right: usize, along: usize, above: usize, before: usize): f32 {
  const leaving = load<f32>(down + o) + load<f32>(right + o) + load<f32>(along + o);
  return load<f32>(above + o) + left + load<f32>(before + o) - leaving;
}
