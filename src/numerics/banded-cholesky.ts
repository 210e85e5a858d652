// Cholesky factorisation of a symmetric positive definite matrix that is zero away from its diagonal, as the normal
// equations of a chain of cameras are: time and memory grow with its length, not with its square. Pure.

/** Lower part of a symmetric matrix [size, size]: entry (r, c), r − reach ≤ c ≤ r, lies at r (reach + 1) + c − r + reach. */
export interface BandedMatrix {
  readonly size: number;
  /** Entries kept to the left of the diagonal. */
  readonly reach: number;
  readonly values: Float64Array;
}

export function bandedMatrix(size: number, reach: number): BandedMatrix {
  return { size, reach, values: new Float64Array(size * (reach + 1)) };
}

/**
 * The lower factor L with A = L Lᵀ, in the place of A (Golub and Van Loan, Matrix Computations, section 4.3.5). False where
 * A is not positive definite to rounding; the values are then of no use.
 */
export function factoriseBanded({ size, reach, values: a }: BandedMatrix): boolean {
  const width = reach + 1;
  for (let r = 0; r < size; r++) {
    const first = Math.max(0, r - reach);
    const rowR = r * width - r + reach;
    for (let c = first; c < r; c++) {
      const rowC = c * width - c + reach;
      let sum = a[rowR + c];
      for (let k = Math.max(first, c - reach); k < c; k++) sum -= a[rowR + k] * a[rowC + k];
      a[rowR + c] = sum / a[rowC + c];
    }
    let pivot = a[rowR + r];
    for (let k = first; k < r; k++) pivot -= a[rowR + k] * a[rowR + k];
    if (!(pivot > 0)) return false;
    a[rowR + r] = Math.sqrt(pivot);
  }
  return true;
}

/** x [size] with L Lᵀ x = b, L as `factoriseBanded` leaves it. */
export function solveBanded({ size, reach, values: l }: BandedMatrix, b: ArrayLike<number>): Float64Array {
  const width = reach + 1;
  const x = Float64Array.from(b);
  for (let r = 0; r < size; r++) {
    const row = r * width - r + reach;
    for (let k = Math.max(0, r - reach); k < r; k++) x[r] -= l[row + k] * x[k];
    x[r] /= l[row + r];
  }
  for (let r = size - 1; r >= 0; r--) {
    const row = r * width - r + reach;
    x[r] /= l[row + r];
    for (let k = Math.max(0, r - reach); k < r; k++) x[k] -= l[row + k] * x[r];
  }
  return x;
}
