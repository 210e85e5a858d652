// Refinement of one object's pose without windows or files: what batches and benches run, and the settings of the default
// method and of plain descent.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { normalised } from '../../optimizers/normalised.ts';
import type { HyperValues } from '../fit.ts';
import type { PoseObservation } from './crop.ts';
import { type PoseMethod, runMethod } from './pose-method.ts';
import { createPoseTarget, type PoseMeshes } from './pose-target.ts';
import { createStagedMethod, type Stage, type StagedSettings } from './staged-method.ts';
import { createSteeredMethod } from './steered-method.ts';

/** The default: a short descent of all, then second-order steps of fewer and fewer, ever finer: 414 passes of 32 members. */
export const polishSettings: StagedSettings = {
  members: 32,
  turns: [20, 40],
  rates: [0.03, 3],
  stepCap: 0.2,
  contourWeight: 0.5,
  distinct: 0.02,
  startWeight: 0.1,
  startHold: { weight: 0.03, scale: 0.03 },
  colourWeight: 0,
  stages: [
    stage('descent', 32, 4, 64, 7, 0.05),
    stage('second-order', 24, 3, 64, 7, 0.05),
    stage('second-order', 16, 4, 64, 4, 0.04),
    stage('second-order', 10, 4, 64, 3, 0.03),
    stage('second-order', 8, 4, 64, 1.5, 0.02),
    stage('second-order', 6, 5, 96, 2, 0.015),
    stage('second-order', 6, 4, 96, 1, 0.015),
    { ...stage('second-order', 4, 6, 160, 1, 0.015), colours: true },
  ],
  seed: 1,
};

/** `descent` as a run has it by default: `passes` of each member, and the scales of the first of them. */
export const descentSettings = {
  members: 32,
  turns: [20, 40],
  rates: [0.003, 0.1],
  passes: 60,
  size: 64,
  mesh: 'reduced',
  silhouetteScale: 6.5,
  depthScale: 0.05,
  seed: 1,
} as const;
/** The optimizer of `descent` where nobody chooses one. */
export const descentOptimizer = normalised;

/** Coarse stages draw the reduced mesh, the last ones the full one: a reduced mesh that is 1 % smaller is 1 % nearer. */
function stage(
  kind: Stage['kind'],
  members: number,
  passes: number,
  size: number,
  silhouetteScale: number,
  depthScale: number,
): Stage {
  return { kind, members, passes, size, silhouetteScale, depthScale, mesh: size > 64 ? 'full' : 'reduced' };
}

export interface RefinedMember {
  readonly index: number;
  readonly rate: number;
  readonly pose: CamFromObject;
  readonly score: number;
  /** In the order of the method's terms. */
  readonly terms: readonly number[];
}

export interface RefineResult {
  readonly pose: CamFromObject;
  readonly score: number;
  /** Best first. */
  readonly members: readonly RefinedMember[];
  /** Evaluations of one member. */
  readonly passes: number;
}

/**
 * One picture, or several of the object at rest whose cameras are known; `start` is in the first one's camera. Throws a
 * LabError of code 'input' where a mask is empty or the start lies behind a camera.
 */
export function refinePose(
  device: CpuDevice,
  meshes: PoseMeshes,
  observation: PoseObservation | readonly PoseObservation[],
  start: CamFromObject,
  settings: StagedSettings = polishSettings,
): RefineResult {
  const target = createPoseTarget(device, meshes, [observation].flat(), start, settings.members);
  try {
    const { colourWeight } = settings;
    return resultOf(createStagedMethod(target, settings), { maskWeight: 1, depthWeight: 1, colourWeight, locked: 0 });
  } finally {
    target.dispose();
  }
}

/** Plain descent, as a run does that nobody steers. Throws as refinePose does. */
export function refineByDescent(
  device: CpuDevice,
  meshes: PoseMeshes,
  observation: PoseObservation | readonly PoseObservation[],
  start: CamFromObject,
  settings: { readonly members: number; readonly seed: number } = descentSettings,
): RefineResult {
  const target = createPoseTarget(device, meshes, [observation].flat(), start, settings.members);
  try {
    const { passes, silhouetteScale, depthScale, ...detail } = descentSettings;
    const own = { ...detail, ...settings, passes: Array<number>(settings.members).fill(passes) };
    const hyper = { maskWeight: 1, depthWeight: 1, colourWeight: 0, silhouetteScale, depthScale };
    return resultOf(createSteeredMethod(target, own), hyper);
  } finally {
    target.dispose();
  }
}

/** Runs a method to its end; members that were not ranked there come behind all others. */
export function resultOf(method: PoseMethod, hyper: HyperValues): RefineResult {
  const { evaluations, evaluated } = runMethod(method, hyper, descentOptimizer);
  const rank = (index: number) => evaluations[index].validation ?? Infinity;
  const order = method.members
    .map((_, index) => index)
    .sort((a, b) => compare(rank(a), rank(b)) || compare(evaluations[a].loss, evaluations[b].loss) || a - b);
  const [best] = order;
  return {
    pose: method.poseOf(best),
    score: evaluations[best].loss,
    members: order.map(index => ({
      index,
      rate: method.members[index].learningRate,
      pose: method.poseOf(index),
      score: evaluations[index].loss,
      terms: evaluations[index].terms,
    })),
    passes: evaluated,
  };
}

/** For sorting, also where both are infinite. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
