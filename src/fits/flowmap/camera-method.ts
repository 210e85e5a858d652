// How the cameras of a video are searched for: members descend from different focal lengths with two curricula and are polished;
// the best is polished to the end, and so is its scene turned inside out, in the place of the worst. What ended best goes on to
// dense depth, where that is asked for. The engine drives it where a user watches and steers, `searchCameras` where nobody does:
// the same seed gives the same cameras in both. All that changes from pass to pass lies in the members' blocks.

import { createRandom } from '../../numerics/random.ts';
import { depthFlowSettings } from '../../ops/depth-flow/depth-flow.ts';
import { chainGradient, chainPoses, identityCameras, motionsBetween } from '../../ops/reproject/chained-poses.ts';
import {
  type CameraState,
  createGradient,
  type ReprojectionGradient,
  type Reprojector,
} from '../../ops/reproject/reproject.ts';
import type { Evaluation, EvaluationRequest, HyperValues, ParameterBlock } from '../fit.ts';
import type { DenseDepth } from './dense-depth.ts';
import { adamStep, beginGrids, easing, emptyGrids, type Grids, gridBlocks } from './descent.ts';
import { areMirrored, mirrored } from './mirrored.ts';
import { firstDamping, isSettled, polishStep } from './polish.ts';

/** time: frames enter one by one, with a wide Cauchy scale first. gap: the longest gap of a track grows from 2 to all. */
export type Curriculum = 'time' | 'gap';

export interface CameraMethodSettings {
  /** Passes of descent, and random observations of one of them. */
  readonly descents: number;
  readonly observations: number;
  /** Share of the descent over which the curriculum lets everything in. */
  readonly curriculumShare: number;
  /** Factor on the rates at the end of the descent; half a cosine leads there. */
  readonly finalRate: number;
  /** Starts of the focal length over √(width · height), and whether it stays there. */
  readonly focals: readonly number[];
  readonly focalKnown: boolean;
  readonly curricula: readonly Curriculum[];
  /** Focal lengths × curricula; further ones look at other random observations. */
  readonly members: number;
  /** Steps of every member at the coarse scale, per round; another round follows while the two best disagree. */
  readonly polishSteps: number;
  readonly polishRounds: number;
  readonly finalSteps: number;
  /** Cauchy scales, pixels. */
  readonly polishScale: number;
  readonly finalScale: number;
  /** Passes of descent of the dense depth. */
  readonly depthDescents: number;
  readonly seed: number;
}

export const cameraMethodSettings: CameraMethodSettings = {
  descents: 300,
  observations: 4000,
  curriculumShare: 0.6,
  finalRate: 0.02,
  focals: [1.2, 0.6, 2.4],
  focalKnown: false,
  curricula: ['time', 'gap'],
  members: 6,
  polishSteps: 12,
  polishRounds: 3,
  finalSteps: 40,
  polishScale: 2,
  finalScale: 1,
  depthDescents: 120,
  seed: 0,
};

/** What a user may turn: rates of the descent, a factor on all Cauchy scales, and what the dense depth is made of. */
export const cameraHyper = {
  ...{ learningRate: 1e-2, depthRate: 2e-2, focalRate: 2e-2, scaleFactor: 1 },
  ...{ smoothness: depthFlowSettings.smoothness, consistency: depthFlowSettings.consistency },
  longestGap: depthFlowSettings.longestGap,
  networkWeight: 0.5,
};

/** Cauchy scale at the start of a curriculum, pixels; it ends at 1. */
const startScale: Readonly<Record<Curriculum, number>> = { time: 64, gap: 8 };
const SHORTEST_GAP = 2;
/** Two members agree whose losses and focal lengths differ by less than this share. */
const AGREEMENT = 0.03;

/** Where the search of a member led: to the cameras of the best, to its scene turned inside out, or elsewhere. */
export type Standing = 'same' | 'mirrored' | 'other';

export interface CameraMethod {
  readonly members: readonly { readonly label: string; readonly blocks: readonly ParameterBlock[] }[];
  readonly passes: number;
  readonly terms: readonly string[];
  /** One pass of the members that are still in the run; those that leave it have converged. */
  evaluate(requests: readonly EvaluationRequest[]): Evaluation[];
  advance(member: number, hyper: HyperValues): void;
  stateOf(member: number): CameraState;
  /** Of a member's own way up to the end of the coarse polish, beside the best as it is now. */
  standing(member: number): Standing;
  /** Whether it was polished to the end, and ended lowest. */
  isBest(member: number): boolean;
  /** Its dense depth [frame, node], once that stage has begun. */
  gridsOf(member: number): Float32Array | undefined;
}

/** Cauchy scales of the first steps of a scene turned inside out, which is far from where it belongs: pixels, steps. */
const mirrorStages = [
  { scale: 16, steps: 8 },
  { scale: 4, steps: 8 },
];

/**
 * Fields of the block `progress`. `ended`: the pass in which the final stage began, 0 before. `agrees`: 1 for a member that came
 * to the cameras of the best of the coarse polish. `mirror`: 1 for the one that gave its place to that one's scene turned inside
 * out. `polished`: 1 at the end of the final stage. `dense`: the pass in which the stage of dense depth began, 0 before.
 */
const Progress = {
  ...{ pass: 0, damping: 1, small: 2, loss: 3, ended: 4, agrees: 5, mirror: 6, polished: 7, dense: 8 },
  size: 9,
};

interface MemberState {
  readonly curriculum: Curriculum;
  readonly seed: number;
  readonly motions: Float32Array;
  readonly depths: Float32Array;
  readonly focal: Float32Array;
  readonly progress: Float32Array;
  /** Adam's moments. */
  readonly moments: Readonly<Record<'motions' | 'depths' | 'focal', Pick<Grids, 'mean' | 'square'>>>;
  /** From an evaluation to the move that follows it. */
  readonly gradient: ReprojectionGradient;
  next: CameraState | undefined;
  readonly grids: Grids;
}

/** Without `dense` the best member ends with its polish. */
export function createCameraMethod(
  reprojector: Reprojector,
  settings: CameraMethodSettings,
  dense?: DenseDepth,
): CameraMethod {
  const { observations } = reprojector;
  const { frames, tracks } = observations;
  const { descents, polishSteps, polishRounds, finalSteps, polishScale, finalScale, focalKnown } = settings;
  const starts = settings.focals.flatMap(focal => settings.curricula.map(curriculum => ({ focal, curriculum })));
  const orders = { time: curriculumOrder(reprojector, 'time'), gap: curriculumOrder(reprojector, 'gap') };
  const fixed = focalKnown ? (['focal'] as const) : [];
  const members = Array.from({ length: settings.members }, (_, m): MemberState => {
    const { focal, curriculum } = starts[m % starts.length];
    const progress = new Float32Array(Progress.size);
    progress[Progress.damping] = firstDamping;
    return {
      curriculum,
      seed: settings.seed + Math.floor(m / starts.length),
      motions: new Float32Array(6 * (frames - 1)),
      depths: new Float32Array(tracks),
      focal: Float32Array.of(Math.log(focal)),
      progress,
      moments: { motions: momentsOf(6 * (frames - 1)), depths: momentsOf(tracks), focal: momentsOf(1) },
      gradient: createGradient(observations),
      next: undefined,
      grids: emptyGrids(),
    };
  });
  const chosen = new Uint32Array(settings.observations);
  const sightings = Math.max(1, observations.trackOf.length);

  const stateOf = ({ motions, depths, focal }: MemberState): CameraState => {
    const worldFromCams = identityCameras(frames);
    chainPoses(motions, worldFromCams);
    return { worldFromCams, logDepths: Float64Array.from(depths), logFocal: focal[0] };
  };
  const share = (pass: number) => Math.min(1, pass / Math.max(1, settings.curriculumShare * descents));

  /** One look of the descent: the gradient over random observations that the curriculum has let in. */
  const look = (member: MemberState, factor: number): Evaluation => {
    const pass = member.progress[Progress.pass];
    const { order, upTo, first } = orders[member.curriculum];
    const among = upTo[first + Math.floor(share(pass) * (upTo.length - 1 - first))];
    const random = createRandom(member.seed, `observations of pass ${pass}`);
    for (let i = 0; i < chosen.length; i++) chosen[i] = order[random.integer(among)];
    const scale = factor * startScale[member.curriculum] ** (1 - share(pass));
    const { loss, behind } = reprojector.gradient(stateOf(member), chosen, scale, member.gradient);
    return { loss, validation: undefined, terms: [scale, behind / chosen.length, ...noTerms] };
  };

  /** One look of the polish: what the next step would be, if there is a better place. */
  const attempt = (member: MemberState, scale: number, isLast: boolean): Evaluation => {
    const { progress } = member;
    const state = stateOf(member);
    member.next = undefined;
    const settled = isSettled({ damping: progress[Progress.damping], small: progress[Progress.small] });
    if (settled || isLast) {
      const { loss, behind } = reprojector.loss(state, scale);
      progress[Progress.loss] = loss;
      return { loss, validation: undefined, terms: [scale, behind / sightings, ...noTerms] };
    }
    const step = polishStep(
      reprojector,
      { state, damping: progress[Progress.damping], small: progress[Progress.small] },
      scale,
      fixed,
    );
    progress[Progress.damping] = step.damping;
    progress[Progress.small] = step.small;
    progress[Progress.loss] = step.loss;
    if (step.taken) member.next = step.state;
    return { loss: step.firstLoss, validation: undefined, terms: [scale, step.behind / sightings, ...noTerms] };
  };

  const measuring = (dense?.frames ?? 1) - 1;
  /** Passes of dense depth behind a member: those that measure flow first, a frame each. */
  const denseAt = ({ progress }: MemberState) => progress[Progress.pass] - progress[Progress.dense];

  /** One look of dense depth: a frame is measured, or the gradient by the grids. The cameras hold still, and so does the rank. */
  const lookDensely = (member: MemberState, depth: DenseDepth, hyper: HyperValues): Evaluation => {
    const { progress, grids } = member;
    const rank = progress[Progress.loss];
    const within = denseAt(member);
    if (within < measuring) {
      depth.measure(within + 1);
      return { loss: rank, validation: rank, terms: [finalScale * hyper.scaleFactor, 0, ...noTerms] };
    }
    const state = stateOf(member);
    beginGrids(grids, () => depth.start(observations, state));
    const { smoothness, consistency, longestGap, networkWeight: network } = hyper;
    const delta = finalScale * hyper.scaleFactor;
    const weights = { delta, smoothness, consistency, longestGap, network };
    const found = depth.evaluate(state, grids.values, weights, grids.gradient);
    const terms = [delta, depth.behindShare(found.behind), found.flow, found.smoothness, found.consistency];
    const isLast = within - measuring >= settings.depthDescents;
    return {
      ...{ loss: found.loss, validation: rank, terms },
      ...(isLast ? { converged: true, reason: 'converged, with depth' } : {}),
    };
  };

  const isBest = ({ progress }: MemberState): boolean => {
    const isWorse = ({ progress: other }: MemberState) => {
      const more = other[Progress.loss] - progress[Progress.loss] || other[Progress.mirror] - progress[Progress.mirror];
      return other[Progress.ended] > 0 && more < 0;
    };
    return progress[Progress.ended] > 0 && !members.some(isWorse);
  };

  const agree = (a: MemberState, b: MemberState): boolean => {
    const [lossA, lossB] = [a.progress[Progress.loss], b.progress[Progress.loss]];
    // Below a hundredth of a pixel, differences of the loss are rounding and noise.
    const losses = Math.abs(lossA - lossB) <= AGREEMENT * lossA + 1e-4;
    return losses && Math.abs(a.focal[0] - b.focal[0]) < AGREEMENT && !areMirrored(stateOf(a), stateOf(b));
  };

  const standing = (member: MemberState): Standing => {
    const { agrees, mirror, ended } = Progress;
    const best = members.find(isBest);
    const origin = members.find(({ progress }) => progress[ended] > 0 && progress[mirror] === 0);
    const came = member.progress[agrees] === 1;
    if (best === undefined || origin === undefined) return 'other';
    if (best === origin || agree(best, origin)) return came ? 'same' : 'other';
    if (came) return areMirrored(stateOf(best), stateOf(origin)) ? 'mirrored' : 'other';
    // Where the mirror is best, its place says nothing of the member that was there.
    return member !== best && agree(best, member) ? 'same' : 'other';
  };

  /** At the end of a round: the best and the worst, where the best may go on alone. */
  const ranksOf = (requests: readonly EvaluationRequest[]) => {
    const pass = members[requests[0].member].progress[Progress.pass];
    const done = pass - descents;
    if (done <= 0 || done % polishSteps !== 0) return undefined;
    const ranked = requests
      .map(({ member }) => member)
      .sort((a, b) => members[a].progress[Progress.loss] - members[b].progress[Progress.loss] || a - b);
    const [best, second] = ranked;
    if (second !== undefined && done < polishSteps * polishRounds && !agree(members[best], members[second])) {
      return undefined;
    }
    for (const member of ranked)
      members[member].progress[Progress.agrees] = agree(members[best], members[member]) ? 1 : 0;
    return { best, worst: ranked.length > 1 ? ranked[ranked.length - 1] : undefined };
  };

  const beginFinal = (member: MemberState): void => {
    const { progress } = member;
    progress[Progress.ended] = progress[Progress.pass];
    progress[Progress.damping] = firstDamping;
    progress[Progress.small] = 0;
  };

  /** Scale and remaining steps of the final stage, `within` steps after its beginning. */
  const finalAt = (within: number, isMirror: boolean) => {
    let before = 0;
    for (const { scale, steps } of isMirror ? mirrorStages : []) {
      if (within < before + steps) return { scale, begins: within === before, isLast: false, isFinest: false };
      before += steps;
    }
    return {
      ...{ scale: finalScale, begins: isMirror && within === before },
      ...{ isLast: within - before >= finalSteps, isFinest: true },
    };
  };

  return {
    members: members.map((member, m) => ({
      label: labelOf(starts[m % starts.length], focalKnown),
      blocks: [
        ...(['motions', 'depths', 'focal'] as const).flatMap(name => [
          { name, group: name, values: member[name], gradients: undefined },
          ...Object.entries(member.moments[name]).map(([key, values]) => ({
            ...{ name: `${name}.${key}`, group: name, gradients: undefined },
            values: values as Float32Array,
          })),
        ]),
        { name: 'progress', group: 'motions', values: member.progress, gradients: undefined },
        ...(dense === undefined ? [] : gridBlocks(member.grids)),
      ],
    })),
    passes:
      descents +
      polishSteps * polishRounds +
      mirrorStages.reduce((sum, { steps }) => sum + steps, finalSteps) +
      1 +
      // One more to hear that the other is ready.
      (dense === undefined ? 0 : 1 + measuring + settings.depthDescents + 1),
    terms: ['scale', 'behind', 'flow', 'smoothness', 'consistency'],
    evaluate(requests) {
      const isOpen = requests.every(({ member }) => members[member].progress[Progress.ended] === 0);
      const ranks = isOpen ? ranksOf(requests) : undefined;
      if (ranks !== undefined) {
        const { best, worst } = ranks;
        if (worst !== undefined) {
          take(members[worst], mirrored(observations, stateOf(members[best])));
          members[worst].progress[Progress.mirror] = 1;
          beginFinal(members[worst]);
        }
        beginFinal(members[best]);
      }
      return requests.map(({ member: m, hyper }) => {
        const member = members[m];
        const { progress } = member;
        const pass = progress[Progress.pass];
        const factor = hyper.scaleFactor;
        if (dense !== undefined && progress[Progress.dense] > 0) return lookDensely(member, dense, hyper);
        if (pass < descents) return look(member, factor);
        const isFinal = progress[Progress.ended] > 0;
        if (!isFinal && ranks !== undefined) {
          const { loss } = reprojector.loss(stateOf(member), finalScale * factor);
          progress[Progress.loss] = loss;
          const terms = [finalScale * factor, 0, ...noTerms];
          return { loss, validation: loss, terms, converged: true, reason: 'left to a better member' };
        }
        if (!isFinal) return attempt(member, polishScale * factor, false);
        const at = finalAt(pass - progress[Progress.ended], progress[Progress.mirror] === 1);
        if (at.begins) {
          progress[Progress.damping] = firstDamping;
          progress[Progress.small] = 0;
        }
        const tried = attempt(member, at.scale * factor, at.isLast);
        // As precise as `progress` keeps it, so that the stage of dense depth has the very rank of the end of the polish.
        const evaluation = at.isFinest ? { ...tried, validation: Math.fround(tried.loss) } : tried;
        const settled = isSettled({ damping: progress[Progress.damping], small: progress[Progress.small] });
        if (!at.isFinest || !(at.isLast || (settled && member.next === undefined))) return evaluation;
        progress[Progress.polished] = 1;
        if (dense !== undefined) {
          // Dense depth is for one of them: who is ready first waits for the other.
          if (requests.some(other => members[other.member].progress[Progress.polished] === 0)) return evaluation;
          if (isBest(member)) {
            progress[Progress.dense] = pass + 1;
            return evaluation;
          }
        }
        const reason = progress[Progress.mirror] === 1 ? 'converged from the best one, turned inside out' : 'converged';
        return { ...evaluation, converged: true, reason };
      });
    },
    advance(m, hyper) {
      const member = members[m];
      const { motions, depths, focal, progress, moments, gradient, grids } = member;
      const within = denseAt(member) - measuring;
      const pass = progress[Progress.pass]++;
      if (progress[Progress.dense] > 0 && pass >= progress[Progress.dense]) {
        if (within < 0) return;
        const rate = hyper.depthRate * easing(within, settings.depthDescents, settings.finalRate);
        adamStep(grids.values, grids.gradient, grids, rate, within + 1);
        return;
      }
      if (pass >= descents) {
        if (member.next !== undefined) take(member, member.next);
        return;
      }
      const { worldFromCams } = stateOf(member);
      const byMotions = new Float32Array(motions.length);
      chainGradient(motions, worldFromCams, gradient.twists, byMotions);
      const factor = easing(pass, descents, settings.finalRate);
      const step = pass + 1;
      adamStep(motions, byMotions, moments.motions, hyper.learningRate * factor, step);
      adamStep(depths, Float32Array.from(gradient.logDepths), moments.depths, hyper.depthRate * factor, step);
      if (focalKnown) return;
      adamStep(focal, Float32Array.from(gradient.logFocal), moments.focal, hyper.focalRate * factor, step);
    },
    stateOf: member => stateOf(members[member]),
    standing: member => standing(members[member]),
    isBest: m => isBest(members[m]),
    gridsOf: m => (members[m].grids.values.length === 0 ? undefined : members[m].grids.values),
  };
}

function momentsOf(length: number): Pick<Grids, 'mean' | 'square'> {
  return { mean: new Float32Array(length), square: new Float32Array(length) };
}

/** Of the terms of dense depth, in the other stages. */
const noTerms = [Number.NaN, Number.NaN, Number.NaN];

function labelOf(
  { focal, curriculum }: { readonly focal: number; readonly curriculum: Curriculum },
  focalKnown: boolean,
) {
  return focalKnown ? curriculum : `${curriculum}, focal ${Number(focal.toPrecision(3))}`;
}

/** Observations in the order in which a curriculum lets them in, and how many have at most each rank. */
function curriculumOrder({ observations }: Reprojector, curriculum: Curriculum) {
  const { frames, frameOf, trackOf, anchorFrames, longestGap } = observations;
  const rankOf = (o: number) => (curriculum === 'time' ? frameOf[o] : frameOf[o] - anchorFrames[trackOf[o]]);
  const order = Uint32Array.from(trackOf.keys()).sort((a, b) => rankOf(a) - rankOf(b) || a - b);
  const last = curriculum === 'time' ? frames - 1 : longestGap;
  const upTo = new Uint32Array(last + 1);
  for (const o of order) upTo[rankOf(o)]++;
  for (let rank = 1; rank <= last; rank++) upTo[rank] += upTo[rank - 1];
  // The first rank that lets anything in: tracks may begin later than frame 0.
  const any = upTo.findIndex(count => count > 0);
  const first = Math.min(last, Math.max(any, curriculum === 'time' ? 1 : SHORTEST_GAP));
  return { order, upTo, first };
}

/** Cameras as the motions between them. */
function take({ motions, depths, focal }: MemberState, { worldFromCams, logDepths, logFocal }: CameraState): void {
  motions.set(motionsBetween(worldFromCams));
  depths.set(logDepths);
  focal[0] = logFocal;
}
