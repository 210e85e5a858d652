// How a value of a setting lies on a slider: along decades or evenly, with stops at the ends for 0 and for no limit, and
// how far a key moves it. Pure; the widgets and the panels share it.

import type { SettingDescription } from '../../src/protocol/settings.ts';

/** Share of the track that a stop for 0 or ∞ takes at its end. */
const STOP = 0.05;
/** Decades that a log slider shows below and above the value it is about. */
const DECADES = 3;
/** Significant digits of what a drag gives. */
const DIGITS = 3;
/** One arrow key on a log scale: twenty make a decade. */
const LOG_STEP = 10 ** (1 / 20);

export type Step = 'finer' | 'small' | 'large' | 'end';

export interface SliderScale {
  /** 0 (left) to 1 (right). */
  toPosition(value: number): number;
  /** Rounded to what can be read and reproduced. */
  toValue(position: number): number;
  /** The value one key press away. */
  step(value: number, direction: 1 | -1, step: Step): number;
  readonly minimum: number;
  readonly maximum: number;
  /** Positions of decades, for ticks; none on a linear scale. */
  readonly ticks: readonly number[];
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const readable = (value: number): number => Number(value.toPrecision(DIGITS));

export interface LogRange {
  readonly low: number;
  readonly high: number;
  /** Value of the left end, beyond `low`: 0. */
  readonly bottom?: number;
  /** Value of the right end, beyond `high`: Infinity. */
  readonly top?: number;
  readonly whole?: boolean;
}

export function logScale({ low, high, bottom, top, whole = false }: LogRange): SliderScale {
  const from = bottom === undefined ? 0 : STOP;
  const to = top === undefined ? 1 : 1 - STOP;
  const span = Math.log(high / low);
  const minimum = bottom ?? low;
  const maximum = top ?? high;
  const round = (value: number): number => clamp(whole ? Math.round(readable(value)) : readable(value), low, high);
  const toPosition = (value: number): number => {
    if (top !== undefined && value > high) return 1;
    if (value < low && bottom !== undefined) return 0;
    return from + ((to - from) * Math.log(clamp(value, low, high) / low)) / span;
  };
  return {
    minimum,
    maximum,
    ticks: decades(low, high).map(toPosition),
    toPosition,
    toValue(position) {
      // A stop has caught the thumb as soon as it is nearer to it than to the scale.
      if (bottom !== undefined && position < from / 2) return bottom;
      if (top !== undefined && position > (1 + to) / 2) return top;
      return round(low * Math.exp((span * clamp(position - from, 0, to - from)) / (to - from)));
    },
    step(value, direction, size) {
      if (size === 'end') return direction < 0 ? minimum : maximum;
      if (direction > 0 && bottom !== undefined && value < low) return low;
      if (direction < 0 && top !== undefined && value > high) return high;
      const factor = size === 'large' ? 2 : size === 'finer' ? LOG_STEP ** 0.2 : LOG_STEP;
      const next = value * factor ** direction;
      if (next < low * (1 - 1e-9)) return value > low * (1 + 1e-9) ? low : minimum;
      if (next > high * (1 + 1e-9)) return value < high * (1 - 1e-9) ? high : maximum;
      const rounded = whole ? Math.round(next) : readable(next);
      return rounded === value ? clamp(value + direction * (whole ? 1 : 0), low, high) : clamp(rounded, low, high);
    },
  };
}

export interface LinearRange {
  readonly low: number;
  readonly high: number;
  readonly whole?: boolean;
}

export function linearScale({ low, high, whole = false }: LinearRange): SliderScale {
  const span = high - low;
  // Two hundred steps over the range, of 1, 2 or 5 times a power of ten.
  const grain = whole ? 1 : niceStep(span / 200);
  const round = (value: number): number => {
    const rounded = Math.round(value / grain) * grain;
    return clamp(Number(rounded.toPrecision(12)), low, high);
  };
  return {
    minimum: low,
    maximum: high,
    ticks: [],
    toPosition: value => (span === 0 ? 0 : clamp((value - low) / span, 0, 1)),
    toValue: position => round(low + clamp(position, 0, 1) * span),
    step(value, direction, size) {
      if (size === 'end') return direction < 0 ? low : high;
      const by =
        size === 'large' ? span / 10 : size === 'finer' ? grain / (whole ? 1 : 5) : Math.max(grain, span / 100);
      const next = value + direction * by;
      return clamp(whole ? Math.round(next) : Number(next.toPrecision(6)), low, high);
    },
  };
}

type Ranged = Pick<SettingDescription, 'type' | 'minimum' | 'maximum' | 'scale'>;

/**
 * The scale of a setting about a value (its start): three decades to either side of it within the range of the setting,
 * so that a drag moves it finely even where the range is huge. `shown` values always lie on it.
 */
export function scaleOf(
  { type, minimum = 0, maximum, scale }: Ranged,
  about: number,
  shown: readonly number[],
): SliderScale {
  const whole = type === 'integer';
  const most = maximum ?? Math.max(1, ...shown) * 10 ** DECADES;
  const linear = scale === undefined ? minimum < 0 || most - minimum <= 1 : scale === 'linear' || minimum < 0;
  if (linear) return linearScale({ low: minimum, high: most, whole });
  const positive = [about, ...shown].filter(value => value > 0 && Number.isFinite(value));
  const centre = about > 0 ? about : positive.length > 0 ? Math.min(...positive) : Math.min(1, most);
  const widest = Math.max(centre, ...positive);
  const least = Math.min(centre, ...positive);
  const floor = whole ? 1 : Number.MIN_VALUE;
  const low = Math.max(Math.min(centre / 10 ** DECADES, least), minimum, floor);
  const high = Math.min(Math.max(centre * 10 ** DECADES, widest), most);
  return logScale({ low, high: Math.max(high, low * 2), whole, ...(minimum <= 0 ? { bottom: 0 } : {}) });
}

function decades(low: number, high: number): number[] {
  const powers: number[] = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++)
    powers.push(10 ** power);
  return powers;
}

function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const ratio = step / power;
  return power * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
}
