// Which members are steered: all, or one. Kept while the panel is behind another tab.

import { create } from 'zustand';
import type { Scope } from '../../state/steering.ts';

const useChosen = create<{ readonly scope: Scope }>(() => ({ scope: 'all' }));

/** The chosen scope, for a run with so many members. */
export function useScope(members: number): [Scope, (scope: Scope) => void] {
  const chosen = useChosen(({ scope }) => scope);
  const valid = chosen === 'all' || (chosen < members && members > 1) ? chosen : 'all';
  return [valid, scope => useChosen.setState({ scope })];
}
