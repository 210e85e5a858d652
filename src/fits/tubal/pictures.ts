// The pictures of a completion problem: what is recovered, what was observed, the truth. Levels of 8 bits for an 8-bit
// input, of 16 bits otherwise, in the order in which they are shown, written in one pass.

import type { PictureStack } from '../../formats/picture-stack.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import type { ImageView, ViewData } from '../../protocol/views.ts';
import type { FitInput } from '../fit.ts';
import { eachElement, inPictures, type Layout } from './layout.ts';
import type { Observations } from './observations.ts';
import type { Estimate } from './solver.ts';

export interface Pictures {
  readonly views: readonly ImageView[];
  /** Of an estimate in `layout`, with the observed entries put back where `reinsert` says so. */
  recovered(estimate: Estimate, layout: Layout, reinsert: 'reinsert' | 'as-is', frame: number | undefined): ViewData;
  observed(frame: number | undefined): ViewData;
  /** Throws where no truth is known. */
  truth(frame: number | undefined): ViewData;
}

type Levels = Uint8Array | Uint16Array;
const UNSEEN = -1;

/** `natural` is the layout of `observations`. */
export function createPictures(
  input: FitInput,
  stack: PictureStack,
  natural: Layout,
  { values, mask, truth, offset, range }: Observations,
): Pictures {
  const { frames, height, width, channels } = stack;
  const full = input.fullScale;
  const most = full === 255 ? 255 : 65535;
  const frameSize = height * width * channels;
  const blank = (frame: number | undefined): Levels => {
    const count = frame === undefined ? frames * frameSize : frameSize;
    return most === 255 ? new Uint8Array(count) : new Uint16Array(count);
  };
  const pack = (levels: Levels): ViewData => ({
    values: { shape: [levels.length / frameSize, height, width, channels], values: levels },
    'values.scale': { shape: [2], values: Float64Array.of(offset * full, (range * full) / most) },
  });
  // By place in the pictures: the level that was observed, or UNSEEN.
  const seen = most === 255 ? new Int16Array(values.length) : new Int32Array(values.length);
  eachElement(inPictures(natural, stack), (at, place) => {
    seen[place] = mask[at] === maskByte.unobserved ? UNSEEN : levelOf(values[at], most);
  });
  const ofTensor = (
    { values: tensor, centre }: Estimate,
    layout: Layout,
    frame: number | undefined,
    known: Int16Array | Int32Array | undefined,
  ): Levels => {
    const levels = blank(frame);
    const first = (frame ?? 0) * frameSize;
    const { rows, columns, planes, rowStride, columnStride } = inPictures(layout, stack);
    planes.forEach((plane, p) => {
      const start = plane - first;
      const last = start + (rows - 1) * rowStride + (columns - 1) * columnStride;
      if (last < 0 || start >= levels.length) return;
      for (let i = 0, at = p * rows * columns; i < rows; i++) {
        let place = start + i * rowStride;
        for (let j = 0; j < columns; j++, at++, place += columnStride) {
          // Of a layout whose planes run across the frames only a part lies in this one.
          if (place < 0 || place >= levels.length) continue;
          const level = known === undefined ? UNSEEN : known[first + place];
          levels[place] = level === UNSEEN ? levelOf(tensor[at] + centre, most) : level;
        }
      }
    });
    return levels;
  };
  const base = {
    kind: 'image',
    frames,
    height,
    width,
    channels,
    range: [offset * full, (offset + range) * full],
    ...(full === 255 ? { unit: '8-bit levels' } : full === 65535 ? { unit: '16-bit levels' } : {}),
  } as const;
  const reference = truth === undefined ? {} : { reference: 'truth' };
  const recovered: ImageView = {
    ...base,
    ...reference,
    id: 'recovered',
    title: 'Recovered',
    help: 'The present estimate, with the observed entries put back unless noise was added to them.',
    changes: 'with-iterations',
  };
  const observed: ImageView = {
    ...base,
    id: 'observed',
    title: 'Observed',
    help: `What the fit may see. Entries that were not observed are drawn half-way between black and white (${most === 255 ? '127 of 255' : 'half the range'}); their true value is never read.`,
    changes: 'never',
  };
  const known: ImageView = {
    ...base,
    id: 'truth',
    title: 'Truth',
    help: 'The complete input. The fit sees only the observed part of it; the rest serves to judge the result.',
    changes: 'never',
  };
  return {
    views: [recovered, observed, ...(truth === undefined ? [] : [known])],
    recovered: (estimate, layout, reinsert, frame) =>
      pack(ofTensor(estimate, layout, frame, reinsert === 'reinsert' ? seen : undefined)),
    observed(frame) {
      const levels = blank(frame);
      const first = (frame ?? 0) * frameSize;
      for (let i = 0; i < levels.length; i++) levels[i] = seen[first + i] === UNSEEN ? most >> 1 : seen[first + i];
      return pack(levels);
    },
    truth(frame) {
      if (truth === undefined) throw new RangeError('No truth is known.');
      return pack(ofTensor({ values: truth, centre: 0 }, natural, frame, undefined));
    },
  };
}

/** NaN becomes 0. */
function levelOf(value: number, most: number): number {
  return value >= 1 ? most : value > 0 ? (value * most + 0.5) | 0 : 0;
}
