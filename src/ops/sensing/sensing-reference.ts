// The sensing objective in plain float64 loops: the readable twin of sensing-cpu.ts and the ground for central
// differences. Layouts as there.

import { transformTubesReference } from '../completion/completion-reference.ts';
import type { Transform } from '../mode3-transform/transform.ts';

export interface SensingReferenceProblem {
  readonly n: number;
  readonly rank: number;
  readonly transform: Transform;
  /** [measurements, k * n * n] */
  readonly measurements: ArrayLike<number>;
  /** [measurements] */
  readonly y: ArrayLike<number>;
}

interface Complex {
  readonly real: number;
  readonly imaginary: number;
}

/** x [k, n, n] = U * U^T: products of slices, then the inverse transform of every tube. */
export function synthesiseSensingReference(problem: SensingReferenceProblem, factor: Float64Array): Float64Array {
  const { n, rank, transform } = problem;
  const planes = new Float64Array(transform.k * n * n);
  for (const { plane, complex } of transform.slices) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const at = (plane * n + i) * n + j;
        for (let c = 0; c < rank; c++) {
          const a = element(problem, factor, plane, complex, i, c);
          const b = element(problem, factor, plane, complex, j, c);
          planes[at] += a.real * b.real + a.imaginary * b.imaginary;
          if (complex) planes[at + n * n] += a.imaginary * b.real - a.real * b.imaginary;
        }
      }
    }
  }
  return transformTubesReference(planes, transform.inverse, transform.k);
}

/** Loss, and the gradient by the spatial U taken to the transform domain. */
export function evaluateSensingReference(
  problem: SensingReferenceProblem,
  factor: Float64Array,
): { loss: number; gradient: Float64Array } {
  const { n, rank, transform, measurements, y } = problem;
  const x = synthesiseSensingReference(problem, factor);
  const z = new Float64Array(x.length);
  let loss = 0;
  for (let m = 0; m < y.length; m++) {
    let residual = -y[m];
    for (let e = 0; e < x.length; e++) residual += measurements[m * x.length + e] * x[e];
    loss += residual ** 2 / 4;
    for (let e = 0; e < x.length; e++) z[e] += measurements[m * x.length + e] * residual;
  }
  const hat = transformTubesReference(z, transform.forward, transform.k);
  const gradient = new Float64Array(factor.length);
  for (const { plane, complex } of transform.slices) {
    const width = complex ? 2 * rank : rank;
    const imaginaryPart = (i: number, j: number) => (complex ? hat[((plane + 1) * n + i) * n + j] : 0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const real = (hat[(plane * n + i) * n + j] + hat[(plane * n + j) * n + i]) / 2;
        const imaginary = (imaginaryPart(i, j) - imaginaryPart(j, i)) / 2;
        for (let c = 0; c < rank; c++) {
          const u = element(problem, factor, plane, complex, j, c);
          const at = plane * n * rank + i * width + c;
          gradient[at] += real * u.real - imaginary * u.imaginary;
          if (complex) gradient[at + rank] += real * u.imaginary + imaginary * u.real;
        }
      }
    }
  }
  return { loss, gradient };
}

/** Element (row, column) of the slice at `plane` of a stored factor. */
function element(
  { n, rank }: SensingReferenceProblem,
  factor: Float64Array,
  plane: number,
  complex: boolean,
  row: number,
  column: number,
): Complex {
  const at = plane * n * rank + row * (complex ? 2 * rank : rank) + column;
  return { real: factor[at], imaginary: complex ? factor[at + rank] : 0 };
}
