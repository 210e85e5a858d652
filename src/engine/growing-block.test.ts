// A block that grows in the middle of a run: kept, stored, taken back and resumed with the length that it had.

import { describe, expect, it } from 'vitest';
import type { Fit, Problem } from '../fits/fit.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import { createRun } from './run.ts';

const fit: Fit = {
  ...{ id: 'stages', title: 'Stages', takes: 'nothing', exportContent: '', settings: [], presets: {}, captions: {} },
  ...{ optimizer: 'sgd', samples: [] },
  load: () => Promise.reject(new Error('not loaded')),
};

/** A first stage of three iterations, then one that adds 1 to each of two values; the rank of the first stage stays. */
function staged(): { readonly problem: Problem; readonly values: () => number[] } {
  const passes = new Float32Array(1);
  let late = new Float32Array(0);
  const grown = {
    ...{ name: 'late', group: 'late', gradients: undefined },
    get values() {
      return late;
    },
    resize(length: number) {
      late = new Float32Array(length);
    },
  };
  const problem: Problem = {
    members: [
      {
        ...{ label: 'only', hyperDefaults: {}, rateScale: 1, maximumIterations: 8 },
        blocks: [{ name: 'passes', group: 'late', values: passes, gradients: undefined }, grown],
      },
    ],
    ...{ summary: {}, terms: [], validationIs: 'rank', validationEvery: 1, views: [] },
    evaluate() {
      if (passes[0] === 3) grown.resize(2);
      return [{ loss: 1, validation: passes[0] < 2 ? undefined : 0.5, terms: [] }];
    },
    advance() {
      passes[0]++;
      for (let i = 0; i < late.length; i++) late[i]++;
    },
    measure: () => ({}),
    view: () => ({}),
    exports: () => [],
    dispose() {},
  };
  return { problem, values: () => [...late] };
}

function open() {
  const { problem, values } = staged();
  const sink = { log() {}, event() {}, trace() {} };
  const members = [{ optimizer: 'sgd', schedule: 'constant' }];
  const run = createRun({ problem, fit, members, seed: 0, sink });
  const go = (iteration: number) => {
    while (!run.done && run.iteration < iteration) run.step();
  };
  return { run, values, go };
}

describe('a block that grows', () => {
  it('is kept as it was last, among states of one rank', () => {
    const { run, values, go } = open();
    go(3);
    expect(values()).toEqual([]);
    go(100);
    // Passes 3 to 6 moved it; the last iteration only looks.
    expect(values()).toEqual([4, 4]);
    expect(run.members[0].bestIteration).toBe(7);
  });

  it('is resumed with the length it had, longer or shorter', () => {
    const first = open();
    first.go(2);
    const early = decodeCheckpoint(first.run.checkpoint(), 'early');
    first.go(5);
    const late = decodeCheckpoint(first.run.checkpoint(), 'late');
    expect(first.values()).toEqual([2, 2]);
    const second = open();
    second.run.restore(late, 'late');
    expect(second.values()).toEqual([2, 2]);
    second.run.restore(early, 'early');
    expect(second.values()).toEqual([]);
    for (const { go } of [first, second]) go(100);
    expect(second.values()).toEqual(first.values());
    expect(Buffer.compare(second.run.checkpoint(), first.run.checkpoint())).toBe(0);
  });

  it('is stopped with the last state that was looked at', () => {
    const { run, values, go } = open();
    go(5);
    run.stop();
    run.step();
    expect(values()).toEqual([1, 1]);
  });
});
