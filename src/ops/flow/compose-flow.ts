// Flow over a longer gap, put together from shorter ones: where to begin the search for motions that are too large for it.

import type { FlowLevel } from './flow.ts';

/**
 * Flow from A to C from those from A to B and from B to C, all [height, width, 2] on one grid, in pixels of which a cell has
 * `unit`: f(x) + g(x + f(x)), g bilinear, its border going on.
 */
export function composeFlow(
  f: Float32Array,
  g: Float32Array,
  { width, height }: FlowLevel,
  unit: number,
): Float32Array {
  const composed = new Float32Array(f.length);
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const p = 2 * (i * width + j);
      const x = clamp(j + f[p] / unit, width - 1);
      const y = clamp(i + f[p + 1] / unit, height - 1);
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
      const [fx, fy] = [x - left, y - top];
      for (let c = 0; c < 2; c++) {
        const above = g[2 * (top * width + left) + c] * (1 - fx) + g[2 * (top * width + right) + c] * fx;
        const below = g[2 * (bottom * width + left) + c] * (1 - fx) + g[2 * (bottom * width + right) + c] * fx;
        composed[p + c] = f[p + c] + above * (1 - fy) + below * fy;
      }
    }
  }
  return composed;
}
