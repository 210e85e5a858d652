// Reads a path of cameras from disk, whatever form it has: TUM, KITTI, transforms.json, COLMAP, scene.json, or a folder that
// holds one of them, such as that of a run, whose times are joined to its names. Node.
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type CameraPath, type PathCamera, pathError } from '../formats/camera-path.ts';
import { pathOfColmap } from '../formats/colmap.ts';
import { decodeColmapBinary } from '../formats/colmap-binary.ts';
import { decodeColmapText } from '../formats/colmap-text.ts';
import { decodeKitti } from '../formats/kitti.ts';
import { decodeSceneCameras } from '../formats/scene-cameras.ts';
import { decodeTransformsJson } from '../formats/transforms-json.ts';
import { decodeTum } from '../formats/tum.ts';
import { LabError } from '../protocol/lab-error.ts';
import { createSourceReader, type SourceReader } from './source-reader.ts';

/** What is looked for in a folder, the fullest first. */
const knownFiles = ['cameras.bin', 'cameras.txt', 'transforms.json', 'scene.json', 'poses.tum', 'poses.kitti'];
const knownFolders = ['exports', 'colmap', 'sparse', '0'];
const tip =
  'Give a TUM or KITTI file, a transforms.json, a scene.json with cameras, a folder of COLMAP files, or a run that has exports.';

type Sources = Pick<SourceReader, 'read'>;

/** Throws a LabError of code 'input' with `where` = `path` where there is nothing to read or it is damaged. */
export async function readCameraPath(path: string, sources: Sources = createSourceReader()): Promise<CameraPath> {
  const file = await findFile(path, path);
  const name = basename(file);
  const model = /^(cameras|images|points3D)\.(bin|txt)$/.exec(name);
  const cameras =
    model === null ? decodeFile(await sources.read(file), file) : await readColmap(dirname(file), model[2], sources);
  if (cameras.length < 2) throw pathError(path, `${cameras.length} cameras are no path.`, tip);
  return file === path ? cameras : withTimes(cameras, join(dirname(file), 'poses.tum'), sources);
}

/** Cameras that a run has written with their names, with the times that it has written beside them. */
async function withTimes(cameras: CameraPath, file: string, sources: Sources): Promise<CameraPath> {
  if (cameras.some(({ timestamp }) => timestamp !== undefined) || !existsSync(file)) return cameras;
  const timed = decodeTum(await sources.read(file), file);
  // Where there are no times, TUM files number the cameras.
  const hasTimes = timed.some(({ timestamp }, i) => timestamp !== i);
  const areSame = timed.length === cameras.length && timed.every((camera, i) => isSameCentre(camera, cameras[i]));
  return hasTimes && areSame ? cameras.map((camera, i) => ({ ...camera, timestamp: timed[i].timestamp })) : cameras;
}

function isSameCentre({ worldFromCam: a }: PathCamera, { worldFromCam: b }: PathCamera): boolean {
  return a.translation.every((value, k) => Math.abs(value - b.translation[k]) < 1e-6);
}

async function findFile(path: string, asked: string): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new LabError({ code: 'input', message: 'There is no such file or folder.', where: asked, tip, cause });
  }
  if (!isFolder) return path;
  const names = new Set(await readdir(path));
  const file = knownFiles.find(known => names.has(known));
  if (file !== undefined) return join(path, file);
  const folder = knownFolders.find(known => names.has(known));
  if (folder !== undefined) return findFile(join(path, folder), asked);
  throw pathError(asked, 'The folder holds no cameras that the lab can read.', tip);
}

async function readColmap(folder: string, ending: string, sources: Sources): Promise<CameraPath> {
  const files: Record<string, Uint8Array> = {};
  for (const name of await readdir(folder)) {
    if (/^(cameras|images)\./.test(name)) files[name] = await sources.read(join(folder, name));
  }
  // Points can be many and say nothing about the path.
  const withoutPoints = { ...files, 'points3D.bin': new Uint8Array(8), 'points3D.txt': new Uint8Array(0) };
  const decode = ending === 'bin' ? decodeColmapBinary : decodeColmapText;
  return pathOfColmap(decode(withoutPoints, folder), folder);
}

function decodeFile(bytes: Uint8Array, path: string): CameraPath {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  if (/^\s*\{/.test(text)) {
    const isTransforms = new TextDecoder().decode(bytes).includes('"transform_matrix"');
    return isTransforms ? decodeTransformsJson(bytes, path) : decodeSceneCameras(bytes, path);
  }
  const first = text.split(/\r?\n/).find(line => line.trim() !== '' && !line.startsWith('#')) ?? '';
  const count = first.trim().split(/[\s,]+/).length;
  if (count === 8) return decodeTum(bytes, path);
  if (count === 12) return decodeKitti(bytes, path);
  throw pathError(path, `The first line holds ${count} values; TUM has 8 and KITTI 12.`, tip);
}
