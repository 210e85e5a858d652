// A COLMAP reconstruction as data: cameras, images with their poses and key points, and points with their tracks. Shared by
// the text and the binary form. Poses are camFromWorld in OpenCV axes, the first pixel centre is (0.5, 0.5). Pure.
import type { Camera } from '../geometry/camera.ts';
import { type CamFromWorld, invert } from '../geometry/rigid.ts';
import { type CameraPath, pathError } from './camera-path.ts';

/** Camera models in the order of COLMAP's numbers, with how many parameters they have. */
export const colmapModels = [
  { name: 'SIMPLE_PINHOLE', parameters: 3 },
  { name: 'PINHOLE', parameters: 4 },
  { name: 'SIMPLE_RADIAL', parameters: 4 },
  { name: 'RADIAL', parameters: 5 },
  { name: 'OPENCV', parameters: 8 },
] as const;
export type ColmapModelName = (typeof colmapModels)[number]['name'];

export interface ColmapCamera {
  readonly id: number;
  readonly model: ColmapModelName;
  readonly width: number;
  readonly height: number;
  /** SIMPLE_ models: f cx cy, else fx fy cx cy (RADIAL: f cx cy); then distortion. */
  readonly parameters: readonly number[];
}

export interface ColmapImage {
  readonly id: number;
  readonly camFromWorld: CamFromWorld;
  readonly cameraId: number;
  readonly name: string;
  /** [n, 2] key points, pixels. */
  readonly keyPoints: Float64Array;
  /** [n] the point that each belongs to; −1: none. */
  readonly pointIds: Float64Array;
}

export interface ColmapPoint {
  readonly id: number;
  /** [3] world axes */
  readonly position: ArrayLike<number>;
  /** [3] 0 … 255 */
  readonly colour: ArrayLike<number>;
  /** Mean reprojection error, pixels. */
  readonly error: number;
  /** [n, 2] image id, index of its key point */
  readonly track: Uint32Array;
}

export interface ColmapReconstruction {
  readonly cameras: readonly ColmapCamera[];
  readonly images: readonly ColmapImage[];
  readonly points: readonly ColmapPoint[];
}

/** The files of a reconstruction by their names: cameras.txt, images.txt, points3D.txt, or the same with .bin. */
export type ColmapFiles = Readonly<Record<string, Uint8Array>>;

export const colmapTip =
  'Give a folder with cameras, images and points3D as COLMAP writes them (.txt or .bin); undistort the images first.';

/** A pinhole camera; a distorted one is refused. Throws a LabError of code 'input' with `where` = `name`. */
export function pinholeOf({ model, width, height, parameters }: ColmapCamera, name: string): Camera {
  const hasTwo = model === 'PINHOLE' || model === 'OPENCV';
  const [fx, fy, cx, cy, ...distortion] = hasTwo ? parameters : [parameters[0], ...parameters];
  if (distortion.some(value => Math.abs(value) > 1e-12)) {
    throw pathError(name, `The camera has lens distortion (${model}).`, 'Run colmap image_undistorter first.');
  }
  return { width, height, fx, fy, cx, cy };
}

export function colmapCamera(id: number, { width, height, fx, fy, cx, cy }: Camera): ColmapCamera {
  return fx === fy
    ? { id, width, height, model: 'SIMPLE_PINHOLE', parameters: [fx, cx, cy] }
    : { id, width, height, model: 'PINHOLE', parameters: [fx, fy, cx, cy] };
}

/**
 * The cameras of a reconstruction by the names of their images. Distortion is left out of them: poses can be compared
 * anyway. Throws a LabError of code 'input' where an image names a camera that is not there.
 */
export function pathOfColmap({ cameras, images }: ColmapReconstruction, name: string): CameraPath {
  const byId = new Map(cameras.map(camera => [camera.id, camera]));
  return [...images]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(image => {
      const camera = byId.get(image.cameraId);
      if (camera === undefined) {
        throw pathError(name, `Image "${image.name}" has camera ${image.cameraId}, which does not exist.`, colmapTip);
      }
      const count = camera.model === 'PINHOLE' || camera.model === 'OPENCV' ? 4 : 3;
      const ideal = { ...camera, parameters: camera.parameters.slice(0, count) };
      return {
        worldFromCam: invert(image.camFromWorld),
        imageFile: image.name,
        timestamp: undefined,
        camera: pinholeOf(ideal, name),
      };
    });
}
