// The `transforms.json` of nerfstudio and instant-ngp: intrinsics and camera-to-world matrices in OpenGL axes (x right, y up,
// z back). Pure, any process.
import * as v from 'valibot';
import type { Camera } from '../geometry/camera.ts';
import { compose, flipCameraAxes, matrix4x4, rigidFromMatrix } from '../geometry/rigid.ts';
import { type CameraPath, pathError } from './camera-path.ts';
import { decodeJson, matrix } from './json.ts';

const tip = 'Give a transforms.json as nerfstudio writes it: frames with file_path and transform_matrix.';

const finite = v.pipe(v.number(), v.finite());
const intrinsics = {
  fl_x: v.nullish(finite),
  fl_y: v.nullish(finite),
  cx: v.nullish(finite),
  cy: v.nullish(finite),
  w: v.nullish(finite),
  h: v.nullish(finite),
  camera_angle_x: v.nullish(finite),
};
const schema = v.object({
  ...intrinsics,
  frames: v.pipe(
    v.array(
      v.object({ ...intrinsics, file_path: v.string(), transform_matrix: v.union([matrix(4, 4), matrix(3, 4)]) }),
    ),
    v.minLength(1, 'there are no frames'),
  ),
});
type Intrinsics = v.InferOutput<v.ObjectSchema<typeof intrinsics, undefined>>;

/**
 * Cameras in the order of the file; intrinsics of a frame win over those of the file. The principal point counts from the
 * corner of the picture. Throws a LabError of code 'input' with `where` = `name`.
 */
export function decodeTransformsJson(bytes: Uint8Array, name: string): CameraPath {
  const file = decodeJson(bytes, name, schema, tip);
  return file.frames.map((frame, i) => {
    const worldFromGl = rigidFromMatrix<'world', 'cam'>(frame.transform_matrix, `${name}, frames.${i}`);
    return {
      worldFromCam: compose(worldFromGl, flipCameraAxes),
      imageFile: frame.file_path,
      timestamp: undefined,
      camera: cameraOf({ ...file, ...withoutGaps(frame) }),
    };
  });
}

/**
 * `depthFileOf` names the depth picture of a camera, in steps of a thousandth of the unit, as nerfstudio takes them. Throws a
 * LabError of code 'input' where a camera has no intrinsics or name: nerfstudio needs both.
 */
export function encodeTransformsJson(path: CameraPath, depthFileOf?: (index: number) => string): Uint8Array {
  const cameras = path.map(({ camera, imageFile }, i) => {
    if (camera !== undefined && imageFile !== undefined) return camera;
    throw pathError('transforms.json', `Camera ${i} has no intrinsics or no image name.`, tip);
  });
  const [first] = cameras;
  const isOne = cameras.every(camera =>
    Object.entries(first).every(([key, value]) => camera[key as keyof Camera] === value),
  );
  const document = {
    camera_model: 'OPENCV',
    ...(isOne && first !== undefined ? intrinsicsOf(first) : {}),
    frames: path.map(({ worldFromCam, imageFile }, i) => {
      const m = Array.from(matrix4x4(compose(worldFromCam, flipCameraAxes)));
      return {
        file_path: imageFile,
        ...(depthFileOf === undefined ? {} : { depth_file_path: depthFileOf(i) }),
        transform_matrix: [0, 4, 8, 12].map(row => m.slice(row, row + 4)),
        ...(isOne ? {} : intrinsicsOf(cameras[i])),
      };
    }),
  };
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 1)}\n`);
}

function intrinsicsOf({ width, height, fx, fy, cx, cy }: Camera) {
  return { fl_x: fx, fl_y: fy, cx, cy, w: width, h: height };
}

function withoutGaps(values: Intrinsics): Intrinsics {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => key in intrinsics && value != null));
}

function cameraOf({ fl_x, fl_y, cx, cy, w, h, camera_angle_x }: Intrinsics): Camera | undefined {
  if (w == null || h == null) return undefined;
  const fx = fl_x ?? (camera_angle_x == null ? undefined : w / 2 / Math.tan(camera_angle_x / 2));
  if (fx == null) return undefined;
  return { width: w, height: h, fx, fy: fl_y ?? fx, cx: cx ?? w / 2, cy: cy ?? h / 2 };
}
