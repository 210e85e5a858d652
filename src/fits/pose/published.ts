// The published recipe (Tremblay et al., arXiv 2310.00463), kept as the baseline: gradient descent on quaternion and
// translation with one rate for both, random rates, antialiased L1 terms averaged over the frame, last iterate, argmin.
// Written from the paper's mathematics.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { quatWxyzFromRotation, rotate, rotationFromQuatWxyz } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import type { PoseObservation } from './crop.ts';
import type { PoseMethod } from './pose-method.ts';
import { centredPose, poseOf } from './pose-steps.ts';
import { createPoseTarget, type PoseMeshes, type PoseTarget } from './pose-target.ts';
import { type RefineResult, resultOf } from './refine.ts';

export interface PublishedSettings {
  readonly members: number;
  /** Updates of each member. */
  readonly updates: number;
  readonly baseRate: number;
  readonly rates: readonly [number, number];
  /** Millimetres in the unit in which translations descend and depths are compared. */
  readonly unitMillimetres: number;
  readonly size: number;
  readonly seed: number;
}

export const publishedSettings: PublishedSettings = {
  members: 8,
  updates: 61,
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
  observation: PoseObservation | readonly PoseObservation[],
  start: CamFromObject,
  settings: PublishedSettings = publishedSettings,
): RefineResult {
  const target = createPoseTarget(device, meshes, [observation].flat(), start, settings.members);
  try {
    return resultOf(createPublishedMethod(target, settings), { maskWeight: 1, depthWeight: 1 });
  } finally {
    target.dispose();
  }
}

/** Beside the seven numbers that move: updates made, and the gradient by them. */
const State = { updates: 0, gradient: 1, size: 8 };

/**
 * Members hold a quaternion w, x, y, z and a translation in millimetres. The loss of the last iterate ranks them. Live:
 * learningRate (the factor drawn for the member), maskWeight, depthWeight.
 */
export function createPublishedMethod(target: PoseTarget, settings: PublishedSettings): PoseMethod {
  const { mesh } = target;
  const { members, updates, baseRate, rates, unitMillimetres: unit, size, seed } = settings;
  const random = createRandom(seed, 'learning rates');
  const start = poseOf(target.start, mesh);
  const learningRates = Array.from({ length: members }, () => rates[0] + (rates[1] - rates[0]) * random.uniform());
  const poses = learningRates.map(() => Float32Array.of(...quatWxyzFromRotation(start.rotation), ...start.translation));
  const states = learningRates.map(() => new Float32Array(State.size));
  const quatOf = (member: number) => Float64Array.from(poses[member].subarray(0, 4));
  const poseAt = (member: number): CamFromObject =>
    rigid(rotationFromQuatWxyz(quatOf(member)), Float64Array.from(poses[member].subarray(4, 7)));
  const fixed = {
    form: 'published',
    silhouetteScale: 1,
    depthScale: 1,
    scoreDepth: 0.05 * mesh.diameter,
    contourWeight: 0,
    contourReach: 0,
  } as const;
  return {
    members: learningRates.map((learningRate, m) => ({
      ...{ label: 'start', learningRate, passes: updates + 1 },
      blocks: [
        { name: 'pose', group: 'pose', values: poses[m], gradients: undefined },
        { name: 'state', group: 'pose', values: states[m], gradients: undefined },
      ],
    })),
    terms: ['mask', 'depth', 'score'],
    ignores: ['silhouetteScale', 'depthScale', 'colourWeight', 'locked', 'size', 'iterations'],
    evaluate(requests) {
      const answers = target.evaluate(
        { size, mesh: 'full' },
        requests.map(({ member, hyper }) => ({
          pose: centredPose(poseAt(member), mesh),
          settings: { ...fixed, maskWeight: hyper.maskWeight, depthWeight: hyper.depthWeight / unit },
        })),
      );
      return requests.map(({ member }, r) => {
        const { gradient: g, loss, mask, depth, score } = answers[r];
        // The kernel turns about the object's centre, the published parameters about the mesh's own origin.
        const arm = rotate(rotationFromQuatWxyz(quatOf(member)), mesh.centre);
        const turn = [
          g[0] + arm[1] * g[5] - arm[2] * g[4],
          g[1] + arm[2] * g[3] - arm[0] * g[5],
          g[2] + arm[0] * g[4] - arm[1] * g[3],
        ];
        const state = states[member];
        state.set(quaternionGradient(quatOf(member), turn), State.gradient);
        state.set(g.subarray(3), State.gradient + 4);
        const isLast = state[State.updates] === updates;
        const terms = [mask, depth / unit, score];
        return isLast
          ? { loss, validation: loss, terms, converged: true, reason: 'all updates done' }
          : { loss, validation: undefined, terms };
      });
    },
    advance(member, { learningRate }) {
      const [pose, state] = [poses[member], states[member]];
      const rate = (learningRate * baseRate * 0.1 ** (state[State.updates] / 60 + 1)) / members;
      for (let k = 0; k < 7; k++) pose[k] -= rate * (k < 4 ? 1 : unit * unit) * state[State.gradient + k];
      state[State.updates]++;
    },
    poseOf: poseAt,
  };
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
