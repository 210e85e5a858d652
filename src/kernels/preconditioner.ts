// The preconditioner of scaled gradient descent: every gradient is multiplied by the inverse of the other factor's
// damped Gram matrix, gradL (R^H R + lambda I)^-1 and gradR (L^H L + lambda I)^-1, slice by slice. Gram matrices in
// float32 products, their inverse by Cholesky in float64. AssemblyScript.

import { Slice } from './completion';
import { scratchAddress } from './mode3-transforms';
import { CHUNK_ROWS, PANEL, packPlain, productRows } from './slice-products';
import { addScaled } from './vectors';

/** Memory of one slice and side, written by the device code; width = rank or 2 rank. */
@unmanaged
class Damped {
  /** float32 [width, width] */
  gram: usize;
  /** Panels of the inverse. */
  panels: usize;
  /** float64 [2, width, width] */
  work: usize;
}

/**
 * Gram matrix, damping and inverse. Chunk 2 s is R of slice s (for the gradient by L), chunk 2 s + 1 is L.
 * pivots[chunk] receives the least pivot of the factorisation over the largest diagonal entry; what is not above 0 was
 * not inverted.
 */
export function dampedInverseChunk(
  slices: usize,
  table: usize,
  rank: i32,
  rows: i32,
  columns: i32,
  lambda: f64,
  pivots: usize,
  chunk: i32,
): void {
  const slice = changetype<Slice>(slices + <usize>(chunk >> 1) * offsetof<Slice>());
  const damped = changetype<Damped>(table + <usize>chunk * offsetof<Damped>());
  const ofLeft = (chunk & 1) == 1;
  const width = slice.complex ? 2 * rank : rank;
  const factor = ofLeft ? slice.left : slice.right;
  const panels = ofLeft ? slice.leftPlain : slice.rightPlain;
  const inner = ofLeft ? rows : columns;
  productRows(factor, 1, width, panels, width, inner, damped.gram, width, 0, 0, width);
  const matrix = damped.work;
  const inverse = matrix + ((<usize>width * width) << 3);
  embed(damped.gram, matrix, rank, slice.complex, lambda);
  const least = invert(matrix, inverse, width);
  store<f64>(pivots + (<usize>chunk << 3), least);
  if (!(least > 0)) return;
  for (let i = 0; i < width * width; i++) {
    store<f32>(damped.gram + (<usize>i << 2), <f32>load<f64>(inverse + (<usize>i << 3)));
  }
  for (let p = 0; p < (width + PANEL - 1) / PANEL; p++) packPlain(damped.gram, width, width, 0, damped.panels, p);
}

/** S + lambda, or of a complex slice [[A, B], [-B, A]] + lambda with A = S00 + S11, B = S01 - S10. */
function embed(s: usize, out: usize, rank: i32, isComplex: i32, lambda: f64): void {
  const width = isComplex ? 2 * rank : rank;
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      let value = entry(s, width, i, j);
      if (isComplex) {
        const a = i % rank;
        const b = j % rank;
        if (i / rank == j / rank) value = entry(s, width, a, b) + entry(s, width, a + rank, b + rank);
        else {
          value = entry(s, width, a, b + rank) - entry(s, width, a + rank, b);
          if (i >= rank) value = -value;
        }
      }
      store<f64>(out + ((<usize>(i * width + j)) << 3), i == j ? value + lambda : value);
    }
  }
}

// @ts-ignore: decorator
@inline
function entry(s: usize, width: i32, i: i32, j: i32): f64 {
  return <f64>load<f32>(s + ((<usize>(i * width + j)) << 2));
}

/** inverse = matrix^-1 through its Cholesky factor, which replaces matrix. Returns the least relative pivot. */
function invert(matrix: usize, inverse: usize, n: i32): f64 {
  const rowBytes = <usize>n << 3;
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) largest = max(largest, load<f64>(matrix + <usize>i * rowBytes + (<usize>i << 3)));
  if (!(largest > 0)) return 0;
  let least: f64 = 1;
  // Upper factor U, U^T U = matrix, by rows: row i is scaled, then taken from the rows below.
  for (let i = 0; i < n; i++) {
    const row = matrix + <usize>i * rowBytes + (<usize>i << 3);
    const pivot = load<f64>(row);
    least = min(least, pivot / largest);
    if (!(pivot > 0)) return pivot;
    const scale = 1 / sqrt(pivot);
    for (let j = 0; j < n - i; j++) store<f64>(row + (<usize>j << 3), scale * load<f64>(row + (<usize>j << 3)));
    for (let r = i + 1; r < n; r++) {
      const at = <usize>(r - i) << 3;
      addScaled(matrix + <usize>r * rowBytes + (<usize>r << 3), -load<f64>(row + at), row + at, n - r);
    }
  }
  // Two triangular solves with the rows of the identity: U^T Y = I, then U X = Y.
  memory.fill(inverse, 0, <usize>n * rowBytes);
  for (let i = 0; i < n; i++) {
    const out = inverse + <usize>i * rowBytes;
    store<f64>(out + (<usize>i << 3), 1);
    for (let p = 0; p < i; p++) {
      addScaled(out, -load<f64>(matrix + <usize>p * rowBytes + (<usize>i << 3)), inverse + <usize>p * rowBytes, p + 1);
    }
    scaleRow(out, 1 / load<f64>(matrix + <usize>i * rowBytes + (<usize>i << 3)), i + 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    const out = inverse + <usize>i * rowBytes;
    for (let p = i + 1; p < n; p++) {
      addScaled(out, -load<f64>(matrix + <usize>i * rowBytes + (<usize>p << 3)), inverse + <usize>p * rowBytes, n);
    }
    scaleRow(out, 1 / load<f64>(matrix + <usize>i * rowBytes + (<usize>i << 3)), n);
  }
  return least;
}

function scaleRow(row: usize, factor: f64, n: i32): void {
  for (let i = 0; i < n; i++) store<f64>(row + (<usize>i << 3), factor * load<f64>(row + (<usize>i << 3)));
}

/** gradient rows times the inverse, in place. Chunks go over the row blocks of gradL, then of gradR, slice by slice. */
export function preconditionChunk(
  slices: usize,
  table: usize,
  rank: i32,
  rows: i32,
  columns: i32,
  chunk: i32,
): void {
  const leftChunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
  const perSlice = leftChunks + (columns + CHUNK_ROWS - 1) / CHUNK_ROWS;
  const s = chunk / perSlice;
  const slice = changetype<Slice>(slices + <usize>s * offsetof<Slice>());
  const width = slice.complex ? 2 * rank : rank;
  let block = chunk - s * perSlice;
  const ofLeft = block < leftChunks;
  if (!ofLeft) block -= leftChunks;
  const gradient = ofLeft ? slice.gradLeft : slice.gradRight;
  const damped = changetype<Damped>(table + <usize>(2 * s + (ofLeft ? 0 : 1)) * offsetof<Damped>());
  const row0 = block * CHUNK_ROWS;
  const count = min(CHUNK_ROWS, (ofLeft ? rows : columns) - row0);
  const from = gradient + ((<usize>row0 * width) << 2);
  const copy = scratchAddress();
  memory.copy(copy, from, (<usize>count * width) << 2);
  productRows(copy, width, 1, damped.panels, width, width, from, width, 0, 0, count);
}
