import { expect, it } from 'vitest';
import { formatValue } from './format-value.ts';

it.each([
  [0, '0'],
  [0.5, '0.5'],
  [1 / 3, '0.3333'],
  [-12.34567, '−12.35'],
  [255, '255'],
  [1e-5, '1e−5'],
  [1.2345e-7, '1.23e−7'],
  [2.5e8, '2.5e8'],
  [Number.NaN, 'none'],
  [-Infinity, '−∞'],
])('shows %f as %s', (value, text) => expect(formatValue(value)).toBe(text));
