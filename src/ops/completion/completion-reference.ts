// The completion objective in plain float64 loops: the readable twin of the fused kernels, and the ground for central
// differences. Layouts as in completion-cpu.ts.

import { inverse, Matrix } from 'ml-matrix';
import type { Transform } from '../mode3-transform/transform.ts';
import { type CompletionLosses, maskByte, type Smoothness } from './completion-cpu.ts';

export interface ReferenceProblem {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly transform: Transform;
  /** [k, rows, columns] */
  readonly y: ArrayLike<number>;
  readonly mask: Uint8Array;
  readonly smoothness: Smoothness;
}

/** x [k, rows, columns] = L * R^T: slice products in the transform domain, then the inverse transform of every tube. */
export function synthesiseReference(problem: ReferenceProblem, left: Float64Array, right: Float64Array): Float64Array {
  const { rows, columns, rank, transform } = problem;
  const size = rows * columns;
  const planes = new Float64Array(transform.k * size);
  for (const { plane, complex } of transform.slices) {
    const parts = complex ? 2 : 1;
    const width = parts * rank;
    const l = left.subarray(plane * rows * rank);
    const r = right.subarray(plane * columns * rank);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let real = 0;
        let imaginary = 0;
        for (let c = 0; c < rank; c++) {
          const lr = l[i * width + c];
          const rr = r[j * width + c];
          real += lr * rr;
          if (!complex) continue;
          const li = l[i * width + rank + c];
          const ri = r[j * width + rank + c];
          real += li * ri;
          imaginary += li * rr - lr * ri;
        }
        planes[plane * size + i * columns + j] = real;
        if (complex) planes[(plane + 1) * size + i * columns + j] = imaginary;
      }
    }
  }
  return transformTubesReference(planes, transform.inverse, transform.k);
}

/** Every tube of data [k, …] times matrix [k, k]. */
export function transformTubesReference(data: Float64Array, matrix: Float64Array, k: number): Float64Array {
  const size = data.length / k;
  const out = new Float64Array(data.length);
  for (let t = 0; t < k; t++) {
    for (let p = 0; p < k; p++) {
      const m = matrix[t * k + p];
      for (let i = 0; i < size; i++) out[t * size + i] += m * data[p * size + i];
    }
  }
  return out;
}

/** Loss terms, and the gradients by L and R mapped to the transform domain (so without the 1/k of the DFT). */
export function evaluateReference(
  problem: ReferenceProblem,
  left: Float64Array,
  right: Float64Array,
): CompletionLosses & { gradLeft: Float64Array; gradRight: Float64Array } {
  const { rows, columns, rank, transform, y, mask, smoothness } = problem;
  const { k } = transform;
  const size = rows * columns;
  const x = synthesiseReference(problem, left, right);
  const z = new Float64Array(x.length);
  let training = 0;
  let validation = 0;
  for (let i = 0; i < x.length; i++) {
    if (mask[i] === maskByte.unobserved) continue;
    const difference = x[i] - y[i];
    if (mask[i] === maskByte.training) {
      z[i] = difference;
      training += 0.5 * difference * difference;
    } else validation += 0.5 * difference * difference;
  }
  const smooth = smoothness.weight === 0 ? 0 : addSmoothnessReference(problem, x, z);
  const hat = transformTubesReference(z, transform.forward, k);
  const gradLeft = new Float64Array(left.length);
  const gradRight = new Float64Array(right.length);
  for (const { plane, complex } of transform.slices) {
    const width = (complex ? 2 : 1) * rank;
    const [l, gl] = [left, gradLeft].map(a => a.subarray(plane * rows * rank));
    const [r, gr] = [right, gradRight].map(a => a.subarray(plane * columns * rank));
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const zr = hat[plane * size + i * columns + j];
        const zi = complex ? hat[(plane + 1) * size + i * columns + j] : 0;
        for (let c = 0; c < rank; c++) {
          const a = i * width + c;
          const b = j * width + c;
          gl[a] += zr * r[b];
          gr[b] += zr * l[a];
          if (!complex) continue;
          gl[a] -= zi * r[b + rank];
          gl[a + rank] += zr * r[b + rank] + zi * r[b];
          gr[b] += zi * l[a + rank];
          gr[b + rank] += zr * l[a + rank] - zi * l[a];
        }
      }
    }
  }
  return { training, validation, smoothness: smooth, gradLeft, gradRight };
}

/** Adds the gradient of the weighted smoothness to z and returns the unweighted sum of Huber values. */
function addSmoothnessReference(problem: ReferenceProblem, x: Float64Array, z: Float64Array): number {
  const { rows, columns, transform, smoothness } = problem;
  const { weight, epsilon, directions, channels } = smoothness;
  const size = rows * columns;
  const neighboursOf = (i: number): number[] => {
    const column = i % columns;
    const row = Math.floor(i / columns) % rows;
    const plane = Math.floor(i / size);
    const neighbours: number[] = [];
    if (row + 1 < rows) neighbours.push(i + columns);
    if (column + 1 < columns) neighbours.push(i + 1);
    if (directions === 3 && plane + 1 < transform.k) neighbours.push(i + size);
    return neighbours;
  };
  const all = Array.from(x, (_, i) => i);
  // One group of elements per gradient magnitude: a position with all its planes, or a single element.
  const groups =
    channels === 'joint' ? all.slice(0, size).map(i => all.filter(n => n % size === i)) : all.map(i => [i]);
  let sum = 0;
  for (const group of groups) {
    const pairs = group.flatMap(i => neighboursOf(i).map(n => [i, n]));
    const g = Math.hypot(...pairs.map(([i, n]) => x[n] - x[i]));
    sum += g > epsilon ? g - epsilon / 2 : (g * g) / (2 * epsilon);
    for (const [i, n] of pairs) {
      const flux = (weight * (x[n] - x[i])) / Math.max(g, epsilon);
      z[n] += flux;
      z[i] -= flux;
    }
  }
  return sum;
}

/** Rows of gradient [n, width] of one slice times (F^H F + lambda I)^-1, factor F [m, width]; width = 2 rank if complex. */
export function preconditionReference(
  factor: Float64Array,
  gradient: Float64Array,
  rank: number,
  complex: boolean,
  lambda: number,
): Float64Array {
  const width = complex ? 2 * rank : rank;
  const f = Matrix.from1DArray(factor.length / width, width, factor);
  const s = f.transpose().mmul(f);
  if (complex) {
    const block = (i: number, j: number) => s.subMatrix(i * rank, (i + 1) * rank - 1, j * rank, (j + 1) * rank - 1);
    const a = Matrix.add(block(0, 0), block(1, 1));
    const b = Matrix.sub(block(0, 1), block(1, 0));
    s.setSubMatrix(a, 0, 0).setSubMatrix(b, 0, rank);
    s.setSubMatrix(Matrix.mul(b, -1), rank, 0).setSubMatrix(a, rank, rank);
  }
  const damped = Matrix.add(s, Matrix.eye(width).mul(lambda));
  const g = Matrix.from1DArray(gradient.length / width, width, gradient);
  return Float64Array.from(g.mmul(inverse(damped)).to1DArray());
}
