// How sure a refined pose is: its covariance from the normal equations of its terms, with the noise that their residuals
// show. Pure, any process.

import { inverse, Matrix } from 'ml-matrix';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { radiansPerDegree, rotate, type Vector3 } from '../../geometry/rotation.ts';
import type { SymmetryAxis } from '../../geometry/symmetry.ts';
import type { PoseTerms } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import { centredPose, stepBetween, tangentUnits, unitlessHessian } from './pose-steps.ts';

/** What one loss term says at the refined pose: its second-order form evaluated alone. */
export interface TermEvidence {
  /** [6, 6], weight included, as `PoseTerms.hessian`: by radians and lengths. */
  readonly hessian: Float64Array;
  /** Mean of the robust residual ρ = r² / (r² + s²), 0 to 1, without the weight. */
  readonly residual: number;
  readonly weight: number;
  /** Residuals that are independent of each other. */
  readonly independent: number;
}

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
}

/** Neighbouring residuals err together: so many of them count as one. Calibrated on pictures with exact truth. */
const together = { mask: 6, depth: 5 };
/** Share of the mean curvature below which a direction counts as open. */
const openCurvature = 1e-6;

/** The mask's evidence from an evaluation without depth; `imagePixels` are those of the picture in one of the crop, along x. */
export function maskEvidence(
  { hessian, mask }: PoseTerms,
  contourPoints: number,
  settings: { readonly maskWeight: number; readonly contourWeight: number },
  imagePixels: number,
): TermEvidence {
  return {
    hessian,
    residual: mask / (1 + settings.contourWeight),
    weight: settings.maskWeight,
    independent: (contourPoints * Math.min(1, imagePixels)) / together.mask,
  };
}

/** The depth's evidence from an evaluation without mask. */
export function depthEvidence(
  { hessian, depth }: PoseTerms,
  depthPixels: number,
  settings: { readonly depthWeight: number },
  imagePixels: number,
): TermEvidence {
  return {
    hessian,
    residual: depth,
    weight: settings.depthWeight,
    independent: (depthPixels * Math.min(1, imagePixels ** 2)) / together.depth,
  };
}

/** How a refinement was held to its start, unitless. */
export interface StartHold {
  /** Of the pull at the result. */
  readonly curvature: number;
  /** From the start to the result. */
  readonly distance: number;
}

/**
 * Covariance of the least-squares estimate, H⁻¹ V H⁻¹ (Huber 1967): H is the sum of the terms' curvatures, V the variance of
 * their gradients. A term whose n independent residuals have the variance σ² = s² ρ / (1 − ρ) has
 * V = (2 / n) (σ / s)² · weight · H. A direction without curvature gets the variance of what is not known at all: any turn,
 * and a diameter. So does the turn about an axis of symmetry. A pull towards the start draws the estimate by its share of
 * the start's own error, which is taken for the way from there to the result. Undefined where nothing bends the loss.
 */
export function poseCovariance(
  terms: readonly TermEvidence[],
  pose: CamFromObject,
  mesh: RenderMesh,
  symmetryAxes: readonly SymmetryAxis[] = [],
  hold: StartHold = { curvature: 0, distance: 0 },
): PoseCovariance | undefined {
  const h = new Matrix(6, 6);
  const v = new Matrix(6, 6);
  for (const { hessian, residual, weight, independent } of terms) {
    const own = Matrix.from1DArray(6, 6, unitlessHessian(hessian, mesh));
    const share = Math.min(residual, 0.99);
    h.add(own);
    v.add(Matrix.mul(own, (2 * weight * share) / (1 - share) / Math.max(1, independent)));
  }
  const floor = (openCurvature * h.trace()) / 6;
  if (!(floor > 0)) return undefined;
  const anyTurn = (Math.PI / Math.sqrt(3) / tangentUnits(mesh).turn) ** 2;
  const unknown = [0, 1, 2, 3, 4, 5].map(k => (k < 3 ? anyTurn : 1));
  const { open, closed } = splitByAxes(pose, symmetryAxes);
  const within = (matrix: Matrix) => closed.mmul(matrix).mmul(closed);
  const bent = within(h).add(Matrix.mul(open, h.trace()));
  const spread = (curvature: number, gradients: Matrix) => {
    const turned = inverse(Matrix.add(bent, Matrix.eye(6, 6).mul(curvature)));
    return turned.mmul(within(gradients)).mmul(turned);
  };
  const pulled = Matrix.eye(6, 6).mul((hold.curvature * hold.distance) ** 2 / 6);
  const known = spread(floor, Matrix.add(v, Matrix.diag(unknown).mul(floor ** 2))).add(
    spread(floor + hold.curvature, pulled),
  );
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
  };
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
