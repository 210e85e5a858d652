// The median over the members of a run, one value for each pixel column. A member that has ended keeps its last value, as
// its parameters do.

import { type PlotScale, valueAtShare } from './plot-scale.ts';
import { indexOf, type Samples } from './samples.ts';

/** One point for each column in which a member has begun; x at the columns' right edges, at most the last x there is. */
export function fanMedian(members: readonly Samples[], scale: PlotScale, columns: number): Samples {
  const begun = members.filter(({ x }) => x.length > 0);
  const end = Math.max(-Infinity, ...begun.map(({ x }) => x[x.length - 1]));
  const at = begun.map(() => 0);
  const values = begun.map(() => Number.NaN);
  const x = new Float64Array(columns);
  const y = new Float64Array(columns);
  let count = 0;
  let previous = -Infinity;
  for (let column = 0; column < columns; column++) {
    const edge = Math.min(end, valueAtShare(scale, (column + 1) / columns));
    if (edge <= previous) continue;
    let moved = false;
    begun.forEach((member, m) => {
      const next = indexOf(member.x, edge, at[m]);
      const stop = member.x[next] === edge ? next + 1 : next;
      for (let i = stop - 1; i >= at[m]; i--) {
        if (!Number.isFinite(member.y[i])) continue;
        values[m] = member.y[i];
        moved = true;
        break;
      }
      at[m] = stop;
    });
    if (!moved) continue;
    previous = edge;
    x[count] = edge;
    y[count++] = median(values);
  }
  return { x: x.subarray(0, count), y: y.subarray(0, count) };
}

/** Of the finite values; the mean of the middle two where their number is even. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
