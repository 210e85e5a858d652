// Batched slice products of low-tubal-rank factors: packing of one operand into panels of eight columns, and a 4 x 8
// register-blocked float32 product over those panels. Complex slices are stored as [n, 2R] = [real | imaginary], which
// turns every complex product into real ones over a rotated packing. AssemblyScript; called chunk by chunk from the pool.

export const PANEL: i32 = 8;
/** Output rows per chunk of a row kernel. */
export const CHUNK_ROWS: i32 = 16;

/** Fused where the relaxed twin is compiled, two roundings otherwise. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Rotations of the [real | imaginary] halves of a row: what stands at column c. */
const KEEP: i32 = 0;
/** [-imaginary | real] */
const MINUS_IMAGINARY_REAL: i32 = 1;

/**
 * Packs source [rows, columns] so that panels run over ROWS: out[row / 8][column][row % 8], padded with zeros.
 * The right operand of A B^T. One chunk is one panel.
 */
export function packTransposed(source: usize, rows: i32, columns: i32, rotation: i32, out: usize, panel: i32): void {
  const first = panel * PANEL;
  const count = min(PANEL, rows - first);
  let target = out + ((<usize>panel * columns * PANEL) << 2);
  const half = columns >> 1;
  const full = columns & ~3;
  if (rotation == KEEP && count == PANEL) {
    const stride = <usize>columns << 2;
    const r0 = source + <usize>first * stride;
    for (let c = 0; c < full; c += 4) {
      const at = r0 + (<usize>c << 2);
      transposeBlock(at, stride, target);
      transposeBlock(at + (stride << 2), stride, target + 16);
      target += 128;
    }
    for (let c = full; c < columns; c++) {
      for (let r = 0; r < PANEL; r++) {
        store<f32>(target + (<usize>r << 2), load<f32>(r0 + <usize>r * stride + (<usize>c << 2)));
      }
      target += 32;
    }
    return;
  }
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < PANEL; r++) {
      const value: f32 = r < count ? rotated(source, columns, half, first + r, c, rotation) : 0;
      store<f32>(target + (<usize>r << 2), value);
    }
    target += 32;
  }
}

/** Reads four rows of four values and writes them as four columns, 32 bytes apart. */
// @ts-ignore: decorator
@inline
function transposeBlock(source: usize, stride: usize, target: usize): void {
  const a = v128.load(source);
  const b = v128.load(source + stride);
  const c = v128.load(source + 2 * stride);
  const d = v128.load(source + 3 * stride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(target + 32, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(target + 64, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5));
  v128.store(target + 96, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
function rotated(source: usize, columns: i32, half: i32, row: i32, column: i32, rotation: i32): f32 {
  let from = column;
  let negate = false;
  if (rotation != KEEP) {
    if (column < half) {
      from = column + half;
      negate = rotation == MINUS_IMAGINARY_REAL;
    } else {
      from = column - half;
      negate = rotation != MINUS_IMAGINARY_REAL;
    }
  }
  const value = load<f32>(source + ((<usize>row * columns + from) << 2));
  return negate ? -value : value;
}

/**
 * Packs source [rows, columns] so that panels run over COLUMNS: out[column / 8][row][column % 8], padded with zeros.
 * The right operand of A B. One chunk is one panel.
 */
export function packPlain(source: usize, rows: i32, columns: i32, rotation: i32, out: usize, panel: i32): void {
  const first = panel * PANEL;
  const count = min(PANEL, columns - first);
  let target = out + ((<usize>panel * rows * PANEL) << 2);
  const half = columns >> 1;
  if (rotation == KEEP && count == PANEL) {
    let at = source + (<usize>first << 2);
    for (let r = 0; r < rows; r++) {
      v128.store(target, v128.load(at));
      v128.store(target, v128.load(at, 16), 16);
      at += <usize>columns << 2;
      target += 32;
    }
    return;
  }
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < PANEL; c++) {
      const value: f32 = c < count ? rotated(source, columns, half, r, first + c, rotation) : 0;
      store<f32>(target + (<usize>c << 2), value);
    }
    target += 32;
  }
}

/**
 * out[i, j] (+)= sum over p of a[i * aRow + p * aInner] * b[p, j] for rows [row0, row1), b packed in panels.
 * Strides count floats. The order of the sum over p is fixed, so the bits do not depend on the chunking.
 */
export function productRows(
  a: usize, aRow: i32, aInner: i32, panels: usize, columns: i32, inner: i32,
  out: usize, outRow: i32, accumulate: i32, row0: i32, row1: i32,
): void {
  const aRowBytes = <usize>aRow << 2;
  const outRowBytes = <usize>outRow << 2;
  const panelBytes = <usize>inner * 32;
  let panel = panels;
  for (let j = 0; j < columns; j += PANEL) {
    const width = min(PANEL, columns - j);
    let i = row0;
    for (; i + 4 <= row1; i += 4) {
      const target = out + <usize>i * outRowBytes + (<usize>j << 2);
      block4(a + <usize>i * aRowBytes, aRowBytes, <usize>aInner << 2, panel, inner, target, outRowBytes, width, accumulate);
    }
    for (; i < row1; i++) {
      const target = out + <usize>i * outRowBytes + (<usize>j << 2);
      block1(a + <usize>i * aRowBytes, <usize>aInner << 2, panel, inner, target, width, accumulate);
    }
    panel += panelBytes;
  }
}

// @ts-ignore: decorator
@inline
function block4(
  a: usize, aRow: usize, aInner: usize, panel: usize, inner: i32, out: usize, outRow: usize, width: i32, accumulate: i32,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let a0 = a;
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const end = panel + <usize>inner * 32;
  for (let b = panel; b < end; b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
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
    a0 += aInner;
    a1 += aInner;
    a2 += aInner;
    a3 += aInner;
  }
  put(out, c00, c01, width, accumulate);
  put(out + outRow, c10, c11, width, accumulate);
  put(out + 2 * outRow, c20, c21, width, accumulate);
  put(out + 3 * outRow, c30, c31, width, accumulate);
}

// @ts-ignore: decorator
@inline
function block1(a: usize, aInner: usize, panel: usize, inner: i32, out: usize, width: i32, accumulate: i32): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  const end = panel + <usize>inner * 32;
  for (let b = panel; b < end; b += 32) {
    const s = v128.load32_splat(a);
    c0 = multiplyAdd(s, v128.load(b), c0);
    c1 = multiplyAdd(s, v128.load(b, 16), c1);
    a += aInner;
  }
  put(out, c0, c1, width, accumulate);
}

// @ts-ignore: decorator
@inline
function put(out: usize, c0: v128, c1: v128, width: i32, accumulate: i32): void {
  if (width == PANEL) {
    if (accumulate) {
      c0 = f32x4.add(v128.load(out), c0);
      c1 = f32x4.add(v128.load(out, 16), c1);
    }
    v128.store(out, c0);
    v128.store(out, c1, 16);
  } else putTail(out, c0, c1, width, accumulate);
}

function putTail(out: usize, c0: v128, c1: v128, width: i32, accumulate: i32): void {
  for (let j = 0; j < width; j++) {
    const value = lane(j < 4 ? c0 : c1, j & 3);
    const at = out + (<usize>j << 2);
    store<f32>(at, accumulate ? load<f32>(at) + value : value);
  }
}

// @ts-ignore: decorator
@inline
function lane(v: v128, j: i32): f32 {
  if (j == 0) return f32x4.extract_lane(v, 0);
  if (j == 1) return f32x4.extract_lane(v, 1);
  if (j == 2) return f32x4.extract_lane(v, 2);
  return f32x4.extract_lane(v, 3);
}

/** productRows over the rows of one chunk: the pool's entry. */
export function productChunk(
  a: usize, aRow: i32, aInner: i32, panels: usize, columns: i32, inner: i32,
  out: usize, outRow: i32, accumulate: i32, rows: i32, chunk: i32,
): void {
  const row0 = chunk * CHUNK_ROWS;
  productRows(a, aRow, aInner, panels, columns, inner, out, outRow, accumulate, row0, min(rows, row0 + CHUNK_ROWS));
}
