import { describe, expect, it } from 'vitest';
import { transformTubesReference } from '../../ops/completion/completion-reference.ts';
import { createTransform, type TransformId } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import {
  countSensing,
  degreesOfFreedom,
  makeSensingProblem,
  relativeError,
  symmetricAmbient,
  symmetricDegreesOfFreedom,
} from './sensing-data.ts';
import { sliceSingularValues } from './singular-tubes.ts';

/** The transpose of a tensor [k, n, n] under the DFT's product, from its definition. */
function transposed(tensor: ArrayLike<number>, n: number, k: number): Float64Array {
  return Float64Array.from(tensor, (_, e) => {
    const [t, i, j] = [Math.floor(e / (n * n)), Math.floor(e / n) % n, e % n];
    return tensor[(((k - t) % k) * n + j) * n + i];
  });
}

/** Singular values of the slices of a tensor, as the product of itself and the identity. */
function spectraOf(tensor: Float64Array, n: number, k: number, id: TransformId): Float64Array[] {
  const transform = createTransform(id, k);
  const hat = transformTubesReference(tensor, transform.forward, k);
  const identity = new Float64Array(n * n * k);
  const stored = new Float64Array(n * n * k);
  for (const { plane, complex } of transform.slices) {
    const parts = complex ? 2 : 1;
    for (let i = 0; i < n; i++) {
      identity[plane * n * n + i * parts * n + i] = 1;
      for (let part = 0; part < parts; part++) {
        for (let j = 0; j < n; j++)
          stored[plane * n * n + (i * parts + part) * n + j] = hat[((plane + part) * n + i) * n + j];
      }
    }
  }
  return sliceSingularValues(stored, identity, n, n, n, transform);
}

describe('synthetic sensing problems', () => {
  it.each([1, 2, 3, 4, 5])('have a t-symmetric truth of the rank asked for, all singular values 1, k = %i', k => {
    const { truth, truthSingularValues } = makeSensingProblem({ n: 7, k, tubalRank: 2, measurements: 3, seed: 5 });
    expect(relativeError(transposed(truth, 7, k), truth)).toBeLessThan(1e-14);
    spectraOf(truth, 7, k, 'dft').forEach((slice, s) => {
      expect([...truthSingularValues[s]]).toEqual([1, 1]);
      for (const i of [0, 1]) expect(slice[i]).toBeCloseTo(1, 7);
      for (const value of slice.subarray(2)) expect(value).toBeLessThan(1e-7);
    });
  });

  it.each([
    ['dft', 4],
    ['dft', 5],
    ['dct', 3],
  ] as const)('have the prescribed spectrum in every slice, %s, k = %i', (id, k) => {
    const spectrum = [1, 0.5, 0.25, 0.1];
    const transform = createTransform(id, k);
    const { truth } = makeSensingProblem({ n: 9, k, tubalRank: 4, measurements: 2, seed: 1, spectrum, transform });
    for (const slice of spectraOf(truth, 9, k, id)) {
      spectrum.forEach((value, i) => {
        expect(slice[i]).toBeCloseTo(value, 7);
      });
      expect(slice[4]).toBeLessThan(1e-7);
    }
  });

  it('measure with t-symmetric tensors that keep norms on average', () => {
    const [n, k, m] = [6, 4, 4000];
    const { truth, measurements, y } = makeSensingProblem({ n, k, tubalRank: 2, measurements: m, seed: 2 });
    const size = n * n * k;
    for (const row of [0, 17, m - 1]) {
      const a = measurements.subarray(row * size, (row + 1) * size);
      expect(Array.from(transposed(a, n, k))).toEqual(Array.from(a));
      expect(y[row]).toBeCloseTo(
        a.reduce((sum, value, e) => sum + value * truth[e], 0),
        12,
      );
    }
    const square = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);
    // |A(X)|^2 / |X|^2 is a mean of 4000 squared standard normals: its standard deviation is sqrt(2 / 4000) = 0.022.
    expect(Math.abs(square(y) / square(truth) - 1)).toBeLessThan(0.1);
  });

  it('draw truth and measurements independently, and again alike', () => {
    const settings = { n: 5, k: 3, tubalRank: 1, measurements: 4, seed: 9 };
    const made = makeSensingProblem(settings);
    expect(makeSensingProblem(settings)).toEqual(made);
    const more = makeSensingProblem({ ...settings, measurements: 16 });
    expect(more.truth).toEqual(made.truth);
    // The same draws, scaled by 1 / sqrt(m).
    for (let e = 0; e < 75; e++) expect(2 * more.measurements[e]).toBeCloseTo(made.measurements[e], 6);
    expect(makeSensingProblem({ ...settings, seed: 10 }).truth).not.toEqual(made.truth);
  });

  it('refuse what takes more than 256 MB, and say what would fit', () => {
    const attempt = () => makeSensingProblem({ n: 64, k: 16, tubalRank: 2, measurements: 1100, seed: 0 });
    expect(attempt).toThrow(LabError);
    expect(attempt).toThrow(/275 MB, more than the 256 MB/);
    try {
      attempt();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'memory', tip: expect.stringContaining('at most 1024 measurements') });
    }
  });

  it('refuse impossible ranks and spectra', () => {
    const settings = { n: 4, k: 2, tubalRank: 2, measurements: 3, seed: 0 };
    expect(() => makeSensingProblem({ ...settings, tubalRank: 5 })).toThrow(/no tubal rank 5/);
    expect(() => makeSensingProblem({ ...settings, spectrum: [1] })).toThrow(/does not give 2/);
    expect(() => makeSensingProblem({ ...settings, spectrum: [1, 0] })).toThrow(/does not give 2/);
  });
});

describe('counting', () => {
  it('gives the published figures', () => {
    // KVIK Fig. 2: n 10, k 4, r 2, m 254, ambient 210. Sensing default: n 20, k 4, r 2, m = 3 d = 468.
    expect(symmetricAmbient(10, 4)).toBe(210);
    expect(symmetricDegreesOfFreedom(20, 4, 2)).toBe(156);
    expect(degreesOfFreedom(300, 451, 3, 100)).toBe(100 * 651 * 3);
    expect(countSensing(10, 4, 2, 254).verdict).toBe('determined');
    expect(countSensing(20, 4, 2, 468)).toMatchObject({ verdict: 'generalises', perFreedom: 3, ambient: 820 });
    expect(countSensing(20, 4, 2, 156).verdict).toBe('fits exactly');
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('has as many unknowns as t-symmetric tensors have free entries, k = %i', k => {
    const n = 3;
    const orbits = new Set<string>();
    for (let e = 0; e < k * n * n; e++) {
      const [t, i, j] = [Math.floor(e / (n * n)), Math.floor(e / n) % n, e % n];
      orbits.add(String(Math.min(e, (((k - t) % k) * n + j) * n + i)));
    }
    expect(symmetricAmbient(n, k)).toBe(orbits.size);
  });
});
