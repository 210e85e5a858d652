// Singular value thresholding as plain tfjs-core operations. tfjs has no singular value decomposition, so the slice is
// taken apart by Newton-Schulz iterations, which are products of matrices: the polar factor W of X = W H, and the positive
// part of H - tau. Values converge where singular values are well away from 0 and from tau. Needs a tfjs backend.

import * as tf from '@tensorflow/tfjs-core';
import { transformTubes } from '../completion/completion-tfjs.ts';
import type { Transform } from '../mode3-transform/transform.ts';

/** Enough for singular values of a hundredth of the largest in float32. */
const ITERATIONS = 30;

/** x [k, rows, columns] with the singular values of its slices lowered by tau. */
export function thresholdTfjs(x: tf.Tensor3D, transform: Transform, tau: number): tf.Tensor3D {
  const [k, rows, columns] = x.shape;
  const hat = tf.unstack(transformTubes(x, transform.forward, k)) as tf.Tensor2D[];
  const planes = transform.slices.flatMap(({ plane, complex }) => {
    if (!complex) return [lowered(hat[plane], tau)];
    const [a, b] = [hat[plane], hat[plane + 1]];
    const whole = lowered(tf.concat2d([tf.concat2d([a, tf.neg(b)], 1), tf.concat2d([b, a], 1)], 0), tau);
    return [tf.slice2d(whole, [0, 0], [rows, columns]), tf.slice2d(whole, [rows, 0], [rows, columns])];
  });
  return transformTubes(tf.stack(planes), transform.inverse, k) as tf.Tensor3D;
}

/** U (S - tau)_+ V^T of U S V^T, taller than wide or turned so. */
function lowered(x: tf.Tensor2D, tau: number): tf.Tensor2D {
  if (x.shape[0] < x.shape[1]) return tf.transpose(lowered(tf.transpose(x), tau));
  const polar = newtonSchulz(x);
  // W^T X = V S V^T; the sign of its difference from tau picks the part above.
  const difference = tf.sub(tf.matMul(polar, x, true, false), tf.mul(tf.eye(x.shape[1]), tau)) as tf.Tensor2D;
  const above = tf.mul(0.5, tf.add(difference, tf.matMul(difference, newtonSchulz(difference)))) as tf.Tensor2D;
  return tf.matMul(polar, above);
}

/** Every singular value driven to 1: Y <- Y (3 I - Y^T Y) / 2 from Y = X over a bound of its norm. */
function newtonSchulz(x: tf.Tensor2D): tf.Tensor2D {
  let y = tf.div(x, tf.norm(x)) as tf.Tensor2D;
  const three = tf.mul(tf.eye(x.shape[1]), 3);
  for (let iteration = 0; iteration < ITERATIONS; iteration++)
    y = tf.mul(0.5, tf.matMul(y, tf.sub(three, tf.matMul(y, y, true, false)) as tf.Tensor2D)) as tf.Tensor2D;
  return y;
}
