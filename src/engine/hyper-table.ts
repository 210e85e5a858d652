// The live hyper-parameters of a run: values by path, read afresh at each iteration. A path is a name, optionally
// within a group and a member: `learningRate`, `left.learningRate`, `members.2.learningRate`.

import { LabError, nearestName } from '../protocol/lab-error.ts';

export interface HyperTable {
  set(path: string, value: number): void;
  /** The most specific value for this member and group. */
  get(member: number, group: string, name: string): number;
  /** All names with their values for this member and group. */
  resolve(member: number, group: string): Record<string, number> & { learningRate: number };
  entries(): [string, number][];
}

export interface HyperNames {
  readonly defaults: Readonly<Record<string, number>>;
  readonly groups: readonly string[];
  readonly members: number;
}

export function createHyperTable({ defaults, groups, members }: HyperNames): HyperTable {
  const names = Object.keys(defaults);
  const values = new Map<string, number>(Object.entries(defaults));
  const check = (path: string, value: number): void => {
    const parts = path.split('.');
    let rest = parts;
    let valid = true;
    if (rest[0] === 'members') {
      const member = Number(rest[1]);
      valid = Number.isInteger(member) && member >= 0 && member < members;
      rest = rest.slice(2);
    }
    if (rest.length === 2 && groups.includes(rest[0])) rest = rest.slice(1);
    const near = nearestName(rest.at(-1) ?? '', names);
    if (!valid || rest.length !== 1 || !names.includes(rest[0])) {
      throw new LabError({
        code: 'setting',
        message: `There is no live hyper-parameter "${path}".`,
        where: `event ${path}`,
        tip:
          near === undefined
            ? `Live are: ${names.join(', ')}.`
            : `Did you mean "${near}"? Members are 0 to ${members - 1}; groups: ${groups.join(', ')}.`,
      });
    }
    if (!Number.isFinite(value) || value < 0) {
      throw new LabError({
        code: 'setting',
        message: `${path} cannot be ${value}.`,
        where: `event ${path}`,
        tip: 'Give a finite number, 0 or more.',
      });
    }
  };
  const get = (member: number, group: string, name: string): number =>
    values.get(`members.${member}.${group}.${name}`) ??
    values.get(`members.${member}.${name}`) ??
    values.get(`${group}.${name}`) ??
    (values.get(name) as number);
  return {
    set(path, value) {
      check(path, value);
      values.set(path, value);
    },
    get,
    resolve: (member, group) => ({
      ...Object.fromEntries(names.map(name => [name, get(member, group, name)])),
      learningRate: get(member, group, 'learningRate'),
    }),
    entries: () => [...values],
  };
}
