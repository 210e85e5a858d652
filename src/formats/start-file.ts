// Start poses from whatever people keep them in: BOP results CSV, BOP ground truth JSON, a 4×4 or 3×4 matrix as JSON or as
// plain numbers. Millimetres, OpenCV axes. Pure, any process.
import { type CamFromObject, invert, matrix4x4, type Rigid, rigid, rigidFromMatrix } from '../geometry/rigid.ts';
import { nearestRotation } from '../geometry/rotation.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeBopResults } from './bop-results.ts';
import { encodeJson } from './json.ts';

export interface StartPose {
  readonly camFromObject: CamFromObject;
  /** Undefined: the file does not say, so it is for the object that is asked for. */
  readonly imageId: number | undefined;
  readonly objectId: number | undefined;
}

const matrixKeys = ['camFromObject', 'cam_from_object', 'cam_T_obj', 'obj_to_cam', 'pose', 'matrix', 'transform'];

/** All poses of the file, in its order. Throws a LabError of code 'input' with `where` = `name`. */
export function decodeStartFile(bytes: Uint8Array, name: string): StartPose[] {
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
  if (/^\s*scene_id/.test(text)) {
    return decodeBopResults(bytes, name).map(({ camFromObject, imageId, objectId }) => ({
      camFromObject,
      imageId,
      objectId,
    }));
  }
  let value: unknown;
  if (/^\s*[{[]/.test(text)) {
    try {
      value = JSON.parse(text);
    } catch {
      // np.savetxt and print write matrices with brackets and without commas.
      value = undefined;
    }
  }
  const poses = value === undefined ? fromNumbers(text, name) : fromJson(value, undefined, name);
  if (poses.length > 0) return poses;
  throw new LabError({
    code: 'input',
    message: 'The start file holds no pose.',
    tip: 'Give 4 × 4 numbers row by row (millimetres, OpenCV axes), as text or JSON, or a CSV file as BOP writes it.',
    where: name,
  });
}

function fromNumbers(text: string, name: string): StartPose[] {
  const numbers = text
    .split(/[\s,;[\]]+/)
    .filter(word => word !== '')
    .map(Number);
  return matrixPose(numbers, name) ?? [];
}

function matrixPose(numbers: readonly number[], name: string): StartPose[] | undefined {
  if ((numbers.length !== 12 && numbers.length !== 16) || !numbers.every(Number.isFinite)) return undefined;
  const isLastRowWrong = numbers.length === 16 && [0, 0, 0, 1].some((value, k) => numbers[12 + k] !== value);
  if (isLastRowWrong) {
    throw new LabError({
      code: 'input',
      message: `The last row of the 4 × 4 matrix is ${numbers.slice(12).join(' ')}; it should be 0 0 0 1.`,
      tip: 'Write the matrix row by row; one written column by column has to be transposed.',
      where: name,
    });
  }
  return [{ camFromObject: rigidFromMatrix(numbers, name), imageId: undefined, objectId: undefined }];
}

/** Matrices, records with a matrix or with R and t, lists and BOP's records by image of them. */
function fromJson(value: unknown, imageId: number | undefined, name: string): StartPose[] {
  if (Array.isArray(value)) {
    const flat = value.flat();
    if (flat.every(item => typeof item === 'number')) return matrixPose(flat, name) ?? [];
    return value.flatMap(item => fromJson(item, imageId, name));
  }
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  const objectId = [record.obj_id, record.objectId].find(id => typeof id === 'number') as number | undefined;
  const ownImage = [record.im_id, record.imageId].find(id => typeof id === 'number') as number | undefined;
  const named = matrixKeys.map(key => record[key]).find(Array.isArray);
  const rotation = [record.cam_R_m2c, record.R, record.rotation].find(Array.isArray)?.flat().map(Number);
  const translation = [record.cam_t_m2c, record.t, record.translation].find(Array.isArray)?.flat().map(Number);
  let camFromObject: CamFromObject | undefined;
  if (named !== undefined) camFromObject = matrixPose(named.flat().map(Number), name)?.[0].camFromObject;
  else if (rotation?.length === 9 && translation?.length === 3) {
    camFromObject = rigid(nearestRotation(rotation, name), Float64Array.from(translation));
  }
  if (camFromObject !== undefined) return [{ camFromObject, imageId: ownImage ?? imageId, objectId }];
  return Object.entries(record).flatMap(([key, item]) =>
    fromJson(item, /^\d+$/.test(key) ? Number(key) : imageId, name),
  );
}

/** A pose as JSON that `decodeStartFile` reads back: rows of 4×4 matrices both ways, millimetres, OpenCV axes. */
export function encodePoseJson(pose: CamFromObject, imageId: number, objectId: number): Uint8Array {
  const rows = <To extends string, From extends string>(transform: Rigid<To, From>) => {
    const m = [...matrix4x4(transform)];
    return [0, 4, 8, 12].map(row => m.slice(row, row + 4));
  };
  const document = {
    im_id: imageId,
    obj_id: objectId,
    unit: 'millimetres',
    axes: 'OpenCV: x right, y down, z forward',
    layout: 'row by row; camFromObject maps points of the object to the camera, objectFromCam is its inverse',
    camFromObject: rows(pose),
    objectFromCam: rows(invert(pose)),
  };
  return encodeJson(document);
}
