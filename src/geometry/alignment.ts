// Least-squares alignment of point sets: the rotation of Kabsch's problem, and the similarity that lays one path of cameras
// over another. Reflections never come out. Pure, any process.
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { LabError } from '../protocol/lab-error.ts';
import { compose, type Rigid, rigid } from './rigid.ts';
import { type Rotation, rotate, rotationFromQuatWxyz, type Vector3 } from './rotation.ts';

/** Maps x of frame From to scale · rotation · x + translation of frame To. */
export interface Similarity<To extends string, From extends string> {
  readonly scale: number;
  readonly rigid: Rigid<To, From>;
}

/**
 * The rotation R (determinant 1) that maximises tr(Rᵀ M), so that Σ w |q − R p|² is least for M = Σ w q pᵀ [3, 3]
 * row-major: the quaternion of Horn 1987, section 4.A. Where M has rank 2 or mirrors, it is still the best rotation.
 */
export function bestRotation(m: ArrayLike<number>): Rotation {
  // Horn's M is Σ left rightᵀ with right = R left: the transpose of ours.
  const [xx, yx, zx, xy, yy, zy, xz, yz, zz] = Array.from(m);
  const n = new Matrix([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(n, { assumeSymmetric: true });
  const largest = realEigenvalues.indexOf(Math.max(...realEigenvalues));
  return rotationFromQuatWxyz(eigenvectorMatrix.getColumn(largest));
}

/**
 * The similarity that minimises Σ |to − (s R from + t)|² (Umeyama 1991, equations 40–42, with determinant 1). Both are
 * [n, 3] in their own units, n ≥ 1; a path that does not move gets scale 1. Throws a LabError of code 'input' where the
 * numbers are not finite or the lengths differ.
 */
export function alignSimilarity<To extends string, From extends string>(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
): Similarity<To, From> {
  const count = from.length / 3;
  const [a, b] = [mean(from), mean(to)];
  const m = new Float64Array(9);
  let spread = 0;
  for (let i = 0; i < from.length; i += 3) {
    for (let column = 0; column < 3; column++) {
      const p = from[i + column] - a[column];
      spread += p * p;
      for (let row = 0; row < 3; row++) m[3 * row + column] += (to[i + row] - b[row]) * p;
    }
  }
  if (from.length !== to.length || count < 1 || !m.every(Number.isFinite)) {
    throw new LabError({
      code: 'input',
      message: `${count} points cannot be aligned to ${to.length / 3}: both need the same number of finite points.`,
      tip: 'Check the poses of both files for missing or non-finite numbers.',
    });
  }
  const rotation = bestRotation(m);
  const trace = rotation.reduce((sum, value, k) => sum + value * m[k], 0);
  const scale = spread > 0 && trace > 0 ? trace / spread : 1;
  const turned = rotate(rotation, a);
  return {
    scale,
    rigid: rigid(
      rotation,
      Float64Array.from(b, (value, k) => value - scale * turned[k]),
    ),
  };
}

/** point [3] in frame From, result [3] in frame To. */
export function transformBySimilarity<To extends string, From extends string>(
  { scale, rigid: { rotation, translation } }: Similarity<To, From>,
  point: ArrayLike<number>,
): Vector3 {
  return rotate(rotation, point).map((value, k) => scale * value + translation[k]);
}

/** The pose of a frame that stands in From, in To: the rotation turns with it, the origin is mapped. */
export function movePoseBySimilarity<To extends string, From extends string, Body extends string>(
  similarity: Similarity<To, From>,
  fromFromBody: Rigid<From, Body>,
): Rigid<To, Body> {
  const { rotation } = compose(similarity.rigid, fromFromBody);
  return rigid(rotation, transformBySimilarity(similarity, fromFromBody.translation));
}

function mean(points: ArrayLike<number>): Vector3 {
  const sum = new Float64Array(3);
  for (let i = 0; i < points.length; i++) sum[i % 3] += points[i];
  return sum.map(value => value / (points.length / 3));
}
