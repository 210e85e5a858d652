// How far a pose is from the true one, and figures over many: as Hinterstoisser et al. 2012 (ADD, ADD-S), Xiang et al. 2018
// (area under the accuracy-threshold curve) and Shotton et al. 2013 (5°, 5 mm) define them. Lengths in millimetres. Pure.
import { createNearestPoint, type NearestPoint } from './nearest-point.ts';
import {
  type CamFromObject,
  compose,
  invert,
  type ObjectFromObject,
  rigid,
  transformPoint,
  transformPoints,
} from './rigid.ts';
import { angleBetween, multiplyRotations, radiansPerDegree, rotationAbout, transposed } from './rotation.ts';
import type { Symmetries } from './symmetry.ts';

/** What the errors of an object's poses are measured with. */
export interface PoseRuler {
  /** [n, 3] vertices of the model, millimetres */
  readonly points: Float32Array;
  readonly diameterMillimetres: number;
  readonly nearest: NearestPoint;
}

export interface PoseErrors {
  /** Mean distance of the vertices from where they should be. */
  readonly addMillimetres: number;
  /** Mean distance of the vertices from the nearest vertex at the true pose: blind to symmetries. */
  readonly addSMillimetres: number;
  readonly rotationDegrees: number;
  /** Of the object's origin. */
  readonly translationMillimetres: number;
  /** ADD below a tenth of the diameter. */
  readonly withinTenthOfDiameter: boolean;
  /** Rotation within 5° and translation within 5 mm. */
  readonly within5Degrees5Millimetres: boolean;
}

/** points [n, 3] in millimetres. */
export function createPoseRuler(points: Float32Array, diameterMillimetres: number): PoseRuler {
  return { points, diameterMillimetres, nearest: createNearestPoint(points) };
}

/** About `count` of the points [n, 3], evenly over their order. */
export function sampledPoints(points: Float32Array, count: number): Float32Array {
  const stride = Math.ceil(points.length / 3 / count);
  return points.filter((_, i) => Math.floor(i / 3) % stride === 0);
}

/** Errors that need no search: points [n, 3] millimetres. */
export function plainErrors(
  points: ArrayLike<number>,
  pose: CamFromObject,
  truth: CamFromObject,
): Pick<PoseErrors, 'addMillimetres' | 'rotationDegrees' | 'translationMillimetres'> {
  return {
    addMillimetres: averageDistance(points, pose, truth),
    rotationDegrees: angleBetween(pose.rotation, truth.rotation) / radiansPerDegree,
    translationMillimetres: Math.hypot(...pose.translation.map((value, k) => value - truth.translation[k])),
  };
}

/** Errors of `pose` against `truth`, both camFromObject in millimetres. */
export function poseErrors(ruler: PoseRuler, pose: CamFromObject, truth: CamFromObject): PoseErrors {
  const plain = plainErrors(ruler.points, pose, truth);
  const { addMillimetres, rotationDegrees, translationMillimetres } = plain;
  return {
    ...plain,
    addSMillimetres: averageNearestDistance(ruler, pose, truth),
    withinTenthOfDiameter: addMillimetres < 0.1 * ruler.diameterMillimetres,
    within5Degrees5Millimetres: rotationDegrees <= 5 && translationMillimetres <= 5,
  };
}

/** The same errors with ADD-S in the place of ADD: how objects count that look the same in several poses. */
export function countedBySymmetry(errors: PoseErrors, { diameterMillimetres }: PoseRuler): PoseErrors {
  return {
    ...errors,
    addMillimetres: errors.addSMillimetres,
    withinTenthOfDiameter: errors.addSMillimetres < 0.1 * diameterMillimetres,
  };
}

/** ADD: points [n, 3] millimetres. */
export function averageDistance(points: ArrayLike<number>, pose: CamFromObject, truth: CamFromObject): number {
  const dr = pose.rotation.map((value, k) => value - truth.rotation[k]);
  const dt = pose.translation.map((value, k) => value - truth.translation[k]);
  let sum = 0;
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i], points[i + 1], points[i + 2]];
    const u = dr[0] * x + dr[1] * y + dr[2] * z + dt[0];
    const v = dr[3] * x + dr[4] * y + dr[5] * z + dt[1];
    const w = dr[6] * x + dr[7] * y + dr[8] * z + dt[2];
    sum += Math.sqrt(u * u + v * v + w * w);
  }
  return sum / (points.length / 3);
}

/** ADD-S; the search runs in the object's own frame, where the points stand still. */
export function averageNearestDistance(
  { points, nearest }: PoseRuler,
  pose: CamFromObject,
  truth: CamFromObject,
): number {
  const moved = transformPoints(compose(invert(truth), pose), points);
  let sum = 0;
  for (let i = 0; i < moved.length; i += 3) {
    const [x, y, z] = [moved[i], moved[i + 1], moved[i + 2]];
    // The vertex's own place is one of those that are searched.
    const own = Math.sqrt((x - points[i]) ** 2 + (y - points[i + 1]) ** 2 + (z - points[i + 2]) ** 2);
    sum += nearest.distance(x, y, z, own);
  }
  return sum / (points.length / 3);
}

/**
 * The true pose that `pose` can be told from: of all that the symmetries make equal, the one nearest in rotation. Each
 * axis of revolution (direction [3] of unit length through point [3], millimetres) is solved in closed form.
 */
export function nearestEquivalent(
  pose: CamFromObject,
  truth: CamFromObject,
  { symmetries, symmetryAxes }: Symmetries,
): CamFromObject {
  const candidates = [truth, ...symmetries.map(symmetry => compose(truth, symmetry))];
  let best = truth;
  let bestAngle = Infinity;
  for (const candidate of candidates) {
    const turned = symmetryAxes.map(({ direction, point }) => {
      // The angle θ that maximises the trace of (candidate · R(axis, θ))ᵀ · pose.
      const m = multiplyRotations(transposed(candidate.rotation), pose.rotation);
      const [x, y, z] = direction;
      const sine = x * (m[7] - m[5]) + y * (m[2] - m[6]) + z * (m[3] - m[1]);
      const along =
        x * (m[0] * x + m[1] * y + m[2] * z) +
        y * (m[3] * x + m[4] * y + m[5] * z) +
        z * (m[6] * x + m[7] * y + m[8] * z);
      const rotation = rotationAbout(direction, Math.atan2(sine, m[0] + m[4] + m[8] - along));
      const still: ObjectFromObject = rigid(rotation, new Float64Array(3));
      const shift = transformPoint(still, point);
      return compose(
        candidate,
        rigid<'object', 'object'>(
          rotation,
          point.map((value, k) => value - shift[k]),
        ),
      );
    });
    for (const equal of [candidate, ...turned]) {
      const angle = angleBetween(equal.rotation, pose.rotation);
      if (angle < bestAngle) [best, bestAngle] = [equal, angle];
    }
  }
  return best;
}

export interface PoseSummary {
  readonly cases: number;
  readonly meanAdd: number;
  readonly medianAdd: number;
  readonly medianAddS: number;
  readonly medianRotationDegrees: number;
  readonly medianTranslationMillimetres: number;
  /** Areas under the curve of the share of cases below a threshold of ADD, for thresholds up to 20 and 100 mm; 0 to 1. */
  readonly auc20: number;
  readonly auc100: number;
  /** The same for ADD-S. */
  readonly aucS20: number;
  readonly aucS100: number;
  readonly recall5Degrees5Millimetres: number;
  readonly recallTenthOfDiameter: number;
}

/** Figures over at least one case. */
export function summarisePoses(errors: readonly PoseErrors[]): PoseSummary {
  const add = errors.map(({ addMillimetres }) => addMillimetres);
  const addS = errors.map(({ addSMillimetres }) => addSMillimetres);
  return {
    cases: errors.length,
    meanAdd: mean(add),
    medianAdd: median(add),
    medianAddS: median(addS),
    medianRotationDegrees: median(errors.map(({ rotationDegrees }) => rotationDegrees)),
    medianTranslationMillimetres: median(errors.map(({ translationMillimetres }) => translationMillimetres)),
    auc20: areaUnderCurve(add, 20),
    auc100: areaUnderCurve(add, 100),
    aucS20: areaUnderCurve(addS, 20),
    aucS100: areaUnderCurve(addS, 100),
    recall5Degrees5Millimetres: mean(errors.map(error => (error.within5Degrees5Millimetres ? 1 : 0))),
    recallTenthOfDiameter: mean(errors.map(error => (error.withinTenthOfDiameter ? 1 : 0))),
  };
}

/** ∫₀¹ share of errors below s · `threshold` ds, exactly: each error adds what lies to its right. */
export function areaUnderCurve(errors: readonly number[], threshold: number): number {
  return mean(errors.map(error => Math.max(0, 1 - error / threshold)));
}

/** Of an even number, the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
