// Figures and files of a pose run at its present poses: errors where the truth is known, and at the end what the result is
// worth: its covariance, the verdict over all members, and everything as files.

import {
  averageNearestDistance,
  createPoseRuler,
  nearestEquivalent,
  type PoseRuler,
  plainErrors,
  sampledPoints,
} from '../../geometry/pose-metrics.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { isSymmetric, type Symmetries } from '../../geometry/symmetry.ts';
import type { EncodePicture, ExportFile, HyperValues, MeasureContext, Measures } from '../fit.ts';
import { createPoseAssessor, type PoseFit, type TermWeights } from './assessment.ts';
import type { ObservedObject } from './observe.ts';
import type { PoseMethod } from './pose-method.ts';
import type { PoseTarget } from './pose-target.ts';
import { resultFiles } from './result-files.ts';
import { clusterPoses, fitsAsWell, type PoseCluster } from './verdict.ts';

export interface PoseResults {
  /** Errors against the truth; nothing where it is not known. While the fit runs, over a sample of the vertices. */
  errors(member: number, when: MeasureContext['when']): Measures;
  /** Verdict and deviations of a member's pose. */
  worth(member: number, hyper: HyperValues): Measures;
  files(member: number, encodePicture: EncodePicture, hyper: HyperValues, seconds?: number): Promise<ExportFile[]>;
}

/** Vertices that errors of a running fit are measured with. */
const QUICK_POINTS = 300;
/** Those that look for their nearest one, while the fit runs and of its result: the search costs more than the fit. */
const searching = { running: 60, final: 2000 };

/** All poses at one moment. */
interface Survey {
  readonly key: string;
  readonly poses: readonly CamFromObject[];
  readonly fits: readonly PoseFit[];
  readonly clusters: readonly PoseCluster[];
}

/** `symmetries` are those of the object's mesh. */
export function createPoseResults(
  object: ObservedObject,
  target: PoseTarget,
  method: PoseMethod,
  symmetries: Symmetries,
): PoseResults {
  const { model, truth, observation, image } = object;
  const { mesh } = target;
  const assessor = createPoseAssessor(target, symmetries);
  const { positions } = model.mesh;
  const sampled = sampledPoints(positions, QUICK_POINTS);
  let ruler: PoseRuler | undefined;
  let last: Survey | undefined;

  /** Members are measured one after another at the same poses. */
  const survey = (): Survey => {
    const poses = method.members.map((_, member) => method.poseOf(member));
    const key = poses.map(({ rotation, translation }) => [...rotation, ...translation].join()).join();
    if (last?.key === key) return last;
    const fits = assessor.fitsOf(poses);
    const candidates = poses.map((pose, member) => ({ member, pose, score: fits[member].score }));
    last = { key, poses, fits, clusters: clusterPoses(candidates, mesh) };
    return last;
  };

  return {
    errors(member, when) {
      if (truth === undefined) return {};
      const pose = method.poseOf(member);
      const points = when === 'final' ? positions : sampled;
      const errors = plainErrors(points, pose, truth);
      if (!isSymmetric(symmetries)) return errors;
      ruler ??= createPoseRuler(positions, mesh.diameter);
      const equal = nearestEquivalent(pose, truth, symmetries);
      const { rotationDegrees, translationMillimetres } = plainErrors(points, pose, equal);
      const seekers = { ...ruler, points: sampledPoints(points, searching[when]) };
      return {
        addSMillimetres: averageNearestDistance(seekers, pose, equal),
        addMillimetres: errors.addMillimetres,
        ...{ rotationDegrees, translationMillimetres },
      };
    },
    worth(member, hyper) {
      const { clusters, poses, fits } = survey();
      const ranks = fits.map(({ rank }) => rank);
      const chosen = ranks.indexOf(Math.min(...ranks));
      const cluster = clusters.find(({ members }) => members.includes(member)) as PoseCluster;
      // What is chosen for being near the start may have a slightly larger score than a pose far from it.
      const isBeaten = !cluster.members.includes(chosen) && !fitsAsWell(cluster, clusters[0]);
      if (isBeaten) return { verdict: 'beaten' };
      const ordered = [{ ...cluster, pose: poses[member] }, ...clusters.filter(other => other !== cluster)];
      const { word, findings, figures } = assessor.judge(poses[member], ordered, weightsOf(hyper));
      return { verdict: word, ...(findings.length > 0 ? { finding: findings.join('; ') } : {}), ...figures };
    },
    files(member, encodePicture, hyper, seconds) {
      const { poses, fits, clusters } = survey();
      const { covariance, visibility } = assessor.assess(poses[member], weightsOf(hyper));
      return resultFiles(
        {
          ...{ ...object, image, clusters, camera: observation.camera, camFromObject: poses[member] },
          ...{ covariance, seconds, overlap: visibility.overlap },
          termNames: ['mask', 'depth'],
          members: method.members.map(({ label, learningRate }, m) => ({
            ...{ member: m, label, learningRate, loss: fits[m].score, terms: [fits[m].mask, fits[m].depth] },
            camFromObject: poses[m],
          })),
        },
        encodePicture,
      );
    },
  };
}

function weightsOf({ maskWeight, depthWeight }: HyperValues): TermWeights {
  return { maskWeight, depthWeight };
}
