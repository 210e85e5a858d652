// What a member is called beside others: by its label, with its number where several have that label.

interface Labelled {
  readonly members: readonly { readonly label: string }[];
}

export function memberName(of: Labelled | undefined, member: number): string {
  const label = of?.members[member]?.label;
  if (of === undefined || label === undefined) return `member ${member}`;
  const isShared = of.members.filter(each => each.label === label).length > 1;
  return isShared ? `${member} ${label}` : label;
}
