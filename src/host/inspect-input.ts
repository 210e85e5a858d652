// What an input is taken for, and how it looks, before anything is started. Runs in the engine's process.

import { statSync } from 'node:fs';
import { type Fit, type FitInput, resolveMembers, type SettingValues } from '../engine/fits.ts';
import { type FrameReference, splitFrameChoice } from '../formats/frame-choice.ts';
import { readMask } from '../formats/observation-mask.ts';
import { firstAxisOf, type PictureStack, pictureStackOf } from '../formats/picture-stack.ts';
import { availableBytes } from '../media/memory.ts';
import { planVideo, readVideoFrame, requireVideoMemory } from '../media/read-frames.ts';
import { videoFileOf } from '../media/read-input.ts';
import { describeRate } from '../media/read-video.ts';
import type { InputReport } from '../protocol/host-calls.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { InputNames } from '../protocol/messages.ts';
import type { ViewData } from '../protocol/views.ts';
import { type OpenedInput, openInput, openMaskFile, sampleOf } from './open-input.ts';
import { isPictureFile } from './open-scene.ts';
import { encodeViewThumbnail } from './thumbnail.ts';

/** Above this many values an iteration takes a second or more. */
const LARGE = 30e6;
/** Sides below this hold no structure to speak of. */
const SMALL_SIDE = 8;

type GivenSettings = NonNullable<InputNames['settings']>;
type Note = (done: number, total: number) => void;

/** Throws `input` errors for what cannot be read, `setting` errors for settings that cannot be. */
export async function inspectInput(fit: Fit, names: InputNames, onProgress: Note): Promise<InputReport> {
  const { input: path, mask, companions = {} } = names;
  const video = await plainVideoOf(fit, path);
  if (video !== undefined) return inspectVideo(fit, names, video, onProgress);
  const settings = settingsFor(fit, names);
  const input = await openInput(fit, { ...names, settings }, onProgress);
  const { data } = input;
  const stack = data.kind === 'synthetic' ? undefined : pictureStackOf(data.shape, firstOf(data));
  const spread = spreadOf(data);
  const missing = input.mask === undefined ? undefined : missingShare(data.shape, input.mask);
  const found = await fit.inspect?.(data, settings);
  return {
    input: path,
    path,
    maskPath: mask,
    companionPaths: companions,
    name: sampleOf(fit, path)?.title ?? fileName(path),
    kind: data.kind,
    shape: data.shape,
    facts: { ...factsOf(input, stack, spread, missing), ...memoryFact(fit, data, names.settings), ...found?.facts },
    warnings: [...warningsOf(input, stack, spread, missing), ...(found?.warnings ?? [])],
    derived: found?.derived ?? {},
    picture: stack === undefined ? undefined : { frames: stack.frames, height: stack.height, width: stack.width },
    hasAlpha: input.hasAlpha,
    clip: input.taken && { frames: input.taken.available, chosen: [...input.taken.indices], seconds: undefined },
  };
}

function fileName(path: string): string {
  return splitFrameChoice(path).path.split(/[\\/]/).at(-1) ?? path;
}

/** A video file that the fit takes as it is: one that looks for more in its input is given the whole. */
async function plainVideoOf(fit: Fit, path: string): Promise<FrameReference | undefined> {
  const isPlain = fit.scenePart === undefined && fit.inspect === undefined && sampleOf(fit, path) === undefined;
  return isPlain ? videoFileOf(path) : undefined;
}

/**
 * Of a video file, from its index alone, so that a long one is told about at once: no frame is decoded unless they are chosen by
 * their motion.
 */
async function inspectVideo(
  fit: Fit,
  { input, mask, companions = {}, settings = {} }: InputNames,
  { path, choice }: FrameReference,
  onProgress: Note,
): Promise<InputReport> {
  const { video, groups, shape, taken, notes } = await planVideo(path, choice, { onProgress, maxSide: fit.maxSide });
  try {
    const [frames, height, width] = shape;
    const { seconds } = video;
    const masks = mask === undefined ? undefined : await openMaskFile(fit, mask, taken, onProgress);
    const missing = masks === undefined ? undefined : missingShare(shape, masks.data);
    const values = shape.reduce((product, extent) => product * extent, 1);
    const rate = describeRate(seconds);
    const warnings = [...notes, ...sizeWarnings(values), ...maskWarnings(missing)];
    const needed = neededBytes(fit, shape, settings);
    try {
      warnings.push(...requireVideoMemory(shape, path, { further: () => needed }));
    } catch (thrown) {
      const { message, tip } = asLabError(thrown);
      warnings.unshift(`${message} ${tip}`);
    }
    const facts: Record<string, string> = {
      Size: `${width} × ${height}`,
      Frames: frames === seconds.length ? String(frames) : `${frames} of ${seconds.length}`,
      Colour: 'RGB',
      Coding: `${video.codec} in ${video.container}`,
      Length: `${(seconds[seconds.length - 1] - seconds[0]).toFixed(2)} s`,
      ...(rate.kind === 'single' ? {} : { Rate: `${Number(rate.framesPerSecond.toFixed(3))} frames per second` }),
      Memory: memoryText(4 * values, needed),
      ...(video.focalLengthPixels === undefined
        ? {}
        : { 'Focal length': `${Math.round(video.focalLengthPixels)} px, as the camera wrote it` }),
      File: megabytes(statSync(path).size),
      ...missingFact(missing),
    };
    return {
      input,
      path: input,
      maskPath: mask,
      companionPaths: companions,
      name: fileName(input),
      kind: 'video',
      shape,
      facts,
      warnings,
      derived: {},
      picture: { frames, height, width },
      hasAlpha: false,
      clip: {
        frames: seconds.length,
        chosen: groups.map(([first]) => first),
        seconds: groups.map(([first]) => seconds[first]),
      },
    };
  } finally {
    video.dispose();
  }
}

/** What a run takes besides its frames, as far as their shape tells. */
function neededBytes(fit: Fit, shape: readonly number[], settings: GivenSettings): number {
  return fit.bytes?.(shape, resolveMembers(fit, settings, {}, 1)) ?? 0;
}

/** Of frames that have been read already: they are counted as free no more. */
function memoryFact(fit: Fit, { kind, shape, values }: FitInput, settings: GivenSettings = {}): Record<string, string> {
  return kind === 'video' ? { Memory: memoryText(values.byteLength, neededBytes(fit, shape, settings)) } : {};
}

function memoryText(frames: number, needed: number): string {
  const parts = [`${megabytes(frames)} for the frames`, `${megabytes(needed)} for the fit`];
  return [...parts.slice(0, needed > 0 ? 2 : 1), `${megabytes(availableBytes())} free`].join(', ');
}

/** As a run would have them that is given these; none for a fit that looks at the input alone. */
function settingsFor(fit: Fit, { input, settings = {} }: Pick<InputNames, 'input' | 'settings'>): SettingValues {
  if (fit.scenePart === undefined && fit.inspect === undefined) return {};
  return resolveMembers(fit, settings, {}, 1, sampleOf(fit, input)?.settings)[0];
}

/** What was looked at last: whoever leafs through frames asks for the same input many times. Freed after a while. */
let last: { readonly key: string; readonly data: Promise<FitInput> } | undefined;
let forgetting: ReturnType<typeof setTimeout> | undefined;
const KEPT_MILLISECONDS = 30e3;

function lastInput(asked: Fit, { input, companions, ...given }: InputNames, onProgress: Note): Promise<FitInput> {
  // A picture can be looked at before what belongs to it is there.
  const { scenePart: _ofScenes, ...plain } = asked;
  const fit: Fit = isPictureFile(input) ? plain : asked;
  const settings = settingsFor(fit, { input, ...given });
  const part = JSON.stringify([companions, fit.scenePart?.(settings)]);
  const key = `${fit.id} ${input} ${part} ${statSync(input, { throwIfNoEntry: false })?.mtimeMs}`;
  const wanted = { input, settings, ...(fit.scenePart === undefined ? {} : { companions }) };
  const data = last?.key === key ? last.data : openInput(fit, wanted, onProgress).then(opened => opened.data);
  last = { key, data };
  data.catch(() => {
    if (last?.data === data) last = undefined;
  });
  clearTimeout(forgetting);
  forgetting = setTimeout(() => {
    last = undefined;
  }, KEPT_MILLISECONDS);
  forgetting.unref();
  return data;
}

/** One frame at full size: `values` [1, height, width, channels] as bytes over the range of the input. */
export async function inputPicture(fit: Fit, names: InputNames, frame: number, onProgress: Note): Promise<ViewData> {
  const video = await plainVideoOf(fit, names.input);
  if (video !== undefined) return videoPicture(fit, video, frame);
  const data = await lastInput(fit, names, onProgress);
  const stack = data.kind === 'synthetic' ? undefined : pictureStackOf(data.shape, firstOf(data));
  if (stack === undefined || frame >= stack.frames) {
    throw new LabError({
      code: 'input',
      message: stack === undefined ? 'This input is no picture.' : `The input has ${stack.frames} frames, no ${frame}.`,
      where: names.input,
      tip: stack === undefined ? 'Choose a picture, a video, a folder of frames or an array.' : 'Choose another frame.',
    });
  }
  return frameOf(data, stack, frame);
}

async function videoPicture(fit: Fit, { path, choice }: FrameReference, frame: number): Promise<ViewData> {
  const options = { maxSide: fit.maxSide };
  const { height, width, channels, values, bitDepth } = await readVideoFrame(path, choice, frame, options);
  const data: FitInput = {
    name: path,
    kind: 'video',
    shape: [1, height, width, channels],
    values,
    fullScale: 2 ** bitDepth - 1,
  };
  return frameOf(data, pictureStackOf(data.shape, 'rows')!, 0);
}

/** The middle frame, small; empty for a sample that is no picture. */
export async function samplePicture(fit: Fit, id: string): Promise<Uint8Array> {
  const sample = sampleOf(fit, `sample:${id}`);
  const data = sample?.sketch?.() ?? sample?.make();
  const stack = data === undefined || data.kind === 'synthetic' ? undefined : pictureStackOf(data.shape, firstOf(data));
  if (data === undefined || stack === undefined) return new Uint8Array(0);
  const picture = frameOf(data, stack, stack.frames >> 1);
  const [offset, step] = picture['values.scale'].values;
  const png = await encodeViewThumbnail({ ...stack, range: [offset, offset + 255 * step] }, picture);
  return png.slice();
}

/** What the finite values are. */
interface Spread {
  readonly low: number;
  readonly high: number;
  readonly finite: number;
}

function spreadOf({ values }: FitInput): Spread {
  let low = Infinity;
  let high = -Infinity;
  let finite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high, finite };
}

function frameOf(data: FitInput, stack: PictureStack, frame: number): ViewData {
  const { height, width, channels } = stack;
  const { values, fullScale } = data;
  const spread = spreadOf(data);
  const unit = fullScale !== 1 || (spread.low >= 0 && spread.high <= 1);
  const low = unit ? 0 : spread.low;
  const span = unit ? 1 : spread.high - spread.low || 1;
  const { start, stride } = stack.frame(frame);
  const bytes = new Uint8Array(height * width * channels);
  for (let n = 0; n < bytes.length; n++) {
    const value = (values[start + n * stride] - low) / span;
    bytes[n] = value >= 1 ? 255 : value > 0 ? Math.round(255 * value) : 0; // NaN becomes 0
  }
  const scale = Float64Array.of(low * fullScale, (span * fullScale) / 255);
  return {
    values: { shape: [1, height, width, channels], values: bytes },
    'values.scale': { shape: [2], values: scale },
  };
}

/** A plain array is looked at as a run would look at it. */
function firstOf({ kind, shape, values }: FitInput): 'frames' | 'rows' {
  return kind === 'array' ? firstAxisOf(values, shape, undefined) : 'rows';
}

/** Share of the entries; or why the mask does not fit the input. */
function missingShare(shape: readonly number[], mask: FitInput): number | string {
  try {
    const { observed } = readMask(mask, shape, ['rows', 'frames']);
    return observed.reduce((sum, mark) => sum + 1 - mark, 0) / observed.length;
  } catch (thrown) {
    return asLabError(thrown).message;
  }
}

function factsOf(
  { data, stored, colourSpace, files }: OpenedInput,
  stack: PictureStack | undefined,
  { low, high }: Spread,
  missing: number | string | undefined,
): Record<string, string> {
  const facts: Record<string, string> = {};
  if (stack !== undefined) {
    facts.Size = `${stack.width} × ${stack.height}`;
    if (stack.frames > 1) facts[data.kind === 'video' ? 'Frames' : 'Planes'] = String(stack.frames);
    facts.Colour = stack.channels === 3 ? 'RGB' : 'grey';
  }
  if (data.kind === 'array') facts.Shape = data.shape.join(' × ');
  if (data.kind !== 'synthetic' && data.kind !== 'scene' && low <= high) {
    const shown = (value: number) => String(Number((value * data.fullScale).toPrecision(6)));
    facts.Values = `${stored}, ${shown(low)} to ${shown(high)}`;
    facts.Entries = data.values.length.toLocaleString('en');
  }
  if (colourSpace !== undefined) facts['Colour space'] = colourSpace;
  if (files.length > 0) facts.File = megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
  return { ...facts, ...missingFact(missing) };
}

function missingFact(missing: number | string | undefined): Record<string, string> {
  return typeof missing === 'number' ? { Missing: `${(100 * missing).toFixed(1)} %` } : {};
}

function sizeWarnings(values: number): string[] {
  return values > LARGE ? [`${Math.round(values / 1e6)} million values: an iteration takes a second or more.`] : [];
}

function maskWarnings(missing: number | string | undefined): string[] {
  if (typeof missing === 'string') return [missing];
  if (missing === 0) return ['The mask leaves nothing out.'];
  return missing === 1 ? ['The mask leaves nothing observed: is it inverted?'] : [];
}

function warningsOf(
  { data, hasAlpha, pages = 1, notes = [] }: OpenedInput,
  stack: PictureStack | undefined,
  { low, high, finite }: Spread,
  missing: number | string | undefined,
): string[] {
  const { kind, values, shape } = data;
  if (kind === 'synthetic' || kind === 'scene') return [];
  const warnings: string[] = [...notes];
  const holes = values.length - finite;
  if (values.length === 0) warnings.push('The array is empty.');
  if (stack === undefined) warnings.push(`It has ${shape.length} axes; two to four are needed.`);
  if (holes > 0)
    warnings.push(
      `${holes.toLocaleString('en')} values are not finite (NaN or infinite). Mark them as missing with a mask, or replace them.`,
    );
  if (finite > 0 && low === high) warnings.push('All values are equal: whatever is missing, the result is that value.');
  warnings.push(...sizeWarnings(values.length));
  if (stack !== undefined && Math.min(stack.height, stack.width) < SMALL_SIDE)
    warnings.push(`One side has fewer than ${SMALL_SIDE} values: a low rank has nothing to hold on to.`);
  if (hasAlpha)
    warnings.push(
      'The picture has transparency, which is left out. Take it as the mask to fill what is less than half opaque.',
    );
  if (pages > 1) warnings.push(`The file holds ${pages} pictures; the first is read.`);
  return [...warnings, ...maskWarnings(missing)];
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
