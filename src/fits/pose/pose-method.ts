// A way to move the members of a refinement, pass by pass. The engine drives it where a user watches and steers, `runMethod`
// where nobody does: the same method, seed and start give the same poses in both.

import type { CamFromObject } from '../../geometry/rigid.ts';
import type { Evaluation, EvaluationRequest, HyperValues, ParameterBlock } from '../fit.ts';

export interface MethodMember {
  /** What tells it from the others, in a few words. */
  readonly label: string;
  readonly learningRate: number;
  /** All that changes from pass to pass. */
  readonly blocks: readonly ParameterBlock[];
}

export interface PoseMethod {
  readonly members: readonly MethodMember[];
  /** Passes at most; undefined where the run's settings say. */
  readonly passes: number | undefined;
  /** Names of the terms of an evaluation. */
  readonly terms: readonly string[];
  /** Settings that it does not heed. */
  readonly ignores: readonly string[];
  /** One pass of the members that are still in the run; those that leave it have converged. */
  evaluate(requests: readonly EvaluationRequest[]): Evaluation[];
  /** Moves a member whose blocks have no gradients. */
  advance(member: number, hyper: HyperValues): void;
  poseOf(member: number): CamFromObject;
}

export interface MethodRun {
  /** Of each member, its last evaluation; infinite losses where it has no numbers any more. */
  readonly evaluations: readonly Evaluation[];
  /** Evaluations of one member. */
  readonly evaluated: number;
}

/** Drives a method with an update of its own to its end; `hyper` holds for all members, beside their own learning rates. */
export function runMethod(method: PoseMethod, hyper: HyperValues): MethodRun {
  const evaluations: Evaluation[] = [];
  let evaluated = 0;
  const own = method.members.map(({ learningRate }) => ({ ...hyper, learningRate }));
  let active = method.members.map((_, member) => member);
  for (let pass = 1; active.length > 0; pass++) {
    evaluated += active.length;
    const all = method.evaluate(active.map(member => ({ member, hyper: own[member] })));
    const isLast = pass === method.passes;
    active = active.filter((member, k) => {
      const isLost = !Number.isFinite(all[k].loss);
      evaluations[member] = isLost ? { ...all[k], loss: Infinity, validation: Infinity } : all[k];
      return !isLost && !isLast && all[k].converged !== true;
    });
    for (const member of active) method.advance(member, own[member]);
  }
  return { evaluations, evaluated };
}
