// The files of one BOP scene as a PoseScene, and back. What lies where on disk is the caller's. BOP is in millimetres, its
// K has integer pixel centres. Pure, any process.
import * as v from 'valibot';
import { cameraFromMatrix, cameraMatrix } from '../geometry/camera.ts';
import { type CamFromWorld, invert, matrix4x4, rigid, type WorldFromCam } from '../geometry/rigid.ts';
import { nearestRotation } from '../geometry/rotation.ts';
import { decodeJson, encodeJson, numbers } from './json.ts';
import type { PoseScene, SceneFrame, SceneInstance, SceneObject } from './pose-scene.ts';
import { readSymmetries, symmetrySchema } from './scene-json.ts';

const whole = v.pipe(v.number(), v.integer());
const cameraSchema = v.record(
  v.string(),
  v.object({
    cam_K: numbers(9),
    depth_scale: v.optional(v.number()),
    cam_R_w2c: v.optional(numbers(9)),
    cam_t_w2c: v.optional(numbers(3)),
  }),
);
const truthSchema = v.record(
  v.string(),
  v.array(v.object({ obj_id: whole, cam_R_m2c: numbers(9), cam_t_m2c: numbers(3) })),
);
const infoSchema = v.record(v.string(), v.array(v.object({ visib_fract: v.optional(v.number()) })));
const modelsSchema = v.record(v.string(), v.object({ diameter: v.optional(v.number()), ...symmetrySchema }));
const tip = 'Check the file against the BOP format (bop_toolkit, docs/bop_datasets_format.md).';

export interface BopFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a scene folder holds; paths are relative to it. */
export interface BopSceneFiles {
  readonly name: string;
  readonly sceneId: number | undefined;
  /** scene_camera.json, scene_gt.json, scene_gt_info.json, models_info.json */
  readonly camera: BopFile;
  readonly truth: BopFile | undefined;
  readonly truthInfo: BopFile | undefined;
  readonly modelsInfo: BopFile | undefined;
  /** By image. */
  readonly images: ReadonlyMap<number, { readonly file: string; readonly width: number; readonly height: number }>;
  readonly depths: ReadonlyMap<number, string>;
  /** By `${image} ${position in scene_gt}`. */
  readonly masks: ReadonlyMap<string, string>;
  /** By object. */
  readonly meshes: ReadonlyMap<number, string>;
}

/** Throws a LabError of code 'input' that names the file and the place in it. */
export function decodeBopScene(files: BopSceneFiles): PoseScene {
  const cameras = decodeJson(files.camera.bytes, files.camera.name, cameraSchema, tip);
  const truth = read(files.truth, truthSchema) ?? {};
  const info = read(files.truthInfo, infoSchema) ?? {};
  const models = read(files.modelsInfo, modelsSchema) ?? {};
  const frames: SceneFrame[] = [];
  const withoutImage: string[] = [];
  for (const [key, camera] of Object.entries(cameras)) {
    const imageId = Number(key);
    const image = files.images.get(imageId);
    if (image === undefined) {
      withoutImage.push(key);
      continue;
    }
    const where = `${files.camera.name}, image ${key}`;
    frames.push({
      imageId,
      imageFile: image.file,
      depthFile: files.depths.get(imageId),
      millimetresPerDepthStep: camera.depth_scale ?? 1,
      labelFile: undefined,
      camera: cameraFromMatrix(camera.cam_K, { width: image.width, height: image.height }, 'integer', where),
      worldFromCam: readWorldFromCam(camera.cam_R_w2c, camera.cam_t_w2c, where),
      instances: (truth[key] ?? []).map<SceneInstance>((instance, position) => ({
        objectId: instance.obj_id,
        label: undefined,
        maskFile: files.masks.get(`${imageId} ${position}`),
        camFromObject: rigid(
          nearestRotation(instance.cam_R_m2c, `${files.truth?.name}, image ${key}, entry ${position}`),
          Float64Array.from(instance.cam_t_m2c),
        ),
        visibleShare: info[key]?.[position]?.visib_fract,
      })),
    });
  }
  const ids = new Set([
    ...files.meshes.keys(),
    ...frames.flatMap(({ instances }) => instances.map(({ objectId }) => objectId)),
  ]);
  const objects = [...ids]
    .sort((a, b) => a - b)
    .map<SceneObject>(objectId => ({
      objectId,
      name: `object ${objectId}`,
      meshFile: files.meshes.get(objectId),
      textureFile: undefined,
      textureOrigin: undefined,
      millimetresPerMeshUnit: 1,
      diameterMillimetres: models[objectId]?.diameter,
      ...readSymmetries(models[objectId] ?? {}, 1, files.modelsInfo?.name ?? files.name),
    }));
  const notes =
    withoutImage.length === 0 ? [] : [`${withoutImage.length} images of ${files.camera.name} are not in the folder.`];
  return { name: files.name, sceneId: files.sceneId, unit: 'millimetres', objects, frames, notes };
}

function read<Schema extends v.GenericSchema>(
  file: BopFile | undefined,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  return file && decodeJson(file.bytes, file.name, schema, tip);
}

function readWorldFromCam(
  rotation: number[] | undefined,
  translation: number[] | undefined,
  where: string,
): WorldFromCam | undefined {
  if (rotation === undefined || translation === undefined) return undefined;
  const camFromWorld: CamFromWorld = rigid(nearestRotation(rotation, where), Float64Array.from(translation));
  return invert(camFromWorld);
}

/** The JSON files of a scene in BOP's words: what `decodeBopScene` reads back. */
export function encodeBopScene(scene: PoseScene): {
  readonly camera: Uint8Array;
  readonly truth: Uint8Array;
  readonly modelsInfo: Uint8Array;
} {
  const byImage = <Value>(value: (frame: SceneFrame) => Value) =>
    Object.fromEntries(scene.frames.map(frame => [String(frame.imageId), value(frame)]));
  return {
    camera: encodeJson(
      byImage(frame => {
        const camFromWorld = frame.worldFromCam && invert(frame.worldFromCam);
        return {
          cam_K: [...cameraMatrix(frame.camera, 'integer')],
          depth_scale: frame.millimetresPerDepthStep,
          ...(camFromWorld && { cam_R_w2c: [...camFromWorld.rotation], cam_t_w2c: [...camFromWorld.translation] }),
        };
      }),
    ),
    truth: encodeJson(
      byImage(frame =>
        frame.instances.flatMap(({ objectId, camFromObject }) =>
          camFromObject === undefined
            ? []
            : [
                {
                  cam_R_m2c: [...camFromObject.rotation],
                  cam_t_m2c: [...camFromObject.translation],
                  obj_id: objectId,
                },
              ],
        ),
      ),
    ),
    modelsInfo: encodeJson(
      Object.fromEntries(
        scene.objects.map(object => [
          String(object.objectId),
          {
            diameter: object.diameterMillimetres,
            ...(object.symmetries.length > 0 && {
              symmetries_discrete: object.symmetries.map(map => [...matrix4x4(map)]),
            }),
            ...(object.symmetryAxes.length > 0 && {
              symmetries_continuous: object.symmetryAxes.map(({ direction, point }) => ({
                axis: [...direction],
                offset: [...point],
              })),
            }),
          },
        ]),
      ),
    ),
  };
}
