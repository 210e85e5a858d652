import { expect, test } from 'vitest';
import { fittedTextSize } from './text-size.ts';

test('a text fits into a small picture and does not fill a large one', () => {
  const text = 'Descent Lab';
  for (const width of [64, 300, 4000]) {
    const size = fittedTextSize(text, { width, height: width });
    expect(size * 0.65 * text.length).toBeLessThan(width);
  }
  expect(fittedTextSize('A', { width: 1000, height: 400 })).toBe(100);
  expect(fittedTextSize('A\nB\nC\nD\nE', { width: 1000, height: 100 })).toBe(16);
  expect(fittedTextSize(text, { width: 8, height: 8 })).toBe(4);
});
