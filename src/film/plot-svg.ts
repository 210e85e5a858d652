// One plot of a film as SVG: curves over the iterations, pale where they are still to come, with a cursor. Pure.

import { type Curve, compact, countUntil, valueAt } from './film.ts';
import type { Box } from './film-layout.ts';

export const ink = { text: '#1f2328', dimmed: '#5f6670', line: '#d5d9de', pin: '#c2410c' } as const;
/** Okabe and Ito 2008: told apart by colour-blind eyes. */
export const seriesColours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#7a6a00',
  '#5f5f5f',
] as const;

export interface PlotCurve {
  readonly curve: Curve;
  readonly colour: string;
  readonly line: 'solid' | 'dashed';
}

export interface PlotRequest {
  readonly box: Box;
  readonly unit: number;
  /** The last iteration of the axis. */
  readonly last: number;
  readonly scale: 'linear' | 'log';
  readonly curves: readonly PlotCurve[];
  /** ends: only the least and the largest value are written beside the axis. */
  readonly ticks: 'all' | 'ends';
  /** Whether iterations are written below. */
  readonly iterations: 'shown' | 'hidden';
}

export interface Plot {
  /** What does not move. */
  readonly still: string;
  /** Curves up to this iteration in full colour, and the cursor. */
  at(iteration: number): string;
}

/** Where an iteration lies along the axis, 0…1: logarithmic, as snapshots are, so that the cursor moves evenly. */
export function along(iteration: number, last: number): number {
  return last <= 0 ? 0 : Math.min(1, Math.log1p(Math.max(0, iteration)) / Math.log1p(last));
}

export function createPlot(request: PlotRequest): Plot {
  const { box, unit, last, curves } = request;
  const { low, high, scale, known } = rangeOf(request);
  const up = scale === 'log' ? Math.log : (value: number) => value;
  const x = (iteration: number) => box.left + along(iteration, last) * box.width;
  const y = (value: number) => {
    const share = (up(value) - up(low)) / (up(high) - up(low));
    return box.top + (1 - Math.min(1, Math.max(0, share))) * box.height;
  };
  const drawn = curves
    .filter(({ curve }) => curve.values.length > 0)
    .map(({ curve, ...look }) => ({ curve, ...look, points: thin(curve, x, y, scale) }));
  const stroke = (1.8 * unit).toFixed(2);
  const path = (points: readonly Point[], colour: string, line: string, opacity: number) =>
    points.length === 0
      ? ''
      : `<path d="M${points.map(({ text }) => text).join('L')}" fill="none" stroke="${colour}" stroke-width="${stroke}" stroke-linejoin="round"${opacity === 1 ? '' : ` stroke-opacity="${opacity}"`}${line === 'dashed' ? ` stroke-dasharray="${4 * unit} ${3 * unit}"` : ''}/>`;
  const values = request.ticks === 'all' ? ticksBetween(low, high, scale) : known;
  const size = Math.round(12 * unit);
  const grid = values
    .map(
      value =>
        `<path d="M${box.left} ${y(value).toFixed(1)}h${box.width}" stroke="${ink.line}"/><text x="${(box.left - 6 * unit).toFixed(1)}" y="${(y(value) + 0.35 * size).toFixed(1)}" text-anchor="end" font-size="${size}" fill="${ink.dimmed}">${compact(value)}</text>`,
    )
    .join('');
  const bottom = box.top + box.height;
  const below = iterationTicks(last)
    .filter((tick, _, all) => tick === last || x(all[all.length - 1]) - x(tick) > 60 * unit)
    .map(
      tick =>
        `<path d="M${x(tick).toFixed(1)} ${bottom}v${(4 * unit).toFixed(1)}" stroke="${ink.dimmed}"/><text x="${x(tick).toFixed(1)}" y="${(bottom + 17 * unit).toFixed(1)}" text-anchor="${tick === last ? 'end' : 'middle'}" font-size="${size}" fill="${ink.dimmed}">${grouped(tick)}</text>`,
    )
    .join('');
  const axisName = `<text x="${(box.left - 14 * unit).toFixed(1)}" y="${(bottom + 17 * unit).toFixed(1)}" text-anchor="end" font-size="${size}" fill="${ink.dimmed}">iteration</text>`;
  const pale = drawn.map(({ points, colour, line }) => path(points, colour, line, 0.25)).join('');
  return {
    still: `${grid}${request.iterations === 'shown' ? below + axisName : ''}${pale}`,
    at(iteration) {
      const past = drawn.map(({ points, colour, line }) =>
        path(
          points.slice(
            0,
            countUntil(
              points.map(point => point.iteration),
              iteration,
            ),
          ),
          colour,
          line,
          1,
        ),
      );
      const dots = drawn.map(({ curve, colour }) => {
        const value = valueAt(curve, iteration);
        return Number.isNaN(value) || (scale === 'log' && value <= 0)
          ? ''
          : `<circle cx="${x(iteration).toFixed(1)}" cy="${y(value).toFixed(1)}" r="${(3.5 * unit).toFixed(1)}" fill="${colour}" stroke="#fff"/>`;
      });
      const cursor = `<path d="M${x(iteration).toFixed(1)} ${box.top}v${box.height}" stroke="${ink.text}" stroke-width="${unit.toFixed(2)}"/>`;
      return `${past.join('')}${cursor}${dots.join('')}`;
    },
  };
}

/** 12 345 */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}

interface Point {
  readonly iteration: number;
  readonly y: number;
  readonly text: string;
}

/** At most four points for each column of pixels: its first, least, largest and last. */
function thin(
  { iterations, values }: Curve,
  x: (iteration: number) => number,
  y: (value: number) => number,
  scale: 'linear' | 'log',
): Point[] {
  const points: Point[] = [];
  let column: Point[] = [];
  let at = -1;
  const close = (): void => {
    const least = column.reduce((a, b) => (b.y < a.y ? b : a), column[0]);
    const largest = column.reduce((a, b) => (b.y > a.y ? b : a), column[0]);
    const kept = new Set([column[0], least, largest, column[column.length - 1]]);
    points.push(...column.filter(point => kept.has(point)));
    column = [];
  };
  for (let i = 0; i < iterations.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) continue;
    const left = x(iterations[i]);
    const top = y(value);
    if (Math.floor(left) !== at && column.length > 0) close();
    at = Math.floor(left);
    column.push({ iteration: iterations[i], y: top, text: `${left.toFixed(1)} ${top.toFixed(1)}` });
  }
  if (column.length > 0) close();
  return points;
}

interface AxisRange {
  readonly low: number;
  readonly high: number;
  readonly scale: 'linear' | 'log';
  /** The least and the largest value; one where they agree, none where there is no value. */
  readonly known: readonly number[];
}

/** Of the known values; linear where a logarithmic axis has nothing above zero to show. */
function rangeOf({ curves, scale }: PlotRequest): AxisRange {
  let [low, high, least] = [Infinity, -Infinity, Infinity];
  for (const { curve } of curves) {
    for (let i = 0; i < curve.values.length; i++) {
      const value = curve.values[i];
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value > 0 && value < least) least = value;
    }
  }
  if (low > high) return { low: 0, high: 1, scale: 'linear', known: [] };
  const known = low === high ? [low] : [low, high];
  if (scale === 'log' && high > 0) {
    const bottom = Math.max(least, high * 1e-12);
    if (bottom === high) return { low: bottom / 2, high: high * 2, scale, known: [high] };
    return { low: bottom, high, scale, known: [bottom, high] };
  }
  const half = 0.5 * Math.abs(low || 1);
  return low === high
    ? { low: low - half, high: high + half, scale: 'linear', known }
    : { low, high, scale: 'linear', known };
}

function ticksBetween(low: number, high: number, scale: 'linear' | 'log'): number[] {
  if (scale === 'linear') {
    const raw = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(factor => factor * power).find(each => each >= raw) ?? raw;
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, n) => (first + n) * step);
  }
  const decades = Math.log10(high / low);
  const factors = decades < 1 ? [1, 2, 3, 5, 7] : decades < 2.5 ? [1, 3] : [1];
  const stride = Math.max(1, Math.ceil(decades / 5));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    if (power % stride !== 0) continue;
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

function iterationTicks(last: number): number[] {
  const ticks = [0];
  for (let tick = 1; tick < last; tick *= 10) ticks.push(tick);
  return last > 0 ? [...ticks, last] : ticks;
}
