// Optical flow of a video over growing gaps, frame by frame: from its neighbour, then from twice as far wherever both halves were
// certain, started from what the halves compose to. Long gaps carry the parallax of a slow camera. Any process.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { composeFlow } from './compose-flow.ts';
import { type FlowField, type FlowPair, type FlowSettings, flowPresets } from './flow.ts';
import { createFlowSolver, type FlowSolver, type FlowStart } from './flow-cpu.ts';

/** Flow between frame `first` and the later frame `second`, on the grid of the finest level. */
export interface VideoFlowPair extends FlowPair {
  readonly first: number;
  readonly second: number;
}

/** Frames that can be asked for one by one. */
export interface VideoFrames {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  frameOf(index: number): Float32Array;
}

export interface VideoFlowOptions {
  readonly settings: FlowSettings;
  /** Gaps double from 1 up to this. */
  readonly longestGap: number;
  /** Median confidence below which a pair is left out, and no longer gap is built on it. Neighbours are never left out. */
  readonly leastConfidence: number;
}

export const videoFlowOptions: VideoFlowOptions = {
  settings: flowPresets.medium,
  longestGap: 8,
  leastConfidence: 0.3,
};

/** Changes whenever the same pictures would get another flow: for caches of it. */
export const videoFlowVersion = 'flow 1';

/**
 * For each frame from the second on, the pairs that end in it, the shortest gap first. `frameOf`: grey [height, width] of one
 * of `count` frames, 0 to 1; asked for once and kept while pairs need it. Throws a LabError of code 'input' for sizes without
 * flow, 'memory' where the device cannot hold them.
 */
export function* videoFlow(
  device: CpuDevice,
  { count, width, height, frameOf }: VideoFrames,
  options: VideoFlowOptions = videoFlowOptions,
): Generator<readonly VideoFlowPair[]> {
  const { settings, longestGap, leastConfidence } = options;
  const solver = createFlowSolver(device, width, height, settings, 'level');
  const frames = new Map<number, Float32Array>();
  const frame = (index: number): Float32Array => {
    const kept = frames.get(index) ?? frameOf(index);
    frames.set(index, kept);
    return kept;
  };
  try {
    // Certain pairs that longer ones are still to be built on, by gap and first frame.
    const halves = new Map<number, Map<number, FlowPair>>();
    for (let second = 1; second < count; second++) {
      const pairs: VideoFlowPair[] = [];
      for (let gap = 1; gap <= Math.min(longestGap, second); gap *= 2) {
        const first = second - gap;
        const shorter = halves.get(gap / 2);
        const [near, far] = [shorter?.get(first), shorter?.get(first + gap / 2)];
        if (gap > 1 && (near === undefined || far === undefined)) continue;
        const start = near === undefined || far === undefined ? undefined : composed(solver, near, far);
        const pair = solver.solve(frame(first), frame(second), start);
        const sure = Math.min(medianConfidence(pair.forward), medianConfidence(pair.backward)) >= leastConfidence;
        const certain = halves.get(gap) ?? new Map<number, FlowPair>();
        halves.set(gap, certain);
        if (sure) certain.set(first, pair);
        if (sure || gap === 1) pairs.push({ first, second, ...pair });
      }
      // What ends in later frames is built on later pairs.
      for (const [gap, certain] of halves) certain.delete(second - 2 * gap);
      frames.delete(second - longestGap);
      yield pairs;
    }
  } finally {
    solver.dispose();
  }
}

function composed({ grid, pixelsPerCell }: FlowSolver, near: FlowPair, far: FlowPair): FlowStart {
  return {
    forward: composeFlow(near.forward.flow, far.forward.flow, grid, pixelsPerCell),
    backward: composeFlow(far.backward.flow, near.backward.flow, grid, pixelsPerCell),
  };
}

function medianConfidence({ confidence }: FlowField): number {
  return confidence.slice().sort()[confidence.length >> 1];
}
