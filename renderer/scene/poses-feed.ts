// Feeds a poses view into a scene: what is pulled for the member on show, together with where all members stood, which is in
// the measures. Follows the run at the beat, the cursor at once.

import type { PosesView, ViewData } from '../../src/protocol/views.ts';
import { leftBehind } from '../panels/members/member-figures.ts';
import { Redraw } from '../plots/redraw.ts';
import { bestMember } from '../state/best-member.ts';
import { useCursor } from '../state/cursor.ts';
import { useLab } from '../state/lab.ts';
import type { ComposedFeed } from './composed-feed.ts';
import { memberPosesAt } from './member-poses.ts';

export function feedPoses(run: string, { measure, box }: PosesView, onData: (data: ViewData) => void): ComposedFeed {
  const centre = [0, 1, 2].map(axis => (box[axis] + box[axis + 3]) / 2);
  let newest: ViewData | undefined;
  const redraw = new Redraw(() => {
    const opened = useLab.getState().open[run];
    if (newest === undefined || opened === undefined) return;
    const { iteration, member } = useCursor.getState();
    const { details } = opened;
    const count = details.problem?.members.length ?? 0;
    const members = memberPosesAt({
      rows: details.measures,
      measure,
      members: count,
      iteration,
      shown: member === 'best' ? bestMember(opened) : member,
      ended: leftBehind(details.events, count, iteration),
      centre,
    });
    onData({ ...newest, ...members });
  });
  const ends = [
    useLab.subscribe((state, before) => {
      const [now, old] = [state.open[run]?.details, before.open[run]?.details];
      if (now?.measures !== old?.measures || now?.events !== old?.events) redraw.request('calmly');
    }),
    useCursor.subscribe(() => redraw.request('soon')),
  ];
  return {
    pulled(data) {
      newest = data;
      redraw.request('soon');
    },
    switchTo: on => redraw.switchTo(on),
    dispose() {
      redraw.dispose();
      for (const end of ends) end();
    },
  };
}
