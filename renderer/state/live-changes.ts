// Sends changes of live values to a running fit, together and undoable as one.

import { theBridge } from './lab.ts';
import { guarded } from './problems.ts';
import type { LiveChange } from './steering.ts';
import { remember } from './undo.ts';

export interface LiveEdit {
  readonly run: string;
  /** 'Change learning rate'. */
  readonly label: string;
  readonly changes: readonly LiveChange[];
  /** What undo sends: a change too. */
  readonly back: readonly LiveChange[];
  /** Edits of one gesture are undone as one. */
  readonly gesture?: string;
}

/** Takes effect at the next iteration. A refusal is told in the problems panel. */
export async function changeLiveValues({ run, label, changes, back, gesture }: LiveEdit): Promise<void> {
  const send = (all: readonly LiveChange[]) =>
    guarded(() => Promise.all(all.map(({ path, value }) => theBridge().call('change', { run, path, value }))), run);
  remember({
    label,
    ...(gesture === undefined ? {} : { gesture: `${run} ${gesture}` }),
    undo: () => send(back),
    redo: () => send(changes),
  });
  await send(changes);
}
