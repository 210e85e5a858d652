// How far a camera has to stand back, what belongs to the scene when a few points are astray, how sharp to draw.

/** Where a camera looks from. */
export interface Facing {
  readonly right: readonly number[];
  readonly up: readonly number[];
  /** From what is looked at towards the camera. */
  readonly back: readonly number[];
}

/** Least distance from `centre` at which all `points` (n × x y z) are inside the picture; tangents of half the field of view. */
export function fitDistance(
  points: ArrayLike<number>,
  centre: readonly number[],
  { right, up, back }: Facing,
  [tangentX, tangentY]: readonly [number, number],
): number {
  let distance = 0;
  for (let at = 0; at + 2 < points.length; at += 3) {
    const along = (axis: readonly number[]) =>
      axis.reduce((sum, component, k) => sum + component * (points[at + k] - centre[k]), 0);
    distance = Math.max(
      distance,
      along(back) + Math.max(Math.abs(along(right)) / tangentX, Math.abs(along(up)) / tangentY),
    );
  }
  return distance;
}

/** Least and greatest x y z of `positions` (n × 3) without the outermost percent on each side, so that strays do not count. */
export function robustBounds(positions: ArrayLike<number>): readonly number[] | undefined {
  const count = Math.floor(positions.length / 3);
  if (count === 0) return undefined;
  const samples = Math.min(count, 4096);
  const bounds = [0, 0, 0, 0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const sorted = Float64Array.from(
      { length: samples },
      (_, k) => positions[3 * Math.floor((k * count) / samples) + axis],
    )
      .filter(Number.isFinite)
      .sort();
    if (sorted.length === 0) return undefined;
    // Of few points none is astray.
    const skip = sorted.length < 100 ? 0 : Math.floor(sorted.length / 100);
    bounds[axis] = sorted[skip];
    bounds[axis + 3] = sorted[sorted.length - 1 - skip];
  }
  return bounds;
}

/** Pixels that are drawn for one of the page: less while the view moves, and bounded where there is no graphics card. */
export function drawRatio(
  width: number,
  height: number,
  screen: number,
  { moving, software }: { readonly moving: boolean; readonly software: boolean },
): number {
  const most = software ? (moving ? 250_000 : 700_000) : moving ? 1_500_000 : 4_000_000;
  return Math.min(screen, moving ? 1.5 : 2, Math.sqrt(most / Math.max(1, width * height)));
}
