// One image with the files that belong to it as a PoseScene of one frame: what is missing is guessed, and said. The Node
// variant.
import { basename, dirname, extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { decodeCameraFile } from '../formats/camera-file.ts';
import { focalLengthFromExif } from '../formats/exif.ts';
import { decodeJson } from '../formats/json.ts';
import { statedMeshUnit } from '../formats/mesh-file.ts';
import type { PoseScene, SceneFrame, SceneObject } from '../formats/pose-scene.ts';
import { decodeStartFile } from '../formats/start-file.ts';
import type { Camera } from '../geometry/camera.ts';
import { meshDiameter } from '../geometry/mesh-report.ts';
import { guessMeshUnit } from '../geometry/mesh-unit.ts';
import { median } from '../geometry/pose-metrics.ts';
import type { CamFromObject } from '../geometry/rigid.ts';
import { LabError } from '../protocol/lab-error.ts';
import { pictureSize, readNamed, readPoseFrame, readPoseModel } from './read-pose-scene.ts';
import { createSourceReader, type SourceReader } from './source-reader.ts';

export interface SingleImageFiles {
  readonly image: string;
  readonly mesh: string;
  /** Non-zero on the object, or a label picture with `label`. */
  readonly mask?: string | undefined;
  readonly label?: number | undefined;
  readonly depth?: string | undefined;
  readonly camera?: string | undefined;
  readonly start?: string | undefined;
  readonly unitMillimetres?: number | undefined;
  readonly millimetresPerDepthStep?: number | undefined;
  readonly objectId?: number | undefined;
}

export interface SingleImageScene {
  readonly scene: PoseScene;
  /** For `readPoseModel` and `readPoseFrame`; the scene's paths are absolute. */
  readonly folder: string;
  readonly start: CamFromObject | undefined;
}

/** Horizontal, where neither a camera file nor EXIF tells. */
const guessedFieldDegrees = 60;

/** Throws a LabError of code 'input' that names the file. */
export async function readSingleImage(
  files: SingleImageFiles,
  sources: SourceReader = createSourceReader(),
): Promise<SingleImageScene> {
  const notes: string[] = [];
  const image = resolve(files.image);
  const folder = dirname(image);
  const size = await pictureSize(image);
  const digits = /(\d+)\.\w+$/.exec(basename(image))?.[1];
  const imageId = digits === undefined ? 0 : Number(digits);
  const objectId = files.objectId ?? 1;
  const { camera, millimetresPerDepthStep } = await readCamera(files, image, size, digits && imageId, notes, sources);
  const depth = files.depth === undefined ? undefined : resolve(files.depth);
  const frame: SceneFrame = {
    imageId,
    imageFile: image,
    depthFile: depth,
    millimetresPerDepthStep:
      depth === undefined ? 1 : (millimetresPerDepthStep ?? (await readDepthScale(depth, notes, sources))),
    labelFile: files.label === undefined || files.mask === undefined ? undefined : resolve(files.mask),
    camera,
    worldFromCam: undefined,
    instances: [
      {
        objectId,
        label: files.label,
        maskFile: files.label === undefined && files.mask !== undefined ? resolve(files.mask) : undefined,
        camFromObject: undefined,
        visibleShare: undefined,
      },
    ],
  };
  const start = files.start === undefined ? undefined : await readStart(files.start, undefined, objectId, sources);
  const object: SceneObject = {
    objectId,
    name: basename(files.mesh, extname(files.mesh)),
    meshFile: resolve(files.mesh),
    textureFile: undefined,
    textureOrigin: undefined,
    millimetresPerMeshUnit: 1,
    diameterMillimetres: undefined,
    symmetries: [],
    symmetryAxes: [],
  };
  const stated = files.unitMillimetres ?? statedMeshUnit(files.mesh);
  const millimetresPerMeshUnit = stated ?? (await guessUnit(folder, object, frame, start, notes, sources));
  const scene: PoseScene = {
    name: basename(image),
    sceneId: undefined,
    unit: `${millimetresPerMeshUnit} mm per mesh unit`,
    objects: [{ ...object, millimetresPerMeshUnit }],
    frames: [frame],
    notes,
  };
  return { scene, folder, start };
}

async function readCamera(
  files: SingleImageFiles,
  image: string,
  size: { readonly width: number; readonly height: number },
  imageId: number | '' | undefined,
  notes: string[],
  sources: SourceReader,
): Promise<{ readonly camera: Camera; readonly millimetresPerDepthStep: number | undefined }> {
  if (files.camera !== undefined) {
    const path = resolve(files.camera);
    const bytes = await readNamed(path, 'camera', sources);
    const found = decodeCameraFile(bytes, path, size, imageId === '' ? undefined : imageId);
    notes.push(...found.notes);
    const millimetresPerDepthStep = files.millimetresPerDepthStep ?? found.millimetresPerDepthStep;
    return { camera: found.camera, millimetresPerDepthStep };
  }
  const { width, height } = size;
  const { exif } = await sharp(image).metadata();
  const known = exif && focalLengthFromExif(exif, width, height);
  const f = known ?? width / 2 / Math.tan((guessedFieldDegrees / 2) * (Math.PI / 180));
  const source = known === undefined ? `a field of view of ${guessedFieldDegrees}°` : 'the 35 mm focal length in EXIF';
  notes.push(
    `The camera is a guess from ${source} (${Math.round(f)} pixels): distances are off as much as it is. Give --camera.`,
  );
  return {
    camera: { ...size, fx: f, fy: f, cx: width / 2, cy: height / 2 },
    millimetresPerDepthStep: files.millimetresPerDepthStep,
  };
}

/** From a depth.json beside the depth image: {"scale": millimetres per step}. */
async function readDepthScale(depth: string, notes: string[], sources: SourceReader): Promise<number> {
  const path = join(dirname(depth), 'depth.json');
  const bytes = await sources.read(path).catch(() => undefined);
  if (bytes === undefined) {
    notes.push('No scale of the depth image is given, so a step is taken to be 1 mm.');
    return 1;
  }
  const schema = v.object({ scale: v.pipe(v.number(), v.gtValue(0)) });
  return decodeJson(bytes, path, schema, 'Write {"scale": 0.1} for a tenth of a millimetre per step.').scale;
}

/** The pose of a start file for an object in an image; `imageId` undefined: in any. Throws a LabError of code 'input'. */
export async function readStart(
  file: string,
  imageId: number | undefined,
  objectId: number,
  sources: SourceReader,
): Promise<CamFromObject> {
  const path = resolve(file);
  const poses = decodeStartFile(await readNamed(path, 'start', sources), path);
  const isFor = (own: number | undefined, wanted: number | undefined) =>
    own === undefined || wanted === undefined || own === wanted;
  const own = poses.filter(pose => isFor(pose.objectId, objectId) && isFor(pose.imageId, imageId));
  if (own.length === 1 || poses.length === 1) return (own[0] ?? poses[0]).camFromObject;
  const inImage = imageId === undefined ? '' : ` in image ${imageId}`;
  throw new LabError({
    code: 'input',
    message: `The start file holds ${own.length === 0 ? `no pose for object ${objectId}${inImage}` : `${own.length} poses for one object`}.`,
    tip: 'Give a file with one pose, or name the object with --object.',
    where: path,
  });
}

/** By how large the mask is at the distance of the depth or the start. */
async function guessUnit(
  folder: string,
  object: SceneObject,
  frame: SceneFrame,
  start: CamFromObject | undefined,
  notes: string[],
  sources: SourceReader,
): Promise<number> {
  const { mesh } = await readPoseModel(folder, object, sources);
  const { masks, depthMillimetres } = await readPoseFrame(folder, frame, sources);
  const [mask] = masks;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const depths: number[] = [];
  mask?.forEach((value, i) => {
    if (value <= 0.5) return;
    const [x, y] = [i % frame.camera.width, Math.floor(i / frame.camera.width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
    if (depthMillimetres !== undefined && depthMillimetres[i] > 0) depths.push(depthMillimetres[i]);
  });
  const distance =
    depths.length > 0 ? median(depths) : start && start.translation[2] > 0 ? start.translation[2] : undefined;
  const seen =
    right < left || distance === undefined
      ? undefined
      : (Math.hypot(right - left, bottom - top) * distance) / frame.camera.fx;
  const guess = guessMeshUnit(meshDiameter(mesh), seen);
  notes.push(`${guess.reason} Say otherwise with --unit-mm.`);
  return guess.millimetresPerUnit;
}
