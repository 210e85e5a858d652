// A range of learning rates for all members: of those that descend at once, or of the members of a run to come.

import { endingsOf } from '../panels/members/member-figures.ts';
import { draftFromRun } from './draft.ts';
import { setDraftRace } from './draft-edits.ts';
import { hyperTableAt } from './hyper.ts';
import { useLab } from './lab.ts';
import { changeLiveValues } from './live-changes.ts';
import { spreadRates } from './rate-points.ts';
import { changesBack, changesTo, dialOf } from './steering.ts';

const RATE = 'learningRate';

export interface RateRange {
  readonly low: number;
  readonly high: number;
}

/** Members of a run whose live values can be turned. */
export function steerableMembers(run: string): readonly number[] {
  const details = useLab.getState().open[run]?.details;
  if (details?.problem === undefined || !['running', 'paused', 'ready'].includes(details.entry.state)) return [];
  const endings = endingsOf(details.events);
  return details.problem.members.map((_, member) => member).filter(member => endings[member] === undefined);
}

/** Moves the rates of all that still descend into the range, as one change that can be undone. */
export async function spreadLiveRates(run: string, { low, high }: RateRange): Promise<void> {
  const details = useLab.getState().open[run]?.details;
  const problem = details?.problem;
  if (details === undefined || problem === undefined) return;
  const table = hyperTableAt(problem, details, 'now');
  const dials = steerableMembers(run).flatMap(
    member => dialOf({ problem, table, name: RATE, scope: member, group: '' }) ?? [],
  );
  const rates = spreadRates(dials.map(dial => dial.value ?? dial.values[0]).map(positive), low, high);
  await changeLiveValues({
    run,
    label: 'Change the range of learning rates',
    changes: dials.flatMap((dial, k) => changesTo(dial, rates[k])),
    back: dials.flatMap(changesBack),
  });
}

/** A rate of 0 has no place on a logarithmic scale: it counts as a very small one. */
function positive(rate: number): number {
  return rate > 0 ? rate : 1e-9;
}

/** Prepares the run once more, with its members' rates in the range. */
export async function raceRates(run: string, { low, high }: RateRange): Promise<void> {
  const details = useLab.getState().open[run]?.details;
  const problem = details?.problem;
  if (details === undefined || problem === undefined) return;
  const table = hyperTableAt(problem, details, 'now');
  const rates = problem.members.map((_, member) => positive(table.resolve(member, '').learningRate ?? 0));
  await draftFromRun(details);
  setDraftRace(RATE, spreadRates(rates, low, high).map(String));
}
