// Every operator on its own against central differences in float64: the derivative along a random direction of the float64
// reference, beside the gradient of the tfjs reference (float32) or beside the closed form that the kernels use.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../mode3-transform/transform.ts';
import { thresholdReference } from '../singular-value-threshold/threshold-reference.ts';
import { thresholdTfjs } from '../singular-value-threshold/threshold-tfjs.ts';
import { maskByte } from './completion-cpu.ts';
import {
  evaluateReference,
  preconditionReference,
  synthesiseReference,
  transformTubesReference,
} from './completion-reference.ts';
import { huberVariation, maskedLoss, preconditionTfjs, sliceProducts, transformTubes } from './completion-tfjs.ts';

beforeAll(() => void tf.env().set('IS_TEST', true));

const normals = (count: number, name: string): Float64Array => {
  const random = createRandom(21, name);
  // Float32 values, so that both references see the same ones.
  return Float64Array.from({ length: count }, () => Math.fround(random.normal()));
};
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

/** (f(x + h d) - f(x - h d)) / 2h */
function centralDifference(f: (x: Float64Array) => number, x: Float64Array, direction: Float64Array): number {
  const h = 1e-6;
  const at = (step: number) => f(x.map((value, i) => value + step * direction[i]));
  return (at(h) - at(-h)) / (2 * h);
}

/** Along three directions; `gradient` in float32 or better. */
function expectGradient(f: (x: Float64Array) => number, x: Float64Array, gradient: ArrayLike<number>, digits = 1e-5) {
  for (const name of ['one', 'two', 'three']) {
    const direction = normals(x.length, name);
    const expected = centralDifference(f, x, direction);
    const scale = Math.sqrt(dot(gradient, gradient) * dot(direction, direction));
    expect(Math.abs(dot(gradient, direction) - expected)).toBeLessThan(digits * (1 + scale));
  }
}

/** Gradient of <f(x), g> by tfjs. */
function automatic(f: (x: tf.Tensor1D) => tf.Tensor, x: Float64Array, g: ArrayLike<number>): Float32Array {
  return tf.tidy(() => {
    const weigh = (t: tf.Tensor) =>
      tf.sum(tf.mul(tf.reshape(f(t as tf.Tensor1D), [-1]), tf.tensor1d(Float32Array.from(g)))) as tf.Scalar;
    return tf
      .grad(weigh)(tf.tensor1d(Float32Array.from(x)))
      .dataSync() as Float32Array;
  });
}

const transforms: [TransformId, number][] = [
  ['identity', 2],
  ['dct', 3],
  ['dft', 4],
  ['dft', 5],
];

describe.each(transforms)('central differences under the %s of %i', (id, k) => {
  const [rows, columns, rank] = [6, 5, 3];
  const transform = createTransform(id, k, { seed: 2 });
  const smoothness = { weight: 1, epsilon: 0.7, directions: 3, channels: 'separate' } as const;
  const mask = Uint8Array.from(normals(rows * columns * k, 'mask'), value => (value < -0.5 ? 0 : value < 0.8 ? 1 : 2));
  const y = normals(mask.length, 'y');
  const problem = { rows, columns, rank, transform, y, mask, smoothness };

  it('of the transform along mode 3', () => {
    const [x, g] = [normals(k * rows, 'x'), normals(k * rows, 'g')];
    const f = (values: Float64Array) => dot(transformTubesReference(values, transform.forward, k), g);
    expectGradient(
      f,
      x,
      automatic(t => transformTubes(tf.reshape(t, [k, rows]), transform.forward, k), x, g),
    );
  });

  it('of the slice products with the inverse transform, by either factor', () => {
    const [left, right] = [normals(rows * rank * k, 'left'), normals(columns * rank * k, 'right')];
    const g = normals(rows * columns * k, 'g');
    const tfjs = (l: tf.Tensor1D, r: tf.Tensor1D) =>
      transformTubes(sliceProducts(l, r, rows, columns, rank, transform), transform.inverse, k);
    const fixed = (values: Float64Array) => tf.tensor1d(Float32Array.from(values));
    const byLeft = automatic(l => tfjs(l, fixed(right)), left, g);
    expectGradient(l => dot(synthesiseReference(problem, l, right), g), left, byLeft);
    const byRight = automatic(r => tfjs(fixed(left), r), right, g);
    expectGradient(r => dot(synthesiseReference(problem, left, r), g), right, byRight);
  });

  it('of the masked loss, and none by what was not observed', () => {
    const x = normals(mask.length, 'x');
    const loss = (values: Float64Array) =>
      values.reduce((sum, value, i) => sum + (mask[i] === maskByte.training ? 0.5 * (value - y[i]) ** 2 : 0), 0);
    const gradient = automatic(t => maskedLoss(t, y, mask, maskByte.training), x, [1]);
    expectGradient(loss, x, gradient);
    gradient.forEach((value, i) => {
      if (mask[i] !== maskByte.training) expect(Math.abs(value)).toBe(0);
    });
  });

  it('of the smoothness, apart from the kinks of its definition', () => {
    const x = normals(mask.length, 'x');
    // A rank as large as the slice holds any tensor: R = identity in the spatial domain makes X = L.
    const full = { ...problem, rank: columns, transform: createTransform('identity', k), mask: mask.map(() => 0) };
    const right = Float64Array.from({ length: k * columns * columns }, (_, i) =>
      i % columns === Math.floor(i / columns) % columns ? 1 : 0,
    );
    const value = (l: Float64Array) => evaluateReference(full, l, right).smoothness;
    expectGradient(value, x, evaluateReference(full, x, right).gradLeft, 1e-7);
    const gradient = automatic(t => huberVariation(tf.reshape(t, [k, rows, columns]), smoothness), x, [1]);
    expectGradient(value, x, gradient);
  });

  it('of the threshold: x - prox(x) is the gradient of its Moreau envelope', () => {
    const x = normals(mask.length, 'x');
    const tau = 1.1;
    const prox = (values: Float64Array) => thresholdReference(values, rows, columns, transform, tau);
    const envelope = (values: Float64Array) => {
      const { values: z, nuclearNorm } = prox(values);
      return tau * nuclearNorm + 0.5 * z.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
    };
    const moved = prox(x).values;
    expectGradient(
      envelope,
      x,
      x.map((value, i) => value - moved[i]),
      1e-7,
    );
  });

  it('of the threshold itself, by automatic differentiation through its tfjs reference', () => {
    const [x, g] = [normals(mask.length, 'x'), normals(mask.length, 'g')];
    const tau = 1.1;
    const f = (values: Float64Array) => dot(thresholdReference(values, rows, columns, transform, tau).values, g);
    const tfjs = (t: tf.Tensor1D) => thresholdTfjs(tf.reshape(t, [k, rows, columns]) as tf.Tensor3D, transform, tau);
    const value = tf.tidy(() => tfjs(tf.tensor1d(Float32Array.from(x))).dataSync());
    const exact = thresholdReference(x, rows, columns, transform, tau).values;
    // Newton-Schulz squares conditions of up to a hundred in float32.
    value.forEach((each, i) => {
      expect(Math.abs(each - exact[i])).toBeLessThan(2e-3);
    });
    expectGradient(f, x, automatic(tfjs, x, g), 5e-3);
  });

  it('of the preconditioner, by the gradient and by the factor it is made of', () => {
    const lambda = 0.4;
    for (const complex of [false, true]) {
      const width = complex ? 2 * rank : rank;
      const [factor, gradient, g] = [
        normals(columns * width, 'factor'),
        normals(rows * width, 'gradient'),
        normals(rows * width, 'g'),
      ];
      const exact = (f: Float64Array, of: Float64Array) => dot(preconditionReference(f, of, rank, complex, lambda), g);
      const tensor = (values: Float64Array, n: number) => tf.tensor2d(Float32Array.from(values), [n, width]);
      const byGradient = automatic(
        t => preconditionTfjs(tensor(factor, columns), tf.reshape(t, [rows, width]), complex, lambda),
        gradient,
        g,
      );
      expectGradient(of => exact(factor, of), gradient, byGradient);
      const byFactor = automatic(
        t => preconditionTfjs(tf.reshape(t, [columns, width]), tensor(gradient, rows), complex, lambda),
        factor,
        g,
      );
      expectGradient(f => exact(f, gradient), factor, byFactor, 1e-4);
    }
  });
});
