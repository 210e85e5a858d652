import { expect, it } from 'vitest';
import { legendEntries } from './legend-entries.ts';

it('stands for each member while there are few, and for each label while there are many', () => {
  const few = legendEntries(['start', 'start', 'turned 20°']);
  expect(few.map(({ title }) => title)).toEqual(['start', 'start', 'turned 20°']);
  expect(few.map(({ members }) => members)).toEqual([[0], [1], [2]]);

  const labels = Array.from({ length: 13 }, (_, member) => (member % 2 === 0 ? 'start' : 'turned 20°'));
  const many = legendEntries([...labels, 'alone']);
  expect(many.map(({ title }) => title)).toEqual(['start ×7', 'turned 20° ×6', 'alone']);
  expect(many.map(({ label }) => label)).toEqual(['start', 'turned 20°', 'alone']);
  expect(many[1].members).toEqual([1, 3, 5, 7, 9, 11]);
});
