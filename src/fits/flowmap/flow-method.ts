// Mode `flow`: FlowMap's own shape, descended jointly. It shows what dense flow alone can tell of cameras; mode `auto` is the accurate
// one. Members differ in the focal length that they start from.

import { createRandom } from '../../numerics/random.ts';
import type { Evaluation, HyperValues } from '../fit.ts';
import type { CameraMethod } from './camera-method.ts';
import type { DenseDepth } from './dense-depth.ts';
import { adamStep, beginGrids, easing, emptyGrids, type Grids, gridBlocks } from './descent.ts';
import type { FlowObjective } from './flow-objective.ts';

export interface FlowMethodSettings {
  readonly descents: number;
  /** Random sightings of tracks that a pass looks at. */
  readonly observations: number;
  readonly finalRate: number;
  /** Starts of the focal length over √(width · height), and whether it stays there. */
  readonly focals: readonly number[];
  readonly focalKnown: boolean;
  readonly members: number;
  readonly seed: number;
}

const Progress = { pass: 0, loss: 1, ended: 2, size: 3 };

interface FlowMember {
  readonly grids: Grids;
  readonly focal: Float32Array;
  readonly focalMoments: Pick<Grids, 'mean' | 'square'>;
  readonly progress: Float32Array;
  byFocal: number;
}

/** `sightings`: how many there are to choose from. */
export function createFlowMethod(
  objective: FlowObjective,
  dense: DenseDepth,
  sightings: number,
  settings: FlowMethodSettings,
): CameraMethod {
  const { descents, focals, focalKnown, finalRate } = settings;
  const measuring = dense.frames - 1;
  const chosen = new Uint32Array(settings.observations);
  const members = Array.from({ length: settings.members }, (_, m): FlowMember => {
    const focalMoments = { mean: new Float32Array(1), square: new Float32Array(1) };
    return {
      ...{ grids: emptyGrids(), focalMoments, progress: new Float32Array(Progress.size), byFocal: 0 },
      focal: Float32Array.of(Math.log(focals[m % focals.length])),
    };
  });

  const evaluate = (member: FlowMember, hyper: HyperValues): Evaluation => {
    const { grids, focal, progress } = member;
    const pass = progress[Progress.pass];
    const delta = hyper.scaleFactor;
    beginGrids(grids, () => new Float32Array(dense.length));
    dense.measure(Math.min(measuring, pass + 1));
    const random = createRandom(settings.seed, `observations of pass ${pass}`);
    for (let i = 0; i < chosen.length; i++) chosen[i] = random.integer(sightings);
    const { smoothness, consistency, longestGap } = hyper;
    const found = objective.evaluate(
      grids.values,
      focal[0],
      { delta, smoothness, consistency, longestGap },
      chosen,
      grids.gradient,
    );
    member.byFocal = found.byFocal;
    const { loss } = found;
    progress[Progress.loss] = loss;
    const terms = [
      delta,
      dense.behindShare(found.behind),
      found.flow,
      found.smoothness,
      found.consistency,
      found.tracks,
    ];
    if (pass < descents) return { loss, validation: undefined, terms };
    progress[Progress.ended] = 1;
    return { loss, validation: Math.fround(loss), terms, converged: true };
  };

  return {
    members: members.map(({ grids, focal, focalMoments, progress }, m) => ({
      label: focalKnown ? 'flow' : `flow, focal ${Number(focals[m % focals.length].toPrecision(3))}`,
      blocks: [
        { name: 'focal', group: 'focal', values: focal, gradients: undefined },
        { name: 'focal.mean', group: 'focal', values: focalMoments.mean, gradients: undefined },
        { name: 'focal.square', group: 'focal', values: focalMoments.square, gradients: undefined },
        { name: 'progress', group: 'grids', values: progress, gradients: undefined },
        ...gridBlocks(grids),
      ],
    })),
    passes: descents + 1,
    terms: ['scale', 'behind', 'flow', 'smoothness', 'consistency', 'tracks'],
    evaluate: requests => requests.map(({ member, hyper }) => evaluate(members[member], hyper)),
    advance(m, hyper) {
      const { grids, focal, focalMoments, progress, byFocal } = members[m];
      const pass = progress[Progress.pass]++;
      const factor = easing(pass, descents, finalRate);
      adamStep(grids.values, grids.gradient, grids, hyper.depthRate * factor, pass + 1);
      if (!focalKnown) adamStep(focal, Float32Array.of(byFocal), focalMoments, hyper.focalRate * factor, pass + 1);
    },
    stateOf(m) {
      const { grids, focal } = members[m];
      return objective.unfold(grids.values.length === 0 ? new Float32Array(dense.length) : grids.values, focal[0]);
    },
    agrees: () => false,
    isBest: m => {
      const { progress } = members[m];
      const isWorse = ({ progress: other }: FlowMember) =>
        other[Progress.ended] > 0 && other[Progress.loss] < progress[Progress.loss];
      return progress[Progress.ended] > 0 && !members.some(isWorse);
    },
    gridsOf: m => (members[m].grids.values.length === 0 ? undefined : members[m].grids.values),
  };
}
