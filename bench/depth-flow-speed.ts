// Milliseconds of one evaluation of dense depth from flow (loss and gradient by all grids) at 160 × 120 with four gaps: growth with
// frames, two threads against one, the share of each kernel, and the ratio to the readable reference.

import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createRandom } from '../src/numerics/random.ts';
import {
  type DepthFlow,
  type DepthFlowProblem,
  type DepthFlowState,
  depthCells,
  depthFlowSettings,
  gridNodes,
} from '../src/ops/depth-flow/depth-flow.ts';
import { createDepthFlow } from '../src/ops/depth-flow/depth-flow-cpu.ts';
import { plainDepthFlow } from '../src/ops/depth-flow/depth-flow-reference.ts';
import { identityCameras } from '../src/ops/reproject/chained-poses.ts';

const [width, height] = [160, 120];
const REPEATS = 15;

/** A camera that moves sideways before a bumpy wall; the flow is noisy, a tenth of it without weight. */
function scene(frames: number): { problem: DepthFlowProblem; state: DepthFlowState } {
  const random = createRandom(1, 'depth-flow-speed');
  const picture = { width: 640, height: 480 };
  const shift = 0.01;
  const edges = [1, 2, 4, 8].flatMap(gap =>
    Array.from({ length: Math.max(0, frames - gap) }, (_, first) => [
      [first, first + gap],
      [first + gap, first],
    ])
      .flat()
      .map(([source, target]) => {
        const flow = new Float32Array(2 * width * height);
        const weights = new Float32Array(width * height);
        for (let p = 0; p < weights.length; p++) {
          flow[2 * p] = (source - target) * shift * Math.sqrt(640 * 480) * 0.5 + random.normal();
          flow[2 * p + 1] = random.normal();
          weights[p] = Math.max(0, random.uniform() - 0.1);
        }
        return { source, target, flow, weights };
      }),
  );
  const greys = Array.from({ length: frames }, () =>
    Float32Array.from({ length: width * height }, () => random.uniform()),
  );
  const problem = { frames, width, height, picture, cells: depthCells, edges, greys };
  const worldFromCams = identityCameras(frames);
  for (let f = 0; f < frames; f++) worldFromCams[12 * f + 3] = shift * f;
  const grids = Float32Array.from({ length: frames * gridNodes(problem) }, () => 0.15 + 0.05 * random.normal());
  return { problem, state: { worldFromCams, logFocal: 0, grids } };
}

function milliseconds(objective: DepthFlow, state: DepthFlowState, repeats: number): number {
  const gradient = new Float32Array(state.grids.length);
  const times = Array.from({ length: repeats }, () => {
    const began = performance.now();
    objective.evaluate(state, depthFlowSettings, gradient);
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[repeats >> 1];
}

/** The device, with the time of each kernel added to `spent`. */
function timed(device: CpuDevice, spent: Map<string, number>): CpuDevice {
  return {
    ...device,
    dispatch(kernel, args, chunks) {
      const began = performance.now();
      device.dispatch(kernel, args, chunks);
      spent.set(kernel, (spent.get(kernel) ?? 0) + performance.now() - began);
    },
  };
}

let forty = Infinity;
console.log('frames  threads  edges  milliseconds  per edge   shares of the kernels');
for (const threads of [2, 1]) {
  const device = await openNodeDevice({ threads });
  for (const frames of threads === 2 ? [20, 40, 80] : [40]) {
    const { problem, state } = scene(frames);
    const spent = new Map<string, number>();
    const objective = createDepthFlow(timed(device, spent), problem);
    milliseconds(objective, state, 3);
    spent.clear();
    const median = milliseconds(objective, state, REPEATS);
    objective.dispose();
    if (frames === 40) forty = Math.min(forty, median);
    const all = [...spent.values()].reduce((sum, value) => sum + value, 0);
    const shares = [...spent].map(([kernel, value]) => `${kernel} ${((100 * value) / all).toFixed(0)} %`).join(', ');
    const cells = [
      String(frames).padStart(6),
      String(threads).padStart(9),
      String(problem.edges.length).padStart(7),
      median.toFixed(1).padStart(14),
      `${((1000 * median) / problem.edges.length).toFixed(0)} µs`.padStart(10),
    ];
    console.log(`${cells.join('')}   ${shares}`);
  }
  device.dispose();
}
const { problem, state } = scene(40);
const plain = milliseconds(plainDepthFlow(problem), state, 1);
console.log(`Readable reference, 40 frames: ${plain.toFixed(0)} ms, ${(plain / forty).toFixed(0)} times the kernel.`);
