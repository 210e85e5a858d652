// The members of a run as points: each at its learning rate, or what else a fit sets them along, as high as what it has come
// to. Also how rates are spread anew over a range. Pure.

import type { RunDetails } from '../../src/protocol/host-calls.ts';
import type { ScatterView } from '../../src/protocol/views.ts';
import { numbersOf, rowAt } from '../plots/measure-columns.ts';
import { hyperTableAt } from './hyper.ts';
import type { MemberTrace } from './trace-store.ts';

export interface MemberPoint {
  readonly member: number;
  /** A learning rate as it was set, without schedule and halvings; or a measure. */
  readonly along: number;
  /** NaN: none yet. */
  readonly value: number;
}

/** A column of the trace, of which the least value so far counts, or a measure, of which the last does. */
export interface RateFigure {
  readonly kind: 'least' | 'measure';
  readonly name: string;
}

/** Of every member that has a learning rate, at the cursor. */
export function ratePoints(
  details: Pick<RunDetails, 'problem' | 'events' | 'accepted' | 'measures'>,
  traces: readonly MemberTrace[],
  figure: RateFigure,
  at: number | 'now',
): readonly MemberPoint[] {
  const { problem } = details;
  if (problem === undefined) return [];
  const table = hyperTableAt(problem, details, at);
  return problem.members.flatMap((_, member) => {
    const rate = rateOf(table, member);
    if (!(rate > 0)) return [];
    const value =
      figure.kind === 'least'
        ? least(traces[member], figure.name, at)
        : Number(rowAt(details.measures, member, at)?.[figure.name] ?? Number.NaN);
    return [{ member, along: rate, value }];
  });
}

/** Of every member that has both measures of the view at the cursor. */
export function scatterPoints(
  { problem, measures }: Pick<RunDetails, 'problem' | 'measures'>,
  { along, height }: Pick<ScatterView, 'along' | 'height'>,
  at: number | 'now',
): readonly MemberPoint[] {
  return (problem?.members ?? []).flatMap((_, member) => {
    const row = rowAt(measures, member, at);
    const point = { member, along: Number(row?.[along] ?? Number.NaN), value: Number(row?.[height] ?? Number.NaN) };
    return Number.isFinite(point.along) ? [point] : [];
  });
}

/** Places of the curve of a member at the cursor, in the order of its lists. */
export function scatterCurve(
  { measures }: Pick<RunDetails, 'measures'>,
  { curve }: Pick<ScatterView, 'curve'>,
  member: number,
  at: number | 'now',
): readonly Omit<MemberPoint, 'member'>[] {
  const row = curve === undefined ? undefined : rowAt(measures, member, at);
  if (curve === undefined || row === undefined) return [];
  const values = numbersOf(row[curve.height]);
  return numbersOf(row[curve.along])
    .map((along, place) => ({ along, value: values[place] ?? Number.NaN }))
    .filter(({ along, value }) => Number.isFinite(along) && Number.isFinite(value));
}

function rateOf(table: ReturnType<typeof hyperTableAt>, member: number): number {
  const { learningRate } = table.resolve(member, '');
  return learningRate ?? Number.NaN;
}

function least(trace: MemberTrace | undefined, name: string, at: number | 'now'): number {
  const column = trace?.column(name);
  if (trace === undefined || column === undefined) return Number.NaN;
  let found = Number.NaN;
  for (let row = 0; row < trace.length; row++) {
    if (at !== 'now' && trace.iterations[row] > at) break;
    if (!(column[row] >= found)) found = Number.isNaN(column[row]) ? found : column[row];
  }
  return found;
}

/**
 * Positive rates moved into the range from `low` to `high`: each keeps its place among the others in decades; equal ones
 * are set apart evenly, in their order.
 */
export function spreadRates(rates: readonly number[], low: number, high: number): readonly number[] {
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  return rates.map((rate, index) => {
    const share =
      most > least
        ? Math.log(rate / least) / Math.log(most / least)
        : rates.length > 1
          ? index / (rates.length - 1)
          : 0.5;
    return Number((low * (high / low) ** share).toPrecision(4));
  });
}
