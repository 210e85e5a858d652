// Reads the frames that were chosen of a video file or of a folder of pictures into one array. The Node variant.

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type FrameChoice, groupFrames } from '../formats/frame-choice.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePicture } from './decode-picture.ts';
import { availableBytes, requireMemory } from './memory.ts';
import { compareNatural } from './natural-order.ts';
import type { Picture } from './picture.ts';
import { pictureExtensions } from './picture-container.ts';
import { type FramePicture, sharpnessOf, shrinkPicture } from './raw-frame.ts';
import { openVideo, type Video } from './read-video.ts';
import { digestSource, explainFileError, readSource } from './source-file.ts';
import type { SourceFile } from './source-reader.ts';

export interface VideoInput {
  readonly kind: 'video';
  readonly frames: number;
  /** How many there were to choose from. */
  readonly available: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [frame, height, width, channels], 0 to 1; alpha of the files is left out. */
  readonly values: Float32Array;
  /** The largest of the frames. */
  readonly bitDepth: 8 | 16;
  /** One per frame that was read, in order; or one that holds them all. */
  readonly files: readonly SourceFile[];
  /** When each frame is shown; undefined for pictures. */
  readonly seconds: Float64Array | undefined;
  /** In pixels of these frames, as the camera wrote it into the file; undefined where it did not. */
  readonly focalLengthPixels: number | undefined;
  /** What a user should know about how the frames were taken, in sentences. */
  readonly notes: readonly string[];
}

export interface ReadFramesOptions {
  /** Called after every frame, in order. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Bytes that whoever wants the frames takes besides them. */
  readonly further?: ((extent: { readonly kind: 'video'; readonly shape: readonly number[] }) => number) | undefined;
}

/** Frames of a video file unless another number is asked for. */
export const usualMaxFrames = 60;

const framesAtOnce = 4;
/** 8 GiB of floats. */
const mostVideoValues = 2 ** 31;
const floatBytes = 4;
const pictureKinds = 'PNG, JPEG, WebP, TIFF, AVIF or GIF';

/** A video file with the frames chosen of it, before any is decoded. */
export interface VideoPlan {
  readonly video: Video;
  readonly groups: readonly number[][];
  /** [frame, height, width, channels] */
  readonly shape: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Opens a video file and chooses frames: at most 60 unless the choice says otherwise, with as much time between them. Whoever
 * asks disposes of the video. Throws `input` errors.
 */
export async function planVideo(path: string, choice: FrameChoice): Promise<VideoPlan> {
  const video = await openVideo(path, choice.maxSide);
  try {
    const groups = groupFrames(video.seconds.length, choice, choice.maxFrames ?? usualMaxFrames);
    const shape = [groups.length, video.height, video.width, 3];
    return { video, groups, shape, notes: [...video.notes, ...choiceNotes(video, choice, groups)] };
  } catch (thrown) {
    video.dispose();
    throw thrown;
  }
}

/** Throws like `planVideo`, and a `memory` error before anything is decoded where the frames would not fit. */
export async function readVideoFile(
  path: string,
  choice: FrameChoice,
  options: ReadFramesOptions,
): Promise<VideoInput> {
  const { video, groups, shape, notes } = await planVideo(path, choice);
  try {
    requireVideoMemory(shape, path, options);
    const file = await digestSource(path);
    const damage: string[] = [];
    const frames = video.frames(groups.flat(), text => damage.push(text));
    const { indices, ...collected } = await collectFrames(frames, groups, path, options);
    return {
      kind: 'video',
      ...collected,
      available: video.seconds.length,
      files: [file],
      seconds: Float64Array.from(indices, index => video.seconds[index]),
      focalLengthPixels: video.focalLengthPixels,
      notes: [...notes, ...damage],
    };
  } finally {
    video.dispose();
  }
}

/** One of the chosen frames (counted from 0), to be looked at. Throws like `planVideo`. */
export async function readVideoFrame(path: string, choice: FrameChoice, frame: number): Promise<FramePicture> {
  const { video, groups } = await planVideo(path, choice);
  try {
    const wanted = groups[frame]?.[0];
    if (wanted === undefined) {
      throw new LabError({
        code: 'input',
        message: `Of the video ${groups.length} frames are chosen; there is no number ${frame} among them.`,
        tip: 'Choose another frame.',
        where: path,
      });
    }
    for await (const { picture } of video.frames([wanted])) return picture;
    throw new LabError({ code: 'internal', message: `Frame ${wanted} did not come.`, where: path });
  } finally {
    video.dispose();
  }
}

/** Says which frames were taken where that is not what was asked for. */
function choiceNotes({ seconds }: Video, choice: FrameChoice, groups: readonly number[][]): string[] {
  if (choice.maxFrames !== undefined || groups.length < 2) return [];
  const step = groups[1][0] - groups[0][0];
  if (step === choice.stride) return [];
  return [
    `Of ${seconds.length} frames every ${ordinal(step)} is taken, ${groups.length} in all; another range or number can be chosen (--frames, --max-frames).`,
  ];
}

function ordinal(n: number): string {
  const teens = n % 100 >= 11 && n % 100 <= 13;
  return `${n}${teens ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
}

/**
 * The chosen pictures of a folder (in natural order of their names; hidden and other files are skipped) as a video. Throws
 * like `readVideoFile`, and an `input` error where they differ in size.
 */
export async function readFolder(folder: string, choice: FrameChoice, options: ReadFramesOptions): Promise<VideoInput> {
  const names = await listPictures(folder);
  const read = async (index: number): Promise<ReadPicture> => {
    const path = join(folder, names[index]);
    const { bytes, file } = await readSource(path);
    return { picture: await decodePicture(bytes, path), file };
  };
  return readSequence({ where: folder, available: names.length, read }, choice, options);
}

/** The chosen pages of a TIFF file, all of one size and kind. Throws like `readVideoFile`. */
export async function readPages(
  bytes: Uint8Array,
  file: SourceFile,
  pages: number,
  choice: FrameChoice,
  options: ReadFramesOptions,
): Promise<VideoInput> {
  const read = async (page: number): Promise<ReadPicture> => ({
    picture: await decodePicture(bytes, file.path, undefined, page),
    file,
  });
  return readSequence({ where: file.path, available: pages, read }, choice, options);
}

interface PictureSequence {
  readonly where: string;
  readonly available: number;
  read(index: number): Promise<ReadPicture>;
}

async function readSequence(
  { where, available, read }: PictureSequence,
  choice: FrameChoice,
  options: ReadFramesOptions,
): Promise<VideoInput> {
  const groups = groupFrames(available, choice);
  const wanted = groups.flat();
  const files: SourceFile[] = [];
  let first: ReadPicture | undefined;
  const frames = async function* () {
    let done = 0;
    for await (const each of readInOrder(wanted, read)) {
      const picture = shrunk(each.picture, choice);
      if (first === undefined) {
        first = each;
        requireVideoMemory([groups.length, picture.height, picture.width, picture.channels], where, options);
      }
      requireSameSize(each, first);
      if (files.at(-1) !== each.file) files.push(each.file);
      yield { index: wanted[done++], picture };
    }
  };
  const { indices: _kept, ...collected } = await collectFrames(frames(), groups, where, options);
  const focal = first?.picture.focalLengthPixels;
  const factor = first === undefined ? 1 : collected.width / first.picture.width;
  return {
    kind: 'video',
    ...collected,
    available,
    files,
    seconds: undefined,
    focalLengthPixels: focal === undefined ? undefined : focal * factor,
    notes: [],
  };
}

function shrunk(picture: Picture, { maxSide }: FrameChoice): FramePicture {
  return shrinkPicture(picture, Math.ceil(Math.max(picture.width, picture.height) / (maxSide ?? Infinity)) || 1);
}

type Collected = Pick<VideoInput, 'frames' | 'width' | 'height' | 'channels' | 'values' | 'bitDepth'>;

/** One frame of each group: its only one, or the sharpest. Groups of which no frame comes are left out. */
async function collectFrames(
  frames: AsyncIterable<{ readonly index: number; readonly picture: FramePicture }>,
  groups: readonly number[][],
  where: string,
  { onProgress }: ReadFramesOptions,
): Promise<Collected & { readonly indices: readonly number[] }> {
  const groupOf = new Map(groups.flatMap((group, n) => group.map(index => [index, n] as const)));
  const indices: number[] = [];
  let shape: FramePicture | undefined;
  let values: Float32Array = new Float32Array(0);
  let bitDepth: 8 | 16 = 8;
  let group = -1;
  let best = 0;
  let done = 0;
  for await (const { index, picture } of frames) {
    if (shape === undefined) values = allocateVideo(groups.length, picture, where);
    shape ??= picture;
    if (picture.bitDepth === 16) bitDepth = 16;
    onProgress?.(++done, groupOf.size);
    const own = groupOf.get(index)!;
    const sharpness = groups[own].length > 1 ? sharpnessOf(picture) : 0;
    if (own === group && sharpness <= best) continue;
    if (own === group) indices.pop();
    [group, best] = [own, sharpness];
    values.set(picture.values, indices.length * picture.values.length);
    indices.push(index);
  }
  const { width, height, channels } = shape!;
  const used = indices.length * width * height * channels;
  const kept = values.length === used ? values : values.slice(0, used);
  return { frames: indices.length, width, height, channels, values: kept, bitDepth, indices };
}

/** Throws a `memory` error that says what would fit. */
export function requireVideoMemory(
  shape: readonly number[],
  where: string,
  { further = () => 0 }: ReadFramesOptions,
): void {
  const [frames, height, width] = shape;
  const bytes = floatBytes * shape.reduce((product, extent) => product * extent, 1) + further({ kind: 'video', shape });
  const available = availableBytes();
  const share = available / bytes;
  const fewer = Math.floor(frames * share);
  const smaller = Math.floor(Math.max(height, width) * Math.sqrt(share));
  const fewerTip = fewer > 1 ? `at most ${fewer} frames (--max-frames), ` : '';
  const tip = `Take ${fewerTip}a longer side of at most ${smaller} px (--max-side), a part (--frames), or end other programs.`;
  requireMemory(bytes, where, available, tip);
}

interface ReadPicture {
  readonly picture: Picture;
  readonly file: SourceFile;
}

/** Several at once, given in order; the first alone, since what does not fit is refused by it. */
async function* readInOrder(
  indices: readonly number[],
  read: PictureSequence['read'],
): AsyncGenerator<ReadPicture, void, void> {
  for (let at = 0; at < indices.length; ) {
    const batch = indices.slice(at, at + (at === 0 ? 1 : framesAtOnce));
    at += batch.length;
    // Settled, so that the first fault in order is the one reported and no decoder runs on behind an error.
    for (const result of await Promise.allSettled(batch.map(read))) {
      if (result.status === 'rejected') throw result.reason;
      yield result.value;
    }
  }
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

function requireSameSize({ picture, file }: ReadPicture, first: ReadPicture): void {
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

function allocateVideo(frames: number, { width, height, channels }: FramePicture, where: string): Float32Array {
  const count = frames * width * height * channels;
  const gibibytes = ((count * 4) / 2 ** 30).toFixed(1);
  const tooLarge = (cause?: unknown) =>
    new LabError({
      code: 'memory',
      message: `The video of ${frames} frames of ${width} × ${height} × ${channels} takes ${gibibytes} GiB of memory.`,
      tip: 'Use fewer frames or scale them down.',
      where,
      cause,
    });
  if (count > mostVideoValues) throw tooLarge();
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw tooLarge(cause);
  }
}
