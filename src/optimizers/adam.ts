// Adam and its relatives: exponential moments of the gradient, bias-corrected. Each rule differs from Adam in one
// place, so they are one loop with that place handed in.

import type { Hyper, HyperDescription, Optimizer, OptimizerState } from './optimizer.ts';

const hyper = (name: string, title: string, value: number, maximum: number, help: string): HyperDescription => ({
  name,
  title,
  default: value,
  minimum: 0,
  maximum,
  help,
});
const beta1 = hyper('beta1', 'First moment beta 1', 0.9, 0.99999, 'Memory of the mean gradient.');
const beta2 = hyper('beta2', 'Second moment beta 2', 0.999, 0.99999, 'Memory of the mean square.');
/** Never 0: a coordinate without gradient, as every unobserved one has, would be 0 / 0. */
const epsilon = { ...hyper('epsilon', 'Epsilon', 1e-8, 1, 'Keeps the division finite.'), minimum: 1e-30 };
const decay = hyper('weightDecay', 'Weight decay', 0.01, 10, 'Decoupled: theta shrinks by eta times this.');
const moments = [beta1, beta2, epsilon];

const momentState = (size: number): OptimizerState => ({
  mean: new Float32Array(size),
  square: new Float32Array(size),
});

interface Corrected {
  readonly b1: number;
  readonly b2: number;
  /** 1 / (1 - beta^t) */
  readonly correction1: number;
  readonly correction2: number;
}

function corrected(values: Hyper, step: number): Corrected {
  const { beta1: b1, beta2: b2 } = values;
  return { b1, b2, correction1: 1 / (1 - b1 ** step), correction2: 1 / (1 - b2 ** step) };
}

/** m, v with bias correction; theta <- theta - eta * shape(m^ / (sqrt v^ + eps), g). */
function adamLike(
  values: Float32Array,
  gradients: Float32Array,
  state: OptimizerState,
  live: Hyper,
  step: number,
  shape: (move: number, gradient: number) => number,
): void {
  const { mean, square } = state;
  const { b1, b2, correction1, correction2 } = corrected(live, step);
  for (let i = 0; i < values.length; i++) {
    const g = gradients[i];
    mean[i] = b1 * mean[i] + (1 - b1) * g;
    square[i] = b2 * square[i] + (1 - b2) * g * g;
    const move = (mean[i] * correction1) / (Math.sqrt(square[i] * correction2) + live.epsilon);
    values[i] -= live.learningRate * shape(move, g);
  }
}

const same = (move: number): number => move;

export const adam: Optimizer = {
  id: 'adam',
  title: 'Adam',
  stepFollows: 'rate',
  source: 'Kingma and Ba 2015, arXiv 1412.6980, algorithm 1',
  hyper: moments,
  init: momentState,
  update: (values, gradients, state, live, { step }) => adamLike(values, gradients, state, live, step, same),
};

export const adamW: Optimizer = {
  id: 'adamw',
  title: 'AdamW',
  stepFollows: 'rate',
  source: 'Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2, whose lambda is learningRate * weightDecay here',
  hyper: [...moments, decay],
  init: momentState,
  update(values, gradients, state, live, { step }) {
    const shrink = 1 - live.learningRate * live.weightDecay;
    for (let i = 0; i < values.length; i++) values[i] *= shrink;
    adamLike(values, gradients, state, live, step, same);
  },
};

export const grams: Optimizer = {
  id: 'grams',
  title: 'Grams',
  stepFollows: 'rate',
  source: 'Cao et al. 2024, arXiv 2412.17107',
  law: 'the size of the step from Adam, its sign from the gradient',
  hyper: moments,
  init: momentState,
  update: (values, gradients, state, live, { step }) =>
    adamLike(values, gradients, state, live, step, (move, g) => Math.sign(g) * Math.abs(move)),
};

export const amsGrad: Optimizer = {
  id: 'amsgrad',
  title: 'AMSGrad',
  stepFollows: 'rate',
  source: 'Reddi, Kale, Kumar 2018, arXiv 1904.09237, algorithm 2, with bias correction; the maximum is of v^',
  hyper: moments,
  init: size => ({ ...momentState(size), largest: new Float32Array(size) }),
  update(values, gradients, { mean, square, largest }, live, { step }) {
    const { b1, b2, correction1, correction2 } = corrected(live, step);
    for (let i = 0; i < values.length; i++) {
      const g = gradients[i];
      mean[i] = b1 * mean[i] + (1 - b1) * g;
      square[i] = b2 * square[i] + (1 - b2) * g * g;
      largest[i] = Math.max(largest[i], square[i] * correction2);
      values[i] -= (live.learningRate * mean[i] * correction1) / (Math.sqrt(largest[i]) + live.epsilon);
    }
  },
};

export const adaBelief: Optimizer = {
  id: 'adabelief',
  title: 'AdaBelief',
  stepFollows: 'rate',
  source: 'Zhuang et al. 2020, arXiv 2010.07468, algorithm 2',
  hyper: moments,
  init: size => ({ mean: new Float32Array(size), belief: new Float32Array(size) }),
  update(values, gradients, { mean, belief }, live, { step }) {
    const { b1, b2, correction1, correction2 } = corrected(live, step);
    for (let i = 0; i < values.length; i++) {
      const g = gradients[i];
      mean[i] = b1 * mean[i] + (1 - b1) * g;
      const surprise = g - mean[i];
      belief[i] = b2 * belief[i] + (1 - b2) * surprise * surprise + live.epsilon;
      const move = (mean[i] * correction1) / (Math.sqrt(belief[i] * correction2) + live.epsilon);
      values[i] -= live.learningRate * move;
    }
  },
};

export const rmsProp: Optimizer = {
  id: 'rmsprop',
  title: 'RMSProp',
  stepFollows: 'rate',
  source: 'Hinton 2012, lecture 6e',
  hyper: [hyper('rho', 'Decay rho', 0.9, 0.99999, 'Memory of the mean square.'), epsilon],
  init: size => ({ square: new Float32Array(size) }),
  update(values, gradients, { square }, live) {
    for (let i = 0; i < values.length; i++) {
      const g = gradients[i];
      square[i] = live.rho * square[i] + (1 - live.rho) * g * g;
      values[i] -= (live.learningRate * g) / (Math.sqrt(square[i]) + live.epsilon);
    }
  },
};
