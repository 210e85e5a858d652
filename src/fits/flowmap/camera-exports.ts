// What a camera fit leaves for the next tool: the path in the formats of poses, and a COLMAP reconstruction whose points carry
// their tracks. Frame 0 is the world; the scale is free and set so that the median depth of the points is 1.
import type { CameraPath } from '../../formats/camera-path.ts';
import { type ColmapPoint, type ColmapReconstruction, colmapCamera } from '../../formats/colmap.ts';
import { encodeColmapBinary } from '../../formats/colmap-binary.ts';
import { encodeColmapText } from '../../formats/colmap-text.ts';
import { encodeKitti } from '../../formats/kitti.ts';
import { encodePlyPoints } from '../../formats/ply-points.ts';
import { encodeTransformsJson } from '../../formats/transforms-json.ts';
import { encodeTum } from '../../formats/tum.ts';
import { type Camera, unproject } from '../../geometry/camera.ts';
import { invert, rigid, transformPoint, type WorldFromCam } from '../../geometry/rigid.ts';
import { nearestRotation } from '../../geometry/rotation.ts';
import { pixelsPerUnit, type TrackObservations } from '../../ops/reproject/observations.ts';
import { type CameraState, residualLengths } from '../../ops/reproject/reproject.ts';
import { middle } from './middle.ts';

export interface FrameSource {
  /** Of the picture, below the folder of the video. */
  readonly imageFile: string;
  /** Seconds. */
  readonly timestamp: number | undefined;
}

/** What a frame of a video file is called: its position there tells it. */
export function frameFile(position: number): string {
  return `frame-${String(position).padStart(5, '0')}.png`;
}

export interface FittedCameras {
  readonly camera: Camera;
  readonly path: CameraPath;
  readonly reconstruction: ColmapReconstruction;
}

/** A sighting further off than this many pixels of the 640 × 480 area is no part of its point's track. */
const FURTHEST_SIGHTING = 4;
const FEWEST_SIGHTINGS = 3;
/** Points whose rays meet at less than this many degrees have no depth to speak of. */
export const SMALLEST_ANGLE = 1;

/**
 * Cameras and points of a state. `size` is that of the pictures; `colourOf` gives red, green, blue (0 … 255) at a pixel of a
 * frame. The principal point is the middle of the picture.
 */
export function fittedCameras(
  observations: TrackObservations,
  state: CameraState,
  size: { readonly width: number; readonly height: number },
  sources: readonly FrameSource[],
  colourOf: (frame: number, u: number, v: number) => ArrayLike<number> = () => [128, 128, 128],
): FittedCameras {
  const unit = Math.sqrt(size.width * size.height);
  const focal = Math.exp(state.logFocal) * unit;
  const camera: Camera = { ...size, fx: focal, fy: focal, cx: size.width / 2, cy: size.height / 2 };
  const scale = unitScale(state);
  const worldFromCams = posesOf(state, scale);
  const path = worldFromCams.map((worldFromCam, f) => ({ worldFromCam, camera, ...sources[f] }));

  const lengths = residualLengths(observations, state);
  const keyPoints: number[][] = sources.map(() => []);
  const pointIds: number[][] = sources.map(() => []);
  const points: ColmapPoint[] = [];
  const { tracks, anchorFrames, anchors, starts, frameOf, positions } = observations;
  const pixel = (at: ArrayLike<number>, i: number): [number, number] => [
    at[2 * i] * unit + camera.cx,
    at[2 * i + 1] * unit + camera.cy,
  ];
  for (let t = 0; t < tracks; t++) {
    const [u, v] = pixel(anchors, t);
    const first = anchorFrames[t];
    const sightings = [{ frame: first, u, v, error: 0 }];
    for (let o = starts[t]; o < starts[t + 1]; o++) {
      if (lengths[o] > FURTHEST_SIGHTING) continue;
      const [x, y] = pixel(positions, o);
      sightings.push({ frame: frameOf[o], u: x, v: y, error: (lengths[o] * unit) / pixelsPerUnit });
    }
    const position = transformPoint(
      worldFromCams[first],
      unproject(camera, u, v, scale * Math.exp(state.logDepths[t])),
    );
    const centres = sightings.map(({ frame }) => worldFromCams[frame].translation);
    if (sightings.length < FEWEST_SIGHTINGS || widestAngle(position, centres) < SMALLEST_ANGLE) continue;
    const id = points.length + 1;
    const track = new Uint32Array(2 * sightings.length);
    sightings.forEach((sighting, i) => {
      track.set([sighting.frame + 1, pointIds[sighting.frame].length], 2 * i);
      keyPoints[sighting.frame].push(sighting.u, sighting.v);
      pointIds[sighting.frame].push(id);
    });
    const error = sightings.reduce((sum, sighting) => sum + sighting.error, 0) / sightings.length;
    points.push({ id, position, colour: colourOf(first, u, v), error, track });
  }
  const images = path.map(({ worldFromCam, imageFile }, f) => ({
    ...{ id: f + 1, camFromWorld: invert(worldFromCam), cameraId: 1, name: imageFile },
    keyPoints: Float64Array.from(keyPoints[f]),
    pointIds: Float64Array.from(pointIds[f]),
  }));
  return { camera, path, reconstruction: { cameras: [colmapCamera(1, camera)], images, points } };
}

/** Factor on all lengths that makes the median depth of the points 1. */
export function unitScale({ logDepths }: CameraState): number {
  return Math.exp(-middle(logDepths));
}

/** worldFromCam of every frame, lengths times `scale`. */
export function posesOf({ worldFromCams: cams }: CameraState, scale = 1): WorldFromCam[] {
  return Array.from({ length: cams.length / 12 }, (_, f) => {
    const m = cams.subarray(12 * f, 12 * f + 12);
    const rotation = nearestRotation([m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]], `frame ${f}`);
    return rigid(rotation, Float64Array.of(scale * m[3], scale * m[7], scale * m[11]));
  });
}

/** Files below the exports of a run. `depthFileOf` names the depth picture of a frame, where there are some. */
export function encodeCameras(
  { path, reconstruction }: FittedCameras,
  depthFileOf?: (frame: number) => string,
): Readonly<Record<string, Uint8Array>> {
  const { points } = reconstruction;
  const files: Record<string, Uint8Array> = {
    'poses.tum': encodeTum(path),
    'poses.kitti': encodeKitti(path),
    'transforms.json': encodeTransformsJson(path, depthFileOf),
    'points.ply': encodePlyPoints({
      positions: points.flatMap(({ position }) => Array.from(position)),
      colours: points.flatMap(({ colour }) => Array.from(colour)),
    }),
  };
  for (const encoded of [encodeColmapText(reconstruction), encodeColmapBinary(reconstruction)]) {
    for (const [name, bytes] of Object.entries(encoded)) files[`colmap/${name}`] = bytes;
  }
  return files;
}

/** The widest angle of a ray with that of the first camera, degrees. */
export function widestAngle(point: Float64Array, centres: readonly Float64Array[]): number {
  const rays = centres.map(centre => {
    const ray = point.map((value, k) => value - centre[k]);
    const length = Math.hypot(...ray);
    return ray.map(value => value / length);
  });
  const least = Math.min(...rays.map(ray => ray[0] * rays[0][0] + ray[1] * rays[0][1] + ray[2] * rays[0][2]));
  return (Math.acos(Math.max(-1, Math.min(1, least))) * 180) / Math.PI;
}
