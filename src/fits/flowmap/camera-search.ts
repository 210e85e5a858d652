// Tracks in, cameras out, without a window: drives the method to its end. Members that come to the same cameras on different
// ways are the evidence that these are right.
import { type CameraState, type Reprojector, residualLengths } from '../../ops/reproject/reproject.ts';
import {
  type CameraMethodSettings,
  cameraHyper,
  cameraMethodSettings,
  createCameraMethod,
  type Standing,
} from './camera-method.ts';
import type { DenseDepth } from './dense-depth.ts';
import { middle } from './middle.ts';

export interface SearchMember {
  readonly label: string;
  readonly state: CameraState;
  /** Mean Cauchy loss at the final scale, pixels². */
  readonly loss: number;
  /** Beside the best. */
  readonly standing: Standing;
}

export interface CameraSearchResult {
  readonly state: CameraState;
  readonly loss: number;
  /** Share of the observations behind their camera. */
  readonly behind: number;
  /** Best first. */
  readonly members: readonly SearchMember[];
  /** Pixels of the 640 × 480 area. */
  readonly medianResidual: number;
  /** Dense depth of the best, where it was asked for. */
  readonly grids: Float32Array | undefined;
}

/** What a search is at: a member, its Cauchy scale and the loss there. */
export interface SearchNews {
  readonly pass: number;
  readonly member: number;
  readonly scale: number;
  readonly loss: number;
}

/** Observations that `refusals` has nothing against. */
export function searchCameras(
  reprojector: Reprojector,
  settings: CameraMethodSettings = cameraMethodSettings,
  tell: (news: SearchNews) => void = () => {},
  dense?: DenseDepth,
): CameraSearchResult {
  const method = createCameraMethod(reprojector, settings, dense);
  const ends = method.members.map(() => ({ loss: Infinity, behind: 0 }));
  let active = method.members.map((_, member) => member);
  for (let pass = 0; active.length > 0 && pass < method.passes; pass++) {
    const evaluations = method.evaluate(active.map(member => ({ member, hyper: cameraHyper })));
    const staying = active.filter((member, k) => {
      const { loss, validation = loss, terms, converged } = evaluations[k];
      ends[member] = { loss: validation, behind: terms[1] };
      tell({ pass, member, scale: terms[0], loss });
      return converged !== true;
    });
    for (const member of staying) method.advance(member, cameraHyper);
    active = staying;
  }
  const order = [...ends.keys()].sort((a, b) => ends[a].loss - ends[b].loss || a - b);
  const members = order.map(member => ({
    ...{ label: method.members[member].label, state: method.stateOf(member) },
    ...{ loss: ends[member].loss, standing: method.standing(member) },
  }));
  const [{ state, loss }] = members;
  return {
    ...{ state, loss, behind: ends[order[0]].behind, members },
    medianResidual: middle(residualLengths(reprojector.observations, state)),
    grids: method.gridsOf(order[0]),
  };
}
