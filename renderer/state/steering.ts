// What a user turns: for each live value of a run and each path it can be set on, the value there, where it comes from,
// what does not take it, and which changes set it, scale it or bring it back. Pure; the Steer panel and the actions use it.

import { createHyperTable, type HyperTable } from '../../src/protocol/hyper-table.ts';
import type { ProblemDescription } from '../../src/protocol/run.ts';
import type { SettingDescription } from '../../src/protocol/settings.ts';
import { groupsOf } from './hyper.ts';

export interface LiveChange {
  readonly path: string;
  readonly value: number;
}

/** All members, or one. */
export type Scope = number | 'all';

/** A live value on one path. */
export interface Dial {
  readonly path: string;
  readonly setting: SettingDescription;
  /** Empty: all groups. */
  readonly group: string;
  readonly scope: Scope;
  /** Of all that takes it; undefined where that differs, since members start differently or have values of their own. */
  readonly value: number | undefined;
  /** Of all it reaches, also of those with a value of their own; distinct, ascending. */
  readonly values: readonly number[];
  /** Undefined where members start differently. */
  readonly start: number | undefined;
  /** Whether it was set on this very path, to what holds now. */
  readonly origin: 'own' | 'elsewhere';
  /** More specific paths with another value: they do not take this one. */
  readonly exceptions: readonly string[];
  /** More specific paths with the same value: they are moved along, so they follow. */
  readonly followers: readonly string[];
  readonly reach: readonly Slot[];
}

/** One thing that takes a value: a group of a member, or (group empty) the member as a whole. */
interface Slot {
  readonly member: number;
  readonly group: string;
  readonly start: number;
  readonly value: number;
  /** The more specific path that gives the value; undefined: it takes what the dial is set to. */
  readonly own: string | undefined;
}

/** Paths that set a value of a slot, most specific first. */
function pathsOf(name: string, member: number, group: string): readonly string[] {
  const groups = group === '' ? [] : [`members.${member}.${group}.${name}`];
  const common = group === '' ? [] : [`${group}.${name}`];
  return [...groups, `members.${member}.${name}`, ...common, name];
}

function pathOf(name: string, scope: Scope, group: string): string {
  return [...(scope === 'all' ? [] : ['members', scope]), ...(group === '' ? [] : [group]), name].join('.');
}

const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
const single = (values: readonly number[]): number | undefined => (unique(values).length === 1 ? values[0] : undefined);

export interface DialRequest {
  readonly problem: ProblemDescription;
  readonly table: HyperTable;
  readonly name: string;
  readonly scope: Scope;
  readonly group: string;
}

/** Undefined when no member of the scope has the value. */
export function dialOf({ problem, table, name, scope, group }: DialRequest): Dial | undefined {
  const set = new Map(table.entries());
  const path = pathOf(name, scope, group);
  const byGroup = name === 'learningRate';
  let setting: SettingDescription | undefined;
  const reach: Slot[] = [];
  problem.members.forEach((described, member) => {
    if (scope !== 'all' && scope !== member) return;
    const live = described.live.find(each => each.name === name);
    if (live === undefined) return;
    setting ??= live;
    const groups = byGroup && described.groups.length > 0 ? described.groups : [''];
    for (const each of groups) {
      if (group !== '' && each !== group) continue;
      const paths = pathsOf(name, member, each);
      const start = described.starts[name] ?? Number(live.default ?? 0);
      const from = paths.find(candidate => set.has(candidate));
      const isOwn = from !== undefined && paths.indexOf(from) < paths.indexOf(path);
      reach.push({
        member,
        group: each,
        start,
        value: from === undefined ? start : (set.get(from) as number),
        own: isOwn ? from : undefined,
      });
    }
  });
  if (setting === undefined || reach.length === 0) return undefined;
  const takers = reach.filter(({ own }) => own === undefined);
  const value = single((takers.length === 0 ? reach : takers).map(slot => slot.value));
  const owns = [...new Set(reach.flatMap(({ own }) => own ?? []))];
  return {
    path,
    setting,
    group,
    scope,
    value,
    values: unique(reach.map(slot => slot.value)),
    start: single(reach.map(slot => slot.start)),
    origin: set.has(path) && set.get(path) === value ? 'own' : 'elsewhere',
    exceptions: owns.filter(own => set.get(own) !== value),
    followers: owns.filter(own => set.get(own) === value),
    reach,
  };
}

/** The changes that give `value` to the dial and to all that follows it; to all it reaches where that differs. */
export function changesTo(dial: Dial, value: number): readonly LiveChange[] {
  const along = dial.value === undefined ? [...dial.followers, ...dial.exceptions] : dial.followers;
  return [{ path: dial.path, value }, ...ownChanges(dial, along, () => value)];
}

/** The changes that bring back what the dial reaches after it was turned by `changesTo`. */
export function changesBack(dial: Dial): readonly LiveChange[] {
  const same = ({ value }: Slot) => value;
  if (dial.value !== undefined) return changesTo(dial, dial.value);
  return [...takerChanges(dial, same), ...ownChanges(dial, dial.exceptions, same)];
}

/** The changes after which what has a value of its own on `own` follows the dial again. */
export function followAgain(dial: Dial, own: string): TurnedAll {
  const { value } = dial;
  return {
    changes: value === undefined ? [] : ownChanges(dial, [own], () => value),
    back: ownChanges(dial, [own], slot => slot.value),
  };
}

/** Both ways of a change of several paths. */
export interface TurnedAll {
  readonly changes: readonly LiveChange[];
  readonly back: readonly LiveChange[];
}

/** Multiplies everything the dial reaches, within the range of the setting; ratios between exceptions stay. */
export function scaledBy(dial: Dial, factor: number): TurnedAll {
  const { minimum = -Infinity, maximum = Infinity } = dial.setting;
  // 12 digits: 0.1 * 3 without the last of its digits.
  const scale = (value: number) => Math.min(maximum, Math.max(minimum, Number((value * factor).toPrecision(12))));
  return turnAll(dial, dial.value === undefined ? undefined : scale(dial.value), ({ value }) => scale(value));
}

/** Everything the dial reaches at its start value. */
export function backToStart(dial: Dial): TurnedAll {
  return turnAll(dial, dial.start, ({ start }) => start);
}

/** `common`: what the dial itself is set to; undefined: each thing it reaches is set by itself. */
function turnAll(dial: Dial, common: number | undefined, to: (slot: Slot) => number): TurnedAll {
  const { exceptions, followers } = dial;
  const same = ({ value }: Slot) => value;
  if (common === undefined) {
    const owns = [...followers, ...exceptions];
    return {
      changes: [...takerChanges(dial, to), ...ownChanges(dial, owns, to)],
      back: [...takerChanges(dial, same), ...ownChanges(dial, owns, same)],
    };
  }
  const along = ownChanges(dial, followers, () => common);
  return {
    changes: [{ path: dial.path, value: common }, ...along, ...ownChanges(dial, exceptions, to)],
    back: [
      ...(dial.value === undefined ? takerChanges(dial, same) : [{ path: dial.path, value: dial.value }]),
      ...ownChanges(dial, [...followers, ...exceptions], same),
    ],
  };
}

/** What takes the dial's value gets one of its own: one change for each member, or for each group where they differ. */
function takerChanges(dial: Dial, to: (slot: Slot) => number): readonly LiveChange[] {
  const { name } = dial.setting;
  const takers = dial.reach.filter(({ own }) => own === undefined);
  return unique(takers.map(({ member }) => member)).flatMap(member => {
    const slots = takers.filter(slot => slot.member === member);
    const common = single(slots.map(to));
    if (common !== undefined) return [{ path: pathOf(name, member, dial.group), value: common }];
    return slots.map(slot => ({ path: pathOf(name, member, slot.group), value: to(slot) }));
  });
}

/** Changes of what has a value of its own, on its own path unless that also reaches what the dial does not. */
function ownChanges(dial: Dial, owns: readonly string[], to: (slot: Slot) => number): readonly LiveChange[] {
  const { name } = dial.setting;
  const changes = new Map<string, number>();
  for (const slot of dial.reach) {
    if (slot.own === undefined || !owns.includes(slot.own)) continue;
    const wider = dial.group !== '' && slot.own === pathOf(name, slot.member, '');
    changes.set(wider ? pathOf(name, slot.member, slot.group) : slot.own, to(slot));
  }
  return [...changes].map(([path, value]) => ({ path, value }));
}

/** All live names of the scope, in the order the fit gives them. */
export function liveSettings({ members }: ProblemDescription, scope: Scope): readonly SettingDescription[] {
  const found = new Map<string, SettingDescription>();
  members.forEach(({ live }, member) => {
    if (scope === 'all' || scope === member)
      for (const setting of live) if (!found.has(setting.name)) found.set(setting.name, setting);
  });
  return [...found.values()];
}

/** A table with more changes laid over it. */
export function withChanges(
  problem: ProblemDescription,
  table: HyperTable,
  changes: Readonly<Record<string, number>>,
): HyperTable {
  const laid = createHyperTable({
    descriptions: problem.members.map(({ live }) => live),
    starts: problem.members.map(({ starts }) => starts),
    groups: groupsOf(problem),
  });
  for (const [path, value] of [...table.entries(), ...Object.entries(changes)]) laid.set(path, value);
  return laid;
}
