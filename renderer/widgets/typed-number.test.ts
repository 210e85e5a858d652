import { expect, test } from 'vitest';
import { readTyped } from './typed-number.ts';

const upToOne = (text: string) => (Number(text) <= 1 ? undefined : 'At most 1.');

test('a number may be written with a full stop, a comma or an exponent', () => {
  expect(readTyped(' 0.25 ', upToOne)).toEqual({ kind: 'number', value: 0.25 });
  expect(readTyped('0,25', upToOne)).toEqual({ kind: 'number', value: 0.25 });
  expect(readTyped('1e-3', upToOne)).toEqual({ kind: 'number', value: 0.001 });
});

test('what is no number or out of range is refused in words', () => {
  expect(readTyped('2', upToOne)).toEqual({ kind: 'refused', why: 'At most 1.' });
  expect(readTyped('1,000,000')).toEqual({ kind: 'refused', why: 'Give a number.' });
  expect(readTyped('fast')).toEqual({ kind: 'refused', why: 'Give a number.' });
});

test('an emptied field is neither', () => {
  expect(readTyped('  ', upToOne)).toEqual({ kind: 'empty' });
});
