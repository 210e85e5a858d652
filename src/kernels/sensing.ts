// Dense linear measurements A x and their adjoint for the sensing problem, A [measurements, size] streamed row by row.
// AssemblyScript.

import { multiplyAdd } from './slice-products';

/** Measurements per chunk of measureChunk. */
const CHUNK_MEASUREMENTS: i32 = 32;
/** Columns of A per chunk of measureAdjointChunk: long enough pieces of each row for the memory to stream. */
const CHUNK_COLUMNS: i32 = 256;

/** out[i] = <A_i, x> for one chunk of measurements. */
export function measureChunk(a: usize, x: usize, out: usize, measurements: i32, size: i32, chunk: i32): void {
  const last = min(measurements, (chunk + 1) * CHUNK_MEASUREMENTS);
  for (let i = chunk * CHUNK_MEASUREMENTS; i < last; i++) {
    const row = a + ((<usize>i * size) << 2);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let j = 0;
    for (; j + 8 <= size; j += 8) {
      const o = (<usize>j) << 2;
      s0 = multiplyAdd(v128.load(row + o), v128.load(x + o), s0);
      s1 = multiplyAdd(v128.load(row + o, 16), v128.load(x + o, 16), s1);
    }
    const s = f32x4.add(s0, s1);
    let sum =
      f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
    for (; j < size; j++) sum += load<f32>(row + ((<usize>j) << 2)) * load<f32>(x + ((<usize>j) << 2));
    store<f32>(out + ((<usize>i) << 2), sum);
  }
}

/** out[j] = sum over i of A[i, j] r[i] for one chunk of columns, four measurements at a time. */
export function measureAdjointChunk(a: usize, r: usize, out: usize, measurements: i32, size: i32, chunk: i32): void {
  const first = chunk * CHUNK_COLUMNS;
  const last = min(size, first + CHUNK_COLUMNS);
  const stride = (<usize>size) << 2;
  memory.fill(out + ((<usize>first) << 2), 0, (<usize>(last - first)) << 2);
  let i = 0;
  for (; i + 4 <= measurements; i += 4) {
    const row = a + <usize>i * stride;
    const rs = r + ((<usize>i) << 2);
    const s0 = v128.load32_splat(rs);
    const s1 = v128.load32_splat(rs, 4);
    const s2 = v128.load32_splat(rs, 8);
    const s3 = v128.load32_splat(rs, 12);
    let j = first;
    for (; j + 4 <= last; j += 4) {
      const o = (<usize>j) << 2;
      const at = row + o;
      let sum = multiplyAdd(s0, v128.load(at), v128.load(out + o));
      sum = multiplyAdd(s1, v128.load(at + stride), sum);
      sum = multiplyAdd(s2, v128.load(at + 2 * stride), sum);
      v128.store(out + o, multiplyAdd(s3, v128.load(at + 3 * stride), sum));
    }
    for (; j < last; j++) {
      for (let m = i; m < i + 4; m++) addEntry(a, r, out, size, m, j);
    }
  }
  for (; i < measurements; i++) {
    for (let j = first; j < last; j++) addEntry(a, r, out, size, i, j);
  }
}

// @ts-ignore: decorator
@inline
function addEntry(a: usize, r: usize, out: usize, size: i32, i: i32, j: i32): void {
  const o = (<usize>j) << 2;
  const value = load<f32>(a + ((<usize>i * size) << 2) + o);
  store<f32>(out + o, load<f32>(out + o) + load<f32>(r + ((<usize>i) << 2)) * value);
}
