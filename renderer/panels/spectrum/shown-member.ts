// Whose spectrum is shown: the member of the cursor, or the best one.

import { bestMember } from '../../state/best-member.ts';
import { useCursor } from '../../state/cursor.ts';
import type { OpenRun } from '../../state/lab.ts';

export function shownMember(run: OpenRun): number {
  const { member } = useCursor.getState();
  return member === 'best' ? bestMember(run) : member;
}
