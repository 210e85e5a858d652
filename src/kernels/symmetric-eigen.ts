// Eigenvalues and eigenvectors of a symmetric float64 matrix: Householder tridiagonalisation, then implicit QL
// (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3). Rows are contiguous in every inner loop.
// AssemblyScript.

import { addScaled, dot, rotate } from './vectors';

const QL_LIMIT: i32 = 60;

/**
 * a [n, n] is destroyed; q [n, n] receives one eigenvector per ROW; work holds 4 n + 8 doubles, of which the first n
 * become the eigenvalues, in no order.
 */
export function eigen(a: usize, q: usize, n: i32, work: usize): void {
  const d = work;
  const e = d + (<usize>n << 3);
  const beta = e + (<usize>n << 3);
  const p = beta + (<usize>n << 3);
  tridiagonalise(a, n, d, e, beta, p);
  accumulate(a, q, n, beta, p);
  transpose(q, n);
  implicitQL(d, e, q, n);
}

/** Leaves the Householder vector of step i in row i of a, its factor in beta[i]; d and e are the tridiagonal matrix. */
function tridiagonalise(a: usize, n: i32, d: usize, e: usize, beta: usize, p: usize): void {
  const rowBytes = <usize>n << 3;
  for (let i = n - 1; i > 0; i--) {
    const v = a + <usize>i * rowBytes;
    const last = v + (<usize>(i - 1) << 3);
    store<f64>(d + (<usize>i << 3), load<f64>(v + (<usize>i << 3)));
    const x = load<f64>(last);
    const tail = i > 1 ? dot(v, v, i - 1) : 0;
    if (tail == 0) {
      store<f64>(e + (<usize>(i - 1) << 3), x);
      store<f64>(beta + (<usize>i << 3), 0);
      continue;
    }
    const norm = sqrt(tail + x * x);
    const alpha = x > 0 ? -norm : norm;
    const head = x - alpha;
    store<f64>(last, head);
    const b = 2 / (tail + head * head);
    store<f64>(e + (<usize>(i - 1) << 3), alpha);
    store<f64>(beta + (<usize>i << 3), b);
    // p = b A v - (b^2 / 2) (v^T A v) v, then A -= v p^T + p v^T.
    for (let j = 0; j < i; j++) store<f64>(p + (<usize>j << 3), b * dot(a + <usize>j * rowBytes, v, i));
    addScaled(p, -0.5 * b * dot(p, v, i), v, i);
    for (let j = 0; j < i; j++) {
      const row = a + <usize>j * rowBytes;
      addScaled(row, -load<f64>(v + (<usize>j << 3)), p, i);
      addScaled(row, -load<f64>(p + (<usize>j << 3)), v, i);
    }
  }
  store<f64>(d, load<f64>(a));
}

/** q = H_{n-1} … H_1 from the stored vectors. */
function accumulate(a: usize, q: usize, n: i32, beta: usize, u: usize): void {
  const rowBytes = <usize>n << 3;
  memory.fill(q, 0, <usize>n * rowBytes);
  for (let i = 0; i < n; i++) store<f64>(q + <usize>i * rowBytes + (<usize>i << 3), 1);
  for (let i = 1; i < n; i++) {
    const b = load<f64>(beta + (<usize>i << 3));
    if (b == 0) continue;
    const v = a + <usize>i * rowBytes;
    memory.fill(u, 0, <usize>i << 3);
    for (let j = 0; j < i; j++) addScaled(u, load<f64>(v + (<usize>j << 3)), q + <usize>j * rowBytes, i);
    for (let j = 0; j < i; j++) addScaled(q + <usize>j * rowBytes, -b * load<f64>(v + (<usize>j << 3)), u, i);
  }
}

function transpose(q: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const one = q + ((<usize>(i * n + j)) << 3);
      const other = q + ((<usize>(j * n + i)) << 3);
      const kept = load<f64>(one);
      store<f64>(one, load<f64>(other));
      store<f64>(other, kept);
    }
  }
}

/** Diagonalises the tridiagonal matrix (d, e), turning the rows of q along. */
function implicitQL(d: usize, e: usize, q: usize, n: i32): void {
  store<f64>(e + (<usize>(n - 1) << 3), 0);
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; sweep < QL_LIMIT; sweep++) {
      let m = l;
      for (; m < n - 1; m++) {
        const scale = abs(at(d, m)) + abs(at(d, m + 1));
        if (abs(at(e, m)) <= 2.220446049250313e-16 * scale) break;
      }
      if (m == l) break;
      // Wilkinson's shift from the upper left corner.
      const half = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
      const root = sqrt(half * half + 1);
      let g = at(d, m) - at(d, l) + at(e, l) / (half + (half >= 0 ? root : -root));
      let s: f64 = 1;
      let c: f64 = 1;
      let shift: f64 = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * at(e, i);
        const b = c * at(e, i);
        const r = sqrt(f * f + g * g);
        put(e, i + 1, r);
        if (r == 0) {
          put(d, i + 1, at(d, i + 1) - shift);
          put(e, m, 0);
          break;
        }
        s = f / r;
        c = g / r;
        g = at(d, i + 1) - shift;
        const t = (at(d, i) - g) * s + 2 * c * b;
        shift = s * t;
        put(d, i + 1, g + shift);
        g = c * t - b;
        rotate(q + ((<usize>i * n) << 3), q + ((<usize>(i + 1) * n) << 3), c, s, n);
      }
      if (i >= l) continue;
      put(d, l, at(d, l) - shift);
      put(e, l, g);
      put(e, m, 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function at(vector: usize, index: i32): f64 {
  return load<f64>(vector + (<usize>index << 3));
}

// @ts-ignore: decorator
@inline
function put(vector: usize, index: i32, value: f64): void {
  store<f64>(vector + (<usize>index << 3), value);
}
