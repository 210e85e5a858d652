// Actions that ask something of the lab: none can be performed while it cannot be reached.

import { useLab } from '../state/lab.ts';
import type { Action } from './action.ts';

export function whileConnected(actions: readonly Action[]): readonly Action[] {
  return actions.map(action => ({
    ...action,
    enabled: () => useLab.getState().connection === 'open' && action.enabled(),
  }));
}
