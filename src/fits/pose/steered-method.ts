// The method of `descent`: the run's own optimizer moves every member along the gradient of the loss, from coarse to fine.

import type { PoseMethod } from './pose-method.ts';
import { movePose, poseOf, tangentUnits, unitlessGradient } from './pose-steps.ts';
import type { PoseDetail, PoseTarget } from './pose-target.ts';
import { type SeedSettings, seedMembers, termSettings } from './staged-method.ts';

export interface SteeredSettings extends SeedSettings, PoseDetail {
  /** Of each member. */
  readonly passes: readonly number[];
}

/** Of both scales, from the first pass to the last: far at first, exact at the end. */
const fallsTo = 0.3;

/**
 * Members hold six numbers, a rotation vector and a translation about their own start, unitless, with their gradients, and
 * how often they have moved. The score, which does not depend on scales, ranks them at every pass. Live: maskWeight, depthWeight, colourWeight, silhouetteScale (pixels) and depthScale (diameters), both as they
 * are at the first pass, and what the optimizer brings.
 */
export function createSteeredMethod(target: PoseTarget, settings: SteeredSettings): PoseMethod {
  const { mesh } = target;
  const seeds = seedMembers(target.start, settings);
  const poses = seeds.map(() => new Float32Array(6));
  const gradients = seeds.map(() => new Float32Array(6));
  const moves = seeds.map(() => new Float32Array(1));
  const poseAt = (member: number) => movePose(seeds[member].pose, poses[member], mesh);
  const fallAt = (member: number) =>
    fallsTo ** Math.min(1, moves[member][0] / Math.max(1, settings.passes[member] - 1));
  return {
    members: seeds.map(({ label, learningRate }, m) => ({
      ...{ label, learningRate, passes: settings.passes[m] },
      blocks: [
        { name: 'pose', group: 'pose', values: poses[m], gradients: gradients[m] },
        { name: 'moves', group: 'pose', values: moves[m], gradients: undefined },
      ],
    })),
    terms: ['mask', 'depth', 'score'],
    ignores: ['locked'],
    evaluate(requests) {
      const answers = target.evaluate(
        settings,
        requests.map(({ member, hyper }) => {
          const fall = fallAt(member);
          const scales = { silhouetteScale: fall * hyper.silhouetteScale, depthScale: fall * hyper.depthScale };
          return {
            pose: poseAt(member),
            settings: termSettings({ kind: 'descent', ...scales, colours: true }, 0, hyper, mesh),
          };
        }),
      );
      return requests.map(({ member }, r) => {
        const { gradient, loss, mask, depth, score } = answers[r];
        const { turn } = tangentUnits(mesh);
        gradients[member].set(throughRotation(unitlessGradient(gradient, mesh), poses[member], turn));
        return { loss, validation: score, terms: [mask, depth, score] };
      });
    },
    advance(member) {
      moves[member][0]++;
    },
    poseOf: member => poseOf(poseAt(member), mesh),
  };
}

/**
 * dL/d(rotation vector) from dL/d(left turn): the transposed left Jacobian of SO(3). Rotation vectors are the first three
 * of `values` times `turn` radians.
 */
export function throughRotation(gradient: Float64Array, values: ArrayLike<number>, turn: number): Float64Array {
  const w = [0, 1, 2].map(k => turn * values[k]);
  const angle = Math.hypot(...w);
  const a = angle < 1e-4 ? 0.5 : (1 - Math.cos(angle)) / angle ** 2;
  const b = angle < 1e-4 ? 1 / 6 : (angle - Math.sin(angle)) / angle ** 3;
  const cross = (v: readonly number[]) => [
    w[1] * v[2] - w[2] * v[1],
    w[2] * v[0] - w[0] * v[2],
    w[0] * v[1] - w[1] * v[0],
  ];
  const once = cross([gradient[0], gradient[1], gradient[2]]);
  const twice = cross(once);
  return Float64Array.from(gradient, (value, k) => (k < 3 ? value - a * once[k] + b * twice[k] : value));
}
