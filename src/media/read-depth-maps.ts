// Depth maps that lie beside the cameras of a video: of a run's exports with its confidence, or of a data set. Read one by one,
// since there can be hundreds. Node.
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DepthFile, decodeDepthJson, decodeSceneDepth } from '../formats/depth-files.ts';
import { decodeNpz } from '../formats/npz.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePicture } from './decode-picture.ts';

/** Values [height, width] of a picture of its own size. */
export interface PictureMap {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}

export interface DepthMapFile {
  /** The photo it belongs to. */
  readonly imageFile: string;
  /** z-depth in the unit of the cameras, 0 where it is unknown. Throws a LabError of code 'input' for a picture that holds no depth. */
  read(): Promise<PictureMap>;
  /** 0 to 1, where it is known. */
  readonly confidence: PictureMap | undefined;
}

/** In the order of the files; none where `path` (of a run, a folder or a file of cameras) has no depth beside it. */
export async function readDepthMaps(path: string): Promise<readonly DepthMapFile[]> {
  const given = await stat(path).catch(() => undefined);
  const beside = given?.isDirectory() === true ? path : dirname(path);
  for (const folder of [join(beside, 'exports'), beside]) {
    const sidecar = join(folder, 'depth', 'depth.json');
    if (existsSync(sidecar)) {
      const maps = await confidenceMaps(join(folder, 'depth.npz'));
      return decodeDepthJson(await readFile(sidecar), sidecar).map((entry, f) =>
        depthMapFile(dirname(sidecar), entry, maps[f]),
      );
    }
    const scene = join(folder, 'scene.json');
    if (existsSync(scene)) {
      return decodeSceneDepth(await readFile(scene), scene).map(entry => depthMapFile(folder, entry, undefined));
    }
  }
  return [];
}

function depthMapFile(
  folder: string,
  { file, scale, imageFile }: DepthFile,
  confidence: PictureMap | undefined,
): DepthMapFile {
  const path = join(folder, file);
  return {
    imageFile,
    confidence,
    async read() {
      const { width, height, channels, bitDepth, values } = await decodePicture(await readFile(path), path);
      if (channels !== 1) {
        throw new LabError({
          code: 'input',
          message: 'The depth picture is in colour; one channel of 16 bits is needed.',
          where: path,
          tip: 'Give the depth itself, not a picture of it.',
        });
      }
      const steps = 2 ** bitDepth - 1;
      return { width, height, values: values.map(value => Math.round(value * steps) * scale) };
    },
  };
}

async function confidenceMaps(path: string): Promise<PictureMap[]> {
  if (!existsSync(path)) return [];
  const array = decodeNpz(await readFile(path), path).get('confidence');
  if (array?.shape.length !== 3 || !(array.data instanceof Float32Array)) return [];
  const [frames, height, width] = array.shape;
  const { data } = array;
  const size = width * height;
  return Array.from({ length: frames }, (_, f) => ({
    ...{ width, height, values: data.subarray(f * size, (f + 1) * size) },
  }));
}
