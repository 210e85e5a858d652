// The settings of a fit as the panel lists them: their value, where it comes from, whether it is right; found by words,
// grouped by heading. Pure.

import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import { asLabError } from '../../../src/protocol/lab-error.ts';
import { checkSetting, type SettingDescription, titleOfChoice } from '../../../src/protocol/settings.ts';
import { settingsWith, valuesUnder } from '../../state/recipe-settings.ts';
import { formatNumber, formatValue } from '../../widgets/format-number.ts';

export interface ListedSetting {
  readonly setting: SettingDescription;
  /** What holds unless the user gives another: default, preset or sample. Undefined: derived from the input. */
  readonly usual: number | string | undefined;
  readonly from: 'default' | 'preset' | 'sample';
  /** As the user gave it. */
  readonly given: string | undefined;
  readonly raced: readonly string[] | undefined;
}

export interface DraftValues {
  readonly input: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly race: Readonly<Record<string, readonly string[]>>;
}

/** Every setting that a run of the draft would have. */
export function listSettings(fit: FitDescription, draft: DraftValues): readonly ListedSetting[] {
  const under = valuesUnder(fit, draft.input, draft.settings.preset);
  const preset = presetOf(fit, draft);
  const fromPreset = preset === undefined ? {} : (fit.presets[preset] ?? {});
  const chosen = (name: string): readonly string[] => {
    const usual = fit.settings.find(setting => setting.name === name)?.default;
    return draft.race[name] ?? [String(draft.settings[name] ?? under[name] ?? usual)];
  };
  return settingsWith(fit, chosen('optimizer'), chosen('schedule')).map(setting => ({
    setting,
    usual: under[setting.name] ?? setting.default,
    from: setting.name in fromPreset ? 'preset' : setting.name in under ? 'sample' : 'default',
    given: draft.settings[setting.name],
    raced: draft.race[setting.name],
  }));
}

/** The preset that the user chose, or that comes with the sample. */
export function presetOf(fit: FitDescription, { input, settings }: DraftValues): string | undefined {
  const sample = fit.samples.find(({ id }) => input === `sample:${id}`)?.settings.preset;
  return settings.preset ?? (sample === undefined ? undefined : String(sample));
}

/** Why a setting cannot have this text, with what to try; undefined: it can. */
export function refusal(setting: SettingDescription, text: string): string | undefined {
  try {
    checkSetting(setting, text);
    return undefined;
  } catch (thrown) {
    const { message, tip } = asLabError(thrown);
    return tip ?? message;
  }
}

/** What is wrong with a list of raced values; undefined: nothing. */
export function raceRefusal(
  setting: SettingDescription,
  values: readonly string[],
  members: number,
): string | undefined {
  if (values.length < 2) return 'Give two values or more, one for each member.';
  if (values.length !== members) return `Another race has ${members} values; give as many here.`;
  for (const value of values) {
    const wrong = refusal(setting, value);
    if (wrong !== undefined) return `${value}: ${wrong}`;
  }
  return undefined;
}

/** '0.3, 0.9' as its values. */
export function racedValues(text: string): readonly string[] {
  return text
    .split(/[,;\n]/)
    .map(value => value.trim())
    .filter(value => value !== '');
}

/** A value as it is shown: a choice by its title, a number with as many digits as mean something. */
export function valueText(setting: SettingDescription, value: number | string | undefined): string {
  return typeof value === 'string' ? titleOfChoice(setting, value) : formatValue(value);
}

/** '… On the command line: method=gd.', for the help of a setting; of several values the name alone. */
export function helpText({ help, name }: SettingDescription, value?: string): string {
  return `${help} On the command line: ${name}${value === undefined ? '' : `=${value}`}.`;
}

/** Settings in which every word of the search occurs, in title, name, help, heading, choices or their titles. */
export function found<S extends { readonly setting: SettingDescription }>(
  settings: readonly S[],
  search: string,
): readonly S[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ setting }) => {
    const { title, name, help, group = '', choices = [], choiceTitles = {} } = setting;
    const text = [title, name, help, group, ...choices, ...Object.values(choiceTitles)].join(' ').toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/** Under their headings, in the order they come. */
export function grouped<S extends { readonly setting: SettingDescription }>(
  settings: readonly S[],
): readonly (readonly [string, readonly S[]])[] {
  const groups = new Map<string, S[]>();
  for (const each of settings) {
    const heading = each.setting.group ?? 'Other';
    groups.set(heading, [...(groups.get(heading) ?? []), each]);
  }
  return [...groups];
}

/** '0 to 100'. */
export function rangeOf({ minimum, maximum, type }: SettingDescription): string {
  if (type === 'choice' || minimum === undefined || maximum === undefined) return '';
  return `${formatNumber(minimum, 6)} to ${formatNumber(maximum, 6)}`;
}
