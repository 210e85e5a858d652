// Loads what a user names: a picture, a folder of pictures or a TIFF with pages as a video, or a NumPy array, with the
// digest of every file for the recipe of the run. The Node variant.
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { decodeNpy, looksLikeNpy, type NpyArray, npyExtent } from '../formats/npy.ts';
import { decodeNpz, looksLikeZip, unpackedBytes } from '../formats/npz.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';
import { countFrames, decodePicture, type PictureExtent } from './decode-picture.ts';
import { requireMemory } from './memory.ts';
import { compareNatural } from './natural-order.ts';
import type { Picture } from './picture.ts';
import { pictureExtensions } from './picture-container.ts';
import { type SourceFile, sourceFile } from './source-reader.ts';

export interface PictureInput {
  readonly kind: 'picture';
  readonly picture: Picture;
  readonly files: readonly SourceFile[];
}

export interface VideoInput {
  readonly kind: 'video';
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [frame, height, width, channels], 0 to 1; alpha of the files is left out. */
  readonly values: Float32Array;
  /** The largest of the frames. */
  readonly bitDepth: 8 | 16;
  /** One per frame, in order; or one that holds them all. */
  readonly files: readonly SourceFile[];
}

export interface ArrayInput {
  readonly kind: 'array';
  readonly array: NpyArray;
  readonly files: readonly SourceFile[];
}

export type InputFile = PictureInput | VideoInput | ArrayInput;

export interface ReadInputOptions {
  /** Called after every frame of a video, in order. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Bytes that whoever wants the input takes besides it. */
  readonly further?: ((extent: InputExtent) => number) | undefined;
}

/** What is known of an input before it is read. */
export interface InputExtent {
  readonly kind: InputFile['kind'];
  readonly shape: readonly number[];
}

const framesAtOnce = 4;
/** 8 GiB of floats. */
const mostVideoValues = 2 ** 31;
/** Holds the header of any .npy file that NumPy writes for plain numbers. */
const headerBytes = 65536;
const floatBytes = 4;
const pictureKinds = 'PNG, JPEG, WebP, TIFF, AVIF or GIF';

/**
 * What lies at `path`: a picture file, a TIFF file whose pages are frames, a folder of pictures (in natural order of their
 * names; hidden and other files are skipped), an .npy file, or an .npz file, of which `file.npz#name` picks one array. Throws a LabError of code 'input'
 * for anything that cannot be read, of code 'memory' for what does not fit with all that it is wanted for, where its size
 * is known before it is read.
 */
export async function readInput(path: string, options: ReadInputOptions = {}): Promise<InputFile> {
  const { filePath, arrayName } = await splitArrayName(path);
  const entry = await statInput(filePath);
  if (entry.isDirectory()) return readFolder(filePath, options);
  if (!entry.isFile()) {
    throw new LabError({
      code: 'input',
      message: 'This is neither a file nor a folder but a device, pipe or socket.',
      tip: 'Give a picture, a folder of pictures, or a NumPy array.',
      where: path,
    });
  }
  const further = options.further ?? (() => 0);
  const extent = npyExtent(await readBeginning(filePath));
  if (extent !== undefined) {
    const values = floatBytes * elementsOf(extent.shape);
    const wanted = further({ kind: 'array', shape: extent.shape });
    requireMemory(entry.size + extent.decodedBytes + values + wanted, filePath);
  }
  const { bytes, file } = await readSource(filePath);
  const extension = extname(filePath).toLowerCase();
  if (extension === '.npz' || (extension !== '.npy' && looksLikeZip(bytes))) {
    // Unpacked, decoded, and as numbers of the fit.
    requireMemory(3 * unpackedBytes(bytes), filePath);
    return { kind: 'array', array: pickArray(decodeNpz(bytes, filePath), arrayName, filePath), files: [file] };
  }
  if (extension === '.npy' || looksLikeNpy(bytes)) {
    return { kind: 'array', array: decodeNpy(bytes, filePath), files: [file] };
  }
  const frames = await countFrames(bytes);
  if (frames > 1) return readPages(bytes, file, frames, options);
  const expect = ({ height, width, channels }: PictureExtent) => {
    const shape = [height, width, channels];
    requireMemory(2 * floatBytes * elementsOf(shape) + further({ kind: 'picture', shape }), filePath);
  };
  return { kind: 'picture', picture: await decodePicture(bytes, filePath, expect), files: [file] };
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

async function readBeginning(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(headerBytes), 0, headerBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw explainFileError(cause, path);
  }
}

/** Only behind `.npz` is `#` a separator, and only where no file has the whole name. */
async function splitArrayName(path: string): Promise<{ filePath: string; arrayName: string | undefined }> {
  const match = /^(.*\.npz)#(.+)$/is.exec(path);
  if (match === null || (await exists(path))) return { filePath: path, arrayName: undefined };
  return { filePath: match[1], arrayName: match[2] };
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

async function readFolder(folder: string, { onProgress, further = () => 0 }: ReadInputOptions): Promise<VideoInput> {
  const names = await listPictures(folder);
  const paths = names.map(name => join(folder, name));
  const first = await readFrame(paths[0]);
  const { width, height, channels } = first.picture;
  const shape = [paths.length, height, width, channels];
  requireMemory(floatBytes * elementsOf(shape) + further({ kind: 'video', shape }), folder);
  const values = allocateVideo(paths.length, first.picture, folder);
  const files: SourceFile[] = [];
  let bitDepth: 8 | 16 = 8;
  const accept = ({ picture, file }: Frame) => {
    requireSameSize(picture, file, first);
    values.set(picture.values, files.length * width * height * channels);
    if (picture.bitDepth === 16) bitDepth = 16;
    files.push(file);
    onProgress?.(files.length, paths.length);
  };
  accept(first);
  while (files.length < paths.length) {
    const batch = paths.slice(files.length, files.length + framesAtOnce);
    // Settled, so that the first fault in order is the one reported and no decoder runs on behind an error.
    const results = await Promise.allSettled(batch.map(readFrame));
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      accept(result.value);
    }
  }
  return { kind: 'video', frames: paths.length, width, height, channels, values, bitDepth, files };
}

/** The pages of a file, all of one size and kind. */
async function readPages(
  bytes: Uint8Array,
  file: SourceFile,
  frames: number,
  { onProgress, further = () => 0 }: ReadInputOptions,
): Promise<VideoInput> {
  const expect = ({ height, width, channels }: PictureExtent) => {
    const shape = [frames, height, width, channels];
    requireMemory(floatBytes * elementsOf(shape) + further({ kind: 'video', shape }), file.path);
  };
  const first = await decodePicture(bytes, file.path, expect);
  const { width, height, channels, bitDepth } = first;
  const values = allocateVideo(frames, first, file.path);
  for (let page = 0; page < frames; page++) {
    const picture = page === 0 ? first : await decodePicture(bytes, file.path, undefined, page);
    values.set(picture.values, page * picture.values.length);
    onProgress?.(page + 1, frames);
  }
  return { kind: 'video', frames, width, height, channels, values, bitDepth, files: [file] };
}

interface Frame {
  readonly picture: Picture;
  readonly file: SourceFile;
}

async function readFrame(path: string): Promise<Frame> {
  const { bytes, file } = await readSource(path);
  return { picture: await decodePicture(bytes, path), file };
}

async function listPictures(folder: string): Promise<string[]> {
  let entries: { readonly name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw explainFileError(cause, folder);
  }
  const visible = entries.filter(entry => !entry.name.startsWith('.'));
  const pictures = visible.filter(
    entry => !entry.isDirectory() && pictureExtensions.has(extname(entry.name).toLowerCase()),
  );
  if (pictures.length > 0) return pictures.map(entry => entry.name).sort(compareNatural);
  throw new LabError({
    code: 'input',
    message: `The folder holds no pictures; ${describeEntries(visible)}.`,
    tip: `Give a folder with ${pictureKinds} files.`,
    where: folder,
  });
}

function describeEntries(entries: readonly { readonly name: string; isDirectory(): boolean }[]): string {
  if (entries.length === 0) return 'it is empty';
  const names = entries.map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort(compareNatural);
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `it holds ${names.slice(0, 5).join(', ')}${rest}`;
}

function requireSameSize(picture: Picture, file: SourceFile, first: Frame): void {
  const expected = first.picture;
  const isSameSize = picture.width === expected.width && picture.height === expected.height;
  if (isSameSize && picture.channels === expected.channels) return;
  const [actual, wanted] = isSameSize
    ? [channelPhrase(picture), channelPhrase(expected)]
    : [`${picture.width} × ${picture.height}`, `${expected.width} × ${expected.height}`];
  throw new LabError({
    code: 'input',
    message: `Frame ${file.name} is ${actual} but the first frame, ${first.file.name}, is ${wanted}.`,
    tip: 'Give all frames the same size and number of channels, or move the others out of the folder.',
    where: file.path,
  });
}

function channelPhrase({ channels }: Picture): string {
  return channels === 1 ? 'grey (1 channel)' : 'colour (3 channels)';
}

function allocateVideo(frames: number, { width, height, channels }: Picture, folder: string): Float32Array {
  const count = frames * width * height * channels;
  const gibibytes = ((count * 4) / 2 ** 30).toFixed(1);
  const tooLarge = (cause?: unknown) =>
    new LabError({
      code: 'memory',
      message: `The video of ${frames} frames of ${width} × ${height} × ${channels} takes ${gibibytes} GiB of memory.`,
      tip: 'Use fewer frames or scale them down.',
      where: folder,
      cause,
    });
  if (count > mostVideoValues) throw tooLarge();
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw tooLarge(cause);
  }
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

async function readSource(path: string): Promise<{ bytes: Uint8Array; file: SourceFile }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw explainFileError(cause, path);
  }
  return { bytes, file: sourceFile(path, bytes) };
}

function isMissing(thrown: unknown): boolean {
  return errorCode(thrown) === 'ENOENT' || errorCode(thrown) === 'ENOTDIR';
}

function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** For a path that was there when it was first looked at. */
function explainFileError(cause: unknown, path: string): LabError {
  const because = (message: string, tip: string) => new LabError({ code: 'input', message, tip, where: path, cause });
  const name = basename(path);
  if (isMissing(cause)) {
    return because(
      `${name} disappeared while it was being read.`,
      'Wait until the program that writes the files is done, then load them again.',
    );
  }
  switch (errorCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return because(`Permission to read ${name} was denied.`, 'Change the permissions of the file or its folder.');
    case 'EISDIR':
      return because(`${name} is a folder, not a picture file.`, 'Rename it or move it out of the folder.');
    case 'ERR_FS_FILE_TOO_LARGE':
      return because(`${name} is larger than 2 GiB, the most that can be read at once.`, 'Split or scale the data.');
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return because(`${name} could not be read: ${reason}.`, 'Check the disk and the connection to it.');
    }
  }
}
