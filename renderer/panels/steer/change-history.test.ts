import { expect, test } from 'vitest';
import type { ProblemDescription, RunEvent } from '../../../src/protocol/run.ts';
import { changeHistory, parsePath } from './change-history.ts';

const problem: ProblemDescription = {
  summary: {},
  terms: [],
  views: [],
  members: [
    {
      label: 'gd',
      groups: ['left', 'right'],
      maximumIterations: 10,
      live: [{ name: 'learningRate', title: 'Learning rate', type: 'number', default: 0.9, help: '', live: 'live' }],
      starts: { learningRate: 0.9 },
    },
  ],
};
const change = (iteration: number, path: string, value: number): RunEvent => ({
  iteration,
  path,
  value,
  source: 'user',
});

test('each change says what was before it, newest first', () => {
  const list = changeHistory({
    problem,
    events: [change(5, 'learningRate', 0.5), change(9, 'left.learningRate', 0.1)],
    accepted: [change(12, 'learningRate', 0.4)],
    gestureOf: () => undefined,
  });
  expect(list.map(({ title, before, event, pending }) => [title, before, event.value, pending])).toEqual([
    ['Learning rate', 0.5, 0.4, true],
    ['Learning rate, left', 0.5, 0.1, false],
    ['Learning rate', 0.9, 0.5, false],
  ]);
});

test('a drag is one entry, from its first value to its last', () => {
  const events = [change(5, 'learningRate', 0.8), change(6, 'learningRate', 0.7), change(9, 'learningRate', 0.6)];
  const list = changeHistory({ problem, events, accepted: [], gestureOf: ({ value }) => (value === 0.6 ? 'b' : 'a') });
  expect(list.map(({ before, event, steps }) => [before, event.value, steps])).toEqual([
    [0.7, 0.6, 1],
    [0.9, 0.7, 2],
  ]);
});

test('what was changed again before it took effect is one entry', () => {
  const accepted = [change(5, 'learningRate', 0.8), change(5, 'learningRate', 0.7)];
  expect(changeHistory({ problem, events: [], accepted, gestureOf: () => undefined })).toHaveLength(1);
});

test('what the engine did stands in the list too', () => {
  const events: RunEvent[] = [{ iteration: 7, path: 'members.0.recovered', value: 'halved', source: 'engine' }];
  const [entry] = changeHistory({ problem, events, accepted: [], gestureOf: () => undefined });
  expect(entry.title).toBe('Recovered, member 0');
});

test('paths name member and group', () => {
  expect(parsePath('learningRate')).toEqual({ name: 'learningRate', scope: 'all', group: '' });
  expect(parsePath('members.2.left.learningRate')).toEqual({ name: 'learningRate', scope: 2, group: 'left' });
});
