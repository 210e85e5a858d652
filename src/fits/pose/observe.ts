// What a frame of a scene shows of one object: its mask, what may hide it, depth and camera. Pure, any process.
import type { FramePixels, LoadedPoseScene, PoseModel, SceneInstance, ScenePose } from '../../formats/pose-scene.ts';
import { project } from '../../geometry/camera.ts';
import { boundingBoxCentre } from '../../geometry/mesh-report.ts';
import { type CamFromObject, compose, invert, transformPoint } from '../../geometry/rigid.ts';
import type { DeviceMesh } from '../../ops/rasterise/pose-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { SceneView } from '../fit.ts';
import type { PoseObservation } from './crop.ts';

/** One object in one frame. */
export interface ObservedObject {
  /** As files of the field number them. */
  readonly sceneId: number;
  readonly imageId: number;
  readonly model: PoseModel;
  readonly observation: PoseObservation;
  /** As the scene states it. */
  readonly truth: CamFromObject | undefined;
  /** [camera.height, camera.width, 3], 0 to 1 */
  readonly image: Float32Array;
  /** The label picture and the object's value in it, where the mask is one label of many. */
  readonly labels: { readonly wanted: number; readonly values: Uint16Array } | undefined;
}

/**
 * `frame`: position in the scene. Of several instances of the object the one whose mask is nearest to the pose `near`, the
 * first where none is given. Throws a LabError of code 'input' that names what is missing.
 */
export function observeObject(
  { scene, models, pixels }: LoadedPoseScene,
  frame: number,
  objectId: number,
  near?: CamFromObject,
): ObservedObject {
  const fail = (message: string, tip: string): never => {
    throw new LabError({ code: 'input', message, where: `frame ${frame}, object ${objectId}`, tip });
  };
  const instances =
    scene.frames[frame]?.instances ??
    fail(
      `The scene has ${scene.frames.length} frames, no frame ${frame}.`,
      `Frames count from 0: give 0 to ${scene.frames.length - 1}.`,
    );
  const first = instances.findIndex(instance => instance.objectId === objectId);
  if (first < 0) {
    const known = [...new Set(instances.map(instance => instance.objectId))].join(', ');
    fail(
      `Frame ${frame} has no object ${objectId}.`,
      known === '' ? 'The scene does not say what is in it: give a mask with --mask.' : `It has: ${known}.`,
    );
  }
  const model = models.get(objectId) ?? fail(`Object ${objectId} has no mesh.`, 'Give one with --mesh.');
  const { image, labels } = pixels[frame];
  const pose = near && { objectId, camFromObject: near };
  const index =
    pose === undefined ? first : nearestInstance(pixels[frame], instances, pose, boundingBoxCentre(model.mesh));
  const { camFromObject: truth, label } = instances[index];
  const observation =
    observeInstance(pixels[frame], instances, index) ??
    fail(`Frame ${frame} has no mask of object ${objectId}.`, 'Give one with --mask, or choose another frame.');
  const labelled =
    labels !== undefined && label !== undefined && instances[index].maskFile === undefined
      ? { wanted: label, values: labels }
      : undefined;
  const { sceneId = 0 } = scene;
  return { sceneId, imageId: scene.frames[frame].imageId, model, observation, truth, image, labels: labelled };
}

/** What is asked for in a picture: an object, and about where. */
type SoughtPose = Pick<ScenePose, 'objectId' | 'camFromObject'>;

/**
 * The first view and those fitted with it, each with what is known to hide the object in it. `start` is in the first one's
 * camera, `centre` [3] the middle of the object in its own axes, `meshOf` what another object is drawn with; undefined
 * where it is not. Throws a LabError of code 'input' for a view without the object or its mask.
 */
export function observeViews(
  views: readonly SceneView[],
  start: SoughtPose,
  centre: Float64Array,
  meshOf: (objectId: number) => DeviceMesh | undefined,
): PoseObservation[] {
  const [{ frame: first }] = views;
  return views.map(({ frame, pixels }) => {
    const { imageId, instances, worldFromCam } = frame;
    const { objectId } = start;
    const { worldFromCam: worldFromFirst } = first;
    const camFromFirst =
      frame !== first && worldFromFirst && worldFromCam ? compose(invert(worldFromCam), worldFromFirst) : undefined;
    const camFromObject = camFromFirst === undefined ? start.camFromObject : compose(camFromFirst, start.camFromObject);
    const index = nearestInstance(pixels, instances, { objectId, camFromObject }, centre);
    const observation = index < 0 ? undefined : observeInstance(pixels, instances, index);
    if (observation === undefined) {
      throw new LabError({
        code: 'input',
        message: `Image ${imageId} has no ${index < 0 ? '' : 'mask of '}object ${objectId}.`,
        tip: 'Complete the scene, or leave the image out.',
      });
    }
    const occluders = instances.flatMap(other => {
      const mesh =
        other.objectId === objectId || other.camFromObject === undefined ? undefined : meshOf(other.objectId);
      return mesh === undefined || other.camFromObject === undefined
        ? []
        : [{ mesh, camFromObject: other.camFromObject }];
    });
    return {
      ...observation,
      ...(occluders.length > 0 ? { occluders } : {}),
      ...(camFromFirst === undefined ? {} : { camFromFirst }),
    };
  });
}

/** Position of the instance of an object whose mask is nearest to a pose of it; −1 where there is none. */
function nearestInstance(
  { camera, masks }: FramePixels,
  instances: readonly SceneInstance[],
  { objectId, camFromObject }: SoughtPose,
  centre: Float64Array,
): number {
  const own = [...instances.keys()].filter(i => instances[i].objectId === objectId);
  if (own.length < 2) return own[0] ?? -1;
  const [u, v] = project(camera, transformPoint(camFromObject, centre));
  const distances = own.map(i => distanceTo(masks[i], camera.width, u, v));
  return own[distances.indexOf(Math.min(...distances))];
}

/** Pixels from the middle of a mask; as far as can be for an empty one. */
function distanceTo(mask: Float32Array | undefined, width: number, u: number, v: number): number {
  let [x, y, count] = [0, 0, 0];
  mask?.forEach((value, i) => {
    if (value <= 0.5) return;
    x += (i % width) + 0.5;
    y += Math.floor(i / width) + 0.5;
    count++;
  });
  return count === 0 ? Number.MAX_VALUE : Math.hypot(x / count - u, y / count - v);
}

/** `index`: position in `instances`. Undefined where the frame has no mask of it. */
export function observeInstance(
  { camera, image, depthMillimetres: depth, masks, labels }: FramePixels,
  instances: readonly SceneInstance[],
  index: number,
): PoseObservation | undefined {
  const mask = masks[index];
  if (mask === undefined) return undefined;
  const { label } = instances[index];
  const foreign = masks.filter((other, i): other is Float32Array => i !== index && other !== undefined);
  const others = labels !== undefined || foreign.length > 0 ? new Float32Array(mask.length) : undefined;
  if (others !== undefined && labels !== undefined) {
    for (let i = 0; i < others.length; i++) others[i] = labels[i] !== 0 && labels[i] !== label ? 1 : 0;
  } else if (others !== undefined) {
    for (const other of foreign) for (let i = 0; i < others.length; i++) if (other[i] > 0.5) others[i] = 1;
  }
  if (others !== undefined) for (let i = 0; i < others.length; i++) if (mask[i] > 0.5) others[i] = 0;
  return { camera, image, mask, others, depth };
}
