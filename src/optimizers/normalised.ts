// Rules that keep only a part of the gradient's size: its signs, its direction, or its size against its own history.

import type { Optimizer } from './optimizer.ts';

/** |g|^2 in float64, in index order. */
export function squaredNorm(gradients: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradients.length; i++) sum += gradients[i] * gradients[i];
  return sum;
}

function descend(values: Float32Array, gradients: Float32Array, rate: number): void {
  for (let i = 0; i < values.length; i++) values[i] -= rate * gradients[i];
}

export const sign: Optimizer = {
  id: 'sign',
  title: 'Sign descent',
  stepFollows: 'rate',
  source: 'Bernstein et al. 2018, arXiv 1802.04434',
  law: 'theta <- theta - eta sign(g)',
  hyper: [],
  init: () => ({}),
  update(values, gradients, _state, { learningRate }) {
    for (let i = 0; i < values.length; i++) values[i] -= learningRate * Math.sign(gradients[i]);
  },
};

export const normalised: Optimizer = {
  id: 'normalised',
  title: 'Normalised gradient',
  stepFollows: 'rate',
  source: 'Nesterov 1984',
  law: 'theta <- theta - eta g / |g|, block by block',
  hyper: [],
  init: () => ({}),
  update(values, gradients, _state, { learningRate }) {
    const norm = Math.sqrt(squaredNorm(gradients));
    if (norm > 0) descend(values, gradients, learningRate / norm);
  },
};

export const adaGradNorm: Optimizer = {
  id: 'adagrad-norm',
  title: 'AdaGrad-norm',
  stepFollows: 'rate',
  source: 'Ward, Wu, Bottou 2019, arXiv 1806.01811, algorithm 1, with b0 = 0',
  hyper: [],
  init: () => ({ sum: new Float64Array(1) }),
  update(values, gradients, { sum }, { learningRate }) {
    sum[0] += squaredNorm(gradients);
    if (sum[0] > 0) descend(values, gradients, learningRate / Math.sqrt(sum[0]));
  },
};

export const polyak: Optimizer = {
  id: 'polyak',
  title: 'Polyak step',
  stepFollows: 'gradient',
  source: 'SPS max, Loizou et al. 2021, arXiv 2002.10542, equation 3',
  law: 'steps by the loss that is left over the squared gradient; the learning rate is the longest step',
  hyper: [
    {
      name: 'leastLoss',
      title: 'Least loss f*',
      default: 0,
      minimum: 0,
      maximum: 1e12,
      help: 'The value the loss is known to reach.',
    },
    {
      name: 'caution',
      title: 'Caution c',
      default: 0.5,
      minimum: 0.01,
      maximum: 100,
      help: 'Larger takes smaller steps.',
    },
  ],
  init: () => ({}),
  update(values, gradients, _state, { learningRate, leastLoss, caution }, { loss, gradientNormSquared }) {
    if (gradientNormSquared === 0) return;
    const rate = Math.max(0, loss - leastLoss) / (caution * gradientNormSquared);
    descend(values, gradients, Math.min(rate, learningRate));
  },
};
