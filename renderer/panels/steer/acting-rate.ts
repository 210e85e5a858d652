// Writes the learning rate as it acts, with schedule and halvings, straight into an element: it changes with every
// iteration, so React has no part in it. At the beat, and only when it changed.

import { atNextBeat } from '../../state/beat.ts';
import { hyperTableAt } from '../../state/hyper.ts';
import type { OpenRun } from '../../state/lab.ts';
import type { MemberTrace } from '../../state/trace-store.ts';
import { formatNumber } from '../../widgets/format-number.ts';

export interface ActingRateRequest {
  readonly run: OpenRun;
  readonly member: number;
  readonly iteration: number | 'now';
}

/** Keeps the text of `element` up to date until the answer is called. */
export function showActingRate(element: HTMLElement, { run, member, iteration }: ActingRateRequest): () => void {
  let callOff: (() => void) | undefined;
  const write = (): void => {
    callOff = undefined;
    const text = actingText(run, member, iteration);
    if (element.textContent !== text) element.textContent = text;
  };
  const end = run.trace.subscribe(() => {
    callOff ??= atNextBeat(write);
  });
  write();
  return () => {
    callOff?.();
    end();
  };
}

function actingText({ details, trace }: OpenRun, member: number, iteration: number | 'now'): string {
  const series = trace.members[member];
  const at = series === undefined ? -1 : rowAt(series, iteration);
  if (series === undefined || at < 0 || details.problem === undefined) return 'Nothing was descended yet';
  const acting = series.column('learningRate')?.[at] ?? Number.NaN;
  const set = hyperTableAt(details.problem, details, series.iterations[at]).resolve(member, '').learningRate;
  const factor = acting / set;
  if (!Number.isFinite(factor) || Math.abs(factor - 1) < 1e-6) return `Acts in full: ${formatNumber(acting)}`;
  return `Acts as ${formatNumber(acting)}: ${formatNumber(factor, 3)} × ${formatNumber(set)}, by schedule and halvings`;
}

/** The last row at or before the iteration; -1: none. */
function rowAt({ iterations, length }: MemberTrace, iteration: number | 'now'): number {
  if (iteration === 'now') return length - 1;
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (iterations[middle] <= iteration) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
