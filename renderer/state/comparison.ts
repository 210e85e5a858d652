// Which runs are compared: those of the compare panel, drawn over the traces too. Kept while the window is open.

import { create } from 'zustand';
import { closeRun, keepOpen, openRun, useLab } from './lab.ts';
import { guarded } from './problems.ts';

interface Comparison {
  /** In the order in which they were added, which is that of their colours. */
  readonly runs: readonly string[];
}

export const useComparison = create<Comparison>(() => ({ runs: [] }));

keepOpen(run => useComparison.getState().runs.includes(run));

/** Opens the runs and adds them. */
export async function addToComparison(runs: readonly string[]): Promise<void> {
  const { runs: known } = useComparison.getState();
  const added = runs.filter(run => !known.includes(run));
  useComparison.setState({ runs: [...known, ...added] });
  await Promise.all(added.map(run => guarded(() => openRun(run), run)));
}

/** The run on show stays open. */
export function removeFromComparison(run: string): void {
  useComparison.setState(({ runs }) => ({ runs: runs.filter(each => each !== run) }));
  const { current, open } = useLab.getState();
  if (open[run] !== undefined && !(current.kind === 'run' && current.run === run)) closeRun(run);
}

// A run that was deleted is compared no longer.
useLab.subscribe(({ library }) => {
  if (library === undefined) return;
  const { runs } = useComparison.getState();
  const left = runs.filter(run => library[run] !== undefined);
  if (left.length < runs.length) useComparison.setState({ runs: left });
});
