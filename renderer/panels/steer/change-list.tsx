// What was changed in this run, newest first, and below it the ends of members in one line that opens; a click looks at that
// iteration.

import { useMemo } from 'react';
import type { ProblemDescription, RunEvent } from '../../../src/protocol/run.ts';
import { setCursor } from '../../state/cursor.ts';
import { gestureOf } from '../../state/live-changes.ts';
import { formatCount, formatNumber } from '../../widgets/format-number.ts';
import { type ChangeEntry, changeHistory } from './change-history.ts';

const MOST = 100;

export interface ChangeListProps {
  readonly run: string;
  readonly problem: ProblemDescription;
  readonly events: readonly RunEvent[];
  readonly accepted: readonly RunEvent[];
}

export function ChangeList({ run, problem, events, accepted }: ChangeListProps) {
  const entries = useMemo(
    () =>
      changeHistory({
        problem,
        events,
        accepted,
        gestureOf: ({ path, value }) => gestureOf(run, path, Number(value)),
      }),
    [run, problem, events, accepted],
  );
  const [changes, ends] = [entries.filter(entry => !isEnd(entry)), entries.filter(isEnd)];
  const turned = events.filter(({ source }) => source === 'user').length + accepted.length;
  return (
    <section className="steer-section" aria-label="Changes">
      <h2 className="steer-heading">
        Changes
        <small className="numbers">{turned === 0 ? 'none yet' : formatCount(turned)}</small>
      </h2>
      {changes.length === 0 ? (
        <p className="steer-note">
          Every value you turn is kept with the run, with its iteration, and replays exactly.
        </p>
      ) : (
        <EntryList entries={changes} />
      )}
      {ends.length > 0 && (
        <details className="steer-ends">
          <summary>
            {ends.length === 1 ? '1 member has ended' : `${formatCount(ends.length)} members have ended`}
          </summary>
          <EntryList entries={ends} />
        </details>
      )}
    </section>
  );
}

function isEnd({ event: { source, path } }: ChangeEntry): boolean {
  return source === 'engine' && path.endsWith('.finished');
}

function EntryList({ entries }: { readonly entries: readonly ChangeEntry[] }) {
  return (
    <ol className="steer-history">
      {entries.slice(0, MOST).map(entry => (
        <li key={entry.key}>
          <Entry entry={entry} />
        </li>
      ))}
    </ol>
  );
}

function Entry({ entry: { event, title, before, pending, steps } }: { readonly entry: ChangeEntry }) {
  const { iteration, path, value, source } = event;
  const what = path.endsWith('.stopped')
    ? value === 0
      ? 'From where it was ended'
      : 'It keeps its result'
    : typeof value === 'number'
      ? `${before === undefined ? '' : `${formatNumber(before)} → `}${formatNumber(value)}`
      : value;
  return (
    <button
      type="button"
      className="steer-history-entry"
      title={`Look at iteration ${iteration}`}
      onClick={() => setCursor({ iteration })}
    >
      <span className="steer-history-at">{pending ? 'next' : formatCount(iteration)}</span>
      <span>
        {title}
        {source === 'engine' ? ' (by the engine)' : ''}
        <br />
        <span className="steer-history-value">
          {what}
          {steps > 1 && <small> in {steps} steps</small>}
        </span>
      </span>
    </button>
  );
}
