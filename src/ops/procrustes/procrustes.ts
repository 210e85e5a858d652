// Weighted Procrustes alignment as an operator: the rigid motion between two sets of points in closed form, and its gradient
// without differentiating a singular value decomposition, whose derivative is not finite where singular values meet.
import { bestRotation } from '../../geometry/alignment.ts';
import { determinant3, type Rotation, rotate, type Vector3 } from '../../geometry/rotation.ts';

export interface Procrustes {
  /** q ≈ rotation · p + translation */
  readonly rotation: Rotation;
  readonly translation: Vector3;
  /** Weighted means. */
  readonly meanP: Vector3;
  readonly meanQ: Vector3;
  /** [3, 3] row-major: Σ w̄ (q − q̄)(p − p̄)ᵀ with weights that sum to 1. */
  readonly moments: Float64Array;
  readonly weight: number;
}

/** Share of its trace that is added to the matrix that the gradient is solved with: finite where points lie on a line. */
const RIDGE = 1e-6;

/** p and q [n, 3] in one unit, weights [n] ≥ 0 with a positive sum; q ≈ R p + t (Kabsch 1976, Umeyama 1991 without scale). */
export function procrustes(p: ArrayLike<number>, q: ArrayLike<number>, weights: ArrayLike<number>): Procrustes {
  let weight = 0;
  const meanP = new Float64Array(3);
  const meanQ = new Float64Array(3);
  for (let i = 0; i < weights.length; i++) {
    weight += weights[i];
    for (let k = 0; k < 3; k++) {
      meanP[k] += weights[i] * p[3 * i + k];
      meanQ[k] += weights[i] * q[3 * i + k];
    }
  }
  for (let k = 0; k < 3; k++) {
    meanP[k] /= weight;
    meanQ[k] /= weight;
  }
  const moments = new Float64Array(9);
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] / weight;
    for (let row = 0; row < 3; row++) {
      const dq = w * (q[3 * i + row] - meanQ[row]);
      for (let column = 0; column < 3; column++) moments[3 * row + column] += dq * (p[3 * i + column] - meanP[column]);
    }
  }
  const rotation = bestRotation(moments);
  const turned = rotate(rotation, meanP);
  return { rotation, translation: meanQ.map((value, k) => value - turned[k]), meanP, meanQ, moments, weight };
}

export interface ProcrustesGradient {
  /** [n, 3] */
  readonly p: Float64Array;
  /** [n, 3] */
  readonly q: Float64Array;
  /** [n] */
  readonly weights: Float64Array;
}

/**
 * Gradients by points and weights from those by the rotation [3, 3] row-major and the translation [3]. At the best rotation
 * A = Rᵀ M is symmetric; keeping it so under δM turns R by ω with (tr(A) I − A) ω = vex(Rᵀ δM − δMᵀ R).
 */
export function procrustesGradient(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  weights: ArrayLike<number>,
  { rotation: r, meanP, meanQ, moments, weight }: Procrustes,
  byRotation: ArrayLike<number>,
  byTranslation: ArrayLike<number>,
): ProcrustesGradient {
  // The translation holds R too: t = q̄ − R p̄.
  const g = Float64Array.from({ length: 9 }, (_, k) => byRotation[k] - byTranslation[Math.floor(k / 3)] * meanP[k % 3]);
  const a = timesTransposed(r, moments);
  const n = timesTransposed(r, g);
  const beta = [n[7] - n[5], n[2] - n[6], n[3] - n[1]];
  const trace = a[0] + a[4] + a[8];
  const h = a.map((value, k) => (k % 4 === 0 ? trace : 0) - value);
  const ridge = RIDGE * Math.abs(h[0] + h[4] + h[8]) + Number.MIN_VALUE;
  for (let k = 0; k < 9; k += 4) h[k] += ridge;
  const [x, y, z] = solve3(h, beta);
  const skew = [0, -z, y, z, 0, -x, -y, x, 0];
  const byMoments = Float64Array.from({ length: 9 }, (_, k) => {
    const [row, column] = [Math.floor(k / 3), k % 3];
    return r[3 * row] * skew[column] + r[3 * row + 1] * skew[3 + column] + r[3 * row + 2] * skew[6 + column];
  });
  const byMeanP = [0, 1, 2].map(
    k => -(r[k] * byTranslation[0] + r[3 + k] * byTranslation[1] + r[6 + k] * byTranslation[2]),
  );

  const out = {
    p: new Float64Array(p.length),
    q: new Float64Array(q.length),
    weights: new Float64Array(weights.length),
  };
  let mean = 0;
  for (let i = 0; i < weights.length; i++) {
    const share = weights[i] / weight;
    const dp = [0, 1, 2].map(k => p[3 * i + k] - meanP[k]);
    const dq = [0, 1, 2].map(k => q[3 * i + k] - meanQ[k]);
    let score = 0;
    for (let k = 0; k < 3; k++) {
      const intoQ = byMoments[3 * k] * dp[0] + byMoments[3 * k + 1] * dp[1] + byMoments[3 * k + 2] * dp[2];
      const intoP = byMoments[k] * dq[0] + byMoments[3 + k] * dq[1] + byMoments[6 + k] * dq[2];
      out.q[3 * i + k] = share * (intoQ + byTranslation[k]);
      out.p[3 * i + k] = share * (intoP + byMeanP[k]);
      score += dq[k] * intoQ + byTranslation[k] * dq[k] + byMeanP[k] * dp[k];
    }
    out.weights[i] = score / weight;
    mean += share * score;
  }
  for (let i = 0; i < weights.length; i++) out.weights[i] -= mean / weight;
  return out;
}

/** aᵀ b, both [3, 3] row-major. */
function timesTransposed(a: Float64Array, b: Float64Array): Float64Array {
  return Float64Array.from({ length: 9 }, (_, k) => {
    const [row, column] = [Math.floor(k / 3), k % 3];
    return a[row] * b[column] + a[3 + row] * b[3 + column] + a[6 + row] * b[6 + column];
  });
}

/** x with H x = b, by Cramer's rule. */
function solve3(h: Float64Array, b: readonly number[]): number[] {
  const determinant = determinant3(h);
  return [0, 1, 2].map(
    column => determinant3(h.map((value, k) => (k % 3 === column ? b[Math.floor(k / 3)] : value))) / determinant,
  );
}
