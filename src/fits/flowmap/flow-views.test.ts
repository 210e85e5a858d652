import { expect, it } from 'vitest';
import { type Camera, project, unproject } from '../../geometry/camera.ts';
import { invert, rigid, transformPoint, type WorldFromCam } from '../../geometry/rigid.ts';
import { expSo3, identityRotation } from '../../geometry/rotation.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import { inducedFlow, usualMotion } from './flow-views.ts';

const camera: Camera = { width: 320, height: 240, fx: 250, fy: 250, cx: 160, cy: 120 };
const map = { width: 8, height: 6 };

it('moves each pixel to where the second camera sees its point', () => {
  const first: WorldFromCam = rigid(expSo3([0.1, -0.2, 0.05]), Float64Array.of(1, 2, 3));
  const second: WorldFromCam = rigid(expSo3([0.12, -0.17, 0.02]), Float64Array.of(1.1, 2, 3.2));
  const depth = Float32Array.from({ length: 48 }, (_, p) => 2 + 0.05 * p);
  const flow = inducedFlow(depth, map, first, second, camera.fx, camera);
  for (const p of [0, 7, 20, 47]) {
    // Pixels of the map are 40 × 40 of the picture.
    const [u, v] = [40 * ((p % 8) + 0.5), 40 * (Math.floor(p / 8) + 0.5)];
    const world = transformPoint(first, unproject(camera, u, v, depth[p]));
    const [x, y] = project(camera, transformPoint(invert(second), world));
    expect(flow[2 * p]).toBeCloseTo(x - u, 3);
    expect(flow[2 * p + 1]).toBeCloseTo(y - v, 3);
  }
});

it('is unknown where there is no depth, and behind the second camera', () => {
  const still: WorldFromCam = rigid(identityRotation(), new Float64Array(3));
  const ahead: WorldFromCam = rigid(identityRotation(), Float64Array.of(0, 0, 5));
  const depth = new Float32Array(48).fill(4);
  depth[3] = 0;
  const standing = inducedFlow(depth, map, still, still, camera.fx, camera);
  expect(standing.filter(Number.isNaN)).toHaveLength(2);
  expect(Math.max(...standing.filter(Number.isFinite).map(Math.abs))).toBeLessThan(1e-4);
  expect(inducedFlow(depth, map, still, ahead, camera.fx, camera).every(Number.isNaN)).toBe(true);
});

it('takes the length of the usual step from frame to frame, not over gaps', () => {
  const tracks = {
    starts: Uint32Array.of(0, 3, 5),
    frames: Uint16Array.of(0, 1, 3, 1, 2),
    positions: Float32Array.of(10, 10, 13, 14, 93, 94, 50, 50, 50, 52),
  };
  const observations = observationsFromTracks(tracks, 4, camera);
  // Steps of 5 and 2 pixels; the third is over two frames.
  expect(usualMotion(observations, Math.sqrt(320 * 240))).toBe(5);
});
