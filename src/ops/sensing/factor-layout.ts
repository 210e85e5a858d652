// Factors between the spatial domain [k, n, rank] and the form that operators keep: transform-domain planes whose
// complex slices lie as [n, 2 rank] = [real | imaginary] halves.

import { transformTubesReference } from '../completion/completion-reference.ts';
import type { Transform } from '../mode3-transform/transform.ts';

/** The stored form of a factor [k, n, rank]; slice s starts at slice.plane * n * rank. */
export function storedFromSpatial(spatial: Float64Array, n: number, rank: number, transform: Transform): Float64Array {
  const planes = transformTubesReference(spatial, transform.forward, transform.k);
  const stored = new Float64Array(planes.length);
  eachElement(n, rank, transform, (plane, at) => {
    stored[at] = planes[plane];
  });
  return stored;
}

/** The factor [k, n, rank] of a stored one. */
export function spatialFromStored(
  stored: ArrayLike<number>,
  n: number,
  rank: number,
  transform: Transform,
): Float64Array {
  const planes = new Float64Array(stored.length);
  eachElement(n, rank, transform, (plane, at) => {
    planes[plane] = stored[at];
  });
  return transformTubesReference(planes, transform.inverse, transform.k);
}

/** Visits every element by its index in [k, n, rank] planes and in the stored form. */
function eachElement(
  n: number,
  rank: number,
  transform: Transform,
  visit: (plane: number, stored: number) => void,
): void {
  for (const slice of transform.slices) {
    const parts = slice.complex ? 2 : 1;
    const base = slice.plane * n * rank;
    for (let part = 0; part < parts; part++) {
      for (let i = 0; i < n; i++) {
        const row = base + (i * parts + part) * rank;
        for (let c = 0; c < rank; c++) visit(base + (part * n + i) * rank + c, row + c);
      }
    }
  }
}
