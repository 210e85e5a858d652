// Which member the window shows when the user has chosen none.

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
