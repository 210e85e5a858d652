// Whether the covariance of a refined pose says how wrong it is: samples photographed anew each time, and the development
// sets, refined from 10° and 4 mm. Errors in standard deviations, root mean square: about 1 where the covariance is right, 2
// where it promises twice as much as it holds. Per object, with and without depth; then the errors beside the deviations. The
// truth of real sets is itself known to a millimetre or three.
// Arguments: SCENES, PICTURES of each, FOLDER of the sets.

import { createPoseAssessor } from '../src/fits/pose/assessment.ts';
import { normalisedError, poseError } from '../src/fits/pose/covariance.ts';
import { createPoseTarget } from '../src/fits/pose/pose-target.ts';
import { refinePose } from '../src/fits/pose/refine.ts';
import { perturbPose } from '../src/geometry/perturbed-starts.ts';
import { median, nearestEquivalent } from '../src/geometry/pose-metrics.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createRandom } from '../src/numerics/random.ts';
import { type PoseCase, realCases, realSets, sampleCases } from './shared/pose-cases.ts';

const [scenesText = '4', picturesText = '4', folder = '../shared/data'] = process.argv.slice(2);
interface Row {
  /** Undefined where no covariance was given. */
  readonly normalised: number | undefined;
  /** Of rotation, along and across the viewing ray. */
  readonly errors: readonly number[];
  readonly expected: readonly number[];
}

const device = await openNodeDevice();
const rows = new Map<string, Row[]>();
function add(key: string, row: Row): void {
  rows.set(key, [...(rows.get(key) ?? []), row]);
}

function refine({ meshes, symmetries, observation, truth, place }: PoseCase, seed: string): Row {
  const { mesh } = meshes.full;
  const shell = { rotationDegrees: 10, translationMillimetres: 4 };
  const start = perturbPose(truth, shell, createRandom(1, `covariance ${seed} ${place}`));
  const { pose } = refinePose(device, meshes, observation, start);
  const target = createPoseTarget(device, meshes, [observation], start, 1);
  const { covariance } = createPoseAssessor(target, symmetries).assess(pose, { maskWeight: 1, depthWeight: 1 });
  target.dispose();
  const error = poseError(pose, nearestEquivalent(pose, truth, symmetries), mesh);
  const ray = Float64Array.from(target.start.filter((_, k) => k % 4 === 3));
  const shift = Math.hypot(...error.slice(3));
  const along = error.slice(3).reduce((sum, value, k) => sum + value * ray[k], 0) / Math.hypot(...ray);
  return {
    normalised: covariance && normalisedError(covariance, error),
    errors: [Math.hypot(...error.slice(0, 3)), Math.abs(along), Math.sqrt(Math.max(0, shift ** 2 - along ** 2))],
    expected: covariance
      ? [covariance.rotationDegrees, covariance.alongMillimetres, covariance.acrossMillimetres]
      : [Number.NaN, Number.NaN, Number.NaN],
  };
}

for (let seed = 1; seed <= Number(scenesText); seed++) {
  for (const each of await sampleCases(device, Number(picturesText), seed)) {
    const { observation, model } = each;
    add(`${model.name.padEnd(6)} mask and depth`, refine(each, `${seed}`));
    const blind = { ...each, observation: { ...observation, depth: undefined } };
    add(`${model.name.padEnd(6)} mask`, refine(blind, `${seed}`));
  }
}
for (const set of realSets) {
  for (const each of await realCases(device, folder, set)) add(set, refine(each, set));
}

const rms = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
/** Beyond this a refinement came to another pose altogether: what the verdict is for, and no covariance tells. */
const elsewhere = 6;
console.log(
  'object, terms          cases  none  elsewhere  normalised  median    rotation °      along mm     across mm   (error / expected)',
);
function line(key: string, all: readonly Row[]): void {
  const known = all.flatMap(({ normalised, ...row }) => (normalised === undefined ? [] : [{ ...row, normalised }]));
  const near = known.filter(({ normalised }) => normalised < elsewhere);
  const pair = (k: number) =>
    `${rms(near.map(({ errors }) => errors[k])).toFixed(2)} / ${rms(near.map(({ expected }) => expected[k])).toFixed(2)}`;
  console.log(
    [
      key.padEnd(22),
      String(all.length).padStart(5),
      String(all.length - known.length).padStart(5),
      String(known.length - near.length).padStart(10),
      rms(near.map(({ normalised }) => normalised))
        .toFixed(2)
        .padStart(11),
      median(known.map(({ normalised }) => normalised))
        .toFixed(2)
        .padStart(7),
      ...[0, 1, 2].map(k => pair(k).padStart(13)),
    ].join(' '),
  );
}
const isReal = (key: string) => realSets.includes(key);
for (const [key, all] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) if (!isReal(key)) line(key, all);
line(
  'all samples',
  [...rows].flatMap(([key, all]) => (isReal(key) ? [] : all)),
);
for (const [key, all] of rows) if (isReal(key)) line(key, all);
device.dispose();
