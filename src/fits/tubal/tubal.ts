// The fit `tubal`: recovery of a tensor with missing entries by gradient descent on low-tubal-rank factors that start
// near zero (Karnik, Veselovska, Iwen, Krahmer, arXiv 2410.16247). This file says what users can set; completion.ts
// does the work.

import { transformIds } from '../../ops/mode3-transform/transform.ts';
import type { Fit, SettingDescription, SettingValues } from '../fit.ts';
import { loadCompletion } from './completion.ts';
import { layoutIds } from './layout.ts';
import { maskKinds } from './observations.ts';
import { samples } from './samples.ts';
import { loadSensing } from './sensing.ts';

/** Setting of the synthetic problem, shared by all members. */
function sensingSetting(
  name: string,
  title: string,
  value: number | undefined,
  minimum: number,
  maximum: number,
  help: string,
): SettingDescription {
  return { name, title, type: 'integer', default: value, minimum, maximum, live: 'fixed', help };
}

/** The experiments of the lead paper: more measurements than the 210 unknowns of the ambient space. */
const kvik: SettingValues = { size: 10, tubes: 4, rank: 100, initialScale: 1e-7 };

export const tubal: Fit = {
  id: 'tubal',
  title: 'Low-tubal-rank recovery',
  settings: [
    {
      name: 'method',
      title: 'Method',
      type: 'choice',
      default: 'gd',
      choices: ['gd', 'gd-smoothness', 'gd-imbalanced', 'tnn-admm', 'linear-interpolation'],
      live: 'member',
      help: 'gd: gradient descent on L * R^T from a small start. gd-smoothness: with a smoothness term, for photographs. gd-imbalanced: R starts at a third of the scale of L. tnn-admm: least tubal nuclear norm, the convex baseline. linear-interpolation: the baseline that papers forget.',
    },
    {
      name: 'sampling',
      title: 'Sampling rate',
      type: 'number',
      default: 0.3,
      minimum: 0,
      maximum: 1,
      live: 'fixed',
      help: 'Share of entries of a complete input that the fit may see. Not used with a mask file.',
    },
    {
      name: 'mask',
      title: 'Mask pattern',
      type: 'choice',
      default: 'entry',
      choices: maskKinds,
      live: 'fixed',
      help: 'What is drawn together: single entries, pixels with all channels, tubes, whole rows or columns.',
    },
    {
      name: 'rank',
      title: 'Factor rank R',
      type: 'integer',
      default: undefined,
      minimum: 1,
      maximum: 2000,
      live: 'member',
      help: 'Columns of each factor slice. Default: a third of the smaller side, at most 100; sensing: the size.',
    },
    {
      name: 'initialScale',
      title: 'Initial scale alpha',
      type: 'number',
      default: undefined,
      minimum: 1e-12,
      maximum: 10,
      live: 'member',
      help: 'Factors start as alpha N(0, 1) / sqrt(R). Smaller starts find lower ranks first and take longer. Default 1e-3; sensing 1e-6.',
    },
    {
      name: 'transform',
      title: 'Transform along the tubes',
      type: 'choice',
      default: 'dct',
      choices: transformIds,
      live: 'member',
      help: 'Orthonormal DCT, DFT (the t-product), identity (slices apart), a random rotation, or the principal axes of the observed tubes.',
    },
    {
      name: 'centre',
      title: 'Centre',
      type: 'choice',
      default: 'mean',
      choices: ['mean', 'none'],
      live: 'member',
      help: 'mean: the factors hold the difference from the mean of the observed values. That lowers the largest singular value, so steps are two to four times longer for the same result.',
    },
    {
      name: 'layout',
      title: 'Layout',
      type: 'choice',
      default: 'auto',
      choices: layoutIds,
      live: 'member',
      help: 'Which axes are rows, columns and tubes; auto: frontal, and video for four axes.',
    },
    {
      name: 'noise',
      title: 'Noise',
      type: 'number',
      default: 0,
      minimum: 0,
      maximum: 10,
      live: 'fixed',
      help: 'Standard deviation of Gaussian noise added to observed values scaled to 0…1.',
    },
    {
      name: 'validation',
      title: 'Held-out share',
      type: 'number',
      default: 0.05,
      minimum: 0,
      maximum: 0.5,
      live: 'fixed',
      help: 'Share of the observed entries that never train; their loss says when to stop.',
    },
    {
      name: 'learningRate',
      title: 'Learning rate eta',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 100,
      live: 'live',
      help: 'Step = eta / (p sigma_1). Default 0.9, or 0.5 where less than 30 % was observed; sensing: 0.25, and it is the step itself.',
    },
    {
      name: 'smoothness',
      title: 'Smoothness weight beta',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 10,
      live: 'live',
      help: 'Weight of the Huber total variation. Default 0.005 with gd-smoothness, else 0.',
    },
    {
      name: 'smoothnessEpsilon',
      title: 'Huber width epsilon',
      type: 'number',
      default: 0.1,
      minimum: 1e-6,
      maximum: 10,
      live: 'live',
      help: 'Gradient magnitude above which differences count linearly.',
    },
    {
      name: 'smoothnessDirections',
      title: 'Smoothness directions',
      type: 'integer',
      default: 2,
      minimum: 2,
      maximum: 3,
      live: 'member',
      help: '2: rows and columns. 3: along the tubes too, for volumes and video.',
    },
    {
      name: 'smoothnessChannels',
      title: 'Smoothness over channels',
      type: 'choice',
      default: 'separate',
      choices: ['joint', 'separate'],
      live: 'member',
      help: 'joint: one gradient magnitude for all channels of a pixel (vectorial total variation), for colour pictures. separate: each plane alone.',
    },
    {
      name: 'iterations',
      title: 'Iterations at most',
      type: 'integer',
      default: 1500,
      minimum: 1,
      maximum: 1000000,
      live: 'member',
      help: 'The validation minimum usually stops the run earlier.',
    },
    sensingSetting('size', 'Sensing: size n', 20, 1, 200, 'The tensor has n x n slices.'),
    sensingSetting('tubes', 'Sensing: tubes k', 4, 1, 64, 'Length of its tubes.'),
    sensingSetting('tubalRank', 'Sensing: tubal rank r', 2, 1, 200, 'Tubal rank of the truth.'),
    sensingSetting(
      'measurements',
      'Sensing: measurements m',
      undefined,
      1,
      1000000,
      'Default: three times the degrees of freedom of the truth.',
    ),
    {
      name: 'truthSpectrum',
      title: 'Sensing: spectrum of the truth',
      type: 'choice',
      default: 'gaussian',
      choices: ['gaussian', 'staircase'],
      live: 'fixed',
      help: 'gaussian: of a random factor. staircase: rank 4 with slice singular values 1, 0.5, 0.25 and 0.1, which switch on one after another.',
    },
  ],
  presets: {
    'kvik-figure-2': { ...kvik, tubalRank: 2, measurements: 254, learningRate: 5.08e-3, iterations: 8000 },
    'kvik-figure-3': { ...kvik, tubalRank: 3, measurements: 285, learningRate: 2.28e-2, iterations: 4000 },
    'kvik-figure-4': { ...kvik, tubalRank: 3, measurements: 285, learningRate: 2.28e-2, iterations: 4000, rank: 10 },
    staircase: { truthSpectrum: 'staircase', measurements: 740 },
    fast: { optimizer: 'heavy-ball', momentum: 0.5 },
    photo: {
      method: 'gd-smoothness',
      smoothness: 0.005,
      smoothnessChannels: 'joint',
      smoothnessEpsilon: 0.1,
      rank: 150,
      learningRate: 0.9,
      iterations: 3000,
    },
  },
  optimizer: 'sgd',
  samples,
  load: (input, members, context) =>
    input.kind === 'synthetic' ? loadSensing(members, context) : loadCompletion(input, members, context),
};
