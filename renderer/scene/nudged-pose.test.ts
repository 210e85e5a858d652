import { Matrix4, Vector3 } from 'three';
import { expect, it } from 'vitest';
import { nudgedPose } from './nudged-pose.ts';

const middle = new Vector3(1, 2, 3);
const object = new Matrix4().makeTranslation(10, 20, 500).multiply(new Matrix4().makeRotationX(0.4));
const camera = new Matrix4().makeTranslation(5, 0, 0).multiply(new Matrix4().makeRotationY(0.3));
const steps = { shift: 2, degrees: 5 };

/** Of a point of the object, seen by the camera. */
function seen(pose: Matrix4 | undefined, point: Vector3): Vector3 {
  if (pose === undefined) return expect.fail('The key did nothing.');
  return point.clone().applyMatrix4(pose).applyMatrix4(camera.clone().invert());
}

it('moves along the axes of the camera', () => {
  const ways = { ArrowRight: [2, 0, 0], ArrowUp: [0, -2, 0], PageUp: [0, 0, 2], PageDown: [0, 0, -2] };
  for (const [key, way] of Object.entries(ways)) {
    const by = seen(nudgedPose(object, camera, middle, { tool: 'move', key, ...steps }), middle).sub(
      seen(object, middle),
    );
    by.toArray().forEach((value, k) => {
      expect(value).toBeCloseTo(way[k], 9);
    });
  }
});

it('turns about the middle, the front after the arrow', () => {
  const front = seen(object, middle).add(new Vector3(0, 0, -10));
  const onObject = front.clone().applyMatrix4(camera).applyMatrix4(object.clone().invert());
  const reach = 10 * Math.sin((5 * Math.PI) / 180);
  for (const [key, x, y] of [
    ['ArrowRight', reach, 0],
    ['ArrowLeft', -reach, 0],
    ['ArrowDown', 0, reach],
    ['PageUp', 0, 0],
  ] as const) {
    const pose = nudgedPose(object, camera, middle, { tool: 'turn', key, ...steps });
    expect(seen(pose, middle).distanceTo(seen(object, middle))).toBeLessThan(1e-9);
    const by = seen(pose, onObject).sub(front);
    expect(by.x).toBeCloseTo(x, 9);
    expect(by.y).toBeCloseTo(y, 9);
  }
  expect(nudgedPose(object, camera, middle, { tool: 'turn', key: 'x', ...steps })).toBeUndefined();
});
