// A pose that a key moves or turns by one step, as seen by the camera that took the photo. Pure.

import { Matrix4, Vector3 } from 'three';

const directions: Readonly<Record<string, readonly [number, number, number]>> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, -1, 0],
  ArrowDown: [0, 1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

export interface Nudge {
  readonly tool: 'move' | 'turn';
  /** As events name it. Arrows: in the picture; page keys: along the view, up is away. Undefined results from others. */
  readonly key: string;
  /** In the unit of the scene. */
  readonly shift: number;
  readonly degrees: number;
}

/**
 * worldFromObject after one step, OpenCV axes. Turns are about `middle` (in the axes of the object): the front follows the
 * arrow, page keys turn about the view. Undefined: the key is none of these.
 */
export function nudgedPose(
  worldFromObject: Matrix4,
  worldFromCam: Matrix4,
  middle: Vector3,
  { tool, key, shift, degrees }: Nudge,
): Matrix4 | undefined {
  const direction = Object.hasOwn(directions, key) ? directions[key] : undefined;
  if (direction === undefined) return undefined;
  const [x, y, z] = direction;
  if (tool === 'move') {
    const by = new Vector3(x, y, z).transformDirection(worldFromCam).multiplyScalar(shift);
    return new Matrix4().makeTranslation(by).multiply(worldFromObject);
  }
  // What faces the camera (towards -z) goes to the right (+x) in a turn of a negative angle about y, which points down.
  const axis = new Vector3(y, -x, z).transformDirection(worldFromCam);
  const about = middle.clone().applyMatrix4(worldFromObject);
  return new Matrix4()
    .makeTranslation(about)
    .multiply(new Matrix4().makeRotationAxis(axis, (degrees * Math.PI) / 180))
    .multiply(new Matrix4().makeTranslation(about.clone().negate()))
    .multiply(worldFromObject);
}
