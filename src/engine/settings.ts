// What a run may be given: the settings of its fit, the choice of optimizer and schedule, and their live
// hyper-parameters, checked and completed for each member.

import type { Fit, Member } from '../fits/fit.ts';
import type { HyperDescription } from '../optimizers/optimizer.ts';
import { findOptimizer, optimizers } from '../optimizers/registry.ts';
import { findSchedule, schedules } from '../optimizers/schedules.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';
import { checkSetting, type SettingDescription, type SettingValues, usualMembers } from '../protocol/settings.ts';

export type GivenSettings = Readonly<Record<string, string | number | undefined>>;

/** Every setting a run of this fit has with the given optimizer and schedule. */
export function describeSettings(fit: Fit, optimizer: string, schedule: string): readonly SettingDescription[] {
  return [
    ...fit.settings,
    choice(
      'optimizer',
      'Optimizer',
      fit.optimizer,
      optimizers,
      'basic',
      `The rule that turns gradients into steps.${fit.optimizerNote === undefined ? '' : ` ${fit.optimizerNote}`}`,
    ),
    choice(
      'schedule',
      'Schedule',
      'constant',
      schedules,
      'advanced',
      'Multiplies the learning rate as the run goes on.',
    ),
    ...findOptimizer(optimizer).hyper.map(live),
    ...findSchedule(schedule).hyper.map(live),
  ];
}

/**
 * Checks what was given, applies the preset named in it, and fills in defaults. Of the preset and the sample that counts
 * which the chosen optimizer and schedule have; of what was given that may be left out which is `optional`. Throws
 * `setting` errors that name the nearest valid name or value.
 */
export function resolveSettings(
  fit: Fit,
  given: GivenSettings,
  under: SettingValues = {},
  optional: ReadonlySet<string> = new Set(),
): SettingValues {
  const { merged, descriptions } = mergeSettings(fit, given, under);
  const names = descriptions.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (name === 'preset' || names.includes(name) || optional.has(name)) continue;
    throw unknownName(fit, 'setting', name, [...names, 'preset']);
  }
  return Object.fromEntries(
    descriptions.map(setting => {
      const value = merged[setting.name];
      return [setting.name, value === undefined ? setting.default : checkSetting(setting, value)];
    }),
  );
}

function mergeSettings(fit: Fit, given: GivenSettings, under: SettingValues) {
  const presetName = given.preset ?? under.preset;
  const preset = presetName === undefined ? {} : fit.presets[presetName];
  if (preset === undefined) throw unknownName(fit, 'preset', String(presetName), Object.keys(fit.presets));
  const merged: GivenSettings = { ...under, ...preset, ...given };
  const descriptions = describeSettings(
    fit,
    String(merged.optimizer ?? fit.optimizer),
    String(merged.schedule ?? 'constant'),
  );
  return { merged, descriptions };
}

/** The settings of every member: `members` equal ones (undefined: the usual number), or one for each value of a race. */
export function resolveMembers(
  fit: Fit,
  given: GivenSettings,
  race: Readonly<Record<string, readonly string[]>>,
  members: number | undefined,
  under: SettingValues = {},
): readonly SettingValues[] {
  const lengths = Object.values(race).map(({ length }) => length);
  const count = lengths[0] ?? members ?? usualMembers(fit.members, mergeSettings(fit, given, under).merged);
  if (lengths.some(length => length !== count)) {
    throw new LabError({
      code: 'setting',
      message: `The races differ in length: ${Object.entries(race)
        .map(([name, { length }]) => `${name} has ${length} values`)
        .join(', ')}.`,
      where: 'race',
      tip: 'Give every raced setting one value for each member.',
    });
  }
  const each = Array.from({ length: count }, (_, member) => ({
    ...given,
    ...Object.fromEntries(Object.entries(race).map(([name, values]) => [name, values[member]])),
  }));
  // Where members race with different rules, what is given for all counts for those that have it.
  const known = each.flatMap(own => mergeSettings(fit, own, under).descriptions.map(({ name }) => name));
  const optional = new Set(known);
  const resolved = each.map(own => resolveSettings(fit, own, under, optional));
  for (const { name, live: kind } of fit.settings) {
    if (kind !== 'fixed' || resolved.every(settings => settings[name] === resolved[0][name])) continue;
    throw new LabError({
      code: 'setting',
      message: `${name} is the same for all members of a run, so it cannot be raced.`,
      where: `setting ${name}`,
      tip: `These may differ: ${fit.settings
        .filter(setting => setting.live !== 'fixed')
        .map(setting => setting.name)
        .join(', ')}, optimizer, schedule. Compare runs otherwise.`,
    });
  }
  return resolved;
}

/** The settings that act on a member of a fit: what an optimizer or a schedule brings acts on gradients only. */
export function actingSettings(
  fit: Fit,
  { blocks, ignores = [] }: Pick<Member, 'blocks' | 'ignores'>,
  optimizer: string,
  schedule: string,
): readonly SettingDescription[] {
  const descends = blocks.some(({ gradients }) => gradients !== undefined);
  const settings = descends ? describeSettings(fit, optimizer, schedule) : fit.settings;
  return settings.filter(({ name }) => !ignores.includes(name));
}

/** Of the names that were given those that act on none of the members, whose settings are `resolved`. */
export function settingsWithoutEffect(
  fit: Fit,
  members: readonly Pick<Member, 'blocks' | 'ignores'>[],
  resolved: readonly SettingValues[],
  given: readonly string[],
): string[] {
  const acting = new Set(
    members.flatMap((member, m) =>
      actingSettings(fit, member, String(resolved[m].optimizer), String(resolved[m].schedule)).map(({ name }) => name),
    ),
  );
  return given.filter(name => name !== 'preset' && !acting.has(name));
}

function choice(
  name: string,
  title: string,
  id: string,
  among: readonly { readonly id: string; readonly title: string }[],
  level: 'basic' | 'advanced',
  help: string,
): SettingDescription {
  const choices = among.map(each => each.id);
  const choiceTitles = Object.fromEntries(among.map(each => [each.id, each.title]));
  return {
    name,
    title,
    type: 'choice',
    default: id,
    choices,
    choiceTitles,
    live: 'member',
    group: 'Optimizer',
    level,
    help,
  };
}

function live(hyper: HyperDescription): SettingDescription {
  return { ...describeHyper(hyper), type: 'number', live: 'live' };
}

/** A hyper-parameter of an optimizer or schedule as users see it: where its range spans decades, a slider does too. */
export function describeHyper(hyper: HyperDescription): Omit<SettingDescription, 'type' | 'live'> {
  const spansDecades = hyper.maximum > 100 || (hyper.minimum > 0 && hyper.minimum < 1e-3);
  return { ...hyper, group: 'Optimizer', ...(spansDecades ? { scale: 'log' } : {}) };
}

function unknownName(fit: Fit, kind: string, name: string, known: readonly string[]): LabError {
  const near = nearestName(name, known);
  const owners = [...optimizers, ...schedules]
    .filter(({ hyper }) => hyper.some(each => each.name === name))
    .map(({ id }) => id);
  return new LabError({
    code: 'setting',
    message: `The fit ${fit.id} has no ${kind} "${name}".`,
    where: `${kind} ${name}`,
    tip:
      owners.length > 0
        ? `It belongs to ${owners.join(', ')}: choose one of them, or leave it out.`
        : near === undefined
          ? `It has: ${known.join(', ')}.`
          : `Did you mean "${near}"?`,
  });
}
