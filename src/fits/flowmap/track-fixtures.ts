// Tracks of points in a known scene seen by known cameras, for tests and benches: what a perfect tracker would say, with as
// much noise and as many wrong tracks as asked for. Nothing is hidden behind anything else.
import { type ColmapReconstruction, pinholeOf } from '../../formats/colmap.ts';
import { type Camera, project } from '../../geometry/camera.ts';
import { compose, invert, matrix3x4, transformPoint, type WorldFromCam } from '../../geometry/rigid.ts';
import { createRandom } from '../../numerics/random.ts';
import type { TrackObservations } from '../../ops/reproject/observations.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
import type { Tracks } from '../../ops/tracks/tracks.ts';
import { arcPath, drivePath, sampleCamera, sidewaysPath, tripodPath } from './sample-paths.ts';

export interface TrackScene {
  readonly tracks: Tracks;
  readonly truth: readonly WorldFromCam[];
  readonly camera: Camera;
  /** [track, 3] the points, world axes; of wrong tracks too. */
  readonly points: readonly Float64Array[];
}

export interface TrackSceneOptions {
  readonly frames?: number;
  /** Points tracked from every second frame on. */
  readonly points?: number;
  /** Standard deviation of each coordinate but the first sighting's, pixels. */
  readonly noise?: number;
  /** Share of tracks that wander off at a random speed of their own. */
  readonly outliers?: number;
  readonly seed?: number;
  /** Over √(width · height) */
  readonly focal?: number;
}

const LONGEST_LIFE = 24;

/** On an arc of `degrees` about the middle of a room of 8 × 3 × 8 metres, looking inwards, with a slight bob. */
export function roomArc({
  degrees = 50,
  ...options
}: TrackSceneOptions & { readonly degrees?: number } = {}): TrackScene {
  const truth = arcPath(options.frames ?? 40, degrees);
  return sceneOf(truth, options, random => {
    // Two thirds on the walls, one third on a table in the middle.
    if (random.uniform() < 1 / 3) return [2 * random.uniform() - 1, 0.4 * random.uniform(), 2 * random.uniform() - 1];
    const p = [8 * random.uniform() - 4, 3 * random.uniform() - 1.5, 8 * random.uniform() - 4];
    const axis = random.integer(3);
    p[axis] = (axis === 1 ? 1.5 : 4) * (random.uniform() < 0.5 ? -1 : 1);
    return p;
  });
}

/** A straight walk past a flat wall, always facing it. */
export function wallWalk(options: TrackSceneOptions = {}): TrackScene {
  const { frames = 40 } = options;
  const truth = sidewaysPath(frames);
  return sceneOf(truth, options, random => [0.1 * frames * random.uniform(), 6 * random.uniform() - 3, 3]);
}

/** Down a street 10 metres wide, 0.4 metres a frame, with small turns. */
export function forwardDrive(options: TrackSceneOptions = {}): TrackScene {
  const { frames = 40 } = options;
  const truth = drivePath(frames);
  return sceneOf(truth, options, random => {
    const z = 0.4 * frames * random.uniform() + 30 * random.uniform();
    const side = random.integer(3);
    if (side === 2) return [10 * random.uniform() - 5, 1.5, z];
    return [side === 0 ? -5 : 5, 6.5 * random.uniform() - 5, z];
  });
}

/** A camera on a tripod in that room, turning by `degrees` about the vertical. */
export function pureRotation({
  degrees = 40,
  tilt = 0.05,
  ...options
}: TrackSceneOptions & { readonly degrees?: number; readonly tilt?: number } = {}): TrackScene {
  const { frames = 40 } = options;
  const truth = tripodPath(frames, degrees, tilt);
  return sceneOf(truth, options, random => [
    8 * random.uniform() - 4,
    4 * random.uniform() - 2,
    2 + 4 * random.uniform(),
  ]);
}

/** Tracks of points drawn by `draw` (world) in cameras at `truth`. */
export function sceneOf(
  truth: readonly WorldFromCam[],
  { points: perFrame = 60, noise = 0.3, outliers = 0, seed = 1, focal = 1.1 }: TrackSceneOptions,
  draw: (random: ReturnType<typeof createRandom>) => readonly number[],
): TrackScene {
  const camera = sampleCamera(320, focal);
  const random = createRandom(seed, 'points');
  const errors = createRandom(seed, 'noise');
  const camFromWorlds = truth.map(invert);
  const see = (frame: number, point: ArrayLike<number>): [number, number] | undefined => {
    const [x, y, z] = transformPoint(camFromWorlds[frame], point);
    if (z < 0.2) return undefined;
    return [(camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy];
  };
  const isInside = ([u, v]: readonly [number, number]) =>
    u > 2 && v > 2 && u < camera.width - 2 && v < camera.height - 2;
  const starts = [0];
  const frames: number[] = [];
  const positions: number[] = [];
  const points: Float64Array[] = [];
  for (let first = 0; first < truth.length - 1; first += 2) {
    for (let n = 0; n < perFrame; ) {
      const point = Float64Array.from(draw(random));
      const seen = see(first, point);
      if (seen === undefined || !isInside(seen)) continue;
      n++;
      const drift = errors.uniform() < outliers ? [3 * errors.normal(), 3 * errors.normal()] : [0, 0];
      const track: number[] = [...seen];
      for (let frame = first + 1; frame < Math.min(truth.length, first + LONGEST_LIFE); frame++) {
        const clean = see(frame, point);
        if (clean === undefined) break;
        const at: [number, number] = [clean[0] + drift[0] * (frame - first), clean[1] + drift[1] * (frame - first)];
        if (!isInside(at)) break;
        track.push(at[0] + noise * errors.normal(), at[1] + noise * errors.normal());
      }
      if (track.length < 6) continue;
      points.push(point);
      positions.push(...track);
      for (let i = 0; 2 * i < track.length; i++) frames.push(first + i);
      starts.push(frames.length);
    }
  }
  return {
    tracks: {
      starts: Uint32Array.from(starts),
      frames: Uint16Array.from(frames),
      positions: Float32Array.from(positions),
    },
    truth,
    camera,
    points,
  };
}

/** The true cameras and depths as a state of the fit: the first camera as the world. */
export function trueState({ truth, camera, points }: TrackScene, observations: TrackObservations): CameraState {
  const world = invert(truth[0]);
  return {
    worldFromCams: Float64Array.from(truth.flatMap(pose => [...matrix3x4(compose(world, pose))])),
    logDepths: Float64Array.from(observations.source, (track, t) =>
      Math.log(transformPoint(invert(truth[observations.anchorFrames[t]]), points[track])[2]),
    ),
    logFocal: Math.log(camera.fx / Math.sqrt(camera.width * camera.height)),
  };
}

/** How far the points of a reconstruction are seen from their key points in every image of their tracks, pixels. */
export function reprojectionErrors({ cameras, images, points }: ColmapReconstruction): Float64Array {
  const cameraOf = new Map(cameras.map(camera => [camera.id, pinholeOf(camera, 'colmap')]));
  const imageOf = new Map(images.map(image => [image.id, image]));
  return Float64Array.from(
    points.flatMap(({ position, track }) =>
      Array.from({ length: track.length / 2 }, (_, i) => {
        const { camFromWorld, cameraId, keyPoints } = imageOf.get(track[2 * i])!;
        const [u, v] = project(cameraOf.get(cameraId)!, transformPoint(camFromWorld, position));
        const k = 2 * track[2 * i + 1];
        return Math.hypot(u - keyPoints[k], v - keyPoints[k + 1]);
      }),
    ),
  );
}
