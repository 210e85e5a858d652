// The data of one line: x ascending, y of the same length; y that is no finite number is missing, not zero.

export interface Samples {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** The first index at or after `from` whose x is not below `value`. */
export function indexOf(x: Float64Array, value: number, from = 0): number {
  let low = from;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value in force at `at`: the last one that is not missing there or before; undefined outside of the line. */
export function valueAt({ x, y }: Samples, at: number): number | undefined {
  if (x.length === 0 || at > x[x.length - 1]) return undefined;
  let i = indexOf(x, at);
  if (x[i] > at) i--;
  while (i >= 0 && !Number.isFinite(y[i])) i--;
  return i < 0 ? undefined : y[i];
}
