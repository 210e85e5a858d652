// Videos made by the program, with cameras that are known: a room with spheres, walked through on an arc, a street, and a ball
// that moves. Every pixel is the colour of the surface that its ray meets; surfaces carry smooth noise at several scales, so
// that points can be followed. Pure.

import type { Camera } from '../../geometry/camera.ts';
import type { WorldFromCam } from '../../geometry/rigid.ts';
import type { FitInput, Sample } from '../fit.ts';
import { frameFile } from './camera-exports.ts';
import { arcPath, drivePath, sampleCamera, tripodPath } from './sample-paths.ts';

/** x, y, z, radius */
type Sphere = readonly [number, number, number, number];

/** Spheres in an axis-aligned box that is seen from inside. */
export interface SampleScene {
  /** Low and high corner. */
  readonly box: readonly [readonly number[], readonly number[]];
  readonly spheres: readonly Sphere[];
  /** A sphere that moves, without turning: where it is when `share` of the film is over, 0 to 1. */
  readonly ball?: (share: number) => Sphere;
}

export const room: SampleScene = {
  box: [
    [-4, -1.6, -4],
    [4, 1.4, 4],
  ],
  spheres: [
    [0, 0.7, 0, 0.7],
    [1.2, 0.9, 0.6, 0.5],
    [-1.3, 0.6, 0.9, 0.6],
    [-0.4, 1, -1, 0.4],
    [2.2, 0.4, 2, 0.9],
  ],
};
const street: SampleScene = {
  box: [
    [-5, -6, -5],
    [5, 1.5, 60],
  ],
  spheres: [
    [3, 0.7, 6, 0.8],
    [-3, 0.8, 10, 0.7],
    [2.6, 0.6, 15, 0.9],
    [-2.8, 0.9, 21, 0.6],
  ],
};

/** The room, with a ball that crosses near the camera. */
export const ballRoom: SampleScene = {
  ...room,
  ball: share => [2.2 * (share - 0.5), 0.1 + 0.15 * Math.sin(9 * share), -1.1, 0.3],
};
const BALL = -1;
const still = [0, 0, 0];

/**
 * Grey of the frames [frame, height, width], 0 to 1, as `camera` sees the scene from `path`; `paint` gives it for a place of a
 * surface.
 */
export function filmScene(
  { box, spheres, ball }: SampleScene,
  camera: Camera,
  path: readonly WorldFromCam[],
  paint: (place: readonly number[], surface: number) => number = shade,
): Float32Array {
  const { width, height, fx, fy, cx, cy } = camera;
  const values = new Float32Array(path.length * width * height);
  let at = 0;
  for (const [frame, { rotation: r, translation: o }] of path.entries()) {
    const moving = ball?.(frame / Math.max(1, path.length - 1));
    const all = moving === undefined ? spheres : [...spheres, moving];
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < width; u++) {
        const [a, b] = [(u + 0.5 - cx) / fx, (v + 0.5 - cy) / fy];
        const d = [r[0] * a + r[1] * b + r[2], r[3] * a + r[4] * b + r[5], r[6] * a + r[7] * b + r[8]];
        let distance = Infinity;
        let what = 0;
        for (let k = 0; k < 3; k++) {
          const wall = d[k] > 0 ? box[1][k] : box[0][k];
          const t = (wall - o[k]) / d[k];
          if (t > 0 && t < distance) [distance, what] = [t, k];
        }
        const dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        for (let s = 0; s < all.length; s++) {
          const [x, y, z, radius] = all[s];
          const [px, py, pz] = [o[0] - x, o[1] - y, o[2] - z];
          const half = d[0] * px + d[1] * py + d[2] * pz;
          const root = half * half - dd * (px * px + py * py + pz * pz - radius * radius);
          if (root <= 0) continue;
          const t = (-half - Math.sqrt(root)) / dd;
          if (t > 0 && t < distance) [distance, what] = [t, s === spheres.length ? BALL : 3 + s];
        }
        // The pattern of the ball goes with it.
        const [x, y, z] = what === BALL && moving !== undefined ? moving : still;
        const place = [o[0] + distance * d[0] - x, o[1] + distance * d[1] - y, o[2] + distance * d[2] - z];
        values[at++] = paint(place, what);
      }
    }
  }
  return values;
}

/** Brightness of surface `what` at a place, 0 to 1. */
function shade([x, y, z]: readonly number[], what: number): number {
  // The ball is near: its pattern is as fine as that of the room in the picture.
  const scale = what === BALL ? 6 : 1;
  let sum = 0;
  for (const [coarse, weight] of [
    [1.5, 0.35],
    [4, 0.3],
    [10, 0.25],
  ]) {
    const frequency = scale * coarse;
    sum += weight * (smoothNoise(x * frequency, y * frequency, z * frequency, what) - 0.5);
  }
  const base = what < 3 ? 0.45 + 0.1 * Math.max(0, what) : 0.35 + 0.08 * (what - 3);
  return Math.min(1, Math.max(0, base + 1.2 * sum));
}

/** Noise from 0 to 1 on the corners of a unit grid, blended smoothly between them (Perlin's value noise). */
function smoothNoise(x: number, y: number, z: number, seed: number): number {
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const ease = (t: number) => t * t * (3 - 2 * t);
  const [u, v, w] = [ease(x - i), ease(y - j), ease(z - k)];
  const along = (a: number, b: number) => {
    const first = corner(i, j + a, k + b, seed);
    return first + u * (corner(i + 1, j + a, k + b, seed) - first);
  };
  const front = along(0, 0) + v * (along(1, 0) - along(0, 0));
  const back = along(0, 1) + v * (along(1, 1) - along(0, 1));
  return front + w * (back - front);
}

function corner(i: number, j: number, k: number, seed: number): number {
  let h = Math.imul(i, 374761393) ^ Math.imul(j, 668265263) ^ Math.imul(k, 2147483647) ^ Math.imul(seed + 1, 974634777);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  h = Math.imul(h ^ (h >>> 16), 2246822519);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

function video(name: string, scene: SampleScene, path: readonly WorldFromCam[], width = 320, paint = shade): FitInput {
  const camera = sampleCamera(width);
  const values = filmScene(scene, camera, path, paint);
  const truth = path.map((worldFromCam, f) => ({
    ...{ worldFromCam, camera, imageFile: frameFile(f), timestamp: undefined },
  }));
  return { name, kind: 'video', shape: [path.length, camera.height, width, 1], values, fullScale: 255, truth };
}

function sample(
  id: string,
  title: string,
  teaches: string,
  scene: SampleScene,
  pathOf: (frames: number) => readonly WorldFromCam[],
  masked: 'masked' | 'bare' = 'bare',
): Sample {
  const sketch = (): FitInput => {
    const { shape, truth: _path, ...picture } = video(id, scene, pathOf(9).slice(4, 5), 160);
    return { ...picture, kind: 'picture', shape: shape.slice(1) };
  };
  const film = (paint = shade) => video(`sample:${id}`, scene, pathOf(24), 320, paint);
  const isStill = (_: readonly number[], surface: number) => (surface === BALL ? 0 : 1);
  return {
    ...{ id, title, teaches, sketch, make: () => film() },
    ...(masked === 'masked' ? { mask: () => film(isStill) } : {}),
  };
}

export const samples: readonly Sample[] = [
  sample(
    'room-walk',
    'A walk round a room',
    'Members can end in the scene turned inside out: the best one is turned over too, and the better of the two stays.',
    room,
    frames => arcPath(frames, 50),
  ),
  sample(
    'street-drive',
    'A drive down a street',
    'Pure forward motion leaves the focal length weak: look at its range.',
    street,
    drivePath,
  ),
  sample(
    'tripod',
    'A camera on a tripod',
    'A camera that only turns sees no depth: the video is refused, and says why.',
    room,
    frames => tripodPath(frames, 40),
  ),
  sample(
    'moving-ball',
    'A ball passes the camera',
    'What moves fits no camera in a still scene, and the verdict says so: compare with the same film, masked.',
    ballRoom,
    frames => arcPath(frames, 50),
  ),
  sample(
    'moving-ball-masked',
    'The same ball, masked',
    'A mask hides what moves, frame by frame: the cameras come out as if there were no ball.',
    ballRoom,
    frames => arcPath(frames, 50),
    'masked',
  ),
];
