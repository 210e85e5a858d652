// Exports and thumbnails of a run: tensors of a fit as NPY, NPZ and PNG files. Runs in the engine's process.

import type { ExportTensor } from '../engine/fits.ts';
import type { Run } from '../engine/run.ts';
import { encodeNpy } from '../formats/npy.ts';
import { encodeNpz } from '../formats/npz.ts';
import { pictureStackOf } from '../formats/picture-stack.ts';
import { encodePng } from '../media/encode-picture.ts';
import { LabError } from '../protocol/lab-error.ts';

/** What each format adds to what a fit says of its exports. */
export const exportFormats = [
  { id: 'npy', title: 'NumPy arrays', content: 'One .npy file for each array, in C order.' },
  { id: 'npz', title: 'NumPy archive', content: 'All arrays in recovered.npz, not compressed.' },
  {
    id: 'png',
    title: 'PNG pictures',
    content:
      'Only what can be shown: black and white are the ends of the range of the input; 16 bits for a finer input than 8 bits; frames, or planes of an array, are numbered from 00000.',
  },
] as const;
export type ExportFormat = (typeof exportFormats)[number]['id'];

/** Throws a `setting` error for a format there is not. */
export function exportFormat(id: string): ExportFormat {
  const found = exportFormats.find(format => format.id === id);
  if (found !== undefined) return found.id;
  throw new LabError({
    code: 'setting',
    message: `There is no export format "${id}".`,
    where: 'format',
    tip: `Choose one of ${exportFormats.map(format => format.id).join(', ')}.`,
  });
}

/** The files of these tensors in one format, each handed to `write` as soon as it is made. */
export async function writeTensors(
  tensors: readonly ExportTensor[],
  format: ExportFormat,
  write: (name: string, bytes: Uint8Array) => void,
): Promise<void> {
  if (format === 'npz') {
    write('recovered.npz', encodeNpz(tensors.map(tensor => [tensor.name, asArray(tensor)] as const)));
    return;
  }
  for (const tensor of tensors) {
    if (format === 'npy') write(`${tensor.name}.npy`, encodeNpy(asArray(tensor)));
    else if (tensor.picture !== undefined) await writeFrames(tensor, write);
  }
}

/** The files that a fit has besides its tensors. */
export async function writeFiles(
  run: Run,
  member: number,
  seconds: number | undefined,
  write: (name: string, bytes: Uint8Array) => void,
): Promise<void> {
  const files = await run.files(member, (picture, bits = 8) => encodePng(picture, bits), seconds);
  for (const { name, bytes } of files) write(name, bytes);
}

function asArray({ shape, values }: ExportTensor) {
  return { shape: [...shape], dtype: values instanceof Uint8Array ? 'uint8' : 'float32', data: values } as const;
}

async function writeFrames(tensor: ExportTensor, write: (name: string, bytes: Uint8Array) => void): Promise<void> {
  const { shape, values, picture } = tensor;
  const stack = picture === undefined ? undefined : pictureStackOf(shape, picture.first);
  if (picture === undefined || stack === undefined) return;
  const { frames, height, width, channels } = stack;
  for (let frame = 0; frame < frames; frame++) {
    const { start, stride } = stack.frame(frame);
    const shown = new Float32Array(height * width * channels);
    for (let n = 0; n < shown.length; n++) shown[n] = (values[start + n * stride] - picture.offset) / picture.range;
    const number = frames > 1 ? `-${String(frame).padStart(5, '0')}` : '';
    const bytes = await encodePng({ height, width, channels, values: shown }, picture.bits);
    write(`${tensor.name}${number}.png`, bytes);
  }
}
