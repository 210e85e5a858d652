// A way to move the members of a refinement, pass by pass. The engine drives it where a user watches and steers, `runMethod`
// where nobody does: the same method, seed and start give the same poses in both.

import type { CamFromObject } from '../../geometry/rigid.ts';
import { createRandom } from '../../numerics/random.ts';
import type { Optimizer } from '../../optimizers/optimizer.ts';
import type { Evaluation, EvaluationRequest, HyperValues, ParameterBlock } from '../fit.ts';

export interface MethodMember {
  /** What tells it from the others, in a few words. */
  readonly label: string;
  readonly learningRate: number;
  /** At most. */
  readonly passes: number;
  /** All that changes from pass to pass. */
  readonly blocks: readonly ParameterBlock[];
}

export interface PoseMethod {
  readonly members: readonly MethodMember[];
  /** Names of the terms of an evaluation. */
  readonly terms: readonly string[];
  /** Settings that it does not heed. */
  readonly ignores: readonly string[];
  /** One pass of the members that are still in the run; those that leave it have converged. */
  evaluate(requests: readonly EvaluationRequest[]): Evaluation[];
  /** Moves what a member has without gradients. */
  advance(member: number, hyper: HyperValues): void;
  poseOf(member: number): CamFromObject;
}

export interface MethodRun {
  /** Of each member, that of the pose it has kept; infinite losses where it has no numbers any more. */
  readonly evaluations: readonly Evaluation[];
  /** Evaluations of one member. */
  readonly evaluated: number;
}

/**
 * Drives a method to its end, as the engine does without a user: `hyper` holds for all members, beside their own learning
 * rates, and `optimizer` moves what has gradients. Members end at the best of the poses that the method has ranked.
 */
export function runMethod(method: PoseMethod, hyper: HyperValues, optimizer: Optimizer): MethodRun {
  const runs = method.members.map(({ learningRate, passes, blocks }) => ({
    blocks,
    passes,
    hyper: { ...hyper, learningRate },
    states: blocks.map(({ values }) => optimizer.init(values.length)),
    best: undefined as { readonly evaluation: Evaluation; readonly values: readonly Float32Array[] } | undefined,
    last: undefined as Evaluation | undefined,
  }));
  const random = createRandom(0, 'optimizer');
  let evaluated = 0;
  let active = runs.map((_, member) => member);
  for (let pass = 1; active.length > 0; pass++) {
    evaluated += active.length;
    const all = method.evaluate(active.map(member => ({ member, hyper: runs[member].hyper })));
    active = active.filter((member, k) => {
      const run = runs[member];
      const isLost = !Number.isFinite(all[k].loss);
      const evaluation = isLost ? { ...all[k], loss: Infinity, validation: Infinity } : all[k];
      run.last = evaluation;
      const { validation } = evaluation;
      if (validation !== undefined && validation < (run.best?.evaluation.validation ?? Infinity)) {
        run.best = { evaluation, values: run.blocks.map(({ values }) => values.slice()) };
      }
      return !isLost && pass < run.passes && evaluation.converged !== true;
    });
    for (const member of active) {
      const { blocks, states, hyper: own, last } = runs[member];
      const info = { step: pass, loss: last!.loss, gradientNormSquared: 0, random };
      blocks.forEach(({ values, gradients }, b) => {
        if (gradients !== undefined) optimizer.update(values, gradients, states[b], own, info);
      });
      method.advance(member, own);
    }
  }
  for (const { best, blocks } of runs) best?.values.forEach((values, b) => void blocks[b].values.set(values));
  return { evaluations: runs.map(({ best, last }) => (best?.evaluation ?? last) as Evaluation), evaluated };
}
