// The nearest line wins, and none beyond reach.

import { expect, it } from 'vitest';
import { nearestGroup } from './screen-pick.ts';

// Two groups of two segments: an L at the left, an L at the right.
const segments = [0, 0, 0, 10, 0, 10, 10, 10, 20, 0, 20, 10, 20, 10, 30, 10];

it('finds the group of the nearest segment', () => {
  expect(nearestGroup(segments, 2, 1, 5, 4)).toBe(0);
  expect(nearestGroup(segments, 2, 25, 12, 4)).toBe(1);
  expect(nearestGroup(segments, 2, 17, 10, 4)).toBe(1);
});

it('finds nothing out of reach or out of sight', () => {
  expect(nearestGroup(segments, 2, 5, 5, 4)).toBeUndefined();
  expect(nearestGroup([Number.NaN, 0, 0, 0], 1, 0, 0, 100)).toBeUndefined();
});
