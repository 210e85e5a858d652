// Binds the keys of every action, once for the window.

import { useEffect } from 'react';
import { belongsToField, shortcutOf } from '../actions/action.ts';
import { actions } from '../actions/actions.ts';

export function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || belongsToField(event)) return;
      // A dialog keeps the keys to itself, except for those that open another.
      const inDialog = document.querySelector('[role=dialog]') !== null;
      const shortcut = shortcutOf(event);
      const action = actions.find(candidate => candidate.shortcut === shortcut);
      if (action === undefined || (inDialog && !shortcut.startsWith('Mod'))) return;
      event.preventDefault();
      if (action.enabled()) void action.run();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
