// Singular values of slices: the soft threshold that is the proximal map of the tubal nuclear norm. One slice is one
// chunk, in float64: eigenvalues of the Gram matrix of the smaller side, then A - A V min(1, tau / s) V^T.
// A complex slice is thresholded as the real matrix [[A, -B], [B, A]]. AssemblyScript.

import { eigen } from './symmetric-eigen';
import { addScaled, dot } from './vectors';

/** Words of 4 bytes per slice, written by the device code. */
@unmanaged
class ThresholdSlice {
  plane: i32;
  complex: i32;
  /** (r c + c + 2 min(r, c)^2 + 4 min(r, c) + 8) doubles for the matrix [r, c]. */
  work: usize;
}

/** Thresholds slice `chunk` in place; stats [slices, 2] receive its nuclear norm afterwards and its rank. */
export function thresholdChunk(
  slices: usize,
  data: usize,
  rows: i32,
  columns: i32,
  tau: f64,
  stats: usize,
  chunk: i32,
): void {
  const slice = changetype<ThresholdSlice>(slices + <usize>chunk * offsetof<ThresholdSlice>());
  const parts = slice.complex ? 2 : 1;
  const r = parts * rows;
  const c = parts * columns;
  const w = slice.work;
  const plane = data + ((<usize>slice.plane * rows * columns) << 2);
  read(plane, w, rows, columns, parts);
  const small = min(r, c);
  const gram = w + ((<usize>r * c + c) << 3);
  const q = gram + ((<usize>small * small) << 3);
  const values = q + ((<usize>small * small) << 3);
  if (c <= r) gramOfColumns(w, r, c, gram);
  else gramOfRows(w, r, c, gram);
  eigen(gram, q, small, values);
  // The projector V (1 - min(1, tau / s)) V^T takes the place of the Gram matrix.
  memory.fill(gram, 0, (<usize>small * small) << 3);
  let nuclear: f64 = 0;
  let kept = 0;
  for (let i = 0; i < small; i++) {
    const s = sqrt(max(0, load<f64>(values + (<usize>i << 3))));
    if (s <= tau) continue;
    kept++;
    nuclear += s - tau;
    const v = q + ((<usize>i * small) << 3);
    const factor = 1 - tau / s;
    for (let j = 0; j < small; j++) {
      addScaled(gram + ((<usize>j * small) << 3), factor * load<f64>(v + (<usize>j << 3)), v, small);
    }
  }
  write(plane, w, gram, rows, columns, parts);
  const out = stats + (<usize>chunk << 4);
  store<f64>(out, nuclear / parts);
  store<f64>(out, kept / parts, 8);
}

/** The slice, or its embedding, in float64; one row of room stays free behind it. */
function read(plane: usize, w: usize, rows: i32, columns: i32, parts: i32): void {
  const width = parts * columns;
  const planeBytes = (<usize>rows * columns) << 2;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const from = plane + ((<usize>(i * columns + j)) << 2);
      const re = <f64>load<f32>(from);
      store<f64>(w + ((<usize>i * width + j) << 3), re);
      if (parts == 1) continue;
      const im = <f64>load<f32>(from + planeBytes);
      store<f64>(w + ((<usize>i * width + columns + j) << 3), -im);
      store<f64>(w + ((<usize>(i + rows) * width + j) << 3), im);
      store<f64>(w + ((<usize>(i + rows) * width + columns + j) << 3), re);
    }
  }
}

/** plane = W P or P W, whichever side P [small, small] belongs to; of an embedding its first block column. */
function write(plane: usize, w: usize, p: usize, rows: i32, columns: i32, parts: i32): void {
  const r = parts * rows;
  const c = parts * columns;
  const row = w + ((<usize>r * c) << 3);
  for (let i = 0; i < r; i++) {
    memory.fill(row, 0, <usize>columns << 3);
    if (c <= r) {
      const x = w + ((<usize>i * c) << 3);
      for (let j = 0; j < c; j++) addScaled(row, load<f64>(x + (<usize>j << 3)), p + ((<usize>j * c) << 3), columns);
    } else {
      const x = p + ((<usize>i * r) << 3);
      for (let j = 0; j < r; j++) addScaled(row, load<f64>(x + (<usize>j << 3)), w + ((<usize>j * c) << 3), columns);
    }
    const out = plane + ((<usize>i * columns) << 2);
    for (let j = 0; j < columns; j++) store<f32>(out + (<usize>j << 2), <f32>load<f64>(row + (<usize>j << 3)));
  }
}

function gramOfColumns(w: usize, r: i32, c: i32, gram: usize): void {
  memory.fill(gram, 0, (<usize>c * c) << 3);
  for (let i = 0; i < r; i++) {
    const x = w + ((<usize>i * c) << 3);
    for (let j = 0; j < c; j++) addScaled(gram + ((<usize>j * c) << 3), load<f64>(x + (<usize>j << 3)), x, j + 1);
  }
  for (let j = 0; j < c; j++) {
    for (let i = 0; i < j; i++) {
      store<f64>(gram + ((<usize>(i * c + j)) << 3), load<f64>(gram + ((<usize>(j * c + i)) << 3)));
    }
  }
}

function gramOfRows(w: usize, r: i32, c: i32, gram: usize): void {
  for (let i = 0; i < r; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(w + ((<usize>i * c) << 3), w + ((<usize>j * c) << 3), c);
      store<f64>(gram + ((<usize>(i * r + j)) << 3), value);
      store<f64>(gram + ((<usize>(j * r + i)) << 3), value);
    }
  }
}
