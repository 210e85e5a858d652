// Which settings a run or a draft has beyond the defaults of its fit: what a new run or a command line must be given to
// be the same. Also which settings there are, since they depend on the chosen optimizer and schedule. Pure.

import type { FitDescription, RuleDescription } from '../../src/protocol/host-calls.ts';
import type { Recipe } from '../../src/protocol/run.ts';
import { type SettingDescription, type SettingValues, usualMembers } from '../../src/protocol/settings.ts';

/** Heading of what optimizers and schedules bring, as the engine names it. */
const RULES = 'Optimizer';

export interface GivenSettings {
  readonly settings: Readonly<Record<string, string>>;
  readonly race: Readonly<Record<string, readonly string[]>>;
}

/** Values under those of the user: of the sample, of the presets that the sample or the user names. */
export function valuesUnder(fit: FitDescription, input: string | undefined, preset?: string): SettingValues {
  const sample = fit.samples.find(({ id }) => input === `sample:${id}`)?.settings ?? {};
  const name = preset ?? sample.preset;
  const { preset: _preset, ...rest } = sample;
  return { ...rest, ...(name === undefined ? {} : fit.presets[String(name)]) };
}

/** How many members a run of these settings has that names no number. */
export function usualMembersOf(
  fit: FitDescription | undefined,
  input: string | undefined,
  settings: Readonly<Record<string, string>>,
): number {
  if (fit === undefined) return 1;
  return usualMembers(fit.members, { ...valuesUnder(fit, input, settings.preset), ...settings });
}

/** Every setting a run of this fit has with these rules; of several rules, what all of them have. */
export function settingsWith(
  fit: FitDescription,
  optimizers: readonly string[],
  schedules: readonly string[],
): readonly SettingDescription[] {
  const ofRules = new Set([...fit.optimizers, ...fit.schedules].flatMap(({ hyper }) => hyper.map(({ name }) => name)));
  return [
    ...fit.settings.filter(({ name }) => !ofRules.has(name)),
    ...shared(fit.optimizers, optimizers),
    ...shared(fit.schedules, schedules),
  ];
}

function shared(rules: readonly RuleDescription[], ids: readonly string[]): readonly SettingDescription[] {
  const chosen = rules.filter(({ id }) => ids.includes(id));
  const [first, ...others] = chosen;
  if (first === undefined) return [];
  return first.hyper
    .filter(({ name }) => others.every(({ hyper }) => hyper.some(each => each.name === name)))
    .map(hyper => ({ group: RULES, ...hyper, type: 'number', live: 'live' }));
}

/** What must be given to get the members of a recipe again. */
export function settingsOfRecipe(
  { members, input }: Pick<Recipe, 'members' | 'input'>,
  fit?: FitDescription,
): GivenSettings {
  const settings: Record<string, string> = {};
  const race: Record<string, string[]> = {};
  const under = fit === undefined ? {} : valuesUnder(fit, input);
  const defaultOf = defaultsOf(fit);
  const names = [...new Set(members.flatMap(member => Object.keys(member)))];
  for (const name of names) {
    const values = members.map(member => member[name]);
    const usual = under[name] ?? defaultOf(name);
    if (values.every(value => value === undefined || value === usual)) continue;
    const [first] = values;
    if (values.every(value => value === first)) settings[name] = String(first);
    // Members whose rule has no such value, or that left it to the fit, cannot be told from the others here.
    else if (values.every(value => value !== undefined)) race[name] = values.map(String);
  }
  return { settings, race };
}

function defaultsOf(fit: FitDescription | undefined): (name: string) => number | string | undefined {
  const rules = [...(fit?.optimizers ?? []), ...(fit?.schedules ?? [])].flatMap(({ hyper }) => hyper);
  const defaults = new Map([...rules, ...(fit?.settings ?? [])].map(each => [each.name, each.default]));
  return name => defaults.get(name);
}
