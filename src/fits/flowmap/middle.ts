// The middle of many numbers, for figures that outliers must not move. Pure.

/** The upper of the two in the middle, where there are two. */
export function middle(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1];
}
