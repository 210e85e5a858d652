// From the axes of the protocol (OpenCV: x right, y down, z forward) to those of three (x right, y up, z backward).
// Data stays in OpenCV axes below one group that turns it; only cameras have to be turned by hand.

import { Matrix4 } from 'three';

/** Turns OpenCV axes into three's and back: it is its own inverse. */
export const threeFromOpenCv = new Matrix4().makeScale(1, -1, -1);

/** A transform [3, 4], row-major, as a matrix of three. Starts at `index` transforms into `values`. */
export function rigid(values: ArrayLike<number>, index = 0): Matrix4 {
  const at = (k: number) => values[12 * index + k];
  return new Matrix4().set(
    ...([0, 1, 2, 3].map(at) as Row),
    ...([4, 5, 6, 7].map(at) as Row),
    ...([8, 9, 10, 11].map(at) as Row),
    ...([0, 0, 0, 1] as Row),
  );
}

type Row = [number, number, number, number];

/** Pose of a camera of three (looks along −z, y up) that sees what the OpenCV camera `worldFromCam` sees. */
export function threeCameraPose(worldFromCam: Matrix4): Matrix4 {
  return threeFromOpenCv.clone().multiply(worldFromCam).multiply(threeFromOpenCv);
}
