// Pinhole cameras. Inside, the centre of the first pixel is (0.5, 0.5), so that a picture spans 0 … width and crops and
// scales need no half pixels; files of OpenCV and BOP have it at (0, 0). Distortion is removed before. Pure, any process.
import { LabError } from '../protocol/lab-error.ts';

/** Focal lengths and principal point in pixels, first pixel centre at (0.5, 0.5); OpenCV axes. */
export interface Camera {
  readonly width: number;
  readonly height: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** A rectangle in pixels: x, y of its upper left corner (not of a pixel centre). */
export interface PixelRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a calibration puts the centre of the first pixel: 'integer' at (0, 0), 'half' at (0.5, 0.5). */
export type PixelCentres = 'integer' | 'half';

/**
 * The camera of a calibration matrix K [3, 3] row-major. Throws a LabError of code 'input' with `where` unless both focal
 * lengths are positive and the skew is below a thousandth of them.
 */
export function cameraFromMatrix(
  k: ArrayLike<number>,
  size: { readonly width: number; readonly height: number },
  centres: PixelCentres,
  where?: string,
): Camera {
  const shift = centres === 'integer' ? 0.5 : 0;
  const isPinhole = k.length === 9 && k[0] > 0 && k[4] > 0 && k[3] === 0 && k[6] === 0 && k[7] === 0 && k[8] === 1;
  if (!isPinhole || Math.abs(k[1]) > 1e-3 * k[0] || !Number.isFinite(k[2] + k[5] + k[0] + k[4])) {
    throw new LabError({
      code: 'input',
      message: `The camera matrix [${Array.from(k, value => Number(value).toPrecision(6)).join(', ')}] is not fx 0 cx, 0 fy cy, 0 0 1.`,
      tip: 'Give the nine numbers row by row; a camera with skew has to be rectified before.',
      where,
    });
  }
  return { ...size, fx: k[0], fy: k[4], cx: k[2] + shift, cy: k[5] + shift };
}

/** K [3, 3] row-major, for the pixel centres of the reader. */
export function cameraMatrix(camera: Camera, centres: PixelCentres): Float64Array {
  const shift = centres === 'integer' ? 0.5 : 0;
  return Float64Array.of(camera.fx, 0, camera.cx - shift, 0, camera.fy, camera.cy - shift, 0, 0, 1);
}

/** The camera of the part `rectangle` of its picture, drawn at `width` × `height` pixels. */
export function cropCamera(camera: Camera, rectangle: PixelRectangle, width: number, height: number): Camera {
  const [sx, sy] = [width / rectangle.width, height / rectangle.height];
  return {
    width,
    height,
    fx: camera.fx * sx,
    fy: camera.fy * sy,
    cx: (camera.cx - rectangle.x) * sx,
    cy: (camera.cy - rectangle.y) * sy,
  };
}

/** The camera of the same picture at another size. */
export function scaleCamera(camera: Camera, width: number, height: number): Camera {
  return cropCamera(camera, { x: 0, y: 0, width: camera.width, height: camera.height }, width, height);
}

/** Pixel [u, v] of a point [3] in camera axes. Behind the camera (z ≤ 0) the numbers mean nothing. */
export function project(camera: Camera, point: ArrayLike<number>): [number, number] {
  return [(camera.fx * point[0]) / point[2] + camera.cx, (camera.fy * point[1]) / point[2] + camera.cy];
}

/** The point [3] in camera axes at pixel (u, v) and z-depth z, in the unit of z. */
export function unproject(camera: Camera, u: number, v: number, z: number): Float64Array {
  return Float64Array.of(((u - camera.cx) / camera.fx) * z, ((v - camera.cy) / camera.fy) * z, z);
}
