// A pose as the engine refines it: the members of a method, what they look like, and how far from the truth they are where
// it is known.

import { type LoadedPoseScene, viewsOfObject } from '../../formats/pose-scene.ts';
import { decimateMesh } from '../../geometry/decimate.ts';
import { boundingBoxCentre } from '../../geometry/mesh-report.ts';
import { type CamFromObject, invert, matrix3x4, matrix4x4 } from '../../geometry/rigid.ts';
import type { Symmetries } from '../../geometry/symmetry.ts';
import { type DeviceMesh, type DrawnPoses, uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import type { LoadContext, Problem, SettingValues } from '../fit.ts';
import { observeObject, observeViews } from './observe.ts';
import { symmetriesOf, uploadPoseMeshes } from './pose-meshes.ts';
import type { PoseMethod } from './pose-method.ts';
import { createPoseResults } from './pose-results.ts';
import { centredPose } from './pose-steps.ts';
import { createPoseTarget, type PoseMeshes, type PoseTarget } from './pose-target.ts';
import { createPoseViews, type Drawing, drawSize, POSE_MEASURE, type PoseViewSource } from './pose-views.ts';
import { createPublishedMethod, publishedSettings } from './published.ts';
import { descentSettings, polishSettings } from './refine.ts';
import { createStagedMethod } from './staged-method.ts';
import { createSteeredMethod } from './steered-method.ts';

export interface PoseTask {
  readonly scene: LoadedPoseScene;
  readonly frame: number;
  readonly objectId: number;
  readonly start: CamFromObject;
  /** Pictures fitted together, this frame and the next ones whose cameras are known and that have the object. Left out: 1. */
  readonly views?: number;
  /** Whether the frame's other objects, at the poses that the scene has for them, hide this one. */
  readonly drawsOccluders?: boolean;
  /** Of the mesh; left out: found. */
  readonly symmetries?: Symmetries;
}

/** Of a mesh with more, the window gets so many. */
const MOST_SHOWN_TRIANGLES = 100_000;

/** Loads one object of one frame on the device, with its members. Throws `input` errors that name what is missing. */
export async function loadPose(
  task: PoseTask,
  members: readonly SettingValues[],
  { device, seed }: LoadContext,
): Promise<Problem> {
  const { scene, pixels, models } = task.scene;
  const object = observeObject(task.scene, task.frame, task.objectId, task.start);
  const { model, truth, image } = object;
  const meshes = await uploadPoseMeshes(device, model);
  const full = meshes.full.mesh;
  const others = new Map<number, DeviceMesh>();
  const meshOf = (objectId: number): DeviceMesh | undefined => {
    const other = task.drawsOccluders ? models.get(objectId) : undefined;
    if (other === undefined) return undefined;
    const onDevice = others.get(objectId) ?? uploadMesh(device, prepareMesh(other.mesh, other.name));
    others.set(objectId, onDevice);
    return onDevice;
  };
  const observations = observeViews(
    viewsOfObject(scene, task.frame, task.objectId, task.views ?? 1).map(position => ({
      frame: scene.frames[position],
      pixels: pixels[position],
    })),
    { objectId: task.objectId, camFromObject: task.start },
    boundingBoxCentre(model.mesh),
    meshOf,
  );
  const [observation] = observations;
  const target = createPoseTarget(device, meshes, observations, task.start, members.length);
  const method = createMethod(target, members, seed);
  const views = createPoseViews({
    ...{ image, observation, texture: model.texture, truth, diameterMillimetres: full.diameter },
    mesh: (await decimateMesh(model.mesh, MOST_SHOWN_TRIANGLES, 'keep')).mesh,
    rectangle: target.rectangle,
    crop: target.crop(drawSize),
    draw: drawOnce((poses, which) => {
      const numbers = poses.flatMap(pose => [...centredPose(pose, full)]);
      return target.draw({ size: drawSize, mesh: which }, Float64Array.from(numbers));
    }),
  });
  const results = createPoseResults(object, target, method, task.symmetries ?? (await symmetriesOf(model.mesh)));

  return {
    members: method.members.map(({ label, learningRate, passes, blocks }) => ({
      ...{ label, blocks, hyperDefaults: { learningRate }, rateScale: 1, ignores: method.ignores },
      maximumIterations: passes,
    })),
    summary: {
      title: [
        `${model.name}, frame ${task.frame}`,
        ...(observations.length > 1 ? [`${observations.length} views`] : []),
        `${members.length} members`,
        target.hasDepth ? 'mask and depth' : 'mask',
      ].join(', '),
      object: model.name,
      diameterMillimetres: full.diameter,
      triangles: full.triangles.length / 3,
      cropPixels: target.rectangle.width,
    },
    terms: method.terms,
    validationIs: 'rank',
    objective: 'moving',
    validationEvery: 1,
    evaluate(requests) {
      const began = performance.now();
      const evaluations = method.evaluate(requests);
      // Members are drawn together: each has its share of the time.
      const milliseconds = (performance.now() - began) / requests.length;
      return evaluations.map(evaluation => ({ ...evaluation, milliseconds }));
    },
    advance: method.advance,
    measure(member, { when, hyper }) {
      const pose = method.poseOf(member);
      const [x, y, z] = pose.translation;
      return {
        ...results.errors(member, when),
        ...(when === 'final' ? results.worth(member, hyper) : {}),
        ...{ x, y, z, [POSE_MEASURE]: [...matrix3x4(pose)] },
      };
    },
    views: views.descriptions,
    // Pictures of all members at every snapshot would cost more than the fit.
    records: (id, _member, when, iteration) => id === 'poses' || when === 'final' || isPictured(iteration),
    view: (id, member) => views.data(id, method.poseOf(member)),
    recorded: (id, those) => views.recorded(id, those.map(method.poseOf)),
    exports(member) {
      const pose = method.poseOf(member);
      const picture = views.data('overlay', pose).values;
      return [
        { name: 'cam_from_object', shape: [4, 4], values: Float32Array.from(matrix4x4(pose)) },
        { name: 'object_from_cam', shape: [4, 4], values: Float32Array.from(matrix4x4(invert(pose))) },
        {
          name: 'overlay',
          shape: picture.shape.slice(1),
          values: picture.values as Uint8Array,
          picture: { first: 'rows', offset: 0, range: 255, bits: 8 },
        },
      ];
    },
    files: results.files,
    dispose() {
      target.dispose();
      for (const mesh of [meshes.full, meshes.reduced, ...others.values()]) mesh.dispose();
    },
  };
}

function createMethod(target: PoseTarget, members: readonly SettingValues[], seed: number): PoseMethod {
  const [{ method, size }] = members;
  const seeds = { members: members.length, seed };
  if (method === 'polish') return createStagedMethod(target, { ...polishSettings, ...seeds });
  if (method === 'diffdope') return createPublishedMethod(target, { ...publishedSettings, ...seeds });
  const passes = members.map(({ iterations }) => Number(iterations));
  return createSteeredMethod(target, { ...descentSettings, ...seeds, passes, size: Number(size) });
}

/** Three in a decade: one in five of the snapshots. */
function isPictured(iteration: number): boolean {
  const step = (i: number) => Math.floor(3 * Math.log10(i));
  return iteration === 0 || step(iteration) !== step(iteration - 1);
}

/** Views of the same poses are asked for one after another: the last drawings are kept. */
function drawOnce(
  draw: (poses: readonly CamFromObject[], mesh: keyof PoseMeshes) => DrawnPoses,
): PoseViewSource['draw'] {
  let last: { readonly key: string; readonly drawn: Drawing[] } | undefined;
  return (poses, mesh) => {
    const key = [mesh, ...poses.flatMap(({ rotation, translation }) => [...rotation, ...translation])].join();
    if (last?.key === key) return last.drawn;
    const { triangles, depth } = draw(poses, mesh);
    const drawn = poses.map((_, p): Drawing => {
      const [from, to] = [p, p + 1].map(at => at * drawSize ** 2);
      return { triangles: triangles.subarray(from, to), depth: depth.subarray(from, to) };
    });
    last = { key, drawn };
    return drawn;
  };
}

/** Iterations of `polish`. */
export const polishPasses = polishSettings.stages.reduce((sum, { passes }) => sum + passes, 0);
