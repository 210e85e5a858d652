// The published recipe (Tremblay et al., arXiv 2310.00463), kept as the baseline: gradient descent on quaternion and
// translation with one rate for both, random rates, antialiased L1 terms averaged over the frame, last iterate, argmin.
// Written from the paper's mathematics.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { quatWxyzFromRotation, rotate, rotationFromQuatWxyz } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import { createPoseRenderer } from '../../ops/rasterise/pose-cpu.ts';
import { cutCrop, type PoseObservation } from './crop.ts';
import { centredPose } from './pose-steps.ts';
import { mapsAround, type PoseMeshes, type RefineResult } from './refine.ts';

export interface PublishedSettings {
  readonly members: number;
  readonly passes: number;
  readonly baseRate: number;
  readonly rates: readonly [number, number];
  /** Millimetres in the unit in which translations descend and depths are compared. */
  readonly unitMillimetres: number;
  readonly size: number;
  readonly seed: number;
}

export const publishedSettings: PublishedSettings = {
  members: 8,
  passes: 61,
  baseRate: 20,
  rates: [0.01, 100],
  unitMillimetres: 100,
  size: 96,
  seed: 1,
};

/** Throws as refinePose does. */
export function refinePublished(
  device: CpuDevice,
  meshes: PoseMeshes,
  observation: PoseObservation,
  start: CamFromObject,
  settings: PublishedSettings = publishedSettings,
): RefineResult {
  const { mesh } = meshes.full;
  const { members, passes, baseRate, rates, unitMillimetres: unit, size, seed } = settings;
  const { maps, rectangle } = mapsAround(observation, mesh, start);
  const crop = cutCrop(maps, rectangle, size, 0.02 * mesh.diameter);
  const renderer = createPoseRenderer(device, meshes.full, crop, members);
  const random = createRandom(seed, 'learning rates');
  const states = Array.from({ length: members }, () => ({
    rate: rates[0] + (rates[1] - rates[0]) * random.uniform(),
    quatWxyz: quatWxyzFromRotation(start.rotation),
    translation: start.translation.slice(),
    loss: Infinity,
  }));
  const { camera } = observation;
  const terms = {
    form: 'published',
    silhouetteScale: 1,
    depthScale: 1,
    maskWeight: 1,
    depthWeight: 1 / unit,
    scoreDepth: 0.05 * mesh.diameter,
    contourWeight: 0,
    contourReach: 0,
    frameArea: (camera.width * camera.height * size * size) / rectangle.width ** 2,
  } as const;
  const poseOfState = (state: (typeof states)[number]): CamFromObject =>
    rigid(rotationFromQuatWxyz(state.quatWxyz), state.translation);
  const evaluate = () => {
    const poses = new Float64Array(12 * members);
    states.forEach((state, m) => {
      poses.set(centredPose(poseOfState(state), mesh), 12 * m);
    });
    return renderer.evaluate(poses, terms);
  };
  try {
    for (let pass = 0; pass < passes; pass++) {
      const rate = (baseRate * 0.1 ** (pass / 60 + 1)) / members;
      evaluate().forEach(({ gradient: g, loss }, m) => {
        const state = states[m];
        state.loss = loss;
        // The kernel turns about the object's centre, the published parameters about the mesh's own origin.
        const arm = rotate(rotationFromQuatWxyz(state.quatWxyz), mesh.centre);
        const turn = [
          g[0] + arm[1] * g[5] - arm[2] * g[4],
          g[1] + arm[2] * g[3] - arm[0] * g[5],
          g[2] + arm[0] * g[4] - arm[1] * g[3],
        ];
        const slopes = quaternionGradient(state.quatWxyz, turn);
        state.quatWxyz = state.quatWxyz.map((value, k) => value - rate * state.rate * slopes[k]);
        state.translation = state.translation.map((value, k) => value - rate * state.rate * unit * g[3 + k] * unit);
      });
    }
    evaluate().forEach(({ loss }, m) => {
      states[m].loss = Number.isFinite(loss) ? loss : Infinity;
    });
  } finally {
    renderer.dispose();
  }
  const ranked = states
    .map(({ rate, loss }, index) => ({ index, rate, score: loss, pose: poseOfState(states[index]) }))
    .sort((a, b) => a.score - b.score || a.index - b.index);
  const [{ pose, score }] = ranked;
  return { pose, score, hessian: undefined, members: ranked, passes: members * (passes + 1) };
}

/** dL/dq of the normalised quaternion, from dL/d(rotation vector): the vector moves by 2 vec(dq q*) / |q|². */
function quaternionGradient(q: Float64Array, turn: readonly number[]): number[] {
  const [w, x, y, z] = q;
  const scale = 2 / (w * w + x * x + y * y + z * z);
  const [a, b, c] = turn;
  return [
    scale * (-x * a - y * b - z * c),
    scale * (w * a + z * b - y * c),
    scale * (-z * a + w * b + x * c),
    scale * (y * a - x * b + w * c),
  ];
}
