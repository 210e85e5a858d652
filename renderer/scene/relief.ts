// Depth maps as points in space: back-projected through a camera, or, where none is known, through an assumed one.

import type { Intrinsics } from './frustum.ts';

/** The camera assumed where none is known: a focal length of one picture side. */
export function assumedIntrinsics(width: number, height: number): Intrinsics {
  const focal = Math.max(width, height);
  return [focal, focal, width / 2, height / 2];
}

/** Intrinsics of a picture of `from` pixels when it is reduced or enlarged to `to`. */
export function scaledIntrinsics(
  [fx, fy, cx, cy]: Intrinsics,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Intrinsics {
  const [x, y] = [to.width / from.width, to.height / from.height];
  return [fx * x, fy * y, cx * x, cy * y];
}

export interface Relief {
  /** n × x y z, in OpenCV axes of the camera. */
  readonly positions: Float32Array;
  /** n × 0 … 1: nearest to farthest. */
  readonly nearness: Float32Array;
  /** The least and the greatest depth; undefined: nothing is known. */
  readonly range: readonly [number, number] | undefined;
}

/** The known ones of `depth` [height, width], pixel centres at whole numbers plus one half; 0 is unknown. */
export function backProject(
  depth: ArrayLike<number>,
  width: number,
  height: number,
  [fx, fy, cx, cy]: Intrinsics,
): Relief {
  let known = 0;
  let [least, most] = [Infinity, -Infinity];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const z = depth[pixel];
    if (!(z > 0) || z === Infinity) continue;
    known++;
    if (z < least) least = z;
    if (z > most) most = z;
  }
  const positions = new Float32Array(3 * known);
  const nearness = new Float32Array(known);
  const span = most - least || 1;
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const z = depth[row * width + column];
      if (!(z > 0) || z === Infinity) continue;
      positions[3 * at] = ((column + 0.5 - cx) / fx) * z;
      positions[3 * at + 1] = ((row + 0.5 - cy) / fy) * z;
      positions[3 * at + 2] = z;
      nearness[at++] = (z - least) / span;
    }
  }
  return { positions, nearness, range: known === 0 ? undefined : [least, most] };
}
