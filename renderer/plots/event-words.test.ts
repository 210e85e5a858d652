import { describe, expect, it } from 'vitest';
import { eventWords } from './event-words.ts';

const problem = {
  summary: {},
  terms: [],
  views: [],
  members: ['slow', 'fast'].map(label => ({
    label,
    groups: ['left'],
    maximumIterations: 10,
    live: [
      {
        name: 'rate',
        title: 'Rate of descent',
        type: 'number',
        default: 1,
        help: '',
        live: 'live',
        unit: 'mm',
      } as const,
    ],
    starts: {},
  })),
};

describe('events in words', () => {
  it('say what was changed, for whom, to what', () => {
    const event = { iteration: 7, path: 'members.1.left.rate', value: 0.45, source: 'user' } as const;
    expect(eventWords(event, problem).short).toBe('fast: left: Rate of descent 0.45 mm');
    expect(eventWords({ ...event, path: 'rate' }, problem).short).toBe('Rate of descent 0.45 mm');
  });

  it('say which member a user ended, by its number where others are called the same', () => {
    const event = { iteration: 7, path: 'members.1.stopped', value: 1, source: 'user' } as const;
    const alike = { ...problem, members: problem.members.map(member => ({ ...member, label: 'start' })) };
    expect(eventWords(event, problem).short).toBe('fast: ended by hand');
    expect(eventWords(event, alike).short).toBe('1 start: ended by hand');
    expect(eventWords({ ...event, value: 0 }, alike).full).toBe('Iteration 7, 1 start: goes on');
  });

  it('say what the engine did', () => {
    const event = { iteration: 7, path: 'members.1.recovered', value: 'rate halved', source: 'engine' } as const;
    expect(eventWords(event, problem)).toEqual({
      short: 'Stepped back after divergence',
      full: 'Iteration 7, fast: Stepped back after divergence → rate halved',
    });
  });
});
