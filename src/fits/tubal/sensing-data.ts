// Synthetic sensing problems, seeded: a t-symmetric positive truth X* = U* * U*^T of known singular values, Gaussian
// measurements of it, the small start of gradient descent, and the counting of unknowns that says what m measurements
// can decide.

import { createRandom } from '../../numerics/random.ts';
import { createTransform, type Transform } from '../../ops/mode3-transform/transform.ts';
import { storedFromSpatial } from '../../ops/sensing/factor-layout.ts';
import { measurementBytes, type SensingData, type SensingFactor } from '../../ops/sensing/sensing-cpu.ts';
import { synthesiseSensingReference } from '../../ops/sensing/sensing-reference.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { type ColumnSpaces, leadingColumnSpaces } from './singular-tubes.ts';

export interface SensingSettings {
  readonly n: number;
  readonly k: number;
  /** r of the truth. */
  readonly tubalRank: number;
  readonly measurements: number;
  readonly seed: number;
  /** Singular values of the truth, the same in every slice, `tubalRank` of them; all 1 when left out. */
  readonly spectrum?: readonly number[];
  /** The transform that defines the product; the DFT when left out. */
  readonly transform?: Transform;
}

export interface SensingProblem {
  readonly n: number;
  readonly k: number;
  /** X*, [k, n, n] */
  readonly truth: Float64Array;
  /** Singular values of the slices of X*, descending. */
  readonly truthSingularValues: readonly Float64Array[];
  /** A, [measurements, k * n * n]; A_i = (G_i + G_i^T) / 2 with G_i of independent entries N(0, 1 / measurements). */
  readonly measurements: Float32Array;
  /** <A_i, X*>, [measurements] */
  readonly y: Float64Array;
}

const MAXIMUM_MEGABYTES = 256;

/** Draws truth and measurements from streams of their own. Throws `memory` above 256 MB, and `setting`. */
export function makeSensingProblem(settings: SensingSettings): SensingProblem {
  const { n, k, tubalRank, measurements, seed } = settings;
  const { transform = createTransform('dft', k), spectrum = Array<number>(tubalRank).fill(1) } = settings;
  check(n, k, tubalRank, measurements, spectrum);
  const truth = drawTruth(n, spectrum, seed, transform);
  const size = n * n * k;
  const random = createRandom(seed, 'sensing measurements');
  const a = new Float32Array(measurements * size);
  const y = new Float64Array(measurements);
  const gaussian = new Float64Array(size);
  for (let m = 0; m < measurements; m++) {
    for (let e = 0; e < size; e++) gaussian[e] = random.normal() / Math.sqrt(measurements);
    for (let t = 0, e = 0; t < k; t++) {
      // The transpose of the t-product turns the order of the slices round; those of real transforms do not.
      const partner = transform.id === 'dft' ? (k - t) % k : t;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++, e++) {
          const value = Math.fround((gaussian[e] + gaussian[(partner * n + j) * n + i]) / 2);
          a[m * size + e] = value;
          y[m] += value * truth[e];
        }
      }
    }
  }
  const truthSingularValues = transform.slices.map(() => Float64Array.from(spectrum).sort().reverse());
  return { n, k, truth, truthSingularValues, measurements: a, y };
}

/** U0 of independent entries N(0, alpha^2 / R) in the spatial domain, taken to the transform domain. */
export function startSensing(factor: SensingFactor, alpha: number, seed: number, member: number): void {
  const { n, rank, transform, values } = factor;
  const random = createRandom(seed, `start ${member}`);
  const deviation = alpha / Math.sqrt(rank);
  const spatial = Float64Array.from({ length: n * rank * transform.k }, () => deviation * random.normal());
  values.values.set(storedFromSpatial(spatial, n, rank, transform));
}

/** The `count` leading column spaces of A*(y), towards which a small start turns first: L of the specification. */
export function alignedSpaces(data: SensingData, count: number, transform: Transform): ColumnSpaces {
  data.residuals.values.set(data.y.values);
  data.adjoint();
  const stored = storedFromSpatial(Float64Array.from(data.z.values), data.n, data.n, transform);
  return leadingColumnSpaces(stored, data.n, data.n, count, transform);
}

/** |x - truth| / |truth| */
export function relativeError(x: ArrayLike<number>, truth: Float64Array): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < truth.length; i++) {
    difference += (x[i] - truth[i]) ** 2;
    norm += truth[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Unknowns of an n1 x n2 x k tensor of tubal rank r. */
export function degreesOfFreedom(n1: number, n2: number, k: number, r: number): number {
  return r * (n1 + n2 - r) * k;
}

/**
 * Unknowns of a t-symmetric n x n x k tensor of tubal rank r, as the paper counts them. (Complex slices of the DFT have
 * one phase more per column to spare: r fewer each.)
 */
export function symmetricDegreesOfFreedom(n: number, k: number, r: number): number {
  return k * (n * r - (r * (r - 1)) / 2);
}

/** Unknowns of any t-symmetric n x n x k tensor under the DFT: real slices symmetric, complex ones Hermitian. */
export function symmetricAmbient(n: number, k: number): number {
  const symmetric = (n * (n + 1)) / 2;
  return k % 2 === 0 ? 2 * symmetric + (k / 2 - 1) * n * n : symmetric + ((k - 1) / 2) * n * n;
}

export const sensingVerdicts = ['fits exactly', 'generalises', 'determined'] as const;
export type SensingVerdict = (typeof sensingVerdicts)[number];

export interface SensingCount {
  readonly freedom: number;
  readonly ambient: number;
  /** m / d */
  readonly perFreedom: number;
  /** m / ambient */
  readonly perAmbient: number;
  readonly verdict: SensingVerdict;
  readonly explanation: string;
}

/** Below this m / d a small start reproduces y with a wrong tensor; from here on it finds the truth, if not exactly. */
const GENERALISING_RATIO = 1.5;

const explanations: Record<SensingVerdict, string> = {
  'fits exactly': 'Too few measurements for the rank: many low-rank tensors fit exactly, and most are wrong.',
  generalises: 'Fewer measurements than unknowns, yet enough for the rank: only the small start picks the truth.',
  determined: 'As many measurements as unknowns: plain least squares finds the truth, whatever the start.',
};

/** What m measurements of a t-symmetric tensor of tubal rank r can decide. */
export function countSensing(n: number, k: number, r: number, measurements: number): SensingCount {
  const freedom = symmetricDegreesOfFreedom(n, k, r);
  const ambient = symmetricAmbient(n, k);
  const perFreedom = measurements / freedom;
  const verdict: SensingVerdict =
    measurements >= ambient ? 'determined' : perFreedom >= GENERALISING_RATIO ? 'generalises' : 'fits exactly';
  return {
    freedom,
    ambient,
    perFreedom,
    perAmbient: measurements / ambient,
    verdict,
    explanation: explanations[verdict],
  };
}

function check(n: number, k: number, tubalRank: number, measurements: number, spectrum: readonly number[]): void {
  if (tubalRank > n) {
    throw new LabError({
      code: 'setting',
      message: `A tensor with ${n} x ${n} slices has no tubal rank ${tubalRank}.`,
      where: 'setting tubalRank',
      tip: `The nearest valid value is ${n}.`,
    });
  }
  if (spectrum.length !== tubalRank || spectrum.some(value => !(value > 0))) {
    throw new LabError({
      code: 'setting',
      message: `The spectrum ${spectrum.join(', ')} does not give ${tubalRank} positive singular values.`,
      where: 'setting spectrum',
      tip: `Give ${tubalRank} positive values, or another tubal rank.`,
    });
  }
  const bytes = measurementBytes(n, k, measurements);
  if (bytes > MAXIMUM_MEGABYTES * 2 ** 20) {
    const most = Math.floor((MAXIMUM_MEGABYTES * 2 ** 20) / measurementBytes(n, k, 1));
    throw new LabError({
      code: 'memory',
      message: `${measurements} dense measurements of ${n} x ${n} x ${k} values take ${Math.ceil(bytes / 2 ** 20)} MB, more than the ${MAXIMUM_MEGABYTES} MB they may: every iteration reads all of them twice.`,
      where: 'setting measurements',
      tip: `Use at most ${most} measurements of this size, or a smaller tensor.`,
    });
  }
}

/** U* * U*^T of a Gaussian U* whose columns are then made orthogonal and given their length in every slice. */
function drawTruth(n: number, spectrum: readonly number[], seed: number, transform: Transform): Float64Array {
  const rank = spectrum.length;
  const random = createRandom(seed, 'sensing truth');
  const spatial = Float64Array.from({ length: n * rank * transform.k }, () => random.normal());
  const factor = storedFromSpatial(spatial, n, rank, transform);
  for (const { plane, complex } of transform.slices) {
    const slice = factor.subarray(plane * n * rank, (plane + (complex ? 2 : 1)) * n * rank);
    prescribeSpectrum(slice, rank, complex, spectrum);
  }
  return synthesiseSensingReference({ n, rank, transform, measurements: [], y: [] }, factor);
}

/** Makes the columns of a slice [n, rank] ([n, 2 rank] if complex) orthogonal with the squared norms `spectrum`. */
function prescribeSpectrum(slice: Float64Array, rank: number, complex: boolean, spectrum: readonly number[]): void {
  const width = complex ? 2 * rank : rank;
  const imaginary = (at: number) => (complex ? slice[at + rank] : 0);
  for (let c = 0; c < rank; c++) {
    // Gram-Schmidt, twice for orthogonality to the last bits.
    for (let earlier = 0; earlier < 2 * c; earlier++) {
      const p = earlier % c;
      let re = 0;
      let im = 0;
      for (let row = 0; row < slice.length; row += width) {
        re += slice[row + p] * slice[row + c] + imaginary(row + p) * imaginary(row + c);
        im += slice[row + p] * imaginary(row + c) - imaginary(row + p) * slice[row + c];
      }
      re /= spectrum[p];
      im /= spectrum[p];
      for (let row = 0; row < slice.length; row += width) {
        slice[row + c] -= re * slice[row + p] - im * imaginary(row + p);
        if (complex) slice[row + c + rank] -= re * slice[row + p + rank] + im * slice[row + p];
      }
    }
    let square = 0;
    for (let row = 0; row < slice.length; row += width) square += slice[row + c] ** 2 + imaginary(row + c) ** 2;
    const factor = Math.sqrt(spectrum[c] / square);
    for (let row = 0; row < slice.length; row += width) {
      slice[row + c] *= factor;
      if (complex) slice[row + c + rank] *= factor;
    }
  }
}
