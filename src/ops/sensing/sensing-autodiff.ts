// The sensing objective from the definition of the t-product by circular convolution of slices, in tfjs-core with
// automatic differentiation. It shares neither the transform nor the formula of the gradient with the device, so it
// proves both for the DFT. Float32; needs a tfjs backend.

import * as tf from '@tensorflow/tfjs-core';

/** Loss, and its gradient by the spatial U, [k, n, rank]. */
export function evaluateSensingAutodiff(
  n: number,
  measurements: Float32Array, // [y.length, k * n * n]
  y: Float32Array,
  factor: Float32Array, // [k, n, rank]
  k: number,
): { loss: number; gradient: Float32Array } {
  const objective = (u: tf.Tensor): tf.Scalar => {
    // (U * U^T)_t = sum over s of U_s U_{s - t}^T
    const rotated = (t: number) => tf.concat([tf.slice(u, k - t), tf.slice(u, 0, k - t)]);
    const slices = Array.from({ length: k }, (_, t) =>
      tf.sum(tf.matMul(u, t === 0 ? u : rotated(t), false, true), 0, false),
    );
    const x = tf.reshape(tf.stack(slices), [k * n * n, 1]);
    const residual = tf.sub(
      tf.matMul(tf.tensor2d(measurements, [y.length, k * n * n]), x),
      tf.tensor2d(y, [y.length, 1]),
    );
    return tf.mul(0.25, tf.sum(tf.square(residual)));
  };
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad(objective)(tf.tensor3d(factor, [k, n, factor.length / (k * n)]));
    return { loss: value.dataSync()[0], gradient: Float32Array.from(grad.dataSync()) };
  });
}
