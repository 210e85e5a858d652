// Rotations as row-major 3×3 matrices in float64, their tangent vectors and quaternions. Pure arithmetic, any process;
// matrices are never changed in place.
import { LabError } from '../protocol/lab-error.ts';

/** [3, 3], row-major, orthonormal with determinant 1. */
export type Rotation = Float64Array;
/** [3] */
export type Vector3 = Float64Array;

export const radiansPerDegree = Math.PI / 180;

export function identityRotation(): Rotation {
  return Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
}

/** a · b, both [3, 3]: first b, then a. */
export function multiplyRotations(a: Rotation, b: Rotation): Rotation {
  const c = new Float64Array(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) c[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
  }
  return c;
}

/** The inverse of a rotation. */
export function transposed(a: Rotation): Rotation {
  return Float64Array.of(a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]);
}

/** R · v. */
export function rotate(rotation: Rotation, v: ArrayLike<number>): Vector3 {
  const [x, y, z] = [v[0], v[1], v[2]];
  const r = rotation;
  return Float64Array.of(
    r[0] * x + r[1] * y + r[2] * z,
    r[3] * x + r[4] * y + r[5] * z,
    r[6] * x + r[7] * y + r[8] * z,
  );
}

/**
 * The rotation by |omega| radians about omega: exp of its cross-product matrix (Rodrigues' formula). The two quotients are
 * written with half angles, which keeps all digits near zero.
 */
export function expSo3(omega: ArrayLike<number>): Rotation {
  const [x, y, z] = [omega[0], omega[1], omega[2]];
  const angle = Math.hypot(x, y, z);
  const sincHalf = angle > 0 ? Math.sin(angle / 2) / (angle / 2) : 1;
  const a = sincHalf * Math.cos(angle / 2);
  const b = (sincHalf * sincHalf) / 2;
  return Float64Array.of(
    1 - b * (y * y + z * z),
    b * x * y - a * z,
    b * x * z + a * y,
    b * x * y + a * z,
    1 - b * (x * x + z * z),
    b * y * z - a * x,
    b * x * z - a * y,
    b * y * z + a * x,
    1 - b * (x * x + y * y),
  );
}

/** The tangent vector [3] in radians, of length at most π, with expSo3(logSo3(R)) = R; exact near 0 and near π. */
export function logSo3(rotation: Rotation): Vector3 {
  const [w, x, y, z] = quatWxyzFromRotation(rotation);
  const sine = Math.hypot(x, y, z);
  // quatWxyzFromRotation keeps w ≥ 0, so the half angle is in the first quadrant.
  const scale = sine > 1e-30 ? (2 * Math.atan2(sine, w)) / sine : 2;
  return Float64Array.of(scale * x, scale * y, scale * z);
}

/** Angle of a⁻¹ · b in radians, 0 to π, without the loss of digits that the arc cosine of the trace has near 0 and π. */
export function angleBetween(a: Rotation, b: Rotation): number {
  const [w, x, y, z] = quatWxyzFromRotation(multiplyRotations(transposed(a), b));
  return 2 * Math.atan2(Math.hypot(x, y, z), w);
}

/** The rotation by `radians` about `axis` (any length but zero). */
export function rotationAbout(axis: ArrayLike<number>, radians: number): Rotation {
  const scale = radians / Math.hypot(axis[0], axis[1], axis[2]);
  return expSo3([axis[0] * scale, axis[1] * scale, axis[2] * scale]);
}

/** Unit quaternion [w, x, y, z] with w ≥ 0 (Shepperd 1978: divides by the largest of the four). */
export function quatWxyzFromRotation(r: Rotation): Float64Array {
  const trace = r[0] + r[4] + r[8];
  let [w, x, y, z] = [0, 0, 0, 0];
  if (trace >= r[0] && trace >= r[4] && trace >= r[8]) {
    [w, x, y, z] = [1 + trace, r[7] - r[5], r[2] - r[6], r[3] - r[1]];
  } else if (r[0] >= r[4] && r[0] >= r[8]) {
    [w, x, y, z] = [r[7] - r[5], 1 + r[0] - r[4] - r[8], r[1] + r[3], r[2] + r[6]];
  } else if (r[4] >= r[8]) {
    [w, x, y, z] = [r[2] - r[6], r[1] + r[3], 1 - r[0] + r[4] - r[8], r[5] + r[7]];
  } else {
    [w, x, y, z] = [r[3] - r[1], r[2] + r[6], r[5] + r[7], 1 - r[0] - r[4] + r[8]];
  }
  const norm = (w < 0 ? -1 : 1) * Math.hypot(w, x, y, z);
  return Float64Array.of(w / norm, x / norm, y / norm, z / norm);
}

/** The rotation of a quaternion [w, x, y, z] of any length but zero. */
export function rotationFromQuatWxyz(quatWxyz: ArrayLike<number>): Rotation {
  const norm = Math.hypot(quatWxyz[0], quatWxyz[1], quatWxyz[2], quatWxyz[3]);
  const [w, x, y, z] = [quatWxyz[0] / norm, quatWxyz[1] / norm, quatWxyz[2] / norm, quatWxyz[3] / norm];
  return Float64Array.of(
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  );
}

export function determinant3(m: ArrayLike<number>): number {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/**
 * The rotation nearest to `m` [3, 3] in the Frobenius norm: the orthogonal factor of its polar decomposition, by Newton's
 * iteration X ← (X + X⁻ᵀ) / 2 (Higham 1986, equation 3.1 without scaling). Throws a LabError of code 'input' where the
 * determinant is not positive: then `m` mirrors or flattens, and is no rotation with rounding errors.
 */
export function nearestRotation(m: ArrayLike<number>, where?: string): Rotation {
  let x = Float64Array.from({ length: 9 }, (_, i) => m[i]);
  if (!(determinant3(x) > 0)) {
    throw new LabError({
      code: 'input',
      message: `The rotation matrix has determinant ${determinant3(x).toPrecision(3)}; a rotation has 1.`,
      tip: 'Check that the nine numbers are row-major, and that no axis is mirrored.',
      where,
    });
  }
  for (let pass = 0; pass < 60; pass++) {
    const cofactors = cofactors3(x);
    const det = x[0] * cofactors[0] + x[1] * cofactors[1] + x[2] * cofactors[2];
    const next = x.map((value, i) => (value + cofactors[i] / det) / 2);
    const change = next.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i])), 0);
    x = next;
    if (change < 1e-15) break;
  }
  return x;
}

/** det(m) · m⁻ᵀ of m [3, 3]: how the normals of a surface turn, but for their length. */
export function cofactors3(m: Float64Array): Float64Array {
  return Float64Array.of(
    m[4] * m[8] - m[5] * m[7],
    m[5] * m[6] - m[3] * m[8],
    m[3] * m[7] - m[4] * m[6],
    m[2] * m[7] - m[1] * m[8],
    m[0] * m[8] - m[2] * m[6],
    m[1] * m[6] - m[0] * m[7],
    m[1] * m[5] - m[2] * m[4],
    m[2] * m[3] - m[0] * m[5],
    m[0] * m[4] - m[1] * m[3],
  );
}
