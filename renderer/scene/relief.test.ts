// Back-projection against numbers worked out by hand, and against projecting again.

import { expect, it } from 'vitest';
import { assumedIntrinsics, backProject, scaledIntrinsics } from './relief.ts';

it('leaves unknown depths out and measures pixel centres', () => {
  const { positions, nearness } = backProject([0, 2, 4, Number.NaN], 2, 2, [1, 1, 1, 1]);
  // Pixel (column 1, row 0) has its centre at (1.5, 0.5): (0.5, −0.5) from the principal point, times depth 2.
  expect([...positions]).toEqual([1, -1, 2, -2, 2, 4]);
  expect([...nearness]).toEqual([0, 1]);
});

it('is the inverse of projecting', () => {
  const [fx, fy, cx, cy] = [50, 60, 3, 2] as const;
  const { positions } = backProject(new Float32Array(12).fill(3), 4, 3, [fx, fy, cx, cy]);
  const [x, y, z] = positions.subarray(3 * 6);
  expect((fx * x) / z + cx).toBeCloseTo(2.5, 5);
  expect((fy * y) / z + cy).toBeCloseTo(1.5, 5);
});

it('follows a reduction of the picture', () => {
  const from = { width: 640, height: 480 };
  expect(scaledIntrinsics([600, 500, 320, 240], from, { width: 320, height: 120 })).toEqual([300, 125, 160, 60]);
  expect(assumedIntrinsics(4, 2)).toEqual([4, 4, 2, 1]);
});
