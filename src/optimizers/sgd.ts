// Stochastic gradient descent and its momentum forms. Heavy ball: Polyak 1964; Nesterov in the form of Sutskever et
// al. 2013: v <- beta v + g; theta <- theta - eta v, or theta - eta (g + beta v).

import type { HyperDescription, Optimizer } from './optimizer.ts';

const momentum: HyperDescription = {
  name: 'momentum',
  title: 'Momentum beta',
  default: 0.9,
  minimum: 0,
  maximum: 0.9999,
  help: 'Share of the previous velocity that is kept.',
};

export const sgd: Optimizer = {
  id: 'sgd',
  title: 'Gradient descent',
  stepFollows: 'gradient',
  source: 'Robbins and Monro 1951',
  law: 'theta <- theta - eta g',
  hyper: [],
  init: () => ({}),
  update(values, gradients, _state, { learningRate }) {
    for (let i = 0; i < values.length; i++) values[i] -= learningRate * gradients[i];
  },
};

export const heavyBall: Optimizer = {
  id: 'heavy-ball',
  title: 'Heavy ball',
  stepFollows: 'gradient',
  source: 'Polyak 1964',
  law: 'v <- beta v + g, theta <- theta - eta v',
  hyper: [momentum],
  init: size => ({ velocity: new Float32Array(size) }),
  update(values, gradients, { velocity }, { learningRate, momentum: beta }) {
    for (let i = 0; i < values.length; i++) {
      velocity[i] = beta * velocity[i] + gradients[i];
      values[i] -= learningRate * velocity[i];
    }
  },
};

export const nesterov: Optimizer = {
  id: 'nesterov',
  title: 'Nesterov',
  stepFollows: 'gradient',
  source: 'Sutskever et al. 2013',
  law: 'v <- beta v + g, theta <- theta - eta (g + beta v)',
  hyper: [momentum],
  init: size => ({ velocity: new Float32Array(size) }),
  update(values, gradients, { velocity }, { learningRate, momentum: beta }) {
    for (let i = 0; i < values.length; i++) {
      velocity[i] = beta * velocity[i] + gradients[i];
      values[i] -= learningRate * (gradients[i] + beta * velocity[i]);
    }
  },
};
