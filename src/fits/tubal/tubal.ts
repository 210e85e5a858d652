// The fit `tubal`: recovery of a tensor with missing entries by gradient descent on low-tubal-rank factors that start
// near zero (Karnik, Veselovska, Iwen, Krahmer, arXiv 2410.16247). This file says what users can set; completion.ts
// does the work.

import type { Fit } from '../fit.ts';
import { loadCompletion } from './completion.ts';
import { transformIds } from '../../ops/mode3-transform/transform.ts';
import { layoutIds } from './layout.ts';
import { maskKinds } from './observations.ts';

export const tubal: Fit = {
  id: 'tubal',
  title: 'Low-tubal-rank recovery',
  settings: [
    { name: 'method', title: 'Method', type: 'choice', default: 'gd', choices: ['gd', 'gd-smoothness'], live: 'fixed', help: 'gd: gradient descent on L * R^T from a small start. gd-smoothness: with a smoothness term, for photographs.' },
    { name: 'sampling', title: 'Sampling rate', type: 'number', default: 0.3, minimum: 0, maximum: 1, live: 'fixed', help: 'Share of entries of a complete input that the fit may see. Not used with a mask file.' },
    { name: 'mask', title: 'Mask pattern', type: 'choice', default: 'entry', choices: maskKinds, live: 'fixed', help: 'What is drawn together: single entries, pixels with all channels, tubes, whole rows or columns.' },
    { name: 'rank', title: 'Factor rank R', type: 'integer', default: undefined, minimum: 1, maximum: 2000, live: 'fixed', help: 'Columns of each factor slice. Default: a third of the smaller side, at most 100.' },
    { name: 'initialScale', title: 'Initial scale alpha', type: 'number', default: 1e-3, minimum: 1e-12, maximum: 10, live: 'fixed', help: 'Factors start as alpha N(0, 1) / sqrt(R). Smaller starts find lower ranks first and take longer.' },
    { name: 'transform', title: 'Transform along the tubes', type: 'choice', default: 'dct', choices: transformIds.filter(id => id !== 'data-driven'), live: 'fixed', help: 'Orthonormal DCT, DFT (the t-product), identity (slices apart) or a random rotation.' },
    { name: 'layout', title: 'Layout', type: 'choice', default: 'auto', choices: layoutIds, live: 'fixed', help: 'Which axes are rows, columns and tubes; auto: frontal, and video for four axes.' },
    { name: 'noise', title: 'Noise', type: 'number', default: 0, minimum: 0, maximum: 10, live: 'fixed', help: 'Standard deviation of Gaussian noise added to observed values scaled to 0…1.' },
    { name: 'validation', title: 'Held-out share', type: 'number', default: 0.05, minimum: 0, maximum: 0.5, live: 'fixed', help: 'Share of the observed entries that never train; their loss says when to stop.' },
    { name: 'learningRate', title: 'Learning rate eta', type: 'number', default: undefined, minimum: 0, maximum: 100, live: 'live', help: 'Step = eta / (p sigma_1). Default 0.9, or 0.5 where less than 30 % was observed.' },
    { name: 'smoothness', title: 'Smoothness weight beta', type: 'number', default: undefined, minimum: 0, maximum: 10, live: 'live', help: 'Weight of the Huber total variation. Default 0.005 with gd-smoothness, else 0.' },
    { name: 'smoothnessEpsilon', title: 'Huber width epsilon', type: 'number', default: 0.1, minimum: 1e-6, maximum: 10, live: 'live', help: 'Gradient magnitude above which differences count linearly.' },
    { name: 'smoothnessDirections', title: 'Smoothness directions', type: 'integer', default: 2, minimum: 2, maximum: 3, live: 'fixed', help: '2: rows and columns. 3: along the tubes too, for volumes and video.' },
    { name: 'iterations', title: 'Iterations at most', type: 'integer', default: 1500, minimum: 1, maximum: 1000000, live: 'fixed', help: 'The validation minimum usually stops the run earlier.' },
  ],
  presets: {
    photo: { method: 'gd-smoothness', smoothness: 0.005, smoothnessEpsilon: 0.1, rank: 150, learningRate: 0.9, iterations: 3000 },
  },
  load: loadCompletion,
};
