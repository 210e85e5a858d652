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
  /** 'Run deleted': told where the user looks, with a button that undoes it. */
  readonly notice?: string;
  /** True where there is nothing left that it could change, such as a run that ended: it is passed over. */
  lapsed?(): boolean;
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

export function canUndo(): boolean {
  return useUndo.getState().past.some(stands);
}

export function canRedo(): boolean {
  return useUndo.getState().future.some(stands);
}

function stands({ edit }: Done): boolean {
  return edit.lapsed?.() !== true;
}

const underway = new Set<Promise<unknown>>();

/** An order that will be remembered once the host took it: whoever undoes meanwhile means this one. */
export async function beforeUndo<Answer>(order: Promise<Answer>): Promise<Answer> {
  underway.add(order);
  try {
    return await order;
  } finally {
    underway.delete(order);
  }
}

export async function undo(): Promise<void> {
  await Promise.allSettled(underway);
  const last = useUndo.getState().past.findLast(stands);
  if (last !== undefined) await undoEdit(last.edit);
}

/** Undoes this one, whatever was done since. */
export async function undoEdit(edit: Edit): Promise<void> {
  const { past, future } = useUndo.getState();
  const done = past.find(each => each.edit === edit);
  if (done === undefined) return;
  useUndo.setState({ past: past.filter(each => each !== done), future: [...future, done] });
  await edit.undo();
}

export async function redo(): Promise<void> {
  await Promise.allSettled(underway);
  const { past, future } = useUndo.getState();
  const next = future.findLast(stands);
  if (next === undefined) return;
  useUndo.setState({ past: [...past, { ...next, time: 0 }], future: future.filter(each => each !== next) });
  await next.edit.redo();
}
