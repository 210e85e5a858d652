// An axis of a plot as numbers: its range, linear or logarithmic, and where its ticks stand. Pure functions.

/** `min` < `max`; on a logarithmic scale both are above 0. */
export interface PlotScale {
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
}

/** Where a value lies: 0 at the start of the scale, 1 at its end. Not above 0 on a logarithmic scale: far below the start. */
export function shareOf({ min, max, log }: PlotScale, value: number): number {
  if (!log) return (value - min) / (max - min);
  return value > 0 ? Math.log(value / min) / Math.log(max / min) : -1e6;
}

export function valueAtShare({ min, max, log }: PlotScale, share: number): number {
  return log ? min * (max / min) ** share : min + (max - min) * share;
}

/** Of the largest value shown: an error below this is none, and its decades would squeeze those that tell something. */
export const LEAST_ERROR = 1e-6;

/** A scale spans at least this share of the values' size, so that four digits tell its ticks apart. */
const LEAST_SPREAD = 0.005;

/**
 * The range of values widened to a scale, with room above and below; of one value too. A logarithmic one goes down to
 * `leastShare` of the largest value at most.
 */
export function scaleAround(
  least: number,
  most: number,
  kind: 'linear' | 'log',
  room = 0.06,
  leastShare = 0,
): PlotScale {
  if (kind === 'log') {
    if (!(most > 0)) return { min: 0.1, max: 1, log: true };
    const low = Math.max(least > 0 ? least : most / 10, leastShare * most);
    const factor = Math.max((most / low) ** room, 1.05);
    return { min: low / factor, max: most * factor, log: true };
  }
  if (!(least <= most)) return { min: 0, max: 1, log: false };
  const size = Math.max(Math.abs(least), Math.abs(most));
  // Differences that the ticks' digits could not tell apart are no differences to look at.
  const margin =
    Math.max((most - least) * room, most === least ? size / 2 : (LEAST_SPREAD * size - (most - least)) / 2) || 1;
  return { min: least - margin, max: most + margin, log: false };
}

const FACTORS = [1, 2, 5, 10];

/** A scale that ends at round values, so that it holds still while what it is made from creeps. */
export function roundedOut({ min, max, log }: PlotScale): PlotScale {
  if (log) return { min: roundBelow(min), max: 1 / roundBelow(1 / max), log };
  const step = linearStep(max - min, ROUND_STEPS);
  return { min: step * Math.floor(min / step), max: step * Math.ceil(max / step), log };
}

const ROUND_STEPS = 5;

/** The next of 1, 2, 5, 10, … at or below a positive value. */
function roundBelow(value: number): number {
  const power = decade(value);
  const factor = FACTORS.findLast(each => each * 10 ** power <= value * (1 + 1e-9)) ?? 1;
  return Number(`${factor}e${power}`);
}

function linearStep(span: number, count: number): number {
  const raw = span / count;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  return magnitude * (FACTORS.find(factor => factor * magnitude >= raw * (1 - 1e-9)) ?? 10);
}

/** Round values inside the scale, about `count` of them. */
export function ticksOf(scale: PlotScale, count: number): number[] {
  // One tick tells no scale: rather more of them than there is room for.
  for (let wanted = Math.max(1, count); ; wanted *= 2) {
    const ticks = scale.log ? logTicks(scale, wanted) : linearTicks(scale, wanted);
    if (ticks.length >= 2 || wanted > 64) return ticks;
  }
}

function linearTicks({ min, max }: PlotScale, count: number): number[] {
  const step = linearStep(max - min, count);
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function logTicks({ min, max }: PlotScale, count: number): number[] {
  const inside = (value: number) => value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9);
  const low = Math.floor(Math.log10(min));
  const high = Math.ceil(Math.log10(max));
  const skip = Math.max(1, Math.ceil((high - low) / count));
  const powers = (factors: readonly number[], every: number) => {
    const found = [];
    for (let power = low; power <= high; power++) {
      if (((power % every) + every) % every !== 0) continue;
      for (const factor of factors) found.push(Number(`${factor}e${power}`));
    }
    return found.filter(inside);
  };
  for (let every = skip; every >= 1; every--) {
    const decades = powers([1], every);
    if (decades.length < 2) continue;
    return every > 1 || decades.length * 3 > count ? decades : powers([1, 2, 5], 1);
  }
  const finer = powers([1, 2, 5], 1);
  return finer.length >= 2 ? finer : linearTicks({ min, max, log: false }, count);
}

/** A tick's value in as few characters as it needs: 0.02, 500, 20k, 1e-7. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e6)
    return value.toExponential(Number((value / 10 ** decade(size)).toFixed(6)) % 1 === 0 ? 0 : 1).replace('e+', 'e');
  if (size >= 1e4) return `${Number((value / 1000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(6)));
}

function decade(size: number): number {
  return Math.floor(Math.log10(size) + 1e-12);
}
