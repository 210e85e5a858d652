import { expect, test } from 'vitest';
import { createHyperTable } from '../../src/protocol/hyper-table.ts';
import type { ProblemDescription } from '../../src/protocol/run.ts';
import type { SettingDescription } from '../../src/protocol/settings.ts';
import {
  backToStart,
  changesBack,
  changesTo,
  dialOf,
  followAgain,
  type LiveChange,
  type Scope,
  scaledBy,
} from './steering.ts';

const rate: SettingDescription = {
  name: 'learningRate',
  title: 'Learning rate',
  type: 'number',
  default: 0.9,
  minimum: 0,
  maximum: 100,
  help: '',
  live: 'live',
};

function runOf(...starts: number[]) {
  const problem: ProblemDescription = {
    summary: {},
    terms: [],
    views: [],
    members: starts.map((start, m) => ({
      label: `member ${m}`,
      groups: ['left', 'right'],
      maximumIterations: 100,
      live: [rate],
      starts: { learningRate: start },
    })),
  };
  const table = createHyperTable({
    descriptions: problem.members.map(({ live }) => live),
    starts: problem.members.map(each => each.starts),
    groups: ['left', 'right'],
  });
  const dial = (scope: Scope, group: string) => {
    const found = dialOf({ problem, table, name: 'learningRate', scope, group });
    if (found === undefined) throw new Error('no dial');
    return found;
  };
  const apply = (changes: readonly LiveChange[]) => {
    for (const { path, value } of changes) table.set(path, value);
  };
  /** What every group of every member has. */
  const all = () =>
    starts.flatMap((_, member) => ['left', 'right'].map(group => table.resolve(member, group).learningRate));
  return { dial, apply, all };
}

test('a run as it starts: one value for all, from the start', () => {
  const { dial } = runOf(0.9, 0.9);
  expect(dial('all', '')).toMatchObject({ path: 'learningRate', value: 0.9, origin: 'elsewhere', exceptions: [] });
  expect(dial('all', 'left').path).toBe('left.learningRate');
  expect(dial(1, '').path).toBe('members.1.learningRate');
  expect(dial(1, 'right').path).toBe('members.1.right.learningRate');
});

test('a group that was set no longer follows; set to the common value it follows again', () => {
  const { dial, apply, all } = runOf(0.9);
  apply(changesTo(dial('all', 'left'), 0.3));
  expect(dial('all', '')).toMatchObject({ value: 0.9, exceptions: ['left.learningRate'], values: [0.3, 0.9] });
  expect(dial('all', 'left')).toMatchObject({ value: 0.3, origin: 'own' });
  expect(dial('all', 'right').origin).toBe('elsewhere');
  apply(changesTo(dial('all', ''), 0.6));
  expect(all()).toEqual([0.3, 0.6]);
  apply(changesTo(dial('all', 'left'), 0.6));
  expect(dial('all', '').exceptions).toEqual([]);
  apply(changesTo(dial('all', ''), 0.2));
  expect(all()).toEqual([0.2, 0.2]);
});

test('a member wins over a group, so the dial of a group turns that of the member, and of no other group', () => {
  const { dial, apply, all } = runOf(0.9);
  apply([{ path: 'members.0.learningRate', value: 0.1 }]);
  const left = dial('all', 'left');
  expect(left).toMatchObject({ value: 0.1, origin: 'elsewhere', exceptions: [] });
  apply(changesTo(left, 0.05));
  expect(all()).toEqual([0.05, 0.1]);
  apply(changesBack(left));
  expect(all()).toEqual([0.1, 0.1]);
});

test('after members were set apart, the common dial still turns all of them, and undo brings each back', () => {
  const { dial, apply, all } = runOf(0.3, 0.9);
  apply(scaledBy(dial('all', ''), 0.5).changes);
  const common = dial('all', '');
  expect(common).toMatchObject({ value: undefined, values: [0.15, 0.45] });
  apply(changesTo(common, 0.2));
  expect(all()).toEqual([0.2, 0.2, 0.2, 0.2]);
  apply(changesBack(common));
  expect(all()).toEqual([0.15, 0.15, 0.45, 0.45]);
  const left = dial('all', 'left');
  apply(changesTo(left, 0.7));
  expect(all()).toEqual([0.7, 0.15, 0.7, 0.45]);
  apply(changesBack(left));
  expect(all()).toEqual([0.15, 0.15, 0.45, 0.45]);
});

test('an exception can follow again', () => {
  const { dial, apply, all } = runOf(0.9, 0.9);
  apply([{ path: 'members.1.learningRate', value: 0.1 }]);
  const common = dial('all', '');
  expect(common).toMatchObject({ value: 0.9, exceptions: ['members.1.learningRate'] });
  const { changes, back } = followAgain(common, 'members.1.learningRate');
  apply(changes);
  expect(all()).toEqual([0.9, 0.9, 0.9, 0.9]);
  apply(back);
  expect(all()).toEqual([0.9, 0.9, 0.1, 0.1]);
});

test('members that start differently: the slider sets all alike, undo brings each back', () => {
  const { dial, apply, all } = runOf(0.3, 0.9);
  const before = dial('all', '');
  expect(before).toMatchObject({ value: undefined, start: undefined, values: [0.3, 0.9] });
  apply(changesTo(before, 0.5));
  expect(all()).toEqual([0.5, 0.5, 0.5, 0.5]);
  apply(changesBack(before));
  expect(all()).toEqual([0.3, 0.3, 0.9, 0.9]);
});

test('halving keeps ratios, exceptions included, and can be undone', () => {
  const { dial, apply, all } = runOf(0.3, 0.9);
  apply([{ path: 'members.1.left.learningRate', value: 0.4 }]);
  const { changes, back } = scaledBy(dial('all', ''), 0.5);
  apply(changes);
  expect(all()).toEqual([0.15, 0.15, 0.2, 0.45]);
  apply(back);
  expect(all()).toEqual([0.3, 0.3, 0.4, 0.9]);
});

test('doubling stops at the end of the range', () => {
  const { dial, apply, all } = runOf(80);
  apply(scaledBy(dial('all', ''), 2).changes);
  expect(all()).toEqual([100, 100]);
});

test('back to the start brings everything back to where it began', () => {
  const { dial, apply, all } = runOf(0.3, 0.9);
  apply([
    { path: 'learningRate', value: 0.5 },
    { path: 'left.learningRate', value: 0.7 },
    { path: 'members.1.learningRate', value: 0.1 },
  ]);
  apply(backToStart(dial('all', '')).changes);
  expect(all()).toEqual([0.3, 0.3, 0.9, 0.9]);
});
