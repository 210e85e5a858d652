// The window itself: palette, cheat sheet, theme, layout, links.

import { notifications } from '@mantine/notifications';
import { spotlight } from '@mantine/spotlight';
import { theScene } from '../scene/scene-holder.ts';
import { useCursor } from '../state/cursor.ts';
import { openDialog } from '../state/dialogs.ts';
import { useLab } from '../state/lab.ts';
import { closePanel, frontPanels, resetLayout } from '../state/layout.ts';
import { setPreferences, usePreferences } from '../state/preferences.ts';
import { guarded } from '../state/problems.ts';
import { linkToView } from '../state/view-link.ts';
import type { Action } from './action.ts';

export const windowActions: readonly Action[] = [
  {
    id: 'window.palette',
    title: 'Find a command',
    group: 'Window',
    keywords: 'palette search',
    shortcut: 'Mod+K',
    enabled: () => true,
    run: () => spotlight.toggle(),
  },
  {
    id: 'window.cheat-sheet',
    title: 'Keyboard shortcuts',
    group: 'Window',
    keywords: 'help keys cheat sheet',
    shortcut: '?',
    enabled: () => true,
    run: () => openDialog('cheat-sheet'),
  },
  {
    id: 'window.theme',
    title: 'Switch light, dark, system',
    group: 'Window',
    keywords: 'theme colours appearance',
    shortcut: 'Alt+D',
    enabled: () => true,
    run: () => {
      const next = { system: 'light', light: 'dark', dark: 'system' } as const;
      setPreferences({ theme: next[usePreferences.getState().theme] });
    },
  },
  {
    id: 'window.close-panel',
    title: 'Close the panel used last',
    group: 'Window',
    keywords: 'hide tab remove',
    enabled: () => useLab.getState().current.kind !== 'none',
    run: closePanel,
  },
  {
    id: 'window.reset-layout',
    title: 'Reset the layout',
    group: 'Window',
    keywords: 'panels arrange default',
    enabled: () => useLab.getState().current.kind !== 'none',
    run: resetLayout,
  },
  {
    id: 'window.copy-link',
    title: 'Copy a link to this view',
    group: 'Window',
    keywords: 'share url clipboard',
    enabled: () => useLab.getState().current.kind === 'run',
    run: () =>
      guarded(async () => {
        const { current } = useLab.getState();
        const view = { cursor: useCursor.getState(), panels: frontPanels(), eye: theScene()?.eye };
        await navigator.clipboard.writeText(linkToView(location.href, current, view));
        notifications.show({
          message: 'The link is copied. It shows this view in this browser while the lab is open.',
        });
      }),
  },
];
