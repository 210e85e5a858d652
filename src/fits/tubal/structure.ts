// What a member's present factors look like: singular tubes, multi-rank, rank estimates, and the phase of its descent.

import type { Transform } from '../../ops/mode3-transform/transform.ts';
import type { LossHistory, Measures } from '../fit.ts';
import { type LawSettings, nextSwitchOn, phaseOf, switchOnIteration } from './law.ts';
import { multiRank, rankEstimates, singularTubeNorms } from './singular-tubes.ts';

/** Singular values below this share of the largest do not count for the multi-rank. */
const VISIBLE = 1e-2;

/** `values` are the singular values of every stored slice, descending. */
export function structureOf(values: readonly Float64Array[], transform: Transform): Measures {
  return {
    tubes: Array.from(singularTubeNorms(values, transform)),
    multiRank: multiRank(values, VISIBLE),
    ranks: { ...rankEstimates(values, transform) },
  };
}

/** When each tube switches on by the law, from the largest slice singular value of each; and which one is next. */
export function predictions(largest: Float64Array, law: LawSettings, iteration: number): Measures {
  if (largest.length === 0) return {};
  const next = nextSwitchOn([largest], law, iteration);
  return {
    switchOn: Array.from(largest, lambda => switchOnIteration(lambda, law)),
    ...(next === undefined ? {} : { nextTube: next.tube, nextTubeAt: next.iteration }),
  };
}

export function phaseAt({ iterations, loss, validation }: LossHistory): Measures {
  if (iterations.length === 0) return {};
  const heldOut = validation.some(Number.isNaN) ? {} : { validation };
  return { phase: phaseOf({ iterations, training: loss, ...heldOut }) };
}
