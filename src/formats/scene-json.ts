// Reads the `scene.json` of object pose sets: one file with objects, frames, cameras and true poses, in a unit of its own.
// Pure, any process.
import * as v from 'valibot';
import { cameraFromMatrix } from '../geometry/camera.ts';
import { rigidFromMatrix, scaleTranslation, type WorldFromCam } from '../geometry/rigid.ts';
import type { Symmetries } from '../geometry/symmetry.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeJson, matrix, numbers } from './json.ts';
import type { PoseScene, SceneInstance, SceneObject } from './pose-scene.ts';

const whole = v.pipe(v.number(), v.integer());
const pose = v.union([matrix(4, 4), matrix(3, 4)], 'a pose of 4 × 4 or 3 × 4 numbers is needed, row by row');

/** Fields of BOP's models_info.json that say how an object may be turned without a difference. */
export const symmetrySchema = {
  symmetries_discrete: v.nullish(v.array(matrix(4, 4))),
  symmetries_continuous: v.nullish(v.array(v.object({ axis: numbers(3), offset: numbers(3) }))),
};

const sceneSchema = v.object({
  name: v.nullish(v.string()),
  units: v.nullish(v.string()),
  depth: v.nullish(v.object({ scale_to_units: v.nullish(v.number()) })),
  objects: v.pipe(
    v.array(
      v.object({
        obj_id: whole,
        name: v.nullish(v.string()),
        mesh: v.nullish(v.string()),
        texture: v.nullish(v.string()),
        uv_origin: v.nullish(v.string()),
        diameter_mm: v.nullish(v.number()),
        symmetries: v.nullish(v.object(symmetrySchema)),
      }),
    ),
    v.minLength(1, 'there are no objects'),
  ),
  frames: v.pipe(
    v.array(
      v.object({
        file: v.string(),
        mask: v.nullish(v.string()),
        depth: v.nullish(v.string()),
        width: whole,
        height: whole,
        K: matrix(3, 3),
        cam_to_world: v.nullish(pose),
        objects: v.nullish(
          v.array(
            v.object({
              obj_id: whole,
              mask: v.nullish(v.string()),
              mask_value: v.nullish(whole),
              obj_to_cam: v.nullish(pose),
              dataset_visib_fract: v.nullish(v.number()),
            }),
          ),
          [],
        ),
      }),
    ),
    v.minLength(1, 'there are no frames'),
  ),
});

const units: readonly (readonly [RegExp, number])[] = [
  [/^\s*(mm|millimet(re|er)s?)\b/i, 1],
  [/^\s*(cm|centimet(re|er)s?)\b/i, 10],
  [/^\s*(m|met(re|er)s?)\b/i, 1000],
  [/^\s*(in|inch|inches)\b/i, 25.4],
];

/**
 * The scene in a scene.json. Its `K` has integer pixel centres and gets half a pixel; all lengths become millimetres.
 * `unitMillimetres` is used where the file names no unit of length. Throws a LabError of code 'input' with `where` =
 * `name`; of code 'setting' where a unit is needed and not given.
 */
export function decodeSceneJson(bytes: Uint8Array, name: string, unitMillimetres?: number): PoseScene {
  const file = decodeJson(
    bytes,
    name,
    sceneSchema,
    'Give the scene.json of an object pose set, or a BOP scene folder.',
  );
  const stated = units.find(([pattern]) => pattern.test(file.units ?? ''))?.[1];
  const unit = stated ?? unitMillimetres;
  if (unit === undefined) {
    throw new LabError({
      code: 'setting',
      message: `The scene is in ${file.units ?? 'a unit it does not name'}, so its lengths in millimetres are not known.`,
      tip: 'Say how many millimetres a unit is: --unit-mm 25.',
      where: name,
    });
  }
  const notes: string[] = [];
  if (stated !== undefined && unitMillimetres !== undefined && stated !== unitMillimetres) {
    notes.push(`The scene is in ${file.units}, so ${unitMillimetres} mm per unit was not used.`);
  }
  const objects = file.objects.map<SceneObject>(object => ({
    objectId: object.obj_id,
    name: object.name ?? `object ${object.obj_id}`,
    meshFile: inside(object.mesh, name),
    textureFile: inside(object.texture, name),
    textureOrigin: object.uv_origin === 'top-left' || object.uv_origin === 'bottom-left' ? object.uv_origin : undefined,
    millimetresPerMeshUnit: unit,
    diameterMillimetres: object.diameter_mm ?? undefined,
    ...readSymmetries(object.symmetries ?? {}, unit, name),
  }));
  const frames = file.frames.map((frame, imageId) => ({
    imageId,
    imageFile: inside(frame.file, name)!,
    depthFile: inside(frame.depth, name),
    millimetresPerDepthStep: (file.depth?.scale_to_units ?? 1) * unit,
    labelFile: inside(frame.mask, name),
    camera: cameraFromMatrix(frame.K, frame, 'integer', `${name}, frames.${imageId}.K`),
    worldFromCam:
      frame.cam_to_world == null
        ? undefined
        : (scaleTranslation(rigidFromMatrix(frame.cam_to_world, name), unit) as WorldFromCam),
    instances: (frame.objects ?? []).map<SceneInstance>(object => ({
      objectId: object.obj_id,
      label: object.mask_value ?? undefined,
      maskFile: inside(object.mask, name),
      camFromObject:
        object.obj_to_cam == null
          ? undefined
          : scaleTranslation(rigidFromMatrix(object.obj_to_cam, `${name}, frames.${imageId}`), unit),
      visibleShare: object.dataset_visib_fract ?? undefined,
    })),
  }));
  return {
    name: file.name ?? name,
    sceneId: undefined,
    unit: stated === undefined ? `${file.units ?? 'units'} of ${unit} mm` : file.units!,
    objects,
    frames,
    notes,
  };
}

/** Symmetries as BOP writes them, lengths times `factor` are millimetres. */
export function readSymmetries(
  stated: v.InferOutput<v.ObjectSchema<typeof symmetrySchema, undefined>>,
  factor: number,
  name: string,
): Symmetries {
  return {
    symmetries: (stated.symmetries_discrete ?? []).map(m => scaleTranslation(rigidFromMatrix(m, name), factor)),
    symmetryAxes: (stated.symmetries_continuous ?? []).map(({ axis, offset }) => {
      const length = Math.hypot(...axis);
      return {
        direction: Float64Array.from(axis, value => value / length),
        point: Float64Array.from(offset, value => value * factor),
      };
    }),
  };
}

/** A path of the scene; never one that leads out of its folder. */
function inside(path: string | null | undefined, name: string): string | undefined {
  if (path === null || path === undefined) return undefined;
  const forward = path.replaceAll('\\', '/');
  if (!/^(\/|[a-z]:)/i.test(forward) && !forward.split('/').includes('..')) return forward;
  throw new LabError({
    code: 'input',
    message: `The scene names the file "${path}", which lies outside its folder.`,
    tip: 'Copy the file into the folder of the scene and name it from there.',
    where: name,
  });
}
