// Links that reproduce a view: run and cursor in the fragment of the address, which no server sees.

import type { Cursor } from './cursor.ts';
import type { Current } from './lab.ts';

export interface LinkedView {
  readonly run: string;
  readonly cursor: Cursor;
}

export function linkToView(address: string, current: Current, { iteration, frame, member }: Cursor): string {
  const url = new URL(address);
  url.hash =
    current.kind === 'run'
      ? new URLSearchParams({
          run: current.run,
          at: String(iteration),
          frame: String(frame),
          member: String(member),
        }).toString()
      : '';
  return url.href;
}

export function linkedView(address: string): LinkedView | undefined {
  const fragment = new URLSearchParams(new URL(address).hash.slice(1));
  const run = fragment.get('run');
  if (run === null || run === '') return undefined;
  const whole = (name: string): number | undefined => {
    const value = Number(fragment.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 ? value : undefined;
  };
  return {
    run,
    cursor: { iteration: whole('at') ?? 'now', frame: whole('frame') ?? 0, member: whole('member') ?? 'best' },
  };
}
