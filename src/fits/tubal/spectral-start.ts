// The spectral start of scaled gradient descent: factors of the leading singular triples of every slice of the observed
// tensor over its rate, L = U S^(1/2), R = V S^(1/2). Tong, Ma, Chi, JMLR 22(150) 2021, algorithm 1, slice by slice.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { type CompletionFactors, maskByte } from '../../ops/completion/completion-cpu.ts';
import { transformTubesReference } from '../../ops/completion/completion-reference.ts';
import type { Observations } from './observations.ts';

/** Writes the factors; columns beyond the rank of a slice are zero. */
export function startSpectral(
  { left, right, rank, transform }: CompletionFactors,
  { values, mask, trainingRate }: Pick<Observations, 'values' | 'mask' | 'trainingRate'>,
  rows: number,
  columns: number,
): void {
  const y = new Float64Array(values.length);
  for (let i = 0; i < y.length; i++) if (mask[i] === maskByte.training) y[i] = values[i] / trainingRate;
  const hat = transformTubesReference(y, transform.forward, transform.k);
  const size = rows * columns;
  const plane = (p: number) => Matrix.from1DArray(rows, columns, hat.subarray(p * size, (p + 1) * size));
  for (const { plane: p, complex } of transform.slices) {
    const slice = complex ? embedded(plane(p), plane(p + 1)) : plane(p);
    const wide = rows <= columns;
    const short = wide ? slice.mmul(slice.transpose()) : slice.transpose().mmul(slice);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(short, { assumeSymmetric: true });
    const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
    const side = wide ? rows : columns;
    const chosen: { readonly vector: Float64Array; readonly sigma: number }[] = [];
    for (const i of order) {
      if (chosen.length === rank || !(realEigenvalues[i] > 0)) break;
      const vector = Float64Array.from(eigenvectorMatrix.getColumn(i));
      // An embedded slice has every singular value twice: what a chosen vector times i spans already is passed over.
      const fresh = complex ? remainder(vector, chosen, side) : vector;
      if (fresh !== undefined) chosen.push({ vector: fresh, sigma: Math.sqrt(realEigenvalues[i]) });
    }
    const width = complex ? 2 * rank : rank;
    const write = (out: Float32Array, n: number, c: number, vector: ArrayLike<number>, scale: number) => {
      for (let i = 0; i < n; i++) {
        const at = p * n * rank + i * width + c;
        out[at] = scale * vector[i];
        if (complex) out[at + rank] = scale * vector[i + n];
      }
    };
    chosen.forEach(({ vector, sigma }, c) => {
      const column = Matrix.columnVector(vector);
      const other = (wide ? slice.transpose().mmul(column) : slice.mmul(column)).to1DArray();
      const [u, v] = wide ? [vector, other] : [other, vector];
      write(left.values, rows, c, u, wide ? Math.sqrt(sigma) : 1 / Math.sqrt(sigma));
      write(right.values, columns, c, v, wide ? 1 / Math.sqrt(sigma) : Math.sqrt(sigma));
    });
  }
}

/** [[A, -B], [B, A]] for A + iB. */
function embedded(a: Matrix, b: Matrix): Matrix {
  const out = Matrix.zeros(2 * a.rows, 2 * a.columns);
  out.setSubMatrix(a, 0, 0).setSubMatrix(a, a.rows, a.columns);
  out.setSubMatrix(b, a.rows, 0).setSubMatrix(Matrix.mul(b, -1), 0, a.columns);
  return out;
}

/** The unit vector [re, im] left of this one without its complex components along those chosen; undefined where none is. */
function remainder(
  vector: Float64Array,
  chosen: readonly { readonly vector: Float64Array }[],
  n: number,
): Float64Array | undefined {
  const out = vector.slice();
  for (let pass = 0; pass < 2; pass++) {
    for (const { vector: v } of chosen) {
      let re = 0;
      let im = 0;
      for (let i = 0; i < n; i++) {
        re += v[i] * out[i] + v[i + n] * out[i + n];
        im += v[i] * out[i + n] - v[i + n] * out[i];
      }
      for (let i = 0; i < n; i++) {
        out[i] -= re * v[i] - im * v[i + n];
        out[i + n] -= re * v[i + n] + im * v[i];
      }
    }
  }
  const norm = Math.hypot(...out);
  return norm > 0.5 ? out.map(value => value / norm) : undefined;
}
