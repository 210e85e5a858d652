// What tells the members of a race from each other, in a few words.

import type { SettingValues } from '../fit.ts';

/** The settings in which each member differs from another; its number where all are equal. */
export function labelsOf(members: readonly SettingValues[]): string[] {
  const names = [...new Set(members.flatMap(settings => Object.keys(settings)))];
  const differing = names.filter(name => members.some(settings => settings[name] !== members[0][name]));
  return members.map((settings, member) => {
    const named = differing.flatMap(name => {
      const value = settings[name];
      return value === undefined ? [] : [name === 'method' ? String(value) : `${inWords(name)} ${value}`];
    });
    if (named.length > 0) return named.join(', ');
    return members.length > 1 ? `member ${member}` : String(settings.method);
  });
}

/** learningRate: 'learning rate'. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}
