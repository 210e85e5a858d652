import { expect, test } from 'vitest';
import { problemText, recoveries } from './problem-text.ts';

test('the details name what, where and what to try', () => {
  const text = problemText({
    id: 1,
    time: 0,
    run: 'plaid-1',
    error: { code: 'setting', message: 'rank cannot be 0.', where: 'setting rank', tip: 'Give 1 or more.' },
  });
  expect(text.split('\n')).toEqual([
    'rank cannot be 0.',
    'Try: Give 1 or more.',
    'Where: setting rank',
    'Run: plaid-1',
    'Kind: setting',
    'Time: 1970-01-01T00:00:00.000Z',
  ]);
});

test('recoveries are told, endings and changes of the user are not', () => {
  const events = [
    { iteration: 1, path: 'learningRate', value: 5, source: 'user' },
    { iteration: 2, path: 'members.0.recovered', value: 'halved', source: 'engine' },
    { iteration: 3, path: 'members.0.finished', value: 'converged', source: 'engine' },
  ] as const;
  expect(recoveries(events).map(({ iteration }) => iteration)).toEqual([2]);
});
