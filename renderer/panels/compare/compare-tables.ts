// What is told of runs side by side: the settings in which they differ, and their figures with the best of each. Pure.

import type { RunDetails } from '../../../src/protocol/host-calls.ts';
import { eventWords } from '../../plots/event-words.ts';
import { betterWay, figureHeading } from '../../plots/figure-words.ts';
import type { TextTable } from '../../plots/text-table.ts';
import { formatNumber, formatValue } from '../../widgets/format-number.ts';

export type ComparedRun = Pick<RunDetails, 'entry' | 'recipe' | 'summary' | 'events' | 'problem'>;

/** A row for each setting in which a run differs from another, a column for each run. Members that differ share a cell. */
export function differingSettings(runs: readonly ComparedRun[], titleOf: (setting: string) => string): TextTable {
  const names = [...new Set(runs.flatMap(({ recipe }) => recipe.members.flatMap(member => Object.keys(member))))];
  const rows = [
    row('Input', runs, ({ recipe }) => recipe.input),
    row('Mask', runs, ({ recipe }) => recipe.mask ?? 'none'),
    row('Fit', runs, ({ recipe }) => recipe.fit),
    ...names.map(name => row(titleOf(name), runs, ({ recipe }) => valuesOf(recipe, name))),
    row('Seed', runs, ({ recipe }) => String(recipe.seed)),
    row('Kernels', runs, ({ recipe }) => recipe.twin),
    row('Changed while it ran', runs, changesOf),
  ];
  return {
    columns: ['Setting', ...runs.map(({ entry }) => entry.name)],
    rows: rows.filter(([, ...cells]) => cells.some(cell => cell !== cells[0])),
  };
}

function row(title: string, runs: readonly ComparedRun[], read: (run: ComparedRun) => string): string[] {
  return [title, ...runs.map(read)];
}

function valuesOf({ members }: RunDetails['recipe'], name: string): string {
  return [...new Set(members.map(member => formatValue(member[name])))].join(' / ');
}

function changesOf({ events, problem }: ComparedRun): string {
  const made = events.filter(({ source }) => source === 'user');
  if (made.length === 0) return 'nothing';
  return made.map(event => `${eventWords(event, problem).short} at ${event.iteration}`).join('; ');
}

export interface FigureRow {
  readonly run: string;
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface FigureTable {
  /** Names of figures, in the order in which they came. */
  readonly figures: readonly string[];
  readonly rows: readonly FigureRow[];
  /** Rows that have the best value of a figure, by figure. */
  readonly best: Readonly<Record<string, readonly number[]>>;
}

/** What is no figure of quality or cost. */
const notFigures = new Set(['member', 'halvings']);

/** A row for each member of runs that are over, and one for each run that is not. */
export function figureTable(runs: readonly ComparedRun[]): FigureTable {
  const rows = runs.flatMap(({ entry, summary, problem }): FigureRow[] => {
    const { run, name, figures, iteration } = entry;
    if (summary === undefined) return [{ run, name, values: { ...figures, iterations: iteration } }];
    return summary.members.map(({ member, label, ...facts }) => ({
      run,
      name: summary.members.length > 1 ? `${name}: ${problem?.members[member]?.label ?? label}` : name,
      values: {
        ...(member === summary.bestMember ? figures : {}),
        ...Object.fromEntries(
          Object.entries(facts).filter(
            (fact): fact is [string, number] => typeof fact[1] === 'number' && !notFigures.has(fact[0]),
          ),
        ),
      },
    }));
  });
  const figures = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  return { figures, rows, best: Object.fromEntries(figures.map(name => [name, bestRows(rows, name)])) };
}

function bestRows(rows: readonly FigureRow[], figure: string): number[] {
  const way = betterWay(figure);
  const values = rows.map(({ values }) => values[figure]).filter(value => Number.isFinite(value));
  if (way === undefined || values.length < 2 || values.every(value => value === values[0])) return [];
  const best = way === 'higher' ? Math.max(...values) : Math.min(...values);
  return rows.flatMap(({ values }, place) => (values[figure] === best ? [place] : []));
}

/** For the clipboard: figures rounded as they are shown. */
export function textOfFigures({ figures, rows }: FigureTable): TextTable {
  return {
    columns: ['Run', ...figures.map(figureHeading)],
    rows: rows.map(({ name, values }) => [
      name,
      ...figures.map(figure => (values[figure] === undefined ? undefined : Number(formatNumber(values[figure], 6)))),
    ]),
  };
}
