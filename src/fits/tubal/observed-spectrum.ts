// What the observed entries alone say of the truth's spectrum: the leading slice singular values of Y / p, by subspace
// iteration in float64, and the edge below which they are noise of the sampling. It serves the prediction of switch-on
// times of a completion, where the truth is not known.

import { createRandom } from '../../numerics/random.ts';
import { symmetricEigenvalues } from '../../numerics/symmetric-eigenvalues.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { transformTubesReference } from '../../ops/completion/completion-reference.ts';
import type { Transform } from '../../ops/mode3-transform/transform.ts';
import type { Observations } from './observations.ts';

const LEADING = 20;
/** Beyond LEADING, so that the last of them converge too. */
const GUARD = 4;
const ROUNDS = 2;
/** Multiply-adds that may be spent: about a third of a second. */
const MOST_WORK = 2.5e8;
/** The noise of a mask follows the values it hides, which is more than even noise of the same power makes. */
const EDGE_MARGIN = 1.25;

/**
 * Leading singular values of each tube index over the slices (their largest), of P_training(Y) / p, descending, as far
 * as they stand above the noise of the sampling. None where that would take too long.
 */
export function observedSpectrum(
  observations: Pick<Observations, 'values' | 'mask' | 'trainingRate'>,
  rows: number,
  columns: number,
  transform: Transform,
): Float64Array {
  const { values, mask, trainingRate } = observations;
  const { k, slices, scale, forward } = transform;
  const width = Math.min(LEADING + GUARD, rows, columns);
  const complexity = slices.reduce((sum, { complex }) => sum + (complex ? 8 : 1), 0);
  if (complexity * rows * columns * width * 2 * (ROUNDS + 1) + k * values.length > MOST_WORK)
    return new Float64Array(0);
  let square = 0;
  const y = new Float64Array(values.length);
  for (let i = 0; i < y.length; i++) {
    if (mask[i] !== maskByte.training) continue;
    y[i] = values[i] / trainingRate;
    square += values[i] ** 2;
  }
  const hat = transformTubesReference(y, forward, k);
  const plane = (p: number) => hat.subarray(p * rows * columns, (p + 1) * rows * columns);
  const random = createRandom(0, 'observed spectrum');
  const leading = new Float64Array(width);
  for (const { plane: p, complex } of slices) {
    const slice = complex ? embed(plane(p), plane(p + 1), rows, columns) : plane(p);
    const parts = complex ? 2 : 1;
    const found = leadingSingularValues(slice, parts * rows, parts * columns, parts * width, () => random.normal());
    for (let i = 0; i < width; i++) leading[i] = Math.max(leading[i], found[parts * i]);
  }
  // A mask of rate p adds to each entry y a noise of variance y^2 (1 - p) / p: the largest singular value of such a slice.
  const meanSquare = square / (trainingRate * values.length);
  const deviation = Math.sqrt((meanSquare * scale * (1 - trainingRate)) / trainingRate);
  const edge = EDGE_MARGIN * deviation * (Math.sqrt(rows) + Math.sqrt(columns));
  return leading.slice(0, LEADING).filter(value => value > edge);
}

/** A + iB as the real matrix [[A, -B], [B, A]]: every singular value comes twice. */
function embed(a: Float64Array, b: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(4 * rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [re, im] = [a[i * columns + j], b[i * columns + j]];
      out[i * 2 * columns + j] = re;
      out[i * 2 * columns + columns + j] = -im;
      out[(rows + i) * 2 * columns + j] = im;
      out[(rows + i) * 2 * columns + columns + j] = re;
    }
  }
  return out;
}

/** `width` of a [rows, columns], descending. Vectors of the subspaces are kept as rows. */
function leadingSingularValues(
  a: Float64Array,
  rows: number,
  columns: number,
  width: number,
  normal: () => number,
): Float64Array {
  const left = new Float64Array(width * rows);
  const right = Float64Array.from({ length: width * columns }, normal);
  for (let round = 0; round <= ROUNDS; round++) {
    orthonormalise(right, width, columns);
    times(a, right, left, rows, columns, width);
    if (round === ROUNDS) break;
    right.fill(0);
    timesTransposed(a, left, right, rows, columns, width);
  }
  const gram = new Float64Array(width * width);
  for (let v = 0; v < width; v++) {
    for (let w = 0; w <= v; w++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += left[v * rows + i] * left[w * rows + i];
      gram[v * width + w] = sum;
      gram[w * width + v] = sum;
    }
  }
  return symmetricEigenvalues(gram, width).map(value => Math.sqrt(Math.max(0, value)));
}

/** left [width, rows] = right a^T: four vectors at a time share the values of a. */
function times(
  a: Float64Array,
  right: Float64Array,
  left: Float64Array,
  rows: number,
  columns: number,
  width: number,
): void {
  for (let first = 0; first < width; first += 4) {
    const [v0, v1, v2, v3] = [0, 1, 2, 3].map(v => Math.min(width - 1, first + v) * columns);
    for (let i = 0; i < rows; i++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0, at = i * columns; j < columns; j++, at++) {
        const value = a[at];
        s0 += value * right[v0 + j];
        s1 += value * right[v1 + j];
        s2 += value * right[v2 + j];
        s3 += value * right[v3 + j];
      }
      const sums = [s0, s1, s2, s3];
      for (let v = 0; v < 4 && first + v < width; v++) left[(first + v) * rows + i] = sums[v];
    }
  }
}

/** right [width, columns] += left a */
function timesTransposed(
  a: Float64Array,
  left: Float64Array,
  right: Float64Array,
  rows: number,
  columns: number,
  width: number,
): void {
  for (let first = 0; first < width; first += 4) {
    const vectors = [0, 1, 2, 3].filter(v => first + v < width);
    for (let i = 0; i < rows; i++) {
      const factors = [0, 1, 2, 3].map(v => (first + v < width ? left[(first + v) * rows + i] : 0));
      const [f0, f1, f2, f3] = factors;
      const [v0, v1, v2, v3] = [0, 1, 2, 3].map(v => (first + v) * columns);
      if (vectors.length === 4) {
        for (let j = 0, at = i * columns; j < columns; j++, at++) {
          const value = a[at];
          right[v0 + j] += f0 * value;
          right[v1 + j] += f1 * value;
          right[v2 + j] += f2 * value;
          right[v3 + j] += f3 * value;
        }
      } else {
        for (const v of vectors)
          for (let j = 0, at = i * columns; j < columns; j++, at++)
            right[(first + v) * columns + j] += factors[v] * a[at];
      }
    }
  }
}

/** Gram-Schmidt over the rows [count, length], twice for orthogonality to the last bits. */
function orthonormalise(vectors: Float64Array, count: number, length: number): void {
  for (let v = 0; v < count; v++) {
    const row = vectors.subarray(v * length, (v + 1) * length);
    for (let other = 0; other < 2 * v; other++) {
      const earlier = vectors.subarray((other % v) * length, ((other % v) + 1) * length);
      let overlap = 0;
      for (let j = 0; j < length; j++) overlap += row[j] * earlier[j];
      for (let j = 0; j < length; j++) row[j] -= overlap * earlier[j];
    }
    let square = 0;
    for (let j = 0; j < length; j++) square += row[j] ** 2;
    const norm = Math.sqrt(square) || 1;
    for (let j = 0; j < length; j++) row[j] /= norm;
  }
}
