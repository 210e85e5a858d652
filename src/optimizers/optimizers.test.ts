import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import type { Hyper, Optimizer, StepInfo } from './optimizer.ts';
import { findOptimizer, optimizers } from './registry.ts';

const hyperOf = (optimizer: Optimizer, given: Record<string, number>): Hyper => ({
  learningRate: 0.1,
  ...Object.fromEntries(optimizer.hyper.map(({ name, default: value }) => [name, value])),
  ...given,
});
const info = (step: number, loss = 0, gradientNormSquared = 0): StepInfo => ({
  step,
  loss,
  gradientNormSquared,
  random: createRandom(1, 'test'),
});

/** Values after steps with the given scalar gradients, from 1. */
function walk(id: string, gradients: number[], given: Record<string, number> = {}): number[] {
  const optimizer = findOptimizer(id);
  const state = optimizer.init(1);
  const values = Float32Array.of(1);
  return gradients.map((g, i) => {
    optimizer.update(values, Float32Array.of(g), state, hyperOf(optimizer, given), info(i + 1, 2, g * g));
    return values[0];
  });
}

/** Two steps with gradients 1 and -2 at rate 0.1, by hand from each formula. */
const expected: [string, Record<string, number>, number, number][] = [
  ['sgd', {}, 0.9, 1.1],
  // v = 1, then 0.9 - 2 = -1.1
  ['heavy-ball', {}, 0.9, 0.9 + 0.11],
  // g + beta v: 1.9, then -2 - 0.99
  ['nesterov', {}, 0.81, 0.81 + 0.299],
  // first move 1; then m^ = (0.09 - 0.2) / 0.19, v^ = (0.000999 + 0.004) / 0.001999
  ['adam', {}, 0.9, 0.9 + (0.1 * (0.11 / 0.19)) / Math.sqrt(0.004999 / 0.001999)],
  ['adamw', { weightDecay: 0.5 }, 0.95 - 0.1, 0.85 * 0.95 + (0.1 * (0.11 / 0.19)) / Math.sqrt(0.004999 / 0.001999)],
  ['amsgrad', {}, 0.9, 0.9 + (0.1 * (0.11 / 0.19)) / Math.sqrt(0.004999 / 0.001999)],
  // s = 0.001 * 0.81; then 0.999 s + 0.001 * (-2 + 0.11)^2
  [
    'adabelief',
    {},
    1 - 0.1 / Math.sqrt(0.81),
    1 - 0.1 / 0.9 + (0.1 * (0.11 / 0.19)) / Math.sqrt((0.00080919 + 0.0035721) / 0.001999),
  ],
  // v = 0.01; then 0.0099 + 0.04
  ['rmsprop', {}, 0, 0.2 / Math.sqrt(0.0499)],
  ['grams', {}, 0.9, 0.9 + (0.1 * (0.11 / 0.19)) / Math.sqrt(0.004999 / 0.001999)],
  ['sign', {}, 0.9, 1],
  ['normalised', {}, 0.9, 1],
  ['adagrad-norm', {}, 0.9, 0.9 + 0.2 / Math.sqrt(5)],
  // rate min(2 / (0.5 * 1), 0.1), then min(2 / (0.5 * 4), 0.1)
  ['polyak', {}, 0.9, 1.1],
  ['polyak', { caution: 100 }, 0.98, 0.99],
  ['sgd', { clipNorm: 0.5 }, 0.95, 1],
  ['sgd', { clipCoordinate: 0.25 }, 0.975, 1],
  // history 1; then 1, 2 with median 1.5
  ['sgd', { autoClip: 50 }, 0.9, 1.05],
];

describe('optimizers', () => {
  it.each(expected)('%s %o follows its formula', (id, given, first, second) => {
    const [a, b] = walk(id, [1, -2], given);
    // float32 values of size one; epsilon 1e-8 under AdaBelief's root of 1e-3
    expect(a).toBeCloseTo(first, 4);
    expect(b).toBeCloseTo(second, 4);
  });

  it('amsgrad keeps the largest second moment where adam forgets it', () => {
    const gradients = [10, ...new Array(20).fill(0.1)];
    const travelled = (id: string) => walk(id, gradients, { beta2: 0.5 });
    expect(travelled('amsgrad').at(-1)).toBeGreaterThan(travelled('adam').at(-1) as number);
  });

  it('adds noise of the stated variance', () => {
    const optimizer = findOptimizer('sgd');
    const values = new Float32Array(20000);
    const hyper = hyperOf(optimizer, { learningRate: 1, gradientNoise: 4 });
    optimizer.update(values, new Float32Array(20000), optimizer.init(20000), hyper, info(15));
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    // standard error of a variance from 20,000 samples is 1 %
    expect(variance / (4 / 16 ** 0.55)).toBeGreaterThan(0.95);
    expect(variance / (4 / 16 ** 0.55)).toBeLessThan(1.05);
  });

  const rates: Record<string, number> = {
    sgd: 1.9e-3,
    'heavy-ball': 1e-3,
    nesterov: 1e-3,
    adam: 0.02,
    adamw: 0.02,
    amsgrad: 0.05,
    adabelief: 0.02,
    rmsprop: 2e-3,
    grams: 0.01,
    sign: 1e-3,
    normalised: 2e-3,
    'adagrad-norm': 1,
    polyak: 1e-2,
  };
  it.each(optimizers.map(({ id }) => id))('%s descends a stiff quadratic', id => {
    // f = (1000 x^2 + y^2) / 2 from (1, 1): 500.5 at the start
    const optimizer = findOptimizer(id);
    const state = optimizer.init(2);
    const values = Float32Array.of(1, 1);
    const hyper = hyperOf(optimizer, { learningRate: rates[id], ...(id === 'adamw' ? { weightDecay: 0 } : {}) });
    const loss = () => (1000 * values[0] ** 2 + values[1] ** 2) / 2;
    for (let step = 1; step <= 5000; step++) {
      const gradients = Float32Array.of(1000 * values[0], values[1]);
      optimizer.update(values, gradients, state, hyper, info(step, loss(), gradients[0] ** 2 + gradients[1] ** 2));
    }
    expect(loss()).toBeLessThan(0.5);
  });

  it.each(optimizers.map(({ id }) => id))(
    '%s goes on from a copied state to the same bits, and survives zero gradients',
    id => {
      const optimizer = findOptimizer(id);
      const run = (copyAt: number) => {
        let state = optimizer.init(3);
        const values = Float32Array.of(1, -2, 3);
        for (let step = 1; step <= 20; step++) {
          if (step === copyAt) state = structuredClone(state);
          const gradients = step % 4 === 0 ? new Float32Array(3) : values.map(value => value * 0.3);
          optimizer.update(
            values,
            gradients,
            state,
            hyperOf(optimizer, { autoClip: 90 }),
            info(step, 1, gradients[0] ** 2),
          );
        }
        return values;
      };
      expect(run(7)).toEqual(run(-1));
      expect(run(-1).every(Number.isFinite)).toBe(true);
    },
  );

  it('names the nearest optimizer', () => {
    expect(() => findOptimizer('adamm')).toThrow(/no optimizer/);
  });
});
