import { describe, expect, it } from 'vitest';
import type { SettingDescription } from '../../src/protocol/settings.ts';
import { ratePoints, spreadRates } from './rate-points.ts';
import { TraceStore } from './trace-store.ts';

const live: SettingDescription = {
  ...{ name: 'learningRate', title: 'Rate', type: 'number', default: 1, minimum: 0, help: '', live: 'live' },
};
const member = (learningRate: number) => ({
  ...{ label: '', groups: [], maximumIterations: 9, live: [live], starts: { learningRate } },
});
const details = {
  problem: { summary: {}, terms: [], views: [], members: [member(0.1), member(3), member(0)] },
  events: [{ iteration: 5, path: 'members.1.learningRate', value: 0.5, source: 'user' as const }],
  accepted: [],
  measures: [
    { iteration: 0, member: 0, error: 9 },
    { iteration: 8, member: 0, error: 2 },
  ],
};
const store = new TraceStore();
store.reset([]);
// iteration, member, loss, validation, learning rate
store.append(
  Float64Array.of(0, 0, 4, Number.NaN, 1, 6, 0, 1, Number.NaN, 1, 8, 0, 3, Number.NaN, 1, 0, 1, Number.NaN, 2, 1),
);

describe('members as points', () => {
  const points = (kind: 'least' | 'measure', name: string, at: number | 'now') =>
    ratePoints(details, store.members, { kind, name }, at);

  it('stand at the rate that was set, with the least loss so far; without a rate they have no place', () => {
    expect(points('least', 'loss', 'now')).toEqual([
      { member: 0, rate: 0.1, value: 1 },
      { member: 1, rate: 0.5, value: Number.NaN },
    ]);
    expect(points('least', 'loss', 3)).toEqual([
      { member: 0, rate: 0.1, value: 4 },
      { member: 1, rate: 3, value: Number.NaN },
    ]);
  });

  it('have the last value of a measure', () => {
    expect(points('measure', 'error', 'now').map(({ value }) => value)).toEqual([2, Number.NaN]);
    expect(points('measure', 'error', 7)[0].value).toBe(9);
  });
});

describe('rates spread over a range', () => {
  it('keep their places in decades', () => {
    expect(spreadRates([0.01, 0.1, 1], 2, 200)).toEqual([2, 20, 200]);
    expect(spreadRates([1, 0.01], 0.5, 2)).toEqual([2, 0.5]);
  });

  it('are set apart where they were equal', () => {
    expect(spreadRates([0.3, 0.3, 0.3], 0.01, 1)).toEqual([0.01, 0.1, 1]);
    expect(spreadRates([7], 0.01, 1)).toEqual([0.1]);
  });
});
