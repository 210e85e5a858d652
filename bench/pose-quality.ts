// How near refined poses come to the truth: sets x start shells x modes, fixed settings for all. One row per set and for all
// together: ADD mean and median (ADD-S of objects that their scene states to be symmetric), the median start, AUC at 2 cm,
// seconds per object.
// Arguments: FOLDER of the sets, STARTS per case and shell, words that sets, shells or modes must be among.

import { existsSync } from 'node:fs';
import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import type { PoseObservation } from '../src/fits/pose/crop.ts';
import { observeInstance } from '../src/fits/pose/observe.ts';
import { uploadPoseMeshes } from '../src/fits/pose/pose-meshes.ts';
import type { PoseMeshes } from '../src/fits/pose/pose-target.ts';
import { publishedSettings, refinePublished } from '../src/fits/pose/published.ts';
import { descentSettings, polishSettings, type RefineResult, refinePose } from '../src/fits/pose/refine.ts';
import { makeSampleScene } from '../src/fits/pose/sample-scene.ts';
import type { LoadedPoseScene } from '../src/formats/pose-scene.ts';
import { perturbPose, shells } from '../src/geometry/perturbed-starts.ts';
import { areaUnderCurve, createPoseRuler, median, poseErrors } from '../src/geometry/pose-metrics.ts';
import type { CamFromObject } from '../src/geometry/rigid.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { loadPoseScene } from '../src/media/read-pose-scene.ts';
import { createRandom } from '../src/numerics/random.ts';

const [folder = '../shared/data', startsText = '3', ...words] = process.argv.slice(2);
const starts = Number(startsText);
const sets = ['obj_ycbv', 'obj_lmo', 'obj_hope_scene2', 'samples'];
const modes = ['polish', 'polish-single-mask', 'descent', 'diffdope'];
const isChosen = (word: string, among: readonly string[]) =>
  words.includes(word) || !words.some(given => among.includes(given));

function refine(
  mode: string,
  device: CpuDevice,
  meshes: PoseMeshes,
  observation: PoseObservation,
  start: CamFromObject,
  seed: number,
): RefineResult {
  if (mode === 'diffdope') return refinePublished(device, meshes, observation, start, { ...publishedSettings, seed });
  const settings = { ...(mode === 'descent' ? descentSettings : polishSettings), seed };
  const seen = mode === 'polish-single-mask' ? { ...observation, others: undefined } : observation;
  return refinePose(device, meshes, seen, start, settings);
}

interface Row {
  readonly start: number;
  readonly end: number;
  readonly seconds: number;
}

function print(mode: string, shell: string, set: string, rows: readonly Row[]): void {
  const ends = rows.map(({ end }) => end);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(
    [
      mode.padEnd(19),
      shell.padEnd(11),
      set.padEnd(16),
      String(rows.length).padStart(5),
      median(rows.map(({ start }) => start))
        .toFixed(1)
        .padStart(7),
      mean(ends).toFixed(2).padStart(7),
      median(ends).toFixed(2).padStart(8),
      (100 * areaUnderCurve(ends, 20)).toFixed(1).padStart(6),
      median(rows.map(({ seconds }) => seconds))
        .toFixed(2)
        .padStart(8),
    ].join(' '),
  );
}

const device = await openNodeDevice();
const loaded: { readonly set: string; readonly data: LoadedPoseScene; readonly meshes: Map<number, PoseMeshes> }[] = [];
for (const set of sets) {
  if (!isChosen(set, sets)) continue;
  if (set !== 'samples' && !existsSync(`${folder}/${set}`)) {
    console.log(`${set} is not in ${folder}: skipped`);
    continue;
  }
  const data =
    set === 'samples' ? makeSampleScene({ frames: 4, seed: 1, width: 640 }) : await loadPoseScene(`${folder}/${set}`);
  const meshes = new Map<number, PoseMeshes>();
  for (const [id, model] of data.models) meshes.set(id, await uploadPoseMeshes(device, model));
  loaded.push({ set, data, meshes });
}
console.log('mode                shell       set              cases   start    mean   median    AUC  seconds');
for (const mode of modes.filter(word => isChosen(word, modes))) {
  for (const shell of shells) {
    const name = `${shell.rotationDegrees}°/${shell.translationMillimetres}mm`;
    if (
      !isChosen(
        name,
        shells.map(s => `${s.rotationDegrees}°/${s.translationMillimetres}mm`),
      )
    )
      continue;
    const all: Row[] = [];
    for (const { set, data, meshes } of loaded) {
      const rows: Row[] = [];
      const symmetric = new Set(
        data.scene.objects
          .filter(({ symmetries, symmetryAxes }) => symmetries.length + symmetryAxes.length > 0)
          .map(({ objectId }) => objectId),
      );
      data.scene.frames.forEach((frame, f) => {
        frame.instances.forEach((instance, i) => {
          const truth = instance.camFromObject;
          const model = data.models.get(instance.objectId);
          const uploaded = meshes.get(instance.objectId);
          const observation = observeInstance(data.pixels[f], frame.instances, i);
          if (truth === undefined || !model || !uploaded || !observation?.mask.some(value => value > 0.5)) return;
          const ruler = createPoseRuler(model.mesh.positions, uploaded.full.mesh.diameter);
          const isSymmetric = symmetric.has(instance.objectId);
          for (let s = 0; s < starts; s++) {
            const start = perturbPose(truth, shell, createRandom(s, `${set} ${f} ${i} ${name}`));
            const began = performance.now();
            const { pose } = refine(mode, device, uploaded, observation, start, 1 + s);
            const seconds = (performance.now() - began) / 1000;
            const error = (each: CamFromObject) => {
              const { addMillimetres, addSMillimetres } = poseErrors(ruler, each, truth);
              return isSymmetric ? addSMillimetres : addMillimetres;
            };
            rows.push({ start: error(start), end: error(pose), seconds });
          }
        });
      });
      if (rows.length > 0) print(mode, name, set, rows);
      all.push(...rows);
    }
    if (all.length > 0) print(mode, name, 'all', all);
  }
}
device.dispose();
