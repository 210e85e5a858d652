// Trajectories as the TUM RGB-D benchmark has them: `timestamp tx ty tz qx qy qz qw` per line, camera to world, the scalar of
// the quaternion last. Pure, any process.
import { rigid } from '../geometry/rigid.ts';
import { quatWxyzFromRotation, rotationFromQuatWxyz } from '../geometry/rotation.ts';
import { type CameraPath, numberLines, pathError } from './camera-path.ts';

const tip = 'Each line of a TUM trajectory is: timestamp tx ty tz qx qy qz qw.';

/** Throws a LabError of code 'input' with `where` = `name` that names the line. */
export function decodeTum(bytes: Uint8Array, name: string): CameraPath {
  return numberLines(bytes, name, tip).map(({ line, values }) => {
    const [timestamp, x, y, z, qx, qy, qz, qw] = values;
    if (values.length !== 8) throw pathError(name, `Line ${line} has ${values.length} numbers; 8 are needed.`, tip);
    if (!(Math.hypot(qx, qy, qz, qw) > 1e-9)) throw pathError(name, `Line ${line} has a quaternion of length 0.`, tip);
    const worldFromCam = rigid<'world', 'cam'>(rotationFromQuatWxyz([qw, qx, qy, qz]), Float64Array.of(x, y, z));
    return { worldFromCam, timestamp, imageFile: undefined, camera: undefined };
  });
}

/** One line per camera; without timestamps, the position in the path. */
export function encodeTum(path: CameraPath): Uint8Array {
  const lines = path.map(({ worldFromCam: { rotation, translation }, timestamp }, i) => {
    const [w, x, y, z] = quatWxyzFromRotation(rotation);
    return [timestamp ?? i, ...translation, x, y, z, w].join(' ');
  });
  return new TextEncoder().encode(`# timestamp tx ty tz qx qy qz qw\n${lines.join('\n')}\n`);
}
