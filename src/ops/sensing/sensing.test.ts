import '@tensorflow/tfjs-backend-cpu';
import { env } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { transformTubesReference } from '../completion/completion-reference.ts';
import { createTransform, type TransformId } from '../mode3-transform/transform.ts';
import { spatialFromStored, storedFromSpatial } from './factor-layout.ts';
import { evaluateSensingAutodiff } from './sensing-autodiff.ts';
import { createSensingData, createSensingFactor } from './sensing-cpu.ts';
import {
  evaluateSensingReference,
  type SensingReferenceProblem,
  synthesiseSensingReference,
} from './sensing-reference.ts';

// Without tfjs's advice to install its native backend.
env().set('PROD', true);

const devices: CpuDevice[] = [];
for (const twin of ['simd', 'relaxed-simd'] as const) {
  for (const threads of [1, 2, 3]) devices.push(await openNodeDevice({ threads, twin }));
}
afterAll(() => {
  for (const device of devices) device.dispose();
});

interface Made {
  readonly problem: SensingReferenceProblem & { readonly measurements: Float32Array; readonly y: Float32Array };
  readonly factor: Float32Array;
}

/** A random problem whose measurements are not symmetric, so that the symmetrising of the gradient is tested too. */
function makeProblem(n: number, k: number, rank: number, count: number, id: TransformId): Made {
  const random = createRandom(7, `${n}x${k}x${rank}x${count}${id}`);
  const normals = (length: number, scale: number) => Float32Array.from({ length }, () => scale * random.normal());
  const measurements = normals(count * n * n * k, 1 / Math.sqrt(count));
  const y = normals(count, 1);
  const factor = normals(n * rank * k, 1 / Math.sqrt(n));
  return { problem: { n, rank, transform: createTransform(id, k, { seed: 3 }), measurements, y }, factor };
}

function onDevice(device: CpuDevice, { problem, factor }: Made) {
  const { n, rank, transform, measurements, y } = problem;
  const data = createSensingData(device, n, transform.k, measurements, y);
  const made = createSensingFactor(device, n, rank, transform);
  made.values.values.set(factor);
  const { loss } = made.evaluate(data);
  const result = {
    loss,
    gradient: made.gradient.values.slice(),
    x: data.x.values.slice(),
    z: data.z.values.slice(),
    residuals: data.residuals.values.slice(),
  };
  made.dispose();
  data.dispose();
  return result;
}

function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

const shapes: [number, number, number, number, TransformId][] = [
  [1, 1, 1, 1, 'identity'],
  [3, 1, 2, 5, 'dft'],
  [5, 2, 7, 33, 'dft'],
  [7, 3, 2, 64, 'dft'],
  [6, 4, 9, 70, 'dft'],
  [5, 7, 3, 45, 'dft'],
  [9, 4, 4, 31, 'dct'],
  [8, 5, 40, 90, 'random-orthogonal'],
];

describe('sensing objective on the cpu device', () => {
  it.each(shapes)('agrees with the float64 reference at n %i, k %i, rank %i, %i measurements, %s', (...shape) => {
    const made = makeProblem(...shape);
    const factor = Float64Array.from(made.factor);
    const x = synthesiseSensingReference(made.problem, factor);
    const expected = evaluateSensingReference(made.problem, factor);
    for (const device of devices) {
      const got = onDevice(device, made);
      // float32 sums of up to 245 products, against their norm
      expect(relativeDifference(got.x, x)).toBeLessThan(1e-6);
      expect(Math.abs(got.loss / expected.loss - 1)).toBeLessThan(1e-5);
      expect(relativeDifference(got.gradient, expected.gradient)).toBeLessThan(5e-6);
    }
  });

  it('gives the same bits for any number of threads', () => {
    const made = makeProblem(11, 4, 13, 133, 'dft');
    for (const twin of ['simd', 'relaxed-simd'] as const) {
      const [one, ...others] = devices.filter(device => device.twin === twin).map(device => onDevice(device, made));
      for (const other of others) expect(other).toEqual(one);
    }
  });

  it.each([
    [4, 'dft'],
    [5, 'dft'],
    [4, 'dct'],
  ] as const)('moves X of gradient descent to (I - eta Z) X (I - eta Z)^H in every slice, k = %i, %s', (k, id) => {
    const { problem, factor } = makeProblem(6, k, 8, 60, id);
    const { n, rank, transform } = problem;
    const eta = 0.3;
    for (const device of devices) {
      const data = createSensingData(device, n, k, problem.measurements, problem.y);
      const made = createSensingFactor(device, n, rank, transform);
      const { values } = made.values;
      values.set(factor);
      made.evaluate(data);
      const before = blocks(data.x.values, problem);
      const step = blocks(data.z.values, problem).map(z =>
        z.map((row, i) => row.map((value, j) => (i === j ? 1 : 0) - (eta * (value + z[j][i])) / 2)),
      );
      for (let i = 0; i < values.length; i++) values[i] -= eta * made.gradient.values[i];
      made.synthesise(data);
      const after = blocks(data.x.values, problem);
      before.forEach((x, s) => {
        const expected = product(product(step[s], x), transposed(step[s]));
        expect(relativeDifference(after[s].flat(), expected.flat())).toBeLessThan(3e-6);
      });
      made.dispose();
      data.dispose();
    }
  });

  it('says how many values of A it needs', () => {
    expect(() => createSensingData(devices[0], 3, 2, new Float32Array(17), [1])).toThrow(/need 18 values/);
  });

  it('frees all it takes', () => {
    for (const device of devices) expect(device.allocatedBytes).toBe(0);
  });
});

describe('sensing reference', () => {
  it.each(shapes)('has gradients equal to central differences at n %i, k %i, rank %i, %i measurements, %s', (...s) => {
    const { problem, factor } = makeProblem(...s);
    const { slices, scale, k } = problem.transform;
    const u = Float64Array.from(factor);
    const { gradient } = evaluateSensingReference(problem, u);
    const random = createRandom(1, 'probes');
    for (let probe = 0; probe < 12; probe++) {
      const i = random.integer(u.length);
      const h = 1e-5;
      const [up, down] = [h, -h].map(step => evaluateSensingReference(problem, withStep(u, i, step)).loss);
      // By Parseval the derivative by a stored half-spectrum value carries weight / scale.
      const plane = Math.floor(i / (u.length / k));
      const { weight } = slices.findLast(slice => slice.plane <= plane)!;
      const expected = (gradient[i] * weight) / scale;
      expect(Math.abs((up - down) / (2 * h) - expected)).toBeLessThan(1e-7 * (1 + Math.abs(expected)));
    }
  });

  it.each(shapes.filter(([, , , , id]) => id === 'dft'))(
    'agrees with automatic differentiation of the circular convolution at n %i, k %i, rank %i, %i measurements',
    (...shape) => {
      const { problem, factor } = makeProblem(...shape);
      const { n, rank, transform, measurements, y } = problem;
      const u = Float64Array.from(factor);
      const reference = evaluateSensingReference(problem, u);
      const spatial = Float32Array.from(spatialFromStored(u, n, rank, transform));
      const { loss, gradient } = evaluateSensingAutodiff(n, measurements, y, spatial, transform.k);
      expect(Math.abs(loss / reference.loss - 1)).toBeLessThan(1e-5);
      expect(relativeDifference(gradient, spatialFromStored(reference.gradient, n, rank, transform))).toBeLessThan(
        1e-5,
      );
    },
  );
});

describe('factor layout', () => {
  it.each([1, 2, 3, 4, 7])('returns what it stored, and keeps Parseval, k = %i', k => {
    const [n, rank] = [3, 5];
    const random = createRandom(2, 'layout');
    const transform = createTransform('dft', k);
    const spatial = Float64Array.from({ length: n * rank * k }, () => random.normal());
    const stored = storedFromSpatial(spatial, n, rank, transform);
    expect(relativeDifference(spatialFromStored(stored, n, rank, transform), spatial)).toBeLessThan(1e-14);
    const energy = transform.slices.reduce((sum, { plane, complex, weight }) => {
      const slice = stored.subarray(plane * n * rank, (plane + (complex ? 2 : 1)) * n * rank);
      return sum + weight * slice.reduce((part, value) => part + value * value, 0);
    }, 0);
    const expected = spatial.reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(energy / transform.scale / expected - 1)).toBeLessThan(1e-14);
  });
});

function withStep(values: Float64Array, index: number, step: number): Float64Array {
  const out = values.slice();
  out[index] += step;
  return out;
}

/** The slices of a tensor [k, n, n] as real matrices; a complex slice A + iB becomes [[A, -B], [B, A]]. */
function blocks(tensor: Float32Array, { n, transform }: SensingReferenceProblem): number[][][] {
  const hat = transformTubesReference(Float64Array.from(tensor), transform.forward, transform.k);
  return transform.slices.map(({ plane, complex }) =>
    Array.from({ length: complex ? 2 * n : n }, (_, i) =>
      Array.from({ length: complex ? 2 * n : n }, (_, j) => {
        const [rowPart, columnPart] = [Math.floor(i / n), Math.floor(j / n)];
        const sign = rowPart < columnPart ? -1 : 1;
        return sign * hat[((plane + (rowPart === columnPart ? 0 : 1)) * n + (i % n)) * n + (j % n)];
      }),
    ),
  );
}

function product(a: number[][], b: number[][]): number[][] {
  return a.map(row => b[0].map((_, j) => row.reduce((sum, value, p) => sum + value * b[p][j], 0)));
}

function transposed(a: number[][]): number[][] {
  return a[0].map((_, j) => a.map(row => row[j]));
}
