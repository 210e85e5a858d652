// What an optimizer is: a pure pair init / update over one parameter vector (one block of one member). It owns no
// memory, knows no fit and no engine; the same arguments give the same result.

import type { RandomSource } from '../numerics/random.ts';

/** Plain typed arrays, so that a checkpoint is a copy. Scalars are arrays of length one. */
export type OptimizerState = Record<string, Float32Array | Float64Array>;

/** Live hyper-parameters of one member and group, read afresh at each iteration. `learningRate` is always present. */
export type Hyper = Readonly<Record<string, number>> & { readonly learningRate: number };

/** What an update may know about the iteration besides its gradient. */
export interface StepInfo {
  /** 1, 2, …: number of this update of the member, t of the formulas; goes back with the state when a divergence is undone. */
  readonly step: number;
  /** Loss of the member at the parameters the gradient was taken at. */
  readonly loss: number;
  /** Squared norm of the member's whole gradient, over all its blocks, before any clipping. */
  readonly gradientNormSquared: number;
  /** Seeded generator of the run, for gradient noise. */
  readonly random: RandomSource;
}

/** One live hyper-parameter: default, range and one sentence of help. */
export interface HyperDescription {
  readonly name: string;
  readonly title: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly help: string;
}

export interface Optimizer {
  readonly id: string;
  readonly title: string;
  /** Paper and equation. */
  readonly source: string;
  /** The rule in one formula or clause, behind its title and a colon; undefined where that would not be short. */
  readonly law?: string;
  /** gradient: the step is proportional to the gradient, so the rate is relative to the fit's own scale; rate: it is not. */
  readonly stepFollows: 'gradient' | 'rate';
  /** Live hyper-parameters besides the learning rate. */
  readonly hyper: readonly HyperDescription[];
  /** Start state for a vector of `size` values. */
  init(size: number): OptimizerState;
  /** Moves `values` in place; `gradients` may be overwritten. Both are [size]. */
  update(values: Float32Array, gradients: Float32Array, state: OptimizerState, hyper: Hyper, step: StepInfo): void;
}
