// Camera calibrations from files: OpenCV's YAML and XML, ROS camera_info YAML, and JSON as BOP writes it for a data set or
// a scene. All have integer pixel centres. Pure, any process.
import { type Camera, cameraFromMatrix } from '../geometry/camera.ts';
import { LabError } from '../protocol/lab-error.ts';

export interface CameraFile {
  readonly camera: Camera;
  /** Millimetres per step of depth pictures, where the file says so. */
  readonly millimetresPerDepthStep: number | undefined;
  readonly notes: readonly string[];
}

interface Found {
  readonly k: readonly number[];
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly distortion: readonly number[];
  readonly depthScale: number | undefined;
}

/**
 * The camera for an image of the given size. `imageId` picks from a scene_camera.json of several images. Throws a LabError
 * of code 'input' with `where` = `name`, also where the file is for images of another size.
 */
export function decodeCameraFile(
  bytes: Uint8Array,
  name: string,
  size: { readonly width: number; readonly height: number },
  imageId?: number,
): CameraFile {
  const found = readAny(bytes, name, imageId);
  if (found === undefined) {
    throw cameraError(
      name,
      'The camera file has no camera matrix.',
      'Give OpenCV YAML or XML with camera_matrix, BOP JSON with cam_K, or {"fx": …, "fy": …, "cx": …, "cy": …}.',
    );
  }
  const { k, width = size.width, height = size.height, distortion, depthScale } = found;
  if (width !== size.width || height !== size.height) {
    throw cameraError(
      name,
      `The camera is calibrated for ${width} × ${height} pixels, but the image has ${size.width} × ${size.height}.`,
      'Give the calibration of this image; after a resize fx, fy, cx + 0.5 and cy + 0.5 scale with it.',
    );
  }
  const notes: string[] = [];
  if (distortion.some(value => Math.abs(value) > 1e-6)) {
    notes.push('The calibration has lens distortion, which is not applied: give an undistorted image.');
  }
  return {
    camera: cameraFromMatrix(k, size, 'integer', name),
    millimetresPerDepthStep: depthScale,
    notes,
  };
}

/** Whether there is a camera matrix in it, for an image of whatever size. */
export function isCameraFile(bytes: Uint8Array): boolean {
  try {
    return readAny(bytes, '', undefined) !== undefined;
  } catch {
    return false;
  }
}

function readAny(bytes: Uint8Array, name: string, imageId: number | undefined): Found | undefined {
  const text = new TextDecoder().decode(bytes);
  return /^\s*[{[]/.test(text) ? readJson(text, name, imageId) : readOpenCv(text);
}

function readJson(text: string, name: string, imageId: number | undefined): Found | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw cameraError(
      name,
      `The camera file is not JSON: ${(cause as Error).message}.`,
      'Export the calibration again.',
    );
  }
  if (Array.isArray(value)) return fromK(value, {});
  const record = value as Record<string, unknown>;
  const direct = fromRecord(record);
  if (direct !== undefined) return direct;
  const entries = Object.entries(record).filter(([key, entry]) => /^\d+$/.test(key) && typeof entry === 'object');
  const [, entry] =
    entries.length === 1 ? entries[0] : (entries.find(([key]) => Number(key) === imageId) ?? [undefined, undefined]);
  if (entry === undefined && entries.length > 1) {
    throw cameraError(
      name,
      `The file has the cameras of ${entries.length} images, and none for image ${imageId ?? 'without a number'}.`,
      'Name the image file by its number, as BOP does, or give the camera of this image alone.',
    );
  }
  return entry === undefined ? undefined : fromRecord(entry as Record<string, unknown>);
}

function fromRecord(record: Record<string, unknown>): Found | undefined {
  for (const key of ['cam_K', 'K', 'camera_matrix', 'intrinsic_matrix', 'intrinsics']) {
    const value = record[key];
    if (Array.isArray(value)) return fromK(value, record);
    if (typeof value === 'object' && value !== null) {
      const inner = value as Record<string, unknown>;
      if (Array.isArray(inner.data)) return fromK(inner.data, record);
      if (typeof inner.fx === 'number') return fromRecord({ ...record, ...inner, [key]: undefined });
    }
  }
  const { fx, fy, cx, cy } = record;
  if ([fx, fy, cx, cy].every(value => typeof value === 'number')) {
    return fromK([fx, 0, cx, 0, fy, cy, 0, 0, 1], record);
  }
  return undefined;
}

function fromK(value: readonly unknown[], record: Record<string, unknown>): Found | undefined {
  const k = value.flat().map(Number);
  if (k.length !== 9) return undefined;
  const first = (...keys: string[]) => {
    const found = keys.map(key => record[key]).find(item => typeof item === 'number');
    return found as number | undefined;
  };
  const distortion = [record.distortion, record.distortion_coefficients, record.dist_coeffs, record.D].find(
    Array.isArray,
  );
  return {
    k,
    width: first('width', 'image_width'),
    height: first('height', 'image_height'),
    distortion: distortion?.flat().map(Number) ?? [],
    depthScale: first('depth_scale'),
  };
}

/** OpenCV FileStorage and ROS: what matters are named lists of numbers, which need no whole YAML. */
function readOpenCv(text: string): Found | undefined {
  const list = (...keys: string[]): number[] | undefined => {
    for (const key of keys) {
      const yaml = new RegExp(`^[ \\t]*["']?${key}["']?[ \\t]*:[^\\[]*?\\[([^\\]]*)\\]`, 'm').exec(text);
      const xml = new RegExp(`<${key}[^>]*>.*?<data>([^<]*)</data>.*?</${key}>`, 's').exec(text);
      const body = yaml?.[1] ?? xml?.[1];
      if (body !== undefined) {
        return body
          .split(/[\s,]+/)
          .filter(word => word !== '')
          .map(Number);
      }
    }
    return undefined;
  };
  const single = (...keys: string[]): number | undefined => {
    for (const key of keys) {
      const match = new RegExp(`(?:^[ \\t]*${key}[ \\t]*:[ \\t]*|<${key}>\\s*)([-+.\\deE]+)`, 'm').exec(text);
      if (match !== null) return Number(match[1]);
    }
    return undefined;
  };
  const k = list('camera_matrix', 'cameraMatrix', 'Camera_Matrix', 'K', 'M1', 'cam_K');
  if (k?.length !== 9) return undefined;
  return {
    k,
    width: single('image_width', 'image_Width', 'width'),
    height: single('image_height', 'image_Height', 'height'),
    distortion: list('distortion_coefficients', 'Distortion_Coefficients', 'distCoeffs', 'D', 'D1') ?? [],
    depthScale: single('depth_scale'),
  };
}

function cameraError(name: string, message: string, tip: string): LabError {
  return new LabError({ code: 'input', message, tip, where: name });
}
