// Dense depth of a fit as it is handed on: 16-bit pictures of the size of the frames, an archive of the maps as they were fitted,
// and the points of all frames in one cloud. The unit is that of the cameras: the median depth of the tracked points is 1.

import type { PathCamera } from '../../formats/camera-path.ts';
import { encodeDepthJson } from '../../formats/depth-files.ts';
import { encodeNpz } from '../../formats/npz.ts';
import { encodePlyPoints, type PointCloud } from '../../formats/ply-points.ts';
import { type Camera, unproject } from '../../geometry/camera.ts';
import { matrix4x4, transformPoint } from '../../geometry/rigid.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
import type { EncodePicture } from '../fit.ts';
import { type FittedCameras, unitScale } from './camera-exports.ts';
import type { DenseDepth } from './dense-depth.ts';

export interface FittedDepth {
  readonly frames: number;
  /** Of the maps. */
  readonly width: number;
  readonly height: number;
  /** z-depth [height, width] in median depths, also on more pixels than the map has; 0 where nothing is known. */
  depth(frame: number, width?: number, height?: number): Float32Array;
  /** [height, width], 0 to 1 */
  confidence(frame: number): Float32Array;
  /** [height, width, 2] in pixels of the pictures, as it was measured from a frame to the next one. */
  flow(frame: number): Float32Array | undefined;
}

/** One step of a 16-bit depth picture: what tools take for a thousandth of the unit. */
export const depthStep = 0.001;
/** Points of the exported cloud, at most, and how sure they have to be. */
const MOST_POINTS = 500_000;
const LEAST_CONFIDENCE = 0.4;

export function fittedDepth(dense: DenseDepth, grids: Float32Array, state: CameraState): FittedDepth {
  const { frames, width, height, flow } = dense;
  const scale = unitScale(state);
  return {
    ...{ frames, width, height, flow },
    confidence: frame => dense.confidence(state, grids, frame),
    depth: (frame, mapWidth, mapHeight) => dense.depth(grids, frame, mapWidth, mapHeight).map(z => scale * z),
  };
}

export function depthFileOf(frame: number): string {
  return `depth/${String(frame).padStart(6, '0')}.png`;
}

/** At most `most` points with a confidence from `least` on, evenly spread over all frames. `colourOf` as in `fittedCameras`. */
export function densePoints(
  depth: FittedDepth,
  { camera, path }: { readonly camera: Camera; readonly path: readonly Pick<PathCamera, 'worldFromCam'>[] },
  colourOf: (frame: number, u: number, v: number) => ArrayLike<number>,
  most: number,
  least: number,
): PointCloud & { readonly confidence: Float32Array } {
  const { width, height, frames } = depth;
  const sure = Array.from({ length: frames }, (_, f) => {
    const confidence = depth.confidence(f);
    return { confidence, pixels: Array.from(confidence.keys()).filter(p => confidence[p] >= least) };
  });
  const every = Math.max(1, Math.ceil(sure.reduce((sum, { pixels }) => sum + pixels.length, 0) / most));
  const positions: number[] = [];
  const colours: number[] = [];
  const confidences: number[] = [];
  sure.forEach(({ confidence, pixels }, f) => {
    const map = depth.depth(f);
    for (let i = f % every; i < pixels.length; i += every) {
      const p = pixels[i];
      if (!(map[p] > 0)) continue;
      const u = (((p % width) + 0.5) * camera.width) / width;
      const v = ((Math.floor(p / width) + 0.5) * camera.height) / height;
      positions.push(...transformPoint(path[f].worldFromCam, unproject(camera, u, v, map[p])));
      const colour = colourOf(f, u, v);
      colours.push(colour[0], colour[1], colour[2]);
      confidences.push(confidence[p]);
    }
  });
  return { positions, colours, confidence: Float32Array.from(confidences) };
}

/** `depth/NNNNNN.png` with `depth/depth.json`, `depth.npz`, and `points.ply`. */
export async function encodeDepth(
  depth: FittedDepth,
  cameras: FittedCameras,
  colourOf: (frame: number, u: number, v: number) => ArrayLike<number>,
  encodePicture: EncodePicture,
): Promise<Record<string, Uint8Array>> {
  const { camera, path } = cameras;
  const { frames, width, height } = depth;
  const files: Record<string, Uint8Array> = {};
  for (let f = 0; f < frames; f++) {
    const steps = depth.depth(f, camera.width, camera.height).map(z => Math.round(z / depthStep));
    // What is too far for 16 bits is unknown.
    const values = steps.map(step => (step > 65535 ? 0 : step / 65535));
    files[depthFileOf(f)] = await encodePicture(
      { width: camera.width, height: camera.height, channels: 1, values },
      16,
    );
  }
  const named = path.map(({ imageFile = '' }, f) => ({
    ...{ file: depthFileOf(f).slice('depth/'.length), scale: depthStep, imageFile },
  }));
  files['depth/depth.json'] = encodeDepthJson(named, 'median depth of the tracked points, the unit of the poses');
  const stacked = (mapOf: (frame: number) => Float32Array) => {
    const data = new Float32Array(frames * width * height);
    for (let f = 0; f < frames; f++) data.set(mapOf(f), f * width * height);
    return { shape: [frames, height, width], dtype: 'float32', data } as const;
  };
  const [sx, sy] = [width / camera.width, height / camera.height];
  const intrinsics = Float64Array.of(sx * camera.fx, sy * camera.fy, sx * camera.cx, sy * camera.cy);
  const poses = Float64Array.from(path.flatMap(({ worldFromCam }) => [...matrix4x4(worldFromCam)]));
  files['depth.npz'] = encodeNpz([
    ['depth', stacked(f => depth.depth(f))],
    ['confidence', stacked(f => depth.confidence(f))],
    ['intrinsics', { shape: [4], dtype: 'float64', data: intrinsics }],
    ['world_from_cam', { shape: [frames, 4, 4], dtype: 'float64', data: poses }],
  ]);
  files['points.ply'] = encodePlyPoints(densePoints(depth, cameras, colourOf, MOST_POINTS, LEAST_CONFIDENCE));
  return files;
}
