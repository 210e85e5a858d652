// Moving the cursor, and showing panels.

import { panels } from '../panels/panel-list.ts';
import { setCursor, useCursor } from '../state/cursor.ts';
import { currentRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import type { Action } from './action.ts';

const details = () => currentRun(useLab.getState())?.details;

/** To the next (1) or previous (-1) recorded iteration. */
function scrub(direction: 1 | -1): void {
  const iterations = [...new Set(details()?.snapshots.map(({ iteration }) => iteration))].sort((a, b) => a - b);
  const { iteration } = useCursor.getState();
  const at = iteration === 'now' ? Infinity : iteration;
  const next = direction === 1 ? iterations.find(each => each > at) : iterations.filter(each => each < at).at(-1);
  if (next !== undefined) setCursor({ iteration: next });
  else if (direction === 1) setCursor({ iteration: 'now' });
}

const canScrub = () => (details()?.snapshots.length ?? 0) > 0;

function frameCount(): number {
  return Math.max(
    1,
    ...(details()?.problem?.views ?? []).map(view =>
      view.kind === 'image' || view.kind === 'depth' ? view.frames : 1,
    ),
  );
}

function moveFrame(by: number): void {
  const count = frameCount();
  setCursor({ frame: (((useCursor.getState().frame + by) % count) + count) % count });
}

export const lookActions: readonly Action[] = [
  {
    id: 'look.earlier',
    title: 'Earlier snapshot',
    group: 'Look',
    keywords: 'scrub back timeline',
    shortcut: 'ArrowLeft',
    enabled: canScrub,
    run: () => scrub(-1),
  },
  {
    id: 'look.later',
    title: 'Later snapshot',
    group: 'Look',
    keywords: 'scrub forward timeline',
    shortcut: 'ArrowRight',
    enabled: canScrub,
    run: () => scrub(1),
  },
  {
    id: 'look.first',
    title: 'First snapshot',
    group: 'Look',
    keywords: 'start timeline',
    shortcut: 'Home',
    enabled: canScrub,
    run: () => setCursor({ iteration: 0 }),
  },
  {
    id: 'look.now',
    title: 'Follow the newest state',
    group: 'Look',
    keywords: 'end live present timeline',
    shortcut: 'End',
    enabled: () => details() !== undefined,
    run: () => setCursor({ iteration: 'now' }),
  },
  {
    id: 'look.previous-frame',
    title: 'Previous frame of the video',
    group: 'Look',
    keywords: 'frame',
    shortcut: 'Shift+ArrowLeft',
    enabled: () => frameCount() > 1,
    run: () => moveFrame(-1),
  },
  {
    id: 'look.next-frame',
    title: 'Next frame of the video',
    group: 'Look',
    keywords: 'frame',
    shortcut: 'Shift+ArrowRight',
    enabled: () => frameCount() > 1,
    run: () => moveFrame(1),
  },
  ...panels.map(
    ({ id, title, shortcut }): Action => ({
      id: `look.panel.${id}`,
      title: `Show ${title.toLowerCase()}`,
      group: 'Look',
      keywords: `panel tab ${title}`,
      ...(shortcut === undefined ? {} : { shortcut }),
      enabled: () => useLab.getState().current.kind !== 'none',
      run: () => showPanel(id),
    }),
  ),
];
