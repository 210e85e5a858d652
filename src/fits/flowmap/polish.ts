// Second-order refinement of cameras, focal length and depths: Levenberg-Marquardt steps on reweighted residuals, with the
// depths eliminated. Pure: a step goes from one plain state to the next.
import { bandedMatrix, factoriseBanded, solveBanded } from '../../numerics/banded-cholesky.ts';
import { moveCameras } from '../../ops/reproject/chained-poses.ts';
import {
  type CameraState,
  depthSteps,
  type ReducedEquations,
  type Reprojector,
} from '../../ops/reproject/reproject.ts';

/** What stays as it is besides the first camera. */
export type FixedParts = readonly ('focal' | 'translation')[];

export interface PolishState {
  readonly state: CameraState;
  readonly damping: number;
  /** Steps in a row that lowered the loss by less than 1e-5 of itself. */
  readonly small: number;
}

export interface PolishStep extends PolishState {
  /** False where the trial was no better: the state is the one before, the damping larger. */
  readonly taken: boolean;
  /** Mean loss before and after the step, and how many observations lie behind their camera before. */
  readonly firstLoss: number;
  readonly loss: number;
  readonly behind: number;
}

export const firstDamping = 1e-3;
const MOST_DAMPING = 1e6;
/** No step turns a camera by more radians, or scales the focal length by a larger logarithm, than this. */
const LONGEST_STEP = 0.5;
/** The same for the logarithm of each depth on its own: far points would else be flung to infinity and back. */
const LONGEST_DEPTH_STEP = 1;

/** Whether further steps would not help: the loss hardly falls any more, or no damping makes it fall. */
export function isSettled({ damping, small }: Pick<PolishState, 'damping' | 'small'>): boolean {
  return small >= 2 || damping > MOST_DAMPING;
}

/** One trial at Cauchy scale `delta` in pixels. */
export function polishStep(
  reprojector: Reprojector,
  { state, damping, small }: PolishState,
  delta: number,
  fixed: FixedParts = [],
): PolishStep {
  const equations = reprojector.reduce(state, delta, damping);
  const { loss: firstLoss, behind } = equations;
  const tried = trial(reprojector, state, equations, damping, fixed);
  const loss = tried === undefined ? Infinity : reprojector.loss(tried, delta).loss;
  if (tried === undefined || !(loss < firstLoss)) {
    return { ...{ state, damping: 8 * damping, small, taken: false }, ...{ firstLoss, loss: firstLoss, behind } };
  }
  const isSmall = firstLoss - loss < 1e-5 * firstLoss;
  return {
    ...{ state: tried, damping: Math.max(1e-8, damping / 4), small: isSmall ? small + 1 : 0, taken: true },
    ...{ firstLoss, loss, behind },
  };
}

/** At most so many steps at each of the scales, one after another; fewer where it settles. */
export function polish(
  reprojector: Reprojector,
  start: CameraState,
  stages: readonly { readonly scale: number; readonly steps: number }[],
  fixed: FixedParts = [],
): { readonly state: CameraState; readonly loss: number } {
  let result: { readonly state: CameraState; readonly loss: number } = { state: start, loss: Infinity };
  for (const { scale, steps } of stages) {
    let at: PolishState = { state: result.state, damping: firstDamping, small: 0 };
    for (let n = 0; n < steps && !isSettled(at); n++) {
      const step = polishStep(reprojector, at, scale, fixed);
      result = { state: step.state, loss: step.loss };
      at = step;
    }
  }
  return result;
}

function freeParameters(frames: number, onlyTurns: boolean): (parameter: number) => boolean {
  return parameter => parameter >= 6 && parameter < 6 * frames && !(onlyTurns && parameter % 6 >= 3);
}

function trial(
  { observations }: Reprojector,
  state: CameraState,
  equations: ReducedEquations,
  damping: number,
  fixed: FixedParts,
): CameraState | undefined {
  const { size, reach, values } = equations.cameras;
  const isFree = freeParameters(observations.frames, fixed.includes('translation'));
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
  if (!fixed.includes('focal')) {
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
