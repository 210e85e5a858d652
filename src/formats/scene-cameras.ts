// Cameras of a `scene.json` of the lab's data sets: K with integer pixel centres and camera-to-world matrices in OpenCV axes, in
// the unit of the file. Objects, where there are some, are read by scene-json.ts. Pure, any process.
import * as v from 'valibot';
import { cameraFromMatrix } from '../geometry/camera.ts';
import { rigidFromMatrix } from '../geometry/rigid.ts';
import type { CameraPath } from './camera-path.ts';
import { decodeJson, matrix } from './json.ts';

const whole = v.pipe(v.number(), v.integer());
const schema = v.object({
  frames: v.pipe(
    v.array(
      v.object({
        file: v.string(),
        width: whole,
        height: whole,
        K: matrix(3, 3),
        cam_to_world: v.union([matrix(4, 4), matrix(3, 4)], 'a pose of 4 × 4 or 3 × 4 numbers is needed, row by row'),
      }),
    ),
    v.minLength(1, 'there are no frames'),
  ),
});

/** Throws a LabError of code 'input' with `where` = `name`, also where a frame has no pose. */
export function decodeSceneCameras(bytes: Uint8Array, name: string): CameraPath {
  const tip = 'Give a scene.json whose frames have file, width, height, K and cam_to_world.';
  return decodeJson(bytes, name, schema, tip).frames.map((frame, i) => ({
    worldFromCam: rigidFromMatrix<'world', 'cam'>(frame.cam_to_world, `${name}, frames.${i}`),
    imageFile: frame.file,
    timestamp: undefined,
    camera: cameraFromMatrix(frame.K, frame, 'integer', `${name}, frames.${i}.K`),
  }));
}
