// How near refined poses come to the truth: sets x start shells x modes, fixed settings for all. One row per set and for all
// together: ADD mean and median (ADD-S of objects that their scene states to be symmetric), the median start, AUC at 2 cm,
// passes (looks at one member) and seconds per object.
// Arguments: FOLDER of the sets, STARTS per case and shell, words that sets, shells or modes must be among.

import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { publishedSettings, refinePublished } from '../src/fits/pose/published.ts';
import { polishSettings, type RefineResult, refineByDescent, refinePose } from '../src/fits/pose/refine.ts';
import { perturbPose, shells } from '../src/geometry/perturbed-starts.ts';
import { areaUnderCurve, createPoseRuler, median, poseErrors } from '../src/geometry/pose-metrics.ts';
import type { CamFromObject } from '../src/geometry/rigid.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createRandom } from '../src/numerics/random.ts';
import { type PoseCase, realCases, realSets, sampleCases } from './shared/pose-cases.ts';

const [folder = '../shared/data', startsText = '3', ...words] = process.argv.slice(2);
const starts = Number(startsText);
const sets = [...realSets, 'samples'];
const modes = ['polish', 'polish-single-mask', 'descent', 'diffdope'];
const isChosen = (word: string, among: readonly string[]) =>
  words.includes(word) || !words.some(given => among.includes(given));

function refine(
  mode: string,
  device: CpuDevice,
  { meshes, observation }: PoseCase,
  start: CamFromObject,
  seed: number,
): RefineResult {
  if (mode === 'diffdope') return refinePublished(device, meshes, observation, start, { ...publishedSettings, seed });
  if (mode === 'descent') return refineByDescent(device, meshes, observation, start, { members: 32, seed });
  const seen = mode === 'polish-single-mask' ? { ...observation, others: undefined } : observation;
  return refinePose(device, meshes, seen, start, { ...polishSettings, seed });
}

interface Row {
  readonly start: number;
  readonly end: number;
  readonly passes: number;
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
      mean(rows.map(({ passes }) => passes))
        .toFixed(0)
        .padStart(7),
      median(rows.map(({ seconds }) => seconds))
        .toFixed(2)
        .padStart(8),
    ].join(' '),
  );
}

const device = await openNodeDevice();
const loaded: { readonly set: string; readonly cases: readonly PoseCase[] }[] = [];
for (const set of sets.filter(word => isChosen(word, sets))) {
  const cases = set === 'samples' ? await sampleCases(device, 4, 1) : await realCases(device, folder, set);
  loaded.push({ set, cases });
}
const nameOf = ({ rotationDegrees, translationMillimetres }: (typeof shells)[number]) =>
  `${rotationDegrees}°/${translationMillimetres}mm`;
console.log('mode                shell       set              cases   start    mean   median    AUC  passes  seconds');
for (const mode of modes.filter(word => isChosen(word, modes))) {
  for (const shell of shells.filter(each => isChosen(nameOf(each), shells.map(nameOf)))) {
    const name = nameOf(shell);
    const all: Row[] = [];
    for (const { set, cases } of loaded) {
      const rows: Row[] = [];
      for (const each of cases) {
        const { model, meshes, truth, isSymmetric, place } = each;
        const ruler = createPoseRuler(model.mesh.positions, meshes.full.mesh.diameter);
        const error = (pose: CamFromObject) => {
          const { addMillimetres, addSMillimetres } = poseErrors(ruler, pose, truth);
          return isSymmetric ? addSMillimetres : addMillimetres;
        };
        for (let s = 0; s < starts; s++) {
          const start = perturbPose(truth, shell, createRandom(s, `${set} ${place} ${name}`));
          const began = performance.now();
          const { pose, passes } = refine(mode, device, each, start, 1 + s);
          const seconds = (performance.now() - began) / 1000;
          rows.push({ start: error(start), end: error(pose), passes, seconds });
        }
      }
      if (rows.length > 0) print(mode, name, set, rows);
      all.push(...rows);
    }
    if (all.length > 0) print(mode, name, 'all', all);
  }
}
device.dispose();
