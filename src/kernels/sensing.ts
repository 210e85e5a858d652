// Dense linear measurements A x and their adjoint for the sensing problem, A [measurements, size] streamed row by row.
// AssemblyScript.

import { multiplyAdd } from './slice-products';

const CHUNK: i32 = 32;

/** out[i] = <A_i, x> for one chunk of measurements. */
export function measureChunk(a: usize, x: usize, out: usize, measurements: i32, size: i32, chunk: i32): void {
  const last = min(measurements, (chunk + 1) * CHUNK);
  for (let i = chunk * CHUNK; i < last; i++) {
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

/** out[j] = sum over i of A[i, j] r[i] for one chunk of 64 columns. */
export function measureAdjointChunk(a: usize, r: usize, out: usize, measurements: i32, size: i32, chunk: i32): void {
  const first = chunk * 64;
  const last = min(size, first + 64);
  for (let j = first; j < last; j++) store<f32>(out + ((<usize>j) << 2), 0);
  for (let i = 0; i < measurements; i++) {
    const row = a + ((<usize>i * size) << 2);
    const s = v128.load32_splat(r + ((<usize>i) << 2));
    let j = first;
    for (; j + 4 <= last; j += 4) {
      const o = (<usize>j) << 2;
      v128.store(out + o, multiplyAdd(s, v128.load(row + o), v128.load(out + o)));
    }
    for (; j < last; j++) {
      const o = (<usize>j) << 2;
      store<f32>(out + o, load<f32>(out + o) + load<f32>(r + ((<usize>i) << 2)) * load<f32>(row + o));
    }
  }
}
