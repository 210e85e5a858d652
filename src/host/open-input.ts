// From what a user names as input (a sample or a path, and what belongs to it) to what a fit takes. Runs in the engine's
// process.

import type { Fit, FitInput, SettingValues } from '../engine/fits.ts';
import type { NpyData } from '../formats/npy.ts';
import { readCameraPath } from '../media/read-camera-path.ts';
import type { TakenFrames } from '../media/read-frames.ts';
import { type ReadInputOptions, readInput } from '../media/read-input.ts';
import { digestSource } from '../media/source-file.ts';
import { createSourceReader, type SourceFile } from '../media/source-reader.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';
import { openScene } from './open-scene.ts';

export interface OpenedInput {
  readonly data: FitInput;
  /** Those of the mask and the companions too. */
  readonly files: readonly SourceFile[];
  /** As it was named; undefined where there is none, or it is part of a scene. */
  readonly mask: FitInput | undefined;
  /** The picture's own transparency can be a mask. */
  readonly hasAlpha: boolean;
  /** How the values are stored: '8 bit', 'float32'. */
  readonly stored: string;
  /** Of a picture: what its colours are, and what was or was not done to them. */
  readonly colourSpace?: string | undefined;
  /** Pictures in a file of which only the first is read. */
  readonly pages?: number | undefined;
  /** Of a video, a folder or a file of pictures: which frames of how many. */
  readonly taken?: TakenFrames | undefined;
  /** What a user should know about how it was read, in sentences. */
  readonly notes?: readonly string[] | undefined;
}

/** What is to be opened: paths, and the resolved settings that choose a part of a scene. */
export interface WantedInput {
  readonly input: string;
  readonly mask?: string | undefined;
  readonly companions?: Readonly<Record<string, string>> | undefined;
  readonly settings: SettingValues;
}

/**
 * Reads `sample:…` from the fit, anything else from disk. Throws `input` errors, and `memory` errors for what would not
 * fit, together with the `further` bytes that it is wanted for.
 */
export async function openInput(
  fit: Fit,
  { input, mask, companions = {}, settings }: WantedInput,
  onProgress: (done: number, total: number) => void,
  further?: ReadInputOptions['further'],
): Promise<OpenedInput> {
  requireKnown(fit, companions);
  const part = fit.scenePart?.(settings);
  const isSample = input.startsWith('sample:');
  const beside = [...(part !== undefined && mask !== undefined ? ['mask'] : []), ...Object.keys(companions)];
  if (isSample && beside.length > 0) {
    throw new LabError({
      code: 'input',
      message: `A sample has files of its own; it takes no ${beside.join(', ')}.`,
      where: input,
      tip: `Leave it out.${part === undefined ? '' : ' Where an object starts can be set: startX, startTurnX and so on.'}`,
    });
  }
  if (part !== undefined && !isSample) {
    if (mask === 'alpha') throw noAlpha(input);
    const { data, files } = await openScene(input, { ...companions, mask }, part);
    return { data, files, mask: undefined, hasAlpha: false, stored: '8 bit' };
  }
  const opened = await openTensor(fit, input, { onProgress, further, maxSide: fit.maxSide });
  const named = mask === undefined ? undefined : await openMask(fit, mask, opened, onProgress);
  const sources = createSourceReader();
  const truth = companions.truth === undefined ? undefined : await readCameraPath(companions.truth, sources);
  const network = companions.network === undefined ? [] : [await digestSource(companions.network)];
  const { alpha, data, files, ...rest } = opened;
  return {
    ...rest,
    data: truth === undefined ? data : { ...data, truth },
    files: [...files, ...(named?.files ?? []), ...sources.files(), ...network],
    mask: named === undefined ? sampleOf(fit, input)?.mask?.() : named.data,
    hasAlpha: alpha !== undefined,
  };
}

interface OpenedTensor extends Omit<OpenedInput, 'mask' | 'hasAlpha'> {
  /** [height, width, 1], 0…1; of a picture that has one. */
  readonly alpha?: FitInput | undefined;
}

async function openTensor(fit: Fit, path: string, options: ReadInputOptions): Promise<OpenedTensor> {
  if (path.startsWith('sample:'))
    return { data: findSample(fit, path).make(), files: [], stored: 'made by the program' };
  const read = await readInput(path, options);
  const { files } = read;
  if (read.kind === 'array') {
    const { shape, dtype, data } = read.array;
    const fullScale = dtype === 'uint8' ? 255 : dtype === 'uint16' ? 65535 : 1;
    const values = scaled(data, fullScale);
    return { data: { name: path, kind: 'array', shape, values, fullScale }, files, stored: dtype };
  }
  const { height, width, channels, values, bitDepth } = read.kind === 'picture' ? read.picture : read;
  const shape = [...(read.kind === 'video' ? [read.frames] : []), height, width, channels];
  const fullScale = 2 ** bitDepth - 1;
  const { focalLengthPixels } = read.kind === 'picture' ? read.picture : read;
  const frameNames = read.kind === 'video' ? read.frameNames : undefined;
  const data: FitInput = { name: path, kind: read.kind, shape, values, fullScale, focalLengthPixels, frameNames };
  const stored = `${bitDepth} bit`;
  if (read.kind === 'video') {
    const { seconds, notes, available, indices, maxSide } = read;
    return { data: { ...data, seconds, indices }, files, stored, notes, taken: { available, indices, maxSide } };
  }
  const { alpha, colourSpace, pages } = read.picture;
  const opened = { data, files, stored, colourSpace, pages };
  if (alpha === undefined) return opened;
  return { ...opened, alpha: { name: path, kind: 'picture', shape: [height, width, 1], values: alpha, fullScale } };
}

function scaled(data: NpyData, fullScale: number): Float32Array {
  if (data instanceof Float32Array) return data;
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = data[i] / fullScale;
  return values;
}

/** The mask that a user named: a file, or `alpha` for the input's own transparency (at least half opaque is observed). */
async function openMask(
  fit: Fit,
  name: string,
  input: OpenedTensor,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<OpenedTensor, 'data' | 'files'>> {
  if (name !== 'alpha') return openMaskFile(fit, name, input.taken, onProgress);
  if (input.alpha !== undefined) return { data: input.alpha, files: [] };
  throw noAlpha(input.data.name);
}

/** `taken`: which frames the mask goes with, where there is one for each frame. */
export async function openMaskFile(
  fit: Fit,
  path: string,
  taken: TakenFrames | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<OpenedTensor, 'data' | 'files'>> {
  return openTensor(fit, path, { onProgress, same: taken, maxSide: taken?.maxSide });
}

function noAlpha(where: string): LabError {
  return new LabError({
    code: 'input',
    message: 'The input has no alpha channel to take the mask from.',
    where,
    tip: 'Give a picture with transparency, or a mask file.',
  });
}

function requireKnown(fit: Fit, companions: Readonly<Record<string, string>>): void {
  const known = (fit.companions ?? []).map(({ id }) => id);
  const unknown = Object.keys(companions).find(id => !known.includes(id));
  if (unknown === undefined) return;
  throw new LabError({
    code: 'setting',
    message: `The fit ${fit.id} takes no ${unknown} file.`,
    where: unknown,
    tip: known.length === 0 ? 'Leave it out.' : `It takes: mask, ${known.join(', ')}.`,
  });
}

/** The sample that `path` names; undefined for a path on disk. Throws an `input` error for an unknown sample. */
export function sampleOf(fit: Fit, path: string): Fit['samples'][number] | undefined {
  return path.startsWith('sample:') ? findSample(fit, path) : undefined;
}

function findSample(fit: Fit, path: string): Fit['samples'][number] {
  const sample = fit.samples.find(({ id }) => `sample:${id}` === path);
  if (sample !== undefined) return sample;
  const names = fit.samples.map(({ id }) => `sample:${id}`);
  const near = nearestName(path, names);
  throw new LabError({
    code: 'input',
    message: `There is no sample "${path}".`,
    where: 'input',
    tip: near === undefined ? `Samples are: ${names.join(', ')}.` : `Did you mean "${near}"?`,
  });
}
