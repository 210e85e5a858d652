// Pulls one view of a run for one place on the screen: the newest state while it runs, at most so many times a second and
// one request at a time; a recorded one when the cursor is set back. Outside React: frames go straight to the painter.

import type { Frame } from '../../src/protocol/frames.ts';
import { asLabError, type LabError } from '../../src/protocol/lab-error.ts';
import { atNextBeat } from './beat.ts';
import { bestMember } from './best-member.ts';
import { useCursor } from './cursor.ts';
import { theBridge, useLab } from './lab.ts';

export interface Wanted {
  readonly run: string;
  readonly view: string;
  /** Overrides the cursor's. */
  readonly member?: number;
  /** Of a video; undefined: all frames at once. cursor: the one the cursor is on. */
  readonly frame: number | 'cursor' | undefined;
  readonly mostPixels?: number;
}

export interface ViewFeed {
  /** A feed that is off asks for nothing: a hidden panel costs nothing. */
  switchTo(on: boolean): void;
  dispose(): void;
}

const CACHED = 64;
/** Until a view is asked for again that was given to somebody else. */
const SUPERSEDED_MILLISECONDS = 250;
/** Recorded frames by what they show, newest use last. */
const cache = new Map<string, Frame>();

/** `onFrame` gets every frame that should be painted, `onError` why there is none. */
export function feedView(
  wanted: Wanted,
  onFrame: (frame: Frame) => void,
  onError: (error: LabError) => void = () => {},
): ViewFeed {
  let on = true;
  let disposed = false;
  let busy = false;
  /** What was painted last; the same is not asked for again. */
  let painted = '';
  /** A beat is being followed at present. */
  let beating = false;
  let callOff: (() => void) | undefined;
  let callOffPainting = (): void => {};
  let timer: ReturnType<typeof setTimeout> | undefined;

  const lookAfter = (milliseconds: number): void => {
    timer = setTimeout(() => {
      timer = undefined;
      look();
    }, milliseconds);
  };
  const paint = (frame: Frame, when: 'at once' | 'at the next beat'): void => {
    callOffPainting();
    callOffPainting = () => {};
    if (when === 'at once') onFrame(frame);
    else callOffPainting = atNextBeat(() => onFrame(frame));
  };
  const look = (): void => {
    if (disposed || !on || busy || timer !== undefined) return;
    const { connection, open } = useLab.getState();
    const run = open[wanted.run];
    if (connection !== 'open' || run?.details.problem === undefined) return;
    const cursor = useCursor.getState();
    const view = run.details.problem.views.find(({ id }) => id === wanted.view);
    if (view === undefined) return;
    const member = wanted.member ?? (cursor.member === 'best' ? bestMember(run) : cursor.member);
    const frame = wanted.frame === 'cursor' ? cursor.frame : wanted.frame;
    const fixed = view.changes === 'never';
    const at = fixed ? 0 : cursor.iteration;
    const { live, iteration, state } = run.details.entry;
    const newest = run.details.progress?.iteration ?? iteration;
    const recorded =
      at === 'now'
        ? undefined
        : Math.max(
            -1,
            ...run.details.snapshots
              .filter(each => each.member === member && each.iteration <= at)
              .map(each => each.iteration),
          );
    const stamp = fixed ? 'fixed' : at === 'now' ? `now ${newest} ${state} ${live}` : `at ${recorded}`;
    const key = [wanted.run, run.version, wanted.view, fixed ? 0 : member, stamp, frame, wanted.mostPixels].join('|');
    if (key === painted) return;
    const known = cache.get(key);
    if (known !== undefined) {
      painted = key;
      paint(known, 'at once');
      return;
    }
    const follows = at === 'now' && state === 'running';
    if (follows && !beating) {
      callOff ??= atNextBeat(() => {
        callOff = undefined;
        beating = true;
        look();
        beating = false;
      });
      return;
    }
    busy = true;
    theBridge()
      .frame('view', {
        run: wanted.run,
        view: wanted.view,
        member: fixed ? 0 : member,
        at,
        ...(frame === undefined ? {} : { frame }),
        ...(wanted.mostPixels === undefined ? {} : { mostPixels: wanted.mostPixels }),
      })
      .then(
        answer => {
          if (disposed) return;
          if (answer === undefined) {
            lookAfter(SUPERSEDED_MILLISECONDS);
            return;
          }
          const isFirst = painted === '';
          painted = key;
          if (at !== 'now') keep(key, answer);
          paint(answer, follows && !isFirst ? 'at the next beat' : 'at once');
        },
        thrown => {
          const error = asLabError(thrown);
          // A picture stays over a lost connection, and is asked for again after it.
          if (disposed || error.where === 'connection') return;
          painted = key;
          onError(error);
        },
      )
      .finally(() => {
        busy = false;
        look();
      });
  };

  const unsubscribe = [
    useLab.subscribe(look),
    useCursor.subscribe(look),
    useLab.getState().open[wanted.run]?.trace.subscribe(look) ?? (() => {}),
  ];
  look();
  return {
    switchTo(next) {
      on = next;
      look();
    },
    dispose() {
      disposed = true;
      clearTimeout(timer);
      callOff?.();
      callOffPainting();
      for (const end of unsubscribe) end();
    },
  };
}

function keep(key: string, frame: Frame): void {
  cache.set(key, frame);
  const [oldest] = cache.keys();
  if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
}
