// The live values of a run at an iteration, from its start values and its events: the same table as the engine's.

import type { RunDetails } from '../../src/protocol/host-calls.ts';
import { createHyperTable, type HyperTable } from '../../src/protocol/hyper-table.ts';
import type { ProblemDescription } from '../../src/protocol/run.ts';

/** Values in effect at `iteration`; now: with those that were taken and take effect next. */
export function hyperTableAt(
  problem: ProblemDescription,
  { events, accepted }: Pick<RunDetails, 'events' | 'accepted'>,
  iteration: number | 'now',
): HyperTable {
  const table = createHyperTable({
    descriptions: problem.members.map(({ live }) => live),
    starts: problem.members.map(({ starts }) => starts),
    groups: groupsOf(problem),
  });
  for (const event of iteration === 'now' ? [...events, ...accepted] : events) {
    if (event.source !== 'user' || (iteration !== 'now' && event.iteration > iteration)) continue;
    table.set(event.path, Number(event.value));
  }
  return table;
}

export function groupsOf({ members }: ProblemDescription): readonly string[] {
  return [...new Set(members.flatMap(({ groups }) => groups))];
}
