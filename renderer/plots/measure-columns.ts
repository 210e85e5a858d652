// Measures of a run as lines over iterations: numbers, lists of numbers (one line for each place) and named numbers.
// What a measure is called or means is the fit's affair.

import type { MeasureRow } from '../../src/protocol/run.ts';
import type { Samples } from './samples.ts';

export interface MeasureLine {
  /** 1, 2, … in a list; the name in named numbers; '' for a number. */
  readonly label: string;
  readonly samples: Samples;
}

/** The lines of one measure of one member; at most `most` of them. */
export function measureLines(
  rows: readonly MeasureRow[],
  member: number,
  measure: string,
  most: number,
): MeasureLine[] {
  const own = rows.filter(row => row.member === member && row[measure] !== undefined && row[measure] !== null);
  // An iteration that was run again after a resume is told again: the later row holds.
  const byIteration = new Map(own.map(row => [row.iteration, row[measure]]));
  const iterations = [...byIteration.keys()].sort((a, b) => a - b);
  const values = iterations.map(iteration => byIteration.get(iteration));
  const x = Float64Array.from(iterations);
  const labels: string[] = [];
  for (const value of values) for (const label of partsOf(value)) if (!labels.includes(label)) labels.push(label);
  return labels.slice(0, most).map(label => ({
    label,
    samples: { x, y: Float64Array.from(values, value => partOf(value, label)) },
  }));
}

/** Names of measures that are single numbers, in the order in which they came. */
export function numericMeasures(rows: readonly MeasureRow[]): readonly string[] {
  let names = numericOf.get(rows);
  if (names === undefined) {
    names = namesWhere(rows, value => typeof value === 'number');
    numericOf.set(rows, names);
  }
  return names;
}

/** Rows are replaced, never changed. */
const numericOf = new WeakMap<readonly MeasureRow[], readonly string[]>();

export function wordMeasures(rows: readonly MeasureRow[]): string[] {
  return namesWhere(rows, value => typeof value === 'string');
}

/** The newest row of a member at or before `at`. */
export function rowAt(rows: readonly MeasureRow[], member: number, at: number | 'now'): MeasureRow | undefined {
  let found: MeasureRow | undefined;
  for (const row of rows) {
    if (row.member !== member || (at !== 'now' && row.iteration > at)) continue;
    if (found === undefined || row.iteration >= found.iteration) found = row;
  }
  return found;
}

/** Stretches of iterations over which a word-valued measure said the same. */
export function wordStretches(
  rows: readonly MeasureRow[],
  member: number,
  measure: string,
): { readonly word: string; readonly from: number; to: number }[] {
  const stretches: { word: string; from: number; to: number }[] = [];
  for (const row of rows.filter(each => each.member === member).sort((a, b) => a.iteration - b.iteration)) {
    const word = row[measure];
    if (typeof word !== 'string') continue;
    const last = stretches.at(-1);
    if (last !== undefined) last.to = row.iteration;
    if (last?.word !== word) stretches.push({ word, from: row.iteration, to: row.iteration });
  }
  return stretches;
}

/** A list or a number as numbers; what JSON cannot carry (an infinity) is missing. */
export function numbersOf(value: unknown): readonly number[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map(each => (typeof each === 'number' ? each : Number.NaN));
}

function namesWhere(rows: readonly MeasureRow[], fits: (value: unknown) => boolean): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (name !== 'iteration' && name !== 'member' && fits(value)) names.add(name);
    }
  }
  return [...names];
}

function partsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((_, i) => String(i + 1));
  if (typeof value === 'object' && value !== null) return Object.keys(value);
  return typeof value === 'number' ? [''] : [];
}

function partOf(value: unknown, label: string): number {
  const part = Array.isArray(value)
    ? value[Number(label) - 1]
    : typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)[label]
      : value;
  return typeof part === 'number' ? part : Number.NaN;
}
