// How far a path of cameras is from the true one: trajectory error after a similarity (Sturm et al. 2012), and errors of
// relative poses over all pairs of frames (Jin et al. 2021), which know no alignment. Pure, any process.
import { alignSimilarity, type Similarity, transformBySimilarity } from './alignment.ts';
import { areaUnderCurve, median } from './pose-metrics.ts';
import { compose, invert, type WorldFromCam } from './rigid.ts';
import { angleBetween, radiansPerDegree } from './rotation.ts';

/** How far the centres of cameras are from the true ones. */
export interface CentreErrors {
  /** From the world of the estimate to that of the truth, determinant 1. */
  readonly truthFromEstimate: Similarity<'world', 'world'>;
  /** Root mean square distance of the camera centres after alignment, in the unit of the truth. */
  readonly ate: number;
  /** The same in percent of the length of the true path; undefined where the truth stands still. */
  readonly atePercentOfPath: number | undefined;
  /** Of the true path, in its unit. */
  readonly pathLength: number;
}

export interface TrajectoryErrors extends CentreErrors {
  readonly frames: number;
  /** Median error of the relative rotations of all pairs, degrees. An alignment by centres leaves the turn about a straight path open. */
  readonly rotationDegrees: number;
  /** Share of pairs with the relative rotation, and the direction of the relative translation, within 5°. */
  readonly rra5: number;
  readonly rta5: number;
  /** Area under the curve of the share of pairs whose worse angle is below a threshold, up to 10° and 30°; 0 to 1, exact. */
  readonly auc10: number;
  readonly auc30: number;
}

/** A baseline shorter than this share of the true path has no direction worth asking for. */
const SHORTEST_BASELINE = 1e-9;

/** Frame i of `estimate` belongs to frame i of `truth`; two frames or more, each path in a unit and world of its own. */
export function centreErrors(estimate: readonly WorldFromCam[], truth: readonly WorldFromCam[]): CentreErrors {
  const centres = (path: readonly WorldFromCam[]) => path.flatMap(({ translation }) => [...translation]);
  const truthFromEstimate = alignSimilarity<'world', 'world'>(centres(estimate), centres(truth));
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  let squares = 0;
  let pathLength = 0;
  truth.forEach((pose, i) => {
    squares += distance(transformBySimilarity(truthFromEstimate, estimate[i].translation), pose.translation) ** 2;
    if (i > 0) pathLength += distance(pose.translation, truth[i - 1].translation);
  });
  const ate = Math.sqrt(squares / truth.length);
  const atePercentOfPath = pathLength > 0 ? (100 * ate) / pathLength : undefined;
  return { truthFromEstimate, ate, atePercentOfPath, pathLength };
}

/** As centreErrors, and the errors of the relative poses of all pairs of frames, which take time with the square of their number. */
export function trajectoryErrors(estimate: readonly WorldFromCam[], truth: readonly WorldFromCam[]): TrajectoryErrors {
  const frames = truth.length;
  const centres = centreErrors(estimate, truth);
  const [turns, directions, worst]: number[][] = [[], [], []];
  for (let j = 1; j < frames; j++) {
    for (let i = 0; i < j; i++) {
      const [mine, known] = [estimate, truth].map(poses => compose(invert(poses[j]), poses[i]));
      const turn = angleBetween(mine.rotation, known.rotation) / radiansPerDegree;
      turns.push(turn);
      if (Math.hypot(...known.translation) <= SHORTEST_BASELINE * centres.pathLength) {
        worst.push(turn);
        continue;
      }
      const direction = directionAngle(mine.translation, known.translation) / radiansPerDegree;
      directions.push(direction);
      worst.push(Math.max(turn, direction));
    }
  }
  const within5 = (values: readonly number[]) => values.filter(value => value < 5).length / Math.max(1, values.length);
  return {
    ...centres,
    frames,
    rotationDegrees: median(turns),
    rra5: within5(turns),
    rta5: within5(directions),
    auc10: areaUnderCurve(worst, 10),
    auc30: areaUnderCurve(worst, 30),
  };
}

/** Radians from 0 to π; an estimate without a direction is as wrong as can be. */
function directionAngle(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (Math.hypot(a[0], a[1], a[2]) === 0) return Math.PI;
  const cross = Math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
  return Math.atan2(cross, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}
