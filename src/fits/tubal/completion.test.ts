// Completion from loading to exports, on small inputs: what is refused, degenerate pictures, masks, layouts, fairness.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { resolveMembers } from '../../engine/fits.ts';
import { createRun, type Run } from '../../engine/run.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import type { FitInput, Measures, Problem } from '../fit.ts';
import { tubal } from './tubal.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
});
afterAll(() => device.dispose());

type Settings = Record<string, string | number>;

const input = (
  shape: number[],
  value: (at: number) => number,
  kind: FitInput['kind'] = 'array',
  fullScale = 1,
): FitInput => ({
  name: 'test input',
  kind,
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => value(at)),
  fullScale,
});

async function load(data: FitInput, settings: Settings, mask?: FitInput, notes: string[] = [], seed = 0) {
  const members = resolveMembers(tubal, settings, {}, 1);
  const note = (text: string) => void notes.push(text);
  const problem = await tubal.load(data, members, { device, seed, mask, note });
  const run = createRun({ problem, fit: tubal, members, seed, sink: { log() {}, event() {}, trace() {} } });
  return { problem, run };
}

async function finish(
  data: FitInput,
  settings: Settings,
  mask?: FitInput,
  seed = 0,
): Promise<{ problem: Problem; run: Run; measures: Measures }> {
  const { problem, run } = await load(data, settings, mask, [], seed);
  while (!run.done) run.step();
  const measures = run.measure(0, 'final');
  return { problem, run, measures };
}

const recovered = (problem: Problem) => problem.exports(0)[0].values as Float32Array;
const smooth = (at: number) => 0.5 + 0.3 * Math.sin(at / 17) + 0.1 * Math.cos(at / 5);

describe('values that are not finite', () => {
  const broken = input([20, 24, 3], at => (at === 5 ? Number.NaN : at === 77 ? Infinity : smooth(at)));

  it('are refused in a complete input, whatever the seed, with their number and the first place', async () => {
    for (const seed of [0, 1, 2, 3])
      await expect(load(broken, {}, undefined, [], seed)).rejects.toThrow(/2 of the 1440 values.*NaN at \[0, 1, 2\]/);
  });

  it('are never read under a mask, and refused where it marks them as observed', async () => {
    const mask = input([20, 24, 3], at => (at % 2 === 0 ? 1 : 0));
    const { problem } = await finish(broken, { iterations: 5 }, mask);
    expect(recovered(problem).every(Number.isFinite)).toBe(true);
    problem.dispose();
    const wrong = input([20, 24, 3], at => (at % 2 === 1 ? 1 : 0));
    await expect(load(broken, {}, wrong)).rejects.toThrow(/2 values of the input that the mask marks/);
  });
});

describe('degenerate pictures', () => {
  it.each([0, 0.7, 5, -3])('a constant of %f comes back as it is, without NaN', async value => {
    const { problem, run, measures } = await finish(
      input([12, 10, 3], () => value),
      {},
    );
    expect(run.members[0].reason).toBe('converged');
    expect(new Set(recovered(problem))).toEqual(new Set([Math.fround(value)]));
    for (const figure of Object.values(measures)) expect(Number.isNaN(figure)).toBe(false);
    problem.dispose();
  });

  it.each([1, 2, 3, 5])('a picture of %i pixels a side is recovered, or the reason is true', async side => {
    const values = createRandom(side, 'tiny');
    const data = input([side, side, 3], () => values.uniform(), 'picture', 255);
    for (const seed of [0, 1, 2, 3, 4]) {
      try {
        const { problem, measures } = await finish(data, { iterations: 50 }, undefined, seed);
        expect(recovered(problem).every(Number.isFinite)).toBe(true);
        expect(Number.isFinite(measures.psnr)).toBe(true);
        problem.dispose();
      } catch (thrown) {
        expect(String(thrown)).toMatch(/A sampling rate of 0.3 observes/);
      }
    }
  });

  it('says that an array is empty, and that a rate observes nothing', async () => {
    await expect(
      load(
        input([0, 5, 3], () => 0),
        {},
      ),
    ).rejects.toThrow(/empty: its shape is \[0, 5, 3\]/);
    await expect(load(input([9, 9], smooth), { sampling: 0 })).rejects.toThrow(/rate of 0 observes none of the 81/);
    await expect(load(input([9, 9], smooth), { sampling: 1 })).rejects.toThrow(/observes all of the 81 entries/);
  });
});

describe('exports', () => {
  it.each([1, 255, 65535])('hold the observed entries bit for bit, full scale %i', async fullScale => {
    const random = createRandom(1, 'export');
    const level = () => (fullScale === 1 ? 1000 * random.normal() : random.integer(fullScale + 1) / fullScale);
    const data = input([30, 26, 3], level, 'array', fullScale);
    const { problem } = await finish(data, { iterations: 3 });
    const [{ values }, mask] = problem.exports(0);
    values.forEach((value, i) => {
      const stored = fullScale === 1 ? data.values[i] : Math.round(data.values[i] * fullScale);
      if (mask.values[i] === 1) expect(value).toBe(stored);
    });
    problem.dispose();
  });

  it('keep the axes of an array whatever became its tubes', async () => {
    const random = createRandom(3, 'order');
    const data = input([16, 20, 24], at => smooth(at) + 0.05 * random.normal());
    for (const layout of ['auto', 'frontal', 'lateral', 'video']) {
      const { problem } = await finish(data, { iterations: 2, layout });
      const [{ values, shape }, mask] = problem.exports(0);
      expect(shape).toEqual([16, 20, 24]);
      values.forEach((value, i) => {
        if (mask.values[i] === 1) expect(value).toBe(data.values[i]);
      });
      problem.dispose();
    }
  });
});

describe('the automatic layout', () => {
  const side = 30;
  /** Of tubal rank two where the tubes lie along `axis`: every slice of the DCT along it is a random matrix of rank two. */
  const lowRankAlong = (axis: number): FitInput => {
    const random = createRandom(9, 'tubes');
    const { forward } = createTransform('dct', side);
    const factors = () => Float64Array.from({ length: side * side * 2 }, () => random.normal() / side);
    const [left, right] = [factors(), factors()];
    const [first, second] = [0, 1, 2].filter(other => other !== axis);
    return input([side, side, side], at => {
      const place = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
      let value = 0;
      for (let f = 0; f < side; f++) {
        const [i, j] = [2 * (f * side + place[first]), 2 * (f * side + place[second])];
        value += forward[f * side + place[axis]] * (left[i] * right[j] + left[i + 1] * right[j + 1]);
      }
      return value;
    });
  };

  it.each([
    [0, 'video'],
    [1, 'lateral'],
    [2, 'frontal'],
  ] as const)('finds that the tubes lie along axis %i: %s', async (axis, layout) => {
    const { problem } = await load(lowRankAlong(axis), { sampling: 0.5 });
    expect(problem.summary).toMatchObject({ layout, tubeAxis: axis });
    expect(problem.summary.title).toMatch(`tubes along axis ${axis}`);
    problem.dispose();
  });

  it('is lateral for the nuclear norm of a colour picture, not of a grey one', async () => {
    for (const [channels, rows] of [
      [3, '40 x 3 x 30'],
      [1, '40 x 30 x 1'],
    ] as const) {
      const { problem } = await load(input([40, 30, channels], smooth, 'picture', 255), { method: 'tnn-admm' });
      expect(problem.summary.title).toMatch(rows);
      problem.dispose();
    }
  });
});

describe('masks of a file', () => {
  it('of grey levels are noted and cut at half', async () => {
    const notes: string[] = [];
    const levels = input([20, 24, 1], at => [0, 0.1, 0.9, 1][at % 4], 'picture', 255);
    const { problem } = await load(input([20, 24, 3], smooth, 'picture', 255), {}, levels, notes);
    expect(problem.summary.samplingRate).toBe(0.5);
    expect(notes.join()).toMatch(/240 of the 480 values of the mask are neither black nor white/);
    problem.dispose();
  });

  it('are judged on held-out entries beside linear interpolation', async () => {
    const mask = input([40, 40], at => ((at * 7919) % 10 < 4 ? 1 : 0));
    const { problem, measures } = await finish(input([40, 40, 3], smooth), { iterations: 200 }, mask);
    expect(measures.psnr).toBeUndefined();
    expect(measures.heldOutRmse).toBeGreaterThan(0);
    expect(measures.interpolationHeldOutRmse).toBeGreaterThan(0);
    problem.dispose();
  });
});

describe('a race between methods', () => {
  it('compares losses on entries that none of them has seen', async () => {
    const random = createRandom(4, 'race');
    const data = input([24, 24], () => random.uniform());
    for (const method of ['gd', 'tnn-admm', 'linear-interpolation']) {
      const { problem, run } = await finish(data, { method, sampling: 0.5, validation: 0.3 });
      const { bestValidation } = run.members[0];
      // Uniform noise cannot be told: half its variance for each held-out entry, or more.
      const heldOut = (problem.summary.samplingRate as number) - (problem.summary.trainingRate as number);
      expect(bestValidation).toBeGreaterThan(0.8 * 0.5 * heldOut * 576 * (1 / 12));
      problem.dispose();
    }
  });

  it('refuses changes that do nothing: a rate of the nuclear norm, damping of plain descent', async () => {
    const data = input([12, 12], smooth);
    const convex = await load(data, { method: 'tnn-admm' });
    expect(() => convex.run.change('learningRate', 0.5)).toThrow(/learningRate/);
    const plain = await load(data, {});
    expect(() => plain.run.change('damping', 0.5)).toThrow(/damping/);
    expect(() => plain.run.change('learningRate', 0.5)).not.toThrow();
    convex.problem.dispose();
    plain.problem.dispose();
  });
});

describe('patterns and damage', () => {
  it('stripes leave out bands of whole rows', async () => {
    const { problem } = await load(input([64, 20, 3], smooth), { mask: 'stripes', sampling: 0.6 });
    const { values } = problem.exports(0)[1];
    const rows = Array.from({ length: 64 }, (_, i) => new Set(values.slice(i * 60, (i + 1) * 60)));
    expect(rows.every(({ size }) => size === 1)).toBe(true);
    for (let i = 0; i < 64; i += 2) expect(rows[i]).toEqual(rows[i + 1]);
    problem.dispose();
  });

  it('corruption replaces its share of the observed entries, by a stream of its own', async () => {
    const data = input([50, 50], () => 0.25);
    const clean = await load(data, {});
    const { problem } = await load(data, { corruption: 0.2 });
    expect(problem.exports(0)[1].values).toEqual(clean.problem.exports(0)[1].values);
    const shown = problem.view('observed', 0).values.values as Uint16Array;
    const { values } = problem.exports(0)[1];
    const level = Math.round(0.25 * 65535);
    let changed = 0;
    let seen = 0;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      seen++;
      if (Math.abs(shown[i] - level) > 1) changed++;
    }
    expect(changed / seen).toBeGreaterThan(0.15);
    expect(changed / seen).toBeLessThan(0.25);
    problem.dispose();
    clean.problem.dispose();
  });
});

describe('the spectral start', () => {
  it.each(['dct', 'dft'])('is the best approximation of a complete slice under the %s', async transform => {
    const random = createRandom(6, 'spectral');
    const [u, v] = [24, 20].map(n => Array.from({ length: n * 2 }, () => random.normal()));
    // Tubal rank two, so factors of rank two hold it: the estimate from all but a few entries is near it at once.
    const data = input([24, 20, 3], at => {
      const [i, j] = [Math.floor(at / 60), Math.floor(at / 3) % 20];
      return (u[2 * i] * v[2 * j] + 0.5 * u[2 * i + 1] * v[2 * j + 1]) * [1, 0.7, 0.4][at % 3];
    });
    const settings = {
      sampling: 0.97,
      validation: 0,
      rank: 2,
      method: 'scaled-gd',
      start: 'spectral',
      centre: 'none',
      transform,
    };
    const { problem, run } = await load(data, settings);
    run.step();
    const rmse = run.lastRows[0].terms[2];
    const small = await load(data, { ...settings, start: 'small' });
    small.run.step();
    expect(rmse).toBeLessThan(0.25 * small.run.lastRows[0].terms[2]);
    problem.dispose();
    small.problem.dispose();
  });
});

describe('settings without effect', () => {
  const synthetic: FitInput = {
    name: 'sample:sensing',
    kind: 'synthetic',
    shape: [],
    values: new Float32Array(0),
    fullScale: 1,
  };

  it('are refused on either problem', async () => {
    await expect(load(synthetic, { noise: 0.1 })).rejects.toThrow(/noise 0.1 has no effect on a sensing problem/);
    await expect(load(synthetic, { layout: 'video' })).rejects.toThrow(/layout video has no effect/);
    await expect(load(input([9, 9], smooth), { size: 30 })).rejects.toThrow(/size 30 has no effect on the completion/);
    await expect(
      load(
        synthetic,
        {},
        input([9, 9], () => 1),
      ),
    ).rejects.toThrow(/no entries to mask/);
  });

  it('name the size where the staircase does not fit', async () => {
    const settings = { truthSpectrum: 'staircase', size: 3 };
    await expect(load(synthetic, settings)).rejects.toMatchObject({ where: 'setting size' });
  });
});
