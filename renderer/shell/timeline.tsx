// The run's iterations from first to last: what was recorded, what was changed, the best, and the cursor that all panels
// follow. Drag or arrow keys scrub; the right end follows the newest state.

import { type PointerEvent, useMemo, useRef } from 'react';
import type { ProblemDescription, RunEvent } from '../../src/protocol/run.ts';
import { eventWords } from '../plots/event-words.ts';
import { bestIteration } from '../state/best-member.ts';
import { setCursor, useCursor } from '../state/cursor.ts';
import { useCurrentRun } from '../state/lab.ts';
import { lastOfGestures } from '../state/live-changes.ts';
import { usePreferences } from '../state/preferences.ts';
import { iterationAt, positionOf } from './timeline-scale.ts';

const none: readonly never[] = [];

export function Timeline() {
  const track = useRef<HTMLDivElement>(null);
  const log = usePreferences(state => state.logIterations);
  const cursor = useCursor(state => state.iteration);
  const run = useCurrentRun(({ details }) => details.entry.run);
  const iteration = useCurrentRun(run => run.details.progress?.iteration ?? run.details.entry.iteration) ?? 0;
  const maximum = useCurrentRun(run => run.details.progress?.maximum ?? longest(run.details.problem)) ?? 1;
  const events = useCurrentRun(run => run.details.events) ?? none;
  const checkpoints = useCurrentRun(run => run.details.checkpoints) ?? none;
  const snapshots = useCurrentRun(run => run.details.snapshots) ?? none;
  const over = useCurrentRun(run => run.details.summary !== undefined) === true;
  const best = useCurrentRun(bestIteration);
  const exported = useCurrentRun(run => run.details.exports.length > 0) === true;
  // A finished run fills its timeline, however early it ended.
  const end = Math.max(1, over ? iteration : maximum);
  const at = (i: number) => `${100 * positionOf(Math.min(i, end), end, log ? 'log' : 'linear')}%`;
  const problem = useCurrentRun(run => run.details.problem);
  const pins = useMemo(() => (run === undefined ? none : pinsOf(lastOfGestures(run, events))), [run, events]);
  const recorded = [...new Set(snapshots.map(each => each.iteration))];

  const scrub = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined) return;
    const wanted = iterationAt((event.clientX - box.left) / box.width, end, log ? 'log' : 'linear');
    setCursor({ iteration: wanted >= iteration ? 'now' : wanted });
  };
  return (
    <div className="timeline">
      <div
        ref={track}
        className="timeline-track"
        role="slider"
        tabIndex={0}
        aria-label="Iteration shown"
        aria-valuemin={0}
        aria-valuemax={end}
        aria-valuenow={cursor === 'now' ? iteration : cursor}
        aria-valuetext={cursor === 'now' ? `newest, iteration ${iteration}` : `iteration ${cursor}`}
        onPointerDown={event => {
          event.currentTarget.setPointerCapture(event.pointerId);
          scrub(event);
        }}
        onPointerMove={event => {
          if (event.buttons === 1) scrub(event);
        }}
        onKeyDown={event => {
          const step = scrubKey(event.key, cursor, recorded);
          if (step === undefined) return;
          event.preventDefault();
          setCursor({ iteration: step });
        }}
      >
        <div className="timeline-done" style={{ width: at(iteration) }} />
        {recorded.map(each => (
          <i key={`s${each}`} className="timeline-snapshot" style={{ left: at(each) }} />
        ))}
        {checkpoints.map(each => (
          <i
            key={`c${each}`}
            className="timeline-checkpoint"
            style={{ left: at(each) }}
            title={`Checkpoint at iteration ${each}`}
          />
        ))}
        {best !== undefined && (
          <i
            className="timeline-best"
            style={{ left: at(best) }}
            title={`Best at iteration ${best}${exported ? ', and exported' : ''}`}
          />
        )}
        {pins.map(({ iteration: each, source, events: all }) => (
          <i
            key={`${source} ${each}`}
            className={`timeline-event timeline-event-${source}`}
            style={{ left: at(each) }}
            title={pinText(all, problem)}
            data-testid={`event-${source}`}
          />
        ))}
        <div className="timeline-cursor" style={{ left: at(cursor === 'now' ? iteration : cursor) }} />
      </div>
      <div className="timeline-scale numbers">
        <span data-testid="iteration">
          {cursor === 'now' ? 'iteration ' : `at ${cursor} of `}
          {iteration}
        </span>
        {cursor !== 'now' && (
          <button type="button" className="timeline-follow" onClick={() => setCursor({ iteration: 'now' })}>
            follow the newest
          </button>
        )}
        <span>{over || end <= 1 ? '' : `at most ${end}`}</span>
      </div>
    </div>
  );
}

interface Pin {
  readonly iteration: number;
  readonly source: RunEvent['source'];
  readonly events: readonly RunEvent[];
}

/** What one side did at one iteration, such as turn the rates of many members, is one pin. */
function pinsOf(events: readonly RunEvent[]): readonly Pin[] {
  const pins = new Map<string, RunEvent[]>();
  for (const event of events) {
    const key = `${event.source} ${event.iteration}`;
    const known = pins.get(key);
    if (known === undefined) pins.set(key, [event]);
    else known.push(event);
  }
  return [...pins.values()].map(all => ({ iteration: all[0].iteration, source: all[0].source, events: all }));
}

/** Lines of a pin's text. */
const MOST_TOLD = 6;

function pinText(events: readonly RunEvent[], problem: ProblemDescription | undefined): string {
  const told = events.slice(0, MOST_TOLD).map(event => eventWords(event, problem).full);
  return [...told, ...(events.length > MOST_TOLD ? [`and ${events.length - MOST_TOLD} more`] : [])].join('\n');
}

function longest(problem: { readonly members: readonly { readonly maximumIterations: number }[] } | undefined) {
  return problem === undefined ? undefined : Math.max(...problem.members.map(each => each.maximumIterations));
}

/** Where a key takes the cursor; undefined: the key is not for the timeline. */
function scrubKey(key: string, cursor: number | 'now', recorded: readonly number[]): number | 'now' | undefined {
  const at = cursor === 'now' ? Infinity : cursor;
  if (key === 'Home') return recorded[0] ?? 'now';
  if (key === 'End') return 'now';
  const sorted = [...recorded].sort((a, b) => a - b);
  const jump = key.startsWith('Page') ? 5 : 1;
  if (key === 'ArrowLeft' || key === 'ArrowDown' || key === 'PageDown') {
    const before = sorted.filter(each => each < at);
    return before.at(-Math.min(jump, before.length)) ?? cursor;
  }
  if (key === 'ArrowRight' || key === 'ArrowUp' || key === 'PageUp') {
    const after = sorted.filter(each => each > at);
    return after[jump - 1] ?? 'now';
  }
  return undefined;
}
