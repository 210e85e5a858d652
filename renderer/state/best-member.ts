// Which member the window shows when the user has chosen none, and which of its iterations is the best so far.

import type { OpenRun } from './lab.ts';

/** The member the engine called best, or while it runs the one with the least held-out loss, or the least loss. */
export function bestMember({ details, trace }: OpenRun): number {
  if (details.summary !== undefined) return details.summary.bestMember;
  let best = 0;
  let least = Infinity;
  trace.members.forEach((member, index) => {
    if (member.length === 0) return;
    const validation = member.column('validation')?.[member.length - 1] ?? Number.NaN;
    const figure = Number.isNaN(validation) ? (member.column('loss')?.[member.length - 1] ?? Infinity) : validation;
    if (figure < least) [best, least] = [index, figure];
  });
  return best;
}

/** Iteration of the best member's state that is kept: at its least held-out loss; undefined where nothing is held out. */
export function bestIteration(run: OpenRun): number | undefined {
  const { summary } = run.details;
  if (summary !== undefined) return summary.members[summary.bestMember]?.bestIteration;
  const trace = run.trace.members[bestMember(run)];
  const validation = trace?.column('validation');
  if (trace === undefined || validation === undefined) return undefined;
  let least: number | undefined;
  for (let i = 0; i < validation.length; i++)
    if (validation[i] < (least === undefined ? Infinity : validation[least])) least = i;
  return least === undefined ? undefined : trace.iterations[least];
}
