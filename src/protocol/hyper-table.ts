// The live hyper-parameters of a run: values by path, read afresh at each iteration. A path is a name, optionally
// within a group and a member: `learningRate`, `left.learningRate`, `members.2.learningRate`. What a user has set wins
// over a member's start value; among what was set, the most specific path wins.

import { LabError, nearestName } from './lab-error.ts';
import { checkSetting, type HyperValues, type SettingDescription } from './settings.ts';

export interface HyperTable {
  /** Throws a `setting` error for an unknown path or a value out of range. */
  check(path: string, value: number | string): void;
  set(path: string, value: number): void;
  /** Members of which the path is a value; none for an unknown path. */
  reach(path: string): readonly number[];
  /** All live names with their values for this member and group. */
  resolve(member: number, group: string): HyperValues & { readonly learningRate: number };
  /** What was set, for checkpoints. */
  entries(): [string, number][];
}

export interface HyperNames {
  /** Live settings of each member. */
  readonly descriptions: readonly (readonly SettingDescription[])[];
  /** Start values of each member. */
  readonly starts: readonly HyperValues[];
  readonly groups: readonly string[];
}

export function createHyperTable({ descriptions, starts, groups }: HyperNames): HyperTable {
  const values = new Map<string, number>();
  const parsePath = (path: string): { readonly name: string; readonly members: readonly number[] } | undefined => {
    let parts = path.split('.');
    let members = starts.map((_, member) => member);
    if (parts[0] === 'members') {
      members = members.filter(member => String(member) === parts[1]);
      parts = parts.slice(2);
    }
    if (parts.length === 2 && groups.includes(parts[0])) parts = parts.slice(1);
    members = members.filter(member => descriptions[member].some(({ name }) => name === parts[0]));
    return parts.length === 1 && members.length > 0 ? { name: parts[0], members } : undefined;
  };
  return {
    check(path, value) {
      const parsed = parsePath(path);
      if (parsed === undefined) {
        const names = [...new Set(descriptions.flat().map(({ name }) => name))];
        const near = nearestName(path.split('.').at(-1) ?? '', names);
        throw new LabError({
          code: 'setting',
          message: `There is no live hyper-parameter "${path}".`,
          where: `event ${path}`,
          tip:
            near === undefined
              ? `Live are: ${names.join(', ')}.`
              : `Did you mean "${near}"? Members are 0 to ${starts.length - 1}; groups: ${groups.join(', ')}.`,
        });
      }
      for (const member of parsed.members) {
        const setting = descriptions[member].find(({ name }) => name === parsed.name) as SettingDescription;
        try {
          checkSetting(setting, value);
        } catch (thrown) {
          throw thrown instanceof LabError ? new LabError({ ...thrown.toDetails(), where: `event ${path}` }) : thrown;
        }
      }
    },
    set: (path, value) => void values.set(path, value),
    reach: path => parsePath(path)?.members ?? [],
    resolve(member, group) {
      const at = (name: string): number =>
        values.get(`members.${member}.${group}.${name}`) ??
        values.get(`members.${member}.${name}`) ??
        values.get(`${group}.${name}`) ??
        values.get(name) ??
        starts[member][name];
      const resolved = Object.fromEntries(descriptions[member].map(({ name }) => [name, at(name)]));
      return { ...resolved, learningRate: at('learningRate') };
    },
    entries: () => [...values],
  };
}
