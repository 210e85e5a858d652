// Reprojection of point tracks: a point, at its depth in the first frame that saw it, is carried into a later camera and
// compared with where it was seen. Robust loss with its gradient for descent, and the normal equations with the depths
// eliminated for second-order steps. Plain float64; what a kernel of the same operator is compared with.
import { type BandedMatrix, bandedMatrix } from '../../numerics/banded-cholesky.ts';
import type { WorldFromCams } from './chained-poses.ts';
import { pixelsPerUnit, type TrackObservations } from './observations.ts';

/** The operator on one set of observations: plain, or on a device. */
export interface Reprojector {
  readonly observations: TrackObservations;
  /** See `reprojectionGradient`. */
  gradient(
    state: CameraState,
    chosen: ArrayLike<number>,
    delta: number,
    gradient: ReprojectionGradient,
  ): ReprojectionLoss;
  /** See `reprojectionLoss`. */
  loss(state: CameraState, delta: number): ReprojectionLoss;
  /** See `reducedEquations`; the arrays are good until the next call. */
  reduce(state: CameraState, delta: number, damping: number): ReducedEquations;
}

export function plainReprojector(observations: TrackObservations): Reprojector {
  return {
    observations,
    gradient: (state, chosen, delta, gradient) => reprojectionGradient(observations, state, chosen, delta, gradient),
    loss: (state, delta) => reprojectionLoss(observations, state, delta),
    reduce: (state, delta, damping) => reducedEquations(observations, state, delta, damping),
  };
}

/** Where cameras, points and the lens stand. */
export interface CameraState {
  /** [frame, 12] row-major [R|t] */
  readonly worldFromCams: WorldFromCams;
  /** [track] natural logarithm of the z-depth in the track's first frame. */
  readonly logDepths: Float64Array;
  /** Natural logarithm of the focal length over √(width · height). */
  readonly logFocal: number;
}

/** A point nearer to a camera's plane than this share of its first depth counts as behind it. */
const NEAREST = 1e-3;
/** What an observation behind its camera costs: a residual of the picture's size, so that no step gains by hiding points. */
const BEHIND_SQUARED = pixelsPerUnit * pixelsPerUnit;

// Layout of a linearised observation: residual [2], its derivatives by log depth [2], by log focal length [2], and by the
// twists of the first and the later camera, each [2, 6] (rotation, then translation).
const BY_DEPTH = 2;
const BY_FOCAL = 4;
const BY_FIRST = 6;
const BY_LATER = 18;
const LINEARISED = 30;

/**
 * Residual (predicted minus seen, pixels of the 640 × 480 area) of observation o and its derivatives, written to `out`
 * [30]; false where the point is behind the camera. Twists act as worldFromCam ← worldFromCam · exp(twist).
 */
function linearise(
  observations: TrackObservations,
  { worldFromCams: cams, logDepths, logFocal }: CameraState,
  o: number,
  out: Float64Array,
): boolean {
  const track = observations.trackOf[o];
  const a = 12 * observations.anchorFrames[track];
  const j = 12 * observations.frameOf[o];
  const focal = Math.exp(logFocal);
  const depth = Math.exp(logDepths[track]);
  const x = (depth * observations.anchors[2 * track]) / focal;
  const y = (depth * observations.anchors[2 * track + 1]) / focal;
  const z = depth;
  // World point relative to the later camera's centre, then in its axes.
  const wx = cams[a] * x + cams[a + 1] * y + cams[a + 2] * z + cams[a + 3] - cams[j + 3];
  const wy = cams[a + 4] * x + cams[a + 5] * y + cams[a + 6] * z + cams[a + 7] - cams[j + 7];
  const wz = cams[a + 8] * x + cams[a + 9] * y + cams[a + 10] * z + cams[a + 11] - cams[j + 11];
  const px = cams[j] * wx + cams[j + 4] * wy + cams[j + 8] * wz;
  const py = cams[j + 1] * wx + cams[j + 5] * wy + cams[j + 9] * wz;
  const pz = cams[j + 2] * wx + cams[j + 6] * wy + cams[j + 10] * wz;
  if (!(pz > NEAREST * depth)) return false;
  const scale = pixelsPerUnit * focal;
  const inverse = 1 / pz;
  const u = px * inverse;
  const v = py * inverse;
  out[0] = scale * u - pixelsPerUnit * observations.positions[2 * o];
  out[1] = scale * v - pixelsPerUnit * observations.positions[2 * o + 1];
  const s = scale * inverse;
  for (let row = 0; row < 2; row++) {
    // ∂residual/∂point in the later camera's axes: s (1, 0, −u) and s (0, 1, −v).
    const d0 = row === 0 ? s : 0;
    const d1 = row === 0 ? 0 : s;
    const d2 = row === 0 ? -s * u : -s * v;
    const later = BY_LATER + 6 * row;
    out[later] = d1 * pz - d2 * py;
    out[later + 1] = d2 * px - d0 * pz;
    out[later + 2] = d0 * py - d1 * px;
    out[later + 3] = -d0;
    out[later + 4] = -d1;
    out[later + 5] = -d2;
    // The same by the point in the first camera's axes: times R_laterᵀ, then R_first.
    const w0 = d0 * cams[j] + d1 * cams[j + 1] + d2 * cams[j + 2];
    const w1 = d0 * cams[j + 4] + d1 * cams[j + 5] + d2 * cams[j + 6];
    const w2 = d0 * cams[j + 8] + d1 * cams[j + 9] + d2 * cams[j + 10];
    const e0 = w0 * cams[a] + w1 * cams[a + 4] + w2 * cams[a + 8];
    const e1 = w0 * cams[a + 1] + w1 * cams[a + 5] + w2 * cams[a + 9];
    const e2 = w0 * cams[a + 2] + w1 * cams[a + 6] + w2 * cams[a + 10];
    const first = BY_FIRST + 6 * row;
    out[first] = e2 * y - e1 * z;
    out[first + 1] = e0 * z - e2 * x;
    out[first + 2] = e1 * x - e0 * y;
    out[first + 3] = e0;
    out[first + 4] = e1;
    out[first + 5] = e2;
    out[BY_DEPTH + row] = e0 * x + e1 * y + e2 * z;
    out[BY_FOCAL + row] = scale * (row === 0 ? u : v) - e0 * x - e1 * y;
  }
  return true;
}

/** Cauchy's δ² ln(1 + r²/δ²) of a squared residual. */
export function cauchy(squared: number, delta: number): number {
  return delta * delta * Math.log1p(squared / (delta * delta));
}

/** Gradients by everything that moves; made once, written by each call. */
export interface ReprojectionGradient {
  /** [frame, 6] by twists of the cameras in their own axes. */
  readonly twists: Float64Array;
  /** [track] by log depths */
  readonly logDepths: Float64Array;
  /** [1] by the log focal length */
  readonly logFocal: Float64Array;
}

export function createGradient({ frames, tracks }: TrackObservations): ReprojectionGradient {
  return {
    twists: new Float64Array(6 * frames),
    logDepths: new Float64Array(tracks),
    logFocal: new Float64Array(1),
  };
}

export interface ReprojectionLoss {
  /** Mean of the robust losses, pixels². */
  readonly loss: number;
  /** How many of the chosen observations lie behind their camera; they cost as much as the picture is large, and pull nowhere. */
  readonly behind: number;
}

const scratch = new Float64Array(LINEARISED);

/** Mean loss over the observations named in `chosen`, at Cauchy scale `delta` in pixels, and its gradient. */
export function reprojectionGradient(
  observations: TrackObservations,
  state: CameraState,
  chosen: ArrayLike<number>,
  delta: number,
  gradient: ReprojectionGradient,
): ReprojectionLoss {
  const { twists, logDepths, logFocal } = gradient;
  twists.fill(0);
  logDepths.fill(0);
  logFocal[0] = 0;
  const out = scratch;
  const count = Math.max(1, chosen.length);
  let loss = 0;
  let behind = 0;
  for (let i = 0; i < chosen.length; i++) {
    const o = chosen[i];
    if (!linearise(observations, state, o, out)) {
      loss += cauchy(BEHIND_SQUARED, delta);
      behind++;
      continue;
    }
    const squared = out[0] * out[0] + out[1] * out[1];
    loss += cauchy(squared, delta);
    const weight = 2 / (count * (1 + squared / (delta * delta)));
    const r0 = weight * out[0];
    const r1 = weight * out[1];
    const track = observations.trackOf[o];
    const first = 6 * observations.anchorFrames[track];
    const later = 6 * observations.frameOf[o];
    for (let k = 0; k < 6; k++) {
      twists[first + k] += r0 * out[BY_FIRST + k] + r1 * out[BY_FIRST + 6 + k];
      twists[later + k] += r0 * out[BY_LATER + k] + r1 * out[BY_LATER + 6 + k];
    }
    logDepths[track] += r0 * out[BY_DEPTH] + r1 * out[BY_DEPTH + 1];
    logFocal[0] += r0 * out[BY_FOCAL] + r1 * out[BY_FOCAL + 1];
  }
  return { loss: loss / count, behind };
}

/** Residuals [observation, 2] in pixels, predicted minus seen; infinite behind the camera. */
export function residualVectors(observations: TrackObservations, state: CameraState): Float64Array {
  const vectors = new Float64Array(2 * observations.trackOf.length);
  for (let o = 0; 2 * o < vectors.length; o++) {
    const isSeen = linearise(observations, state, o, scratch);
    vectors[2 * o] = isSeen ? scratch[0] : Infinity;
    vectors[2 * o + 1] = isSeen ? scratch[1] : Infinity;
  }
  return vectors;
}

/** Lengths [observation] of the residuals. */
export function residualLengths(observations: TrackObservations, state: CameraState): Float64Array {
  const vectors = residualVectors(observations, state);
  return Float64Array.from({ length: vectors.length / 2 }, (_, o) => Math.hypot(vectors[2 * o], vectors[2 * o + 1]));
}

/** Mean loss of all observations at Cauchy scale `delta` in pixels. */
export function reprojectionLoss(observations: TrackObservations, state: CameraState, delta: number): ReprojectionLoss {
  const lengths = residualLengths(observations, state);
  let loss = 0;
  let behind = 0;
  for (const length of lengths) {
    if (length === Infinity) behind++;
    loss += cauchy(length === Infinity ? BEHIND_SQUARED : length * length, delta);
  }
  return { loss: loss / Math.max(1, lengths.length), behind };
}

/**
 * Normal equations of the reweighted residuals, the depths eliminated (Triggs et al. 2000, section 6.1): camera twists
 * [6 frame] in a band, the log focal length beside it, right-hand sides as minus half the gradient.
 */
export interface ReducedEquations extends ReprojectionLoss {
  readonly cameras: BandedMatrix;
  /** [6 frame] camera block against the focal length */
  readonly focalColumn: Float64Array;
  readonly focalFocal: number;
  /** [6 frame] */
  readonly right: Float64Array;
  readonly focalRight: number;
  /** [track] inverse of the damped curvature of each log depth, 0 where nothing pulls. */
  readonly inverseDepths: Float64Array;
  /** [track] */
  readonly depthRight: Float64Array;
  /** [track] mixed derivative with the focal length. */
  readonly depthFocal: Float64Array;
  /** [track, longestGap + 1, 6] mixed derivatives with the cameras from the first on. */
  readonly depthCameras: Float64Array;
}

/** `damping` is Marquardt's: the share of its own curvature that is added to that of each depth. */
export function reducedEquations(
  observations: TrackObservations,
  state: CameraState,
  delta: number,
  damping: number,
): ReducedEquations {
  const { frames, tracks, starts, anchorFrames, frameOf, longestGap } = observations;
  const reach = 6 * longestGap + 5;
  const cameras = bandedMatrix(6 * frames, reach);
  const { values } = cameras;
  const focalColumn = new Float64Array(6 * frames);
  const right = new Float64Array(6 * frames);
  const inverseDepths = new Float64Array(tracks);
  const depthRight = new Float64Array(tracks);
  const depthFocal = new Float64Array(tracks);
  const width = 6 * (longestGap + 1);
  const depthCameras = new Float64Array(width * tracks);
  const out = scratch;
  /** Where row r of the band would have column 0. */
  const row = (r: number) => r * (reach + 1) - r + reach;
  let focalFocal = 0;
  let focalRight = 0;
  let loss = 0;
  let behind = 0;
  for (let track = 0; track < tracks; track++) {
    const mixed = depthCameras.subarray(width * track, width * (track + 1));
    const firstFrame = anchorFrames[track];
    const a = 6 * firstFrame;
    let curvature = 0;
    let pull = 0;
    let withFocal = 0;
    let last = 0;
    for (let o = starts[track]; o < starts[track + 1]; o++) {
      if (!linearise(observations, state, o, out)) {
        loss += cauchy(BEHIND_SQUARED, delta);
        behind++;
        continue;
      }
      const squared = out[0] * out[0] + out[1] * out[1];
      loss += cauchy(squared, delta);
      const w = 1 / (1 + squared / (delta * delta));
      const [r0, r1] = [out[0], out[1]];
      const [d0, d1] = [w * out[BY_DEPTH], w * out[BY_DEPTH + 1]];
      const [f0, f1] = [w * out[BY_FOCAL], w * out[BY_FOCAL + 1]];
      curvature += d0 * out[BY_DEPTH] + d1 * out[BY_DEPTH + 1];
      pull -= d0 * r0 + d1 * r1;
      withFocal += f0 * out[BY_DEPTH] + f1 * out[BY_DEPTH + 1];
      focalFocal += f0 * out[BY_FOCAL] + f1 * out[BY_FOCAL + 1];
      focalRight -= f0 * r0 + f1 * r1;
      const j = 6 * frameOf[o];
      last = j - a;
      for (let k = 0; k < 6; k++) {
        const [a0, a1] = [out[BY_FIRST + k], out[BY_FIRST + 6 + k]];
        const [j0, j1] = [out[BY_LATER + k], out[BY_LATER + 6 + k]];
        mixed[k] += d0 * a0 + d1 * a1;
        mixed[last + k] += d0 * j0 + d1 * j1;
        focalColumn[a + k] += f0 * a0 + f1 * a1;
        focalColumn[j + k] += f0 * j0 + f1 * j1;
        right[a + k] -= w * (a0 * r0 + a1 * r1);
        right[j + k] -= w * (j0 * r0 + j1 * r1);
        const rowA = row(a + k) + a;
        const rowJ = row(j + k);
        for (let l = 0; l <= k; l++) {
          values[rowA + l] += w * (a0 * out[BY_FIRST + l] + a1 * out[BY_FIRST + 6 + l]);
          values[rowJ + j + l] += w * (j0 * out[BY_LATER + l] + j1 * out[BY_LATER + 6 + l]);
        }
        for (let l = 0; l < 6; l++) values[rowJ + a + l] += w * (j0 * out[BY_FIRST + l] + j1 * out[BY_FIRST + 6 + l]);
      }
    }
    depthRight[track] = pull;
    depthFocal[track] = withFocal;
    // A point at infinity has no curvature; it keeps its depth.
    if (!(curvature > 1e-9)) continue;
    const inverse = 1 / (curvature * (1 + damping));
    inverseDepths[track] = inverse;
    focalFocal -= withFocal * withFocal * inverse;
    focalRight -= withFocal * pull * inverse;
    for (let r = 0; r < last + 6; r++) {
      const factor = mixed[r] * inverse;
      focalColumn[a + r] -= factor * withFocal;
      right[a + r] -= factor * pull;
      if (factor === 0) continue;
      const at = row(a + r) + a;
      for (let c = 0; c <= r; c++) values[at + c] -= factor * mixed[c];
    }
  }
  const count = Math.max(1, observations.trackOf.length);
  return {
    ...{ cameras, focalColumn, focalFocal, right, focalRight, inverseDepths, depthRight, depthFocal, depthCameras },
    ...{ loss: loss / count, behind },
  };
}

/** Steps [track] of the log depths that go with steps of the cameras [6 frame] and of the log focal length. */
export function depthSteps(
  { tracks, anchorFrames, longestGap }: TrackObservations,
  equations: ReducedEquations,
  cameraSteps: Float64Array,
  focalStep: number,
): Float64Array {
  const { inverseDepths, depthRight, depthFocal, depthCameras } = equations;
  const width = 6 * (longestGap + 1);
  return Float64Array.from({ length: tracks }, (_, track) => {
    const a = 6 * anchorFrames[track];
    let sum = depthRight[track] - depthFocal[track] * focalStep;
    const count = Math.min(width, cameraSteps.length - a);
    for (let k = 0; k < count; k++) sum -= depthCameras[width * track + k] * cameraSteps[a + k];
    return sum * inverseDepths[track];
  });
}
