// From what a user names as input (a sample or a path) to the plain tensor a fit takes. Runs in the engine's process.

import type { Fit, FitInput } from '../engine/fits.ts';
import type { NpyData } from '../formats/npy.ts';
import { type ReadInputOptions, readInput, type SourceFile } from '../media/read-input.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';

export interface OpenedInput {
  readonly data: FitInput;
  readonly files: readonly SourceFile[];
  /** [height, width, 1], 0…1; of a picture that has one. */
  readonly alpha?: FitInput | undefined;
  /** How the values are stored: '8 bit', 'float32'. */
  readonly stored: string;
  /** Of a picture: what its colours are, and what was or was not done to them. */
  readonly colourSpace?: string;
  /** Pictures in a file of which only the first is read. */
  readonly pages?: number;
}

/**
 * Reads `sample:…` from the fit, anything else from disk. Throws `input` errors, and `memory` errors for what would not
 * fit, together with the `further` bytes that it is wanted for.
 */
export async function openInput(
  fit: Fit,
  path: string,
  onProgress: (done: number, total: number) => void,
  further?: ReadInputOptions['further'],
): Promise<OpenedInput> {
  if (path.startsWith('sample:'))
    return { data: findSample(fit, path).make(), files: [], stored: 'made by the program' };
  const read = await readInput(path, { onProgress, further });
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
  const data: FitInput = { name: path, kind: read.kind, shape, values, fullScale };
  const stored = `${bitDepth} bit`;
  if (read.kind === 'video') return { data, files, stored };
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
export async function openMask(
  fit: Fit,
  name: string,
  input: OpenedInput,
  onProgress: (done: number, total: number) => void,
): Promise<OpenedInput> {
  if (name !== 'alpha') return openInput(fit, name, onProgress);
  if (input.alpha !== undefined) return { data: input.alpha, files: [], stored: 'alpha' };
  throw new LabError({
    code: 'input',
    message: 'The input has no alpha channel to take the mask from.',
    where: input.data.name,
    tip: 'Give a picture with transparency, or a mask file.',
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
