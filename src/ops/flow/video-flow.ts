// Optical flow of a video over growing gaps: neighbours first, then twice as far wherever both halves were certain, each
// started from what the halves compose to. Long gaps carry the parallax of a slow camera. Any process; a cache is handed in.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { composeFlow } from './compose-flow.ts';
import { type FlowField, type FlowPair, type FlowSettings, flowPresets } from './flow.ts';
import { createFlowSolver, type FlowSolver, type FlowStart } from './flow-cpu.ts';
import { decodeFlowPair, encodeFlowPair } from './flow-pair-bytes.ts';

/** Flow between frame `first` and the later frame `second`, on the grid of the finest level. */
export interface VideoFlowPair extends FlowPair {
  readonly first: number;
  readonly second: number;
}

/** Where flows are kept from one run to the next: `openByteCache`. */
export interface FlowCache {
  get(key: readonly string[]): Uint8Array | undefined;
  put(key: readonly string[], bytes: Uint8Array): void;
}

export interface VideoFlowOptions {
  readonly settings: FlowSettings;
  /** Gaps double from 1 up to this. */
  readonly longestGap: number;
  /** Median confidence below which a pair is left out, and no longer gap is built on it. Neighbours are never left out. */
  readonly leastConfidence: number;
  /** With a digest of the values of each frame. */
  readonly cache: { readonly store: FlowCache; readonly digests: readonly string[] } | undefined;
}

export const videoFlowOptions: VideoFlowOptions = {
  settings: flowPresets.medium,
  longestGap: 8,
  leastConfidence: 0.3,
  cache: undefined,
};

/** Changes whenever the same pictures would get another flow. */
const CACHE_VERSION = 'flow 1';

/**
 * Pairs gap by gap, in the order of their first frames. `frames`: grey [height, width], 0 to 1. Throws a LabError of code 'input'
 * for sizes without flow, 'memory' where the device cannot hold them.
 */
export function* videoFlow(
  device: CpuDevice,
  frames: readonly Float32Array[],
  width: number,
  height: number,
  options: VideoFlowOptions = videoFlowOptions,
): Generator<VideoFlowPair> {
  const { settings, longestGap, leastConfidence, cache } = options;
  const solver = createFlowSolver(device, width, height, settings, 'level');
  const solve = (first: number, second: number, start: FlowStart | undefined): FlowPair => {
    // What a pair starts from depends on all frames between.
    const key = [
      CACHE_VERSION,
      device.twin,
      JSON.stringify(settings),
      ...(cache?.digests.slice(first, second + 1) ?? []),
    ];
    const bytes = cache?.store.get(key);
    const kept = bytes === undefined ? undefined : decodeFlowPair(bytes);
    if (kept !== undefined) return kept;
    const found = solver.solve(frames[first], frames[second], start);
    cache?.store.put(key, encodeFlowPair(found));
    return found;
  };
  try {
    // Certain pairs of the gap at hand by their first frame.
    let halves = new Map<number, FlowPair>();
    for (let gap = 1; gap <= longestGap; gap *= 2) {
      const certain = new Map<number, FlowPair>();
      for (let first = 0; first + gap < frames.length; first++) {
        const [near, far] = [halves.get(first), halves.get(first + gap / 2)];
        if (gap > 1 && (near === undefined || far === undefined)) continue;
        const start = near === undefined || far === undefined ? undefined : composed(solver, near, far);
        const pair = solve(first, first + gap, start);
        const sure = Math.min(medianConfidence(pair.forward), medianConfidence(pair.backward)) >= leastConfidence;
        if (sure) certain.set(first, pair);
        if (sure || gap === 1) yield { first, second: first + gap, ...pair };
      }
      halves = certain;
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
