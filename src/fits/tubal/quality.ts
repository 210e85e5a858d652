// Quality of a recovery against the truth, section 6 of the method's specification: PSNR, relative error, SSIM.

import type { Layout } from './layout.ts';

export interface Quality {
  /** dB, peak 1, after clipping to 0…1. */
  readonly psnr: number;
  /** |estimate - truth| / |truth| */
  readonly rse: number;
  /** Mean over planes of their PSNR: what papers on video and volumes report. */
  readonly meanPlanePsnr: number;
}

/** Both tensors are [k, rows, columns] with values scaled to 0…1. */
export function quality(estimate: Float32Array, truth: Float32Array, { rows, columns, planes }: Layout): Quality {
  const size = rows * columns;
  let square = 0;
  let energy = 0;
  const perPlane = planes.map((_, p) => {
    let error = 0;
    for (let i = p * size; i < (p + 1) * size; i++) {
      const [a, b] = [estimate[i], truth[i]];
      const away = a - b;
      square += away * away;
      energy += b * b;
      const difference = clipped(a) - clipped(b);
      error += difference * difference;
    }
    return error;
  });
  const decibel = (meanSquare: number) => -10 * Math.log10(Math.max(meanSquare, 1e-20));
  return {
    psnr: decibel(mean(perPlane) / size),
    // Of a truth that is zero everywhere: the error itself.
    rse: Math.sqrt(square / (energy || 1)),
    meanPlanePsnr: mean(perPlane.map(error => decibel(error / size))),
  };
}

function clipped(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/**
 * Mean over planes of the structural similarity of Wang, Bovik, Sheikh, Simoncelli 2004: 11 x 11 Gaussian of sigma 1.5,
 * valid region. NaN where the window does not fit.
 */
export function meanSimilarity(estimate: Float32Array, truth: Float32Array, { rows, columns, planes }: Layout): number {
  const size = rows * columns;
  const shown = estimate.map(value => Math.min(1, Math.max(0, value)));
  const plane = (values: Float32Array, p: number) => values.subarray(p * size, (p + 1) * size);
  return mean(planes.map((_, p) => structuralSimilarity(plane(shown, p), plane(truth, p), rows, columns)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const RADIUS = 5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;
const kernel = (() => {
  const raw = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * 1.5 ** 2)));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map(value => value / sum);
})();

/** Mean SSIM over the valid region of two planes [rows, columns]. NaN where the window does not fit. */
export function structuralSimilarity(a: Float32Array, b: Float32Array, rows: number, columns: number): number {
  if (rows <= 2 * RADIUS || columns <= 2 * RADIUS) return Number.NaN;
  const product = (x: Float32Array, y: Float32Array) => x.map((value, i) => value * y[i]);
  const smooth = (x: Float32Array) => filterValid(x, rows, columns);
  const [meanA, meanB] = [smooth(a), smooth(b)];
  const [aa, bb, ab] = [smooth(product(a, a)), smooth(product(b, b)), smooth(product(a, b))];
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const both = meanA[i] * meanB[i];
    const squares = meanA[i] * meanA[i] + meanB[i] * meanB[i];
    const covariance = ab[i] - both;
    const variances = aa[i] + bb[i] - squares;
    sum += ((2 * both + C1) * (2 * covariance + C2)) / ((squares + C1) * (variances + C2));
  }
  return sum / meanA.length;
}

/** Separable Gaussian over the positions where the window fits: [rows - 10, columns - 10]. */
function filterValid(x: Float32Array, rows: number, columns: number): Float64Array {
  const outRows = rows - 2 * RADIUS;
  const outColumns = columns - 2 * RADIUS;
  const across = new Float64Array(rows * outColumns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < outColumns; j++) {
      let sum = 0;
      for (let t = 0; t < kernel.length; t++) sum += kernel[t] * x[i * columns + j + t];
      across[i * outColumns + j] = sum;
    }
  }
  const out = new Float64Array(outRows * outColumns);
  for (let i = 0; i < outRows; i++) {
    for (let t = 0; t < kernel.length; t++) {
      for (let j = 0; j < outColumns; j++) out[i * outColumns + j] += kernel[t] * across[(i + t) * outColumns + j];
    }
  }
  return out;
}
