// What a frame of a scene shows of one object: its mask, what may hide it, depth and camera. Pure, any process.
import type { FramePixels, LoadedPoseScene, PoseModel, SceneInstance } from '../../formats/pose-scene.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { LabError } from '../../protocol/lab-error.ts';
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

/** `frame`: position in the scene. Throws a LabError of code 'input' that names what is missing. */
export function observeObject(
  { scene, models, pixels }: LoadedPoseScene,
  frame: number,
  objectId: number,
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
  const index = instances.findIndex(instance => instance.objectId === objectId);
  if (index < 0) {
    const known = [...new Set(instances.map(instance => instance.objectId))].join(', ');
    fail(
      `Frame ${frame} has no object ${objectId}.`,
      known === '' ? 'The scene does not say what is in it: give a mask with --mask.' : `It has: ${known}.`,
    );
  }
  const model = models.get(objectId) ?? fail(`Object ${objectId} has no mesh.`, 'Give one with --mesh.');
  const { camFromObject: truth, label } = instances[index];
  const { image, labels } = pixels[frame];
  const observation =
    observeInstance(pixels[frame], instances, index) ??
    fail(`Frame ${frame} has no mask of object ${objectId}.`, 'Give one with --mask, or choose another frame.');
  const labelled =
    labels !== undefined && label !== undefined && instances[index].maskFile === undefined
      ? { wanted: label, values: labels }
      : undefined;
  const { sceneId } = scene;
  return { sceneId, imageId: scene.frames[frame].imageId, model, observation, truth, image, labels: labelled };
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
