// The transform along the tubes that the settings name; the data-driven one is learned from the observed entries.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { createTransform, type Transform, type TransformId } from '../../ops/mode3-transform/transform.ts';
import type { SolverContext } from './solver.ts';

export function chooseTransform({ settings, layout, observations, seed }: SolverContext): Transform {
  const k = layout.planes.length;
  const id = settings.transform as TransformId;
  const { values, mask } = observations;
  return createTransform(id, k, id === 'data-driven' ? { basis: principalBasis(values, mask, k) } : { seed });
}

/**
 * Left singular vectors of the mode-3 unfolding of values [k, positions], one per row, largest first: eigenvectors of
 * the second moments between planes, each a mean over the positions that both planes have observed (mask non-zero).
 */
export function principalBasis(values: Float32Array, mask: Uint8Array, k: number): Float64Array {
  const size = values.length / k;
  const moments = Matrix.zeros(k, k);
  for (let p = 0; p < k; p++) {
    for (let q = 0; q <= p; q++) {
      let sum = 0;
      let count = 0;
      for (let i = 0; i < size; i++) {
        if (mask[p * size + i] === 0 || mask[q * size + i] === 0) continue;
        sum += values[p * size + i] * values[q * size + i];
        count++;
      }
      const mean = sum / Math.max(1, count);
      moments.set(p, q, mean);
      moments.set(q, p, mean);
    }
  }
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(moments, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return Float64Array.from(order.flatMap(column => eigenvectorMatrix.getColumn(column)));
}
