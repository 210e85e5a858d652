// Figures of a member at the cursor, from its trace, and why it no longer descends. Pure.

import { type RunEvent, type RunState, stoppedMember } from '../../../src/protocol/run.ts';
import type { MemberTrace } from '../../state/trace-store.ts';

export interface MemberFigures {
  readonly iteration: number;
  readonly loss: number;
  /** As it acted, with schedule and halvings. */
  readonly learningRate: number;
}

/** Of the last iteration at or before `at`; undefined before the first. */
export function figuresAt(trace: MemberTrace | undefined, at: number | 'now'): MemberFigures | undefined {
  if (trace === undefined) return undefined;
  const row = at === 'now' ? trace.length - 1 : lastRow(trace, at);
  if (row < 0) return undefined;
  const value = (name: string): number => trace.column(name)?.[row] ?? Number.NaN;
  return { iteration: trace.iterations[row], loss: value('loss'), learningRate: value('learningRate') };
}

function lastRow({ iterations, length }: MemberTrace, at: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (iterations[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface Ending {
  readonly iteration: number;
  readonly reason: string;
}

/** Why and when members stopped, by their number; those that still descend are left out. */
export function endingsOf(events: readonly RunEvent[]): Readonly<Record<number, Ending>> {
  const endings: Record<number, Ending> = {};
  for (const { path, value, iteration, source } of events) {
    const [, ended, recovered] = /^members\.(?:(\d+)\.finished|(\d+)\.recovered)$/.exec(path) ?? [];
    const back = source === 'engine' ? recovered : value === 0 ? stoppedMember(path) : undefined;
    if (source === 'engine' && ended !== undefined) endings[Number(ended)] = { iteration, reason: String(value) };
    if (back !== undefined) delete endings[Number(back)];
  }
  return endings;
}

/**
 * Members that others have left behind: those that ended while another still descends, or before the last ones did. At
 * iteration `at`.
 */
export function leftBehind(events: readonly RunEvent[], members: number, at: number | 'now'): ReadonlySet<number> {
  const ends = Object.values(endingsOf(events));
  const last = ends.length === members ? Math.max(...ends.map(({ iteration }) => iteration)) : Infinity;
  const known = at === 'now' ? events : events.filter(({ iteration }) => iteration <= at);
  const behind = Object.entries(endingsOf(known)).filter(([, { iteration }]) => iteration < last);
  return new Set(behind.map(([member]) => Number(member)));
}

export interface MemberStatus {
  readonly kind: 'descends' | 'waits' | 'ended';
  /** For a tile. */
  readonly short: string;
  readonly full: string;
}

/** What users have told members that is not in effect yet: to end, or to go on. */
export function toldOf(accepted: readonly RunEvent[]): Readonly<Record<number, 'end' | 'go on'>> {
  const told: Record<number, 'end' | 'go on'> = {};
  for (const { path, value } of accepted) {
    const member = stoppedMember(path);
    if (member !== undefined) told[member] = value === 0 ? 'go on' : 'end';
  }
  return told;
}

/** What a member does at present, in words; `told`: what it will do from the next iteration on. */
export function statusOf(ending: Ending | undefined, state: RunState, told?: 'end' | 'go on'): MemberStatus {
  if (told === 'end') return { kind: 'waits', short: 'ends next', full: 'It ends with the next iteration' };
  if (told === 'go on') return { kind: 'waits', short: 'goes on next', full: 'It goes on with the next iteration' };
  if (ending !== undefined) {
    const { iteration, reason } = ending;
    return { kind: 'ended', short: reason, full: `Ended at iteration ${iteration}: ${reason}` };
  }
  if (state === 'running') return { kind: 'descends', short: 'descends', full: 'It descends' };
  return { kind: 'waits', short: state, full: `The run is ${state}` };
}

/** Members from the least loss up; those without one come last, in order of number. */
export function byLoss(losses: readonly (number | undefined)[]): number[] {
  const key = (member: number): number => {
    const loss = losses[member];
    return loss === undefined || Number.isNaN(loss) ? Infinity : loss;
  };
  return losses.map((_, member) => member).sort((a, b) => (key(a) === key(b) ? a - b : key(a) - key(b)));
}

/** A curve of losses on a logarithmic axis, as points in a box of this size: at most one for each pixel of its width. */
export function sparkline(losses: Float64Array, width: number, height: number): { x: number; y: number }[] {
  const count = Math.min(losses.length, Math.max(2, Math.floor(width)));
  const rows = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (losses.length - 1)) / (count - 1)),
  );
  const known = rows.filter(row => losses[row] > 0 && Number.isFinite(losses[row]));
  const logs = known.map(row => Math.log(losses[row]));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const inset = 2;
  return known.map((row, i) => ({
    x: losses.length < 2 ? width / 2 : inset + ((width - 2 * inset) * row) / (losses.length - 1),
    y: high === low ? height / 2 : height - inset - ((height - 2 * inset) * (logs[i] - low)) / (high - low),
  }));
}
