// Mean end-point error of optical flow, per preset: against the true flow of the Middlebury pairs beside OpenCV's DIS MEDIUM
// (figures of methods/flowmap.md), against the motion that depth and poses give in still scenes, and how the confidence tells
// wrong flow from right.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFlo } from '../src/formats/flo.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { decodePicture } from '../src/media/decode-picture.ts';
import { greyPicture } from '../src/media/grey-picture.ts';
import { type FlowField, type FlowPreset, flowPresets } from '../src/ops/flow/flow.ts';
import { createFlowSolver } from '../src/ops/flow/flow-cpu.ts';
import { readStaticScene } from './shared/static-scene.ts';

const data = process.argv[2] ?? '../shared/data';
const presets: readonly FlowPreset[] = ['fast', 'medium', 'fine'];
const device = await openNodeDevice();

interface Pair {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** [height, width, 2], NaN unknown. */
  readonly truth: Float32Array;
  /** Mean end-point error of OpenCV 4.12 DIS MEDIUM. */
  readonly openCv?: number;
}

function describe({ flow, confidence }: FlowField, truth: Float32Array) {
  const all: number[] = [];
  let [trusted, trustedSum] = [0, 0];
  for (let p = 0; p < confidence.length; p++) {
    const error = Math.hypot(flow[2 * p] - truth[2 * p], flow[2 * p + 1] - truth[2 * p + 1]);
    if (Number.isNaN(error)) continue;
    all.push(error);
    if (confidence[p] <= 0.5) continue;
    trusted++;
    trustedSum += error;
  }
  const sorted = Float64Array.from(all).sort();
  const mean = all.reduce((sum, error) => sum + error, 0) / all.length;
  return {
    mean,
    median: sorted[sorted.length >> 1],
    wrong: all.filter(error => error > 1).length / all.length,
    trusted: trusted / all.length,
    trustedMean: trustedSum / trusted,
  };
}

function report(pair: Pair): void {
  for (const preset of presets) {
    const solver = createFlowSolver(device, pair.width, pair.height, flowPresets[preset]);
    const { mean, median, wrong, trusted, trustedMean } = describe(
      solver.solve(pair.first, pair.second).forward,
      pair.truth,
    );
    solver.dispose();
    const ratio = pair.openCv === undefined ? '' : (mean / pair.openCv).toFixed(2);
    console.log(
      pair.name.padEnd(26) +
        preset.padEnd(8) +
        [
          mean.toFixed(3),
          median.toFixed(3),
          (100 * wrong).toFixed(1),
          trustedMean.toFixed(3),
          (100 * trusted).toFixed(0),
        ]
          .map(cell => cell.padStart(10))
          .join('') +
        ratio.padStart(12),
    );
  }
}

console.log(
  `${'pair'.padEnd(26)}preset  ${['mean px', 'median', '> 1 px %', 'c > ½: px', '%', 'of DIS MEDIUM'].map(text => text.padStart(10)).join('')}`,
);
for (const [name, openCv] of [
  ['RubberWhale', 0.224],
  ['Grove2', 0.324],
] as const) {
  const folder = join(data, 'flow_middlebury', name);
  if (!existsSync(folder)) {
    console.log(`${name}: skipped, ${folder} is not there`);
    continue;
  }
  const [a, b] = await Promise.all(
    ['frame10.png', 'frame11.png'].map(async file => decodePicture(readFileSync(join(folder, file)), file)),
  );
  const { flow } = decodeFlo(readFileSync(join(folder, 'flow10.flo')), name);
  report({
    name,
    width: a.width,
    height: a.height,
    first: greyPicture(a),
    second: greyPicture(b),
    truth: flow,
    openCv,
  });
}
for (const name of ['sfm_tartanair_hospital', 'sfm_7scenes_redkitchen']) {
  const folder = join(data, name);
  if (!existsSync(folder)) {
    console.log(`${name}: skipped, ${folder} is not there`);
    continue;
  }
  const { width, height, frames, project } = await readStaticScene(folder, 25);
  for (const [from, to] of [
    [10, 11],
    [10, 12],
    [10, 14],
    [20, 21],
    [20, 24],
  ]) {
    const truth = new Float32Array(2 * width * height).fill(Number.NaN);
    for (let p = 0; p < width * height; p++) {
      const [x, y] = [(p % width) + 0.5, Math.floor(p / width) + 0.5];
      const place = project(from, to, x, y);
      if (place !== undefined) truth.set([place[0] - x, place[1] - y], 2 * p);
    }
    report({ name: `${name.slice(4)} ${from} ${to}`, width, height, first: frames[from], second: frames[to], truth });
  }
}
device.dispose();
