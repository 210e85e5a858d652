// The small parts of the engine: states, live table, settings of a race, snapshot iterations.

import { describe, expect, it } from 'vitest';
import type { SettingDescription } from '../fits/fit.ts';
import { findFit } from '../fits/registry.ts';
import { createHyperTable } from '../protocol/hyper-table.ts';
import { type RunState, runStates } from '../protocol/run.ts';
import { moveState, nextState, type RunCommand } from './run-states.ts';
import { resolveMembers, resolveSettings } from './settings.ts';
import { isSnapshotIteration } from './snapshots.ts';

describe('run states', () => {
  const commands: RunCommand[] = ['load', 'loaded', 'start', 'pause', 'finish', 'stop', 'fail'];
  const allowed: Record<RunState, string> = {
    created: 'load>loading stop>stopped fail>failed',
    loading: 'loaded>ready stop>stopped fail>failed',
    ready: 'start>running finish>finished stop>stopped fail>failed',
    running: 'pause>paused finish>finished stop>stopped fail>failed',
    paused: 'start>running finish>finished stop>stopped fail>failed',
    finished: '',
    stopped: '',
    failed: '',
  };
  it.each(runStates)('moves from %s only where the table allows', state => {
    const moves = commands.flatMap(command => {
      const next = nextState(state, command);
      return next === undefined ? [] : [`${command}>${next}`];
    });
    expect(moves.join(' ')).toBe(allowed[state]);
    for (const command of commands) {
      if (nextState(state, command) === undefined) expect(() => moveState(state, command)).toThrow(`cannot ${command}`);
    }
  });
});

describe('the live table', () => {
  const live = (name: string, maximum: number): SettingDescription => ({
    name,
    title: name,
    type: 'number',
    default: 1,
    minimum: 0,
    maximum,
    help: '',
    live: 'live',
  });
  const table = () =>
    createHyperTable({
      descriptions: [[live('learningRate', 10)], [live('learningRate', 10), live('momentum', 0.99)]],
      starts: [{ learningRate: 1 }, { learningRate: 2, momentum: 0.5 }],
      groups: ['left', 'right'],
    });

  it('starts each member at its own values, and lets the most specific path win', () => {
    const values = table();
    expect(values.resolve(0, 'left').learningRate).toBe(1);
    expect(values.resolve(1, 'left')).toEqual({ learningRate: 2, momentum: 0.5 });
    values.set('learningRate', 3);
    expect([0, 1].map(member => values.resolve(member, 'left').learningRate)).toEqual([3, 3]);
    values.set('right.learningRate', 4);
    values.set('members.1.learningRate', 5);
    values.set('members.1.left.learningRate', 6);
    const all = [0, 1].flatMap(member => ['left', 'right'].map(group => values.resolve(member, group).learningRate));
    expect(all).toEqual([3, 4, 6, 5]);
  });

  it.each([
    ['learningRat', 0.1, 'Did you mean "learningRate"'],
    ['members.2.learningRate', 0.1, 'Members are 0 to 1'],
    ['members.0.momentum', 0.1, 'Live are'],
    ['middle.learningRate', 0.1, 'learningRate'],
    ['learningRate', Number.NaN, 'Give a number'],
    ['learningRate', 11, 'nearest valid value is 10'],
    ['momentum', -1, 'nearest valid value is 0'],
  ])('refuses %s = %s', (path, value, tip) => {
    let caught: unknown;
    try {
      table().check(path, value);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toMatchObject({ code: 'setting', where: `event ${path}` });
    if (path !== 'members.0.momentum') expect((caught as { tip: string }).tip).toContain(tip);
  });
});

describe('settings', () => {
  const tubal = findFit('tubal');

  it('lets the user override a preset, a preset a sample, and everything the defaults', () => {
    expect(resolveSettings(tubal, {}, { sampling: 0.2 })).toMatchObject({ sampling: 0.2, optimizer: 'sgd' });
    const fast = resolveSettings(tubal, { preset: 'fast', sampling: '0.4' }, { sampling: 0.2 });
    expect(fast).toMatchObject({ sampling: 0.4, optimizer: 'heavy-ball', momentum: 0.5 });
    expect(resolveSettings(tubal, { preset: 'fast', momentum: 0.7 }).momentum).toBe(0.7);
  });

  it('gives each member of a race its own value and refuses what members must share', () => {
    const race = { initialScale: ['1e-2', '1e-4'], optimizer: ['sgd', 'adam'] };
    expect(resolveMembers(tubal, {}, race, 1)).toMatchObject([
      { initialScale: 1e-2, optimizer: 'sgd' },
      { initialScale: 1e-4, optimizer: 'adam', beta1: 0.9 },
    ]);
    expect(() => resolveMembers(tubal, {}, { sampling: ['0.1', '0.2'] }, 1)).toThrow('cannot be raced');
    expect(() => resolveMembers(tubal, {}, { rank: ['1', '2'], method: ['gd'] }, 1)).toThrow('differ in length');
    expect(() => resolveMembers(tubal, {}, { preset: ['photo', 'fst'] }, 1)).toThrow('no preset "fst"');
    expect(() => resolveSettings(tubal, { momentum: 0.5 })).toThrow('no setting "momentum"');
  });
});

describe('snapshots', () => {
  it.each([500, 1500, 3000, 10000])('are 30 to 60 in a run of %d iterations', iterations => {
    const taken = Array.from({ length: iterations }, (_, i) => i).filter(isSnapshotIteration);
    expect(taken.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(taken.length).toBeGreaterThanOrEqual(30);
    expect(taken.length).toBeLessThanOrEqual(60);
  });
});
