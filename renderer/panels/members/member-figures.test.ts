import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/protocol/run.ts';
import { TraceStore } from '../../state/trace-store.ts';
import { byLoss, endingsOf, figuresAt, leftBehind, sparkline, statusOf, toldOf } from './member-figures.ts';

describe('figures of members', () => {
  const store = new TraceStore();
  store.reset([]);
  // iteration, member, loss, validation, learning rate
  store.append(Float64Array.of(0, 0, 4, Number.NaN, 0.9, 10, 0, 2, Number.NaN, 0.45, 20, 0, 1, Number.NaN, 0.3));

  it('are those in effect at the cursor', () => {
    const [trace] = store.members;
    expect(figuresAt(trace, 'now')).toEqual({ iteration: 20, loss: 1, learningRate: 0.3 });
    expect(figuresAt(trace, 19)).toEqual({ iteration: 10, loss: 2, learningRate: 0.45 });
    expect(figuresAt(trace, 10)?.loss).toBe(2);
    expect(figuresAt(trace, -1)).toBeUndefined();
    expect(figuresAt(undefined, 'now')).toBeUndefined();
  });

  it('tell why members stopped', () => {
    const endings = endingsOf([
      { iteration: 5, path: 'learningRate', value: 0.1, source: 'user' },
      { iteration: 9, path: 'members.1.recovered', value: 'the loss rose', source: 'engine' },
      { iteration: 70, path: 'members.12.finished', value: 'converged', source: 'engine' },
    ]);
    expect(endings).toEqual({ 12: { iteration: 70, reason: 'converged' } });
  });

  it('forget the end of a member that went on', () => {
    const ended = (member: number, iteration: number, value: string) =>
      ({ iteration, path: `members.${member}.finished`, value, source: 'engine' }) as const;
    const events: readonly RunEvent[] = [
      ended(3, 10, 'stopped by the user'),
      ended(1, 12, 'diverged: the loss became NaN'),
      { iteration: 20, path: 'members.3.stopped', value: 0, source: 'user' },
      { iteration: 30, path: 'members.1.recovered', value: 'brought back by a change', source: 'engine' },
    ];
    expect(endingsOf(events)).toEqual({});
    expect([...leftBehind(events, 4, 'now')]).toEqual([]);
    expect([...leftBehind(events, 4, 15)].sort()).toEqual([1, 3]);
    expect(Object.keys(endingsOf([...events, ended(3, 40, 'converged')]))).toEqual(['3']);
  });

  it('tell who was left behind, and not the last ones of a run that ended', () => {
    const end = (member: number, iteration: number) => ({
      ...{ iteration, path: `members.${member}.finished`, value: 'converged', source: 'engine' as const },
    });
    const early = [end(2, 5), end(0, 8)];
    expect([...leftBehind(early, 4, 'now')].sort()).toEqual([0, 2]);
    expect([...leftBehind(early, 4, 6)]).toEqual([2]);
    const all = [...early, end(1, 20), end(3, 20)];
    expect([...leftBehind(all, 4, 'now')].sort()).toEqual([0, 2]);
    expect(statusOf({ iteration: 5, reason: 'left to better members' }, 'running')).toEqual({
      kind: 'ended',
      short: 'left to better members',
      full: 'Ended at iteration 5: left to better members',
    });
    expect(statusOf(undefined, 'paused').short).toBe('paused');
  });

  it('tell what a user has told a member that waits', () => {
    const turn = (value: number) => ({ iteration: 9, path: 'members.3.stopped', value, source: 'user' as const });
    expect(toldOf([turn(1)])).toEqual({ 3: 'end' });
    expect(toldOf([turn(1), turn(0), { ...turn(0.5), path: 'learningRate' }])).toEqual({ 3: 'go on' });
    expect(statusOf(undefined, 'paused', 'end').short).toBe('ends next');
    expect(statusOf({ iteration: 5, reason: 'stopped by the user' }, 'paused', 'go on').short).toBe('goes on next');
  });

  it('sort by loss with unknown ones last', () => {
    expect(byLoss([3, undefined, 1, Number.NaN, 1, Infinity])).toEqual([2, 4, 0, 1, 3, 5]);
  });

  it('draw a falling loss from the top left to the bottom right, in even decades', () => {
    const points = sparkline(Float64Array.of(100, 10, 1), 104, 54);
    expect(points).toEqual([
      { x: 2, y: 2 },
      { x: 52, y: 27 },
      { x: 102, y: 52 },
    ]);
    expect(
      sparkline(
        Float64Array.from({ length: 10000 }, (_, i) => 1 / (i + 1)),
        50,
        20,
      ),
    ).toHaveLength(50);
    expect(sparkline(Float64Array.of(5), 50, 20)).toEqual([{ x: 25, y: 10 }]);
    expect(sparkline(Float64Array.of(), 50, 20)).toEqual([]);
    expect(sparkline(Float64Array.of(Number.NaN, 0, 2), 50, 20)).toEqual([{ x: 48, y: 10 }]);
  });
});
