// Pictures in float64 for the readable twins of flow and tracks: values with their size, read with a border that goes on,
// and their pyramid.

import { flowLevels } from './flow.ts';

/** Values with their size, [height, width]; pixel (i, j) has its centre at (j + 0.5, i + 0.5). */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}
/** Grey [height, width], 0 to 1, as levels of 0 to 255 from the picture itself to the coarsest. */
export function pyramid(grey: ArrayLike<number>, width: number, height: number): Plane[] {
  const [full, ...coarser] = flowLevels(width, height);
  const levels: Plane[] = [{ ...full, values: Float64Array.from(grey, value => 255 * value) }];
  for (const size of coarser) {
    const finer = levels[levels.length - 1];
    const mean = (i: number, j: number) =>
      (at(finer, 2 * i, 2 * j) +
        at(finer, 2 * i, 2 * j + 1) +
        at(finer, 2 * i + 1, 2 * j) +
        at(finer, 2 * i + 1, 2 * j + 1)) /
      4;
    levels.push(fill(size.width, size.height, mean));
  }
  return levels;
}

export function fill(width: number, height: number, value: (i: number, j: number) => number): Plane {
  const values = new Float64Array(width * height);
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) values[i * width + j] = value(i, j);
  return { width, height, values };
}

/** Value of pixel (i, j); the border goes on outside. */
export function at({ width, height, values }: Plane, i: number, j: number): number {
  const row = i < 0 ? 0 : i >= height ? height - 1 : i;
  const column = j < 0 ? 0 : j >= width ? width - 1 : j;
  return values[row * width + column];
}

/** Bilinear at (x, y), pixel centres at .5. */
export function sample(plane: Plane, x: number, y: number): number {
  const [j, i] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [fx, fy] = [x - 0.5 - j, y - 0.5 - i];
  const above = at(plane, i, j) * (1 - fx) + at(plane, i, j + 1) * fx;
  const below = at(plane, i + 1, j) * (1 - fx) + at(plane, i + 1, j + 1) * fx;
  return above * (1 - fy) + below * fy;
}
