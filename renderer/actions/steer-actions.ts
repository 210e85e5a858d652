// Turning the learning rate by keys, and undo.

import { ENDED_BY_USER } from '../../src/protocol/run.ts';
import { endingsOf } from '../panels/members/member-figures.ts';
import { bestMember } from '../state/best-member.ts';
import { useCursor } from '../state/cursor.ts';
import { hyperTableAt } from '../state/hyper.ts';
import { currentRun, useLab } from '../state/lab.ts';
import { changeLiveValues, setMemberRunning } from '../state/live-changes.ts';
import { dialOf, scaledBy } from '../state/steering.ts';
import { canRedo, canUndo, redo, undo } from '../state/undo.ts';
import type { Action } from './action.ts';

const steerable = () => {
  const run = currentRun(useLab.getState());
  if (useLab.getState().connection !== 'open') return false;
  return run?.details.problem !== undefined && ['running', 'paused', 'ready'].includes(run.details.entry.state);
};

/** Beside others: where it descends, or waits because the user ended it. */
function memberOnShow(state: 'descends' | 'ended'): { readonly run: string; readonly member: number } | undefined {
  const run = currentRun(useLab.getState());
  if (run === undefined || !steerable() || (run.details.problem?.members.length ?? 0) < 2) return undefined;
  const { member: shown } = useCursor.getState();
  const member = shown === 'best' ? bestMember(run) : shown;
  const reason = endingsOf(run.details.events)[member]?.reason;
  return reason === (state === 'descends' ? undefined : ENDED_BY_USER)
    ? { run: run.details.entry.run, member }
    : undefined;
}

function turnMember(from: 'descends' | 'ended'): Promise<void> | undefined {
  const on = memberOnShow(from);
  return on && setMemberRunning(on.run, on.member, from === 'descends' ? 'ended' : 'running');
}

/** Multiplies the learning rate of all members and groups by `factor`; their ratios stay. */
function scaleRate(factor: number): Promise<void> | undefined {
  const run = currentRun(useLab.getState());
  const problem = run?.details.problem;
  if (run === undefined || problem === undefined) return undefined;
  const table = hyperTableAt(problem, run.details, 'now');
  const dial = dialOf({ problem, table, name: 'learningRate', scope: 'all', group: '' });
  if (dial === undefined) return undefined;
  const label = factor < 1 ? 'Halve learning rate' : 'Double learning rate';
  return changeLiveValues({ run: run.details.entry.run, label, ...scaledBy(dial, factor) });
}

export const steerActions: readonly Action[] = [
  {
    id: 'steer.halve',
    title: 'Halve the learning rate',
    group: 'Steer',
    keywords: 'slower smaller step eta',
    shortcut: '[',
    enabled: steerable,
    run: () => scaleRate(0.5),
  },
  {
    id: 'steer.double',
    title: 'Double the learning rate',
    group: 'Steer',
    keywords: 'faster larger step eta',
    shortcut: ']',
    enabled: steerable,
    run: () => scaleRate(2),
  },
  {
    id: 'steer.end-member',
    title: 'End the member on show',
    group: 'Steer',
    keywords: 'kill stop hypothesis give up',
    enabled: () => memberOnShow('descends') !== undefined,
    run: () => turnMember('descends'),
  },
  {
    id: 'steer.go-on-member',
    title: 'Let the member on show go on where it was ended',
    group: 'Steer',
    keywords: 'resume revive hypothesis back',
    enabled: () => memberOnShow('ended') !== undefined,
    run: () => turnMember('ended'),
  },
  {
    id: 'edit.undo',
    title: 'Undo',
    group: 'Steer',
    keywords: 'back revert',
    shortcut: 'Mod+Z',
    enabled: canUndo,
    run: undo,
  },
  {
    id: 'edit.redo',
    title: 'Redo',
    group: 'Steer',
    keywords: 'again',
    shortcut: 'Mod+Shift+Z',
    enabled: canRedo,
    run: redo,
  },
];
