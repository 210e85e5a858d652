// Every optimizer of the laboratory.

import { LabError, nearestName } from '../protocol/lab-error.ts';
import { adaBelief, adam, adamW, amsGrad, grams, rmsProp } from './adam.ts';
import { withGradientTransforms } from './gradient-transforms.ts';
import { adaGradNorm, normalised, polyak, sign } from './normalised.ts';
import type { Optimizer } from './optimizer.ts';
import { heavyBall, nesterov, sgd } from './sgd.ts';

const rules = [
  sgd,
  heavyBall,
  nesterov,
  adam,
  adamW,
  amsGrad,
  adaBelief,
  rmsProp,
  grams,
  sign,
  normalised,
  adaGradNorm,
  polyak,
];

export const optimizers: readonly Optimizer[] = rules.map(withGradientTransforms);

/** The optimizer named `id`; throws a `setting` error that names the nearest one. */
export function findOptimizer(id: string): Optimizer {
  const optimizer = optimizers.find(candidate => candidate.id === id);
  if (optimizer !== undefined) return optimizer;
  const ids = optimizers.map(candidate => candidate.id);
  const near = nearestName(id, ids);
  throw new LabError({
    code: 'setting',
    message: `There is no optimizer "${id}".`,
    where: 'optimizer',
    tip: near === undefined ? `Optimizers are: ${ids.join(', ')}.` : `Did you mean "${near}"?`,
  });
}
