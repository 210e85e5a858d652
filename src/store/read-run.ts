// Reads the records of a run folder, also of one that is being written or was cut off: what is not complete yet is left
// out. Node only.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { ExportedFile, RunSummary } from '../protocol/host-calls.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { MeasureRow, ProblemDescription, Recipe, RunEvent } from '../protocol/run.ts';
import { readLines } from './files.ts';

export interface StoredRecipe extends Recipe {
  /** Changes known when the run was started. */
  readonly planned: readonly RunEvent[];
  /** Names of the loss terms: the last columns of the trace. */
  readonly terms: readonly string[];
}

/** Throws a `store` error for a folder that is no run, and for a run whose recipe is damaged. */
export function readRecipe(folder: string): StoredRecipe {
  const recipe = readDocument<StoredRecipe>(folder, 'recipe.json');
  if (recipe !== undefined && isWhole(recipe)) return recipe;
  if (existsSync(join(folder, 'recipe.json'))) {
    throw new LabError({
      code: 'store',
      message: 'The recipe of this run is damaged: recipe.json cannot be read.',
      where: folder,
      tip: 'Restore recipe.json, or start the run anew; its trace and exports are still in the folder.',
    });
  }
  throw new LabError({
    code: 'store',
    message: 'This is not a run folder: it has no recipe.json.',
    where: folder,
    tip: 'Give the folder that --out named.',
  });
}

function isWhole(recipe: Partial<StoredRecipe>): boolean {
  const { fit, input, members, files, planned, terms } = recipe;
  return typeof fit === 'string' && typeof input === 'string' && [members, files, planned, terms].every(Array.isArray);
}

/** Undefined for a run that was not loaded yet. */
export function readProblem(folder: string): ProblemDescription | undefined {
  return readDocument(folder, 'problem.json');
}

/** Undefined for a run that has not ended. */
export function readSummary(folder: string): RunSummary | undefined {
  return readDocument(folder, 'summary.json');
}

/**
 * In the order in which they take effect, users' before the engine's: after a resume the log holds users' changes before
 * what the engine did again meanwhile.
 */
export function readEvents(folder: string): RunEvent[] {
  const rank = ({ source }: RunEvent) => (source === 'user' ? 0 : 1);
  return readLines<RunEvent>(join(folder, 'events.jsonl')).sort(
    (a, b) => a.iteration - b.iteration || rank(a) - rank(b),
  );
}

export function readMeasures(folder: string): MeasureRow[] {
  return readLines(join(folder, 'measures.jsonl'));
}

/** How long a run had taken at a checkpoint: all in all, and each of its members, in seconds. */
export interface ClockRow {
  readonly iteration: number;
  readonly seconds: number;
  readonly members: readonly number[];
}

/** As written last at `iteration` or before it; what lies behind was run again since, or belongs to the parent of a branch. */
export function readClock(folder: string, iteration: number): ClockRow | undefined {
  return readLines<ClockRow>(join(folder, 'clock.jsonl')).findLast(row => row.iteration <= iteration);
}

/** Rows of the trace as in frames: traceColumns, then the terms; NaN where a column is empty. Complete rows only. */
export function readTrace(folder: string): Float64Array {
  const file = join(folder, 'trace.csv');
  if (!existsSync(file)) return new Float64Array(0);
  const [header, ...lines] = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const columns = header === undefined ? 0 : header.split(',').length;
  const rows = new Float64Array(lines.length * columns);
  let count = 0;
  for (const line of lines) {
    const cells = line.split(',');
    if (cells.length !== columns) continue;
    for (let c = 0; c < columns; c++) rows[count + c] = cells[c] === '' ? Number.NaN : Number(cells[c]);
    count += columns;
  }
  return rows.slice(0, count);
}

/** Files in the folder `exports` and below it, named with slashes. */
export function listExports(folder: string): ExportedFile[] {
  const exports = join(folder, 'exports');
  if (!existsSync(exports)) return [];
  return readdirSync(exports, { recursive: true, encoding: 'utf8' })
    .filter(name => !name.endsWith('.part'))
    .map(name => name.split(sep).join('/'))
    .sort()
    .flatMap(name => {
      const entry = statSync(join(exports, name), { throwIfNoEntry: false });
      return entry?.isFile() === true ? [{ name, bytes: entry.size }] : [];
    });
}

/** Undefined where there is none, or none that is whole. */
function readDocument<T>(folder: string, name: string): T | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
