// What refined poses are worth, looked at once more as the last stage of `polish` looks at them: how well each explains the
// picture, the covariance of one, and how much of the object is to be seen.

import type { CamFromObject } from '../../geometry/rigid.ts';
import type { Symmetries } from '../../geometry/symmetry.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import { depthEvidence, maskEvidence, type PoseCovariance, poseCovariance } from './covariance.ts';
import { centredPose, poseDistance } from './pose-steps.ts';
import { drawnSize, type PoseTarget } from './pose-target.ts';
import { polishSettings } from './refine.ts';
import { holdCurvature, startPenalty, termSettings } from './staged-method.ts';
import { type Visibility, visibilityOf } from './visibility.ts';

export interface PoseAssessment {
  /** Undefined where the picture holds nothing of the pose. */
  readonly covariance: PoseCovariance | undefined;
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

export interface PoseAssessor {
  /** In the order of the poses, at most as many as the target has members. */
  fitsOf(poses: readonly CamFromObject[]): PoseFit[];
  assess(pose: CamFromObject): PoseAssessment;
}

/** Looks at the full mesh with both weights 1, whatever the refinement was. */
export function createPoseAssessor(target: PoseTarget, symmetries: Symmetries): PoseAssessor {
  const { mesh, rectangle, views } = target;
  const stage = polishSettings.stages[polishSettings.stages.length - 1];
  const size = drawnSize(rectangle, stage.size);
  const settingsOf = (depthWeight: number) =>
    termSettings(stage, polishSettings.contourWeight, { maskWeight: 1, depthWeight, colourWeight: 0 }, mesh);
  const look = (poses: readonly CamFromObject[], depthWeight = 1) =>
    target.evaluate(
      stage,
      poses.map(pose => ({ pose: centredPose(pose, mesh), settings: settingsOf(depthWeight) })),
    );
  let known: PoseCrop | undefined;
  return {
    fitsOf: poses =>
      look(poses).map(({ score, maskShare }, p) => ({
        ...{ score, mask: maskShare, depth: score - maskShare },
        rank: score + startPenalty(centredPose(poses[p], mesh), target, polishSettings),
      })),
    assess(pose) {
      known ??= target.crop(size);
      const [[mask], [both]] = [look([pose], 0), look([pose])];
      const settings = settingsOf(1);
      const imagePixels = rectangle.width / size;
      const depth = { ...both, hessian: both.hessian.map((value, i) => value - mask.hessian[i]) };
      // Further views are taken to show as much as the first.
      const evidence = [
        maskEvidence(mask, (views * known.contour.length) / 4, settings, imagePixels),
        ...(target.hasDepth ? [depthEvidence(depth, views * known.depthCount, settings, imagePixels)] : []),
      ];
      const distance = poseDistance(target.start, centredPose(pose, mesh), mesh);
      const hold = { curvature: holdCurvature(polishSettings.startHold, distance ** 2), distance };
      return {
        covariance: poseCovariance(evidence, pose, mesh, symmetries.symmetryAxes, hold),
        visibility: visibilityOf(target.draw(size, centredPose(pose, mesh)).depth, known, settings.scoreDepth),
      };
    },
  };
}
