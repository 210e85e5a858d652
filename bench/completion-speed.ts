// Milliseconds per completion iteration: of the operators alone (synthesis, residual, losses, both gradients, a bare
// update), and of the whole run as the command line drives it (optimizer, stop rules, trace, measures, recorded pictures,
// checkpoints). Medians and means of one process; ratios are against the first row of each block.

import '@tensorflow/tfjs-backend-cpu';
import { env } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { type FitInput, findFit } from '../src/engine/fits.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createRandom } from '../src/numerics/random.ts';
import { createCompletionData, createCompletionFactors } from '../src/ops/completion/completion-cpu.ts';
import { evaluateTfjs } from '../src/ops/completion/completion-tfjs.ts';
import { createTransform, type TransformId } from '../src/ops/mode3-transform/transform.ts';
import { timeDrivenRun } from './shared/driven-run.ts';

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  readonly rank: number;
  readonly transform: TransformId;
}

/** Median milliseconds of an iteration. */
function time(device: CpuDevice, { rows, columns, k, rank, transform }: Case): number {
  const random = createRandom(1, 'bench');
  const count = rows * columns * k;
  const values = Float32Array.from({ length: count }, () => random.uniform());
  const mask = Uint8Array.from({ length: count }, () => (random.uniform() < 0.3 ? 1 : 0));
  const data = createCompletionData(device, rows, columns, k, values, mask);
  const factors = createCompletionFactors(device, rows, columns, rank, createTransform(transform, k));
  const blocks = [
    [factors.left.values, factors.gradLeft.values],
    [factors.right.values, factors.gradRight.values],
  ];
  for (const [block] of blocks) for (let i = 0; i < block.length; i++) block[i] = 0.01 * random.normal();
  const times: number[] = [];
  for (let i = 0; i < 60; i++) {
    const began = performance.now();
    factors.evaluate(data, { weight: 0, epsilon: 0.1, directions: 2, channels: 'separate' });
    for (const [block, gradient] of blocks) for (let n = 0; n < block.length; n++) block[n] -= 1e-5 * gradient[n];
    times.push(performance.now() - began);
  }
  factors.dispose();
  data.dispose();
  return times.slice(20).sort((a, b) => a - b)[20];
}

/** 6 n1 n2 R c, with c = k for real transforms and the real arithmetic of the half spectrum for the DFT. */
function gigaflop({ rows, columns, k, rank, transform }: Case): number {
  const c = transform !== 'dft' ? k : k % 2 === 1 ? 2 * k - 1 : Math.max(1, 2 * k - 2);
  return (6 * rows * columns * rank * c) / 1e9;
}

const picture: Case = { rows: 300, columns: 451, k: 3, rank: 100, transform: 'dct' };
const cases: [string, Case[]][] = [
  ['transform', [picture, { ...picture, transform: 'dft' }]],
  ['rank', [25, 50, 100, 150].map(rank => ({ ...picture, rank }))],
  ['size', [150, 300, 600].map(rows => ({ ...picture, rows, columns: Math.round(1.5 * rows) }))],
  ['tubes', [1, 2, 3, 4, 8, 30, 90].map(k => ({ ...picture, rows: 90, columns: 108, rank: 30, k }))],
];
for (const twin of ['simd', 'relaxed-simd'] as const) {
  for (const [title, block] of cases) {
    console.log(`\n${twin}, by ${title}`);
    console.log('size              R  transform  1 thread  2 threads  scaling  Gflop/s');
    const [one, two] = [await openNodeDevice({ threads: 1, twin }), await openNodeDevice({ threads: 2, twin })];
    for (const item of block) {
      const [alone, together] = [time(one, item), time(two, item)];
      const size = `${item.rows} x ${item.columns} x ${item.k}`.padEnd(16);
      const figures = `${alone.toFixed(2).padStart(7)} ms ${together.toFixed(2).padStart(7)} ms ${(alone / together).toFixed(2).padStart(8)} ${((gigaflop(item) / together) * 1000).toFixed(1).padStart(8)}`;
      console.log(`${size} ${String(item.rank).padStart(3)}  ${item.transform.padEnd(8)} ${figures}`);
    }
    one.dispose();
    two.dispose();
  }
}

/** A picture that keeps a descent busy: waves of many directions, and noise. */
function wavyPicture(rows: number, columns: number, channels: number): FitInput {
  const random = createRandom(2, 'bench picture');
  const waves = Array.from({ length: 40 }, () => [
    0.4 * random.normal(),
    0.4 * random.normal(),
    6.3 * random.uniform(),
  ]);
  const values = Float32Array.from({ length: rows * columns * channels }, (_, at) => {
    const [i, j, c] = [Math.floor(at / channels / columns), Math.floor(at / channels) % columns, at % channels];
    const sum = waves.reduce((total, [a, b, phase]) => total + Math.sin(a * i + b * j + phase + c), 0);
    return Math.min(1, Math.max(0, 0.5 + 0.04 * sum + 0.02 * random.normal()));
  });
  return { name: 'bench', kind: 'picture', shape: [rows, columns, channels], values, fullScale: 255 };
}

const ITERATIONS = 600;

/** Milliseconds per iteration of a run: steps alone, and driven with all its records. */
async function timeRun(device: CpuDevice, { rows, columns, k, rank, transform }: Case) {
  // Without held-out entries no stop rule ends it early.
  const settings = { rank: String(rank), transform, iterations: String(ITERATIONS), sampling: '0.3', validation: '0' };
  const { steps, running, iterations } = await timeDrivenRun(
    device,
    findFit('tubal'),
    wavyPicture(rows, columns, k),
    settings,
  );
  const mean = steps.reduce((sum, each) => sum + each, 0) / steps.length;
  return { mean, median: [...steps].sort((a, b) => a - b)[steps.length >> 1], whole: running / iterations };
}

console.log(`\nthe whole run, ${ITERATIONS} iterations: engine steps, and all that the command line does between them`);
console.log(
  'size              R  transform  twin          operators   step: median    mean   whole run   measures and records',
);
for (const twin of ['simd', 'relaxed-simd'] as const) {
  const both = await openNodeDevice({ threads: 2, twin });
  for (const item of [picture, { ...picture, transform: 'dft' as const }]) {
    const alone = time(both, item);
    const { mean, median, whole } = await timeRun(both, item);
    const size = `${item.rows} x ${item.columns} x ${item.k}`.padEnd(16);
    const cells = [alone, median, mean, whole, whole - mean]
      .map(value => `${value.toFixed(2)} ms`.padStart(11))
      .join('');
    console.log(`${size} ${String(item.rank).padStart(3)}  ${item.transform.padEnd(8)}  ${twin.padEnd(12)} ${cells}`);
  }
  both.dispose();
}

console.log('\nagainst the tfjs reference with automatic gradients, on tfjs-backend-cpu (one thread)');
console.log('size              R  transform  reference   ours, 2 threads   ratio');
env().set('IS_TEST', true);
const device = await openNodeDevice({ threads: 2 });
for (const item of [picture, { ...picture, transform: 'dft' as const }]) {
  const { rows, columns, k, rank, transform } = item;
  const random = createRandom(1, 'bench');
  const normals = (count: number) => Float32Array.from({ length: count }, () => 0.01 * random.normal());
  const y = normals(rows * columns * k);
  const mask = Uint8Array.from(y, () => (random.uniform() < 0.3 ? 1 : 0));
  const smoothness = { weight: 0, epsilon: 0.1, directions: 2, channels: 'separate' } as const;
  const problem = { rows, columns, rank, transform: createTransform(transform, k), y, mask, smoothness };
  const [left, right] = [normals(rows * rank * k), normals(columns * rank * k)];
  const began = performance.now();
  evaluateTfjs(problem, left, right);
  const reference = performance.now() - began;
  const ours = time(device, item);
  const size = `${rows} x ${columns} x ${k}`.padEnd(16);
  const figures = `${reference.toFixed(0).padStart(8)} ms ${ours.toFixed(2).padStart(14)} ms ${(reference / ours).toFixed(0).padStart(8)}`;
  console.log(`${size} ${String(rank).padStart(3)}  ${transform.padEnd(8)} ${figures}`);
}
device.dispose();
