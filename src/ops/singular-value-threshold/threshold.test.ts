// Singular value thresholding: kernel against library, edge cases, and what a proximal map must do.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../mode3-transform/transform.ts';
import { createThreshold } from './threshold-cpu.ts';
import { thresholdReference } from './threshold-reference.ts';

const devices: CpuDevice[] = [];
beforeAll(async () => {
  for (const twin of ['simd', 'relaxed-simd'] as const)
    for (const threads of [1, 2]) devices.push(await openNodeDevice({ twin, threads }));
});
afterAll(() => {
  for (const device of devices) device.dispose();
});

function gaussian(count: number, seed = 1): Float32Array {
  const random = createRandom(seed, 'threshold test');
  return Float32Array.from({ length: count }, () => random.normal());
}

/** Values, norm and ranks on one device. */
function onDevice(
  device: CpuDevice,
  x: Float32Array,
  rows: number,
  columns: number,
  id: TransformId,
  k: number,
  tau: number,
) {
  const before = device.allocatedBytes;
  const threshold = createThreshold(device, rows, columns, createTransform(id, k));
  const array = device.floats(x.length);
  array.values.set(x);
  const result = { ...threshold.apply(array, tau), values: array.values.slice() };
  array.dispose();
  threshold.dispose();
  expect(device.allocatedBytes).toBe(before);
  return result;
}

describe('singular value thresholding', () => {
  it.each([
    [12, 7, 3, 'dct', 1.5],
    [7, 12, 3, 'dft', 2],
    [9, 9, 4, 'dft', 1],
    [30, 3, 17, 'dct', 2],
    [1, 5, 2, 'identity', 0.3],
    [5, 1, 1, 'dct', 0.3],
    [40, 33, 5, 'dft', 6],
    [64, 64, 1, 'identity', 4],
  ] as const)("is the library's at %i x %i x %i, %s, tau %f", (rows, columns, k, id, tau) => {
    const x = gaussian(rows * columns * k);
    const expected = thresholdReference(Float64Array.from(x), rows, columns, createTransform(id, k), tau);
    const results = devices.map(device => onDevice(device, x, rows, columns, id, k, tau));
    for (const { values, nuclearNorm, ranks } of results) {
      // float32 in and out; the transforms add a few roundings.
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.values[i])), 0);
      expect(worst).toBeLessThan(2e-5);
      expect(nuclearNorm).toBeCloseTo(expected.nuclearNorm, 3);
      expect(ranks).toEqual(expected.ranks);
    }
    expect(results[1].values).toEqual(results[0].values);
    expect(results[3].values).toEqual(results[2].values);
  });

  it('keeps the zero tensor, and makes it of what is below the threshold', () => {
    const zero = onDevice(devices[0], new Float32Array(60), 5, 4, 'dft', 3, 0.1);
    expect(zero.values.every(value => value === 0)).toBe(true);
    const all = onDevice(devices[0], gaussian(60), 5, 4, 'dft', 3, 100);
    expect(all).toMatchObject({ nuclearNorm: 0, ranks: [0, 0] });
    expect(all.values.every(value => value === 0)).toBe(true);
  });

  it('lowers the one singular value of a rank-one slice', () => {
    // |u| = 5, |v| = 13: the singular value 65 becomes 52, so the slice is scaled by 4/5.
    const x = Float32Array.from([3 * 5, 3 * 12, 4 * 5, 4 * 12]);
    const { values, ranks, nuclearNorm } = onDevice(devices[0], x, 2, 2, 'identity', 1, 13);
    x.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(0.8 * value, 5);
    });
    expect(ranks).toEqual([1]);
    expect(nuclearNorm).toBeCloseTo(52, 5);
  });
});
