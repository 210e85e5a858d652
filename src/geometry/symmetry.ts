// Which turns leave a mesh looking the same: rotational symmetries of its surface within a share of its diameter, whatever
// its colours are. What no turn about an axis changes has that axis as a continuous one. Pure, any process.
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Mesh } from './mesh.ts';
import { boundingBox, meshDiameter, usedPoints } from './mesh-report.ts';
import { type ObjectFromObject, rigid } from './rigid.ts';
import { angleBetween, type Rotation, rotate, rotationAbout } from './rotation.ts';
import { createSurfaceDistance } from './surface-distance.ts';

/** The object looks the same after any turn about this line. */
export interface SymmetryAxis {
  /** [3], unit length, object frame */
  readonly direction: Float64Array;
  /** [3], a point of the line, object frame, in the unit of the mesh */
  readonly point: Float64Array;
}

export interface Symmetries {
  /** Maps of the object onto itself, without the identity and without those that an axis has. */
  readonly symmetries: readonly ObjectFromObject[];
  readonly symmetryAxes: readonly SymmetryAxis[];
}

export const noSymmetries: Symmetries = { symmetries: [], symmetryAxes: [] };

export function isSymmetric({ symmetries, symmetryAxes }: Symmetries): boolean {
  return symmetries.length + symmetryAxes.length > 0;
}

/** Turns of higher order than this are within 1 % of any turn. */
const mostFolds = 16;
/** Moments that differ by less are taken for equal: a surface that is symmetric within 1 % has them equal within about 4 %. */
const equalMoments = 0.05;

/**
 * Turns about axes through the middle of the surface that move no part of it further from the surface than `tolerance`
 * diameters (BOP's measure, Hodan et al. 2020, with a share of the diameter). Every such turn keeps the second moments of
 * the surface, so that its axis is a principal one; where two moments agree it may be any across the third, and where all
 * agree (cubes and the like) faces and corners are tried. A sphere gets three continuous axes.
 */
export function findSymmetries(mesh: Mesh, tolerance = 0.01): Symmetries {
  const { centre, values, axes } = principalAxes(mesh);
  const limit = tolerance * meshDiameter(mesh);
  if (!(limit > 0) || !values.every(Number.isFinite)) return noSymmetries;
  const isSame = surfaceTest(mesh, centre, limit);
  const isEqual = (a: number, b: number) => Math.abs(values[a] - values[b]) < equalMoments * values[0];
  const [isFirst, isLast] = [isEqual(0, 1), isEqual(1, 2)];
  const main = isFirst === isLast ? undefined : isFirst ? 2 : 0;
  const candidates =
    isFirst && isLast ? [...axes, ...featureAxes(mesh, centre)] : main === undefined ? axes : [axes[main]];

  const symmetryAxes: SymmetryAxis[] = [];
  let turns: Rotation[] = [];
  const keep = (turn: Rotation) => {
    if (!turns.some(known => angleBetween(known, turn) < 0.05)) turns.push(turn);
  };
  for (const direction of candidates) {
    if (isContinuous(direction, isSame)) {
      symmetryAxes.push({ direction, point: centre });
      // A second one makes it a sphere.
      if (symmetryAxes.length > 1)
        return { symmetries: [], symmetryAxes: axes.map(axis => ({ direction: axis, point: centre })) };
      continue;
    }
    for (let folds = mostFolds; folds >= 2; folds--) {
      const powers = Array.from({ length: folds - 1 }, (_, k) =>
        rotationAbout(direction, (2 * Math.PI * (k + 1)) / folds),
      );
      if (!powers.every(isSame)) continue;
      powers.forEach(keep);
      break;
    }
  }
  if (symmetryAxes.length > 0) {
    // Together with an axis one half turn across stands for all.
    const half = rotationAbout(perpendicular(symmetryAxes[0].direction), Math.PI);
    turns = isSame(half) ? [half] : [];
  } else if (main !== undefined) {
    const [u, v] = [axes[(main + 1) % 3], axes[(main + 2) % 3]];
    for (const half of halfTurnsAcross(u, v, tolerance, isSame)) keep(half);
  }
  return {
    symmetries: turns.map(turn => {
      const moved = rotate(turn, centre);
      return rigid(
        turn,
        centre.map((value, k) => value - moved[k]),
      );
    }),
    symmetryAxes,
  };
}

/** The symmetries in a phrase; undefined where there are none. */
export function describeSymmetries({ symmetries, symmetryAxes }: Symmetries): string | undefined {
  if (symmetryAxes.length > 1) return 'any turn about any axis';
  if (symmetryAxes.length === 1) {
    const across = symmetries.length > 0 ? ', and half turns across' : '';
    return `any turn about its ${nameOf(symmetryAxes[0].direction)}${across}`;
  }
  if (symmetries.length === 0) return undefined;
  if (symmetries.length === 1) {
    const { rotation } = symmetries[0];
    // A half turn is 2 n nᵀ − I.
    const axis = [0, 1, 2].map(k => Math.sqrt(Math.max(0, (rotation[4 * k] + 1) / 2)));
    return `half a turn about its ${nameOf(axis)}`;
  }
  return `${symmetries.length + 1} poses look the same`;
}

function nameOf(direction: ArrayLike<number>): string {
  const at = [0, 1, 2].find(k => Math.abs(direction[k]) > 0.99);
  return at === undefined ? 'axis' : `${'xyz'[at]} axis`;
}

type SurfaceTest = (turn: Rotation) => boolean;

/** Whether a turn about `centre` keeps points of the surface within `limit` of it: corners, and points spread over it. */
function surfaceTest(mesh: Mesh, centre: Float64Array, limit: number): SurfaceTest {
  const { distance } = createSurfaceDistance(mesh, limit);
  const corners = usedPoints(mesh);
  const stride = Math.max(1, Math.floor(corners.length / 3 / 400));
  const points: number[] = [...spreadPoints(mesh, 400)];
  for (let i = 0; i < corners.length; i += 3 * stride) points.push(corners[i], corners[i + 1], corners[i + 2]);
  const centred = points.map((value, i) => value - centre[i % 3]);
  // What lies far out disproves most turns at once.
  const order = Array.from({ length: centred.length / 3 }, (_, i) => 3 * i).sort(
    (a, b) => squaredLength(centred, b) - squaredLength(centred, a),
  );
  return turn =>
    order.every(i => {
      const moved = rotate(turn, [centred[i], centred[i + 1], centred[i + 2]]);
      return distance(moved[0] + centre[0], moved[1] + centre[1], moved[2] + centre[2]) < Infinity;
    });
}

function isContinuous(direction: Float64Array, isSame: SurfaceTest): boolean {
  return [0.13, 0.41, 0.77, 1.3, 2.02, 2.63, Math.PI].every(angle => isSame(rotationAbout(direction, angle)));
}

/** Half turns about axes in the plane of u and v: the middles of the ranges that pass. */
function halfTurnsAcross(u: Float64Array, v: Float64Array, tolerance: number, isSame: SurfaceTest): Rotation[] {
  // An axis that is off by an angle moves points by up to twice that times their distance, half a diameter.
  const steps = Math.ceil((2 * Math.PI) / tolerance);
  const about = (step: number) => {
    const angle = (Math.PI * step) / steps;
    return rotationAbout(
      u.map((value, k) => Math.cos(angle) * value + Math.sin(angle) * v[k]),
      Math.PI,
    );
  };
  const passing = Array.from({ length: steps }, (_, step) => step).filter(step => isSame(about(step)));
  // Ranges that all but touch are one: points are tested, not the whole surface.
  const apart = steps / (2 * mostFolds);
  const ranges: [number, number][] = [];
  for (const step of passing) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && step - last[1] < apart) last[1] = step;
    else ranges.push([step, step]);
  }
  const [first] = ranges;
  const last = ranges[ranges.length - 1];
  // A half turn later the axis is the same again.
  if (ranges.length > 1 && first[0] + steps - last[1] < apart) {
    first[0] = last[0] - steps;
    ranges.pop();
  }
  return ranges.map(([from, to]) => about((from + to) / 2));
}

/** Directions from the middle through corners, faces, and the middles between two faces. */
function featureAxes(mesh: Mesh, centre: Float64Array): Float64Array[] {
  const most = 60;
  const axes: Float64Array[] = [];
  const add = (direction: ArrayLike<number>, limit: number) => {
    const length = Math.hypot(direction[0], direction[1], direction[2]);
    if (!(length > 1e-6) || axes.length >= limit) return;
    const unit = Float64Array.from({ length: 3 }, (_, k) => direction[k] / length);
    if (!axes.some(known => Math.abs(dot(known, unit)) > 0.9995)) axes.push(unit);
  };
  const { positions: p, triangles } = mesh;
  const normals = Array.from({ length: triangles.length / 3 }, (_, t) => normalOf(p, triangles, 3 * t));
  normals.sort((a, b) => squaredLength(b, 0) - squaredLength(a, 0));
  for (const normal of normals) add(normal, most);
  const faces = axes.slice();
  for (const [i, a] of faces.entries()) {
    for (const b of faces.slice(0, i)) {
      for (const sign of [-1, 1]) {
        add(
          a.map((value, k) => value + sign * b[k]),
          4 * most,
        );
      }
    }
  }
  const corners = usedPoints(mesh);
  const stride = Math.max(1, Math.floor(corners.length / 3 / most));
  for (let i = 0; i < corners.length; i += 3 * stride) {
    add(
      [0, 1, 2].map(k => corners[i + k] - centre[k]),
      5 * most,
    );
  }
  return axes;
}

/** Middle of the surface and its second moments about it, largest first, exactly over the triangles. */
function principalAxes({ positions: p, triangles }: Mesh): {
  readonly centre: Float64Array;
  readonly values: readonly number[];
  readonly axes: readonly Float64Array[];
} {
  const { min } = boundingBox({ positions: p, triangles });
  let area = 0;
  const first = new Float64Array(3);
  const second = new Float64Array(9);
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [0, 1, 2].map(k => [0, 1, 2].map(axis => p[3 * triangles[t + k] + axis] - min[axis]));
    const weight = Math.hypot(...normalOf(p, triangles, t)) / 2;
    const middle = [0, 1, 2].map(axis => (corners[0][axis] + corners[1][axis] + corners[2][axis]) / 3);
    area += weight;
    for (let i = 0; i < 3; i++) {
      first[i] += weight * middle[i];
      for (let j = 0; j < 3; j++) {
        const ends = corners.reduce((sum, corner) => sum + corner[i] * corner[j], 0);
        second[3 * i + j] += (weight / 12) * (ends + 9 * middle[i] * middle[j]);
      }
    }
  }
  const mean = first.map(value => value / area);
  const moments = [0, 1, 2].map(i => [0, 1, 2].map(j => second[3 * i + j] / area - mean[i] * mean[j]));
  if (!moments.flat().every(Number.isFinite)) return { centre: mean, values: [Number.NaN], axes: [] };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(moments), {
    assumeSymmetric: true,
  });
  const order = [0, 1, 2].sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  return {
    centre: mean.map((value, k) => value + min[k]),
    values: order.map(i => realEigenvalues[i]),
    axes: order.map(i => Float64Array.from(eigenvectorMatrix.getColumn(i))),
  };
}

/** Points [n, 3] at even steps of the area of the triangles, inside them by a sequence without patterns. */
function spreadPoints({ positions: p, triangles }: Mesh, count: number): number[] {
  const areas = Array.from({ length: triangles.length / 3 }, (_, t) => Math.hypot(...normalOf(p, triangles, 3 * t)));
  const step = areas.reduce((sum, area) => sum + area, 0) / count;
  const out: number[] = [];
  let [next, before] = [step / 2, 0];
  areas.forEach((area, t) => {
    for (before += area; next < before; next += step) {
      // Roberts 2018: the generalised golden ratio in two dimensions.
      const n = out.length / 3;
      let [q, r] = [(0.7548776662466927 * n) % 1, (0.5698402909980532 * n) % 1];
      if (q + r > 1) [q, r] = [1 - q, 1 - r];
      const [a, b, c] = [0, 1, 2].map(k => 3 * triangles[3 * t + k]);
      for (let k = 0; k < 3; k++) out.push((1 - q - r) * p[a + k] + q * p[b + k] + r * p[c + k]);
    }
  });
  return out;
}

/** Twice the area long. */
function normalOf(p: Float32Array, triangles: Uint32Array, t: number): [number, number, number] {
  const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
  const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
  const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}

/** A vector across `direction`. */
function perpendicular([x, y, z]: Float64Array): Float64Array {
  return Math.abs(x) < 0.7 ? Float64Array.of(0, z, -y) : Float64Array.of(-z, 0, x);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function squaredLength(values: ArrayLike<number>, at: number): number {
  return values[at] ** 2 + values[at + 1] ** 2 + values[at + 2] ** 2;
}
