// What is told of runs side by side: the settings in which they differ, and their figures with the best of each. Pure.

import type { FitDescription, RunDetails } from '../../../src/protocol/host-calls.ts';
import { type SettingDescription, titleOfChoice } from '../../../src/protocol/settings.ts';
import { eventWords } from '../../plots/event-words.ts';
import { betterWay, figureHeading } from '../../plots/figure-words.ts';
import { memberName } from '../../plots/member-name.ts';
import type { TextTable } from '../../plots/text-table.ts';
import { formatNumber, formatValue, readableName } from '../../widgets/format-number.ts';

export type ComparedRun = Pick<RunDetails, 'entry' | 'recipe' | 'summary' | 'events' | 'problem'>;

/**
 * A row for each setting in which a run differs from another, a column for each run; in the words of their fits. Members
 * that differ share a cell.
 */
export function differingSettings(runs: readonly ComparedRun[], fits: readonly FitDescription[]): TextTable {
  const fitOf = ({ recipe }: ComparedRun) => fits.find(({ id }) => id === recipe.fit);
  const own = fits.filter(fit => runs.some(run => fitOf(run) === fit));
  const described = own.flatMap(describedBy);
  const known = (name: string) => described.find(setting => setting.name === name);
  const companions = new Map(own.flatMap(fit => fit.companions.map(({ id, title }): [string, string] => [id, title])));
  const names = [...new Set(runs.flatMap(({ recipe }) => recipe.members.flatMap(member => Object.keys(member))))];
  const rows = [
    row('Input', runs, ({ recipe }) => recipe.input),
    row('Mask', runs, ({ recipe }) => recipe.mask ?? 'none'),
    ...[...companions].map(([id, title]) => row(title, runs, ({ recipe }) => recipe.companions?.[id] ?? 'none')),
    row('Fit', runs, run => fitOf(run)?.title ?? run.recipe.fit),
    row('Members', runs, ({ recipe }) => String(recipe.members.length)),
    ...names.map(name => row(known(name)?.title ?? readableName(name), runs, run => valuesOf(run, name, known(name)))),
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

type Described = Pick<SettingDescription, 'name' | 'title' | 'choiceTitles'>;

/** What the fit names, and what its optimizers and schedules bring. */
function describedBy({ settings, optimizers, schedules }: FitDescription): readonly Described[] {
  return [...settings, ...[...optimizers, ...schedules].flatMap(({ hyper }) => hyper)];
}

function valuesOf({ recipe }: ComparedRun, name: string, setting: Described | undefined): string {
  const text = (value: number | string | undefined): string =>
    typeof value === 'string' && setting !== undefined ? titleOfChoice(setting, value) : formatValue(value);
  return [...new Set(recipe.members.map(member => text(member[name])))].join(' / ');
}

function changesOf({ events, problem }: ComparedRun): string {
  const made = events.filter(({ source }) => source === 'user');
  if (made.length === 0) return 'nothing';
  return made.map(event => `${eventWords(event, problem).short} at ${event.iteration}`).join('; ');
}

export interface FigureRow {
  readonly run: string;
  /** Its member; undefined while it goes on. */
  readonly member: number | undefined;
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

/** What is no figure of quality or cost; a score that ranks states is none either. */
const notFigures = new Set(['member', 'halvings']);
const isFigure = (name: string, { problem }: ComparedRun) =>
  !notFigures.has(name) && !(name === 'bestValidation' && problem?.validationIs === 'rank');

/** A row for the best member of each run that is over, or for each of its members; and one for each run that is not. */
export function figureTable(runs: readonly ComparedRun[], shown: 'best' | 'all'): FigureTable {
  const rows = runs.flatMap((compared): FigureRow[] => {
    const { entry, summary, problem } = compared;
    const { run, name, figures, iteration } = entry;
    if (summary === undefined) {
      return [{ run, member: undefined, name, values: { ...figures, iterations: iteration } }];
    }
    const members = summary.members.filter(({ member }) => shown === 'all' || member === summary.bestMember);
    return members.map(({ member, label: _label, ...facts }) => ({
      run,
      member,
      name: summary.members.length > 1 ? `${name}: ${memberName(problem ?? summary, member)}` : name,
      values: {
        ...(member === summary.bestMember ? figures : {}),
        ...Object.fromEntries(
          Object.entries(facts).filter(
            (fact): fact is [string, number] => typeof fact[1] === 'number' && isFigure(fact[0], compared),
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
