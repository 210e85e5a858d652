// Second-order refinement of cameras, focal length and depths: Levenberg-Marquardt steps on reweighted residuals, with the
// depths eliminated. One `step` is one trial, so that a run can be watched and stopped between any two.
import { bandedMatrix, factoriseBanded, solveBanded } from '../../numerics/banded-cholesky.ts';
import { moveCameras } from '../../ops/reproject/chained-poses.ts';
import {
  type CameraState,
  depthSteps,
  type ReducedEquations,
  type Reprojector,
} from '../../ops/reproject/reproject.ts';

export interface PolishOptions {
  /** What stays as it is besides the first camera. */
  readonly fixed?: readonly ('focal' | 'translation')[];
  readonly damping?: number;
}

export interface Polish {
  readonly state: CameraState;
  readonly loss: number;
  /** Observations behind their camera. */
  readonly behind: number;
  /** True once steps no longer help: the loss fell by less than 1e-5 of itself twice in a row, or the damping ran away. */
  readonly settled: boolean;
  /** One trial at Cauchy scale `delta` in pixels; true where it was taken. A new scale unsettles it. */
  step(delta: number): boolean;
}

const MOST_DAMPING = 1e6;
/** No step turns a camera by more radians, or scales the focal length by a larger logarithm, than this. */
const LONGEST_STEP = 0.5;
/** The same for the logarithm of each depth on its own: far points would else be flung to infinity and back. */
const LONGEST_DEPTH_STEP = 1;

export function createPolish(
  reprojector: Reprojector,
  start: CameraState,
  { fixed = [], damping: firstDamping = 1e-3 }: PolishOptions = {},
): Polish {
  let state = start;
  let damping = firstDamping;
  let delta = 0;
  let loss = Infinity;
  let behind = 0;
  let small = 0;
  const isFree = freeParameters(reprojector.observations.frames, fixed.includes('translation'));
  return {
    get state() {
      return state;
    },
    get loss() {
      return loss;
    },
    get behind() {
      return behind;
    },
    get settled() {
      return small >= 2 || damping > MOST_DAMPING;
    },
    step(newDelta) {
      if (newDelta !== delta) {
        delta = newDelta;
        small = 0;
        damping = Math.min(damping, firstDamping);
      }
      const equations = reprojector.reduce(state, delta, damping);
      ({ loss, behind } = equations);
      const tried = trial(reprojector, state, equations, damping, isFree, fixed.includes('focal'));
      const result = tried && reprojector.loss(tried, delta);
      if (tried === undefined || result === undefined || !(result.loss < loss)) {
        damping = damping * 8;
        return false;
      }
      small = loss - result.loss < 1e-5 * loss ? small + 1 : 0;
      state = tried;
      ({ loss, behind } = result);
      damping = Math.max(1e-8, damping / 4);
      return true;
    },
  };
}

function freeParameters(frames: number, onlyTurns: boolean): (parameter: number) => boolean {
  return parameter => parameter >= 6 && parameter < 6 * frames && !(onlyTurns && parameter % 6 >= 3);
}

function trial(
  { observations }: Reprojector,
  state: CameraState,
  equations: ReducedEquations,
  damping: number,
  isFree: (parameter: number) => boolean,
  focalFixed: boolean,
): CameraState | undefined {
  const { size, reach, values } = equations.cameras;
  const band = bandedMatrix(size, reach);
  const right = new Float64Array(size);
  const column = new Float64Array(size);
  let trace = 0;
  for (let r = 0; r < size; r++) trace += values[r * (reach + 1) + reach];
  const floor = (1e-9 * trace) / size + 1e-30;
  for (let r = 0; r < size; r++) {
    const from = r * (reach + 1);
    if (!isFree(r)) {
      band.values[from + reach] = 1;
      continue;
    }
    for (let k = 0; k < reach; k++) if (isFree(r - reach + k)) band.values[from + k] = values[from + k];
    band.values[from + reach] = values[from + reach] * (1 + damping) + floor;
    right[r] = equations.right[r];
    column[r] = equations.focalColumn[r];
  }
  if (!factoriseBanded(band)) return undefined;
  const cameraSteps = solveBanded(band, right);
  let focalStep = 0;
  if (!focalFixed) {
    const carried = solveBanded(band, column);
    let pivot = equations.focalFocal * (1 + damping) + 1e-30;
    let rest = equations.focalRight;
    for (let r = 0; r < size; r++) {
      pivot -= column[r] * carried[r];
      rest -= column[r] * cameraSteps[r];
    }
    if (!(pivot > 0)) return undefined;
    focalStep = rest / pivot;
    for (let r = 0; r < size; r++) cameraSteps[r] -= focalStep * carried[r];
  }
  const logSteps = depthSteps(observations, equations, cameraSteps, focalStep);
  let longest = Math.abs(focalStep);
  cameraSteps.forEach((step, parameter) => {
    if (parameter % 6 < 3) longest = Math.max(longest, Math.abs(step));
  });
  if (!(longest < Infinity)) return undefined;
  const shorten = Math.min(1, LONGEST_STEP / longest);
  const worldFromCams = moveCameras(
    state.worldFromCams,
    cameraSteps.map(step => step * shorten),
  );
  const logDepths = state.logDepths.map((value, t) => {
    const step = shorten * logSteps[t];
    return value + Math.max(-LONGEST_DEPTH_STEP, Math.min(LONGEST_DEPTH_STEP, step));
  });
  return { worldFromCams, logDepths, logFocal: state.logFocal + shorten * focalStep };
}
