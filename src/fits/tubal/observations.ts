// What of the input was observed: the mask (drawn, or read from a file), the held-out validation entries, and the
// scaling of values to 0…1. Unobserved values are never used, whatever they are.

import { createRandom } from '../../numerics/random.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput } from '../fit.ts';
import { type Layout, toTensor } from './layout.ts';

export const maskKinds = ['entry', 'pixel', 'tube', 'rows', 'columns'] as const;
export type MaskKind = (typeof maskKinds)[number];

export interface Observations {
  /** [k, rows, columns], scaled to 0…1; unobserved entries are 0. */
  readonly values: Float32Array;
  /** [k, rows, columns], see maskByte. */
  readonly mask: Uint8Array;
  /** The complete tensor, scaled, when the input is complete and was masked for study. */
  readonly truth: Float32Array | undefined;
  /** stored = offset + range * scaled */
  readonly offset: number;
  readonly range: number;
  /** Fraction of all entries that were observed, and that train. */
  readonly observedRate: number;
  readonly trainingRate: number;
}

/** Entries that show the minimum of the held-out loss well enough; more of them only take data from the fit. */
const HELD_OUT = 2000;
const HELD_OUT_SHARE = [0.02, 0.05];

export interface ObservationSettings {
  readonly sampling: number;
  readonly mask: MaskKind;
  /** Standard deviation of Gaussian noise on the observed values, in units of the scaled values. */
  readonly noise: number;
  /** Share of the observed entries to hold out; undefined: HELD_OUT of them, within the bounds of HELD_OUT_SHARE. */
  readonly validation: number | undefined;
  readonly seed: number;
}

/** Draws or reads the mask, splits off the validation entries, scales the values. Throws `input` errors. */
export function observe(
  input: FitInput,
  layout: Layout,
  settings: ObservationSettings,
  maskInput: FitInput | undefined,
): Observations {
  const count = input.values.length;
  const stored = toTensor(layout, input.values, new Float32Array(count));
  const observed = maskInput === undefined ? drawMask(layout, settings) : readMask(input, layout, maskInput);
  let low = Infinity;
  let high = -Infinity;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (observed[i] === 0) continue;
    total++;
    if (!Number.isFinite(stored[i])) {
      throw new LabError({
        code: 'input',
        message: `The input holds ${stored[i]} where the mask says it was observed.`,
        where: input.name,
        tip: 'Mark those entries as missing with --mask, or replace them.',
      });
    }
    low = Math.min(low, stored[i]);
    high = Math.max(high, stored[i]);
  }
  if (total === 0 || total === count) {
    throw new LabError({
      code: 'input',
      message:
        total === 0 ? 'The mask leaves nothing observed.' : 'Every entry is observed: there is nothing to recover.',
      where: maskInput?.name ?? 'setting sampling',
      tip:
        total === 0
          ? 'Non-zero mask values mean observed; is the mask inverted?'
          : 'Give a --mask, or a sampling below 1 to study a complete input.',
    });
  }
  // Integer types have a natural range; floating-point input is scaled by what was observed.
  const offset = input.fullScale === 1 && (low < 0 || high > 1) ? low : 0;
  const range = input.fullScale === 1 && (low < 0 || high > 1) ? high - low || 1 : 1;
  const scaled = stored.map(value => (value - offset) / range);
  const complete = maskInput === undefined && scaled.every(Number.isFinite);
  const [least, most] = HELD_OUT_SHARE;
  const share = settings.validation ?? Math.min(most, Math.max(least, HELD_OUT / total));
  const validationRandom = createRandom(settings.seed, 'validation');
  const noiseRandom = createRandom(settings.seed, 'noise');
  const mask = new Uint8Array(count);
  const values = new Float32Array(count);
  let training = 0;
  for (let i = 0; i < count; i++) {
    if (observed[i] === 0) continue;
    values[i] = scaled[i] + (settings.noise > 0 ? settings.noise * noiseRandom.normal() : 0);
    mask[i] = validationRandom.uniform() < share ? maskByte.validation : maskByte.training;
    if (mask[i] === maskByte.training) training++;
  }
  return {
    values,
    mask,
    truth: complete ? scaled : undefined,
    offset,
    range,
    observedRate: total / count,
    trainingRate: training / count,
  };
}

function drawMask(layout: Layout, settings: ObservationSettings): Uint8Array {
  const { rows, columns, planes } = layout;
  const size = rows * columns;
  const random = createRandom(settings.seed, 'mask');
  const draw = () => (random.uniform() < settings.sampling ? 1 : 0);
  const units = { entry: size * planes.length, pixel: size, tube: size, rows, columns }[settings.mask];
  const drawn = Uint8Array.from({ length: units }, draw);
  const unitOf: Record<MaskKind, (i: number) => number> = {
    entry: i => i,
    pixel: i => i % size,
    tube: i => i % size,
    rows: i => Math.floor((i % size) / columns),
    columns: i => i % columns,
  };
  return Uint8Array.from({ length: size * planes.length }, (_, i) => drawn[unitOf[settings.mask](i)]);
}

function readMask(input: FitInput, layout: Layout, mask: FitInput): Uint8Array {
  const count = input.values.length;
  if (mask.values.length === count && sameShape(mask.shape, input.shape)) {
    return toTensor(
      layout,
      mask.values.map(value => (value > 0 ? 1 : 0)),
      new Uint8Array(count),
    );
  }
  // A grey picture of the same height and width masks all channels and frames alike.
  const [height, width] = input.kind === 'video' || input.shape.length === 4 ? input.shape.slice(1, 3) : input.shape;
  const [maskHeight, maskWidth, maskChannels = 1] = mask.shape;
  if (mask.shape.length <= 3 && maskHeight === height && maskWidth === width) {
    return Uint8Array.from({ length: count }, (_, i) =>
      mask.values[(i % (layout.rows * layout.columns)) * maskChannels] > 0 ? 1 : 0,
    );
  }
  throw new LabError({
    code: 'input',
    message: `The mask has shape [${mask.shape.join(', ')}] but the input has shape [${input.shape.join(', ')}].`,
    where: mask.name,
    tip: 'Give a mask of the same shape, or one grey picture of the same height and width.',
  });
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  const trim = (shape: readonly number[]) => shape.join(',').replace(/,1$/, '');
  return trim(a) === trim(b);
}
