// What may be done to a gradient before any rule sees it: clipping by norm, by coordinate, or by a percentile of its
// own history, and noise. All are off at 0, cost nothing then, and can be turned on while a fit runs.

import { squaredNorm } from './normalised.ts';
import type { HyperDescription, Optimizer, OptimizerState } from './optimizer.ts';

/** Norms remembered by AutoClip; the paper keeps all, a ring keeps checkpoints small. */
const HISTORY = 256;

const off = (name: string, title: string, maximum: number, help: string): HyperDescription => ({
  name,
  title,
  default: 0,
  minimum: 0,
  maximum,
  help: `${help} 0 turns it off.`,
});

const descriptions = [
  off('clipNorm', 'Clip norm', 1e12, 'Longer gradients are scaled down to this norm, per block.'),
  off('clipCoordinate', 'Clip coordinate', 1e12, 'Every coordinate is held within plus and minus this.'),
  off(
    'autoClip',
    'AutoClip percentile',
    100,
    'Norm clipped at this percentile of its history (Seetharaman et al. 2020, arXiv 2007.14469).',
  ),
  off(
    'gradientNoise',
    'Gradient noise',
    1e12,
    'Variance eta0 / (1 + t)^0.55 of Gaussian noise (Neelakantan et al. 2015, arXiv 1511.06807).',
  ),
];

/** The optimizer with all transforms available as live hyper-parameters. */
export function withGradientTransforms(optimizer: Optimizer): Optimizer {
  return {
    ...optimizer,
    hyper: [...optimizer.hyper, ...descriptions],
    init: size => ({ ...optimizer.init(size), normHistory: new Float32Array(HISTORY), normCount: new Float64Array(1) }),
    update(values, gradients, state, live, step) {
      const { clipNorm, clipCoordinate, autoClip, gradientNoise } = live;
      if (gradientNoise > 0) {
        const sigma = Math.sqrt(gradientNoise / (1 + step.step) ** 0.55);
        for (let i = 0; i < gradients.length; i++) gradients[i] += sigma * step.random.normal();
      }
      if (autoClip > 0) limitNorm(gradients, rememberedPercentile(state, Math.sqrt(squaredNorm(gradients)), autoClip));
      if (clipNorm > 0) limitNorm(gradients, clipNorm);
      if (clipCoordinate > 0) {
        for (let i = 0; i < gradients.length; i++)
          gradients[i] = Math.min(clipCoordinate, Math.max(-clipCoordinate, gradients[i]));
      }
      optimizer.update(values, gradients, state, live, step);
    },
  };
}

function limitNorm(gradients: Float32Array, limit: number): void {
  const norm = Math.sqrt(squaredNorm(gradients));
  if (norm <= limit) return;
  const scale = limit / norm;
  for (let i = 0; i < gradients.length; i++) gradients[i] *= scale;
}

/** Adds a norm to the history and returns its percentile, linear between neighbours; a broken norm is not remembered. */
function rememberedPercentile(state: OptimizerState, norm: number, percentile: number): number {
  const { normHistory, normCount } = state;
  if (!Number.isFinite(norm)) return norm;
  normHistory[normCount[0] % HISTORY] = norm;
  normCount[0]++;
  const sorted = normHistory.slice(0, Math.min(HISTORY, normCount[0])).sort();
  const position = (percentile / 100) * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}
