// Transforms along mode 3 as k x k real matrices. A transform domain has k real planes: the half spectrum of the DFT
// is stored as [real slice, (real, imaginary) pairs, real Nyquist slice], so that one kernel serves every transform.

import { createRandom } from '../../numerics/random.ts';

export const transformIds = ['dct', 'dft', 'identity', 'random-orthogonal', 'data-driven'] as const;
export type TransformId = (typeof transformIds)[number];

/** One slice of the transform domain. */
export interface Slice {
  /** First plane; a complex slice takes this one (real part) and the next (imaginary part). */
  readonly plane: number;
  readonly complex: boolean;
  /** How many slices of the full spectrum it stands for: 2 for a complex slice of the half spectrum, else 1. */
  readonly weight: number;
}

export interface Transform {
  readonly id: TransformId;
  readonly k: number;
  /** planes x tubes, [k, k] row-major. */
  readonly forward: Float64Array;
  /** tubes x planes, [k, k] row-major. */
  readonly inverse: Float64Array;
  readonly slices: readonly Slice[];
  /** L^H L = scale I over the full spectrum: k for the unnormalised DFT, 1 for orthonormal transforms. */
  readonly scale: number;
}

export interface TransformSource {
  /** Seed of the random orthogonal transform. */
  readonly seed?: number;
  /** Orthonormal basis of the data-driven transform, [k, k], one basis vector per row. */
  readonly basis?: Float64Array;
}

/** The transform `id` for tubes of length k. */
export function createTransform(id: TransformId, k: number, source: TransformSource = {}): Transform {
  if (id === 'dft') return discreteFourier(k);
  const forward = id === 'dct' ? cosineMatrix(k) : id === 'identity' ? identityMatrix(k) : orthonormal(id, k, source);
  const slices = Array.from({ length: k }, (_, plane) => ({ plane, complex: false, weight: 1 }));
  return { id, k, forward, inverse: transposed(forward, k), slices, scale: 1 };
}

/** Orthonormal DCT-II: row j is s_j cos(pi (t + 1/2) j / k). */
function cosineMatrix(k: number): Float64Array {
  const matrix = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    const norm = Math.sqrt((j === 0 ? 1 : 2) / k);
    for (let t = 0; t < k; t++) matrix[j * k + t] = norm * Math.cos((Math.PI * (t + 0.5) * j) / k);
  }
  return matrix;
}

function identityMatrix(k: number): Float64Array {
  const matrix = new Float64Array(k * k);
  for (let j = 0; j < k; j++) matrix[j * k + j] = 1;
  return matrix;
}

function orthonormal(id: TransformId, k: number, source: TransformSource): Float64Array {
  if (id === 'data-driven') {
    if (source.basis?.length !== k * k)
      throw new RangeError(`The data-driven transform needs a basis of ${k} x ${k} values`);
    return source.basis;
  }
  const random = createRandom(source.seed ?? 0, 'random-orthogonal');
  return orthonormalRows(
    Float64Array.from({ length: k * k }, () => random.normal()),
    k,
  );
}

/** Modified Gram-Schmidt, twice, over the rows of a [k, k] matrix. */
export function orthonormalRows(matrix: Float64Array, k: number): Float64Array {
  const rows = Array.from({ length: k }, (_, i) => matrix.slice(i * k, (i + 1) * k));
  for (let i = 0; i < k; i++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const overlap = rows[i].reduce((sum, value, t) => sum + value * rows[j][t], 0);
        for (let t = 0; t < k; t++) rows[i][t] -= overlap * rows[j][t];
      }
    }
    const norm = Math.hypot(...rows[i]);
    for (let t = 0; t < k; t++) rows[i][t] /= norm;
  }
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) out.set(rows[i], i * k);
  return out;
}

function discreteFourier(k: number): Transform {
  const forward = new Float64Array(k * k);
  const inverse = new Float64Array(k * k);
  const slices: Slice[] = [];
  const write = (plane: number, weight: number, wave: (t: number) => number) => {
    for (let t = 0; t < k; t++) {
      forward[plane * k + t] = wave(t);
      inverse[t * k + plane] = (weight / k) * wave(t);
    }
  };
  for (let j = 0, plane = 0; j <= k / 2; j++) {
    const real = j === 0 || 2 * j === k;
    const weight = real ? 1 : 2;
    const angle = (t: number) => (2 * Math.PI * ((j * t) % k)) / k;
    slices.push({ plane, complex: !real, weight });
    write(plane++, weight, t => Math.cos(angle(t)));
    if (!real) write(plane++, weight, t => -Math.sin(angle(t)));
  }
  return { id: 'dft', k, forward, inverse, slices, scale: k };
}

function transposed(matrix: Float64Array, k: number): Float64Array {
  return Float64Array.from(matrix, (_, i) => matrix[(i % k) * k + Math.floor(i / k)]);
}
