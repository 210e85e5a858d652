// What turning a value does at present: it changes the running fit, it prepares a branch, or nothing, and why.

import type { RunState } from '../../../src/protocol/run.ts';

export type SteerMode =
  | { readonly kind: 'live' }
  /** The cursor stands back in the run. */
  | { readonly kind: 'branch'; readonly iteration: number }
  | { readonly kind: 'off'; readonly reason: string; readonly way: 'wait' | 'branch' };

/** Nothing that is turned would arrive. */
export const unreachable: SteerMode = {
  kind: 'off',
  way: 'wait',
  reason: 'The lab cannot be reached. Values stay as they are, and can be turned once it is back.',
};

export function steerMode(state: RunState, cursor: number | 'now'): SteerMode {
  if (state === 'created' || state === 'loading') {
    return {
      kind: 'off',
      way: 'wait',
      reason: 'The input is being read. Values can be turned as soon as the fit is ready.',
    };
  }
  if (cursor !== 'now') return { kind: 'branch', iteration: cursor };
  switch (state) {
    case 'ready':
    case 'running':
    case 'paused':
      return { kind: 'live' };
    case 'finished':
      return { kind: 'off', way: 'branch', reason: 'The run is finished: nothing descends any more.' };
    case 'stopped':
      return { kind: 'off', way: 'branch', reason: 'The run was stopped, its result is kept.' };
    case 'failed':
      return {
        kind: 'off',
        way: 'branch',
        reason: 'The run broke off. Resume it from its last checkpoint, or branch from before with other values.',
      };
  }
}
