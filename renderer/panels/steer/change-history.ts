// The changes of a run as a list to read: what was, what came, when, by whom. Pure.

import { createHyperTable } from '../../../src/protocol/hyper-table.ts';
import type { ProblemDescription, RunEvent } from '../../../src/protocol/run.ts';
import { groupsOf } from '../../state/hyper.ts';
import { dialOf } from '../../state/steering.ts';

export interface ChangeEntry {
  readonly key: string;
  readonly event: RunEvent;
  /** What it is called: 'Learning rate, left, member 2'. */
  readonly title: string;
  /** Undefined where members differed, or for what is no value. */
  readonly before: number | undefined;
  readonly pending: boolean;
  /** How many changes it stands for: one drag makes several. */
  readonly steps: number;
}

export interface HistoryRequest {
  readonly problem: ProblemDescription;
  readonly events: readonly RunEvent[];
  /** Taken, not yet in effect. */
  readonly accepted: readonly RunEvent[];
  /** The drag an event belongs to, as far as it is known. */
  readonly gestureOf: (event: RunEvent) => string | undefined;
}

/** Newest first; a drag, and changes of one value at one iteration, are one entry. */
export function changeHistory({ problem, events, accepted, gestureOf }: HistoryRequest): readonly ChangeEntry[] {
  const table = createHyperTable({
    descriptions: problem.members.map(({ live }) => live),
    starts: problem.members.map(({ starts }) => starts),
    groups: groupsOf(problem),
  });
  const entries: ChangeEntry[] = [];
  [...events, ...accepted].forEach((event, index) => {
    const { name, scope, group } = parsePath(event.path);
    const known = event.source === 'user' ? dialOf({ problem, table, name, scope, group }) : undefined;
    if (event.source === 'user') table.set(event.path, Number(event.value));
    const pending = index >= events.length;
    const last = entries.at(-1);
    const joins = last !== undefined && isOne(last.event, event, gestureOf);
    if (joins) entries.pop();
    entries.push({
      key: `${index} ${event.iteration} ${event.path}`,
      event,
      title: titleOf(
        known?.setting.title ?? (name === 'stopped' && event.value === 0 ? 'Goes on' : name),
        scope,
        group,
      ),
      before: joins ? last.before : known?.value,
      pending,
      steps: joins ? last.steps + 1 : 1,
    });
  });
  return entries.reverse();
}

function isOne(before: RunEvent, event: RunEvent, gestureOf: HistoryRequest['gestureOf']): boolean {
  if (before.source !== 'user' || event.source !== 'user' || before.path !== event.path) return false;
  const gesture = gestureOf(event);
  return before.iteration === event.iteration || (gesture !== undefined && gesture === gestureOf(before));
}

interface ParsedPath {
  readonly name: string;
  readonly scope: number | 'all';
  readonly group: string;
}

export function parsePath(path: string): ParsedPath {
  const parts = path.split('.');
  const scope = parts[0] === 'members' ? Number(parts[1]) : 'all';
  const rest = scope === 'all' ? parts : parts.slice(2);
  return { name: rest.at(-1) ?? path, scope, group: rest.length > 1 ? rest[0] : '' };
}

/** Names of the engine's own events, in words. */
const engineNames: Readonly<Record<string, string>> = {
  finished: 'Finished',
  recovered: 'Recovered',
  stopped: 'Ended by hand',
};

function titleOf(title: string, scope: number | 'all', group: string): string {
  const parts = [engineNames[title] ?? title];
  if (group !== '') parts.push(group);
  if (scope !== 'all') parts.push(`member ${scope}`);
  return parts.join(', ');
}
