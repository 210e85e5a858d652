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

/** A tensor values + centre, [k, rows, columns], scaled. */
export interface Estimate {
  readonly values: Float32Array;
  readonly centre: number;
}

/** Slice singular values of the present estimate, kept until the parameters move. */
export interface SingularValues {
  /** Of every stored slice, descending. */
  values(): readonly Float64Array[];
  /** Whether they are known already, so that asking costs nothing. */
  isFresh(): boolean;
}

export interface Solver {
  readonly blocks: readonly ParameterBlock[];
  readonly hyperDefaults: HyperValues;
  readonly rateScale: number;
  /** Of the settings that may be left to the input, those that act on this method. */
  readonly derived: SettingValues;
  /** Live settings of the fit that do not act on this method. */
  readonly ignores: readonly string[];
  /** Facts for the user: rank, transform, largest singular value. */
  readonly summary: Readonly<Record<string, number | string>>;
  evaluate(hyper: HyperValues): Evaluation;
  /** For methods with an update of their own. */
  advance?(hyper: HyperValues): void;
  /** The present tensor; may be a view that the next call overwrites. */
  estimate(): Estimate;
  /** Of methods with factors. */
  readonly singular?: SingularValues;
  /** Spectrum, rank estimates, phase. */
  structure?(context: MeasureContext): Measures;
  dispose(): void;
}

/** Of methods without a gradient. */
export const ignoresAll = ['learningRate', 'damping', 'smoothness', 'smoothnessEpsilon'] as const;

/** Names of the terms of every solver's evaluation. */
export const solverTerms = ['training', 'smoothness', 'rmse'] as const;

/** Computes singular values when asked and `factors` have changed since they were computed last. */
export function keepSingularValues(
  factors: readonly Float32Array[],
  compute: () => readonly Float64Array[],
): SingularValues {
  let known: { readonly factors: readonly Float32Array[]; readonly values: readonly Float64Array[] } | undefined;
  const isFresh = () => known?.factors.every((kept, f) => kept.every((value, i) => value === factors[f][i])) === true;
  return {
    values() {
      if (known === undefined || !isFresh()) {
        known = { factors: factors.map(factor => factor.slice()), values: compute() };
      }
      return known.values;
    },
    isFresh,
  };
}
