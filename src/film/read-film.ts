// Reads what a film needs from a run folder. Node only.

import { basename } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import { traceColumns } from '../protocol/run.ts';
import { readEvents, readMeasures, readProblem, readRecipe, readSummary, readTrace } from '../store/read-run.ts';
import { readLabels } from '../store/run-library.ts';
import { listSnapshots } from '../store/snapshot-views.ts';
import type { Curve, FilmSource } from './film.ts';

/** Of the run's best member. Throws a `store` error for a folder that is no run, a `state` error for one not loaded yet. */
export function readFilmSource(folder: string, title: string | undefined): FilmSource {
  const recipe = readRecipe(folder);
  const problem = readProblem(folder);
  if (problem === undefined) {
    throw new LabError({
      code: 'state',
      message: 'This run has not been loaded yet: there is nothing to make a film of.',
      where: folder,
      tip: 'Start it, and let it run for a few iterations.',
    });
  }
  const curves = readCurves(readTrace(folder), traceColumns.length + recipe.terms.length);
  const member = readSummary(folder)?.bestMember ?? leastLoss(curves);
  const empty = { iterations: [], values: [] };
  const { loss = empty, validation = empty, learningRate = empty } = curves[member] ?? {};
  const snapshots = listSnapshots(folder).filter(each => each.member === member);
  return {
    title: title ?? readLabels(folder).name ?? basename(folder),
    problem,
    member,
    loss,
    validation,
    learningRate,
    events: readEvents(folder),
    measures: readMeasures(folder),
    snapshots: snapshots.map(({ iteration }) => iteration),
  };
}

interface MemberCurves {
  readonly loss: Curve;
  readonly validation: Curve;
  readonly learningRate: Curve;
}

/** Of each member; `rows` as in the trace file. */
function readCurves(rows: Float64Array, columns: number): MemberCurves[] {
  const lists: number[][][] = [];
  for (let at = 0; at + columns <= rows.length; at += columns) {
    lists[rows[at + 1]] ??= [[], [], [], []];
    const [iterations, loss, validation, learningRate] = lists[rows[at + 1]];
    iterations.push(rows[at]);
    loss.push(rows[at + 2]);
    validation.push(rows[at + 3]);
    learningRate.push(rows[at + 4]);
  }
  return lists.map(([iterations, loss, validation, learningRate]) => ({
    loss: { iterations, values: loss },
    validation: { iterations, values: validation },
    learningRate: { iterations, values: learningRate },
  }));
}

/** The member with the least last held-out loss, or last loss where nothing is held out. */
function leastLoss(curves: readonly MemberCurves[]): number {
  const last = ({ values }: Curve) => Array.from(values).findLast(value => !Number.isNaN(value)) ?? Number.NaN;
  let [best, least] = [0, Infinity];
  curves.forEach(({ loss, validation }, member) => {
    const held = last(validation);
    const value = Number.isNaN(held) ? last(loss) : held;
    if (value < least) [best, least] = [member, value];
  });
  return best;
}
