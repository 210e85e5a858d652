// A path of cameras as files of poses hold it: TUM, KITTI, transforms.json, COLMAP, scene.json. Poses are worldFromCam in OpenCV
// axes and in the unit of the file; what a format does not know is undefined. Plain data, any process.
import type { Camera } from '../geometry/camera.ts';
import type { WorldFromCam } from '../geometry/rigid.ts';
import { LabError } from '../protocol/lab-error.ts';

export interface PathCamera {
  readonly worldFromCam: WorldFromCam;
  /** Of the image, as the file has it. */
  readonly imageFile: string | undefined;
  readonly timestamp: number | undefined;
  readonly camera: Camera | undefined;
}

export type CameraPath = readonly PathCamera[];

export function pathError(name: string, message: string, tip: string): LabError {
  return new LabError({ code: 'input', message, tip, where: name });
}

/** Lines with numbers of a text file, comments (#) and empty lines left out. Line numbers count from 1. */
export function numberLines(
  bytes: Uint8Array,
  name: string,
  tip: string,
): { readonly line: number; readonly values: readonly number[] }[] {
  const rows = new TextDecoder().decode(bytes).split(/\r?\n/);
  return rows.flatMap((text, index) => {
    const words = text.trim();
    if (words === '' || words.startsWith('#')) return [];
    const values = words.split(/[\s,]+/).map(Number);
    if (!values.every(Number.isFinite)) {
      throw pathError(name, `Line ${index + 1} holds "${words.slice(0, 60)}" where numbers should be.`, tip);
    }
    return [{ line: index + 1, values }];
  });
}
