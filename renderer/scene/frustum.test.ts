// Frusta against numbers worked out by hand.

import { PerspectiveCamera, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { frustumCorners, frustumSegments, lensOf, SEGMENTS } from './frustum.ts';

describe('frustum', () => {
  it('has the corners that the intrinsics say', () => {
    // 640 × 480, fx 320, fy 240, centre (320, 240): 45 degrees to every side; at depth 2 the corners are at ±2.
    expect(frustumCorners([320, 240, 320, 240], 640, 480, 2)).toEqual([-2, -2, 2, 2, -2, 2, 2, 2, 2, -2, 2, 2]);
  });

  it('is lopsided when the principal point is', () => {
    const corners = frustumCorners([100, 100, 50, 0], 200, 100, 1);
    expect(corners.slice(0, 3)).toEqual([-0.5, 0, 1]);
    expect(corners.slice(6, 9)).toEqual([1.5, 1, 1]);
  });

  it('draws as many segments as it says', () => {
    expect(frustumSegments([1, 1, 0, 0], 1, 1, 1)).toHaveLength(SEGMENTS * 6);
  });
});

describe('lens', () => {
  const project = (aspect: number, pixel: readonly [number, number]) => {
    const [fx, fy, cx, cy] = [300, 320, 350, 200] as const;
    const lens = lensOf([fx, fy, cx, cy], 640, 480, aspect);
    const camera = new PerspectiveCamera(lens.fieldOfView, aspect, 0.1, 10);
    camera.setViewOffset(aspect, 1, lens.shift[0] * aspect, lens.shift[1], aspect, 1);
    // The pixel at depth 1, in the axes of three.
    return new Vector3((pixel[0] - cx) / fx, -(pixel[1] - cy) / fy, -1).applyMatrix4(camera.projectionMatrix);
  };

  it('fills the height of a wide window, picture in the middle', () => {
    expect(project(3, [320, 0]).y).toBeCloseTo(1, 9);
    expect(project(3, [320, 480]).y).toBeCloseTo(-1, 9);
    expect(project(3, [320, 240]).x).toBeCloseTo(0, 9);
  });

  it('fills the width of a narrow window', () => {
    expect(project(0.5, [0, 240]).x).toBeCloseTo(-1, 9);
    expect(project(0.5, [640, 240]).x).toBeCloseTo(1, 9);
    expect(project(0.5, [0, 240]).y).toBeCloseTo(0, 9);
  });
});
