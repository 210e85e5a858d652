// Polygons of mesh files into triangles. Pure, any process.

/**
 * Appends the triangles of one polygon to `out`, as positions within `corners`. Convex polygons become a fan; others lose
 * one ear after the other (Meisters 1975) in the plane of their Newell normal. Winding is kept; fewer than three corners
 * give none.
 */
export function triangulate(positions: ArrayLike<number>, corners: readonly number[], out: number[]): void {
  const n = corners.length;
  if (n < 3) return;
  if (n === 3) {
    out.push(0, 1, 2);
    return;
  }
  const flat = flatten(positions, corners);
  const left = corners.map((_, i) => i);
  const isConvex = left.every(i => area(flat, (i + n - 1) % n, i, (i + 1) % n) >= 0);
  while (left.length > 3) {
    const ear = isConvex ? 1 : findEar(flat, left);
    const before = left[(ear + left.length - 1) % left.length];
    out.push(before, left[ear], left[(ear + 1) % left.length]);
    left.splice(ear, 1);
  }
  out.push(left[0], left[1], left[2]);
}

/** [corner, 2]: without the coordinate along which the polygon's normal is longest; counter-clockwise. */
function flatten(positions: ArrayLike<number>, corners: readonly number[]): Float64Array {
  const normal = [0, 0, 0];
  corners.forEach((corner, i) => {
    const next = corners[(i + 1) % corners.length];
    for (let axis = 0; axis < 3; axis++) {
      const [b, c] = [(axis + 1) % 3, (axis + 2) % 3];
      normal[axis] +=
        (positions[3 * corner + b] - positions[3 * next + b]) * (positions[3 * corner + c] + positions[3 * next + c]);
    }
  });
  const size = normal.map(Math.abs);
  const dropped = size.indexOf(Math.max(...size));
  const [u, v] = [(dropped + 1) % 3, (dropped + 2) % 3];
  const flat = new Float64Array(2 * corners.length);
  corners.forEach((corner, i) => {
    flat[2 * i] = positions[3 * corner + u] * (normal[dropped] < 0 ? -1 : 1);
    flat[2 * i + 1] = positions[3 * corner + v];
  });
  return flat;
}

/** Twice the signed area of the triangle a, b, c. */
function area(flat: Float64Array, a: number, b: number, c: number): number {
  return (
    (flat[2 * b] - flat[2 * a]) * (flat[2 * c + 1] - flat[2 * a + 1]) -
    (flat[2 * c] - flat[2 * a]) * (flat[2 * b + 1] - flat[2 * a + 1])
  );
}

/** Position in `left` of a convex corner whose triangle holds no other corner; 1 where a broken polygon has none. */
function findEar(flat: Float64Array, left: readonly number[]): number {
  const n = left.length;
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [left[(i + n - 1) % n], left[i], left[(i + 1) % n]];
    if (!(area(flat, a, b, c) > 0)) continue;
    const isFree = left.every(
      p =>
        p === a ||
        p === b ||
        p === c ||
        !(area(flat, a, b, p) >= 0 && area(flat, b, c, p) >= 0 && area(flat, c, a, p) >= 0),
    );
    if (isFree) return i;
  }
  return 1;
}
