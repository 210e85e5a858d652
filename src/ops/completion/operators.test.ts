// The operators one by one, against their tfjs references: slice products and transforms on the device, and the algebra
// of the t-product that they make up.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, orthonormalRows, type TransformId, transformIds } from '../mode3-transform/transform.ts';
import { createDeviceTransform } from '../mode3-transform/transform-cpu.ts';
import { createCompletionData, createCompletionFactors, maskByte, type Smoothness } from './completion-cpu.ts';
import { evaluateReference, synthesiseReference, transformTubesReference } from './completion-reference.ts';
import { evaluateTfjs, sliceProducts, transformTubes } from './completion-tfjs.ts';

const devices: CpuDevice[] = [];
beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  for (const twin of ['simd', 'relaxed-simd'] as const)
    for (const threads of [1, 2]) devices.push(await openNodeDevice({ twin, threads }));
});
afterAll(() => {
  for (const device of devices) device.dispose();
});

const normals = (count: number, name: string): Float32Array => {
  const random = createRandom(11, name);
  return Float32Array.from({ length: count }, () => random.normal());
};
const made = (id: TransformId, k: number) =>
  createTransform(id, k, { seed: 4, basis: orthonormalRows(Float64Array.from(normals(k * k, `basis ${k}`)), k) });
/** NaN where either holds one. */
function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

describe('transforms along mode 3', () => {
  const cases = transformIds.flatMap(id => [1, 2, 3, 4, 5, 6, 7, 8, 13, 30].map(k => [id, k] as const));

  it.each(cases)('%s of tubes of %i: device, tfjs and float64 agree, and the inverse brings back', (id, k) => {
    const transform = made(id, k);
    const positions = 4096 + 13;
    const x = normals(k * positions, `${id}${k}`);
    const exact = transformTubesReference(Float64Array.from(x), transform.forward, k);
    const tfjs = tf.tidy(() => transformTubes(tf.tensor2d(x, [k, positions]), transform.forward, k).dataSync());
    expect(largestDifference(tfjs, exact)).toBeLessThan(1e-4);
    const results = devices.map(device => {
      const addresses = createDeviceTransform(device, transform);
      const array = device.floats(x.length);
      array.values.set(x);
      const run = (address: number) =>
        device.dispatch('transformChunk', [array.byteOffset, positions, k, address, positions], 2);
      run(addresses.forward);
      const forward = array.values.slice();
      run(addresses.inverse);
      const back = array.values.slice();
      array.dispose();
      addresses.dispose();
      return { forward, back };
    });
    for (const { forward, back } of results) {
      expect(largestDifference(forward, exact)).toBeLessThan(2e-5 * Math.sqrt(k));
      expect(largestDifference(back, x)).toBeLessThan(1e-5);
    }
    for (const [one, two] of [results.slice(0, 2), results.slice(2)])
      expect(largestDifference(two.forward, one.forward) + largestDifference(two.back, one.back)).toBe(0);
  });

  it.each(cases)('%s of tubes of %i obeys Parseval with the weights of its slices', (id, k) => {
    const { slices, forward, scale } = made(id, k);
    const [x, y] = ['x', 'y'].map(name => Float64Array.from(normals(k, name)));
    const [xHat, yHat] = [x, y].map(values => transformTubesReference(values, forward, k));
    const sum = slices.reduce((total, { plane, complex, weight }) => {
      const imaginary = complex ? xHat[plane + 1] * yHat[plane + 1] : 0;
      return total + (weight * (xHat[plane] * yHat[plane] + imaginary)) / scale;
    }, 0);
    expect(sum).toBeCloseTo(
      x.reduce((total, value, t) => total + value * y[t], 0),
      10,
    );
  });

  it('has the matrix transposed as its gradient', () => {
    const transform = made('dft', 5);
    const [x, g] = ['x', 'g'].map(name => normals(20, name));
    const gradient = tf.tidy(() =>
      tf
        .grad(t => tf.sum(tf.mul(transformTubes(t, transform.forward, 5), tf.tensor2d(g, [5, 4]))))(
          tf.tensor2d(x, [5, 4]),
        )
        .dataSync(),
    );
    const transposed = transform.forward.map((_, i) => transform.forward[(i % 5) * 5 + Math.floor(i / 5)]);
    expect(largestDifference(gradient, transformTubesReference(Float64Array.from(g), transposed, 5))).toBeLessThan(
      1e-5,
    );
  });
});

describe('slice products', () => {
  it.each([
    [1, 1, 1, 1, 'identity'],
    [17, 9, 3, 5, 'dft'],
    [6, 35, 4, 7, 'dft'],
    [20, 20, 6, 3, 'dct'],
  ] as const)('agree with tfjs at %i x %i x %i, rank %i, %s', (rows, columns, k, rank, id) => {
    const transform = made(id, k);
    const [left, right] = [normals(rows * rank * k, 'left'), normals(columns * rank * k, 'right')];
    const expected = tf.tidy(() =>
      transformTubes(
        sliceProducts(tf.tensor1d(left), tf.tensor1d(right), rows, columns, rank, transform),
        transform.inverse,
        k,
      ).dataSync(),
    );
    const zeros = new Float32Array(rows * columns * k);
    for (const device of devices) {
      const data = createCompletionData(device, rows, columns, k, zeros, new Uint8Array(zeros.length));
      const factors = createCompletionFactors(device, rows, columns, rank, transform);
      factors.left.values.set(left);
      factors.right.values.set(right);
      factors.synthesise(data);
      expect(largestDifference(data.x.values, expected)).toBeLessThan(2e-5);
      factors.dispose();
      data.dispose();
    }
  });
});

describe('the whole objective', () => {
  const smoothness = (channels: 'joint' | 'separate', directions: 2 | 3, weight = 0.3): Smoothness => ({
    weight,
    epsilon: 0.8,
    directions,
    channels,
  });
  it.each([
    [12, 9, 3, 4, 'dft', smoothness('separate', 2, 0)],
    [9, 14, 4, 3, 'dft', smoothness('separate', 2)],
    [11, 10, 3, 5, 'dct', smoothness('joint', 2)],
    [8, 9, 6, 2, 'dct', smoothness('separate', 3)],
  ] as const)(
    'has the losses and gradients of automatic differentiation at %i x %i x %i, rank %i, %s',
    (rows, columns, k, rank, id, term) => {
      const transform = made(id, k);
      const [left, right] = [normals(rows * rank * k, 'left'), normals(columns * rank * k, 'right')];
      const random = createRandom(3, 'objective');
      const mask = Uint8Array.from({ length: rows * columns * k }, () => random.integer(3));
      const y = Float32Array.from(mask, m => (m === maskByte.unobserved ? Number.NaN : random.normal()));
      const problem = { rows, columns, rank, transform, y, mask, smoothness: term };
      const automatic = evaluateTfjs(problem, left, right);
      const exact = evaluateReference(problem, Float64Array.from(left), Float64Array.from(right));
      expect(automatic.training / exact.training).toBeCloseTo(1, 5);
      expect(automatic.validation / exact.validation).toBeCloseTo(1, 5);
      if (term.weight > 0) expect(automatic.smoothness / exact.smoothness).toBeCloseTo(1, 5);
      for (const device of devices) {
        const data = createCompletionData(device, rows, columns, k, y, mask);
        const factors = createCompletionFactors(device, rows, columns, rank, transform);
        factors.left.values.set(left);
        factors.right.values.set(right);
        const losses = factors.evaluate(data, term);
        expect(losses.training / automatic.training).toBeCloseTo(1, 5);
        expect(largestDifference(factors.gradLeft.values, automatic.gradLeft)).toBeLessThan(3e-4);
        expect(largestDifference(factors.gradRight.values, automatic.gradRight)).toBeLessThan(3e-4);
        factors.dispose();
        data.dispose();
      }
    },
  );
});

describe('the algebra of the t-product', () => {
  const [rows, inner, columns] = [3, 4, 5];
  /** Spatial tensors [k, n, m] of a factor [n, inner] stored by slices. */
  const stored = (spatial: Float64Array, n: number, k: number) => {
    const transform = createTransform('dft', k);
    const planes = transformTubesReference(spatial, transform.forward, k);
    const out = new Float64Array(planes.length);
    for (const { plane, complex } of transform.slices) {
      for (let i = 0; i < n; i++) {
        for (let c = 0; c < inner; c++) {
          const width = complex ? 2 * inner : inner;
          const at = plane * n * inner + i * width + c;
          out[at] = planes[plane * n * inner + i * inner + c];
          if (complex) out[at + inner] = planes[(plane + 1) * n * inner + i * inner + c];
        }
      }
    }
    return out;
  };
  const slice = (x: Float64Array, t: number, n: number, m: number) =>
    Matrix.from1DArray(n, m, x.slice(t * n * m, (t + 1) * n * m));
  /** Block-circulant matrix [k n, k m]: block (a, b) is slice a - b. */
  const circulant = (x: Float64Array, n: number, m: number, k: number) => {
    const out = Matrix.zeros(k * n, k * m);
    for (let a = 0; a < k; a++)
      for (let b = 0; b < k; b++) out.setSubMatrix(slice(x, (a - b + k) % k, n, m), a * n, b * m);
    return out;
  };
  /** X^T: every slice transposed, slices 1 … k - 1 in reverse. */
  const transposed = (x: Float64Array, n: number, m: number, k: number) =>
    Float64Array.from(
      Array.from({ length: k }, (_, t) =>
        slice(x, (k - t) % k, n, m)
          .transpose()
          .to1DArray(),
      ).flat(),
    );
  const product = (a: Float64Array, b: Float64Array, n: number, m: number, k: number) => {
    const problem = {
      rows: n,
      columns: m,
      rank: inner,
      transform: createTransform('dft', k),
      y: [],
      mask: new Uint8Array(),
      smoothness: { weight: 0, epsilon: 1, directions: 2, channels: 'separate' } as const,
    };
    return synthesiseReference(problem, stored(a, n, k), stored(transposed(b, inner, m, k), m, k));
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('equals block-circulant matrices for k = %i', k => {
    const a = Float64Array.from(normals(k * rows * inner, 'a'));
    const b = Float64Array.from(normals(k * inner * columns, 'b'));
    const ab = product(a, b, rows, columns, k);
    const expected = circulant(a, rows, inner, k).mmul(circulant(b, inner, columns, k));
    expect(largestDifference(circulant(ab, rows, columns, k).to1DArray(), expected.to1DArray())).toBeLessThan(1e-10);
    // (A * B)^T = B^T * A^T
    const swapped = product(transposed(b, inner, columns, k), transposed(a, rows, inner, k), columns, rows, k);
    expect(largestDifference(transposed(ab, rows, columns, k), swapped)).toBeLessThan(1e-10);
  });

  it.each([1, 2, 3, 4, 7])('has a nuclear norm from the half spectrum for k = %i', k => {
    const x = Float64Array.from(normals(k * rows * columns, 'x'));
    const { slices, forward, scale } = createTransform('dft', k);
    const hat = transformTubesReference(x, forward, k);
    const nuclear = (matrix: Matrix) =>
      new SingularValueDecomposition(matrix, { autoTranspose: true }).diagonal.reduce((sum, value) => sum + value, 0);
    const half = slices.reduce((sum, { plane, complex, weight }) => {
      const re = slice(hat, plane, rows, columns);
      if (!complex) return sum + weight * nuclear(re);
      const im = slice(hat, plane + 1, rows, columns);
      const embedded = Matrix.zeros(2 * rows, 2 * columns);
      embedded.setSubMatrix(re, 0, 0).setSubMatrix(re, rows, columns);
      embedded.setSubMatrix(im, rows, 0).setSubMatrix(Matrix.mul(im, -1), 0, columns);
      return sum + (weight * nuclear(embedded)) / 2;
    }, 0);
    expect(half / scale).toBeCloseTo(nuclear(circulant(x, rows, columns, k)) / k, 9);
  });
});
