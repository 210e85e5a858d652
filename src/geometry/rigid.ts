// Rigid transforms, typed by the frames they map between so that only what fits can be composed. Plain data without a
// unit of its own: lengths of the pose fit are millimetres. Pure, any process.
import {
  identityRotation,
  multiplyRotations,
  nearestRotation,
  type Rotation,
  rotate,
  transposed,
  type Vector3,
} from './rotation.ts';

declare const framesOf: unique symbol;

/** Maps coordinates of frame From to frame To: x ↦ rotation · x + translation. Made by `rigid`. */
export interface Rigid<To extends string, From extends string> {
  /** [3, 3] row-major */
  readonly rotation: Rotation;
  /** [3] */
  readonly translation: Vector3;
  /** A function type, so that frames neither widen nor narrow. */
  readonly [framesOf]: (to: To, from: From) => readonly [To, From];
}

/** Object to camera, OpenCV axes (x right, y down, z forward). */
export type CamFromObject = Rigid<'cam', 'object'>;
/** Camera to world, OpenCV axes. */
export type WorldFromCam = Rigid<'world', 'cam'>;
export type CamFromWorld = Rigid<'cam', 'world'>;
export type WorldFromObject = Rigid<'world', 'object'>;
/** A map of the object onto itself: a symmetry, or a change of its origin. */
export type ObjectFromObject = Rigid<'object', 'object'>;

/** rotation [3, 3] row-major, translation [3]; both are kept, not copied. */
export function rigid<To extends string, From extends string>(
  rotation: Rotation,
  translation: Vector3,
): Rigid<To, From> {
  return { rotation, translation } as Rigid<To, From>;
}

export function identityRigid<Frame extends string>(): Rigid<Frame, Frame> {
  return rigid(identityRotation(), new Float64Array(3));
}

/** aFromC = aFromB · bFromC. */
export function compose<A extends string, B extends string, C extends string>(
  aFromB: Rigid<A, B>,
  bFromC: Rigid<B, C>,
): Rigid<A, C> {
  return rigid(multiplyRotations(aFromB.rotation, bFromC.rotation), transformPoint(aFromB, bFromC.translation));
}

export function invert<A extends string, B extends string>(aFromB: Rigid<A, B>): Rigid<B, A> {
  const rotation = transposed(aFromB.rotation);
  return rigid(
    rotation,
    rotate(rotation, aFromB.translation).map(value => -value),
  );
}

/** point [3] in frame B, result [3] in frame A. */
export function transformPoint<A extends string, B extends string>(
  aFromB: Rigid<A, B>,
  point: ArrayLike<number>,
): Vector3 {
  const [x, y, z] = rotate(aFromB.rotation, point);
  const { translation } = aFromB;
  return Float64Array.of(x + translation[0], y + translation[1], z + translation[2]);
}

/** points [n, 3] in frame B, result [n, 3] in frame A, float64. */
export function transformPoints<A extends string, B extends string>(
  aFromB: Rigid<A, B>,
  points: ArrayLike<number>,
): Float64Array {
  const { rotation: r, translation: t } = aFromB;
  const out = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i], points[i + 1], points[i + 2]];
    out[i] = r[0] * x + r[1] * y + r[2] * z + t[0];
    out[i + 1] = r[3] * x + r[4] * y + r[5] * z + t[1];
    out[i + 2] = r[6] * x + r[7] * y + r[8] * z + t[2];
  }
  return out;
}

/** The same transform in another unit of length: the translation times `factor`. */
export function scaleTranslation<A extends string, B extends string>(aFromB: Rigid<A, B>, factor: number): Rigid<A, B> {
  return rigid(
    aFromB.rotation,
    aFromB.translation.map(value => value * factor),
  );
}

/** [4, 4] row-major, last row 0 0 0 1. */
export function matrix4x4<To extends string, From extends string>(transform: Rigid<To, From>): Float64Array {
  const { rotation: r, translation: t } = transform;
  return Float64Array.of(r[0], r[1], r[2], t[0], r[3], r[4], r[5], t[1], r[6], r[7], r[8], t[2], 0, 0, 0, 1);
}

/** [3, 4] row-major. */
export function matrix3x4<To extends string, From extends string>(transform: Rigid<To, From>): Float64Array {
  return matrix4x4(transform).slice(0, 12);
}

/**
 * From the 12 or 16 numbers of a row-major 3×4 or 4×4 matrix; the rotation becomes the nearest one, which removes the
 * rounding of files. Throws a LabError of code 'input' with `where` where it mirrors or is degenerate.
 */
export function rigidFromMatrix<To extends string, From extends string>(
  m: ArrayLike<number>,
  where?: string,
): Rigid<To, From> {
  const rotation = nearestRotation([m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]], where);
  return rigid(rotation, Float64Array.of(m[3], m[7], m[11]));
}

/**
 * Between camera axes of OpenCV (x right, y down, z forward) and OpenGL (x right, y up, z back): half a turn about x, and
 * its own inverse. `compose(flipCameraAxes, camFromObject)` is the pose in the other axes.
 */
export const flipCameraAxes: Rigid<'cam', 'cam'> = rigid(
  Float64Array.of(1, 0, 0, 0, -1, 0, 0, 0, -1),
  new Float64Array(3),
);
