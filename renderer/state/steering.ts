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
  /** Undefined where members or groups that take it start differently. */
  readonly value: number | undefined;
  /** Of all it reaches, also of those with a value of their own; distinct, ascending. */
  readonly values: readonly number[];
  /** Undefined where members start differently. */
  readonly start: number | undefined;
  /** own: set on this path. start: never set. Otherwise the path that gives the value. */
  readonly origin: 'own' | 'start' | { readonly path: string };
  /** More specific paths with a value of their own, which do not take this one. */
  readonly exceptions: readonly string[];
  /** More specific paths that were set to the same value: they are moved along, so they follow. */
  readonly followers: readonly string[];
  /** False when everything it reaches has a value of its own. */
  readonly effective: boolean;
  readonly reach: readonly Slot[];
}

/** One thing that takes a value: a group of a member, or (group empty) the member as a whole. */
interface Slot {
  readonly member: number;
  readonly group: string;
  readonly start: number;
  /** What it would have if nothing more specific than the dial were set. */
  readonly base: number;
  readonly baseFrom: string | undefined;
  readonly value: number;
  /** The path that gives `value`; undefined: its start. */
  readonly from: string | undefined;
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
    const own = described.live.find(each => each.name === name);
    if (own === undefined) return;
    setting ??= own;
    const groups = byGroup && described.groups.length > 0 ? described.groups : [''];
    for (const each of groups) {
      if (group !== '' && each !== group) continue;
      const paths = pathsOf(name, member, each);
      const wider = paths.slice(Math.max(0, paths.indexOf(path)));
      const start = described.starts[name] ?? Number(own.default ?? 0);
      const from = paths.find(candidate => set.has(candidate));
      const baseFrom = wider.find(candidate => set.has(candidate));
      reach.push({
        member,
        group: each,
        start,
        base: baseFrom === undefined ? start : (set.get(baseFrom) as number),
        baseFrom,
        value: from === undefined ? start : (set.get(from) as number),
        from,
      });
    }
  });
  if (setting === undefined || reach.length === 0) return undefined;
  const value = single(reach.map(slot => slot.base));
  const narrower = [
    ...new Set(
      reach.flatMap(slot => {
        const paths = pathsOf(name, slot.member, slot.group);
        return paths.slice(0, Math.max(0, paths.indexOf(path))).filter(candidate => set.has(candidate));
      }),
    ),
  ];
  const followers = narrower.filter(candidate => set.get(candidate) === value);
  const exceptions = narrower.filter(candidate => set.get(candidate) !== value);
  const [{ baseFrom }] = reach;
  return {
    path,
    setting,
    group,
    scope,
    value,
    values: unique(reach.map(slot => slot.value)),
    start: single(reach.map(slot => slot.start)),
    origin: set.has(path) ? 'own' : baseFrom === undefined ? 'start' : { path: baseFrom },
    exceptions,
    followers,
    effective: reach.some(slot => {
      const from = pathsOf(name, slot.member, slot.group).find(candidate => set.has(candidate) || candidate === path);
      return from === path || (from !== undefined && followers.includes(from));
    }),
    reach,
  };
}

/** The changes that give `value` to the dial and to all that follows it. */
export function changesTo({ path, followers }: Dial, value: number): readonly LiveChange[] {
  return [path, ...followers].map(each => ({ path: each, value }));
}

/** The changes that bring back what the dial reaches after it was turned. */
export function changesBack(dial: Dial): readonly LiveChange[] {
  return dial.value === undefined ? bySlot(dial, ({ base }) => base) : changesTo(dial, dial.value);
}

/** Both ways of a change of everything that the dial reaches, exceptions included. */
export interface TurnedAll {
  readonly changes: readonly LiveChange[];
  readonly back: readonly LiveChange[];
}

/** Multiplies everything the dial reaches, within the range of the setting; ratios between exceptions stay. */
export function scaledBy(dial: Dial, factor: number, table: HyperTable): TurnedAll {
  const { minimum = -Infinity, maximum = Infinity } = dial.setting;
  // 12 digits: 0.1 * 3 without the last of its digits.
  const scale = (value: number) => Math.min(maximum, Math.max(minimum, Number((value * factor).toPrecision(12))));
  const changes =
    dial.value === undefined ? bySlot(dial, ({ base }) => scale(base)) : changesTo(dial, scale(dial.value));
  return withExceptions(dial, table, changes, scale);
}

/** Everything the dial reaches at its start value. */
export function backToStart(dial: Dial, table: HyperTable): TurnedAll {
  const changes = dial.start === undefined ? bySlot(dial, ({ start }) => start) : changesTo(dial, dial.start);
  return withExceptions(dial, table, changes, (_value, start) => start);
}

function withExceptions(
  dial: Dial,
  table: HyperTable,
  changes: readonly LiveChange[],
  to: (value: number, start: number) => number,
): TurnedAll {
  const set = new Map(table.entries());
  const startOf = (path: string): number =>
    dial.reach.find(({ member, group }) => pathsOf(dial.setting.name, member, group).includes(path))?.start ?? 0;
  const exceptions = dial.exceptions.map(path => ({ path, value: set.get(path) as number }));
  return {
    changes: [...changes, ...exceptions.map(({ path, value }) => ({ path, value: to(value, startOf(path)) }))],
    back: [...changesBack(dial), ...exceptions],
  };
}

/** One change for each member, or for each of its groups where they differ; what has a value of its own keeps it. */
function bySlot(dial: Dial, to: (slot: Slot) => number): readonly LiveChange[] {
  const { name } = dial.setting;
  const free = dial.reach.filter(({ from }) => from === undefined || !dial.exceptions.includes(from));
  return unique(free.map(({ member }) => member)).flatMap(member => {
    const slots = free.filter(slot => slot.member === member);
    const common = single(slots.map(to));
    if (common !== undefined) return [{ path: pathOf(name, member, dial.group), value: common }];
    return slots.map(slot => ({ path: pathOf(name, member, slot.group), value: to(slot) }));
  });
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
