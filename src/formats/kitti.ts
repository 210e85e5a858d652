// Poses as the KITTI odometry benchmark has them: the 12 numbers of a row-major 3 × 4 camera-to-world matrix per line, first
// camera first. Pure, any process.
import { matrix3x4, rigidFromMatrix } from '../geometry/rigid.ts';
import { type CameraPath, numberLines, pathError } from './camera-path.ts';

const tip = 'Each line of KITTI poses is a 3 × 4 camera-to-world matrix, row by row.';

/** Throws a LabError of code 'input' with `where` = `name` that names the line. */
export function decodeKitti(bytes: Uint8Array, name: string): CameraPath {
  return numberLines(bytes, name, tip).map(({ line, values }) => {
    if (values.length !== 12) throw pathError(name, `Line ${line} has ${values.length} numbers; 12 are needed.`, tip);
    const worldFromCam = rigidFromMatrix<'world', 'cam'>(values, `${name}, line ${line}`);
    return { worldFromCam, imageFile: undefined, timestamp: undefined, camera: undefined };
  });
}

export function encodeKitti(path: CameraPath): Uint8Array {
  return new TextEncoder().encode(path.map(({ worldFromCam }) => `${matrix3x4(worldFromCam).join(' ')}\n`).join(''));
}
