// Pose tables about a scene on disk: starts at exact distances from the truth, and how far refined poses are from it. For
// the command line; needs no engine.
import { readFile } from 'node:fs/promises';
import { decodeBopResults } from '../formats/bop-results.ts';
import type { PoseScene, SceneFrame, SceneInstance, SceneObject, ScenePose } from '../formats/pose-scene.ts';
import { meshDiameter } from '../geometry/mesh-report.ts';
import { perturbPose, type Shell } from '../geometry/perturbed-starts.ts';
import {
  averageDistance,
  countedBySymmetry,
  createPoseRuler,
  nearestEquivalent,
  type PoseErrors,
  type PoseRuler,
  type PoseSummary,
  poseErrors,
  summarisePoses,
} from '../geometry/pose-metrics.ts';
import type { CamFromObject } from '../geometry/rigid.ts';
import { findSymmetries, isSymmetric, noSymmetries, type Symmetries } from '../geometry/symmetry.ts';
import { readPoseModel, readPoseScene } from '../media/read-pose-scene.ts';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { type ComparedPose, confusionNotes, coverageNotes, otherSceneNotes } from './pose-table-notes.ts';

export interface StartRequest {
  readonly shells: readonly Shell[];
  readonly seed: number;
  /** Starts for each object in each frame and shell. */
  readonly perCase: number;
  /** Objects of which less is visible, where the scene says so, are left out; BOP takes 0.1. */
  readonly visibleShare: number;
}

/** Starts for the scene in a folder, see `makeStarts`. Throws a LabError of code 'input' where there would be none. */
export async function readStarts(
  scenePath: string,
  unitMillimetres: number | undefined,
  request: StartRequest,
): Promise<ScenePose[]> {
  const { scene } = await readPoseScene(scenePath, unitMillimetres);
  const starts = makeStarts(scene, request);
  if (starts.length > 0) return starts;
  throw new LabError({
    code: 'input',
    message: 'No object of the scene has a mesh, a true pose and enough of it to be seen.',
    tip: 'Give a scene with obj_to_cam in its scene.json, or with scene_gt.json and models; lower --visible.',
    where: scenePath,
  });
}

/**
 * Starts for every object with a mesh and a true pose, shell by shell, in the order of the frames. Each start has a random
 * stream of its own, so that a case keeps its starts whatever else is in the scene.
 */
export function makeStarts(scene: PoseScene, { shells, seed, perCase, visibleShare }: StartRequest): ScenePose[] {
  const withMesh = new Set(
    scene.objects.filter(({ meshFile }) => meshFile !== undefined).map(({ objectId }) => objectId),
  );
  return shells.flatMap(shell =>
    scene.frames.flatMap(({ imageId, instances }) =>
      instances.flatMap(({ objectId, camFromObject, visibleShare: share }, position) => {
        if (camFromObject === undefined || !withMesh.has(objectId) || (share ?? 1) < visibleShare) return [];
        return Array.from({ length: perCase }, (_, n) => {
          const { rotationDegrees, translationMillimetres } = shell;
          const purpose = `start ${imageId} ${objectId} ${position} ${rotationDegrees} ${translationMillimetres} ${n}`;
          return {
            sceneId: scene.sceneId ?? 0,
            imageId,
            objectId,
            score: 1,
            camFromObject: perturbPose(camFromObject, shell, createRandom(seed, purpose)),
            seconds: -1,
          };
        });
      }),
    ),
  );
}

export interface EvaluatedPose {
  readonly pose: ScenePose;
  readonly errors: PoseErrors;
  /**
   * Of an object that looks the same in several poses: against the one of them that is nearest, with ADD-S in the place of
   * ADD.
   */
  readonly bySymmetry: PoseErrors | undefined;
}

export interface PoseEvaluation {
  readonly poses: readonly EvaluatedPose[];
  readonly objects: readonly EvaluatedObject[];
  readonly all: PoseSummary;
  /** Objects that look the same in several poses by ADD-S, all others by ADD; undefined where there are none such. */
  readonly allBySymmetry: PoseSummary | undefined;
  readonly notes: readonly string[];
}

export interface EvaluatedObject {
  readonly objectId: number;
  readonly name: string;
  readonly summary: PoseSummary;
  readonly bySymmetry: PoseSummary | undefined;
}

/** What poses of one object are measured with. */
interface ObjectRuler extends PoseRuler {
  readonly looksTheSame: Symmetries;
}

/**
 * Compares the rows of a BOP results file with the truth of a scene; those that name another scene are noted. Of several
 * instances of an object in an image a row counts for the nearest. With `symmetries` 'use', poses that the scene states to
 * look the same count as the true one; with symmetries that the shape of its mesh has, an object is counted by ADD-S
 * besides. Rows that cannot be compared (no such image or object in the scene, no mesh, no true pose) are left out and
 * counted in a note. Throws a LabError of code 'input' where no row is left.
 */
export async function evaluatePoses(
  scenePath: string,
  posesPath: string,
  options: { readonly unitMillimetres: number | undefined; readonly symmetries: 'use' | 'ignore' },
): Promise<PoseEvaluation> {
  const { scene, folder } = await readPoseScene(scenePath, options.unitMillimetres);
  const rows = decodeBopResults(await readTable(posesPath), posesPath);
  if (rows.length === 0) {
    throw new LabError({
      code: 'input',
      message: 'The table of poses has a header and no rows.',
      tip: 'Give the table that a method wrote its poses to, a row for each object in each image.',
      where: posesPath,
    });
  }
  const rulers = new Map<number, ObjectRuler>();
  const notes = [...scene.notes, ...otherSceneNotes(scene, rows)];
  const poses: EvaluatedPose[] = [];
  const compared: ComparedPose[] = [];
  const leftOut = new Map<string, number[]>();
  for (const [index, pose] of rows.entries()) {
    const object = scene.objects.find(({ objectId }) => objectId === pose.objectId);
    const frame = scene.frames.find(({ imageId }) => imageId === pose.imageId);
    const truths = (frame?.instances ?? []).filter(hasTruth).filter(({ objectId }) => objectId === pose.objectId);
    if (object?.meshFile === undefined || truths.length === 0) {
      const reason = whyLeftOut(frame, object);
      leftOut.set(reason, leftOut.get(reason) ?? []);
      leftOut.get(reason)!.push(index);
      continue;
    }
    let ruler = rulers.get(pose.objectId);
    if (ruler === undefined) {
      const { mesh } = await readPoseModel(folder, object);
      ruler = {
        ...createPoseRuler(mesh.positions, object.diameterMillimetres ?? meshDiameter(mesh)),
        looksTheSame:
          options.symmetries === 'ignore' ? noSymmetries : isSymmetric(object) ? object : findSymmetries(mesh),
      };
      rulers.set(pose.objectId, ruler);
    }
    const { points } = ruler;
    const candidates = truths.map(({ camFromObject }) =>
      options.symmetries === 'use' ? nearestEquivalent(pose.camFromObject, camFromObject, object) : camFromObject,
    );
    const distances = candidates.map(truth => averageDistance(points, pose.camFromObject, truth));
    const truth = candidates[distances.indexOf(Math.min(...distances))];
    const errors = poseErrors(ruler, pose.camFromObject, truth);
    const { looksTheSame } = ruler;
    const equal = nearestEquivalent(pose.camFromObject, truth, looksTheSame);
    const bySymmetry = isSymmetric(looksTheSame)
      ? countedBySymmetry(poseErrors(ruler, pose.camFromObject, equal), ruler)
      : undefined;
    poses.push({ pose, errors, bySymmetry });
    compared.push({ camFromObject: pose.camFromObject, truths: truths.map(each => each.camFromObject), object, ruler });
  }
  const leftOutNotes = [...leftOut].map(
    ([reason, [first, ...more]]) =>
      `${more.length + 1} of ${rows.length} rows ${more.length === 0 ? 'is' : 'are each'} for ${reason}, such as row ${first + 2} (image ${rows[first].imageId}, object ${rows[first].objectId}).`,
  );
  if (poses.length === 0) {
    throw new LabError({
      code: 'input',
      message: `No row can be compared with a true pose. ${leftOutNotes.join(' ')}`,
      tip: 'Give the scene that the poses are for, with meshes and with obj_to_cam in its scene.json or with scene_gt.json; im_id of a scene.json is the position of the frame, from 0.',
      where: posesPath,
    });
  }
  notes.push(...leftOutNotes.map(note => `Left out: ${note}`));
  notes.push(...confusionNotes(compared), ...coverageNotes(scene, rows));
  const objects = scene.objects.flatMap(({ objectId, name }) => {
    const own = poses.filter(({ pose }) => pose.objectId === objectId);
    return own.length === 0 ? [] : [{ objectId, name, ...summaries(own) }];
  });
  const { summary: all, bySymmetry: allBySymmetry } = summaries(poses);
  return { poses, objects, all, allBySymmetry, notes };
}

function whyLeftOut(frame: SceneFrame | undefined, object: SceneObject | undefined): string {
  if (frame === undefined) return 'an image that the scene does not have';
  if (object === undefined) return 'an object that the scene does not have';
  return object.meshFile === undefined ? 'an object without a mesh' : 'an object without a true pose';
}

function summaries(poses: readonly EvaluatedPose[]): Pick<EvaluatedObject, 'summary' | 'bySymmetry'> {
  return {
    summary: summarisePoses(poses.map(({ errors }) => errors)),
    bySymmetry: poses.some(({ bySymmetry }) => bySymmetry)
      ? summarisePoses(poses.map(({ errors, bySymmetry }) => bySymmetry ?? errors))
      : undefined,
  };
}

function hasTruth(instance: SceneInstance): instance is SceneInstance & { readonly camFromObject: CamFromObject } {
  return instance.camFromObject !== undefined;
}

/** Throws a LabError of code 'input' where there is no such file. */
export async function readTable(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new LabError({
      code: 'input',
      message: 'The table of poses cannot be read.',
      tip: 'Give a CSV file as BOP writes it: scene_id,im_id,obj_id,score,R,t,time.',
      where: path,
      cause,
    });
  }
}
