// What the stages and modes of the camera fit share when they descend: Adam's step, how rates fall, and dense depth as a block of a
// run that begins empty.

import { createRandom } from '../../numerics/random.ts';
import { adam } from '../../optimizers/adam.ts';
import type { ParameterBlock } from '../fit.ts';

/** Dense depth [frame, node] with Adam's moments and its gradient: all empty before its stage. */
export interface Grids {
  values: Float32Array;
  mean: Float32Array;
  square: Float32Array;
  gradient: Float32Array;
}

export function emptyGrids(): Grids {
  const none = () => new Float32Array(0);
  return { values: none(), mean: none(), square: none(), gradient: none() };
}

/** Begins the stage with these values, where it has not begun; the gradient is no part of what is stored. */
export function beginGrids(grids: Grids, start: () => Float32Array): void {
  if (grids.values.length === 0) {
    grids.values = start();
    grids.mean = new Float32Array(grids.values.length);
    grids.square = new Float32Array(grids.values.length);
  }
  if (grids.gradient.length !== grids.values.length) grids.gradient = new Float32Array(grids.values.length);
}

export function gridBlocks(grids: Grids): ParameterBlock[] {
  return (['values', 'mean', 'square'] as const).map(part => ({
    name: part === 'values' ? 'grids' : `grids.${part}`,
    group: 'grids',
    gradients: undefined,
    get values() {
      return grids[part];
    },
    resize(length) {
      grids[part] = new Float32Array(length);
    },
  }));
}

/** One step of Adam, the first being 1. */
export function adamStep(
  values: Float32Array,
  gradients: Float32Array,
  { mean, square }: Pick<Grids, 'mean' | 'square'>,
  learningRate: number,
  step: number,
): void {
  const info = { step, loss: 0, gradientNormSquared: 0, random: createRandom(0, '') };
  adam.update(values, gradients, { mean, square }, { learningRate, beta1: 0.9, beta2: 0.99, epsilon: 1e-12 }, info);
}

/** Factor on the rates: half a cosine from 1 to `last` over so many passes. */
export function easing(pass: number, passes: number, last: number): number {
  const turn = Math.PI * Math.min(1, pass / Math.max(1, passes));
  return last + ((1 - last) * (1 + Math.cos(turn))) / 2;
}
