// The command line that makes the same run. Pure; used wherever the window shows an equivalent command.

import type { RunEvent } from '../../src/protocol/run.ts';
import type { GivenSettings } from './recipe-settings.ts';

export interface CommandRequest extends GivenSettings {
  readonly fit: string;
  readonly input: string;
  readonly mask?: string | undefined;
  readonly companions?: Readonly<Record<string, string>> | undefined;
  /** Undefined: the usual number of the fit. */
  readonly members: number | undefined;
  readonly seed: number;
  /** Those of the user become --at. */
  readonly events?: readonly RunEvent[];
}

export function fitCommand(request: CommandRequest): string {
  const { fit, input, mask, companions = {}, settings, race, members, seed, events = [] } = request;
  const raced = Object.entries(race);
  const words = ['fit', fit, input];
  if (mask !== undefined) words.push('--mask', mask);
  for (const [id, file] of Object.entries(companions)) words.push(`--${id}`, file);
  for (const [name, value] of Object.entries(settings)) words.push('--set', `${name}=${value}`);
  for (const [name, values] of raced) words.push('--race', `${name}=${values.join(',')}`);
  if (raced.length === 0 && members !== undefined) words.push('--members', String(members));
  if (seed !== 0) words.push('--seed', String(seed));
  for (const { iteration, path, value } of lasting(events)) words.push('--at', `${iteration}:${path}=${value}`);
  return labCommand(words);
}

/** What the user changed, without what was changed again before it took effect. */
function lasting(events: readonly RunEvent[]): readonly RunEvent[] {
  const changes = new Map(
    events.filter(({ source }) => source === 'user').map(event => [`${event.iteration} ${event.path}`, event]),
  );
  return [...changes.values()];
}

/** `npm run --silent lab -- …`, each word quoted where a shell would read it otherwise. */
export function labCommand(words: readonly string[]): string {
  return ['npm run --silent lab --', ...words.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
