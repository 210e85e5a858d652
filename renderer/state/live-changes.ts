// Sends changes of live values to a running fit, together and undoable as one.

import { type RunEvent, stopPath } from '../../src/protocol/run.ts';
import { theBridge, useLab } from './lab.ts';
import { guarded } from './problems.ts';
import type { LiveChange } from './steering.ts';
import { beforeUndo, remember } from './undo.ts';

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

/** Gestures of this window by what they sent, so that lists can show a drag as one change. */
const gestures = new Map<string, string>();
const MOST_GESTURES = 5000;

/** The gesture of this window that last gave `path` this value; undefined: none, or another window. */
export function gestureOf(run: string, path: string, value: number): string | undefined {
  return gestures.get(`${run} ${path} ${value}`);
}

/** Events without those of a drag that a later one of the same drag overtook: a drag is one change. */
export function lastOfGestures(run: string, events: readonly RunEvent[]): readonly RunEvent[] {
  const gesture = ({ path, value, source }: RunEvent) =>
    source === 'user' && typeof value === 'number' ? gestureOf(run, path, value) : undefined;
  return events.filter((event, index) => {
    const own = gesture(event);
    if (own === undefined) return true;
    // Only the next change of the path: undo may come back to a value of this drag after another one.
    const next = events.slice(index + 1).find(later => later.path === event.path);
    return next === undefined || gesture(next) !== own;
  });
}

/** Takes effect at the next iteration. A refusal is told in the problems panel, and leaves nothing to undo. */
export async function changeLiveValues({ run, label, changes, back, gesture }: LiveEdit): Promise<void> {
  if (gesture !== undefined) {
    if (gestures.size > MOST_GESTURES) gestures.clear();
    for (const { path, value } of changes) gestures.set(`${run} ${path} ${value}`, gesture);
  }
  const taken = await beforeUndo(send(run, changes));
  if (taken.size === 0) return;
  const ofTaken = (all: readonly LiveChange[]) =>
    all.filter(({ path }) => taken.size === changes.length || taken.has(path));
  remember({
    label,
    ...(gesture === undefined ? {} : { gesture: `${run} ${gesture}` }),
    lapsed: () => !isSteerable(run),
    undo: async () => void (await send(run, ofTaken(back))),
    redo: async () => void (await send(run, ofTaken(changes))),
  });
}

/** Ends one member of a run with the next iteration, or lets one that was ended so go on where it was. */
export function setMemberRunning(run: string, member: number, to: 'ended' | 'running'): Promise<void> {
  const path = stopPath(member);
  const [value, before] = to === 'ended' ? [1, 0] : [0, 1];
  const label = to === 'ended' ? `End member ${member}` : `Let member ${member} go on`;
  return changeLiveValues({ run, label, changes: [{ path, value }], back: [{ path, value: before }] });
}

/** The paths of the changes that were taken; a refusal is told. */
async function send(run: string, changes: readonly LiveChange[]): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  const one = async ({ path, value }: LiveChange) => {
    await theBridge().call('change', { run, path, value });
    taken.add(path);
  };
  await guarded(async () => {
    const refused = (await Promise.allSettled(changes.map(one))).find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
  }, run);
  return taken;
}

function isSteerable(run: string): boolean {
  const state = useLab.getState().library?.[run]?.state;
  return state !== undefined && !['finished', 'stopped', 'failed'].includes(state);
}
