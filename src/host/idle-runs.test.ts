// Which runs give their engine back, and when: only those that wait unwatched, the longest idle first, no more than needed.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunState } from '../protocol/run.ts';
import { createIdleRuns, type IdleRun } from './idle-runs.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

function stage(states: Readonly<Record<string, RunState>>) {
  const gone: string[] = [];
  const runs = Object.entries(states).map(([run, state]) => ({
    run,
    live: true,
    entry: { state } as IdleRun['entry'],
    listeners: new Set() as IdleRun['listeners'],
    async leave() {
      gone.push(run);
      await vi.advanceTimersByTimeAsync(0);
      this.live = false;
    },
  }));
  const idle = createIdleRuns(() => runs, 10 * MINUTE);
  const watch = (run: string) => runs.find(each => each.run === run)?.listeners.add({} as never);
  const unwatch = (run: string) => runs.find(each => each.run === run)?.listeners.clear();
  const look = (run: string) => idle.look(runs.find(each => each.run === run) as IdleRun);
  return { runs, idle, gone, watch, unwatch, look };
}

it('lets runs leave that wait unwatched for long, and no others', async () => {
  const { runs, idle, gone, watch, unwatch, look } = stage({ a: 'paused', b: 'running', c: 'ready', d: 'paused' });
  for (const { run } of runs) look(run);
  watch('d');
  look('d');
  await vi.advanceTimersByTimeAsync(9 * MINUTE);
  expect(gone).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(gone.sort()).toEqual(['a', 'c']);
  // From when it was closed, not from when it paused.
  unwatch('d');
  look('d');
  await vi.advanceTimersByTimeAsync(9 * MINUTE);
  expect(gone).not.toContain('d');
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(gone).toContain('d');
  expect(gone).not.toContain('b');
  expect([idle.comesBack('a'), idle.comesBack('a'), idle.comesBack('b')]).toEqual([true, false, false]);
  idle.dispose();
});

it('makes room by those that are idle longest, each counted once, and never by what runs or is watched', async () => {
  const { idle, gone, watch, look } = stage({ a: 'running', b: 'paused', c: 'paused', d: 'paused', e: 'paused' });
  watch('e');
  for (const run of ['d', 'b', 'c']) {
    look(run);
    await vi.advanceTimersByTimeAsync(1000);
  }
  idle.makeRoom(6);
  expect(gone).toEqual([]);
  idle.makeRoom(5);
  expect(gone).toEqual(['d']);
  // One is on its way out already.
  idle.makeRoom(5);
  expect(gone).toEqual(['d']);
  idle.makeRoom(1);
  expect(gone).toEqual(['d', 'b', 'c']);
  await vi.advanceTimersByTimeAsync(0);
  idle.makeRoom(1);
  expect(gone).toEqual(['d', 'b', 'c']);
  idle.dispose();
});
