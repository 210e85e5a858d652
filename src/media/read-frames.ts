// Reads the frames that were chosen of a video file or of a folder of pictures into one array. The Node variant.

import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { equalMotion, everyFrame, type FrameChoice, groupFrames } from '../formats/frame-choice.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePicture } from './decode-picture.ts';
import { availableBytes, memoryForecast, requireMemory } from './memory.ts';
import { compareNatural } from './natural-order.ts';
import type { Picture } from './picture.ts';
import { pictureExtensions } from './picture-container.ts';
import { MOTION_SIDE, motionBetween } from './picture-motion.ts';
import { type FramePicture, sharpnessOf, shrinkPicture } from './raw-frame.ts';
import { openVideo, scaledText, shrinkFactor, usualMaxSide, type Video } from './read-video.ts';
import { digestSource, explainFileError, readSource } from './source-file.ts';
import type { SourceFile } from './source-reader.ts';

export interface VideoInput {
  readonly kind: 'video';
  readonly frames: number;
  /** How many there were to choose from. */
  readonly available: number;
  /** Which of those were taken, counted from 0. */
  readonly indices: readonly number[];
  /** Longer side to which they were to be scaled down. */
  readonly maxSide: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [frame, height, width, channels], 0 to 1; alpha of the files is left out. */
  readonly values: Float32Array;
  /** The largest of the frames. */
  readonly bitDepth: 8 | 16;
  /** Those that were read, in order; or the one that holds all frames. */
  readonly files: readonly SourceFile[];
  /** Of a folder: the name of each frame. */
  readonly frameNames: readonly string[] | undefined;
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
  /** Longer side in pixels to which frames are scaled down where the choice names none. */
  readonly maxSide?: number | undefined;
  /** The frames of another input that these belong to, one to one: those are taken where the choice names none. */
  readonly same?: TakenFrames | undefined;
}

/** Which frames were taken of an input, for what goes with each of them, such as masks. */
export type TakenFrames = Pick<VideoInput, 'available' | 'indices' | 'maxSide'>;

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
  readonly taken: TakenFrames;
  readonly notes: readonly string[];
}

/**
 * Opens a video file and chooses frames: at most 60 unless the choice says otherwise, with as much time, or motion, between them.
 * For motion the video is decoded once. Whoever asks disposes of the video. Throws `input` errors.
 */
export async function planVideo(
  path: string,
  choice: FrameChoice,
  options: ReadFramesOptions = {},
): Promise<VideoPlan> {
  const maxSide = sideOf(choice, options) ?? usualMaxSide;
  const video = await openVideo(path, maxSide);
  try {
    const limited = { ...choice, maxFrames: choice.maxFrames ?? usualMaxFrames };
    const measure = (candidates: readonly number[]) => videoMotions(path, candidates, options);
    const groups =
      takenOf(video.seconds.length, choice, options) ?? (await groupsOf(video.seconds.length, limited, measure));
    const shape = [groups.length, video.height, video.width, 3];
    const taken = { available: video.seconds.length, indices: groups.map(([first]) => first), maxSide };
    return { video, groups, shape, taken, notes: [...video.notes, ...choiceNotes(video, choice, groups)] };
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
  const { video, groups, shape, taken, notes } = await planVideo(path, choice, options);
  try {
    const forecast = requireVideoMemory(shape, path, options);
    const file = await digestSource(path);
    const damage: string[] = [];
    const frames = video.frames(groups.flat(), text => damage.push(text));
    const collected = await collectFrames(frames, groups, path, options);
    return {
      kind: 'video',
      ...{ ...taken, ...collected },
      files: [file],
      frameNames: undefined,
      seconds: Float64Array.from(collected.indices, index => video.seconds[index]),
      focalLengthPixels: video.focalLengthPixels,
      notes: [...notes, ...forecast, ...damage],
    };
  } finally {
    video.dispose();
  }
}

/** One of the chosen frames (counted from 0), to be looked at. Throws like `planVideo`. */
export async function readVideoFrame(
  path: string,
  choice: FrameChoice,
  frame: number,
  options: ReadFramesOptions = {},
): Promise<FramePicture> {
  const { video, groups } = await planVideo(path, choice, options);
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

function sideOf(choice: FrameChoice, { maxSide }: ReadFramesOptions): number | undefined {
  return choice.maxSide ?? maxSide;
}

/** The frames that go with those of another input, where there are as many to choose from and the user names none. */
function takenOf(total: number, choice: FrameChoice, { same }: ReadFramesOptions): readonly number[][] | undefined {
  return same?.available === total && choice === everyFrame ? same.indices.map(index => [index]) : undefined;
}

/** As `groupFrames`; by equal motion where that is asked for, `measure` giving the motion up to each candidate. */
async function groupsOf(
  total: number,
  choice: FrameChoice,
  measure: (candidates: readonly number[]) => Promise<Float64Array>,
): Promise<readonly number[][]> {
  const even = groupFrames(total, choice);
  const { maxFrames, pick } = choice;
  const candidates = groupFrames(total, { ...choice, maxFrames: undefined }).flat();
  if (pick !== 'motion' || maxFrames === undefined || candidates.length <= maxFrames) return even;
  return equalMotion(candidates, await measure(candidates), maxFrames) ?? even;
}

type IndexedFrames = AsyncIterable<{ readonly index: number; readonly picture: FramePicture }>;

async function motionsOf(
  frames: IndexedFrames,
  candidates: readonly number[],
  { onProgress }: ReadFramesOptions,
): Promise<Float64Array> {
  const motions = new Float64Array(candidates.length);
  const placeOf = new Map(candidates.map((index, place) => [index, place]));
  let previous: FramePicture | undefined;
  let done = 0;
  for await (const { index, picture } of frames) {
    if (previous !== undefined) motions[placeOf.get(index)!] = motionBetween(previous, picture);
    previous = picture;
    onProgress?.(++done, candidates.length);
  }
  return motions;
}

/** Of the video that was measured last: whoever looks at its frames one by one asks for the same again. */
let measured: { readonly key: string; readonly motions: Promise<Float64Array> } | undefined;

async function videoMotions(
  path: string,
  candidates: readonly number[],
  options: ReadFramesOptions,
): Promise<Float64Array> {
  const { mtimeMs, size } = await stat(path);
  const key = JSON.stringify([path, mtimeMs, size, candidates[0], candidates[1], candidates.length]);
  if (measured?.key !== key) {
    const measure = async () => {
      const video = await openVideo(path, MOTION_SIDE);
      try {
        return await motionsOf(video.frames(candidates), candidates, options);
      } finally {
        video.dispose();
      }
    };
    const motions = measure();
    measured = { key, motions };
    motions.catch(() => {
      if (measured?.motions === motions) measured = undefined;
    });
  }
  return measured.motions;
}

/** Says which frames were taken where that is not what was asked for. */
function choiceNotes({ seconds }: Video, choice: FrameChoice, groups: readonly number[][]): string[] {
  if (choice.maxFrames !== undefined || groups.length < 2) return [];
  const total = seconds.length;
  if (choice.pick === 'motion') {
    const note = `Of ${total} frames ${groups.length} are taken, with equal motion between them; another number can be chosen (--max-frames).`;
    return groups.length < total ? [note] : [];
  }
  const step = groups[1][0] - groups[0][0];
  if (step === choice.stride) return [];
  return [
    `Of ${total} frames every ${ordinal(step)} is taken, ${groups.length} in all; another range or number can be chosen (--frames, --max-frames).`,
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
  return readSequence({ where: folder, kind: 'folder', available: names.length, read }, choice, options);
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
  return readSequence({ where: file.path, kind: 'pages', available: pages, read }, choice, options);
}

interface PictureSequence {
  readonly where: string;
  readonly kind: 'folder' | 'pages';
  readonly available: number;
  read(index: number): Promise<ReadPicture>;
}

async function readSequence(
  { where, kind, available, read }: PictureSequence,
  choice: FrameChoice,
  options: ReadFramesOptions,
): Promise<VideoInput> {
  const maxSide = sideOf(choice, options);
  let first: ReadPicture | undefined;
  let hasAlpha = false;
  const files = new Map<number, SourceFile>();
  const framesOf = async function* (
    wanted: readonly number[],
    side: number | undefined,
    check = (_: FramePicture) => {},
  ) {
    let done = 0;
    for await (const each of readInOrder(wanted, read)) {
      const picture = shrinkTo(each.picture, side);
      if (done === 0) check(picture);
      first ??= each;
      requireSameSize(each, first);
      hasAlpha ||= each.picture.alpha !== undefined;
      const index = wanted[done++];
      files.set(index, each.file);
      yield { index, picture };
    }
  };
  const measure = (candidates: readonly number[]) => motionsOf(framesOf(candidates, MOTION_SIDE), candidates, options);
  const groups = takenOf(available, choice, options) ?? (await groupsOf(available, choice, measure));
  const forecast: string[] = [];
  const check = ({ width, height, channels }: FramePicture) =>
    void forecast.push(...requireVideoMemory([groups.length, height, width, channels], where, options));
  const collected = await collectFrames(framesOf(groups.flat(), maxSide, check), groups, where, options);
  const { width, height, focalLengthPixels: focal } = first!.picture;
  const factor = shrinkFactor(width, height, maxSide);
  const notes = [...forecast];
  if (factor > 1) notes.push(scaledText(width, height, factor));
  if (hasAlpha) notes.push('The pictures have transparency, which is left out.');
  return {
    kind: 'video',
    ...collected,
    maxSide,
    available,
    files: [...new Set([...files.values()])],
    frameNames: kind === 'folder' ? collected.indices.map(index => files.get(index)!.name) : undefined,
    seconds: undefined,
    focalLengthPixels: focal === undefined ? undefined : focal / factor,
    notes,
  };
}

/** Scaled down by a whole factor, so that the longer side is at most so many pixels. */
export function shrinkTo(picture: Picture, maxSide: number | undefined): FramePicture {
  return shrinkPicture(picture, shrinkFactor(picture.width, picture.height, maxSide));
}

type Collected = Pick<VideoInput, 'indices' | 'frames' | 'width' | 'height' | 'channels' | 'values' | 'bitDepth'>;

/** One frame of each group: its only one, or the sharpest. Groups of which no frame comes are left out. */
async function collectFrames(
  frames: IndexedFrames,
  groups: readonly number[][],
  where: string,
  { onProgress }: ReadFramesOptions,
): Promise<Collected> {
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

/** What a user should know about the memory that is taken. Throws a `memory` error that says what would fit. */
export function requireVideoMemory(
  shape: readonly number[],
  where: string,
  { further = () => 0 }: ReadFramesOptions,
): string[] {
  const [frames, height, width] = shape;
  const bytes = floatBytes * shape.reduce((product, extent) => product * extent, 1) + further({ kind: 'video', shape });
  const available = availableBytes();
  const share = available / bytes;
  const fewer = Math.floor(frames * share);
  const smaller = Math.floor(Math.max(height, width) * Math.sqrt(share));
  const fewerTip = fewer > 1 ? `at most ${fewer} frames (--max-frames), ` : '';
  const tip = `Take ${fewerTip}a longer side of at most ${smaller} px (--max-side), a part (--frames), or end other programs.`;
  requireMemory(bytes, where, available, tip);
  return memoryForecast(bytes, available);
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
