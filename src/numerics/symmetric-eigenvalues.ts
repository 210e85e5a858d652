// Eigenvalues alone of a symmetric float64 matrix: Householder tridiagonalisation, then implicit QL (Golub and Van Loan,
// Matrix Computations, sections 8.3.1 and 8.3.3). A tenth of the time that the vectors would take. Pure.

const QL_LIMIT = 60;
const EPSILON = 2 ** -52;

/** Eigenvalues, descending. `a` [n, n] is destroyed; only its lower triangle is read. */
export function symmetricEigenvalues(a: Float64Array, n: number): Float64Array {
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  tridiagonalise(a, n, d, e);
  implicitQL(d, e, n);
  return d.sort().reverse();
}

/** d: the diagonal, e: what is beside it, from e[0] on. */
function tridiagonalise(a: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i);
    d[i] = a[i * n + i];
    const x = v[i - 1];
    let tail = 0;
    for (let j = 0; j < i - 1; j++) tail += v[j] * v[j];
    if (tail === 0) {
      e[i - 1] = x;
      continue;
    }
    const norm = Math.sqrt(tail + x * x);
    const alpha = x > 0 ? -norm : norm;
    const head = x - alpha;
    v[i - 1] = head;
    const b = 2 / (tail + head * head);
    e[i - 1] = alpha;
    // p = b A v - (b^2 / 2) (v^T A v) v, then A -= v p^T + p v^T, on the lower triangle.
    p.fill(0);
    for (let j = 0; j < i; j++) {
      const row = j * n;
      const vj = v[j];
      let sum = a[row + j] * vj;
      for (let l = 0; l < j; l++) {
        sum += a[row + l] * v[l];
        p[l] += a[row + l] * vj;
      }
      p[j] += sum;
    }
    let overlap = 0;
    for (let j = 0; j < i; j++) {
      p[j] *= b;
      overlap += p[j] * v[j];
    }
    for (let j = 0; j < i; j++) p[j] -= 0.5 * b * overlap * v[j];
    for (let j = 0; j < i; j++) {
      const row = j * n;
      const [vj, pj] = [v[j], p[j]];
      for (let l = 0; l <= j; l++) a[row + l] -= vj * p[l] + pj * v[l];
    }
  }
  if (n > 0) d[0] = a[0];
}

function implicitQL(d: Float64Array, e: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; sweep < QL_LIMIT; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      // Wilkinson's shift from the upper left corner.
      const half = (d[l + 1] - d[l]) / (2 * e[l]);
      const root = Math.sqrt(half * half + 1);
      let g = d[m] - d[l] + e[l] / (half + (half >= 0 ? root : -root));
      let s = 1;
      let c = 1;
      let shift = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        const r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= shift;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - shift;
        const t = (d[i] - g) * s + 2 * c * b;
        shift = s * t;
        d[i + 1] = g + shift;
        g = c * t - b;
      }
      if (i >= l) continue;
      d[l] -= shift;
      e[l] = g;
      e[m] = 0;
    }
  }
}
