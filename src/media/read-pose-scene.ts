// Opens what the pose fit works on: a folder with a `scene.json`, a BOP scene folder, or one image with its files; then
// meshes and pixels on demand. The Node variant. Paths of a BOP scene may lead to the models folder of its data set.
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import sharp from 'sharp';
import { type BopFile, decodeBopScene } from '../formats/bop-scene.ts';
import { decodeMesh, meshExtensions } from '../formats/mesh-file.ts';
import { decodeNpy } from '../formats/npy.ts';
import type {
  FramePixels,
  LoadedPoseScene,
  PoseModel,
  PoseScene,
  SceneFrame,
  SceneObject,
  TexturePixels,
} from '../formats/pose-scene.ts';
import { decodeSceneJson } from '../formats/scene-json.ts';
import { scaleMesh } from '../geometry/mesh.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePicture } from './decode-picture.ts';
import { paletteIndicesAsGrey } from './palette-labels.ts';
import type { Picture } from './picture.ts';
import { createSourceReader, type SourceReader } from './source-reader.ts';

const sceneTip = 'Give a folder with scene.json, or a BOP scene folder with scene_camera.json and rgb/.';

/**
 * The scene in a folder (or in the scene.json that is named). `unitMillimetres` is used where the scene names no unit of
 * length. Throws a LabError of code 'input' or 'setting'.
 */
export async function readPoseScene(
  path: string,
  unitMillimetres?: number,
  sources: SourceReader = createSourceReader(),
): Promise<{ readonly scene: PoseScene; readonly folder: string }> {
  const folder = resolve(basename(path) === 'scene.json' ? dirname(path) : path);
  const entries = await list(folder);
  const names = new Set(entries.map(({ name }) => name));
  if (names.has('scene.json')) {
    const file = join(folder, 'scene.json');
    return { scene: decodeSceneJson(await sources.read(file), file, unitMillimetres), folder };
  }
  if (names.has('scene_camera.json')) return { scene: await readBop(folder, names, sources), folder };
  const inner = entries.find(entry => entry.isDirectory() && /^\d{6}$/.test(entry.name));
  throw new LabError({
    code: 'input',
    message: 'The folder has neither a scene.json nor a scene_camera.json.',
    tip: inner === undefined ? sceneTip : `This is a split of a BOP data set; give one of its scenes: ${inner.name}.`,
    where: path,
  });
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const isFile = (cause as NodeJS.ErrnoException).code === 'ENOTDIR';
    throw new LabError({
      code: 'input',
      message: isFile ? 'This is a file, not the folder of a scene.' : 'There is no folder of that name.',
      tip: sceneTip,
      where: folder,
      cause,
    });
  }
}

async function readBop(folder: string, names: ReadonlySet<string>, sources: SourceReader): Promise<PoseScene> {
  const file = async (path: string): Promise<BopFile> => ({ name: path, bytes: await sources.read(path) });
  const optional = async (name: string) => (names.has(name) ? file(join(folder, name)) : undefined);
  /** Files of a folder by the number that their name begins with. */
  const numbered = async (inner: string): Promise<{ readonly key: string; readonly file: string }[]> =>
    names.has(inner)
      ? (await list(join(folder, inner)))
          .filter(({ name }) => /^\d+(_\d+)?\.\w+$/.test(name))
          .map(({ name }) => ({
            key: name
              .slice(0, -extname(name).length)
              .split('_')
              .map(part => String(Number(part)))
              .join(' '),
            file: `${inner}/${name}`,
          }))
      : [];
  const colour = ['rgb', 'gray', 'grey'].find(name => names.has(name));
  if (colour === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The BOP scene has no folder rgb or gray.',
      tip: sceneTip,
      where: folder,
    });
  }
  const images = new Map<number, { file: string; width: number; height: number }>();
  for (const { key, file: path } of await numbered(colour)) {
    images.set(Number(key), { file: path, ...(await pictureSize(join(folder, path))) });
  }
  const models = await findModels(folder);
  return decodeBopScene({
    name: basename(folder),
    sceneId: /^\d+$/.test(basename(folder)) ? Number(basename(folder)) : undefined,
    camera: await file(join(folder, 'scene_camera.json')),
    truth: await optional('scene_gt.json'),
    truthInfo: await optional('scene_gt_info.json'),
    modelsInfo: models.info === undefined ? undefined : await file(models.info),
    images,
    depths: new Map((await numbered('depth')).map(({ key, file: path }) => [Number(key), path])),
    masks: new Map((await numbered('mask_visib')).map(({ key, file: path }) => [key, path])),
    meshes: models.meshes,
  });
}

/** The models of a data set lie beside its splits; small scenes carry their own. */
async function findModels(folder: string): Promise<{ info: string | undefined; meshes: Map<number, string> }> {
  for (const up of ['.', '..', '../..', '../../..']) {
    const models = join(folder, up, 'models');
    if (!(await isFolder(models))) continue;
    const entries = await list(models);
    const meshes = new Map<number, string>();
    for (const { name } of entries) {
      const match = /^obj_0*(\d+)/.exec(name);
      if (match !== null && meshExtensions.has(extname(name).toLowerCase())) {
        meshes.set(Number(match[1]), relative(folder, join(models, name)));
      }
    }
    const info = join(models, 'models_info.json');
    return { info: entries.some(({ name }) => name === 'models_info.json') ? info : undefined, meshes };
  }
  return { info: undefined, meshes: new Map() };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    entry => entry.isDirectory(),
    () => false,
  );
}

/** Width and height from the head of a picture file, as `decodePicture` will see it. */
export async function pictureSize(path: string): Promise<{ readonly width: number; readonly height: number }> {
  try {
    const { autoOrient } = await sharp(path).metadata();
    return autoOrient;
  } catch {
    // Says what is wrong with the file.
    const { width, height } = await decodePicture(await readNamed(path, 'image', createSourceReader()), path);
    return { width, height };
  }
}

/** An object's mesh in millimetres, with its texture. Throws a LabError of code 'input' that names the file. */
export async function readPoseModel(
  folder: string,
  object: SceneObject,
  sources: SourceReader = createSourceReader(),
): Promise<PoseModel> {
  if (object.meshFile === undefined) {
    throw new LabError({
      code: 'input',
      message: `Object ${object.objectId} (${object.name}) has no mesh.`,
      tip: 'Leave it out, or give one with --mesh.',
      where: folder,
    });
  }
  const path = resolve(folder, object.meshFile);
  const read = decodeMesh(await readNamed(path, 'mesh', sources), path, name => {
    try {
      return sources.readSync(resolve(dirname(path), name));
    } catch {
      return undefined;
    }
  });
  const isTurned = object.textureOrigin === 'top-left' && /\.(ply|obj)$/i.test(path);
  const mesh = scaleMesh(
    isTurned ? { ...read, textureCoordinates: read.textureCoordinates?.map((t, i) => (i % 2 ? 1 - t : t)) } : read,
    object.millimetresPerMeshUnit,
  );
  const notes = [...(read.notes ?? [])];
  const texture = await readTexture(folder, path, object, mesh.texture, notes, sources);
  return { objectId: object.objectId, name: object.name, mesh, texture, notes };
}

async function readTexture(
  folder: string,
  meshPath: string,
  object: SceneObject,
  texture: { readonly name: string; readonly bytes?: Uint8Array | undefined } | undefined,
  notes: string[],
  sources: SourceReader,
): Promise<TexturePixels | undefined> {
  const name = object.textureFile ?? texture?.name;
  if (name === undefined) return undefined;
  const path = resolve(object.textureFile === undefined ? dirname(meshPath) : folder, name);
  let bytes = object.textureFile === undefined ? texture?.bytes : undefined;
  try {
    bytes ??= await sources.read(path);
  } catch {
    notes.push(`The texture ${name} is missing, so the mesh is drawn in one colour.`);
    return undefined;
  }
  return asColour(await decodePicture(bytes, path));
}

/** The pixels of one frame. Throws a LabError of code 'input' where a picture cannot be read or has another size. */
export async function readPoseFrame(
  folder: string,
  frame: SceneFrame,
  sources: SourceReader = createSourceReader(),
): Promise<FramePixels> {
  const { camera } = frame;
  const path = (file: string) => resolve(folder, file);
  const picture = await decodePicture(await readNamed(path(frame.imageFile), 'image', sources), path(frame.imageFile));
  requireSize(picture, camera, 'The image is', 'its camera matrix is for', path(frame.imageFile));
  const labels = frame.labelFile === undefined ? undefined : await readLevels(path(frame.labelFile), camera, sources);
  const masks = await Promise.all(
    frame.instances.map(async ({ label, maskFile }) => {
      if (maskFile !== undefined) {
        const file = path(maskFile);
        const mask = await decodePicture(await readNamed(file, 'mask', sources), file);
        requireSize(mask, camera, 'The mask is', 'the image is', file);
        return whereObject(brightest(mask), file);
      }
      return labels && maskOf(labels, label);
    }),
  );
  return {
    camera,
    image: asColour(picture).values,
    depthMillimetres:
      frame.depthFile === undefined
        ? undefined
        : await readDepth(path(frame.depthFile), frame.millimetresPerDepthStep, camera, sources),
    masks,
    labels,
  };
}

/** Everything in memory: for samples, tests and small scenes. Objects without a mesh are left out of `models`. */
export async function loadPoseScene(path: string, unitMillimetres?: number): Promise<LoadedPoseScene> {
  const { scene, folder } = await readPoseScene(path, unitMillimetres);
  const models = new Map<number, PoseModel>();
  for (const object of scene.objects) {
    if (object.meshFile !== undefined) models.set(object.objectId, await readPoseModel(folder, object));
  }
  const pixels: FramePixels[] = [];
  for (const frame of scene.frames) pixels.push(await readPoseFrame(folder, frame));
  return { scene, models, pixels };
}

/** 1 where the label picture has `label`; undefined: anything but 0. */
function maskOf(labels: Uint16Array, label: number | undefined): Float32Array {
  const mask = new Float32Array(labels.length);
  for (let i = 0; i < mask.length; i++) mask[i] = (label === undefined ? labels[i] > 0 : labels[i] === label) ? 1 : 0;
  return mask;
}

/** [height, width] z-depth in millimetres, 0 where unknown: PNG of 16 bits, or NPY, times `scale`. */
async function readDepth(
  path: string,
  scale: number,
  size: { readonly width: number; readonly height: number },
  sources: SourceReader,
): Promise<Float32Array> {
  const bytes = await readNamed(path, 'depth', sources);
  if (extname(path).toLowerCase() === '.npy') {
    const { shape, data } = decodeNpy(bytes, path);
    requireSize({ width: shape[1], height: shape[0] }, size, 'The depth image is', 'the image is', path);
    return Float32Array.from(data, value => (value > 0 && value < Infinity ? value * scale : 0));
  }
  const picture = await decodePicture(bytes, path);
  requireSize(picture, size, 'The depth image is', 'the image is', path);
  if (picture.channels !== 1) {
    throw new LabError({
      code: 'input',
      message: 'The depth image is in colour; one channel of 16 bits is needed.',
      tip: 'Give the depth itself, not a picture of it.',
      where: path,
    });
  }
  if (picture.bitDepth === 8) {
    throw new LabError({
      code: 'input',
      message: 'The depth image has 8 bits; 16 are needed.',
      tip: 'Give the depth itself, as a PNG of 16 bits or an .npy file, not a picture made to look at.',
      where: path,
    });
  }
  return picture.values.map(value => Math.round(value * 65535) * scale);
}

/** [height, width], whole numbers as stored; of a picture with a palette the indices. */
async function readLevels(
  path: string,
  size: { readonly width: number; readonly height: number },
  sources: SourceReader,
): Promise<Uint16Array> {
  const bytes = await readNamed(path, 'label picture', sources);
  const indexed = paletteIndicesAsGrey(bytes);
  const picture = await decodePicture(indexed?.bytes ?? bytes, path);
  requireSize(picture, size, 'The mask is', 'the image is', path);
  const { channels, values } = picture;
  const levels = indexed?.white ?? (picture.bitDepth === 8 ? 255 : 65535);
  const isGrey = channels === 1 || values.every((value, i) => value === values[i - (i % 3)]);
  if (!isGrey) {
    throw new LabError({
      code: 'input',
      message: 'The label picture has colours; one number per pixel is needed.',
      tip: 'Save it as a PNG that is grey or has a palette, whose values are the labels.',
      where: path,
    });
  }
  return Uint16Array.from({ length: values.length / channels }, (_, i) => Math.round(values[i * channels] * levels));
}

/** A mask whose one value is dark, such as 1 of 255, is as good as a bright one; several dark ones are labels. */
function whereObject(mask: Float32Array, file: string): Float32Array {
  const levels = new Set<number>();
  for (const value of mask) {
    if (value > 0.5) return mask;
    if (value > 0) levels.add(value);
  }
  if (levels.size <= 1) return mask.map(value => (value > 0 ? 1 : 0));
  const listed = [...levels].sort((a, b) => a - b).map(value => Math.round(255 * value));
  throw new LabError({
    code: 'input',
    message: `The mask has no bright pixel, but the values ${listed.slice(0, 8).join(', ')}${listed.length > 8 ? ', …' : ''} of 255.`,
    tip: 'If they are labels, say with --label which one is the object; else make the object white.',
    where: file,
  });
}

function brightest({ channels, values }: Picture): Float32Array {
  if (channels === 1) return values;
  return Float32Array.from({ length: values.length / 3 }, (_, i) =>
    Math.max(values[3 * i], values[3 * i + 1], values[3 * i + 2]),
  );
}

function asColour({ width, height, channels, values }: Picture): TexturePixels {
  if (channels === 3) return { width, height, values };
  return {
    width,
    height,
    values: Float32Array.from({ length: 3 * values.length }, (_, i) => values[Math.floor(i / 3)]),
  };
}

function requireSize(
  found: { readonly width: number; readonly height: number },
  wanted: { readonly width: number; readonly height: number },
  isWhat: string,
  butWhat: string,
  where: string,
): void {
  if (found.width === wanted.width && found.height === wanted.height) return;
  throw new LabError({
    code: 'input',
    message: `${isWhat} ${found.width} × ${found.height} but ${butWhat} ${wanted.width} × ${wanted.height}.`,
    tip: 'Give all pictures of a frame, and its camera matrix, for the same size.',
    where,
  });
}

/** Throws a LabError of code 'input' that says what the file was to be. */
export async function readNamed(path: string, what: string, sources: SourceReader): Promise<Uint8Array> {
  try {
    return await sources.read(path);
  } catch (cause) {
    throw new LabError({
      code: 'input',
      message: `The ${what} file is missing or cannot be read.`,
      tip: 'Check its path; of a scene, copy all files again.',
      where: path,
      cause,
    });
  }
}
