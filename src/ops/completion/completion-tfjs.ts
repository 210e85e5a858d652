// The operators of the completion objective as plain tfjs-core operations, and the objective composed of them: the
// readable reference, whose gradients come from automatic differentiation. Complex slices are written out in real
// products, for tfjs has no gradients of complex tensors. Needs a tfjs backend and its registered gradients.

import * as tf from '@tensorflow/tfjs-core';
import type { Transform } from '../mode3-transform/transform.ts';
import { type CompletionLosses, maskByte } from './completion-cpu.ts';
import type { ReferenceProblem } from './completion-reference.ts';

/** Every tube of x [k, …] times matrix [k, k]. */
export function transformTubes(x: tf.Tensor, matrix: Float64Array, k: number): tf.Tensor {
  return tf.reshape(tf.matMul(tf.tensor2d(Array.from(matrix), [k, k]), tf.reshape(x, [k, -1])), x.shape);
}

/** L R^H of every slice as planes [k, rows, columns]; factors stored as in completion-cpu.ts. */
export function sliceProducts(
  left: tf.Tensor1D,
  right: tf.Tensor1D,
  rows: number,
  columns: number,
  rank: number,
  transform: Transform,
): tf.Tensor {
  const parts = (factor: tf.Tensor1D, n: number, plane: number, complex: boolean) => {
    const width = complex ? 2 * rank : rank;
    const stored = tf.reshape(tf.slice(factor, plane * n * rank, n * width), [n, width]);
    return complex ? tf.split(stored, 2, 1) : [stored];
  };
  const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, false, true);
  return tf.stack(
    transform.slices.flatMap(({ plane, complex }) => {
      const [lr, li] = parts(left, rows, plane, complex);
      const [rr, ri] = parts(right, columns, plane, complex);
      if (!complex) return [product(lr, rr)];
      return [tf.add(product(lr, rr), product(li, ri)), tf.sub(product(li, rr), product(lr, ri))];
    }),
  );
}

/** Half the sum of squares of x - y where the mask holds `byte`. */
export function maskedLoss(x: tf.Tensor, y: ArrayLike<number>, mask: Uint8Array, byte: number): tf.Scalar {
  const at = tf.tensor(
    Float32Array.from(mask, m => (m === byte ? 1 : 0)),
    x.shape,
  );
  const target = tf.tensor(
    Float32Array.from(mask, (m, i) => (m === byte ? y[i] : 0)),
    x.shape,
  );
  return tf.mul(0.5, tf.sum(tf.square(tf.sub(tf.mul(at, x), target))));
}

/** Sum of huber_epsilon(|grad x|) over x [k, rows, columns]: forward differences, zero across the border. */
export function huberVariation(
  x: tf.Tensor,
  { epsilon, directions, channels }: ReferenceProblem['smoothness'],
): tf.Scalar {
  const axes = directions === 3 ? [0, 1, 2] : [1, 2];
  const squares = axes.map(axis => {
    const size = x.shape[axis];
    if (size === 1) return tf.zerosLike(x);
    const begin = (offset: number) => x.shape.map((_, a) => (a === axis ? offset : 0));
    const shape = x.shape.map((n, a) => (a === axis ? n - 1 : n));
    const difference = tf.sub(tf.slice(x, begin(1), shape), tf.slice(x, begin(0), shape));
    const padding = x.shape.map((_, a) => [0, a === axis ? 1 : 0] as [number, number]);
    return tf.square(tf.pad(difference, padding));
  });
  const sum = squares.reduce((a, b) => tf.add(a, b));
  const g2 = channels === 'joint' ? tf.sum(sum, 0) : sum;
  const square = epsilon * epsilon;
  // Both branches at once: g^2 / (2 epsilon) up to epsilon, plus what g has above it.
  const quadratic = tf.div(tf.minimum(g2, square), 2 * epsilon);
  return tf.sum(tf.add(quadratic, tf.sub(tf.sqrt(tf.maximum(g2, square)), epsilon)));
}

/** Losses, and gradients in the convention of completion-cpu.ts. */
export function evaluateTfjs(
  problem: ReferenceProblem,
  left: Float32Array,
  right: Float32Array,
): CompletionLosses & { gradLeft: Float32Array; gradRight: Float32Array } {
  const { rows, columns, rank, transform, y, mask, smoothness } = problem;
  const synthesise = (l: tf.Tensor1D, r: tf.Tensor1D) =>
    transformTubes(sliceProducts(l, r, rows, columns, rank, transform), transform.inverse, transform.k);
  const objective = (l: tf.Tensor, r: tf.Tensor): tf.Scalar => {
    const x = synthesise(l as tf.Tensor1D, r as tf.Tensor1D);
    const training = maskedLoss(x, y, mask, maskByte.training);
    if (smoothness.weight === 0) return training;
    return tf.add(training, tf.mul(smoothness.weight, huberVariation(x, smoothness)));
  };
  return tf.tidy(() => {
    const [l, r] = [tf.tensor1d(left), tf.tensor1d(right)];
    const { grads } = tf.valueAndGrads(objective)([l, r]);
    const x = synthesise(l, r);
    return {
      training: maskedLoss(x, y, mask, maskByte.training).dataSync()[0],
      validation: maskedLoss(x, y, mask, maskByte.validation).dataSync()[0],
      smoothness: smoothness.weight === 0 ? 0 : huberVariation(x, smoothness).dataSync()[0],
      gradLeft: withoutScale(grads[0], rows, rank, transform),
      gradRight: withoutScale(grads[1], columns, rank, transform),
    };
  });
}

/** The inverse transform carries weight / scale per slice into automatic gradients; ours are gradients of the spatial factors. */
function withoutScale(gradient: tf.Tensor, n: number, rank: number, { slices, scale }: Transform): Float32Array {
  const out = Float32Array.from(gradient.dataSync());
  for (const { plane, complex, weight } of slices) {
    const end = (plane + (complex ? 2 : 1)) * n * rank;
    for (let i = plane * n * rank; i < end; i++) out[i] *= scale / weight;
  }
  return out;
}

/** Enough for condition numbers of a thousand in float32. */
const INVERSE_ITERATIONS = 30;

/**
 * Rows of gradient [n, width] of one slice times (F^H F + lambda I)^-1 for factor F [m, width]; width = 2 rank if complex.
 * tfjs has no inverse: it is the limit of Y <- Y (2 I - A Y) (Schulz 1933), from Y = I over a bound of the norm of A.
 */
export function preconditionTfjs(
  factor: tf.Tensor2D,
  gradient: tf.Tensor2D,
  complex: boolean,
  lambda: number,
): tf.Tensor2D {
  const gram = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b, true, false) as tf.Tensor2D;
  const blocks = (re: tf.Tensor2D, im: tf.Tensor2D) =>
    tf.concat2d([tf.concat2d([re, im], 1), tf.concat2d([tf.neg(im), re], 1)], 0);
  const [re, im] = complex ? (tf.split(factor, 2, 1) as tf.Tensor2D[]) : [factor, factor];
  const whole = complex
    ? blocks(tf.add(gram(re, re), gram(im, im)), tf.sub(gram(re, im), gram(im, re)))
    : gram(factor, factor);
  const identity = tf.eye(whole.shape[0]);
  const damped = tf.add(whole, tf.mul(identity, lambda)) as tf.Tensor2D;
  let inverse = tf.div(identity, tf.norm(damped)) as tf.Tensor2D;
  for (let iteration = 0; iteration < INVERSE_ITERATIONS; iteration++)
    inverse = tf.matMul(inverse, tf.sub(tf.mul(identity, 2), tf.matMul(damped, inverse)) as tf.Tensor2D);
  return tf.matMul(gradient, inverse);
}
