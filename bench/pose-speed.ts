// Milliseconds per member and pass of the pose terms (rasterise, mask, depth, gradient), their scaling with pixels,
// triangles, members and threads, the second-order form, the ratio to the readable reference, and one object from its start
// to its refined pose as the command line does it. Tenth percentiles of one run; of whole runs the median of seven.

import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { findFit } from '../src/engine/fits.ts';
import { cutCrop, observationMaps } from '../src/fits/pose/crop.ts';
import { movePose } from '../src/fits/pose/pose-steps.ts';
import { blobMesh } from '../src/geometry/primitives.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createRandom } from '../src/numerics/random.ts';
import { createPoseRenderer, uploadMesh } from '../src/ops/rasterise/pose-cpu.ts';
import { drawReference, evaluateReference } from '../src/ops/rasterise/pose-reference.ts';
import type { TermSettings } from '../src/ops/rasterise/pose-terms.ts';
import { prepareMesh } from '../src/ops/rasterise/render-mesh.ts';
import { type DrivenRun, timeDrivenRun } from './shared/driven-run.ts';

const terms: TermSettings = {
  ...{ form: 'descent', silhouetteScale: 4, depthScale: 4, maskWeight: 1, depthWeight: 1, scoreDepth: 5 },
  ...{ contourWeight: 0.5, contourReach: 12 },
};
const whole = { width: 384, height: 384, fx: 1400, fy: 1400, cx: 192, cy: 192 };
const square = { x: 0, y: 0, width: 384, height: 384 };
const truth = Float64Array.of(1, 0, 0, 2, 0, 0.8, -0.6, -3, 0, 0.6, 0.8, 600);

interface Case {
  readonly size: number;
  readonly triangles: number;
  readonly members: number;
  readonly form?: TermSettings['form'];
}

function prepare({ size, triangles, members }: Case) {
  // A blob of s segments and s / 2 rings has about s² triangles.
  const segments = Math.round(Math.sqrt(triangles));
  const mesh = prepareMesh(blobMesh(45, 0.15, segments, Math.round(segments / 2) + 1));
  const { ids, depth } = drawReference(mesh, { camera: whole }, truth);
  const observation = {
    camera: whole,
    mask: Float32Array.from(ids, id => (id >= 0 ? 1 : 0)),
    depth: Float32Array.from(depth, z => (Number.isFinite(z) ? z : 0)),
  };
  const crop = cutCrop(observationMaps(observation, square), square, size, { surface: 3, occluder: 6 });
  const random = createRandom(1, 'bench');
  const poses = new Float64Array(12 * members);
  for (let m = 0; m < members; m++) {
    const step = Float64Array.from({ length: 6 }, () => 0.03 * random.normal());
    poses.set(movePose(truth, step, mesh), 12 * m);
  }
  return { mesh, crop, poses };
}

/** Milliseconds per member and pass: the tenth percentile, which others on the machine disturb least. */
function time(device: CpuDevice, item: Case): { readonly milliseconds: number; readonly triangles: number } {
  const { mesh, crop, poses } = prepare(item);
  const uploaded = uploadMesh(device, mesh);
  const renderer = createPoseRenderer(device, uploaded, crop, item.members);
  const times: number[] = [];
  for (let i = 0; i < 60; i++) {
    const began = performance.now();
    renderer.evaluate(poses, { ...terms, form: item.form ?? 'descent' });
    times.push((performance.now() - began) / item.members);
  }
  renderer.dispose();
  uploaded.dispose();
  return { milliseconds: times.slice(20).sort((a, b) => a - b)[4], triangles: mesh.triangles.length / 3 };
}

const base: Case = { size: 64, triangles: 3000, members: 32 };
const blocks: [string, Case[]][] = [
  ['pixels', [32, 64, 96, 128, 192].map(size => ({ ...base, size }))],
  ['triangles', [300, 1000, 3000, 10000, 30000].map(triangles => ({ ...base, triangles }))],
  ['members', [1, 2, 8, 32, 128].map(members => ({ ...base, members }))],
  ['form', (['descent', 'second-order', 'published'] as const).map(form => ({ ...base, form }))],
];
const [one, two] = [await openNodeDevice({ threads: 1 }), await openNodeDevice({ threads: 2 })];
for (const [title, cases] of blocks) {
  console.log(`\nby ${title}: milliseconds per member and pass`);
  console.log('pixels  triangles  members  form          1 thread  2 threads  scaling');
  for (const item of cases) {
    const [alone, together] = [time(one, item), time(two, item)];
    const what = `${item.size}²`.padEnd(8) + String(alone.triangles).padEnd(11) + String(item.members).padEnd(9);
    const figures = [alone.milliseconds.toFixed(3).padStart(8), together.milliseconds.toFixed(3).padStart(10)].join(
      ' ',
    );
    const scaling = (alone.milliseconds / together.milliseconds).toFixed(2).padStart(8);
    console.log(`${what}${(item.form ?? 'descent').padEnd(13)} ${figures} ${scaling}`);
  }
}
console.log('\nagainst the readable reference, one thread');
for (const form of ['descent', 'second-order'] as const) {
  const { mesh, crop, poses } = prepare({ ...base, members: 1 });
  const times = Array.from({ length: 9 }, () => {
    const began = performance.now();
    evaluateReference(mesh, crop, poses, { ...terms, form });
    return performance.now() - began;
  });
  const reference = times.sort((a, b) => a - b)[4];
  const ours = time(one, { ...base, form }).milliseconds;
  console.log(
    `${form.padEnd(13)} reference ${reference.toFixed(2)} ms  kernel ${ours.toFixed(3)} ms  ratio ${(reference / ours).toFixed(0)}`,
  );
}

console.log('\none object, command line: default settings, 32 members, milliseconds after loading, median of seven');
console.log('                two threads: time                  one thread: of the processor');
console.log('sample   engine alone  to the pose  with files   engine alone  to the pose  with files');
const pose = findFit('pose');
for (const sample of pose.samples) {
  const settings = Object.fromEntries(Object.entries(sample.settings ?? {}).map(([name, value]) => [name, `${value}`]));
  const input = sample.make();
  const runsOn = async (device: CpuDevice) => {
    const runs: DrivenRun[] = [];
    for (let i = 0; i < 7; i++) runs.push(await timeDrivenRun(device, pose, input, settings));
    return (of: (run: DrivenRun) => number) => runs.map(of).sort((a, b) => a - b)[3];
  };
  const [time, processor] = [await runsOn(two), await runsOn(one)];
  const cells = [
    time(({ steps }) => steps.reduce((sum, each) => sum + each, 0)),
    time(({ running }) => running),
    time(({ whole }) => whole),
    processor(({ processors }) => processors.steps),
    processor(({ processors }) => processors.running),
    processor(({ processors }) => processors.whole),
  ].map((value, c) => value.toFixed(0).padStart([12, 13, 12, 15, 13, 12][c]));
  console.log(`${sample.id.padEnd(9)}${cells.join('')}`);
}
one.dispose();
two.dispose();
