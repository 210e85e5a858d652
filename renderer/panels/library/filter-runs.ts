// Which runs of the library are listed, and in which order.

import type { RunEntry } from '../../../src/protocol/host-calls.ts';

export const stateFilters = ['all', 'running', 'paused', 'finished', 'failed'] as const;
export type StateFilter = (typeof stateFilters)[number];

export interface RunFilter {
  readonly search: string;
  readonly state: StateFilter;
  readonly tag: string | undefined;
}

const statesOf: Record<Exclude<StateFilter, 'all'>, readonly RunEntry['state'][]> = {
  running: ['created', 'loading', 'running'],
  paused: ['ready', 'paused'],
  finished: ['finished', 'stopped'],
  failed: ['failed'],
};

/** Newest first; every word of the search must be found in the name, input, fit, a tag or a figure's name. */
export function filterRuns(entries: readonly RunEntry[], { search, state, tag }: RunFilter): readonly RunEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .filter(entry => {
      if (state !== 'all' && !statesOf[state].includes(entry.state)) return false;
      if (tag !== undefined && !entry.tags.includes(tag)) return false;
      const text = [
        entry.name,
        entry.run,
        entry.input,
        entry.fit,
        entry.state,
        ...entry.tags,
        ...Object.keys(entry.figures),
      ]
        .join(' ')
        .toLowerCase();
      return words.every(word => text.includes(word));
    })
    .sort((a, b) => b.created - a.created);
}

/** Every tag in use, in alphabetical order. */
export function tagsOf(entries: readonly RunEntry[]): readonly string[] {
  return [...new Set(entries.flatMap(({ tags }) => tags))].sort();
}
