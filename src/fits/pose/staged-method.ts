// The method of `polish`: all members descend for a few passes, losers leave, and fewer and fewer are moved by damped
// second-order steps (Levenberg 1944, Marquardt 1963) at ever finer scales. One pass is one look at each member: a step
// that made the loss larger is taken back in the next.

import { rotationAbout } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import type { PoseTerms, TermSettings } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import type { HyperValues } from '../fit.ts';
import type { PoseMethod } from './pose-method.ts';
import {
  type CentredPose,
  capped,
  dampedStep,
  movePose,
  poseDistance,
  poseOf,
  stepBetween,
  turnedPose,
  unitlessGradient,
  unitlessHessian,
} from './pose-steps.ts';
import type { PoseDetail, PoseTarget } from './pose-target.ts';

/** One stage of the schedule: so many members, so many looks at one size and at fixed scales. */
export interface Stage extends PoseDetail {
  readonly kind: 'descent' | 'second-order';
  readonly members: number;
  /** The first looks at the poses that the stage before has left, so one step fewer is made. */
  readonly passes: number;
  /** Pixels. */
  readonly silhouetteScale: number;
  /** In diameters. */
  readonly depthScale: number;
  /** Whether colours are compared, at the weight that is set. */
  readonly colours?: boolean;
}

export interface SeedSettings {
  readonly members: number;
  /** Degrees by which three members of four are turned at the start, in turn. */
  readonly turns: readonly number[];
  /** Learning rates are drawn between these, log-uniformly. */
  readonly rates: readonly [number, number];
  readonly seed: number;
}

export interface StagedSettings extends SeedSettings {
  readonly stepCap: number;
  readonly contourWeight: number;
  /** Members nearer than this to a better one (unitless steps) leave first. */
  readonly distinct: number;
  /** Added to the score for each unit of distance from the start when results are ranked: what the picture leaves open
   * is left as the user had it. */
  readonly startWeight: number;
  /** Second-order steps are held to the start by weight · d² / (d² + scale²) at a distance of d (unitless): where the
   * picture says little about what is near the start, the start is as good a guess, and far away it is none. */
  readonly startHold: { readonly weight: number; readonly scale: number };
  /** Weight of the colours where nobody sets it live. */
  readonly colourWeight: number;
  readonly stages: readonly Stage[];
}

/** The start and its turns, with their learning rates. */
export function seedMembers(
  start: CentredPose,
  { members, turns, rates, seed }: SeedSettings,
): { readonly label: string; readonly learningRate: number; readonly pose: CentredPose }[] {
  const random = createRandom(seed, 'learning rates');
  const axes = createRandom(seed, 'rotation seeds');
  const copies = Math.max(1, Math.round(members / 4));
  return Array.from({ length: members }, (_, m) => {
    const learningRate = rates[0] * (rates[1] / rates[0]) ** random.uniform();
    if (m < copies) return { label: 'start', learningRate, pose: start };
    const degrees = turns[(m - copies) % turns.length];
    const turn = rotationAbout([axes.normal(), axes.normal(), axes.normal()], (degrees * Math.PI) / 180);
    return { label: `turned ${degrees}°`, learningRate, pose: turnedPose(start, turn) };
  });
}

/** Terms of one stage or of one user's scales; lengths of the scales as in Stage. */
export function termSettings(
  { kind, silhouetteScale, depthScale, colours }: Omit<Stage, 'members' | 'passes' | keyof PoseDetail>,
  contourWeight: number,
  hyper: HyperValues,
  { diameter }: RenderMesh,
): TermSettings {
  return {
    ...{ form: kind, silhouetteScale, maskWeight: hyper.maskWeight, depthWeight: hyper.depthWeight },
    depthScale: depthScale * diameter,
    ...(colours === true ? { colourWeight: hyper.colourWeight } : {}),
    scoreDepth: 0.05 * diameter,
    contourWeight,
    contourReach: 6 * silhouetteScale,
  };
}

/** What is added to the score of a pose far from the start when results are ranked. */
export function startPenalty(
  pose: CentredPose,
  { start, mesh }: Pick<PoseTarget, 'start' | 'mesh'>,
  { startWeight, startHold }: Pick<StagedSettings, 'startWeight' | 'startHold'>,
): number {
  const distance = poseDistance(start, pose, mesh);
  const square = distance * distance;
  return startWeight * distance + (startHold.weight * square) / (square + startHold.scale ** 2);
}

/** Beside the six numbers that move: the pose to go on from (least loss of second-order steps, best score of descents), its
 * numbers, and gradient and curvature for the next step. */
const State = {
  pass: 0,
  lambda: 1,
  loss: 2,
  score: 3,
  mask: 4,
  colour: 5,
  kept: 6,
  gradient: 12,
  hessian: 18,
  size: 54,
};
const firstLambda = 1e-3;

/** The gradient of the hold to the start over the way from there, at a squared distance. */
export function holdCurvature({ weight, scale }: StagedSettings['startHold'], square: number): number {
  return (2 * weight * scale ** 2) / (square + scale ** 2) ** 2;
}

/**
 * Members hold six numbers, a rotation vector and a translation about their own start, unitless. The loss is the score
 * (mask L1 over the mask's area + mean capped depth difference), which does not depend on the stage's scales; the last term is
 * the objective, which does. Live: learningRate (descent), maskWeight, depthWeight, colourWeight,
 * locked (1: does not leave the run).
 */
export function createStagedMethod(target: PoseTarget, settings: StagedSettings): PoseMethod {
  const { mesh } = target;
  const { stages, stepCap, contourWeight, startHold } = settings;
  const seeds = seedMembers(target.start, settings);
  const poses = seeds.map(() => new Float32Array(6));
  const states = seeds.map(() => {
    const state = new Float32Array(State.size);
    state[State.lambda] = firstLambda;
    return state;
  });
  const passes = stages.reduce((sum, stage) => sum + stage.passes, 0);
  const firstOrder = stages.reduce((sum, stage) => sum + (stage.kind === 'descent' ? stage.passes : 0), 0);
  const poseAt = (member: number): CentredPose => movePose(seeds[member].pose, poses[member], mesh);
  const keptOf = (member: number) => states[member].subarray(State.kept, State.kept + 6);

  /** Takes what a look at a member has shown: goes on from there, or back to where it was better. */
  const take = (member: number, terms: PoseTerms, { stage, pass, isLast }: StageAt): void => {
    const [pose, state] = [poses[member], states[member]];
    const gradient = unitlessGradient(terms.gradient, mesh);
    const hessian = unitlessHessian(terms.hessian, mesh);
    let { loss } = terms;
    if (stage.kind === 'second-order') {
      const away = stepBetween(target.start, poseAt(member), mesh);
      const square = away.reduce((sum, value) => sum + value * value, 0);
      const curvature = holdCurvature(startHold, square);
      loss += (startHold.weight * square) / (square + startHold.scale ** 2);
      away.forEach((value, k) => {
        gradient[k] += curvature * value;
        hessian[7 * k] += curvature;
      });
    }
    const isFirst = pass === 0;
    if (isFirst) state[State.lambda] = firstLambda;
    const isBetter =
      isFirst || (stage.kind === 'descent' ? terms.score < state[State.score] : loss < state[State.loss]);
    if (isBetter) {
      state.set(pose, State.kept);
      state[State.loss] = loss;
      state[State.score] = terms.score;
      state[State.mask] = terms.maskShare;
      state[State.colour] = terms.colour;
    }
    if (isBetter || stage.kind === 'descent') {
      state.set(gradient, State.gradient);
      state.set(hessian, State.hessian);
    }
    if (stage.kind === 'second-order' && !isFirst) {
      state[State.lambda] = isBetter ? Math.max(1e-7, state[State.lambda] / 3) : 6 * state[State.lambda];
    }
    if (isLast || stage.kind === 'second-order') pose.set(keptOf(member));
  };

  /** Those that leave: all but the best `count`; what only repeats a better one leaves first, the best one near
   * the start last, what is locked never. */
  const leaving = (members: readonly number[], locked: ReadonlySet<number>, count: number): Set<number> => {
    const ranked = [...members].sort((a, b) => states[a][State.score] - states[b][State.score] || a - b);
    const kept: number[] = [];
    const repeats: number[] = [];
    for (const member of ranked) {
      const isRepeat = kept.some(other => poseDistance(poseAt(other), poseAt(member), mesh) < settings.distinct);
      (isRepeat ? repeats : kept).push(member);
    }
    // Whether the start was right after all is for the last stage to say.
    const near = ranked.find(member => poseDistance(target.start, poseAt(member), mesh) < 2 * startHold.scale);
    const order = [...(near === undefined ? [] : [near]), ...kept, ...repeats].filter(member => !locked.has(member));
    const staying = [...new Set(order)].slice(0, Math.max(0, count - locked.size));
    return new Set(members.filter(member => !locked.has(member) && !staying.includes(member)));
  };

  return {
    members: seeds.map(({ label, learningRate }, m) => ({
      ...{ label, learningRate, passes },
      blocks: [
        { name: 'pose', group: 'pose', values: poses[m], gradients: undefined },
        { name: 'state', group: 'pose', values: states[m], gradients: undefined },
      ],
    })),
    terms: ['mask', 'depth', 'colour', 'objective'],
    ignores: ['silhouetteScale', 'depthScale', 'size', 'iterations'],
    evaluate(requests) {
      const pass = Math.max(...requests.map(({ member }) => states[member][State.pass]));
      const at = stageAt(stages, pass);
      const { stage, next, isLast } = at;
      const answers = target.evaluate(
        stage,
        requests.map(({ member, hyper }) => ({
          pose: poseAt(member),
          settings: termSettings(stage, contourWeight, hyper, mesh),
        })),
      );
      requests.forEach(({ member }, r) => {
        // One that was away for a while is where the others are again, and what it had in another stage does not compare.
        const wasAway = states[member][State.pass] < pass;
        states[member][State.pass] = pass;
        take(member, answers[r], wasAway ? { ...at, pass: 0 } : at);
      });
      const locked = new Set(requests.flatMap(({ member, hyper }) => (hyper.locked > 0.5 ? [member] : [])));
      const gone =
        isLast && next !== undefined
          ? leaving(
              requests.map(({ member }) => member),
              locked,
              next.members,
            )
          : new Set<number>();
      return requests.map(({ member, hyper }, r) => {
        const state = states[member];
        const descends = stage.kind === 'descent' && !isLast;
        const [mask, depth, colour, objective] = descends
          ? [answers[r].maskShare, answers[r].score - answers[r].maskShare, answers[r].colour, answers[r].loss]
          : [state[State.mask], state[State.score] - state[State.mask], state[State.colour], state[State.loss]];
        const score = mask + depth;
        // Scores of crops of different sizes do not compare: only the end ranks members.
        const rank =
          isLast && next === undefined
            ? score +
              (stage.colours === true ? hyper.colourWeight * colour : 0) +
              startPenalty(poseAt(member), target, settings)
            : undefined;
        const evaluation = { loss: score, validation: rank, terms: [mask, depth, colour, objective] };
        if (gone.has(member)) return { ...evaluation, converged: true, reason: 'left to better members' };
        return isLast && next === undefined
          ? { ...evaluation, converged: true, reason: 'all stages done' }
          : evaluation;
      });
    },
    advance(member, hyper) {
      const state = states[member];
      const { stage, isLast, descents } = stageAt(stages, state[State.pass]);
      state[State.pass]++;
      if (isLast) return;
      const gradient = Float64Array.from(state.subarray(State.gradient, State.gradient + 6));
      const hessian = Float64Array.from(state.subarray(State.hessian, State.hessian + 36));
      let step: Float64Array;
      if (stage.kind === 'second-order') step = capped(dampedStep(hessian, gradient, state[State.lambda]), 0.15);
      else {
        const decay = 0.1 ** (descents / Math.max(1, firstOrder - 1));
        step = capped(
          gradient.map(value => -value * hyper.learningRate * decay),
          stepCap,
        );
      }
      poses[member].set(stepBetween(seeds[member].pose, movePose(poseAt(member), step, mesh), mesh));
    },
    poseOf: member => poseOf(poseAt(member), mesh),
  };
}

interface StageAt {
  readonly stage: Stage;
  readonly next: Stage | undefined;
  /** Within the stage. */
  readonly pass: number;
  readonly isLast: boolean;
  /** First-order passes before this one. */
  readonly descents: number;
}

/** Where a pass stands in the schedule; beyond the end, the last pass. */
function stageAt(stages: readonly Stage[], pass: number): StageAt {
  let before = 0;
  let descents = 0;
  for (const [s, stage] of stages.entries()) {
    const within = pass - before;
    const isHere = within < stage.passes || s === stages.length - 1;
    if (isHere) {
      const at = Math.min(within, stage.passes - 1);
      if (stage.kind === 'descent') descents += at;
      return { stage, next: stages[s + 1], pass: at, isLast: at === stage.passes - 1, descents };
    }
    before += stage.passes;
    if (stage.kind === 'descent') descents += stage.passes;
  }
  throw new RangeError('A schedule has at least one stage.');
}
