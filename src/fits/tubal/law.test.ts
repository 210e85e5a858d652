import { describe, expect, it } from 'vitest';
import { type LossSeries, nextSwitchOn, phaseExplanations, phaseOf, phases, switchOnIteration } from './law.ts';

const sensingDefault = { alpha: 1e-6, eta: 0.25, scale: 4 };

/** Gradient descent on 1/4 sum (lambda - u^2)^2 from u = start: what the law describes, without cross-talk. */
function scalarModes(lambdas: readonly number[], start: number, eta: number, steps: number): number[][] {
  const history: number[][] = [];
  let modes = lambdas.map(() => start);
  for (let t = 0; t <= steps; t++) {
    history.push(modes);
    modes = modes.map((u, i) => u + eta * u * (lambdas[i] - u * u));
  }
  return history;
}

function lossesOf(history: number[][], lambdas: readonly number[]): LossSeries {
  const training = history.map(modes => modes.reduce((sum, u, i) => sum + (lambdas[i] - u * u) ** 2 / 4, 0));
  return { iterations: training.map((_, t) => t), training };
}

function upTo(series: LossSeries, end: number): LossSeries {
  const cut = (values: ArrayLike<number>) => Array.from(values).slice(0, end + 1);
  const { iterations, training, validation } = series;
  return {
    iterations: cut(iterations),
    training: cut(training),
    ...(validation === undefined ? {} : { validation: cut(validation) }),
  };
}

describe('the law of switching on', () => {
  it('gives the published predictions', () => {
    expect(Math.round(switchOnIteration(1, sensingDefault))).toBe(59);
    // KVIK Fig. 2: predicted 3,040
    expect(Math.round(switchOnIteration(1, { alpha: 1e-7, eta: 5.08e-3, scale: 4 }) / 10)).toBe(304);
  });

  it.each([1, 0.5, 0.25, 0.1])('predicts scalar descent within a few e-foldings, lambda = %f', lambda => {
    const start = 1e-6 * Math.sqrt(4);
    const history = scalarModes([lambda], start, 0.25, 2000);
    const half = history.findIndex(([u]) => u * u >= lambda / 2);
    const predicted = switchOnIteration(lambda, sensingDefault);
    // Saturation delays the half value by less than one e-folding of the growth, 1 / ln(1 + eta lambda).
    expect(Math.abs(half - predicted)).toBeLessThan(1 + 1 / Math.log1p(0.25 * lambda));
  });

  it('never switches on what is not there, and at once what starts larger than it is', () => {
    expect(switchOnIteration(0, sensingDefault)).toBe(Number.POSITIVE_INFINITY);
    expect(switchOnIteration(0.5, { ...sensingDefault, alpha: 1 })).toBe(0);
  });

  it('names the next tube, by the largest of its slice values', () => {
    const values = [Float64Array.of(1, 0.2, 0), Float64Array.of(0.9, 0.5, 0)];
    expect(nextSwitchOn(values, sensingDefault, 0)?.tube).toBe(0);
    const second = nextSwitchOn(values, sensingDefault, 60);
    expect(second).toEqual({ tube: 1, iteration: switchOnIteration(0.5, sensingDefault) });
    expect(nextSwitchOn(values, sensingDefault, 1000)).toBeUndefined();
  });
});

describe('phases', () => {
  const lambdas = [1, 0.5, 0.25, 0.1];
  const series = lossesOf(scalarModes(lambdas, 2e-6, 0.25, 3000), lambdas);

  it('start with alignment, before anything is known', () => {
    expect(phaseOf({ iterations: [], training: [] })).toBe('alignment');
    expect(phaseOf({ iterations: [0], training: [3] })).toBe('alignment');
    expect(phaseOf(upTo(series, Math.round(0.8 * switchOnIteration(1, sensingDefault))))).toBe('alignment');
  });

  it.each(lambdas)('are growth when the mode lambda = %f switches on', lambda => {
    expect(phaseOf(upTo(series, Math.round(switchOnIteration(lambda, sensingDefault))))).toBe('growth');
  });

  it('are convergence between far switch-ons and after the last', () => {
    expect(phaseOf(upTo(series, 380))).toBe('convergence');
    expect(phaseOf(series)).toBe('convergence');
  });

  it('are over-fitting once the held-out loss rises while the training loss falls', () => {
    const training = Array.from({ length: 400 }, (_, t) => Math.exp(-t / 40));
    const validation = training.map((value, t) => value + 1e-3 + (t / 400) ** 2 * 0.05);
    const both = { iterations: training.map((_, t) => t), training, validation };
    // The minimum of exp(-t / 40) + 0.05 (t / 400)^2 is near t = 158.
    expect(phaseOf(upTo(both, 100))).toBe('growth');
    expect(phaseOf(upTo(both, 170))).not.toBe('over-fitting');
    expect(phaseOf(both)).toBe('over-fitting');
    // Where the training loss rises too, it is something else: a step too large, say.
    const rising = training.map((value, t) => value + validation[t]);
    expect(phaseOf({ ...both, training: rising })).not.toBe('over-fitting');
  });

  it('each have one sentence', () => {
    for (const phase of phases) expect(phaseExplanations[phase]).toMatch(/^[A-Z][^.]*\.$/);
  });
});
