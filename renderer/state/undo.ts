// Undo of what the user did (learning rates, masks, names, deletions …); what an optimizer does is never on it. Edits of
// the same thing within a second become one, and so do those of one gesture, so that the drag of a slider is one step.

import { create } from 'zustand';

export interface Edit {
  /** 'Change learning rate'. */
  readonly label: string;
  /** Edits of the same key that follow each other quickly are one. */
  readonly key?: string;
  /** Edits of the same gesture that follow each other are one, however long it takes. */
  readonly gesture?: string;
  undo(): Promise<void> | void;
  redo(): Promise<void> | void;
}

interface Done {
  readonly edit: Edit;
  readonly time: number;
}

interface UndoState {
  readonly past: readonly Done[];
  readonly future: readonly Done[];
}

const COALESCE_MILLISECONDS = 1000;
const MOST = 200;

export const useUndo = create<UndoState>(() => ({ past: [], future: [] }));

function joins({ edit: before, time }: Done, edit: Edit, now: number): boolean {
  if (edit.gesture !== undefined || before.gesture !== undefined) return edit.gesture === before.gesture;
  return edit.key !== undefined && edit.key === before.key && now - time <= COALESCE_MILLISECONDS;
}

/** Remembers an edit that was just made. */
export function remember(edit: Edit, now: number = performance.now()): void {
  useUndo.setState(({ past }) => {
    const last = past.at(-1);
    if (last === undefined || !joins(last, edit, now))
      return { past: [...past, { edit, time: now }].slice(-MOST), future: [] };
    const joined: Edit = { ...edit, undo: () => last.edit.undo() };
    return { past: [...past.slice(0, -1), { edit: joined, time: now }], future: [] };
  });
}

export async function undo(): Promise<void> {
  const { past, future } = useUndo.getState();
  const last = past.at(-1);
  if (last === undefined) return;
  useUndo.setState({ past: past.slice(0, -1), future: [...future, last] });
  await last.edit.undo();
}

export async function redo(): Promise<void> {
  const { past, future } = useUndo.getState();
  const next = future.at(-1);
  if (next === undefined) return;
  useUndo.setState({ past: [...past, { ...next, time: 0 }], future: future.slice(0, -1) });
  await next.edit.redo();
}
