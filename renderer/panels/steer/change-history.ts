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
}

/** Newest first. */
export function changeHistory(
  problem: ProblemDescription,
  events: readonly RunEvent[],
  accepted: readonly RunEvent[],
): readonly ChangeEntry[] {
  const table = createHyperTable({
    descriptions: problem.members.map(({ live }) => live),
    starts: problem.members.map(({ starts }) => starts),
    groups: groupsOf(problem),
  });
  return [...events, ...accepted]
    .map((event, index): ChangeEntry => {
      const { name, scope, group } = parsePath(event.path);
      const known = event.source === 'user' ? dialOf({ problem, table, name, scope, group }) : undefined;
      if (event.source === 'user') table.set(event.path, Number(event.value));
      return {
        key: `${index} ${event.iteration} ${event.path}`,
        event,
        title: titleOf(known?.setting.title ?? name, scope, group),
        before: known?.value,
        pending: index >= events.length,
      };
    })
    .reverse();
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
const engineNames: Readonly<Record<string, string>> = { finished: 'Finished', recovered: 'Recovered' };

function titleOf(title: string, scope: number | 'all', group: string): string {
  const parts = [engineNames[title] ?? title];
  if (group !== '') parts.push(group);
  if (scope !== 'all') parts.push(`member ${scope}`);
  return parts.join(', ');
}
