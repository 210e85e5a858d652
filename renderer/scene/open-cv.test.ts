// The conversion of axes against examples worked out by hand.

import { Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { rigid, threeCameraPose, threeFromOpenCv } from './open-cv.ts';

const near = (vector: Vector3, expected: readonly number[]) =>
  vector.toArray().forEach((value, axis) => {
    expect(value).toBeCloseTo(expected[axis], 12);
  });

describe('axes', () => {
  it('turns down into up and forward into backward', () => {
    near(new Vector3(1, 2, 3).applyMatrix4(threeFromOpenCv), [1, -2, -3]);
  });

  it('reads a row-major transform', () => {
    const turned = rigid([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, -1, 0, 5, 1, 0, 0, 6, 0, 0, 1, 7], 1);
    // x to y, y to −x, then moved by (5, 6, 7).
    near(new Vector3(1, 0, 0).applyMatrix4(turned), [5, 7, 7]);
    near(new Vector3(0, 1, 0).applyMatrix4(turned), [4, 6, 7]);
  });

  it('leaves a camera in the origin looking along −z with y up', () => {
    const pose = threeCameraPose(rigid([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]));
    near(new Vector3(0, 0, -1).applyMatrix4(pose), [0, 0, -1]);
    near(new Vector3(0, 1, 0).applyMatrix4(pose), [0, 1, 0]);
  });

  it('places a camera that was turned to the right', () => {
    // By hand: the camera stands at (2, 3, 4), looks along the world's +x (third column), its right is −z, its down is +y.
    const pose = threeCameraPose(rigid([0, 0, 1, 2, 0, 1, 0, 3, -1, 0, 0, 4]));
    near(new Vector3(0, 0, 0).applyMatrix4(pose), [2, -3, -4]);
    near(new Vector3(0, 0, -1).transformDirection(pose), [1, 0, 0]);
    near(new Vector3(1, 0, 0).transformDirection(pose), [0, 0, 1]);
    near(new Vector3(0, 1, 0).transformDirection(pose), [0, 1, 0]);
  });
});
