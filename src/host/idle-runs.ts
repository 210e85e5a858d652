// Runs that have an engine and make no use of it: they wait, and no window has them open. They leave at a checkpoint after a
// while, or when another run needs the room; they are loaded again when they are opened or are to go on.

import type { HeldRun } from './held-run.ts';

export interface IdleRuns {
  /** Notes from when on a run is idle; to be told whenever its state or its listeners have changed. */
  look(run: IdleRun): void;
  /** Lets those leave that have been idle longest, until with one more there are no more than `most`. */
  makeRoom(most: number): void;
  /** Whether the run has left from here and was not loaded since; told once. */
  comesBack(run: string): boolean;
  dispose(): void;
}

export type IdleRun = Pick<HeldRun, 'run' | 'live' | 'entry' | 'listeners' | 'leave'>;

/** Looks are this part of `idleMilliseconds` apart. */
const LOOKS = 10;

export function createIdleRuns(runs: () => readonly IdleRun[], idleMilliseconds: number): IdleRuns {
  const since = new Map<string, number>();
  const leaving = new Set<string>();
  const left = new Set<string>();
  const look = (run: IdleRun): void => {
    if (!isIdle(run)) since.delete(run.run);
    else if (!since.has(run.run)) since.set(run.run, Date.now());
  };
  const staying = (): IdleRun[] => runs().filter(({ run, live }) => live && !leaving.has(run));
  /** Longest first. */
  const idle = (): IdleRun[] => {
    const found = staying().filter(isIdle);
    found.forEach(look);
    return found.sort((a, b) => (since.get(a.run) ?? 0) - (since.get(b.run) ?? 0));
  };
  const leave = (each: IdleRun): void => {
    const { run } = each;
    leaving.add(run);
    left.add(run);
    // What goes wrong with it is told as news of the run.
    each
      .leave()
      .catch(() => {})
      .finally(() => {
        leaving.delete(run);
        since.delete(run);
      });
  };
  const timer = setInterval(() => {
    const now = Date.now();
    for (const run of idle()) if (now - (since.get(run.run) ?? now) >= idleMilliseconds) leave(run);
  }, idleMilliseconds / LOOKS).unref();
  return {
    look,
    makeRoom(most) {
      idle()
        .slice(0, Math.max(0, staying().length + 1 - most))
        .forEach(leave);
    },
    comesBack: run => left.delete(run),
    dispose: () => clearInterval(timer),
  };
}

function isIdle({ live, entry: { state }, listeners }: IdleRun): boolean {
  return live && listeners.size === 0 && (state === 'paused' || state === 'ready');
}
