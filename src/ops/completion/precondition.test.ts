// The preconditioner of scaled gradient descent: kernel against library, failure, and the invariance it exists for.

import { inverse, Matrix } from 'ml-matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../mode3-transform/transform.ts';
import { createCompletionData, createCompletionFactors } from './completion-cpu.ts';
import { preconditionReference } from './completion-reference.ts';

const devices: CpuDevice[] = [];
beforeAll(async () => {
  for (const twin of ['simd', 'relaxed-simd'] as const)
    for (const threads of [1, 2]) devices.push(await openNodeDevice({ twin, threads }));
});
afterAll(() => {
  for (const device of devices) device.dispose();
});

const none = { weight: 0, epsilon: 0.1, directions: 2, channels: 'separate' } as const;

/** Plain and preconditioned gradients at the given factors. */
function gradients(
  device: CpuDevice,
  [rows, columns, k, rank]: readonly [number, number, number, number],
  id: TransformId,
  lambda: number,
  left: Float32Array,
  right: Float32Array,
) {
  const random = createRandom(5, 'precondition data');
  const count = rows * columns * k;
  const before = device.allocatedBytes;
  const data = createCompletionData(
    device,
    rows,
    columns,
    k,
    Float32Array.from({ length: count }, () => random.normal()),
    Uint8Array.from({ length: count }, () => random.integer(2)),
  );
  const factors = createCompletionFactors(device, rows, columns, rank, createTransform(id, k));
  try {
    factors.left.values.set(left);
    factors.right.values.set(right);
    factors.evaluate(data, none);
    const plain = [factors.gradLeft.values.slice(), factors.gradRight.values.slice()];
    factors.precondition(lambda);
    return { plain, scaled: [factors.gradLeft.values.slice(), factors.gradRight.values.slice()] };
  } finally {
    factors.dispose();
    data.dispose();
    expect(device.allocatedBytes).toBe(before);
  }
}

function normals(count: number, seed: number): Float32Array {
  const random = createRandom(seed, 'precondition factors');
  return Float32Array.from({ length: count }, () => random.normal());
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('the preconditioner', () => {
  it.each([
    [[20, 31, 3, 5], 'dct', 0.5],
    [[20, 31, 3, 5], 'dft', 0.5],
    [[33, 17, 4, 8], 'dft', 0.01],
    [[18, 40, 7, 12], 'dct', 2],
    [[9, 9, 1, 1], 'identity', 0],
    [[40, 60, 2, 33], 'dct', 1],
  ] as const)("is the library's inverse at %j, %s, lambda %f", (shape, id, lambda) => {
    const [rows, columns, k, rank] = shape;
    const [left, right] = [normals(rows * rank * k, 1), normals(columns * rank * k, 2)];
    const results = devices.map(device => gradients(device, shape, id, lambda, left, right));
    for (const { plain, scaled } of results) {
      for (const { plane, complex } of createTransform(id, k).slices) {
        const planes = complex ? 2 : 1;
        const part = (values: Float32Array, n: number) =>
          Float64Array.from(values.subarray(plane * n * rank, (plane + planes) * n * rank));
        const expected = [
          preconditionReference(part(right, columns), part(plain[0], rows), rank, complex, lambda),
          preconditionReference(part(left, rows), part(plain[1], columns), rank, complex, lambda),
        ];
        // float32 Grams of condition numbers below a hundred.
        expect(largestDifference(part(scaled[0], rows), expected[0])).toBeLessThan(5e-5);
        expect(largestDifference(part(scaled[1], columns), expected[1])).toBeLessThan(5e-5);
      }
    }
    expect(results[1].scaled).toEqual(results[0].scaled);
    expect(results[3].scaled).toEqual(results[2].scaled);
  });

  it('makes a step independent of the choice of factors: L Q and R Q^-T move to L_next Q', () => {
    const shape = [24, 28, 2, 4] as const;
    const [rows, columns, k, rank] = shape;
    const [left, right] = [normals(rows * rank * k, 1), normals(columns * rank * k, 2)];
    const q = Matrix.from1DArray(rank, rank, normals(rank * rank, 3)).add(Matrix.eye(rank).mul(3));
    const times = (values: Float32Array, n: number, by: Matrix) =>
      Float32Array.from(
        Matrix.from1DArray((n * k * rank) / rank, rank, values)
          .mmul(by)
          .to1DArray(),
      );
    const [device] = devices;
    const { scaled } = gradients(device, shape, 'dct', 0, left, right);
    const qInverseTransposed = inverse(q).transpose();
    const turned = gradients(device, shape, 'dct', 0, times(left, rows, q), times(right, columns, qInverseTransposed));
    expect(largestDifference(turned.scaled[0], times(scaled[0], rows, q))).toBeLessThan(1e-3);
    expect(largestDifference(turned.scaled[1], times(scaled[1], columns, qInverseTransposed))).toBeLessThan(1e-3);
    // The plain gradient has no such invariance, so the test can fail.
    expect(largestDifference(turned.plain[0], times(scaled[0], rows, q))).toBeGreaterThan(1);
  });

  it('says so when the factors have lost rank and nothing damps', () => {
    const shape = [8, 9, 1, 3] as const;
    expect(() => gradients(devices[0], shape, 'identity', 0, new Float32Array(24), new Float32Array(27))).toThrow(
      expect.objectContaining({ code: 'diverged' }),
    );
  });
});
