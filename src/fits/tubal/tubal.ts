// The fit `tubal`: recovery of a tensor with missing entries by gradient descent on low-tubal-rank factors that start
// near zero (Karnik, Veselovska, Iwen, Krahmer, arXiv 2410.16247). This file says what users can set; completion.ts
// does the work.

import { transformIds } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { Fit, SettingDescription, SettingValues } from '../fit.ts';
import { completionBytesOf, loadCompletion } from './completion.ts';
import { phaseExplanations } from './law.ts';
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
  return { name, title, type: 'integer', default: value, minimum, maximum, live: 'fixed', group: 'Sensing', help };
}

/** The experiments of the lead paper: more measurements than the 210 unknowns of the ambient space. */
const kvik: SettingValues = { size: 10, tubes: 4, rank: 100, initialScale: 1e-7 };

export const tubal: Fit = {
  id: 'tubal',
  title: 'Low-tubal-rank recovery',
  takes: 'a picture, a video, a folder of frames, or a NumPy array with two to four axes',
  exportContent:
    'recovered: float32 with the axes and the value range of the input (0 to 255 for 8-bit pictures; [height, width, channel], [frame, height, width, channel], or as the array was stored). mask: uint8 of the same shape, 1 where observed. Of sensing: recovered and truth [n, n, k].',
  settings: [
    {
      name: 'method',
      title: 'Method',
      type: 'choice',
      default: 'gd',
      choices: ['gd', 'gd-smoothness', 'gd-imbalanced', 'scaled-gd', 'prec-gd', 'tnn-admm', 'linear-interpolation'],
      choiceTitles: {
        gd: 'Gradient descent',
        'gd-smoothness': 'Descent with smoothness',
        'gd-imbalanced': 'Descent, unequal factors',
        'scaled-gd': 'Scaled descent',
        'prec-gd': 'Preconditioned descent',
        'tnn-admm': 'Nuclear norm (ADMM)',
        'linear-interpolation': 'Linear interpolation',
      },
      live: 'member',
      group: 'Method',
      level: 'basic',
      help: 'gd: gradient descent on L * R^T from a small start. gd-smoothness: with a smoothness term, for photographs. gd-imbalanced: R starts at a third of the scale of L. scaled-gd, prec-gd: preconditioned by the Gram matrices. tnn-admm: least tubal nuclear norm, the convex baseline. linear-interpolation: the baseline that papers forget.',
    },
    {
      name: 'sampling',
      title: 'Sampling rate',
      type: 'number',
      default: 0.3,
      minimum: 0,
      maximum: 1,
      live: 'fixed',
      group: 'Data',
      level: 'basic',
      withMask: 'unused',
      unit: 'of the entries',
      help: 'Share of entries of a complete input that the fit may see. Not used with a mask file.',
    },
    {
      name: 'mask',
      title: 'Mask pattern',
      type: 'choice',
      default: 'entry',
      choices: maskKinds,
      choiceTitles: {
        entry: 'Single entries',
        pixel: 'Whole pixels',
        tube: 'Whole tubes',
        rows: 'Whole rows',
        columns: 'Whole columns',
        stripes: 'Stripes of rows',
      },
      live: 'fixed',
      group: 'Data',
      level: 'basic',
      withMask: 'unused',
      help: 'What is drawn together: single entries, pixels with all channels, tubes, whole rows or columns, stripes of rows.',
    },
    {
      name: 'rank',
      title: 'Factor rank R',
      type: 'integer',
      default: undefined,
      minimum: 1,
      maximum: 2000,
      live: 'member',
      group: 'Factors',
      level: 'basic',
      scale: 'log',
      help: 'Columns of each factor slice. Default: a third of the smaller side, half of it with more than four tubes (volumes, videos), at most 100; gd-smoothness: 150 or the side; sensing: the size.',
    },
    {
      name: 'initialScale',
      title: 'Initial scale alpha',
      type: 'number',
      default: undefined,
      minimum: 1e-12,
      maximum: 10,
      live: 'member',
      group: 'Factors',
      level: 'basic',
      scale: 'log',
      help: 'Factors start as alpha N(0, 1) / sqrt(R). Smaller starts find lower ranks first and take longer. Default 1e-3; sensing 1e-6.',
    },
    {
      name: 'start',
      title: 'Start',
      type: 'choice',
      default: 'small',
      choices: ['small', 'spectral'],
      choiceTitles: { small: 'Small and random', spectral: 'Spectral' },
      live: 'member',
      group: 'Factors',
      help: 'small: random and near zero, which makes gradient descent prefer low ranks. spectral: the leading singular triples of the observed tensor over its rate, for scaled-gd at a rank that is known (its damping is then 0).',
    },
    {
      name: 'transform',
      title: 'Transform along the tubes',
      type: 'choice',
      default: 'dct',
      choices: transformIds,
      choiceTitles: {
        dct: 'Cosine (DCT)',
        dft: 'Fourier (DFT)',
        identity: 'None (slices apart)',
        'random-orthogonal': 'Random rotation',
        'data-driven': 'Principal axes',
      },
      live: 'member',
      group: 'Factors',
      help: 'Orthonormal DCT, DFT (the t-product), identity (slices apart), a random rotation, or the principal axes of the observed tubes.',
    },
    {
      name: 'centre',
      title: 'Centre',
      type: 'choice',
      default: 'mean',
      choices: ['mean', 'none'],
      choiceTitles: { mean: 'On the mean', none: 'Not at all' },
      live: 'member',
      group: 'Factors',
      help: 'mean: the factors hold the difference from the mean of the observed values. That lowers the largest singular value, so steps are two to four times longer for the same result.',
    },
    {
      name: 'layout',
      title: 'Layout',
      type: 'choice',
      default: 'auto',
      choices: layoutIds,
      choiceTitles: { auto: 'By the input', frontal: 'Frontal', lateral: 'Lateral', video: 'Video' },
      live: 'member',
      group: 'Data',
      help: 'Which axes are rows, columns and tubes. frontal: tubes along the last of three axes; lateral: along the second; video: along the first. auto: frontal for pictures, video for four axes; of other arrays the axis along which a short descent tells held-out entries best; lateral for tnn-admm on colour pictures.',
    },
    {
      name: 'noise',
      title: 'Noise',
      type: 'number',
      default: 0,
      minimum: 0,
      maximum: 10,
      live: 'fixed',
      group: 'Data',
      scale: 'log',
      unit: 'of the range',
      help: 'Standard deviation of Gaussian noise added to observed values scaled to 0…1.',
    },
    {
      name: 'corruption',
      title: 'Sparse corruption',
      type: 'number',
      default: 0,
      minimum: 0,
      maximum: 1,
      live: 'fixed',
      group: 'Data',
      unit: 'of the observed',
      help: 'Share of the observed entries that are replaced by uniform noise over the range of the values.',
    },
    {
      name: 'validation',
      title: 'Held-out share',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 0.5,
      live: 'fixed',
      group: 'Data',
      unit: 'of the observed',
      help: 'Share of the observed entries that never train; their loss says when to stop. Default: 2,000 entries, but 2 to 5 % of them.',
    },
    {
      name: 'learningRate',
      title: 'Learning rate eta',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 100,
      live: 'live',
      group: 'Descent',
      level: 'basic',
      scale: 'log',
      help: 'Step = eta / (p sigma_1). Default 0.9, or 0.5 where less than 30 % was observed (20 % with more than four tubes); other optimizers than sgd have defaults of their own; sensing: 0.25, and it is the step itself.',
    },
    {
      name: 'damping',
      title: 'Damping lambda',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 1e6,
      live: 'live',
      group: 'Descent',
      scale: 'log',
      help: 'Added to the Gram matrices: times the largest singular value with scaled-gd (default 0.1, from a spectral start 0), times the norm of the residual with prec-gd (default 1).',
    },
    {
      name: 'smoothness',
      title: 'Smoothness weight beta',
      type: 'number',
      default: undefined,
      minimum: 0,
      maximum: 10,
      live: 'live',
      group: 'Smoothness',
      level: 'basic',
      scale: 'log',
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
      group: 'Smoothness',
      scale: 'log',
      unit: 'of the range',
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
      group: 'Smoothness',
      help: '2: rows and columns. 3: along the tubes too, for volumes and video.',
    },
    {
      name: 'smoothnessChannels',
      title: 'Smoothness over channels',
      type: 'choice',
      default: 'separate',
      choices: ['joint', 'separate'],
      choiceTitles: { joint: 'Joint', separate: 'Each apart' },
      live: 'member',
      group: 'Smoothness',
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
      group: 'Descent',
      level: 'basic',
      scale: 'log',
      help: 'The validation minimum usually stops the run earlier.',
    },
    sensingSetting('size', 'Size n', 20, 1, 200, 'The tensor has n x n slices.'),
    sensingSetting('tubes', 'Tubes k', 4, 1, 64, 'Length of its tubes.'),
    sensingSetting('tubalRank', 'Tubal rank r', 2, 1, 200, 'Tubal rank of the truth.'),
    sensingSetting(
      'measurements',
      'Measurements m',
      undefined,
      1,
      1000000,
      'Default: three times the degrees of freedom of the truth.',
    ),
    {
      name: 'truthSpectrum',
      title: 'Spectrum of the truth',
      type: 'choice',
      default: 'flat',
      choices: ['flat', 'staircase'],
      choiceTitles: { flat: 'Flat', staircase: 'Staircase' },
      live: 'fixed',
      group: 'Sensing',
      help: 'flat: all slice singular values are 1. staircase: rank 4 with slice singular values 1, 0.5, 0.25 and 0.1, which switch on one after another.',
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
      learningRate: 0.9,
      iterations: 3000,
    },
  },
  optimizer: 'sgd',
  optimizerNote:
    'All but sgd change the implicit bias: momentum buys iterations with quality, and rules that scale coordinates (adam and its relatives, sign) find higher ranks.',
  samples,
  figures: ['psnr', 'ssim', 'testError', 'rse', 'heldOutRmse'],
  captions: { phase: phaseExplanations },
  bytes: completionBytesOf,
  async load(input, members, context) {
    const isSensing = input.kind === 'synthetic';
    refuseInert(members, isSensing ? [...completionSettings] : sensingSettings(tubal.settings), isSensing);
    if (isSensing && context.mask !== undefined) {
      throw new LabError({
        code: 'input',
        message: 'A sensing problem has no entries to mask: every measurement sees all of them.',
        where: context.mask.name,
        tip: 'Leave the mask out, or give a picture to complete.',
      });
    }
    return isSensing ? loadSensing(members, context) : loadCompletion(input, members, context);
  },
};

/** Settings without effect on sensing. */
const completionSettings = [
  ...['sampling', 'mask', 'start', 'transform', 'centre', 'layout', 'noise', 'corruption', 'validation'],
  ...['smoothness', 'smoothnessEpsilon', 'smoothnessDirections', 'smoothnessChannels'],
];

function sensingSettings(settings: readonly SettingDescription[]): readonly string[] {
  return settings.filter(({ group }) => group === 'Sensing').map(({ name }) => name);
}

/** Throws a `setting` error for what was set and would do nothing. */
function refuseInert(members: readonly SettingValues[], names: readonly string[], isSensing: boolean): void {
  for (const { name, default: value } of tubal.settings) {
    const wrong = members.find(
      settings => names.includes(name) && settings[name] !== undefined && settings[name] !== value,
    );
    if (wrong === undefined) continue;
    throw new LabError({
      code: 'setting',
      message: `${name} ${wrong[name]} has no effect on ${isSensing ? 'a sensing problem' : 'the completion of an input'}.`,
      where: `setting ${name}`,
      tip: isSensing
        ? 'Leave it out, or give an input to complete.'
        : 'Leave it out, or choose a sensing problem: sample:sensing.',
    });
  }
}
