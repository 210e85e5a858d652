// Reads what a user typed behind a command: options, positionals, assignments, numbers. Whatever does not fit is refused
// with what to write instead.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type FrameChoice, parseFrameChoice } from '../formats/frame-choice.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';
import type { DriveSettings } from '../protocol/messages.ts';
import type { RunEvent } from '../protocol/run.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** How a run is driven: the same for every command that drives one. */
export const driveOptions = {
  threads: { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  'checkpoint-seconds': { type: 'string' },
  'leave-after': { type: 'string' },
  pace: { type: 'string' },
} as const;

/** Which frames of a video or a folder: the same for every command that takes one. */
export const frameOptions = {
  frames: { type: 'string' },
  'max-frames': { type: 'string' },
  'max-side': { type: 'string' },
  pick: { type: 'string' },
} as const;

export type FrameOptions = { readonly [name in keyof typeof frameOptions]?: string | undefined };

/** Undefined where nothing is chosen. Throws a `setting` error. */
export function frameChoice(values: FrameOptions): FrameChoice | undefined {
  const given = Object.keys(frameOptions).flatMap(name => {
    const value = values[name as keyof FrameOptions];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return given.length === 0 ? undefined : parseFrameChoice(given.join(','));
}

/** `most`: how many positionals the command takes. Throws a `setting` error for an option or positional it does not take. */
export function parse<T extends Options>(command: string, args: string[], options: T, most: number) {
  const parsed = parseOrRefuse(command, args, options);
  if (parsed.positionals.length <= most) return parsed;
  const extra = parsed.positionals[most];
  throw usage(
    `${command} takes ${most === 0 ? 'no' : most === 1 ? 'one' : most} argument${most === 1 ? '' : 's'}; "${extra}" is one too many.`,
  );
}

function parseOrRefuse<T extends Options>(command: string, args: string[], options: T) {
  try {
    return parseArgs({ args: withNegatives(args, options), options, allowPositionals: true });
  } catch (thrown) {
    const { code, message } = thrown as Error & { code?: string };
    const unknown = /'(--?[^'\s]+)'/.exec(message)?.[1];
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || unknown === undefined) throw usage(message);
    const names = Object.keys(options).map(name => `--${name}`);
    const near = nearestName(unknown, names);
    throw new LabError({
      code: 'setting',
      message: `${command} has no option ${unknown}.`,
      where: 'command line',
      tip:
        near !== undefined
          ? `Did you mean "${near}"?`
          : names.length === 0
            ? 'It has no options.'
            : `It has: ${names.join(', ')}.`,
    });
  }
}

/** A number below zero is the value of the option before it, which parseArgs takes for an option of its own. */
function withNegatives(args: readonly string[], options: Options): string[] {
  const words: string[] = [];
  for (const word of args) {
    const before = words.at(-1);
    const isValue = /^-\.?\d/.test(word) && before?.startsWith('--') && options[before.slice(2)]?.type === 'string';
    if (isValue) words[words.length - 1] = `${before}=${word}`;
    else words.push(word);
  }
  return words;
}

export function usage(message: string): LabError {
  return new LabError({ code: 'setting', message, where: 'command line', tip: 'Run `npm run lab -- help`.' });
}

export function fail(message: string): never {
  throw usage(message);
}

export function assignment(text: string, where: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw usage(`${where} ${text}: write it as name=value.`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

export function plannedEvent(text: string): RunEvent {
  const [, iteration, rest] =
    /^(\d+):(.+)$/.exec(text) ?? fail(`--at ${text}: write it as iteration:name=value, such as 200:learningRate=0.5.`);
  const [path, value] = assignment(rest, '--at');
  return { iteration: Number(iteration), path, value: Number(value), source: 'user' };
}

export function whole(text: string | undefined, name: string, minimum: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum && text.trim() !== '') return value;
  throw usage(`--${name} ${text}: give a whole number, ${minimum} or more.`);
}

/** Millimetres per unit of a mesh. */
export function unitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw usage(`--unit-mm ${text}: give millimetres per mesh unit, above 0.`);
}

/** Iterations per second; undefined: full speed. */
export function perSecond(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw usage(`pace ${text}: give iterations per second, above 0.`);
}

export function driveSettings(values: {
  readonly threads?: string | undefined;
  readonly 'checkpoint-seconds'?: string | undefined;
  readonly 'leave-after'?: string | undefined;
  readonly pace?: string | undefined;
}): DriveSettings {
  const text = values['checkpoint-seconds'];
  const checkpointSeconds = text === undefined ? 5 : Number(text);
  if (!(checkpointSeconds > 0)) throw usage(`--checkpoint-seconds ${text}: give a number above 0.`);
  return {
    checkpointSeconds,
    threads: whole(values.threads, 'threads', 1),
    leaveAfter: whole(values['leave-after'], 'leave-after', 1),
    pace: perSecond(values.pace),
  };
}
