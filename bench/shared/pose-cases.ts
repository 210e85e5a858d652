// The objects that the benches of poses refine: those of the development sets that are there, and of sample scenes, each with
// its true pose and what its picture shows of it.

import { existsSync } from 'node:fs';
import type { CpuDevice } from '../../src/devices/cpu/cpu-device.ts';
import type { PoseObservation } from '../../src/fits/pose/crop.ts';
import { observeInstance } from '../../src/fits/pose/observe.ts';
import { symmetriesOf, uploadPoseMeshes } from '../../src/fits/pose/pose-meshes.ts';
import type { PoseMeshes } from '../../src/fits/pose/pose-target.ts';
import { makeSampleScene } from '../../src/fits/pose/sample-scene.ts';
import type { LoadedPoseScene, PoseModel } from '../../src/formats/pose-scene.ts';
import type { CamFromObject } from '../../src/geometry/rigid.ts';
import type { Symmetries } from '../../src/geometry/symmetry.ts';
import { loadPoseScene } from '../../src/media/read-pose-scene.ts';

export const realSets = ['obj_ycbv', 'obj_lmo', 'obj_hope_scene2'];

export interface PoseCase {
  readonly model: PoseModel;
  readonly meshes: PoseMeshes;
  /** Of the shape. */
  readonly symmetries: Symmetries;
  /** Whether its scene states that it looks the same in several poses. */
  readonly isSymmetric: boolean;
  readonly observation: PoseObservation;
  readonly truth: CamFromObject;
  /** Where it is in its set, for seeds. */
  readonly place: string;
}

/** Of one set in `folder`; none, and a line that says so, where it is not there. */
export async function realCases(device: CpuDevice, folder: string, set: string): Promise<PoseCase[]> {
  if (existsSync(`${folder}/${set}`)) return casesOf(device, await loadPoseScene(`${folder}/${set}`));
  console.log(`${set} is not in ${folder}: skipped`);
  return [];
}

export function sampleCases(device: CpuDevice, frames: number, seed: number): Promise<PoseCase[]> {
  return casesOf(device, makeSampleScene({ frames, seed, width: 640 }));
}

/** Objects without a mask, a mesh or a true pose are left out. */
async function casesOf(device: CpuDevice, { scene, models, pixels }: LoadedPoseScene): Promise<PoseCase[]> {
  const cases: PoseCase[] = [];
  for (const [objectId, model] of models) {
    const stated = scene.objects.find(object => object.objectId === objectId);
    const isSymmetric = stated !== undefined && stated.symmetries.length + stated.symmetryAxes.length > 0;
    const meshes = await uploadPoseMeshes(device, model);
    const symmetries = await symmetriesOf(model.mesh);
    scene.frames.forEach(({ instances }, f) => {
      instances.forEach((instance, i) => {
        const { camFromObject: truth } = instance;
        const observation = observeInstance(pixels[f], instances, i);
        if (instance.objectId !== objectId || truth === undefined) return;
        if (!observation?.mask.some(value => value > 0.5)) return;
        cases.push({ model, meshes, symmetries, isSymmetric, observation, truth, place: `${f} ${i}` });
      });
    });
  }
  return cases;
}
