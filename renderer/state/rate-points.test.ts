import { describe, expect, it } from 'vitest';
import type { SettingDescription } from '../../src/protocol/settings.ts';
import { ratePoints, scatterCurve, scatterPoints, spreadRates } from './rate-points.ts';
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
      { member: 0, along: 0.1, value: 1 },
      { member: 1, along: 0.5, value: Number.NaN },
    ]);
    expect(points('least', 'loss', 3)).toEqual([
      { member: 0, along: 0.1, value: 4 },
      { member: 1, along: 3, value: Number.NaN },
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

describe('members along another figure', () => {
  const { problem } = details;
  const view = { along: 'focal', height: 'loss', curve: { along: 'at', height: 'losses' } };
  const measures = [
    { iteration: 0, member: 0, focal: 100, loss: 4 },
    { iteration: 5, member: 0, focal: 200, loss: 1, at: [150, 200, 250], losses: [3, 1, null] },
    { iteration: 5, member: 1, loss: 2 },
  ] as never;

  it('stand where they were measured last, those that have no such figure nowhere', () => {
    expect(scatterPoints({ problem, measures }, view, 'now')).toEqual([{ member: 0, along: 200, value: 1 }]);
    expect(scatterPoints({ problem, measures }, view, 4)).toEqual([{ member: 0, along: 100, value: 4 }]);
  });

  it('have a curve once it was measured, without the places of which nothing is known', () => {
    expect(scatterCurve({ measures }, view, 0, 'now')).toEqual([
      { along: 150, value: 3 },
      { along: 200, value: 1 },
    ]);
    expect(scatterCurve({ measures }, view, 0, 4)).toEqual([]);
    expect(scatterCurve({ measures }, view, 1, 'now')).toEqual([]);
  });
});
