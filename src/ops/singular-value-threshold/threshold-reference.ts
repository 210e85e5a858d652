// Singular value thresholding by the SVD of a library: the readable twin of the kernel.

import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { transformTubesReference } from '../completion/completion-reference.ts';
import type { Transform } from '../mode3-transform/transform.ts';
import type { Thresholded } from './threshold-cpu.ts';

/** x [k, rows, columns] with the singular values of its slices lowered by tau. */
export function thresholdReference(
  x: Float64Array,
  rows: number,
  columns: number,
  transform: Transform,
  tau: number,
): Thresholded & { readonly values: Float64Array } {
  const { k, slices, scale } = transform;
  const size = rows * columns;
  const hat = transformTubesReference(x, transform.forward, k);
  let nuclearNorm = 0;
  const ranks = slices.map(({ plane, complex, weight }) => {
    const part = (p: number) =>
      Matrix.from1DArray(rows, columns, hat.subarray((plane + p) * size, (plane + p + 1) * size));
    const matrix = complex ? embedding(part(0), part(1)) : part(0);
    const svd = new SingularValueDecomposition(matrix, { autoTranspose: true });
    const lowered = svd.diagonal.map(value => Math.max(0, value - tau));
    const out = svd.leftSingularVectors.mulRowVector(lowered).mmul(svd.rightSingularVectors.transpose());
    const parts = complex ? 2 : 1;
    nuclearNorm += (weight * lowered.reduce((sum, value) => sum + value, 0)) / parts / scale;
    // The first block column of an embedding holds the real and the imaginary part.
    hat.set(out.subMatrix(0, parts * rows - 1, 0, columns - 1).to1DArray(), plane * size);
    return lowered.filter(value => value > 0).length / parts;
  });
  return { values: transformTubesReference(hat, transform.inverse, k), nuclearNorm, ranks };
}

/** [[A, -B], [B, A]] */
function embedding(a: Matrix, b: Matrix): Matrix {
  const out = Matrix.zeros(2 * a.rows, 2 * a.columns);
  out.setSubMatrix(a, 0, 0).setSubMatrix(a, a.rows, a.columns);
  out.setSubMatrix(b, a.rows, 0).setSubMatrix(Matrix.mul(b, -1), 0, a.columns);
  return out;
}
