// Milliseconds of dense optical flow at 640 × 480 per preset: one direction (what OpenCV's DIS MEDIUM takes 18.5 ms for on two
// idle threads), both with confidence, the share of each kernel, scaling with threads and size, the ratio to the readable
// reference; and of tracks per frame. Lowest quarter of one run.

import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { type FlowPreset, flowPresets } from '../src/ops/flow/flow.ts';
import { createFlowSolver } from '../src/ops/flow/flow-cpu.ts';
import { flowReference } from '../src/ops/flow/flow-reference.ts';
import { createTexture, drawTexture, similarity } from '../src/ops/flow/moving-texture.ts';
import { createPointTracker, trackSettings } from '../src/ops/tracks/tracker.ts';
import { createTrackOperators } from '../src/ops/tracks/tracks-cpu.ts';

const openCvMilliseconds = 18.5;

function pair(width: number, height: number): [Float32Array, Float32Array] {
  const texture = createTexture(1);
  const { inverse } = similarity([width / 2, height / 2], 2, 1.02, [4.3, -2.7]);
  return [drawTexture(texture, width, height, (x, y) => [x, y]), drawTexture(texture, width, height, inverse)];
}

/** The device, and milliseconds spent in each of its kernels. */
function timed(device: CpuDevice): { readonly device: CpuDevice; readonly spent: Map<string, number> } {
  const spent = new Map<string, number>();
  const dispatch: CpuDevice['dispatch'] = (kernel, args, chunks) => {
    const began = performance.now();
    device.dispatch(kernel, args, chunks);
    spent.set(kernel, (spent.get(kernel) ?? 0) + performance.now() - began);
  };
  return { device: { ...device, dispatch }, spent };
}

/** The lower quartile of repeated calls, which others on the machine disturb least. */
function milliseconds(times: number, action: () => void): number {
  for (let i = 0; i < 3; i++) action();
  const taken = Array.from({ length: times }, () => {
    const began = performance.now();
    action();
    return performance.now() - began;
  });
  return taken.sort((a, b) => a - b)[Math.floor(times / 4)];
}

const [one, two] = [await openNodeDevice({ threads: 1 }), await openNodeDevice({ threads: 2 })];
const [width, height] = [640, 480];
const [first, second] = pair(width, height);

console.log('640 × 480, milliseconds');
console.log('preset   one way: 1 thread  2 threads  of DIS MEDIUM   both ways, confidence: 2 threads');
for (const preset of Object.keys(flowPresets) as FlowPreset[]) {
  const figures = [one, two].map(device => {
    const solver = createFlowSolver(device, width, height, flowPresets[preset]);
    const forward = milliseconds(20, () => solver.forward(first, second));
    const both = milliseconds(12, () => solver.solve(first, second));
    solver.dispose();
    return { forward, both };
  });
  const ratio = figures[1].forward / openCvMilliseconds;
  console.log(
    preset.padEnd(8) +
      figures[0].forward.toFixed(1).padStart(18) +
      figures[1].forward.toFixed(1).padStart(11) +
      ratio.toFixed(2).padStart(15) +
      figures[1].both.toFixed(1).padStart(20),
  );
}

console.log('\nshares of the kernels, medium, one way, one thread');
{
  const { device, spent } = timed(one);
  const solver = createFlowSolver(device, width, height, flowPresets.medium);
  for (let i = 0; i < 20; i++) solver.forward(first, second);
  solver.dispose();
  const total = [...spent.values()].reduce((sum, value) => sum + value, 0);
  for (const [kernel, time] of [...spent].sort((a, b) => b[1] - a[1])) {
    console.log(
      `${kernel.padEnd(22)}${((100 * time) / total).toFixed(1).padStart(6)} %${(time / 20).toFixed(2).padStart(8)} ms`,
    );
  }
}

console.log('\nby size, medium, both ways, two threads: milliseconds, nanoseconds per pixel');
for (const scale of [0.5, 1, 2]) {
  const [w, h] = [width * scale, height * scale];
  const pictures = pair(w, h);
  const solver = createFlowSolver(two, w, h, flowPresets.medium);
  const time = milliseconds(8, () => solver.solve(...pictures));
  solver.dispose();
  console.log(`${w} × ${h}`.padEnd(14) + time.toFixed(1).padStart(8) + ((1e6 * time) / (w * h)).toFixed(0).padStart(8));
}

console.log('\ntracks, 640 × 480, milliseconds per frame, two threads');
{
  const { device, spent } = timed(two);
  const texture = createTexture(1);
  const frames = Array.from({ length: 12 }, (_, f) =>
    drawTexture(texture, width, height, similarity([320, 240], 0.7 * f, 1.005 ** f, [3.1 * f, -1.2 * f]).inverse),
  );
  const tracker = createPointTracker(createTrackOperators(device, width, height), trackSettings(width, height));
  const began = performance.now();
  for (const frame of frames) tracker.add(frame);
  const { frames: observations } = tracker.finish();
  const total = (performance.now() - began) / frames.length;
  tracker.dispose();
  console.log(`${total.toFixed(1)} in all, ${Math.round(observations.length / frames.length)} observations`);
  for (const [kernel, time] of [...spent].sort((a, b) => b[1] - a[1])) {
    console.log(`${kernel.padEnd(22)}${(time / frames.length).toFixed(2).padStart(8)}`);
  }
}

console.log('\nagainst the readable reference, medium, 320 × 240, both ways, one thread');
{
  const pictures = pair(320, 240);
  const began = performance.now();
  flowReference(...pictures, 320, 240, flowPresets.medium);
  const reference = performance.now() - began;
  const solver = createFlowSolver(one, 320, 240, flowPresets.medium);
  const kernel = milliseconds(10, () => solver.solve(...pictures));
  solver.dispose();
  console.log(
    `reference ${reference.toFixed(0)} ms  kernel ${kernel.toFixed(1)} ms  ratio ${(reference / kernel).toFixed(0)}`,
  );
}
one.dispose();
two.dispose();
