// The series that a run has: the columns of its trace, and its measures that are numbers.

import type { MeasureRow, ProblemDescription } from '../../../src/protocol/run.ts';
import { betterWay } from '../../plots/figure-words.ts';
import { numericMeasures } from '../../plots/measure-columns.ts';
import type { OpenRun } from '../../state/lab.ts';
import type { TraceStore } from '../../state/trace-store.ts';

/** Held-out losses come every few iterations, the first among the first. */
const LOOK_AT = 64;

/** In the order to offer: losses, terms, the learning rate, measures. */
export function seriesOf({
  trace,
  details,
}: Pick<OpenRun, 'trace'> & {
  readonly details: {
    readonly measures: readonly MeasureRow[];
    readonly problem: Pick<ProblemDescription, 'validationIs'> | undefined;
  };
}): string[] {
  const hidden = details.problem?.validationIs === 'rank' ? ['learningRate', 'validation'] : ['learningRate'];
  const columns = trace.names.filter(name => !hidden.includes(name) && hasValues(trace, name));
  const measures = numericMeasures(details.measures).filter(name => !columns.includes(name));
  return [...columns, ...(trace.names.includes('learningRate') ? ['learningRate'] : []), ...measures];
}

/** What to show of a run when the user has chosen nothing: losses, and the first figure of quality. */
export function firstSeries(available: readonly string[], trace: TraceStore): string[] {
  const figures = available.filter(name => name !== 'loss' && name !== 'validation' && betterWay(name) !== undefined);
  // What is measured against the truth says more than a term of the loss, and later terms more than the first.
  const quality = figures.find(name => !trace.names.includes(name)) ?? figures.at(-1);
  const losses = available.filter(name => name === 'loss' || name === 'validation');
  const wanted = [...losses, ...(quality === undefined ? [] : [quality])];
  return wanted.length > 0 ? wanted : trace.names.slice(0, 1);
}

/** Of the trace and no rate: what the preference for logarithmic losses holds for. */
export function isLoss(name: string, trace: TraceStore): boolean {
  return name !== 'learningRate' && trace.names.includes(name);
}

function hasValues(trace: TraceStore, name: string): boolean {
  return trace.members.some(member => member.column(name)?.subarray(0, LOOK_AT).some(Number.isFinite));
}
