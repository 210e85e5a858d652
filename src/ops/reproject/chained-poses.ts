// Cameras as a chain of relative motions: worldFromCam of frame i + 1 is worldFromCam of frame i times the motion between
// them. A step of one motion carries all later cameras along, which is what makes descent on a long video converge.
import { expSo3, logSo3 } from '../../geometry/rotation.ts';

/** [frame, 12] row-major [R|t]; frame 0 is the identity. */
export type WorldFromCams = Float64Array;

export function identityCameras(frames: number): WorldFromCams {
  const cams = new Float64Array(12 * frames);
  for (let f = 0; f < frames; f++) for (let k = 0; k < 3; k++) cams[12 * f + 5 * k] = 1;
  return cams;
}

/** motions [frame − 1, 6]: rotation vector (radians) and translation of camFromNextCam; writes `cams` [frame, 12]. */
export function chainPoses(motions: ArrayLike<number>, cams: WorldFromCams): void {
  cams.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  for (let i = 0; 12 * (i + 1) < cams.length; i++) {
    const m = 6 * i;
    const turn = expSo3([motions[m], motions[m + 1], motions[m + 2]]);
    for (let row = 0; row < 3; row++) {
      const p = 12 * i + 4 * row;
      const q = p + 12;
      const [a, b, c] = [cams[p], cams[p + 1], cams[p + 2]];
      for (let k = 0; k < 3; k++) cams[q + k] = a * turn[k] + b * turn[3 + k] + c * turn[6 + k];
      cams[q + 3] = a * motions[m + 3] + b * motions[m + 4] + c * motions[m + 5] + cams[p + 3];
    }
  }
}

/** The motions [frame − 1, 6] that chain to these cameras, whose first is the identity. */
export function motionsBetween(c: WorldFromCams): Float64Array {
  const motions = new Float64Array(c.length / 2 - 6);
  const turn = new Float64Array(9);
  for (let i = 0; 6 * i < motions.length; i++) {
    const [a, b] = [12 * i, 12 * (i + 1)];
    const shift = [c[b + 3] - c[a + 3], c[b + 7] - c[a + 7], c[b + 11] - c[a + 11]];
    for (let row = 0; row < 3; row++) {
      const column = [c[a + row], c[a + 4 + row], c[a + 8 + row]];
      for (let k = 0; k < 3; k++) {
        turn[3 * row + k] = column[0] * c[b + k] + column[1] * c[b + 4 + k] + column[2] * c[b + 8 + k];
      }
      motions[6 * i + 3 + row] = column[0] * shift[0] + column[1] * shift[1] + column[2] * shift[2];
    }
    motions.set(logSo3(turn), 6 * i);
  }
  return motions;
}

/**
 * Gradient by the motions [frame − 1, 6] from the gradient by twists [frame, 6] of the cameras in their own axes (worldFromCam
 * ← worldFromCam · exp(twist)): the forces and torques on all later cameras, taken about the joint, then through the
 * derivative of the exponential map (its right Jacobian).
 */
export function chainGradient(
  motions: ArrayLike<number>,
  cams: WorldFromCams,
  twists: Float64Array,
  gradient: Float64Array | Float32Array,
): void {
  // Torque about the world's origin and force, world axes.
  const torque = new Float64Array(3);
  const force = new Float64Array(3);
  for (let i = cams.length / 12 - 2; i >= 0; i--) {
    const c = 12 * (i + 1);
    const g = 6 * (i + 1);
    const [px, py, pz] = [cams[c + 3], cams[c + 7], cams[c + 11]];
    const turned = [0, 0, 0, 0, 0, 0];
    for (let row = 0; row < 3; row++) {
      for (let k = 0; k < 3; k++) {
        turned[row] += cams[c + 4 * row + k] * twists[g + k];
        turned[3 + row] += cams[c + 4 * row + k] * twists[g + 3 + k];
      }
    }
    const [tx, ty, tz, fx, fy, fz] = turned;
    torque[0] += tx + py * fz - pz * fy;
    torque[1] += ty + pz * fx - px * fz;
    torque[2] += tz + px * fy - py * fx;
    force[0] += fx;
    force[1] += fy;
    force[2] += fz;

    const about = [
      torque[0] - (py * force[2] - pz * force[1]),
      torque[1] - (pz * force[0] - px * force[2]),
      torque[2] - (px * force[1] - py * force[0]),
    ];
    const local = (v: ArrayLike<number>, cam: number, k: number) =>
      cams[cam + k] * v[0] + cams[cam + 4 + k] * v[1] + cams[cam + 8 + k] * v[2];
    const m = 6 * i;
    // The motion's translation is in the axes of camera i, its rotation acts in those of camera i + 1.
    for (let k = 0; k < 3; k++) gradient[m + 3 + k] = local(force, c - 12, k);
    const w = [motions[m], motions[m + 1], motions[m + 2]];
    const t = [local(about, c, 0), local(about, c, 1), local(about, c, 2)];
    const angle = Math.hypot(w[0], w[1], w[2]);
    const b = angle > 1e-4 ? (1 - Math.cos(angle)) / (angle * angle) : 0.5;
    const d = angle > 1e-4 ? (angle - Math.sin(angle)) / (angle * angle * angle) : 1 / 6;
    const once = cross(w, t);
    const twice = cross(w, once);
    for (let k = 0; k < 3; k++) gradient[m + k] = t[k] + b * once[k] + d * twice[k];
  }
}

/** Moves every camera by a twist in its own axes: R ← R exp(ω), t ← t + R v; twists [frame, 6]. */
export function moveCameras(cams: WorldFromCams, twists: ArrayLike<number>): WorldFromCams {
  const moved = new Float64Array(cams.length);
  for (let f = 0; 12 * f < cams.length; f++) {
    const w = 6 * f;
    const turn = expSo3([twists[w], twists[w + 1], twists[w + 2]]);
    for (let row = 0; row < 3; row++) {
      const p = 12 * f + 4 * row;
      const [a, b, c] = [cams[p], cams[p + 1], cams[p + 2]];
      for (let k = 0; k < 3; k++) moved[p + k] = a * turn[k] + b * turn[3 + k] + c * turn[6 + k];
      moved[p + 3] = cams[p + 3] + a * twists[w + 3] + b * twists[w + 4] + c * twists[w + 5];
    }
  }
  return moved;
}

function cross(a: readonly number[], b: readonly number[]): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
