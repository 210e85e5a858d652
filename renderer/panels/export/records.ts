// The records of a run as files to keep, made in the window from what it knows: the trace and the recipe. Pure.

import type { RunDetails } from '../../../src/protocol/host-calls.ts';
import type { TraceStore } from '../../state/trace-store.ts';

/** The trace as a table: one line for each iteration of each member, in full precision; empty where there was none. */
export function traceCsv({ names, members }: Pick<TraceStore, 'names' | 'members'>): string {
  const series = members.map(member => ({
    iterations: member.iterations,
    columns: names.map(name => member.column(name)),
  }));
  const next = series.map(() => 0);
  const lines = [['iteration', 'member', ...names].join(',')];
  for (;;) {
    let member = -1;
    series.forEach(({ iterations }, m) => {
      if (next[m] >= iterations.length) return;
      if (member < 0 || iterations[next[m]] < series[member].iterations[next[member]]) member = m;
    });
    if (member < 0) return `${lines.join('\n')}\n`;
    const { iterations, columns } = series[member];
    const at = next[member]++;
    lines.push([iterations[at], member, ...columns.map(column => text(column?.[at]))].join(','));
  }
}

/** Everything needed to repeat the run, with the changes that were made while it ran. */
export function recipeJson({ recipe, events }: Pick<RunDetails, 'recipe' | 'events'>): string {
  return `${JSON.stringify({ ...recipe, events }, undefined, 2)}\n`;
}

function text(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : String(value);
}
