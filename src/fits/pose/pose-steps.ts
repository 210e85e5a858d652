// Poses as members move them: [R|t] about the object's centre, steps in the unitless tangent space in which one rate fits
// turns and shifts, and the small linear algebra of second-order steps. Pure, any process.

import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import {
  expSo3,
  logSo3,
  multiplyRotations,
  nearestRotation,
  type Rotation,
  rotate,
  transposed,
} from '../../geometry/rotation.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';

/** [12] row-major [R|t] with t where the object's centre is: what the renderer takes. */
export type CentredPose = Float64Array;

export function centredPose({ rotation, translation }: CamFromObject, mesh: RenderMesh): CentredPose {
  const shift = rotate(rotation, mesh.centre);
  const [x, y, z] = [0, 1, 2].map(axis => translation[axis] + shift[axis]);
  const r = rotation;
  return Float64Array.of(r[0], r[1], r[2], x, r[3], r[4], r[5], y, r[6], r[7], r[8], z);
}

export function poseOf(pose: ArrayLike<number>, mesh: RenderMesh): CamFromObject {
  const rotation = nearestRotation([0, 1, 2, 4, 5, 6, 8, 9, 10].map(k => pose[k]));
  const shift = rotate(rotation, mesh.centre);
  return rigid(
    rotation,
    Float64Array.from([3, 7, 11], (k, axis) => pose[k] - shift[axis]),
  );
}

/** Radians of one unit of turn and length of one unit of shift: D / rho and D. */
export function tangentUnits(mesh: RenderMesh): { readonly turn: number; readonly shift: number } {
  return { turn: mesh.diameter / mesh.radius, shift: mesh.diameter };
}

/** Moves a pose by `step` [6], unitless: a rotation vector about the centre (left-multiplied), then a translation. */
export function movePose(pose: CentredPose, step: ArrayLike<number>, mesh: RenderMesh): CentredPose {
  const { turn, shift } = tangentUnits(mesh);
  const moved = turnedPose(pose, expSo3([turn * step[0], turn * step[1], turn * step[2]]));
  for (let axis = 0; axis < 3; axis++) moved[4 * axis + 3] += shift * step[3 + axis];
  return moved;
}

/** A pose turned about the object's centre by `turn` in camera axes. */
export function turnedPose(pose: CentredPose, turn: Rotation): CentredPose {
  const turned = nearestRotation(multiplyRotations(turn, rotationPart(pose)));
  return Float64Array.from({ length: 12 }, (_, k) => (k % 4 === 3 ? pose[k] : turned[3 * Math.floor(k / 4) + (k % 4)]));
}

function rotationPart(pose: CentredPose): Rotation {
  return Float64Array.of(pose[0], pose[1], pose[2], pose[4], pose[5], pose[6], pose[8], pose[9], pose[10]);
}

/** The step [6], unitless, that moves one pose to the other: `movePose(from, step, mesh)` is `to`. */
export function stepBetween(from: CentredPose, to: CentredPose, mesh: RenderMesh): Float64Array {
  const { turn, shift } = tangentUnits(mesh);
  const omega = logSo3(multiplyRotations(rotationPart(to), transposed(rotationPart(from))));
  return Float64Array.of(...omega.map(value => value / turn), ...[3, 7, 11].map(k => (to[k] - from[k]) / shift));
}

/** Length of the unitless step between two poses. */
export function poseDistance(a: CentredPose, b: CentredPose, mesh: RenderMesh): number {
  return Math.hypot(...stepBetween(a, b, mesh));
}

/** A gradient [6] by radians and lengths, by unitless steps instead. */
export function unitlessGradient(gradient: ArrayLike<number>, mesh: RenderMesh): Float64Array {
  const { turn, shift } = tangentUnits(mesh);
  return Float64Array.from({ length: 6 }, (_, k) => gradient[k] * (k < 3 ? turn : shift));
}

/** A matrix [6, 6] of second derivatives, by unitless steps instead. */
export function unitlessHessian(hessian: ArrayLike<number>, mesh: RenderMesh): Float64Array {
  const { turn, shift } = tangentUnits(mesh);
  const unit = (k: number) => (k < 3 ? turn : shift);
  return Float64Array.from({ length: 36 }, (_, i) => hessian[i] * unit(Math.floor(i / 6)) * unit(i % 6));
}

/** Shortens `step` to `longest` where it is longer. */
export function capped(step: Float64Array, longest: number): Float64Array {
  const length = Math.hypot(...step);
  return length > longest ? step.map(value => (value * longest) / length) : step;
}

/**
 * −(H + lambda diag H + tiny)⁻¹ g, Levenberg 1944 and Marquardt 1963, by Cholesky. Directions without any curvature do not
 * move.
 */
export function dampedStep(hessian: Float64Array, gradient: Float64Array, lambda: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < 6; i++) trace += hessian[7 * i];
  const floor = 1e-6 * (trace / 6) + 1e-30;
  const a = hessian.slice();
  for (let i = 0; i < 6; i++) a[7 * i] += lambda * Math.max(hessian[7 * i], floor) + floor;
  return solveSymmetric(a, gradient).map(value => -value);
}

/** x with A x = b for a positive definite A [n, n]; n is the length of b. */
export function solveSymmetric(matrix: Float64Array, b: ArrayLike<number>): Float64Array {
  const n = b.length;
  const l = matrix.slice();
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = l[n * i + j];
      for (let k = 0; k < j; k++) sum -= l[n * i + k] * l[n * j + k];
      l[n * i + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[n * j + j];
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[n * i + k] * x[k];
    x[i] /= l[n * i + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[n * k + i] * x[k];
    x[i] /= l[n * i + i];
  }
  return x;
}
