// The order of file names as people count: frame2 before frame10. Any process.

const collator = new Intl.Collator('en', { numeric: true });

/** For sorting; names that count the same (`a1`, `a01`) keep one fixed order. */
export function compareNatural(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
