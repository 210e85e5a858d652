import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatNumber, readableName } from './format-number.ts';

test('numbers keep the digits that mean something', () => {
  expect(formatNumber(0.9)).toBe('0.9');
  expect(formatNumber(0.1 * 3)).toBe('0.3');
  expect(formatNumber(0.00508)).toBe('0.00508');
  expect(formatNumber(5.08e-4)).toBe('5.08e-4');
  expect(formatNumber(1e-12)).toBe('1e-12');
  expect(formatNumber(1500)).toBe('1500');
  expect(formatNumber(12345.678)).toBe('12350');
  expect(formatNumber(1e12)).toBe('1e12');
  expect(formatNumber(-2.5)).toBe('-2.5');
  expect(formatNumber(0)).toBe('0');
  expect(formatNumber(Number.NaN)).toBe('–');
  expect(formatNumber(Infinity)).toBe('∞');
});

test('counts and sizes', () => {
  expect(formatCount(1500)).toBe('1500');
  expect(formatCount(1234567)).toBe('1\u202f234\u202f567');
  expect(formatBytes(0)).toBe('0 bytes');
  expect(formatBytes(1536)).toBe('1.5 kB');
  expect(formatBytes(200 * 1024 ** 2)).toBe('200 MB');
});

test('names become labels', () => {
  expect(readableName('samplingRate')).toBe('Sampling rate');
  expect(readableName('kvik-figure-2')).toBe('Kvik figure 2');
  expect(readableName('left')).toBe('Left');
});
