// What a refined pose is worth, looked at once more where the refinement ended: its covariance, and how much of the object
// is to be seen.

import type { CamFromObject } from '../../geometry/rigid.ts';
import type { Symmetries } from '../../geometry/symmetry.ts';
import { depthEvidence, maskEvidence, type PoseCovariance, poseCovariance } from './covariance.ts';
import { centredPose } from './pose-steps.ts';
import { drawnSize, type PoseTarget } from './pose-target.ts';
import { polishSettings } from './refine.ts';
import { termSettings } from './staged-method.ts';
import { type Visibility, visibilityOf } from './visibility.ts';

export interface PoseAssessment {
  /** Undefined where the picture holds nothing of the pose. */
  readonly covariance: PoseCovariance | undefined;
  readonly visibility: Visibility;
}

/** Looks at the target as the last stage of `polish` does, with both weights 1. */
export function assessPose(target: PoseTarget, pose: CamFromObject, symmetries: Symmetries): PoseAssessment {
  const { mesh } = target;
  const stage = polishSettings.stages[polishSettings.stages.length - 1];
  const centred = centredPose(pose, mesh);
  const look = (depthWeight: number) => {
    const settings = termSettings(stage, polishSettings.contourWeight, { maskWeight: 1, depthWeight }, mesh);
    return { settings, terms: target.evaluate(stage, [{ pose: centred, settings }])[0] };
  };
  const [mask, both] = [look(0), look(1)];
  const size = drawnSize(target.rectangle, stage.size);
  const crop = target.crop(size);
  const imagePixels = target.rectangle.width / size;
  const depth = { ...both.terms, hessian: both.terms.hessian.map((value, i) => value - mask.terms.hessian[i]) };
  const evidence = [
    maskEvidence(mask.terms, crop.contour.length / 4, mask.settings, imagePixels),
    ...(target.hasDepth ? [depthEvidence(depth, crop.depthCount, both.settings, imagePixels)] : []),
  ];
  const { scoreDepth } = both.settings;
  return {
    covariance: poseCovariance(evidence, pose, mesh, symmetries.symmetryAxes),
    visibility: visibilityOf(target.draw(size, centred).depth, crop, scoreDepth),
  };
}
