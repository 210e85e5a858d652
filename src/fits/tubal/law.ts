// The law of gradient descent from a small start, and the phase a run is in: when a singular value of the truth switches
// on, and what the losses say about alignment, growth, convergence and over-fitting. Pure functions.

/** What the start and the step of a run contribute to the law. */
export interface LawSettings {
  /** U0 ~ N(0, alpha^2 / R) in the spatial domain. */
  readonly alpha: number;
  /** Step of the gradient, in the normalisation in which the singular values are given. */
  readonly eta: number;
  /** L^H L of the transform: k for the unnormalised DFT, so a slice of U0 has singular values near alpha sqrt(k). */
  readonly scale: number;
}

/**
 * Iteration near which a slice singular value lambda of the truth switches on:
 * ln(sqrt(lambda) / (alpha sqrt(scale))) / ln(1 + eta lambda), never below 0. The mode of U starts at alpha sqrt(scale),
 * grows by 1 + eta lambda an iteration, and is full at sqrt(lambda).
 */
export function switchOnIteration(lambda: number, { alpha, eta, scale }: LawSettings): number {
  if (!(lambda > 0 && eta > 0)) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.log(Math.sqrt(lambda / scale) / alpha) / Math.log1p(eta * lambda));
}

export interface SwitchOn {
  /** Index of the singular tube, from 0. */
  readonly tube: number;
  readonly iteration: number;
}

/** The tube that switches on next after `iteration`; a tube switches on with the largest of its slice values. */
export function nextSwitchOn(
  values: readonly Float64Array[], // per slice of the truth, descending
  settings: LawSettings,
  iteration: number,
): SwitchOn | undefined {
  const tubes = Array.from(values[0], (_, tube) => ({
    tube,
    iteration: switchOnIteration(Math.max(...values.map(slice => slice[tube])), settings),
  }));
  return tubes
    .filter(tube => tube.iteration > iteration && Number.isFinite(tube.iteration))
    .sort((a, b) => a.iteration - b.iteration)[0];
}

export const phases = ['alignment', 'growth', 'convergence', 'over-fitting'] as const;
export type Phase = (typeof phases)[number];

export const phaseExplanations: Record<Phase, string> = {
  alignment:
    'The loss is flat because the factors are still tiny, while their columns turn towards the directions of the data.',
  growth: 'A direction of the truth has become visible and grows by a constant factor an iteration: the loss falls.',
  convergence: 'What switched on is in place and the rest is polished, down to a floor that the initial scale sets.',
  'over-fitting': 'The training loss still falls but the held-out loss rises: what is learned now is not in the truth.',
};

/** Losses of a run so far, oldest first, from its first iteration. */
export interface LossSeries {
  readonly iterations: ArrayLike<number>;
  readonly training: ArrayLike<number>;
  /** Held-out losses at the same iterations; left out where nothing is held out. */
  readonly validation?: ArrayLike<number>;
}

/** The loss has left its plateau when it is below this share of its start. */
const PLATEAU = 0.95;
/** Falling by this share of its start in one window counts as growth. */
const VISIBLE_FALL = 2e-3;
/** The held-out loss has risen when it is above its minimum by this factor and by this share of its start. */
const RISE = 1.05;
const VISIBLE_RISE = 1e-6;

/**
 * The phase at the end of the series. The window over which the loss must fall is a tenth of the iterations, at least 20:
 * the later a mode switches on, the slower it grows.
 */
export function phaseOf({ iterations, training, validation }: LossSeries): Phase {
  const last = training.length - 1;
  const start = training[0];
  if (last < 0 || training[last] >= PLATEAU * start) return 'alignment';
  if (validation !== undefined) {
    let best = 0;
    for (let i = 1; i <= last; i++) if (validation[i] < validation[best]) best = i;
    const rise = validation[last] - validation[best];
    const risen = validation[last] > RISE * validation[best] && rise > VISIBLE_RISE * validation[0];
    if (risen && training[last] < training[best]) return 'over-fitting';
  }
  const window = Math.max(20, (iterations[last] - iterations[0]) / 10);
  let before = last;
  while (before > 0 && iterations[last] - iterations[before] < window) before--;
  return training[before] - training[last] > VISIBLE_FALL * start ? 'growth' : 'convergence';
}
