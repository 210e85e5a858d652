// Poses one after another without members to watch: what tables of starts are refined with. A mesh is put on the device
// once, then any frame and start may be asked for.
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { PoseModel } from '../../formats/pose-scene.ts';
import { boundingBoxCentre, reportMesh } from '../../geometry/mesh-report.ts';
import { type CamFromObject, transformPoint } from '../../geometry/rigid.ts';
import { angleBetween, radiansPerDegree } from '../../geometry/rotation.ts';
import type { RefinableModel, RefinedPose, RefineRequest } from '../fit.ts';
import { createPoseAssessor } from './assessment.ts';
import type { PoseObservation } from './crop.ts';
import { observeViews } from './observe.ts';
import { symmetriesOf, uploadPoseMeshes } from './pose-meshes.ts';
import { createPoseTarget, type PoseMeshes } from './pose-target.ts';
import { publishedSettings, refinePublished } from './published.ts';
import { polishSettings, type RefineResult, refineByDescent, refinePose } from './refine.ts';
import { reportUnits, requireStartable } from './units-report.ts';
import { clusterPoses, type PoseCluster } from './verdict.ts';

/** Members that are looked at once more for the verdict. */
const mostJudged = 8;

type Judged = Pick<RefinedPose, 'verdict' | 'findings' | 'figures'>;

/** Throws a LabError of code 'input' for a mesh without area. */
export async function createRefinableModel(device: CpuDevice, model: PoseModel): Promise<RefinableModel> {
  const { mesh } = model;
  const meshReport = reportMesh(mesh);
  const meshes = await uploadPoseMeshes(device, model);
  const centre = boundingBoxCentre(mesh);
  const symmetries = await symmetriesOf(mesh);

  /** The result and the best members as the last stage of `polish` sees them, whatever the method was. */
  const judge = (
    observations: readonly PoseObservation[],
    start: CamFromObject,
    { pose, members }: RefineResult,
  ): Judged => {
    const best = members.slice(0, mostJudged);
    const target = createPoseTarget(device, meshes, observations, start, best.length + 2);
    try {
      const assessor = createPoseAssessor(target, symmetries);
      const [before, after, ...fits] = assessor.fitsOf([start, pose, ...best.map(member => member.pose)]);
      const candidates = best.map(({ index, pose: other }, m) => ({
        member: index,
        pose: other,
        score: fits[m].score,
      }));
      const clusters = clusterPoses(candidates, target.mesh);
      const own = clusters.find(({ members: among }) => among.includes(best[0].index)) as PoseCluster;
      const { word, findings, figures } = assessor.judge(
        pose,
        [{ ...own, pose, score: after.score }, ...clusters.filter(other => other !== own)],
        { maskWeight: 1, depthWeight: 1 },
      );
      return {
        verdict: word,
        findings: [...findings, ...(after.score < before.score ? [] : ['no better than the start'])],
        figures: {
          ...{ score: after.score, startScore: before.score, maskLoss: after.mask, depthLoss: after.depth },
          ...figures,
        },
      };
    } finally {
      target.dispose();
    }
  };

  return {
    triangles: meshReport.triangles,
    mesh: meshes.full,
    refine(views, start, request, others): RefinedPose {
      const observations = observeViews(views, start, centre, objectId => others.get(objectId)?.mesh);
      const [{ camera, mask, depth }] = observations;
      const { camFromObject } = start;
      const report = reportUnits({
        ...{ camera, mask, mesh, meshReport, start: camFromObject, depthMillimetres: depth },
      });
      requireStartable(report);
      const began = performance.now();
      const result = refineByMethod(device, meshes, observations, camFromObject, request);
      const { pose } = result;
      const seconds = (performance.now() - began) / 1000;
      const judged = judge(observations, camFromObject, result);
      const [from, to] = [transformPoint(camFromObject, centre), transformPoint(pose, centre)];
      return {
        camFromObject: pose,
        seconds,
        ...judged,
        figures: {
          ...judged.figures,
          turnedDegrees: angleBetween(camFromObject.rotation, pose.rotation) / radiansPerDegree,
          movedMillimetres: Math.hypot(...to.map((value, k) => value - from[k])),
        },
        // What is true of the mesh is true of all its rows.
        warnings: report.warnings.filter(({ subject }) => subject !== 'mesh').map(({ message }) => message),
      };
    },
    dispose() {
      meshes.full.dispose();
      meshes.reduced.dispose();
    },
  };
}

function refineByMethod(
  device: CpuDevice,
  meshes: PoseMeshes,
  observations: readonly PoseObservation[],
  start: CamFromObject,
  { method, members, seed }: RefineRequest,
): RefineResult {
  if (method === 'diffdope') {
    return refinePublished(device, meshes, observations, start, { ...publishedSettings, members, seed });
  }
  if (method === 'descent') return refineByDescent(device, meshes, observations, start, { members, seed });
  return refinePose(device, meshes, observations, start, { ...polishSettings, members, seed });
}
