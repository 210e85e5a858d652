// The pyramid that a camera sees, from its intrinsics; OpenCV axes, pixel centres at whole numbers plus one half.

/** fx fy cx cy in pixels. */
export type Intrinsics = readonly [number, number, number, number];

/** Corners of the picture at `depth` in front of the camera: top left, top right, bottom right, bottom left; 4 × x y z. */
export function frustumCorners(
  [fx, fy, cx, cy]: Intrinsics,
  width: number,
  height: number,
  depth: number,
): readonly number[] {
  const corner = (x: number, y: number) => [((x - cx) / fx) * depth, ((y - cy) / fy) * depth, depth];
  return [...corner(0, 0), ...corner(width, 0), ...corner(width, height), ...corner(0, height)];
}

/** The edges of the pyramid and a roof over its upper side, as pairs of points: SEGMENTS × 2 × x y z. */
export function frustumSegments(intrinsics: Intrinsics, width: number, height: number, depth: number): number[] {
  const corners = frustumCorners(intrinsics, width, height, depth);
  const point = (k: number) => corners.slice(3 * k, 3 * k + 3);
  const apex = [0, 0, 0];
  const [topLeft, topRight] = [point(0), point(1)];
  const roof = [(topLeft[0] + topRight[0]) / 2, topLeft[1] - 0.2 * (corners[10] - topLeft[1]), depth];
  return [
    ...[0, 1, 2, 3].flatMap(k => [...apex, ...point(k)]),
    ...[0, 1, 2, 3].flatMap(k => [...point(k), ...point((k + 1) % 4)]),
    ...topLeft,
    ...roof,
    ...roof,
    ...topRight,
  ];
}

export const SEGMENTS = 10;

/** What a camera of three needs to see exactly the picture of an OpenCV camera, centred in a window of this aspect. */
export interface Lens {
  /** Vertical, in degrees. */
  readonly fieldOfView: number;
  /** Of the principal point from the middle of the picture, as parts of the window's width and height. */
  readonly shift: readonly [number, number];
}

/** The smallest lens that has the whole picture in a window of `aspect` (width over height). */
export function lensOf([fx, fy, cx, cy]: Intrinsics, width: number, height: number, aspect: number): Lens {
  // Half extents at depth 1 of a window around the picture.
  const [halfWidth, halfHeight] = [width / 2 / fx, height / 2 / fy];
  const half = Math.max(halfHeight, halfWidth / aspect);
  return {
    fieldOfView: (2 * Math.atan(half) * 180) / Math.PI,
    shift: [(width / 2 - cx) / fx / (2 * half * aspect), (height / 2 - cy) / fy / (2 * half)],
  };
}
