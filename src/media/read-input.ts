// Loads what a user names: a picture, a video, a folder of pictures or a TIFF with pages as one, or a NumPy array, with
// the digest of every file for the recipe of the run. The Node variant.
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { everyFrame, type FrameReference, frameChoiceText, splitFrameChoice } from '../formats/frame-choice.ts';
import { decodeNpy, looksLikeNpy, type NpyArray, npyExtent } from '../formats/npy.ts';
import { decodeNpz, looksLikeZip, unpackedBytes } from '../formats/npz.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';
import { countFrames, decodePicture, type PictureExtent } from './decode-picture.ts';
import { requireMemory } from './memory.ts';
import type { Picture } from './picture.ts';
import { describeOtherContent, sniffPictureFormat } from './picture-container.ts';
import {
  type ReadFramesOptions,
  readFolder,
  readPages,
  readVideoFile,
  shrinkTo,
  type VideoInput,
} from './read-frames.ts';
import { explainFileError, isMissing, readBeginning, readSource } from './source-file.ts';
import type { SourceFile } from './source-reader.ts';
import { looksLikeVideo, videoExtensions } from './video-container.ts';

export interface PictureInput {
  readonly kind: 'picture';
  readonly picture: Picture;
  readonly files: readonly SourceFile[];
}

export interface ArrayInput {
  readonly kind: 'array';
  readonly array: NpyArray;
  readonly files: readonly SourceFile[];
}

export type InputFile = PictureInput | VideoInput | ArrayInput;

export interface ReadInputOptions extends Omit<ReadFramesOptions, 'further'> {
  /** Bytes that whoever wants the input takes besides it. */
  readonly further?: ((extent: InputExtent) => number) | undefined;
}

/** What is known of an input before it is read. */
export interface InputExtent {
  readonly kind: InputFile['kind'];
  readonly shape: readonly number[];
}

const floatBytes = 4;

/**
 * What lies at `path`: a picture file, a video file, a TIFF file whose pages are frames, a folder of pictures, an .npy
 * file, or an .npz file, of which `file.npz#name` picks one array. Of videos of any kind `clip.mp4#frames=0:100:2` chooses
 * frames. Throws a LabError of
 * code 'input' for anything that cannot be read, of code 'memory' for what does not fit with all that it is wanted for,
 * where its size is known before it is read.
 */
export async function readInput(path: string, options: ReadInputOptions = {}): Promise<InputFile> {
  const { path: named, choice } = await splitChoice(path);
  const { filePath, arrayName } = await splitArrayName(named);
  const entry = await statInput(filePath);
  if (entry.isDirectory()) return readFolder(filePath, choice, options);
  if (!entry.isFile()) {
    throw new LabError({
      code: 'input',
      message: 'This is neither a file nor a folder but a device, pipe or socket.',
      tip: 'Give a picture, a video, a folder of pictures, or a NumPy array.',
      where: path,
    });
  }
  const beginning = await readBeginning(filePath);
  const extension = extname(filePath).toLowerCase();
  if (looksLikeVideo(beginning)) return readVideoFile(filePath, choice, options);
  const further = options.further ?? (() => 0);
  const extent = npyExtent(beginning);
  const isArray = extent !== undefined || extension === '.npz' || extension === '.npy';
  if (isArray && choice !== everyFrame) throw noFrames(filePath, frameChoiceText(choice));
  if (extent !== undefined) {
    const values = floatBytes * elementsOf(extent.shape);
    const wanted = further({ kind: 'array', shape: extent.shape });
    requireMemory(entry.size + extent.decodedBytes + values + wanted, filePath);
  }
  const { bytes, file } = await readSource(filePath);
  if (extension === '.npz' || (extension !== '.npy' && looksLikeZip(bytes))) {
    // Unpacked, decoded, and as numbers of the fit.
    requireMemory(3 * unpackedBytes(bytes), filePath);
    return { kind: 'array', array: pickArray(decodeNpz(bytes, filePath), arrayName, filePath), files: [file] };
  }
  if (extension === '.npy' || looksLikeNpy(bytes)) {
    return { kind: 'array', array: decodeNpy(bytes, filePath), files: [file] };
  }
  const expect = ({ height, width, channels }: PictureExtent) => {
    const shape = [height, width, channels];
    requireMemory(2 * floatBytes * elementsOf(shape) + further({ kind: 'picture', shape }), filePath);
  };
  const frames = await countFrames(bytes);
  if (frames > 1) return readPages(bytes, file, frames, choice, options);
  if (choice !== everyFrame) throw noFrames(filePath, frameChoiceText(choice));
  if (videoExtensions.has(extension) && sniffPictureFormat(bytes) === undefined) throw noVideo(filePath, bytes);
  const picture = await decodePicture(bytes, filePath, expect);
  const small = shrinkTo(picture, options.same?.maxSide);
  return { kind: 'picture', picture: { ...picture, ...small }, files: [file] };
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Only behind `.npz` is `#` a separator, and only where no file has the whole name. */
async function splitArrayName(path: string): Promise<{ filePath: string; arrayName: string | undefined }> {
  const match = /^(.*\.npz)#(.+)$/is.exec(path);
  if (match === null || (await exists(path))) return { filePath: path, arrayName: undefined };
  return { filePath: match[1], arrayName: match[2] };
}

/** The video file that an input names, with the frames chosen of it; undefined for everything else. */
export async function videoFileOf(path: string): Promise<FrameReference | undefined> {
  const named = await splitChoice(path);
  const entry = await stat(named.path).catch(() => undefined);
  return entry?.isFile() && looksLikeVideo(await readBeginning(named.path)) ? named : undefined;
}

/** What begins like a choice of frames is one, except where a file has the whole name. */
async function splitChoice(path: string): Promise<FrameReference> {
  const split = splitFrameChoice(path);
  return split.choice !== everyFrame && (await exists(path)) ? { path, choice: everyFrame } : split;
}

function noFrames(path: string, choice: string): LabError {
  return new LabError({
    code: 'input',
    message: `Only a video or a folder of pictures has frames to choose (${choice}).`,
    tip: 'Leave the choice of frames out.',
    where: path,
  });
}

function noVideo(path: string, bytes: Uint8Array): LabError {
  const other = describeOtherContent(bytes);
  return new LabError({
    code: 'input',
    message: `The file is called like a video but ${other === undefined ? 'does not begin like one' : `looks like ${other}`}.`,
    tip: 'Play it in a video player: if that fails too, copy or download it again.',
    where: path,
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function pickArray(arrays: ReadonlyMap<string, NpyArray>, wanted: string | undefined, path: string): NpyArray {
  const names = [...arrays.keys()];
  const list = names.map(name => `'${name}'`).join(', ');
  if (wanted === undefined) {
    if (names.length === 1) return arrays.get(names[0])!;
    throw new LabError({
      code: 'input',
      message: `The archive holds ${names.length} arrays: ${list}.`,
      tip: `Name one of them behind the file: ${basename(path)}#${names[0]}.`,
      where: path,
    });
  }
  const array = arrays.get(wanted);
  if (array !== undefined) return array;
  const near = nearestName(wanted, names);
  throw new LabError({
    code: 'input',
    message: `The archive holds no array '${wanted}', only ${list}.`,
    tip: near === undefined ? 'Name one of these.' : `Did you mean '${near}'?`,
    where: path,
  });
}

async function statInput(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if (!isMissing(cause)) throw explainFileError(cause, path);
    const near = await nearestNeighbour(path);
    throw new LabError({
      code: 'input',
      message: `There is no file or folder named ${basename(path)}.`,
      tip: near === undefined ? 'Check the spelling and the folder.' : `Did you mean ${near}?`,
      where: path,
      cause,
    });
  }
}

async function nearestNeighbour(path: string): Promise<string | undefined> {
  try {
    return nearestName(basename(path), await readdir(dirname(path)));
  } catch {
    return undefined;
  }
}
