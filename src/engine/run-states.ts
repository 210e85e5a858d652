// The states of a run and the commands that move between them, as a table.

import { LabError } from '../protocol/lab-error.ts';
import type { RunState } from '../protocol/run.ts';

export type RunCommand = 'load' | 'loaded' | 'start' | 'pause' | 'finish' | 'stop' | 'fail';

const table: Record<RunState, Partial<Record<RunCommand, RunState>>> = {
  created: { load: 'loading', stop: 'stopped', fail: 'failed' },
  loading: { loaded: 'ready', stop: 'stopped', fail: 'failed' },
  ready: { start: 'running', finish: 'finished', stop: 'stopped', fail: 'failed' },
  running: { pause: 'paused', finish: 'finished', stop: 'stopped', fail: 'failed' },
  paused: { start: 'running', finish: 'finished', stop: 'stopped', fail: 'failed' },
  finished: {},
  stopped: {},
  failed: {},
};

/** The state after `command`, or undefined where the state does not allow it. */
export function nextState(state: RunState, command: RunCommand): RunState | undefined {
  return table[state][command];
}

/** As nextState, but throws a `state` error that says what is allowed. */
export function moveState(state: RunState, command: RunCommand): RunState {
  const next = nextState(state, command);
  if (next !== undefined) return next;
  const allowed = Object.keys(table[state]);
  throw new LabError({
    code: 'state',
    message: `A run that is ${state} cannot ${command}.`,
    tip: allowed.length === 0 ? 'Resume it as a new run, or replay it.' : `It can: ${allowed.join(', ')}.`,
  });
}
