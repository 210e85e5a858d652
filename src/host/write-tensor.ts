// Exports and thumbnails of a run: tensors of a fit as NPY, NPZ and PNG files. Runs in the engine's process.

import type { ExportTensor } from '../engine/fits.ts';
import { encodeNpy } from '../formats/npy.ts';
import { encodeNpz } from '../formats/npz.ts';
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
      'Only what is a picture: black and white are the ends of the range of the input; 16 bits for a finer input than 8 bits; frames are numbered from 00000.',
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

function asArray({ shape, values }: ExportTensor) {
  return { shape: [...shape], dtype: values instanceof Uint8Array ? 'uint8' : 'float32', data: values } as const;
}

async function writeFrames(tensor: ExportTensor, write: (name: string, bytes: Uint8Array) => void): Promise<void> {
  const bits = (tensor.picture?.range ?? 255) > 255 ? 16 : 8;
  const frames = framesOf(tensor);
  for (const [index, frame] of frames.entries()) {
    const number = frames.length > 1 ? `-${String(index).padStart(5, '0')}` : '';
    write(`${tensor.name}${number}.png`, await encodePng(frame, bits));
  }
}

/** The pictures of a tensor; of more bands than a colour picture has, the middle one is shown. */
function framesOf({ shape, values, picture }: ExportTensor) {
  if (picture === undefined) return [];
  const frames = picture.kind === 'video' ? shape[0] : 1;
  const [height, width, bands = 1] = picture.kind === 'video' ? shape.slice(1) : shape;
  const channels = bands === 3 ? (3 as const) : (1 as const);
  const first = bands === channels ? 0 : bands >> 1;
  return Array.from({ length: frames }, (_, frame) => ({
    width,
    height,
    channels,
    values: Float32Array.from({ length: height * width * channels }, (__, i) => {
      const at = (frame * height * width + Math.floor(i / channels)) * bands + first + (i % channels);
      return (values[at] - picture.offset) / picture.range;
    }),
  }));
}
