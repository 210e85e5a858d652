// What an event of a run is called on plots: in the words of the settings it changed.

import type { ProblemDescription, RunEvent } from '../../src/protocol/run.ts';
import { formatNumber, readableName } from '../widgets/format-number.ts';
import { memberName } from './member-name.ts';

export interface EventWords {
  /** For a pin: 'Learning rate 0.45'. */
  readonly short: string;
  /** With the iteration, and who did it. */
  readonly full: string;
}

/** Path of a member that the user ends or lets go on: it has no value to speak of. */
const STOPPED = 'stopped';

/** What the engine does by itself; pictures of a fit may have the same names. */
const engineWords: Readonly<Record<string, string>> = { recovered: 'Stepped back after divergence' };

export function eventWords(
  { iteration, path, value, source }: RunEvent,
  problem: ProblemDescription | undefined,
): EventWords {
  const parts = path.split('.');
  const member = parts[0] === 'members' ? Number(parts[1]) : undefined;
  const rest = member === undefined ? parts : parts.slice(2);
  const name = rest.at(-1) ?? path;
  const live = problem?.members.flatMap(each => each.live).find(each => each.name === name);
  const who = [...(member === undefined ? [] : [memberName(problem, member)]), ...(rest.length > 1 ? [rest[0]] : [])];
  if (source === 'user' && name === STOPPED) {
    const short = [...who, value === 0 ? 'goes on' : 'ended by hand'].join(': ');
    return { short, full: `Iteration ${iteration}, ${short}` };
  }
  const title = [...who, live?.title ?? engineWords[name] ?? readableName(name)].join(': ');
  const shown =
    typeof value === 'number' ? `${formatNumber(value)}${live?.unit === undefined ? '' : ` ${live.unit}`}` : value;
  const short = source === 'engine' ? (engineWords[name] ?? readableName(name)) : `${title} ${shown}`;
  return { short, full: `Iteration ${iteration}, ${title} → ${shown}` };
}
