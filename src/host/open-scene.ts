// Opens what the settings of a run want of a scene: a BOP folder, a folder with scene.json, or one picture with its files.
// Files that are named beside the scene take the place of its own. Runs in the engine's process.

import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { FitInput, ScenePart } from '../engine/fits.ts';
import { decodeCameraFile } from '../formats/camera-file.ts';
import {
  type FramePixels,
  type PoseModel,
  type PoseScene,
  type SceneFrame,
  type SceneInstance,
  type SceneObject,
  viewsOfObject,
} from '../formats/pose-scene.ts';
import type { CamFromObject } from '../geometry/rigid.ts';
import { pictureExtensions } from '../media/picture-container.ts';
import { readNamed, readPoseFrame, readPoseModel, readPoseScene } from '../media/read-pose-scene.ts';
import { readSingleImage, readStart } from '../media/read-single-image.ts';
import { createSourceReader, type SourceFile, type SourceReader } from '../media/source-reader.ts';
import { LabError } from '../protocol/lab-error.ts';

/** Files beside the scene, by what they are. */
export interface SceneCompanions {
  readonly mask?: string | undefined;
  readonly mesh?: string | undefined;
  readonly depth?: string | undefined;
  readonly camera?: string | undefined;
  readonly start?: string | undefined;
}

export interface OpenedScene {
  readonly data: FitInput;
  readonly files: readonly SourceFile[];
}

/** Throws a LabError of code 'input' that names the file, the frame or the object. */
export async function openScene(path: string, companions: SceneCompanions, part: ScenePart): Promise<OpenedScene> {
  const sources = createSourceReader();
  const found = isPictureFile(path)
    ? await openPicture(path, companions, part, sources)
    : await openFolder(path, companions, part, sources);
  const { scene, folder, objectId, start } = found;
  const pixels: FramePixels[] = [];
  for (const position of viewsOfObject(scene, part.frame, objectId, part.views)) {
    pixels[position] = await readPoseFrame(folder, scene.frames[position], sources);
  }
  const seen = scene.frames.filter((_, position) => position in pixels).flatMap(({ instances }) => instances);
  const isOther = ({ objectId: id, meshFile }: SceneObject) =>
    part.others === 'wanted' && meshFile !== undefined && seen.some(each => each.objectId === id);
  const models = new Map<number, PoseModel>();
  for (const object of scene.objects) {
    if (object.objectId === objectId || isOther(object)) {
      models.set(object.objectId, await readPoseModel(folder, object, sources));
    }
  }
  const { camera, image } = pixels[part.frame];
  const data: FitInput = {
    name: path,
    kind: 'scene',
    shape: [camera.height, camera.width, 3],
    values: image,
    fullScale: 255,
    scene: { scene, models, pixels },
    start,
  };
  return { data, files: sources.files() };
}

interface Found {
  readonly scene: PoseScene;
  readonly folder: string;
  readonly start: CamFromObject | undefined;
  readonly objectId: number;
}

export function isPictureFile(path: string): boolean {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile && pictureExtensions.has(extname(path).toLowerCase());
}

function requireFrame({ frames }: PoseScene, { frame }: ScenePart, path: string): void {
  if (frames[frame] !== undefined) return;
  const isOne = frames.length === 1;
  throw new LabError({
    code: 'input',
    message: `The scene has ${isOne ? 'one frame' : `${frames.length} frames`}, no frame ${frame}.`,
    where: path,
    tip: isOne ? 'Frames count from 0: leave it out.' : `Frames count from 0: give 0 to ${frames.length - 1}.`,
  });
}

async function openPicture(
  path: string,
  { mesh, ...files }: SceneCompanions,
  part: ScenePart,
  sources: SourceReader,
): Promise<Found> {
  const { objectId = 1, label, unitMillimetres } = part;
  if (mesh === undefined || files.mask === undefined) {
    throw new LabError({
      code: 'input',
      message:
        mesh === undefined
          ? 'A picture alone has no object to fit.'
          : 'A picture and a mesh do not tell where the object is seen.',
      where: path,
      tip: `Add ${mesh === undefined ? 'its mesh (--mesh) and ' : ''}a mask of where it is seen (--mask, a label picture with --label too); camera, depth and start pose help.`,
    });
  }
  const found = await readSingleImage({ image: path, mesh, ...files, label, unitMillimetres, objectId }, sources);
  requireFrame(found.scene, part, path);
  return { ...found, objectId };
}

async function openFolder(
  path: string,
  companions: SceneCompanions,
  part: ScenePart,
  sources: SourceReader,
): Promise<Found> {
  const { scene, folder } = await readPoseScene(path, part.unitMillimetres, sources);
  requireFrame(scene, part, path);
  const objectId = part.objectId ?? firstWithMesh(scene, part.frame, companions.mesh);
  const object = scene.objects.find(each => each.objectId === objectId);
  if (object === undefined && companions.mesh === undefined) {
    const known = scene.objects.map(each => each.objectId).join(', ');
    throw new LabError({
      code: 'input',
      message: objectId === undefined ? 'No object of this frame has a mesh.' : `The scene has no object ${objectId}.`,
      where: path,
      tip: known === '' ? 'Give its mesh with --mesh.' : `It has: ${known}. For another one give its mesh with --mesh.`,
    });
  }
  const wanted = objectId ?? 1;
  const frames = await Promise.all(
    scene.frames.map((frame, position) =>
      part.frame === position ? withCompanions(frame, wanted, companions, part, sources) : frame,
    ),
  );
  const objects =
    companions.mesh === undefined
      ? scene.objects
      : [
          ...scene.objects.filter(each => each.objectId !== wanted),
          { ...(object ?? unknownObject(wanted)), ...meshOf(companions.mesh, object, part) },
        ];
  const { imageId } = scene.frames[part.frame];
  const file = companions.start;
  const start = file === undefined ? undefined : await readStart(file, imageId, wanted, sources);
  return { scene: { ...scene, objects, frames }, folder, start, objectId: wanted };
}

function firstWithMesh(scene: PoseScene, frame: number, mesh: string | undefined): number | undefined {
  const { instances } = scene.frames[frame];
  if (mesh !== undefined) return instances[0]?.objectId;
  const hasMesh = (id: number) =>
    scene.objects.some(({ objectId, meshFile }) => objectId === id && meshFile !== undefined);
  return instances.find(({ objectId }) => hasMesh(objectId))?.objectId;
}

function unknownObject(objectId: number): SceneObject {
  return {
    ...{ objectId, name: `object ${objectId}`, meshFile: undefined, textureFile: undefined, textureOrigin: undefined },
    ...{ millimetresPerMeshUnit: 1, diameterMillimetres: undefined, symmetries: [], symmetryAxes: [] },
  };
}

/** Another mesh has a texture, a unit and a size of its own. */
function meshOf(mesh: string, object: SceneObject | undefined, { unitMillimetres }: ScenePart): Partial<SceneObject> {
  return {
    meshFile: resolve(mesh),
    textureFile: undefined,
    textureOrigin: undefined,
    millimetresPerMeshUnit: unitMillimetres ?? object?.millimetresPerMeshUnit ?? 1,
    diameterMillimetres: undefined,
  };
}

/** A frame whose mask, depth and camera are those that the user gives; with the wanted object in it. */
async function withCompanions(
  frame: SceneFrame,
  objectId: number,
  { mask, depth, camera: cameraFile }: SceneCompanions,
  { label }: ScenePart,
  sources: SourceReader,
): Promise<SceneFrame> {
  let { camera, millimetresPerDepthStep } = frame;
  if (cameraFile !== undefined) {
    const file = resolve(cameraFile);
    const found = decodeCameraFile(await readNamed(file, 'camera', sources), file, camera, frame.imageId);
    camera = found.camera;
    millimetresPerDepthStep = found.millimetresPerDepthStep ?? millimetresPerDepthStep;
  }
  const maskFile = mask === undefined ? undefined : resolve(mask);
  const known = frame.instances.find(instance => instance.objectId === objectId);
  const labelFile = label === undefined ? frame.labelFile : (maskFile ?? frame.labelFile);
  if (label !== undefined && labelFile === undefined) throw noLabels(frame, label);
  const isLabels = label !== undefined;
  const instance: SceneInstance = {
    objectId,
    label: label ?? known?.label,
    maskFile: isLabels ? undefined : (maskFile ?? known?.maskFile),
    camFromObject: known?.camFromObject,
    visibleShare: known?.visibleShare,
  };
  const instances =
    known === undefined
      ? maskFile === undefined && !isLabels
        ? frame.instances
        : [...frame.instances, instance]
      : frame.instances.map(each => (each === known ? instance : each));
  return {
    ...frame,
    camera,
    millimetresPerDepthStep,
    depthFile: depth === undefined ? frame.depthFile : resolve(depth),
    labelFile,
    instances,
  };
}

function noLabels({ imageFile }: SceneFrame, label: number): LabError {
  return new LabError({
    code: 'setting',
    message: `The scene has no label picture of this frame, so label ${label} has no meaning.`,
    where: imageFile,
    tip: 'Leave --label out, or give the label picture with --mask.',
  });
}
