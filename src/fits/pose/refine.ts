// Refinement of one object's pose in one picture without windows or files: what batches, benches and the fit run. Many
// members descend from the start and from turns of it, losers give their passes to the rest, and the best are polished by
// second-order steps.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { rotationAbout } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import { createPoseRenderer, type DeviceMesh, type PoseRenderer } from '../../ops/rasterise/pose-cpu.ts';
import type { PoseTerms, TermSettings } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import { LabError } from '../../protocol/lab-error.ts';
import {
  cropSquare,
  cutCrop,
  maskBounds,
  type ObservationMaps,
  observationMaps,
  type PoseObservation,
  projectedBounds,
} from './crop.ts';
import {
  type CentredPose,
  capped,
  centredPose,
  dampedStep,
  movePose,
  poseDistance,
  poseOf,
  turnedPose,
  unitlessGradient,
  unitlessHessian,
} from './pose-steps.ts';

/** One stage of the schedule: so many members, so many passes of one kind at one size. */
export interface Stage {
  readonly kind: 'descent' | 'second-order';
  readonly members: number;
  readonly passes: number;
  /** Pixels a side of the crop. */
  readonly size: number;
  /** Pixels, from the first pass to the last. */
  readonly silhouetteScale: readonly [number, number];
  /** In diameters, from the first pass to the last. */
  readonly depthScale: readonly [number, number];
  readonly mesh: 'reduced' | 'full';
}

/** A model in device memory: as given, and with about 3,000 triangles (the same where it has no more). */
export interface PoseMeshes {
  readonly full: DeviceMesh;
  readonly reduced: DeviceMesh;
}

export interface RefineSettings {
  readonly members: number;
  /** Members that start exactly at the start. */
  readonly copies: number;
  /** Degrees by which the others are turned, in turn. */
  readonly turns: readonly number[];
  readonly rates: readonly [number, number];
  /** Whether a first-order step is the rate times the gradient, or times its direction. */
  readonly steps: 'gradient' | 'normalised';
  readonly stepCap: number;
  readonly maskWeight: number;
  readonly depthWeight: number;
  readonly contourWeight: number;
  /** Members nearer than this to a better one (unitless steps) go first when members are dropped. */
  readonly distinct: number;
  /** Added to the score for each unit of distance from the start when the result is chosen: what the picture leaves open
   * is left as the user had it. Without depth it leaves more open. */
  readonly startWeight: { readonly mask: number; readonly depth: number };
  readonly stages: readonly Stage[];
  readonly seed: number;
}

/** The default: a short descent of all, then second-order steps of fewer and fewer, ever finer. */
export const polishSettings: RefineSettings = {
  members: 32,
  copies: 8,
  turns: [20, 40],
  rates: [0.03, 3],
  steps: 'gradient',
  stepCap: 0.2,
  maskWeight: 1,
  depthWeight: 1,
  contourWeight: 0.5,
  distinct: 0.02,
  startWeight: { mask: 0.1, depth: 0.04 },
  stages: [
    stage('descent', 32, 3, 64, [8, 6], [0.06, 0.045]),
    stage('second-order', 32, 4, 64, [7, 4], [0.05, 0.04]),
    stage('second-order', 12, 6, 64, [4, 1.5], [0.03, 0.02]),
    stage('second-order', 6, 6, 96, [2, 1], [0.015, 0.015]),
    stage('second-order', 6, 8, 160, [1.5, 1], [0.015, 0.015]),
  ],
  seed: 1,
};

/** First-order steps only, of a length that follows the rate and not the slope: what users watch and tune. */
export const descentSettings: RefineSettings = {
  ...polishSettings,
  rates: [0.003, 0.1],
  steps: 'normalised',
  stages: [
    stage('descent', 32, 8, 64, [8, 5], [0.06, 0.045]),
    stage('descent', 12, 12, 64, [5, 2.5], [0.045, 0.03]),
    stage('descent', 5, 20, 96, [3, 1.5], [0.03, 0.015]),
  ],
};

/** Coarse stages draw the reduced mesh, the last ones the full one: a reduced mesh that is 1 % smaller is 1 % nearer. */
function stage(
  kind: Stage['kind'],
  members: number,
  passes: number,
  size: number,
  silhouetteScale: Stage['silhouetteScale'],
  depthScale: Stage['depthScale'],
): Stage {
  return { kind, members, passes, size, silhouetteScale, depthScale, mesh: size > 64 ? 'full' : 'reduced' };
}

export interface RefinedMember {
  readonly index: number;
  readonly rate: number;
  readonly pose: CamFromObject;
  readonly score: number;
}

export interface RefineResult {
  readonly pose: CamFromObject;
  readonly score: number;
  /** [6, 6] of the last second-order pass, by unitless steps. */
  readonly hessian: Float64Array | undefined;
  /** Best first. */
  readonly members: readonly RefinedMember[];
  /** Evaluations of one member. */
  readonly passes: number;
}

interface Member {
  readonly index: number;
  readonly rate: number;
  pose: CentredPose;
  best: CentredPose;
  bestScore: number;
  score: number;
  lambda: number;
}

/** The start and its turns: poses about the object's centre, with learning rates drawn log-uniformly. */
export function startMembers(
  start: CamFromObject,
  mesh: RenderMesh,
  settings: Pick<RefineSettings, 'members' | 'copies' | 'turns' | 'rates' | 'seed'>,
): { readonly rate: number; readonly pose: CentredPose }[] {
  const { members, copies, turns, rates, seed } = settings;
  const random = createRandom(seed, 'learning rates');
  const axes = createRandom(seed, 'rotation seeds');
  const pose = centredPose(start, mesh);
  return Array.from({ length: members }, (_, m) => {
    const rate = rates[0] * (rates[1] / rates[0]) ** random.uniform();
    if (m < copies) return { rate, pose };
    const angle = (turns[(m - copies) % turns.length] * Math.PI) / 180;
    const turn = rotationAbout([axes.normal(), axes.normal(), axes.normal()], angle);
    return { rate, pose: turnedPose(pose, turn) };
  });
}

/** Poses one after another, [member, 12]. */
function stacked(poses: readonly CentredPose[]): Float64Array {
  const all = new Float64Array(12 * poses.length);
  poses.forEach((pose, m) => {
    all.set(pose, 12 * m);
  });
  return all;
}

/** Throws a LabError of code 'input' where the mask is empty or the start lies behind the camera. */
export function refinePose(
  device: CpuDevice,
  meshes: PoseMeshes,
  observation: PoseObservation,
  start: CamFromObject,
  settings: RefineSettings = polishSettings,
): RefineResult {
  const { mesh } = meshes.full;
  const { maps, rectangle } = mapsAround(observation, mesh, start);
  const renderers = new Map<string, PoseRenderer>();
  const rendererOf = ({ size, mesh: which }: Stage): PoseRenderer => {
    const key = `${which} ${size}`;
    let renderer = renderers.get(key);
    if (renderer === undefined) {
      const crop = cutCrop(maps, rectangle, size, 0.02 * mesh.diameter);
      renderer = createPoseRenderer(device, meshes[which], crop, settings.members);
      renderers.set(key, renderer);
    }
    return renderer;
  };
  let passes = 0;
  const evaluate = (stage: Stage, poses: readonly CentredPose[], terms: TermSettings): PoseTerms[] => {
    passes += poses.length;
    return rendererOf(stage).evaluate(stacked(poses), terms);
  };
  let members: Member[] = startMembers(start, mesh, settings).map(({ rate, pose }, index) => ({
    ...{ index, rate, pose, best: pose, bestScore: Infinity, score: Infinity, lambda: 1e-3 },
  }));
  const descentPasses = settings.stages.reduce((n, { kind, passes: p }) => n + (kind === 'descent' ? p : 0), 0);
  let done = 0;
  let hessian: Float64Array | undefined;
  try {
    for (const stage of settings.stages) {
      if (members.length > stage.members) members = selectMembers(members, stage.members, mesh, settings.distinct);
      if (stage.kind === 'descent') {
        for (let pass = 0; pass < stage.passes; pass++) {
          const poses = members.map(({ pose }) => pose);
          evaluate(stage, poses, termSettings(settings, stage, mesh, pass)).forEach((terms, m) => {
            const member = members[m];
            note(member, terms);
            const decay = 0.1 ** ((done + pass) / Math.max(1, descentPasses - 1));
            const gradient = unitlessGradient(terms.gradient, mesh);
            const length = settings.steps === 'normalised' ? Math.hypot(...gradient) || 1 : 1;
            const step = capped(
              gradient.map(value => (-value * member.rate * decay) / length),
              settings.stepCap,
            );
            member.pose = movePose(member.pose, step, mesh);
          });
        }
        done += stage.passes;
      } else {
        for (const member of members) {
          member.pose = member.best;
          member.bestScore = Infinity;
          member.lambda = 1e-3;
        }
        let kept: PoseTerms[] = [];
        for (let pass = 0; pass < stage.passes; pass++) {
          const terms = termSettings(settings, stage, mesh, pass);
          kept = evaluate(
            stage,
            members.map(({ pose }) => pose),
            terms,
          );
          const candidates = members.map((member, m) =>
            movePose(
              member.pose,
              capped(
                dampedStep(
                  unitlessHessian(kept[m].hessian, mesh),
                  unitlessGradient(kept[m].gradient, mesh),
                  member.lambda,
                ),
                0.15,
              ),
              mesh,
            ),
          );
          evaluate(stage, candidates, terms).forEach((tried, m) => {
            const member = members[m];
            note(member, kept[m]);
            if (tried.loss < kept[m].loss) {
              member.pose = candidates[m];
              member.lambda = Math.max(1e-7, member.lambda / 3);
              kept[m] = tried;
              note(member, tried);
            } else member.lambda *= 6;
          });
        }
        members.forEach((member, m) => {
          // The last pose has the least loss at the finest scale, which ranks finer than counted pixels do.
          member.best = member.pose;
          member.bestScore = kept[m].score;
        });
        const order = [...members.keys()].sort((a, b) => members[a].bestScore - members[b].bestScore);
        hessian = unitlessHessian(kept[order[0]].hessian, mesh);
      }
    }
  } finally {
    for (const renderer of renderers.values()) renderer.dispose();
  }
  const origin = centredPose(start, mesh);
  const startWeight = settings.startWeight[observation.depth === undefined ? 'mask' : 'depth'];
  const rank = ({ bestScore, best }: Member) => bestScore + startWeight * poseDistance(origin, best, mesh);
  const ranked = [...members].sort((a, b) => rank(a) - rank(b) || a.index - b.index);
  return {
    pose: poseOf(ranked[0].best, mesh),
    score: ranked[0].bestScore,
    hessian,
    members: ranked.map(({ index, rate, best, bestScore }) => ({
      ...{ index, rate, pose: poseOf(best, mesh), score: bestScore },
    })),
    passes,
  };
}

/** The best ones; those that only repeat a better one come last. */
function selectMembers(members: readonly Member[], count: number, mesh: RenderMesh, distinct: number): Member[] {
  const ranked = [...members].sort((a, b) => a.bestScore - b.bestScore || a.index - b.index);
  const kept: Member[] = [];
  const repeats: Member[] = [];
  for (const member of ranked) {
    const repeated = kept.some(other => poseDistance(other.best, member.best, mesh) < distinct);
    (repeated ? repeats : kept).push(member);
  }
  return [...kept, ...repeats].slice(0, count);
}

function note(member: Member, { score }: PoseTerms): void {
  member.score = score;
  if (!(score < member.bestScore)) return;
  member.bestScore = score;
  member.best = member.pose;
}

/** Scales between the ends of a stage, geometrically. */
function termSettings(settings: RefineSettings, stage: Stage, mesh: RenderMesh, pass: number): TermSettings {
  const share = stage.passes > 1 ? pass / (stage.passes - 1) : 1;
  const between = ([from, to]: readonly [number, number]) => from * (to / from) ** share;
  return {
    form: stage.kind,
    silhouetteScale: between(stage.silhouetteScale),
    depthScale: between(stage.depthScale) * mesh.diameter,
    maskWeight: settings.maskWeight,
    depthWeight: settings.depthWeight,
    scoreDepth: 0.05 * mesh.diameter,
    contourWeight: settings.contourWeight,
    contourReach: 6 * between(stage.silhouetteScale),
  };
}

/** Crop square over mask and start, and the maps inside it. */
export function mapsAround(
  observation: PoseObservation,
  mesh: RenderMesh,
  start: CamFromObject,
): { readonly maps: ObservationMaps; readonly rectangle: ReturnType<typeof cropSquare> } {
  const seen = maskBounds(observation.mask, observation.camera.width);
  if (seen === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The mask is empty: no pixel of it is above one half.',
      where: 'mask',
      tip: 'Give the mask of the visible object, or the value it has in the label picture.',
    });
  }
  const drawn = projectedBounds(mesh, observation.camera, start);
  if (drawn === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The start pose puts the object behind the camera or through its centre.',
      where: 'start',
      tip: 'Poses map object to camera with z forward (OpenCV axes); check whether this one is its inverse, or in OpenGL axes.',
    });
  }
  const rectangle = cropSquare([seen, drawn], 0.35);
  return { maps: observationMaps(observation, rectangle), rectangle };
}
