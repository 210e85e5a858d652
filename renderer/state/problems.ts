// What went wrong, for the problems panel and for the place that caused it. Nothing is only in a console.

import { create } from 'zustand';
import { asLabError, type LabErrorDetails } from '../../src/protocol/lab-error.ts';

export interface LabProblem {
  readonly id: number;
  readonly time: number;
  readonly run: string | undefined;
  readonly error: LabErrorDetails;
}

interface Problems {
  readonly list: readonly LabProblem[];
  /** Not yet looked at in the problems panel. */
  readonly unseen: number;
}

export const useProblems = create<Problems>(() => ({ list: [], unseen: 0 }));

let count = 0;

/** Adds a problem; anything thrown will do. */
export function reportProblem(thrown: unknown, run?: string): void {
  const error = asLabError(thrown).toDetails();
  useProblems.setState(({ list, unseen }) => ({
    list: [{ id: count++, time: Date.now(), run, error }, ...list].slice(0, 200),
    unseen: unseen + 1,
  }));
}

/** Runs an action of the user whose failure should be told. */
export async function guarded(action: () => Promise<unknown>, run?: string): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    reportProblem(thrown, run);
  }
}

export function dismissProblem(id: number): void {
  useProblems.setState(({ list }) => ({ list: list.filter(problem => problem.id !== id) }));
}

export function markProblemsSeen(): void {
  useProblems.setState({ unseen: 0 });
}
