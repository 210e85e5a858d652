// What of the input was observed: the mask (drawn, or read from a file), the held-out validation entries, and the
// scaling of values to 0…1. Unobserved values are never used, whatever they are.

import { placeOf, readMask } from '../../formats/observation-mask.ts';
import { firstAxisOf } from '../../formats/picture-stack.ts';
import { createRandom } from '../../numerics/random.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput } from '../fit.ts';
import { fromTensor, type Layout, type LayoutId, layoutOf, toTensor } from './layout.ts';

export const maskKinds = ['entry', 'pixel', 'tube', 'rows', 'columns', 'stripes'] as const;
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
  /** Entries that never train, and the share with which they were drawn. */
  readonly heldOut: number;
  readonly heldOutShare: number;
}

export interface Observed {
  /** In the order of `natural`. */
  readonly observations: Observations;
  /** How the input is looked at: [height, width] planes, or frames first. */
  readonly natural: Layout;
  readonly first: 'frames' | 'rows';
  /** What a user should know about how the input was taken. */
  readonly notes: readonly string[];
}

/** Entries that show the minimum of the held-out loss well enough; more of them only take data from the fit. */
const HELD_OUT = 2000;
const HELD_OUT_SHARE = [0.02, 0.05];
/** Rows of a stripe: about so many stripes lie in a picture, none of them narrower than two rows. */
const STRIPES = 32;

export interface ObservationSettings {
  readonly sampling: number;
  readonly mask: MaskKind;
  /** Standard deviation of Gaussian noise on the observed values, in units of the scaled values. */
  readonly noise: number;
  /** Share of the observed values that are replaced by uniform noise over 0…1 of the scaled values. */
  readonly corruption: number;
  readonly layout: LayoutId;
  /** Share of the observed entries to hold out; undefined: HELD_OUT of them, within the bounds of HELD_OUT_SHARE. */
  readonly validation: number | undefined;
  readonly seed: number;
}

/**
 * Draws or reads the mask, chooses the layout, splits off the validation entries, scales the values. Throws `input` errors.
 */
export function observe(input: FitInput, settings: ObservationSettings, maskInput: FitInput | undefined): Observed {
  const count = input.values.length;
  const plain = layoutOf(input, 'frontal');
  if (count === 0) {
    throw new LabError({
      code: 'input',
      message: `The input is empty: its shape is [${input.shape.join(', ')}].`,
      where: input.name,
      tip: 'Every axis needs at least one entry.',
    });
  }
  const { marks, notes } = maskInput === undefined ? drawn(input, plain, settings) : given(input, settings, maskInput);
  const first = firstAxis(input, settings.layout, marks);
  const natural = first === 'frames' ? layoutOf(input, 'video') : plain;
  const byEntry = maskInput !== undefined || settings.mask === 'entry';
  const observed = byEntry ? toTensor(natural, marks, new Uint8Array(count)) : drawMask(natural, settings);
  const stored = toTensor(natural, input.values, new Float32Array(count));
  let low = Infinity;
  let high = -Infinity;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (observed[i] === 0) continue;
    total++;
    low = Math.min(low, stored[i]);
    high = Math.max(high, stored[i]);
  }
  requireGaps(total, count, settings, maskInput);
  // Integer types have a natural range; floating-point input is scaled by what was observed.
  const offset = input.fullScale === 1 && (low < 0 || high > 1) ? low : 0;
  const range = input.fullScale === 1 && (low < 0 || high > 1) ? high - low || 1 : 1;
  const scaled = stored.map(value => (value - offset) / range);
  const [least, most] = HELD_OUT_SHARE;
  const share = settings.validation ?? Math.min(most, Math.max(least, HELD_OUT / total));
  const stream = (name: string) => createRandom(settings.seed, name);
  const [validationRandom, noiseRandom, corruptionRandom] = ['validation', 'noise', 'corruption'].map(stream);
  const mask = new Uint8Array(count);
  const values = new Float32Array(count);
  let heldOut = 0;
  for (let i = 0; i < count; i++) {
    if (observed[i] === 0) continue;
    values[i] = scaled[i] + (settings.noise > 0 ? settings.noise * noiseRandom.normal() : 0);
    if (settings.corruption > 0) {
      const [chance, uniform] = [corruptionRandom.uniform(), corruptionRandom.uniform()];
      if (chance < settings.corruption) values[i] = uniform;
    }
    mask[i] = validationRandom.uniform() < share ? maskByte.validation : maskByte.training;
    if (mask[i] === maskByte.validation) heldOut++;
  }
  if (heldOut === total) {
    // Of a handful of entries none can be spared.
    for (let i = 0; i < count; i++) if (mask[i] === maskByte.validation) mask[i] = maskByte.training;
    heldOut = 0;
  }
  const observations: Observations = {
    values,
    mask,
    truth: maskInput === undefined ? scaled : undefined,
    offset,
    range,
    observedRate: total / count,
    trainingRate: (total - heldOut) / count,
    heldOut,
    heldOutShare: share,
  };
  return { observations, natural, first, notes };
}

function firstAxis({ kind, shape, values }: FitInput, layout: LayoutId, marks: Uint8Array): 'frames' | 'rows' {
  if (shape.length === 4 || layout === 'video') return 'frames';
  return layout === 'auto' && kind === 'array' ? firstAxisOf(values, shape, marks) : 'rows';
}

/** Entries in the order of the input, 1 where observed. */
interface Marked {
  readonly marks: Uint8Array;
  readonly notes: readonly string[];
}

function drawn(input: FitInput, plain: Layout, settings: ObservationSettings): Marked {
  requireFinite(input, undefined);
  // The same entries whatever the layout, so that runs can be compared; other patterns are drawn once it is known.
  const entries = drawMask(plain, { ...settings, mask: 'entry' });
  return { marks: fromTensor(plain, entries, new Uint8Array(entries.length)), notes: [] };
}

function given(input: FitInput, { layout }: ObservationSettings, mask: FitInput): Marked {
  const views =
    layout === 'video'
      ? (['frames'] as const)
      : layout === 'auto'
        ? (['rows', 'frames'] as const)
        : (['rows'] as const);
  const { observed, grey } = readMask(mask, input.shape, views);
  requireFinite(input, observed);
  const share = `${grey.toLocaleString('en')} of the ${mask.values.length.toLocaleString('en')} values of the mask`;
  const notes =
    grey === 0 ? [] : [`${share} are neither black nor white: those of at least half of full scale count as observed.`];
  return { marks: observed, notes };
}

/** Throws for values that are not finite, where `observed` or anywhere. */
function requireFinite({ values, shape, name }: FitInput, observed: Uint8Array | undefined): void {
  let wrong = 0;
  let first = 0;
  for (let i = 0; i < values.length; i++) {
    if (observed?.[i] === 0 || Number.isFinite(values[i])) continue;
    if (wrong++ === 0) first = i;
  }
  if (wrong === 0) return;
  const where = `the first is ${values[first]} at [${placeOf(first, shape)}]`;
  throw new LabError({
    code: 'input',
    message:
      observed === undefined
        ? `${wrong} of the ${values.length} values of the input are NaN or infinite; ${where}.`
        : `${wrong} values of the input that the mask marks as observed are NaN or infinite; ${where}.`,
    where: name,
    tip:
      observed === undefined
        ? 'Give a --mask that marks them as missing, or replace them.'
        : 'Mark those entries as missing, or replace them.',
  });
}

/** Throws where nothing or everything was observed. */
function requireGaps(
  total: number,
  count: number,
  { sampling, mask }: ObservationSettings,
  maskInput: FitInput | undefined,
): void {
  if (total > 0 && total < count) return;
  const all = total > 0;
  if (maskInput !== undefined) {
    throw new LabError({
      code: 'input',
      message: all ? 'Every entry is observed: there is nothing to recover.' : 'The mask leaves nothing observed.',
      where: maskInput.name,
      tip: all
        ? 'Mark what is missing with 0, or black.'
        : 'Non-zero values of an array, and the light half of a picture, mean observed; is the mask inverted?',
    });
  }
  const entries = count === 1 ? 'the only entry' : `all of the ${count} entries`;
  throw new LabError({
    code: 'input',
    message: all
      ? `A sampling rate of ${sampling} observes ${entries}: there is nothing to recover.`
      : `A sampling rate of ${sampling} observes none of the ${count} entries.`,
    where: 'setting sampling',
    tip: all
      ? 'Give a --mask, or a sampling below 1 to study a complete input.'
      : `Give a larger sampling${sampling > 0 ? `, another seed, or a finer pattern than ${mask}` : ''}.`,
  });
}

function drawMask(layout: Layout, settings: Pick<ObservationSettings, 'sampling' | 'mask' | 'seed'>): Uint8Array {
  const { rows, columns, planes } = layout;
  const size = rows * columns;
  const random = createRandom(settings.seed, 'mask');
  const draw = () => (random.uniform() < settings.sampling ? 1 : 0);
  const band = Math.max(2, Math.round(rows / STRIPES));
  const units = {
    entry: size * planes.length,
    pixel: size,
    tube: size,
    rows,
    columns,
    stripes: Math.ceil(rows / band),
  };
  const marks = Uint8Array.from({ length: units[settings.mask] }, draw);
  const rowOf = (i: number) => Math.floor((i % size) / columns);
  const unitOf: Record<MaskKind, (i: number) => number> = {
    entry: i => i,
    pixel: i => i % size,
    tube: i => i % size,
    rows: rowOf,
    columns: i => i % columns,
    stripes: i => Math.floor(rowOf(i) / band),
  };
  return Uint8Array.from({ length: size * planes.length }, (_, i) => marks[unitOf[settings.mask](i)]);
}
