// What refined poses are worth, looked at once more as the last stage of `polish` looks at them: how well each explains the
// picture, the covariance of one, how much of the object is to be seen, and all of that in words.

import type { CamFromObject } from '../../geometry/rigid.ts';
import type { Symmetries } from '../../geometry/symmetry.ts';
import type { PoseCrop, TermSettings } from '../../ops/rasterise/pose-terms.ts';
import { type PoseCovariance, poseCovariance } from './covariance.ts';
import { type CentredPose, centredPose, movePose, poseOf, stepBetween } from './pose-steps.ts';
import { drawnSize, type PoseTarget } from './pose-target.ts';
import { polishSettings } from './refine.ts';
import { holdCurvature, startPenalty, termSettings } from './staged-method.ts';
import { isExplained, judgePose, type PoseCluster, type Verdict } from './verdict.ts';
import { type Visibility, visibilityOf } from './visibility.ts';

export interface PoseAssessment {
  /** Undefined where the picture holds nothing of the pose, does not look like it, or has its least loss elsewhere. */
  readonly covariance: PoseCovariance | undefined;
  /** Where the loss has its least nearby, if that is too far away for a covariance. */
  readonly leastAt: CamFromObject | undefined;
  readonly visibility: Visibility;
}

/** Parts of the score: mask L1 over the mask's area, and mean capped depth difference. */
export interface PoseFit {
  readonly score: number;
  readonly mask: number;
  readonly depth: number;
  /** The score with the pull towards the start by which `polish` chooses its result: the least is best. */
  readonly rank: number;
}

/** What counted in a refinement: a term of weight 0 says nothing of its result. */
export interface TermWeights {
  readonly maskWeight: number;
  readonly depthWeight: number;
}

export interface PoseWorth extends Verdict {
  readonly covariance: PoseCovariance | undefined;
  /** Named with their units; deviations only where there is a covariance. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface PoseAssessor {
  /** In the order of the poses, at most as many as the target has members; both terms count. */
  fitsOf(poses: readonly CamFromObject[]): PoseFit[];
  assess(pose: CamFromObject, weights: TermWeights): PoseAssessment;
  /** `clusters` of clusterPoses, that of `pose` first. */
  judge(pose: CamFromObject, clusters: readonly PoseCluster[], weights: TermWeights): PoseWorth;
}

/** Unitless length of a step to the least loss beyond which the loss is not what it is at a minimum. */
const longestToMinimum = 0.03;
/** A step to it that changes nothing, and how many are made. */
const settledWithin = 0.002;
const mostSteps = 6;

/** Looks at the full mesh, whatever the refinement was. */
export function createPoseAssessor(target: PoseTarget, symmetries: Symmetries): PoseAssessor {
  const { mesh, rectangle } = target;
  const stage = polishSettings.stages[polishSettings.stages.length - 1];
  const size = drawnSize(rectangle, stage.size);
  const settingsOf = (weights: TermWeights) =>
    termSettings(stage, polishSettings.contourWeight, { ...weights, colourWeight: 0 }, mesh);
  let known: PoseCrop | undefined;
  const covarianceAt = (at: CentredPose, beside: Float64Array, settings: TermSettings) => {
    const { mask, depth } = target.tiles(stage, { pose: at, settings });
    const away = stepBetween(target.start, at, mesh);
    const hold = { curvature: holdCurvature(polishSettings.startHold, Math.hypot(...away) ** 2), away };
    return poseCovariance([mask, depth], poseOf(at, mesh), mesh, symmetries.symmetryAxes, hold, beside);
  };
  const assess = (pose: CamFromObject, weights: TermWeights): PoseAssessment => {
    known ??= target.crop(size);
    const centred = centredPose(pose, mesh);
    const settings = settingsOf(weights);
    const seen = visibilityOf(target.draw({ size, mesh: 'full' }, centred).depth, known, settings.scoreDepth);
    const visibility = weights.depthWeight > 0 ? seen : { ...seen, depthAgreement: undefined };
    if (!isExplained(visibility)) return { visibility, covariance: undefined, leastAt: undefined };
    // Newton's steps: one where the pose is at a minimum, some more to find it.
    let beside = new Float64Array(6);
    for (let step = 1; ; step++) {
      const at = movePose(centred, beside, mesh);
      const covariance = covarianceAt(at, beside, settings);
      if (covariance === undefined) return { visibility, covariance, leastAt: undefined };
      const { toMinimum } = covariance;
      const isSettled = Math.hypot(...toMinimum.map((value, k) => value - beside[k])) < settledWithin;
      if (isSettled || step === mostSteps) {
        return Math.hypot(...toMinimum) > longestToMinimum
          ? { visibility, covariance: undefined, leastAt: poseOf(movePose(centred, toMinimum, mesh), mesh) }
          : { visibility, covariance, leastAt: undefined };
      }
      beside = Float64Array.from(toMinimum);
    }
  };
  return {
    fitsOf(poses) {
      const settings = settingsOf({ maskWeight: 1, depthWeight: 1 });
      const centred = poses.map(pose => centredPose(pose, mesh));
      const looks = target.evaluate(
        stage,
        centred.map(pose => ({ pose, settings })),
      );
      return looks.map(({ score, maskShare }, p) => ({
        ...{ score, mask: maskShare, depth: score - maskShare },
        rank: score + startPenalty(centred[p], target, polishSettings),
      }));
    },
    assess,
    judge(pose, clusters, weights) {
      const { covariance, leastAt, visibility } = assess(pose, weights);
      const start = poseOf(target.start, mesh);
      const verdict = judgePose({ mesh, symmetries, start, clusters, visibility, covariance, leastAt });
      const { overlap, hiddenShare, depthAgreement } = visibility;
      return {
        ...verdict,
        covariance,
        figures: {
          ...{ overlap, hiddenShare, ...(depthAgreement !== undefined && { depthAgreement }) },
          ...(covariance && {
            rotationDeviationDegrees: covariance.rotationDegrees,
            alongDeviationMillimetres: covariance.alongMillimetres,
            acrossDeviationMillimetres: covariance.acrossMillimetres,
          }),
        },
      };
    },
  };
}
