// Opening inputs and finding runs.

import { openDialog } from '../state/dialogs.ts';
import { draftFromRun } from '../state/draft.ts';
import { currentRun, showWelcome, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import type { Action } from './action.ts';

const run = () => currentRun(useLab.getState());

export const libraryActions: readonly Action[] = [
  {
    id: 'library.open',
    title: 'Open a picture, video frames or an array…',
    group: 'Library',
    keywords: 'new file input drop',
    shortcut: 'Mod+O',
    enabled: () => useLab.getState().connection === 'open',
    run: () => openDialog('open-file'),
  },
  {
    id: 'library.again',
    title: 'New run with these settings…',
    group: 'Library',
    keywords: 'duplicate copy draft again',
    shortcut: 'N',
    enabled: () => run() !== undefined,
    run: () => {
      const details = run()?.details;
      return details === undefined ? undefined : draftFromRun(details);
    },
  },
  {
    id: 'library.welcome',
    title: 'Go to the start page',
    group: 'Library',
    keywords: 'home samples welcome',
    shortcut: 'Alt+H',
    enabled: () => useLab.getState().current.kind !== 'none',
    run: showWelcome,
  },
  {
    id: 'library.compare',
    title: 'Compare runs',
    group: 'Library',
    keywords: 'side by side overlay',
    enabled: () => useLab.getState().current.kind !== 'none',
    run: () => showPanel('compare'),
  },
  {
    id: 'library.replay-export',
    title: 'Export a film of the run…',
    group: 'Library',
    keywords: 'mp4 webm png movie video animation replay',
    enabled: () => run()?.details.problem !== undefined,
    run: () => openDialog('replay-export'),
  },
];
