// The largest slice singular value of the observed tensor: it sets the step of gradient descent.

import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { transformTubesReference } from '../../ops/completion/completion-reference.ts';
import type { Transform } from '../../ops/mode3-transform/transform.ts';
import type { Observations } from './observations.ts';

const POWER_ITERATIONS = 20;

/** sigma_1 of P_training(Y) / p over all slices of the transform domain, by power iterations in float64. */
export function largestSliceSingularValue(
  observations: Pick<Observations, 'values' | 'mask' | 'trainingRate'>,
  rows: number,
  columns: number,
  transform: Transform,
): number {
  const { values, mask, trainingRate } = observations;
  const y = new Float64Array(values.length);
  for (let i = 0; i < y.length; i++) if (mask[i] === maskByte.training) y[i] = values[i] / trainingRate;
  const hat = transformTubesReference(y, transform.forward, transform.k);
  const size = rows * columns;
  const plane = (p: number) => hat.subarray(p * size, (p + 1) * size);
  return Math.max(
    ...transform.slices.map(slice => {
      const imaginary = slice.complex ? plane(slice.plane + 1) : undefined;
      return largestSingularValue(plane(slice.plane), imaginary, rows, columns);
    }),
  );
}

/** Of A + iB [rows, columns], as the real matrix [[A, -B], [B, A]]. */
function largestSingularValue(a: Float64Array, b: Float64Array | undefined, rows: number, columns: number): number {
  const parts = b === undefined ? 1 : 2;
  let v: Float64Array = new Float64Array(parts * columns).fill(1);
  for (let i = 0; i < v.length; i++) v[i] += 0.01 * (i % 7);
  let sigma = 0;
  for (let iteration = 0; iteration < POWER_ITERATIONS; iteration++) {
    const u = new Float64Array(parts * rows);
    const next = new Float64Array(parts * columns);
    eachBlock(a, b, (block, sign, rowPart, columnPart) => {
      for (let i = 0; i < rows; i++) {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += block[i * columns + j] * v[columnPart * columns + j];
        u[rowPart * rows + i] += sign * sum;
      }
    });
    eachBlock(a, b, (block, sign, rowPart, columnPart) => {
      for (let i = 0; i < rows; i++) {
        const scale = sign * u[rowPart * rows + i];
        for (let j = 0; j < columns; j++) next[columnPart * columns + j] += scale * block[i * columns + j];
      }
    });
    const norm = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
    if (norm === 0) return 0;
    sigma = Math.sqrt(norm / Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)));
    v = next.map(x => x / norm);
  }
  return sigma;
}

function eachBlock(
  a: Float64Array,
  b: Float64Array | undefined,
  visit: (block: Float64Array, sign: number, rowPart: number, columnPart: number) => void,
): void {
  visit(a, 1, 0, 0);
  if (b === undefined) return;
  visit(a, 1, 1, 1);
  visit(b, -1, 0, 1);
  visit(b, 1, 1, 0);
}
