// Transforms along the third mode: every tube of a tensor stored as planes [k][plane] is multiplied by a k x k matrix,
// in place. Written out for k = 2, 3, 4; otherwise a blocked product through scratch panels, folded in halves where the
// matrix has the symmetry of a cosine or Fourier transform. AssemblyScript.

import { multiplyAdd } from './slice-products';

/** Scratch memory of this instance (one per worker): room for k x 8 floats here and for rows elsewhere. */
let scratch: usize = 0;

export function setScratch(address: usize): void {
  scratch = address;
}

export function scratchAddress(): usize {
  return scratch;
}

/**
 * A transform as the device code writes it. Up to k = 4 the k x k matrix follows at once. Above, rows that are even or
 * odd under a pairing of the positions of a tube (t with t') act on sums and differences of the pairs, which halves the
 * work: tables of `even` first and second positions, of `even` and `odd` planes, then the two matrices. Without such a
 * pairing all rows are even and odd is 0.
 */
@unmanaged
class Transform {
  /** Pairs, positions that are their own partner included; also the number of even planes. */
  even: i32;
  /** Pairs of two different positions, which come first; also the number of odd planes. */
  odd: i32;
  /** 1: planes from tubes. 0: tubes from planes. */
  forward: i32;
  padding: i32;
}

const HEADER: usize = 16;

/** Transforms the tubes of `count` neighbouring positions from `start`, in place. */
export function transformTubes(data: usize, planeStride: i32, k: i32, transform: usize, start: i32, count: i32): void {
  const at = data + (<usize>start << 2);
  const stride = <usize>planeStride << 2;
  const matrix = transform + HEADER;
  if (k == 1) transform1(at, matrix, count);
  else if (k == 2) transform2(at, stride, matrix, count);
  else if (k == 3) transform3(at, stride, matrix, count);
  else if (k == 4) transform4(at, stride, matrix, count);
  else transformFolded(at, stride, transform, count);
}

function transform1(at: usize, matrix: usize, count: i32): void {
  const m = load<f32>(matrix);
  if (m == 1) return;
  for (let i = 0; i < count; i++) store<f32>(at + (<usize>i << 2), m * load<f32>(at + (<usize>i << 2)));
}

// @ts-ignore: decorator
@inline
function entry(matrix: usize, index: i32): v128 {
  return v128.load32_splat(matrix + (<usize>index << 2));
}

function transform2(at: usize, stride: usize, m: usize, count: i32): void {
  const m0 = entry(m, 0), m1 = entry(m, 1), m2 = entry(m, 2), m3 = entry(m, 3);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = v128.load(at), b = v128.load(at + stride);
    v128.store(at, multiplyAdd(m1, b, f32x4.mul(m0, a)));
    v128.store(at + stride, multiplyAdd(m3, b, f32x4.mul(m2, a)));
    at += 16;
  }
  if (i < count) transformTail(at, stride, 2, m, count - i);
}

function transform3(at: usize, stride: usize, m: usize, count: i32): void {
  const m0 = entry(m, 0), m1 = entry(m, 1), m2 = entry(m, 2);
  const m3 = entry(m, 3), m4 = entry(m, 4), m5 = entry(m, 5);
  const m6 = entry(m, 6), m7 = entry(m, 7), m8 = entry(m, 8);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = v128.load(at), b = v128.load(at + stride), c = v128.load(at + 2 * stride);
    v128.store(at, multiplyAdd(m2, c, multiplyAdd(m1, b, f32x4.mul(m0, a))));
    v128.store(at + stride, multiplyAdd(m5, c, multiplyAdd(m4, b, f32x4.mul(m3, a))));
    v128.store(at + 2 * stride, multiplyAdd(m8, c, multiplyAdd(m7, b, f32x4.mul(m6, a))));
    at += 16;
  }
  if (i < count) transformTail(at, stride, 3, m, count - i);
}

function transform4(at: usize, stride: usize, m: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = v128.load(at), b = v128.load(at + stride);
    const c = v128.load(at + 2 * stride), d = v128.load(at + 3 * stride);
    for (let t = 0; t < 4; t++) {
      const row = m + (<usize>t << 4);
      const low = multiplyAdd(entry(row, 1), b, f32x4.mul(entry(row, 0), a));
      v128.store(at + <usize>t * stride, multiplyAdd(entry(row, 3), d, multiplyAdd(entry(row, 2), c, low)));
    }
    at += 16;
  }
  if (i < count) transformTail(at, stride, 4, m, count - i);
}

/** The last one to seven positions, one by one, with the sums in the same order as the vector code. */
function transformTail(at: usize, stride: usize, k: i32, matrix: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < k; p++) store<f32>(scratch + (<usize>p << 2), load<f32>(at + <usize>p * stride));
    for (let t = 0; t < k; t++) {
      const row = matrix + ((<usize>t * k) << 2);
      let sum = f32x4.mul(entry(row, 0), v128.load32_splat(scratch));
      for (let p = 1; p < k; p++) sum = multiplyAdd(entry(row, p), v128.load32_splat(scratch + (<usize>p << 2)), sum);
      store<f32>(at + <usize>t * stride, f32x4.extract_lane(sum, 0));
    }
    at += 4;
  }
}

/** Eight positions at a time through panels in scratch: 32 bytes for each value of a tube. */
function transformFolded(at: usize, stride: usize, record: usize, count: i32): void {
  const transform = changetype<Transform>(record);
  const even = transform.even;
  const odd = transform.odd;
  const first = record + HEADER;
  const second = first + (<usize>even << 2);
  const evenPlanes = second + (<usize>even << 2);
  const oddPlanes = evenPlanes + (<usize>even << 2);
  const evenMatrix = oddPlanes + (<usize>odd << 2);
  const oddMatrix = evenMatrix + ((<usize>even * even) << 2);
  const evenIn = scratch;
  const oddIn = evenIn + (<usize>even << 5);
  const evenOut = oddIn + (<usize>odd << 5);
  const oddOut = evenOut + (<usize>even << 5);
  for (let i = 0; i < count; i += 8) {
    const width = min(8, count - i);
    if (transform.forward) {
      for (let p = 0; p < even; p++) {
        const panel = evenIn + (<usize>p << 5);
        read(at + <usize>index(first, p) * stride, panel, width);
        if (p >= odd) continue;
        const other = oddIn + (<usize>p << 5);
        read(at + <usize>index(second, p) * stride, other, width);
        butterfly(panel, other);
      }
    } else {
      for (let p = 0; p < even; p++) read(at + <usize>index(evenPlanes, p) * stride, evenIn + (<usize>p << 5), width);
      for (let p = 0; p < odd; p++) read(at + <usize>index(oddPlanes, p) * stride, oddIn + (<usize>p << 5), width);
    }
    multiplyPanel(evenMatrix, even, evenIn, evenOut);
    multiplyPanel(oddMatrix, odd, oddIn, oddOut);
    if (transform.forward) {
      for (let p = 0; p < even; p++) write(evenOut + (<usize>p << 5), at + <usize>index(evenPlanes, p) * stride, width);
      for (let p = 0; p < odd; p++) write(oddOut + (<usize>p << 5), at + <usize>index(oddPlanes, p) * stride, width);
    } else {
      for (let p = 0; p < even; p++) {
        const panel = evenOut + (<usize>p << 5);
        const other = oddOut + (<usize>p << 5);
        if (p < odd) butterfly(panel, other);
        write(panel, at + <usize>index(first, p) * stride, width);
        if (p < odd) write(other, at + <usize>index(second, p) * stride, width);
      }
    }
    at += 32;
  }
}

// @ts-ignore: decorator
@inline
function index(table: usize, p: i32): i32 {
  return load<i32>(table + (<usize>p << 2));
}

// @ts-ignore: decorator
@inline
function read(from: usize, panel: usize, width: i32): void {
  if (width == 8) {
    v128.store(panel, v128.load(from));
    v128.store(panel, v128.load(from, 16), 16);
    return;
  }
  for (let i = 0; i < width; i++) store<f32>(panel + (<usize>i << 2), load<f32>(from + (<usize>i << 2)));
}

// @ts-ignore: decorator
@inline
function write(panel: usize, to: usize, width: i32): void {
  if (width == 8) {
    v128.store(to, v128.load(panel));
    v128.store(to, v128.load(panel, 16), 16);
    return;
  }
  for (let i = 0; i < width; i++) store<f32>(to + (<usize>i << 2), load<f32>(panel + (<usize>i << 2)));
}

/** (a, b) <- (a + b, a - b) */
// @ts-ignore: decorator
@inline
function butterfly(a: usize, b: usize): void {
  const a0 = v128.load(a), a1 = v128.load(a, 16);
  const b0 = v128.load(b), b1 = v128.load(b, 16);
  v128.store(a, f32x4.add(a0, b0));
  v128.store(a, f32x4.add(a1, b1), 16);
  v128.store(b, f32x4.sub(a0, b0));
  v128.store(b, f32x4.sub(a1, b1), 16);
}

/** out [n][8] = matrix [n, n] times panel [n][8]. */
function multiplyPanel(matrix: usize, n: i32, panel: usize, out: usize): void {
  const rowBytes = <usize>n << 2;
  const end = panel + (<usize>n << 5);
  let t = 0;
  for (; t + 4 <= n; t += 4) transformBlock4(matrix + <usize>t * rowBytes, rowBytes, panel, end, out + (<usize>t << 5), 32);
  for (; t < n; t++) {
    let row = matrix + <usize>t * rowBytes;
    let c0 = f32x4.splat(0);
    let c1 = c0;
    for (let b = panel; b < end; b += 32) {
      const s = v128.load32_splat(row);
      c0 = multiplyAdd(s, v128.load(b), c0);
      c1 = multiplyAdd(s, v128.load(b, 16), c1);
      row += 4;
    }
    v128.store(out + (<usize>t << 5), c0);
    v128.store(out + (<usize>t << 5), c1, 16);
  }
}

// @ts-ignore: decorator
@inline
function transformBlock4(row: usize, rowBytes: usize, panel: usize, end: usize, out: usize, stride: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let a0 = row, a1 = row + rowBytes, a2 = row + 2 * rowBytes, a3 = row + 3 * rowBytes;
  for (let b = panel; b < end; b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const s0 = v128.load32_splat(a0);
    c00 = multiplyAdd(s0, b0, c00);
    c01 = multiplyAdd(s0, b1, c01);
    const s1 = v128.load32_splat(a1);
    c10 = multiplyAdd(s1, b0, c10);
    c11 = multiplyAdd(s1, b1, c11);
    const s2 = v128.load32_splat(a2);
    c20 = multiplyAdd(s2, b0, c20);
    c21 = multiplyAdd(s2, b1, c21);
    const s3 = v128.load32_splat(a3);
    c30 = multiplyAdd(s3, b0, c30);
    c31 = multiplyAdd(s3, b1, c31);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + stride, c10);
  v128.store(out + stride, c11, 16);
  v128.store(out + 2 * stride, c20);
  v128.store(out + 2 * stride, c21, 16);
  v128.store(out + 3 * stride, c30);
  v128.store(out + 3 * stride, c31, 16);
}

/** Positions per chunk of the transform on its own. */
const CHUNK_TUBES: i32 = 4096;

/** transformTubes over one chunk of positions: the pool's entry. */
export function transformChunk(
  data: usize,
  planeStride: i32,
  k: i32,
  transform: usize,
  positions: i32,
  chunk: i32,
): void {
  const start = chunk * CHUNK_TUBES;
  transformTubes(data, planeStride, k, transform, start, min(CHUNK_TUBES, positions - start));
}
