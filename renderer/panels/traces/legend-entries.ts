// The entries of a legend of members: one each while they can be told apart and there is room, else one for each label. Pure.

export interface LegendEntry {
  readonly label: string;
  /** 'turned 20° ×12' where it stands for several. */
  readonly title: string;
  /** Numbers of those it stands for, in order. */
  readonly members: readonly number[];
}

const MOST_SINGLE = 12;

/** In the order in which labels come first; members of one label share an entry where there are more than 12 members. */
export function legendEntries(labels: readonly string[]): readonly LegendEntry[] {
  if (labels.length <= MOST_SINGLE) return labels.map((label, member) => ({ label, title: label, members: [member] }));
  return [...new Set(labels)].map(label => {
    const members = [...labels.keys()].filter(member => labels[member] === label);
    return { label, title: members.length === 1 ? label : `${label} ×${members.length}`, members };
  });
}
