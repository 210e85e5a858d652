// How sure a refined pose is: its covariance from the normal equations of its terms, with the noise that parts of the
// picture show against each other. Pure, any process.

import { inverse, Matrix } from 'ml-matrix';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { radiansPerDegree, rotate, type Vector3 } from '../../geometry/rotation.ts';
import type { SymmetryAxis } from '../../geometry/symmetry.ts';
import { type TileTerms, tileSide } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import { centredPose, stepBetween, tangentUnits, unitlessGradient, unitlessHessian } from './pose-steps.ts';

export interface PoseCovariance {
  /**
   * [6, 6] row-major: rotation vector about the object's centre in camera axes (left-multiplied), degrees; then translation
   * of that centre, millimetres.
   */
  readonly matrix: Float64Array;
  /** Root mean squares: of the angle (about an axis of symmetry it does not count), of the centre along its viewing ray, and
   * across it. */
  readonly rotationDegrees: number;
  readonly alongMillimetres: number;
  readonly acrossMillimetres: number;
  /** [6], unitless: the step from the pose to the least loss nearby, of which the matrix holds the square. */
  readonly toMinimum: Float64Array;
}

/** How a refinement was held to its start, unitless. */
export interface StartHold {
  /** Of the pull at the pose. */
  readonly curvature: number;
  /** [6], the step from the start to the pose. */
  readonly away: Float64Array;
}

/** Share of the mean curvature below which a direction counts as open. */
const openCurvature = 1e-6;
const none = new Float64Array(6);
const noHold: StartHold = { curvature: 0, away: none };

/**
 * Covariance of the least-squares estimate, H⁻¹ V H⁻¹ (Huber 1967): H is the sum of the terms' curvatures, V the variance of
 * their gradients. Residuals of a contour or a surface err together and by more than noise, so V is not taken from single
 * ones but from the scatter of the gradient over tiles of the picture (Liang and Zeger 1986): of each term as a multiple of
 * its curvature. What mask and depth pull against each other goes into V whole, as no tile shows an error that a term has
 * everywhere. A direction without curvature gets the variance of what is not known at all: any turn, and a diameter. So does
 * the turn about an axis of symmetry. A pull towards the start draws the estimate by its share of the start's own error,
 * which is taken for the way from there to the result. A pose beside the minimum errs by the way to it besides.
 *
 * `terms`: tiles as in PoseTiles, by radians and lengths, at `pose`; where that is only near the pose in question, `beside` [6]
 * is the unitless step to it from there. Undefined where nothing bends the loss.
 */
export function poseCovariance(
  terms: readonly (readonly TileTerms[])[],
  pose: CamFromObject,
  mesh: RenderMesh,
  symmetryAxes: readonly SymmetryAxis[] = [],
  hold: StartHold = noHold,
  beside: Float64Array = none,
): PoseCovariance | undefined {
  const evidence = terms.map(tiles => tiles.map(tile => unitlessTile(tile, mesh))).map(withSum);
  const h = sumOf(evidence.map(({ sum }) => sum.curvature));
  const floor = (openCurvature * h.trace()) / 6;
  if (!(floor > 0)) return undefined;
  const { open, closed } = splitByAxes(pose, symmetryAxes);
  const within = (matrix: Matrix) => closed.mmul(matrix).mmul(closed);
  const bent = within(h).add(Matrix.mul(open, h.trace()));
  const inverseWith = (curvature: number) => inverse(Matrix.add(bent, Matrix.eye(6, 6).mul(curvature)));
  const held = inverseWith(floor + hold.curvature);
  const pull = Matrix.columnVector(Array.from(hold.away)).mul(hold.curvature);
  const slope = sumOf([...evidence.map(({ sum }) => sum.slope), pull]);
  const step = held.mmul(closed.mmul(slope)).mul(-1);

  const toMinimum = Matrix.add(step, closed.mmul(Matrix.columnVector(Array.from(beside))));

  const free = inverseWith(floor);
  const settled = evidence.map(({ tiles, sum }) => ({ tiles: tiles.map(moveTo(step)), sum: moveTo(step)(sum) }));
  const v = sumOf(settled.map(({ tiles, sum }) => Matrix.mul(sum.curvature, noiseOf(tiles, closed.mmul(free)))));
  const pulls = settled.filter(({ sum }) => sum.curvature.trace() > 0).map(({ sum }) => sum.slope);
  if (pulls.length === 2) v.add(squareOf(Matrix.sub(pulls[0], pulls[1]).mul(0.5)));
  const anyTurn = (Math.PI / Math.sqrt(3) / tangentUnits(mesh).turn) ** 2;
  const unknown = Matrix.diag([0, 1, 2, 3, 4, 5].map(k => (k < 3 ? anyTurn : 1)));
  const pulled = Matrix.eye(6, 6).mul((hold.curvature ** 2 * squaredLength(hold.away)) / 6);
  const known = sumOf([
    free.mmul(within(Matrix.add(v, unknown.mul(floor ** 2)))).mmul(free),
    held.mmul(within(pulled)).mmul(held),
    squareOf(toMinimum),
  ]);
  const all = Matrix.add(known, Matrix.mul(open, anyTurn));
  const unit = covarianceUnits(mesh);
  const scaled = (matrix: Matrix) =>
    Float64Array.from({ length: 36 }, (_, i) => {
      const [row, column] = [Math.floor(i / 6), i % 6];
      return ((matrix.get(row, column) + matrix.get(column, row)) / 2) * unit(row) * unit(column);
    });
  const inner = scaled(known);
  const along = viewingRay(pose, mesh.centre);
  let alongSquared = 0;
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) alongSquared += along[i] * inner[6 * (3 + i) + 3 + j] * along[j];
  const trace = (from: number) => [0, 1, 2].reduce((sum, k) => sum + inner[7 * (from + k)], 0);
  return {
    matrix: scaled(all),
    rotationDegrees: Math.sqrt(trace(0)),
    alongMillimetres: Math.sqrt(Math.max(0, alongSquared)),
    acrossMillimetres: Math.sqrt(Math.max(0, trace(3) - alongSquared)),
    toMinimum: Float64Array.from(toMinimum.to1DArray()),
  };
}

/** Gradient [6, 1] and curvature [6, 6] by unitless steps. */
interface Tile {
  readonly slope: Matrix;
  readonly curvature: Matrix;
}

function unitlessTile({ gradient, hessian }: TileTerms, mesh: RenderMesh): Tile {
  return {
    slope: Matrix.columnVector(Array.from(unitlessGradient(gradient, mesh))),
    curvature: Matrix.from1DArray(6, 6, Array.from(unitlessHessian(hessian, mesh))),
  };
}

function withSum(tiles: readonly Tile[]): { readonly tiles: readonly Tile[]; readonly sum: Tile } {
  return { tiles, sum: joined(tiles) };
}

function joined(tiles: readonly Tile[]): Tile {
  return { slope: sumOf(tiles.map(tile => tile.slope)), curvature: sumOf(tiles.map(tile => tile.curvature)) };
}

/** What a tile would say after a step. */
function moveTo(step: Matrix): (tile: Tile) => Tile {
  return ({ slope, curvature }) => ({ slope: Matrix.add(slope, curvature.mmul(step)), curvature });
}

/**
 * Variance of a term's gradient over its curvature, as tiles show it, and once more as squares of four of them do: what
 * reaches over many tiles shows in neither in full. Calibrated on pictures with exact truth. `metric`: inverse of the
 * curvature of all terms.
 */
function noiseOf(tiles: readonly Tile[], metric: Matrix): number {
  return scatter(tiles, metric) + scatter(inFours(tiles), metric);
}

/** The estimate has taken up what it could of the scatter, a tile's own leverage: that is not expected of it. */
function scatter(tiles: readonly Tile[], metric: Matrix): number {
  let [seen, expected] = [0, 0];
  for (const { slope, curvature } of tiles) {
    const leverage = metric.mmul(curvature);
    seen += slope.transpose().mmul(metric).mmul(slope).get(0, 0);
    expected += leverage.trace() - leverage.mmul(leverage).trace();
  }
  return expected > 0 ? seen / expected : 0;
}

function inFours(tiles: readonly Tile[]): Tile[] {
  const groups = new Map<number, Tile[]>();
  tiles.forEach((tile, t) => {
    const [row, column] = [Math.floor(t / tileSide), t % tileSide];
    const place = Math.floor(row / 2) * tileSide + Math.floor(column / 2);
    groups.set(place, [...(groups.get(place) ?? []), tile]);
  });
  return [...groups.values()].map(joined);
}

function sumOf(matrices: readonly Matrix[]): Matrix {
  const [{ rows, columns } = { rows: 6, columns: 6 }] = matrices;
  return matrices.reduce((sum, each) => sum.add(each), Matrix.zeros(rows, columns));
}

function squareOf(column: Matrix): Matrix {
  return column.mmul(column.transpose());
}

function squaredLength(step: ArrayLike<number>): number {
  return Array.from(step).reduce((sum, value) => sum + value * value, 0);
}

/** Projections [6, 6] on turns about the axes, of which several are orthogonal, and on all other steps. */
function splitByAxes({ rotation }: CamFromObject, axes: readonly SymmetryAxis[]) {
  const open = new Matrix(6, 6);
  for (const { direction } of axes) {
    const axis = rotate(rotation, direction);
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) open.set(i, j, open.get(i, j) + axis[i] * axis[j]);
  }
  return { open, closed: Matrix.sub(Matrix.eye(6, 6), open) };
}

/** Unit vector from the camera to the object's centre. */
function viewingRay({ rotation, translation }: CamFromObject, centre: ArrayLike<number>): Vector3 {
  const shift = rotate(rotation, centre);
  const ray = translation.map((value, k) => value + shift[k]);
  const length = Math.hypot(...ray);
  return ray.map(value => value / length);
}

/**
 * sqrt(eᵀ C⁻¹ e / 6): an error in standard deviations, root mean square over the six directions; about 1 where the
 * covariance is right. `error` [6] in its units: degrees, millimetres.
 */
export function normalisedError({ matrix }: PoseCovariance, error: ArrayLike<number>): number {
  const e = Matrix.columnVector(Array.from(error));
  return Math.sqrt(
    e
      .transpose()
      .mmul(inverse(Matrix.from1DArray(6, 6, matrix)))
      .mmul(e)
      .get(0, 0) / 6,
  );
}

/** [6]: from `truth` to `pose` in the units of the covariance, as it is about the object's centre in camera axes. */
export function poseError(pose: CamFromObject, truth: CamFromObject, mesh: RenderMesh): Float64Array {
  const unit = covarianceUnits(mesh);
  return stepBetween(centredPose(truth, mesh), centredPose(pose, mesh), mesh).map((value, k) => value * unit(k));
}

/** Degrees and millimetres of one unitless step. */
function covarianceUnits(mesh: RenderMesh): (k: number) => number {
  const { turn, shift } = tangentUnits(mesh);
  return k => (k < 3 ? turn / radiansPerDegree : shift);
}
