// Optical flow between two picture files, and the files that hold it: .flo, a picture in the colours of the wheel, the
// confidence as grey values. For the command line; needs no engine.
import { readFile } from 'node:fs/promises';
import { decodePicture } from '../media/decode-picture.ts';
import { encodePng } from '../media/encode-picture.ts';
import { greyPicture } from '../media/grey-picture.ts';
import { requireMemory } from '../media/memory.ts';
import type { Picture } from '../media/picture.ts';
import { flowColours } from '../numerics/flow-wheel.ts';
import { type FlowField, type FlowPreset, flowBytes, flowPresets } from '../ops/flow/flow.ts';
import { createFlowSolver } from '../ops/flow/flow-cpu.ts';
import { LabError } from '../protocol/lab-error.ts';
import { openNodeDevice } from './node-device.ts';

export const flowPresetNames = Object.keys(flowPresets) as readonly FlowPreset[];

/**
 * Flow from the first picture to the second, at their size. Throws a LabError: `input` for files that are no pictures, differ in
 * size or are too small, `memory` where they do not fit.
 */
export async function flowBetweenFiles(
  first: string,
  second: string,
  preset: FlowPreset,
  threads?: number,
): Promise<FlowField> {
  const [a, b] = [await readPicture(first), await readPicture(second)];
  if (a.width !== b.width || a.height !== b.height) {
    throw new LabError({
      code: 'input',
      message: `The first picture is ${a.width} × ${a.height} pixels but the second is ${b.width} × ${b.height}.`,
      tip: 'Give two frames of one video, or scale one picture to the size of the other.',
      where: second,
    });
  }
  const bytes = flowBytes(a.width, a.height, flowPresets[preset]);
  requireMemory(bytes, second, undefined, 'Take a faster preset, or scale the pictures down.');
  const device = await openNodeDevice({ threads });
  try {
    const solver = createFlowSolver(device, a.width, a.height, flowPresets[preset]);
    return solver.solve(greyPicture(a), greyPicture(b)).forward;
  } finally {
    device.dispose();
  }
}

/** A PNG file in the colours of the wheel; full colour is the greatest length there is. */
export function flowPicture({ width, height, flow }: FlowField): Promise<Uint8Array> {
  return encodePng({ width, height, channels: 3, values: flowColours(flow) }, 8);
}

/** A grey PNG file, white where the flow is certain. */
export function confidencePicture({ width, height, confidence }: FlowField): Promise<Uint8Array> {
  return encodePng({ width, height, channels: 1, values: confidence }, 8);
}

async function readPicture(path: string): Promise<Picture> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new LabError({
      code: 'input',
      message: 'The picture is missing or cannot be read.',
      tip: 'Check its path.',
      where: path,
      cause,
    });
  }
  return decodePicture(bytes, path);
}
