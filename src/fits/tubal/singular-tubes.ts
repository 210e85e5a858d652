// Singular values of the slices of L * R^T from the factors alone, the norms of the singular tubes, six estimates of
// rank to look at side by side, and angles between column spaces. Float64, outside the loop; in the engine's process.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Transform } from '../../ops/mode3-transform/transform.ts';

/** Singular values below this share of the largest are rounding: they are roots of eigenvalues of float64 Grams. */
const GRAM_FLOOR = 1e-8;

/**
 * Singular values of every slice of L R^H, descending, min(rows, columns, rank) each. Factors as operators store them:
 * slice s holds [n, width] from slice.plane * n * rank on, width = 2 rank ([real | imaginary]) if complex.
 * They are square roots of the eigenvalues of C (R^H R) C with C = (L^H L)^(1/2), which also exists where the Gram
 * matrix is singular, as it is at small starts; accurate to about 1e-8 of the largest.
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
    const l = embeddedSlice(left, plane * rows * rank, rows, rank, complex);
    const r = embeddedSlice(right, plane * columns * rank, columns, rank, complex);
    // With more columns than the slice has, the Gram of the slice itself is smaller than those of its factors.
    const squares =
      rank > Math.min(rows, columns)
        ? eigenvalues(smallerGram(l.mmul(r.transpose())), complex)
        : eigenvalues(sandwich(squareRoot(gram(l)), gram(r)), complex);
    return squares.map(value => Math.sqrt(Math.max(0, value)));
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
    const u = embeddedSlice(factor, plane * n * rank, n, rank, complex);
    return eigenvalues(smallerGram(u), complex).map(value => Math.max(0, value));
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
    const u = embeddedSlice(factor, plane * n * rank, n, rank, complex);
    const { realEigenvalues, eigenvectorMatrix } = decompose(gram(u.transpose()));
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
      return Math.min(1, Math.sqrt(Math.max(0, ...decompose(gram(outside)).realEigenvalues)));
    }),
  );
}

/**
 * One slice of a stored factor; a complex one A + iB as the real matrix [[A, -B], [B, A]], for which sums, products and
 * transposes stand for those of the complex matrix, and every eigenvalue and singular value comes twice.
 */
function embeddedSlice(
  stored: ArrayLike<number>,
  start: number,
  rows: number,
  columns: number,
  complex: boolean,
): Matrix {
  const parts = complex ? 2 : 1;
  const out = Matrix.zeros(parts * rows, parts * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = start + i * parts * columns + j;
      out.set(i, j, stored[at]);
      if (!complex) continue;
      out.set(rows + i, columns + j, stored[at]);
      out.set(rows + i, j, stored[at + columns]);
      out.set(i, columns + j, -stored[at + columns]);
    }
  }
  return out;
}

function gram(matrix: Matrix): Matrix {
  return matrix.transpose().mmul(matrix);
}

/** M^T M or M M^T, whichever is smaller: their non-zero eigenvalues agree. */
function smallerGram(matrix: Matrix): Matrix {
  return gram(matrix.columns <= matrix.rows ? matrix : matrix.transpose());
}

/** The symmetric root of a positive semi-definite matrix; negative eigenvalues are rounding. */
function squareRoot(matrix: Matrix): Matrix {
  const { eigenvectorMatrix, realEigenvalues } = decompose(matrix);
  const roots = realEigenvalues.map(value => Math.sqrt(Math.max(0, value)));
  return eigenvectorMatrix.clone().mulRowVector(roots).mmul(eigenvectorMatrix.transpose());
}

/** C G C, symmetric to the last bit. */
function sandwich(c: Matrix, g: Matrix): Matrix {
  const product = c.mmul(g).mmul(c);
  return product.transpose().add(product).mul(0.5);
}

/** Descending; of a complex matrix's embedding every second one. */
function eigenvalues(matrix: Matrix, complex: boolean): Float64Array {
  const sorted = Float64Array.from(decompose(matrix).realEigenvalues).sort().reverse();
  return complex ? sorted.filter((_, i) => i % 2 === 0) : sorted;
}

function decompose(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
}
