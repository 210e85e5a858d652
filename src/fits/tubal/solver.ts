// What the methods of the fit have in common: state in blocks, an estimate of the tensor, a loss. A completion problem
// has one solver for each member; all of them see the same observations, each in its own layout.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { Evaluation, HyperValues, MeasureContext, Measures, ParameterBlock, SettingValues } from '../fit.ts';
import type { Layout } from './layout.ts';
import type { Observations } from './observations.ts';

export interface SolverContext {
  readonly device: CpuDevice;
  readonly layout: Layout;
  /** In the tensor order of `layout`. */
  readonly observations: Observations;
  readonly settings: SettingValues;
  readonly seed: number;
  readonly member: number;
}

export interface Solver {
  readonly blocks: readonly ParameterBlock[];
  readonly hyperDefaults: HyperValues;
  readonly rateScale: number;
  /** Facts for the user: rank, transform, largest singular value. */
  readonly summary: Readonly<Record<string, number | string>>;
  evaluate(hyper: HyperValues): Evaluation;
  /** For methods with an update of their own. */
  advance?(hyper: HyperValues): void;
  /** The present tensor [k, rows, columns], scaled values; may be a view that the next call overwrites. */
  estimate(): Float32Array;
  /** Spectrum, rank estimates, phase. */
  structure?(context: MeasureContext): Measures;
  dispose(): void;
}

/** Names of the terms of every solver's evaluation. */
export const solverTerms = ['training', 'smoothness', 'rmse'] as const;
