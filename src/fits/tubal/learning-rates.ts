// Learning rates of a run that names none, by optimizer: tried on the plaid and sprites samples, so that no rule
// has to be halved within five hundred iterations and each ends above linear interpolation.

import type { SettingValues } from '../fit.ts';

/** Of rules whose steps do not follow the size of the gradient; they are in units of the factors themselves. */
const absolute: Readonly<Record<string, number>> = {
  adam: 1e-3,
  adamw: 1e-3,
  amsgrad: 1e-3,
  adabelief: 1e-3,
  grams: 1e-3,
  rmsprop: 2e-4,
  sign: 1e-3,
  normalised: 0.1,
  'adagrad-norm': 2,
};

/** `plain` is the rate of gradient descent. Momentum beta makes steps 1 / (1 - beta) times as long; twice as long still holds. */
export function defaultRate({ optimizer, momentum }: SettingValues, plain: number): number {
  const rate = absolute[String(optimizer)];
  if (rate !== undefined) return rate;
  return momentum === undefined ? plain : plain * Math.min(1, 2 * (1 - Number(momentum)));
}
