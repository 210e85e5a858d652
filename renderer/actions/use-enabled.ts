// Hook: whether an action can be performed, looked at again whenever a store it may depend on changes.

import { useSyncExternalStore } from 'react';
import { useCursor } from '../state/cursor.ts';
import { useDraft } from '../state/draft.ts';
import { useLab } from '../state/lab.ts';
import { useStanding } from '../state/standing.ts';
import { useStartPlan } from '../state/start-plan.ts';
import { useUndo } from '../state/undo.ts';
import { actionOf } from './actions.ts';

/** Hears of everything that may let an action be performed, or no longer. */
export function subscribeToEnabled(listener: () => void): () => void {
  const ends = [useLab, useDraft, useCursor, useUndo, useStanding, useStartPlan].map(store =>
    store.subscribe(listener),
  );
  return () => {
    for (const end of ends) end();
  };
}

export function useActionsEnabled(id: string): boolean {
  return useSyncExternalStore(subscribeToEnabled, () => actionOf(id).enabled());
}
