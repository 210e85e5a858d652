import { describe, expect, it } from 'vitest';
import type { RunEntry } from '../../../src/protocol/host-calls.ts';
import { filterRuns, tagsOf } from './filter-runs.ts';

const entry = (run: string, change: Partial<RunEntry> = {}): RunEntry => ({
  run,
  name: run,
  fit: 'tubal',
  input: 'sample:plaid',
  state: 'finished',
  live: false,
  iteration: 10,
  created: 0,
  tags: [],
  figures: {},
  hasThumbnail: false,
  ...change,
});

describe('the list of runs', () => {
  const runs = [
    entry('plaid-1', { created: 1, tags: ['paper'], figures: { psnr: 30 } }),
    entry('chelsea-1', { created: 3, state: 'paused', input: '/photos/chelsea.png' }),
    entry('chelsea-2', { created: 2, state: 'failed', tags: ['paper', 'bad'] }),
  ];
  const shown = (search: string, state: 'all' | 'paused' | 'finished' = 'all', tag?: string) =>
    filterRuns(runs, { search, state, tag }).map(({ run }) => run);

  it('has the newest first', () => expect(shown('')).toEqual(['chelsea-1', 'chelsea-2', 'plaid-1']));
  it('wants every word somewhere', () => {
    expect(shown('CHELSEA paper')).toEqual(['chelsea-2']);
    expect(shown('photos')).toEqual(['chelsea-1']);
    expect(shown('psnr')).toEqual(['plaid-1']);
    expect(shown('zebra')).toEqual([]);
  });
  it('filters by state and tag', () => {
    expect(shown('', 'paused')).toEqual(['chelsea-1']);
    expect(shown('', 'all', 'paper')).toEqual(['chelsea-2', 'plaid-1']);
    expect(tagsOf(runs)).toEqual(['bad', 'paper']);
  });
});
