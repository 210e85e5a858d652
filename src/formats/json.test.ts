import { expect, it } from 'vitest';
import { encodeJson } from './json.ts';

it('writes JSON that reads back, with a row of numbers in one line and text as it is', () => {
  const value = {
    rows: [
      [1, -2.5e-7],
      [0, 4],
    ],
    words: ['[ 1, 2 ]', 'a'],
    empty: [],
    deep: [{ t: [1, 2, 3] }],
  };
  const text = new TextDecoder().decode(encodeJson(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('\n    [1, -2.5e-7],\n    [0, 4]\n');
  expect(text).toContain('"t": [1, 2, 3]');
});
