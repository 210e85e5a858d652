// Singular values of the slices of L * R^T from the factors alone, the norms of the singular tubes, six estimates of
// rank to look at side by side, and angles between column spaces. Float64, outside the loop; in the engine's process.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { symmetricEigenvalues } from '../../numerics/symmetric-eigenvalues.ts';
import type { Transform } from '../../ops/mode3-transform/transform.ts';

/** Singular values below this share of the largest are rounding: they are roots of eigenvalues of float64 Grams. */
const GRAM_FLOOR = 1e-8;

/**
 * Singular values of every slice of L R^H, descending, min(rows, columns, rank) each. Factors as operators store them:
 * slice s holds [n, width] from slice.plane * n * rank on, width = 2 rank ([real | imaginary]) if complex.
 * They are square roots of the eigenvalues of C^H (R^H R) C with L^H L = C C^H, a Cholesky factor with pivoting, which
 * also exists where the Gram matrix is singular, as it is at small starts; accurate to about 1e-8 of the largest.
 */
export function sliceSingularValues(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  rows: number,
  columns: number,
  rank: number,
  transform: Transform,
): Float64Array[] {
  return transform.slices.map(({ plane, complex }) => {
    const [l, r] = [plane * rows * rank, plane * columns * rank];
    const count = Math.min(rows, columns, rank);
    // With more columns than the slice has, the Gram of the slice itself is smaller than those of its factors.
    const small =
      rank > count
        ? smallerGram(
            productWithTransposed(embedded(left, l, rows, rank, complex), embedded(right, r, columns, rank, complex)),
          )
        : factorGram(storedGram(left, l, rows, rank, complex), storedGram(right, r, columns, rank, complex));
    return eigenvalues(small, complex, count).map(value => Math.sqrt(Math.max(0, value)));
  });
}

/** Singular values of every slice of U * U^T: the eigenvalues of U^H U or of U U^H, not squared, so accurate to 1e-16. */
export function symmetricSliceSingularValues(
  factor: ArrayLike<number>,
  n: number,
  rank: number,
  transform: Transform,
): Float64Array[] {
  return transform.slices.map(({ plane, complex }) => {
    const u = embedded(factor, plane * n * rank, n, rank, complex);
    return eigenvalues(smallerGram(u), complex, Math.min(n, rank)).map(value => Math.max(0, value));
  });
}

/** ||sigma_i|| = sqrt((1 / scale) sum over slices of w_j s_ij^2): the norms of the singular tubes, descending. */
export function singularTubeNorms(values: readonly Float64Array[], transform: Transform): Float64Array {
  return Float64Array.from(values[0], (_, i) =>
    Math.sqrt(transform.slices.reduce((sum, { weight }, s) => sum + weight * values[s][i] ** 2, 0) / transform.scale),
  );
}

/** Rank of every stored slice: singular values above `threshold` times the largest of all slices. */
export function multiRank(values: readonly Float64Array[], threshold: number): number[] {
  const largest = Math.max(...values.map(slice => slice[0]));
  return values.map(slice => slice.filter(value => value > threshold * largest).length);
}

export interface RankEstimates {
  /** Tubes longer than 1e-2 of the longest. */
  readonly relativeThreshold: number;
  /** Where the ratio of a tube's norm to the next one's is largest. */
  readonly largestGap: number;
  /** exp of the entropy of the norms as shares of their sum (Roy and Vetterli, EUSIPCO 2007). */
  readonly entropy: number;
  /** Sum of squared norms over the largest square. */
  readonly stable: number;
  /** Fewest tubes that hold 99 % of the energy. */
  readonly energy99: number;
  /** Mean over all k slices of the slice's rank by the relative threshold. */
  readonly average: number;
}

/** The estimates from the slice singular values; all 0 for the zero tensor. */
export function rankEstimates(values: readonly Float64Array[], transform: Transform): RankEstimates {
  const norms = singularTubeNorms(values, transform);
  const energy = norms.reduce((sum, norm) => sum + norm * norm, 0);
  if (energy === 0) return { relativeThreshold: 0, largestGap: 0, entropy: 0, stable: 0, energy99: 0, average: 0 };
  const total = norms.reduce((sum, norm) => sum + norm, 0);
  const entropy = norms.reduce((sum, norm) => sum - (norm > 0 ? (norm / total) * Math.log(norm / total) : 0), 0);
  const weights = transform.slices.reduce((sum, { weight }) => sum + weight, 0);
  const ranks = multiRank(values, 1e-2);
  return {
    relativeThreshold: norms.filter(norm => norm > 1e-2 * norms[0]).length,
    largestGap: largestGap(norms),
    entropy: Math.exp(entropy),
    stable: energy / norms[0] ** 2,
    energy99: tubesForEnergy(norms, 0.99 * energy),
    average: transform.slices.reduce((sum, { weight }, s) => sum + weight * ranks[s], 0) / weights,
  };
}

function largestGap(norms: Float64Array): number {
  const floored = norms.map(norm => Math.max(norm, GRAM_FLOOR * norms[0]));
  let best = norms.length;
  let bestRatio = 1;
  for (let i = 0; i + 1 < norms.length; i++) {
    const ratio = floored[i] / floored[i + 1];
    if (ratio <= bestRatio) continue;
    best = i + 1;
    bestRatio = ratio;
  }
  return best;
}

function tubesForEnergy(norms: Float64Array, wanted: number): number {
  let sum = 0;
  for (let i = 0; i < norms.length; i++) {
    sum += norms[i] ** 2;
    if (sum >= wanted) return i + 1;
  }
  return norms.length;
}

/** One orthonormal basis per slice, in columns; of complex slices in the real embedding, two columns for each. */
export type ColumnSpaces = readonly Matrix[];

/** The spaces of the `count` leading left singular vectors of every slice of a stored factor [n, rank]. */
export function leadingColumnSpaces(
  factor: ArrayLike<number>,
  n: number,
  rank: number,
  count: number,
  transform: Transform,
): ColumnSpaces {
  return transform.slices.map(({ plane, complex }) => {
    const u = embedded(factor, plane * n * rank, n, rank, complex);
    const { realEigenvalues, eigenvectorMatrix } = decompose(toMatrix(gram(transposed(u))));
    const descending = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
    const rows = eigenvectorMatrix.to2DArray();
    return new Matrix(rows.map(row => descending.slice(0, complex ? 2 * count : count).map(i => row[i])));
  });
}

/** Sine of the largest principal angle between two families of spaces of equal dimensions, over all slices. */
export function sineOfLargestAngle(a: ColumnSpaces, b: ColumnSpaces): number {
  return Math.max(
    ...a.map((space, s) => {
      const outside = Matrix.sub(b[s], space.mmul(space.transpose().mmul(b[s])));
      const { realEigenvalues } = decompose(outside.transpose().mmul(outside));
      return Math.min(1, Math.sqrt(Math.max(0, ...realEigenvalues)));
    }),
  );
}

/** A dense real matrix, row-major. */
interface Dense {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/**
 * One slice of a stored factor; a complex one A + iB as the real matrix [[A, -B], [B, A]], for which sums, products and
 * transposes stand for those of the complex matrix, and every eigenvalue and singular value comes twice.
 */
function embedded(stored: ArrayLike<number>, start: number, n: number, width: number, complex: boolean): Dense {
  const parts = complex ? 2 : 1;
  const [rows, columns] = [parts * n, parts * width];
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      const at = start + i * columns + j;
      values[i * columns + j] = stored[at];
      if (!complex) continue;
      values[(n + i) * columns + width + j] = stored[at];
      values[(n + i) * columns + j] = stored[at + width];
      values[i * columns + width + j] = -stored[at + width];
    }
  }
  return { rows, columns, values };
}

function transposed({ rows, columns, values }: Dense): Dense {
  const out = Float64Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
  return { rows: columns, columns: rows, values: out };
}

function toMatrix({ rows, columns, values }: Dense): Matrix {
  return Matrix.from1DArray(rows, columns, values);
}

/** M^T M */
function gram({ rows, columns, values }: Dense): Dense {
  const out = new Float64Array(columns * columns);
  const zeros = new Float64Array(columns);
  const rowOf = (i: number) => (i < rows ? values.subarray(i * columns, (i + 1) * columns) : zeros);
  // Four rows at a time: the sums are read and written a quarter as often.
  for (let i = 0; i < rows; i += 4) {
    const [a, b, c, d] = [rowOf(i), rowOf(i + 1), rowOf(i + 2), rowOf(i + 3)];
    for (let j = 0; j < columns; j++) {
      const [fa, fb, fc, fd] = [a[j], b[j], c[j], d[j]];
      for (let l = 0, at = j * columns; l <= j; l++, at++) out[at] += fa * a[l] + fb * b[l] + fc * c[l] + fd * d[l];
    }
  }
  for (let j = 0; j < columns; j++) for (let l = 0; l < j; l++) out[l * columns + j] = out[j * columns + l];
  return { rows: columns, columns, values: out };
}

/** The Gram matrix of an embedded slice, from half as many rows: of [A | B] it holds all products that it is made of. */
function storedGram(stored: ArrayLike<number>, start: number, n: number, width: number, complex: boolean): Dense {
  const columns = complex ? 2 * width : width;
  const values = new Float64Array(n * columns);
  for (let i = 0; i < values.length; i++) values[i] = stored[start + i];
  const whole = gram({ rows: n, columns, values });
  if (!complex) return whole;
  const out = new Float64Array(columns * columns);
  const part = (p: number, q: number, i: number, j: number) => whole.values[(p * width + i) * columns + q * width + j];
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      const re = part(0, 0, i, j) + part(1, 1, i, j);
      const im = part(0, 1, i, j) - part(1, 0, i, j);
      out[i * columns + j] = re;
      out[(width + i) * columns + width + j] = re;
      out[i * columns + width + j] = -im;
      out[(width + i) * columns + j] = im;
    }
  }
  return { rows: columns, columns, values: out };
}

/** M^T M or M M^T, whichever is smaller: their non-zero eigenvalues agree. */
function smallerGram(matrix: Dense): Dense {
  return gram(matrix.columns <= matrix.rows ? matrix : transposed(matrix));
}

/** L R^T */
function productWithTransposed(l: Dense, r: Dense): Dense {
  const inner = l.columns;
  const out = new Float64Array(l.rows * r.rows);
  for (let i = 0; i < l.rows; i++) {
    for (let j = 0; j < r.rows; j++) {
      let sum = 0;
      for (let c = 0; c < inner; c++) sum += l.values[i * inner + c] * r.values[j * inner + c];
      out[i * r.rows + j] = sum;
    }
  }
  return { rows: l.rows, columns: r.rows, values: out };
}

/** C^T G C with C C^T = the first Gram matrix. */
function factorGram(first: Dense, { rows: n, values: g }: Dense): Dense {
  const c = pivotedCholesky(first);
  const q = c.length;
  const out = new Float64Array(q * q);
  const product = new Float64Array(n);
  for (let a = 0; a < q; a++) {
    product.fill(0);
    for (let i = 0; i < n; i++) {
      const factor = c[a][i];
      if (factor === 0) continue;
      for (let j = 0, at = i * n; j < n; j++, at++) product[j] += factor * g[at];
    }
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += product[j] * c[b][j];
      out[a * q + b] = sum;
      out[b * q + a] = sum;
    }
  }
  return { rows: q, columns: q, values: out };
}

/** Columns of C with C C^T = G, positive semi-definite [n, n], largest pivots first, down to what rounding leaves. */
function pivotedCholesky({ rows: n, values }: Dense): Float64Array[] {
  const g = values.slice();
  const columns: Float64Array[] = [];
  const left = new Set(Array.from({ length: n }, (_, i) => i));
  let first = 0;
  while (left.size > 0) {
    let pivot = -1;
    for (const i of left) if (pivot < 0 || g[i * n + i] > g[pivot * n + pivot]) pivot = i;
    const square = g[pivot * n + pivot];
    if (columns.length === 0) first = square;
    if (!(square > n * 2 ** -52 * first)) break;
    const column = new Float64Array(n);
    const root = Math.sqrt(square);
    for (const i of left) column[i] = g[i * n + pivot] / root;
    left.delete(pivot);
    for (const i of left) {
      const factor = column[i];
      for (let j = 0, at = i * n; j < n; j++, at++) g[at] -= factor * column[j];
    }
    columns.push(column);
  }
  return columns;
}

/** `count` of them, descending, zero beyond what there are; of a complex matrix's embedding every second one. */
function eigenvalues({ rows, values }: Dense, complex: boolean, count: number): Float64Array {
  const all = symmetricEigenvalues(values, rows);
  return Float64Array.from({ length: count }, (_, i) => all[complex ? 2 * i : i] ?? 0);
}

function decompose(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
}
