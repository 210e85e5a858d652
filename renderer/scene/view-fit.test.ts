// Distances and bounds against what geometry says.

import { expect, it } from 'vitest';
import { drawRatio, fitDistance, robustBounds } from './view-fit.ts';

const front = { right: [1, 0, 0], up: [0, 1, 0], back: [0, 0, 1] };

it('stands back until the nearest corner fits', () => {
  // A corner 2 aside and 1 towards the camera, 45 degrees to the side: 2 + 1.
  expect(fitDistance([2, 0, 1], [0, 0, 0], front, [1, 1])).toBe(3);
  // The same corner around another centre, in a picture half as wide.
  expect(fitDistance([3, 0, 1], [1, 0, 0], front, [0.5, 1])).toBe(5);
  expect(fitDistance([0, -3, 0, 1, 1, 1], [0, 0, 0], front, [1, 1])).toBe(3);
});

it('leaves strays out of the bounds', () => {
  const positions = Array.from({ length: 1000 }, (_, k) => [k / 1000, 0, 1]).flat();
  positions[0] = -1e6;
  const bounds = robustBounds(positions)!;
  expect(bounds[0]).toBeGreaterThan(-0.1);
  expect(bounds[3]).toBeLessThan(1);
  expect(bounds[5]).toBe(1);
  expect(robustBounds([])).toBeUndefined();
  expect(robustBounds([1, 2, 3])).toEqual([1, 2, 3, 1, 2, 3]);
});

it('draws less while moving and without a graphics card', () => {
  const gpu = { moving: false, software: false };
  expect(drawRatio(800, 600, 2, gpu)).toBe(2);
  expect(drawRatio(800, 600, 3, { ...gpu, moving: true })).toBe(1.5);
  expect(drawRatio(1000, 1000, 2, { moving: true, software: true })).toBe(0.5);
});
