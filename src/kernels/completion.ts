// The completion iteration, fused by rows: synthesis of the low-tubal-rank tensor, residual with its losses and
// smoothness term, and both factor gradients, composed from the operator kernels. One chunk is a block of rows (or of
// columns), small enough to stay in the second-level cache. AssemblyScript.

import { transformTubes } from './mode3-transforms';
import { residualRow, smoothnessRows } from './residuals';
import { CHUNK_ROWS, PANEL, packPlain, packTransposed, productRows } from './slice-products';

/** One slice as the kernels see it: words of 4 bytes, written by the device code. */
@unmanaged
export class Slice {
  plane: i32;
  complex: i32;
  /** Factor L [rows, width], width = rank or 2 rank. */
  left: usize;
  /** Factor R [columns, width]. */
  right: usize;
  gradLeft: usize;
  gradRight: usize;
  /** Panels over the rows of R, plain and rotated: right operand of the synthesis. */
  rightTransposed: usize;
  rightTransposedRotated: usize;
  /** Panels over the columns of R: right operand of the gradient by L. */
  rightPlain: usize;
  rightPlainRotated: usize;
  /** Panels over the columns of L: right operand of the gradient by R. */
  leftPlain: usize;
  leftPlainRotated: usize;
}

/** Rotations of a complex operand, see slice-products. */
const KEEP: i32 = 0;
const MINUS_IMAGINARY_REAL: i32 = 1;
const IMAGINARY_MINUS_REAL: i32 = 2;

/** Packs R of every slice for the synthesis. A chunk is `group` neighbouring panels of one slice. */
export function packSynthesisChunk(slices: usize, rank: i32, columns: i32, group: i32, groups: i32, chunk: i32): void {
  const slice = changetype<Slice>(slices + <usize>(chunk / groups) * offsetof<Slice>());
  const width = slice.complex ? 2 * rank : rank;
  const first = (chunk % groups) * group;
  const last = min(first + group, (columns + PANEL - 1) / PANEL);
  for (let panel = first; panel < last; panel++) {
    packTransposed(slice.right, columns, width, KEEP, slice.rightTransposed, panel);
    if (slice.complex) {
      packTransposed(slice.right, columns, width, MINUS_IMAGINARY_REAL, slice.rightTransposedRotated, panel);
    }
  }
}

/** Packs L and R of every slice for the gradients. A chunk is `group` neighbouring panels of one slice. */
export function packGradientChunk(
  slices: usize,
  rank: i32,
  rows: i32,
  columns: i32,
  group: i32,
  groups: i32,
  chunk: i32,
): void {
  const slice = changetype<Slice>(slices + <usize>(chunk / groups) * offsetof<Slice>());
  const width = slice.complex ? 2 * rank : rank;
  const first = (chunk % groups) * group;
  const last = min(first + group, (width + PANEL - 1) / PANEL);
  for (let panel = first; panel < last; panel++) {
    packPlain(slice.right, columns, width, KEEP, slice.rightPlain, panel);
    packPlain(slice.left, rows, width, KEEP, slice.leftPlain, panel);
    if (slice.complex) {
      packPlain(slice.right, columns, width, MINUS_IMAGINARY_REAL, slice.rightPlainRotated, panel);
      packPlain(slice.left, rows, width, IMAGINARY_MINUS_REAL, slice.leftPlainRotated, panel);
    }
  }
}

/** x[:, row block, :] = inverse transform of L R^T (or L R^H) for the rows of one chunk. */
export function synthesisChunk(
  slices: usize,
  sliceCount: i32,
  rank: i32,
  rows: i32,
  columns: i32,
  k: i32,
  inverse: usize,
  x: usize,
  chunk: i32,
): void {
  const row0 = chunk * CHUNK_ROWS;
  const row1 = min(rows, row0 + CHUNK_ROWS);
  const planeBytes = (<usize>rows * columns) << 2;
  for (let s = 0; s < sliceCount; s++) {
    const slice = changetype<Slice>(slices + <usize>s * offsetof<Slice>());
    const width = slice.complex ? 2 * rank : rank;
    const out = x + <usize>slice.plane * planeBytes;
    productRows(slice.left, width, 1, slice.rightTransposed, columns, width, out, columns, 0, row0, row1);
    if (slice.complex) {
      productRows(
        slice.left,
        width,
        1,
        slice.rightTransposedRotated,
        columns,
        width,
        out + planeBytes,
        columns,
        0,
        row0,
        row1,
      );
    }
  }
  transformTubes(x, rows * columns, k, inverse, row0 * columns, (row1 - row0) * columns);
}

/** z = P(x - y) (+ smoothness), forward transform, and the gradient by L, for the rows of one chunk. */
export function residualChunk(
  slices: usize,
  sliceCount: i32,
  rank: i32,
  rows: i32,
  columns: i32,
  k: i32,
  forward: usize,
  x: usize,
  y: usize,
  mask: usize,
  z: usize,
  losses: usize,
  directions: i32,
  joint: i32,
  weight: f32,
  epsilon: f32,
  chunk: i32,
): void {
  const row0 = chunk * CHUNK_ROWS;
  const row1 = min(rows, row0 + CHUNK_ROWS);
  for (let row = row0; row < row1; row++) residualRow(x, y, mask, z, rows, columns, k, row, losses);
  if (directions > 0) smoothnessRows(x, z, rows, columns, k, directions, joint, weight, epsilon, row0, row1, losses);
  transformTubes(z, rows * columns, k, forward, row0 * columns, (row1 - row0) * columns);
  const planeBytes = (<usize>rows * columns) << 2;
  for (let s = 0; s < sliceCount; s++) {
    const slice = changetype<Slice>(slices + <usize>s * offsetof<Slice>());
    const width = slice.complex ? 2 * rank : rank;
    const from = z + <usize>slice.plane * planeBytes;
    productRows(from, columns, 1, slice.rightPlain, width, columns, slice.gradLeft, width, 0, row0, row1);
    if (slice.complex) {
      productRows(
        from + planeBytes,
        columns,
        1,
        slice.rightPlainRotated,
        width,
        columns,
        slice.gradLeft,
        width,
        1,
        row0,
        row1,
      );
    }
  }
}

/** The gradient by R for one chunk of columns: R is [columns, width], so its rows are the columns of z. */
export function rightGradientChunk(
  slices: usize,
  sliceCount: i32,
  rank: i32,
  rows: i32,
  columns: i32,
  z: usize,
  chunk: i32,
): void {
  const chunks = (columns + CHUNK_ROWS - 1) / CHUNK_ROWS;
  const s = chunk / chunks;
  const column0 = (chunk - s * chunks) * CHUNK_ROWS;
  const column1 = min(columns, column0 + CHUNK_ROWS);
  const planeBytes = (<usize>rows * columns) << 2;
  const slice = changetype<Slice>(slices + <usize>s * offsetof<Slice>());
  const width = slice.complex ? 2 * rank : rank;
  const from = z + <usize>slice.plane * planeBytes;
  productRows(from, 1, columns, slice.leftPlain, width, rows, slice.gradRight, width, 0, column0, column1);
  if (slice.complex) {
    productRows(
      from + planeBytes,
      1,
      columns,
      slice.leftPlainRotated,
      width,
      rows,
      slice.gradRight,
      width,
      1,
      column0,
      column1,
    );
  }
}
