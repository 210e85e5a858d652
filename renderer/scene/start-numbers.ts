// A pose of an object before a camera, as the six numbers that a fit takes as a start, and back. Pure.

import { Matrix4 } from 'three';
import { rigidFromMatrix } from '../../src/geometry/rigid.ts';
import { expSo3, logSo3, radiansPerDegree } from '../../src/geometry/rotation.ts';
import type { StartNumbers } from '../state/start-plan.ts';

/** Rotation vector in degrees and translation, of camFromObject; rounded to what can be read and repeated. */
export function startNumbers(worldFromObject: Matrix4, worldFromCam: Matrix4): StartNumbers {
  const camFromObject = worldFromCam.clone().invert().multiply(worldFromObject);
  const { rotation, translation } = rigidFromMatrix(camFromObject.transpose().elements);
  const turn = logSo3(rotation).map(radians => radians / radiansPerDegree);
  return [...turn, ...translation].map(value => Number(value.toFixed(3))) as unknown as StartNumbers;
}

/** worldFromObject. */
export function startPose(numbers: StartNumbers, worldFromCam: Matrix4): Matrix4 {
  const r = expSo3(numbers.slice(0, 3).map(degrees => degrees * radiansPerDegree));
  const [x, y, z] = numbers.slice(3);
  const camFromObject = new Matrix4().set(r[0], r[1], r[2], x, r[3], r[4], r[5], y, r[6], r[7], r[8], z, 0, 0, 0, 1);
  return worldFromCam.clone().multiply(camFromObject);
}
