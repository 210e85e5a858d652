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

/** How far one first step of the given gradients moves a vector. */
function moved(id: string, gradients: number[], given: Record<string, number> = {}, first = info(1)): number[] {
  const optimizer = findOptimizer(id);
  const values = new Float32Array(gradients.length);
  const state = optimizer.init(gradients.length);
  optimizer.update(values, Float32Array.from(gradients), state, hyperOf(optimizer, given), first);
  return Array.from(values, value => -value);
}

// Two steps with gradients 1 and -2 at rate 0.1. Adam: first move 1; then m^ = (0.09 - 0.2) / 0.19 and
// v^ = (0.000999 + 0.004) / 0.001999.
const mean = 0.11 / 0.19;
const square = 0.004999 / 0.001999;
const adamSecond = (0.1 * mean) / Math.sqrt(square);
const exact = { epsilon: 0 };
/** Two steps, by hand from each formula. */
const expected: [string, Record<string, number>, number, number][] = [
  ['sgd', {}, 0.9, 1.1],
  // v = 1, then 0.9 - 2 = -1.1
  ['heavy-ball', {}, 0.9, 0.9 + 0.11],
  // g + beta v: 1.9, then -2 - 0.99
  ['nesterov', {}, 0.81, 0.81 + 0.299],
  ['adam', exact, 0.9, 0.9 + adamSecond],
  // epsilon is outside the root
  ['adam', { epsilon: 1 }, 0.95, 0.95 + (0.1 * mean) / (Math.sqrt(square) + 1)],
  ['adamw', { ...exact, weightDecay: 0.5 }, 0.95 - 0.1, 0.85 * 0.95 + adamSecond],
  ['adamw', { epsilon: 1, weightDecay: 0 }, 0.95, 0.95 + (0.1 * mean) / (Math.sqrt(square) + 1)],
  ['amsgrad', exact, 0.9, 0.9 + adamSecond],
  ['amsgrad', { epsilon: 1 }, 0.95, 0.95 + (0.1 * mean) / (Math.sqrt(square) + 1)],
  // s = 0.001 * 0.81; then 0.999 s + 0.001 * (-2 + 0.11)^2
  ['adabelief', exact, 1 - 0.1 / 0.9, 1 - 0.1 / 0.9 + (0.1 * mean) / Math.sqrt((0.00080919 + 0.0035721) / 0.001999)],
  // epsilon is added to s, which keeps it, and outside the root
  [
    'adabelief',
    { epsilon: 1 },
    1 - 0.1 / (Math.sqrt(1.00081 / 0.001) + 1),
    1 - 0.1 / (Math.sqrt(1000.81) + 1) + (0.1 * mean) / (Math.sqrt((0.999 * 1.00081 + 1.0035721) / 0.001999) + 1),
  ],
  // v = 0.1; then 0.09 + 0.4; no bias correction
  ['rmsprop', exact, 1 - 0.1 / Math.sqrt(0.1), 1 - 0.1 / Math.sqrt(0.1) + 0.2 / Math.sqrt(0.49)],
  // rho 0.99: v = 0.01; then 0.0099 + 0.04
  ['rmsprop', { rho: 0.99, epsilon: 0.9 }, 0.9, 0.9 + 0.2 / (Math.sqrt(0.0499) + 0.9)],
  ['grams', exact, 0.9, 0.9 + adamSecond],
  ['grams', { epsilon: 1 }, 0.95, 0.95 + (0.1 * mean) / (Math.sqrt(square) + 1)],
  ['sign', {}, 0.9, 1],
  ['normalised', {}, 0.9, 1],
  ['adagrad-norm', {}, 0.9, 0.9 + 0.2 / Math.sqrt(5)],
  // loss 2: rate min(2 / (0.5 * 1), 0.1), then min(2 / (0.5 * 4), 0.1)
  ['polyak', {}, 0.9, 1.1],
  ['polyak', { caution: 100 }, 0.98, 0.99],
  // (2 - 1.5) / (100 * 1), then (2 - 1.5) / (100 * 4)
  ['polyak', { caution: 100, leastLoss: 1.5 }, 0.995, 0.9975],
  // a loss below the least one is no reason to climb
  ['polyak', { leastLoss: 3 }, 1, 1],
  ['sgd', { clipNorm: 0.5 }, 0.95, 1],
  ['sgd', { clipCoordinate: 0.25 }, 0.975, 1],
  // history 1; then 1, 2 with median 1.5
  ['sgd', { autoClip: 50 }, 0.9, 1.05],
];

describe('optimizers', () => {
  it('has every rule in the table of hand-checked steps', () => {
    expect(new Set(expected.map(([id]) => id))).toEqual(new Set(optimizers.map(({ id }) => id)));
  });

  it.each(expected)('%s %o follows its formula', (id, given, first, second) => {
    const [a, b] = walk(id, [1, -2], given);
    // float32 values of size one: a few roundings of 6e-8
    expect(a).toBeCloseTo(first, 6);
    expect(b).toBeCloseTo(second, 6);
  });

  it('grams goes against the gradient where adam still follows its momentum', () => {
    // m^ = (0.09 - 0.05) / 0.19 > 0 while the gradient is -0.5; v^ = (0.000999 + 0.00025) / 0.001999
    const move = (0.1 * (0.04 / 0.19)) / Math.sqrt(0.001249 / 0.001999);
    expect(walk('adam', [1, -0.5], exact)[1]).toBeCloseTo(0.9 - move, 6);
    expect(walk('grams', [1, -0.5], exact)[1]).toBeCloseTo(0.9 + move, 6);
  });

  it('amsgrad takes its maximum over bias-corrected second moments', () => {
    // v = 2 then 1.5; v^ = 4 then 2, so 4 stays; m^ = (0.18 + 0.1) / 0.19
    const [first, second] = walk('amsgrad', [2, 1], { epsilon: 0, beta2: 0.5 });
    expect(first).toBeCloseTo(0.9, 6);
    expect(second).toBeCloseTo(0.9 - (0.1 * (0.28 / 0.19)) / 2, 6);
  });

  it.each(['adam', 'adamw', 'amsgrad', 'grams'])('%s moves by its rate under a constant gradient', id => {
    // m^ = g and v^ = g^2 at every step: the bias corrections cancel exactly
    const path = walk(id, new Array(100).fill(7), { epsilon: 0, weightDecay: 0 });
    // 100 roundings of 3e-8 at most, and those of the moments
    for (const t of [1, 10, 100]) expect(path[t - 1]).toBeCloseTo(1 - 0.1 * t, 4);
  });

  it('adabelief moves further than adam under a constant gradient, which it believes', () => {
    // g - m = 0.9^t g, so s = 0.001 sum of 0.999^(t - i) 0.81^i, for g = 1
    const path = walk('adabelief', [1, 1, 1], exact);
    const s = [1, 2, 3].map(t => {
      const terms = [1, 2, 3].slice(0, t).map(i => 0.999 ** (t - i) * 0.81 ** i);
      return (0.001 * terms.reduce((sum, term) => sum + term)) / (1 - 0.999 ** t);
    });
    expect(path[2]).toBeCloseTo(1 - 0.1 * s.reduce((sum, value) => sum + 1 / Math.sqrt(value), 0), 5);
  });

  it('adamw decays apart from the gradient and its moments', () => {
    // no gradient: (1 - 0.1 * 0.5)^t
    const path = walk('adamw', [0, 0, 0], { weightDecay: 0.5 });
    for (const [t, value] of path.entries()) expect(value).toBeCloseTo(0.95 ** (t + 1), 6);
  });

  it.each([
    ['sign', {}, [3, -4, 0], [0.1, -0.1, 0]],
    ['normalised', {}, [3, -4, 0], [0.06, -0.08, 0]],
    ['adagrad-norm', {}, [3, -4, 0], [0.06, -0.08, 0]],
    ['adam', exact, [3, -4, 1e-3], [0.1, -0.1, 0.1]],
    ['grams', exact, [3, -4, 1e-3], [0.1, -0.1, 0.1]],
    ['sgd', { clipNorm: 0.5 }, [3, -4], [0.03, -0.04]],
    ['sgd', { clipNorm: 6 }, [3, -4], [0.3, -0.4]],
    ['sgd', { clipCoordinate: 0.5 }, [3, -4, 0.2], [0.05, -0.05, 0.02]],
    // to norm 1 first: 0.6 and 0.8; then to 0.7
    ['sgd', { clipNorm: 1, clipCoordinate: 0.7 }, [3, -4], [0.06, -0.07]],
    // the clipped gradient is what momentum and moments see
    ['nesterov', { clipNorm: 0.5 }, [3, -4], [0.057, -0.076]],
    ['adam', { clipCoordinate: 0.5, epsilon: 0.5 }, [3, -0.5], [0.05, -0.05]],
  ] as [string, Record<string, number>, number[], number[]][])('%s %o moves a vector by hand', (id, given, g, move) => {
    const actual = moved(id, g, given);
    for (const [i, value] of move.entries()) expect(actual[i]).toBeCloseTo(value, 6);
  });

  it('adagrad-norm remembers the norms of whole vectors', () => {
    const optimizer = findOptimizer('adagrad-norm');
    const state = optimizer.init(2);
    const values = new Float32Array(2);
    for (const [t, g] of [
      [3, 4],
      [0, 12],
    ].entries())
      optimizer.update(values, Float32Array.from(g), state, hyperOf(optimizer, {}), info(t + 1));
    // norms 5 and 12: b = 5, then 13
    expect(values[0]).toBeCloseTo((-0.1 * 3) / 5, 6);
    expect(values[1]).toBeCloseTo((-0.1 * 4) / 5 - (0.1 * 12) / 13, 6);
  });

  it('polyak divides by the norm over all blocks', () => {
    // (2 - 0.5) / (0.5 * 100) = 0.03, although this block alone has 25
    const [a, b] = moved('polyak', [3, 4], { learningRate: 1, leastLoss: 0.5 }, info(1, 2, 100));
    expect(a).toBeCloseTo(0.09, 6);
    expect(b).toBeCloseTo(0.12, 6);
  });

  it.each(optimizers.map(({ id }) => id))('%s stays where it is without a gradient from the first step on', id => {
    expect(walk(id, [0, 0], { weightDecay: 0 })).toEqual([1, 1]);
  });

  it('amsgrad keeps the largest second moment where adam forgets it', () => {
    const gradients = [10, ...new Array(20).fill(0.1)];
    const travelled = (id: string) => walk(id, gradients, { beta2: 0.5 });
    expect(travelled('amsgrad').at(-1)).toBeGreaterThan(travelled('adam').at(-1) as number);
  });

  it('clips at percentiles between neighbours, as NumPy does', () => {
    // norms 1, 2, 3, 4 with the 30th percentile at 0.3 (n - 1): 1, 1.3, 1.6, 1.9
    const path = walk('sgd', [1, -2, 3, -4], { autoClip: 30, learningRate: 1 });
    const limits = [1, -1.3, 1.6, -1.9];
    let value = 1;
    for (const [t, limit] of limits.entries()) {
      value -= limit;
      expect(path[t]).toBeCloseTo(value, 6);
    }
  });

  it('forgets all but the last 256 norms', () => {
    const gradients = [...new Array(256).fill(1), ...new Array(256).fill(100)];
    const path = walk('sgd', gradients, { autoClip: 50, learningRate: 1 });
    const step = (t: number) => path[t - 2] - path[t - 1];
    // the median of 128 ones and 128 hundreds; then ones are all gone. Values near 1e4 have a spacing of 0.001.
    expect(step(384)).toBeCloseTo(50.5, 1);
    expect(step(512)).toBeCloseTo(100, 1);
  });

  it('does not remember a norm that is not finite', () => {
    const optimizer = findOptimizer('sgd');
    const state = optimizer.init(1);
    const hyper = hyperOf(optimizer, { autoClip: 100, learningRate: 1 });
    for (const g of [2, Number.NaN, Infinity])
      optimizer.update(new Float32Array(1), Float32Array.of(g), state, hyper, info(1));
    const values = new Float32Array(1);
    optimizer.update(values, Float32Array.of(9), state, { ...hyper, autoClip: 1e-9 }, info(4));
    expect(values[0]).toBeCloseTo(-2, 5);
  });

  it.each(optimizers.map(({ id }) => id))('%s leaves a coordinate without gradient where it is', id => {
    const optimizer = findOptimizer(id);
    const least = Object.fromEntries(optimizer.hyper.map(({ name, minimum }) => [name, minimum]));
    expect(moved(id, [0, 0], least).every(step => step === 0)).toBe(true);
  });

  it.each([
    [1, 4],
    [15, 4],
    [1023, 0.25],
  ])('adds noise of the stated variance at step %d with eta0 %d', (step, gradientNoise) => {
    const noise = moved('sgd', new Array(20000).fill(0), { learningRate: 1, gradientNoise }, info(step));
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
    const stated = gradientNoise / (1 + step) ** 0.55;
    // standard errors from 20,000 samples: 1 % of a variance, 0.7 % of sigma for the mean
    expect(Math.abs(variance / stated - 1)).toBeLessThan(0.05);
    expect(Math.abs(noise.reduce((sum, value) => sum + value, 0) / noise.length)).toBeLessThan(0.035 * stated ** 0.5);
  });

  it('adds noise to the gradient before it is clipped, and draws none where it is off', () => {
    const noisy = moved('sgd', [3, 4, 0], { learningRate: 1, gradientNoise: 1e4, clipNorm: 1 });
    expect(Math.hypot(...noisy)).toBeCloseTo(1, 5);
    expect(noisy[2]).not.toBe(0);
    const { random } = info(1);
    const before = random.state();
    expect(moved('sgd', [3, 4, 0], { learningRate: 1 }, { ...info(1), random })).toEqual([3, 4, -0]);
    expect(random.state()).toEqual(before);
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
  /** Values at each step on f = (1000 x^2 + y^2) / 2, whose loss is 500.5 at the start (1, 1). */
  function descend(id: string, steps: number, given: Record<string, number>, stiffness = 1000): [number, number][] {
    const optimizer = findOptimizer(id);
    const state = optimizer.init(2);
    const values = Float32Array.of(1, 1);
    const hyper = hyperOf(optimizer, given);
    return Array.from({ length: steps }, (_, i) => {
      const gradients = Float32Array.of(stiffness * values[0], values[1]);
      const loss = (stiffness * values[0] ** 2 + values[1] ** 2) / 2;
      optimizer.update(values, gradients, state, hyper, info(i + 1, loss, gradients[0] ** 2 + gradients[1] ** 2));
      return [values[0], values[1]];
    });
  }

  it.each(optimizers.map(({ id }) => id))('%s descends a stiff quadratic', id => {
    const [x, y] = descend(id, 5000, { learningRate: rates[id] }).at(-1) as [number, number];
    expect(Math.abs(x)).toBeLessThan(0.01);
    expect(Math.abs(y)).toBeLessThan(0.01);
  });

  // Along an eigenvalue h of a quadratic the momentum rules are linear recurrences of second order. At the rates and
  // momenta that are optimal for the condition number k both roots coincide, r = r', so that the value after t steps
  // is (1 + c t) r^t with c = first / r - 1.
  const root = Math.sqrt(1000);
  const doubleRoot = (first: number, r: number, t: number) => (1 + (first / r - 1) * t) * r ** t;
  const slow = (root - 1) / (root + 1);
  it('gradient descent follows (1 - eta h)^t', () => {
    const path = descend('sgd', 300, { learningRate: 1.9e-3 });
    for (const t of [1, 7, 300]) {
      // float32: t roundings
      expect(path[t - 1][0] / (-0.9) ** t).toBeCloseTo(1, 3);
      expect(path[t - 1][1] / 0.9981 ** t).toBeCloseTo(1, 3);
    }
  });

  it('the heavy ball follows the double roots ±(sqrt k - 1) / (sqrt k + 1) at its optimum (Polyak 1964)', () => {
    const learningRate = (2 / (root + 1)) ** 2;
    const path = descend('heavy-ball', 100, { learningRate, momentum: slow ** 2 });
    for (const t of [1, 7, 100]) {
      // a double root makes t^2 of t roundings of the rate's float32 product
      expect(path[t - 1][0] / doubleRoot(1 - 1000 * learningRate, -slow, t)).toBeCloseTo(1, 2);
      expect(path[t - 1][1] / doubleRoot(1 - learningRate, slow, t)).toBeCloseTo(1, 2);
    }
  });

  it('nesterov ends the stiffest direction at once and follows the double root 1 - 1 / sqrt k along the other', () => {
    const path = descend('nesterov', 100, { learningRate: 1e-3, momentum: slow });
    // rate 1 / L: the step from the gradient alone ends at 0, so the first value is -beta, the next ones 0
    expect(path[0][0]).toBeCloseTo(-slow, 5);
    expect(path[1][0]).toBeCloseTo(0, 5);
    expect(path[50][0]).toBeCloseTo(0, 5);
    for (const t of [1, 7, 100])
      expect(path[t - 1][1] / doubleRoot(1 - (1 + slow) / 1000, 1 - 1 / root, t)).toBeCloseTo(1, 2);
  });

  it.each(['adam', 'adamw', 'amsgrad', 'adabelief', 'rmsprop', 'grams', 'sign'])(
    '%s does not see stiffness along the axes',
    id => {
      // a gradient scaled by a power of two changes no bit of a step that is invariant to scale
      const path = descend(id, 40, { learningRate: 0.01, epsilon: 0 }, 1024);
      for (const [x, y] of path) expect(x).toBe(y);
      expect(path.at(-1)?.[0]).toBeLessThan(0.7);
    },
  );

  it.each([0.5, 1, 3])('polyak nears the minimum by what its formula says, with c = %d', caution => {
    // g . theta = 2 f on a quadratic, so |theta|^2 falls by (4 / c - 1 / c^2) f^2 / |g|^2
    const path = [[1, 1], ...descend('polyak', 12, { learningRate: 1e6, caution })];
    for (let t = 1; t < path.length; t++) {
      const [x, y] = path[t - 1];
      const loss = (1000 * x * x + y * y) / 2;
      const fall = ((4 / caution - 1 / caution ** 2) * loss ** 2) / (1e6 * x * x + y * y);
      expect(path[t][0] ** 2 + path[t][1] ** 2).toBeCloseTo(x * x + y * y - fall, 5);
    }
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
    expect(() => findOptimizer('adamm')).toThrow(
      expect.objectContaining({ message: 'There is no optimizer "adamm".', tip: 'Did you mean "adam"?' }),
    );
  });
});
