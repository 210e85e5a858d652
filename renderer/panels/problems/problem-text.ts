// Problems as text to send to somebody, and which events of an engine are worth a word. Pure.

import type { RunEvent } from '../../../src/protocol/run.ts';
import type { LabProblem } from '../../state/problems.ts';

export function problemText({ time, run, error }: LabProblem): string {
  const lines = [
    error.message,
    ...(error.tip === undefined ? [] : [`Try: ${error.tip}`]),
    ...(error.where === undefined ? [] : [`Where: ${error.where}`]),
    ...(run === undefined ? [] : [`Run: ${run}`]),
    `Kind: ${error.code}`,
    `Time: ${new Date(time).toISOString()}`,
  ];
  return lines.join('\n');
}

/** Times the engine had to bring a member back, newest first; that members finish is no problem. */
export function recoveries(events: readonly RunEvent[]): readonly RunEvent[] {
  return events.filter(({ source, path }) => source === 'engine' && !path.endsWith('.finished')).reverse();
}

/** Where a problem is, as the user knows it: a file that was handed over by its own name. */
export function placeOf(where: string): string {
  return where.replace(/^.*\/\.uploads\/[^/]+\//, '');
}
