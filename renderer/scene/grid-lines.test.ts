// Steps of the grid are round numbers and its lines enclose what stands on it.

import { expect, it } from 'vitest';
import { gridLines, niceStep, wholeSteps } from './grid-lines.ts';

it('steps by 1, 2 or 5', () => {
  expect(niceStep(451, 5)).toBe(50);
  expect(niceStep(1, 5)).toBeCloseTo(0.2, 12);
  expect(niceStep(60, 5)).toBe(10);
  expect(niceStep(0.03, 5)).toBeCloseTo(0.005, 12);
});

it('widens to whole steps', () => {
  expect(wholeSteps(-0.3, 0.9, 0.5)).toEqual({ from: -0.5, to: 1, step: 0.5 });
  expect(wholeSteps(-0.5, 1, 0.5)).toEqual({ from: -0.5, to: 1, step: 0.5 });
  expect(wholeSteps(2, 2, 1)).toEqual({ from: 2, to: 3, step: 1 });
});

it('draws every line once', () => {
  const lines = gridLines({ from: 0, to: 2, step: 1 }, { from: 0, to: 1, step: 1 }, 7);
  expect(lines).toHaveLength((3 + 2) * 6);
  expect([...lines.subarray(0, 6)]).toEqual([0, 7, 0, 0, 7, 1]);
});
