import { Matrix4 } from 'three';
import { expect, it } from 'vitest';
import type { StartNumbers } from '../state/start-plan.ts';
import { startNumbers, startPose } from './start-numbers.ts';

it('tells a quarter turn about x and a shift, seen from a camera that stands elsewhere', () => {
  const worldFromCam = new Matrix4().makeTranslation(100, 0, -50);
  const worldFromObject = new Matrix4()
    .makeTranslation(110, 20, 450)
    .multiply(new Matrix4().makeRotationX(Math.PI / 2));
  expect(startNumbers(worldFromObject, worldFromCam)).toEqual([90, 0, 0, 10, 20, 500]);
});

it('comes back from numbers to the same numbers', () => {
  const worldFromCam = new Matrix4().makeRotationY(0.7).setPosition(3, -2, 9);
  const numbers: StartNumbers = [31.5, -77.25, 12.125, -40.5, 8.25, 612];
  const again = startNumbers(startPose(numbers, worldFromCam), worldFromCam);
  again.forEach((value, k) => {
    expect(value).toBeCloseTo(numbers[k], 2);
  });
});
