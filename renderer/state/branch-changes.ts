// Values that were turned while the cursor stood back in a run: they do not touch the run, they wait for a branch.

import { create } from 'zustand';
import { useCursor } from './cursor.ts';
import { branchRun, useLab } from './lab.ts';
import type { LiveChange } from './steering.ts';
import { remember } from './undo.ts';

interface BranchChanges {
  readonly run: string | undefined;
  readonly changes: Readonly<Record<string, number>>;
}

const none: BranchChanges = { run: undefined, changes: {} };

export const useBranchChanges = create<BranchChanges>(() => none);

/** The changes that wait for a branch of this run. */
export function branchChangesOf({ run, changes }: BranchChanges, of: string): Readonly<Record<string, number>> {
  return run === of ? changes : none.changes;
}

/** Sets values for a branch; can be undone. */
export function turnForBranch(run: string, label: string, turned: readonly LiveChange[], gesture?: string): void {
  const before = useBranchChanges.getState();
  const changes = {
    ...branchChangesOf(before, run),
    ...Object.fromEntries(turned.map(({ path, value }) => [path, value])),
  };
  const after: BranchChanges = { run, changes };
  useBranchChanges.setState(after);
  remember({
    label,
    ...(gesture === undefined ? {} : { gesture: `branch ${gesture}` }),
    undo: () => useBranchChanges.setState(before),
    redo: () => useBranchChanges.setState(after),
  });
}

export function forgetBranchChanges(): void {
  useBranchChanges.setState(none);
}

/** Branches at the cursor, with what was turned there; now: at the present iteration. */
export async function branchAtCursor(): Promise<void> {
  const { current, open } = useLab.getState();
  if (current.kind !== 'run') return;
  const { iteration } = useCursor.getState();
  const changes = iteration === 'now' ? {} : branchChangesOf(useBranchChanges.getState(), current.run);
  await branchRun(
    current.run,
    iteration === 'now' ? (open[current.run]?.details.entry.iteration ?? 0) : iteration,
    changes,
  );
  const { current: after } = useLab.getState();
  if (after.kind === 'run' && after.run !== current.run) forgetBranchChanges();
}
