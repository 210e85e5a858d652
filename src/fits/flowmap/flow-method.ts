// Mode `flow`: FlowMap's own shape, descended jointly. It shows what dense flow alone can tell of cameras; mode `auto` is the accurate
// one. Members differ in the focal length that they start from.

import { createRandom } from '../../numerics/random.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
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
  /** As its depth unfolds at a pass: every view asks for it. */
  unfolded: { readonly pass: number; readonly state: CameraState } | undefined;
}

/** Terms of dense flow while it is being measured. */
const unmeasured = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];

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
      unfolded: undefined,
      focal: Float32Array.of(Math.log(focals[m % focals.length])),
    };
  });

  const evaluate = (member: FlowMember, hyper: HyperValues): Evaluation => {
    const { grids, focal, progress } = member;
    const pass = progress[Progress.pass];
    const delta = hyper.scaleFactor;
    member.unfolded = undefined;
    beginGrids(grids, () => new Float32Array(dense.length));
    // A frame in each pass, so that a user can stop it; cameras unfold as far as flow is known, and tracks say how well.
    dense.measure(pass + 1);
    if (pass < measuring) {
      const tracks = objective.tracksLoss(grids.values, focal[0], delta);
      return { loss: tracks, validation: undefined, terms: [delta, ...unmeasured, tracks] };
    }
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
    if (pass - measuring < descents) return { loss, validation: undefined, terms };
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
    passes: measuring + descents + 1,
    terms: ['scale', 'behind', 'flow', 'smoothness', 'consistency', 'tracks'],
    evaluate: requests => requests.map(({ member, hyper }) => evaluate(members[member], hyper)),
    advance(m, hyper) {
      const member = members[m];
      const { grids, focal, focalMoments, progress, byFocal } = member;
      const within = progress[Progress.pass]++ - measuring;
      member.unfolded = undefined;
      if (within < 0) return;
      const factor = easing(within, descents, finalRate);
      adamStep(grids.values, grids.gradient, grids, hyper.depthRate * factor, within + 1);
      if (!focalKnown) adamStep(focal, Float32Array.of(byFocal), focalMoments, hyper.focalRate * factor, within + 1);
    },
    stateOf(m) {
      const member = members[m];
      const { grids, focal, progress } = member;
      const pass = progress[Progress.pass];
      if (member.unfolded?.pass !== pass) {
        const values = grids.values.length === 0 ? new Float32Array(dense.length) : grids.values;
        member.unfolded = { pass, state: objective.unfold(values, focal[0]) };
      }
      return member.unfolded.state;
    },
    standing: () => 'other',
    isBest: m => {
      const { progress } = members[m];
      const isWorse = ({ progress: other }: FlowMember) =>
        other[Progress.ended] > 0 && other[Progress.loss] < progress[Progress.loss];
      return progress[Progress.ended] > 0 && !members.some(isWorse);
    },
    gridsOf: m => (members[m].grids.values.length === 0 ? undefined : members[m].grids.values),
  };
}
