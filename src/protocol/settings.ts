// Settings and live hyper-parameters as users see them, and the check of a value that a user gave. Shared by the engine,
// the command line and the window, so that all of them refuse the same values in the same words.

import { LabError, nearestName } from './lab-error.ts';

/** One setting or live hyper-parameter, as users see it. */
export interface SettingDescription {
  readonly name: string;
  readonly title: string;
  readonly type: 'number' | 'integer' | 'choice';
  /** Undefined means: derived from the input, as `help` says. */
  readonly default: number | string | undefined;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  /** Choices in words; of one that is not here the choice itself serves. */
  readonly choiceTitles?: Readonly<Record<string, string>>;
  readonly unit?: string;
  readonly help: string;
  /** live: can be turned while the fit runs. fixed: holds for a run. member: fixed, but may differ between members. */
  readonly live: 'live' | 'fixed' | 'member';
  /** Heading it stands under in the window. */
  readonly group?: string;
  /** basic: shown at once. advanced (the default): behind a fold. */
  readonly level?: 'basic' | 'advanced';
  /** unused: has no effect on an input that comes with a mask. */
  readonly withMask?: 'unused';
  /** How a slider moves over the range; log where decades matter. */
  readonly scale?: 'linear' | 'log';
  /** switch: 0 is off, 1 is on. */
  readonly control?: 'switch';
}

/** A choice in words; what has no title is its own. */
export function titleOfChoice({ choiceTitles = {} }: Pick<SettingDescription, 'choiceTitles'>, choice: string): string {
  return Object.hasOwn(choiceTitles, choice) ? choiceTitles[choice] : choice;
}

/** How many members a run has that names no number. */
export interface UsualMembers {
  readonly usual: number;
  /** By the value of a setting, where it depends on one. */
  readonly by?: { readonly setting: string; readonly counts: Readonly<Record<string, number>> };
}

/** `members` undefined: one. `settings` hold what differs from the defaults of the fit. */
export function usualMembers(members: UsualMembers | undefined, settings: SettingValues): number {
  if (members === undefined) return 1;
  const { usual, by } = members;
  return (by === undefined ? undefined : by.counts[String(settings[by.setting])]) ?? usual;
}

export type SettingValues = Readonly<Record<string, number | string | undefined>>;

/** Live hyper-parameters of one member at one iteration. */
export type HyperValues = Readonly<Record<string, number>>;

/** The value of a setting, parsed and inside its range; throws a `setting` error that names the nearest valid one. */
export function checkSetting(setting: SettingDescription, value: string | number): number | string {
  const fail = (tip: string): never => {
    throw new LabError({
      code: 'setting',
      message: value === '' ? `${setting.name} was given no value.` : `${setting.name} cannot be ${value}.`,
      where: `setting ${setting.name}`,
      tip,
    });
  };
  if (setting.type === 'choice') {
    const choices = setting.choices ?? [];
    if (choices.includes(String(value))) return String(value);
    const near = nearestName(String(value), choices);
    return fail(
      near === undefined
        ? `Choose one of ${choices.join(', ')}.`
        : `Did you mean "${near}"? Choices: ${choices.join(', ')}.`,
    );
  }
  const { minimum = -Infinity, maximum = Infinity } = setting;
  const range = `from ${minimum} to ${maximum}`;
  const number = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) return fail(`Give a number ${range}.`);
  if (setting.type === 'integer' && !Number.isInteger(number))
    return fail(`Give a whole number; the nearest is ${Math.round(number)}.`);
  if (number < minimum || number > maximum)
    return fail(`The nearest valid value is ${number < minimum ? minimum : maximum} (range ${range}).`);
  return number;
}
