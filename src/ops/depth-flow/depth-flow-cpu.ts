// Dense depth from flow on the cpu device, frame by frame over all threads: grids enlarged, losses and slopes of every
// pixel, then the gradient by the grids. `depth-flow-reference.ts` is the readable twin.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { pixelsPerUnit } from '../reproject/observations.ts';
import { cauchy } from '../reproject/reproject.ts';
import {
  addCameraGradient,
  checkDepthFlow,
  type DepthFlow,
  type DepthFlowEdge,
  type DepthFlowProblem,
  depthFlowUnits,
  edgeWeights,
  gapOf,
  gridLevels,
  gridNodes,
  nearest,
  nodesAt,
  softFloor,
  targetFromSource,
  totalWeights,
} from './depth-flow.ts';

/** Fields of the kernel's DepthFlowJob, in its order. */
const fields = [
  ...['frames', 'width', 'height', 'stride', 'levels', 'levelCount', 'acrossNodes', 'downNodes', 'nodes', 'grids'],
  ...['gradients', 'logDepths', 'inverses', 'slopes', 'right', 'down', 'measuredX', 'measuredY', 'weights', 'pulls'],
  ...['rows', 'targets', 'leaving', 'arriving', 'arrivals', 'stepX', 'stepY', 'centreX', 'centreY', 'nearest'],
  ...['softFloor', 'delta', 'behindLoss', 'flowShare', 'smoothShare', 'consistencyShare', 'sums', 'byRows'],
];
const SUMS = 4;

/**
 * Copies flow, weights and pictures to the device, about 16 bytes per pixel and edge; the caller disposes of it. Throws a
 * LabError: `input` as `checkDepthFlow` does, `memory` where the device cannot hold them.
 */
export function createDepthFlow(device: CpuDevice, problem: DepthFlowProblem): DepthFlow & { dispose(): void } {
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const dispose = () => {
    for (const part of owned.splice(0)) part.dispose();
  };
  try {
    return { ...build(device, problem, own), dispose };
  } catch (thrown) {
    dispose();
    throw thrown;
  }
}

function build(
  device: CpuDevice,
  problem: DepthFlowProblem,
  own: <T extends { dispose(): void }>(part: T) => T,
): DepthFlow {
  checkDepthFlow(problem);
  const { frames, width, height } = problem;
  const stride = Math.ceil(width / 4) * 4;
  const map = height * stride;
  const sorted = [...problem.edges].sort((a, b) => a.source - b.source || gapOf(a) - gapOf(b));
  /** Without the values, which are on the device from here on. */
  const edges = sorted.map(({ source, target }) => ({ source, target }));
  const levels = gridLevels(problem);
  const nodes = gridNodes(problem);
  const { unit, stepX, stepY, centreX, centreY } = depthFlowUnits(problem);
  const weightUpTo = totalWeights(problem);
  const words = (values: readonly number[]) => {
    const array = own(device.words(values.length));
    array.values.set(values);
    return array.byteOffset;
  };
  const floats = (values: readonly number[]) => {
    const array = own(device.floats(values.length));
    array.values.set(values);
    return array.byteOffset;
  };
  /** Maps with a row and a vector behind them that may be read. */
  const maps = (count: number) => own(device.floats(count * map + stride + 4));

  const [right, down] = [maps(frames), maps(frames)];
  problem.greys.forEach((grey, f) => {
    const steps = edgeWeights(grey, width, height);
    for (let y = 0; y < height; y++) {
      const row = [y * width, (y + 1) * width] as const;
      right.values.set(steps.right.subarray(...row), f * map + y * stride);
      down.values.set(steps.down.subarray(...row), f * map + y * stride);
    }
  });
  const [measuredX, measuredY, weights] = [maps(edges.length), maps(edges.length), maps(edges.length)];
  sorted.forEach((edge, e) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const p = y * width + x;
        const at = e * map + y * stride + x;
        // What has no weight may be no number.
        if (!Number.isFinite(edge.flow[2 * p] + edge.flow[2 * p + 1])) continue;
        measuredX.values[at] = (x + 0.5) * stepX - centreX + unit * edge.flow[2 * p];
        measuredY.values[at] = (y + 0.5) * stepY - centreY + unit * edge.flow[2 * p + 1];
        weights.values[at] = edge.weights[p];
      }
    }
  });
  const byTarget = edges
    .map((_, e) => e)
    .sort((a, b) => edges[a].target - edges[b].target || gapOf(edges[a]) - gapOf(edges[b]) || a - b);
  const arrivals = byTarget.map(e => edges[e]);
  const ranges = { leaving: own(device.words(2 * frames)), arriving: own(device.words(2 * frames)) };
  /** Edges of a frame follow each other, the shorter gaps first. */
  const setRanges = (longestGap: number): void => {
    ranges.leaving.values.set(rangesOf(edges, 'source', frames, longestGap));
    ranges.arriving.values.set(rangesOf(arrivals, 'target', frames, longestGap));
  };

  const grids = own(device.floats(frames * nodes));
  const gradients = own(device.floats(frames * nodes));
  const rows = own(device.floats(12 * edges.length));
  const sums = own(device.doubles(SUMS * frames));
  const byRows = own(device.doubles(12 * edges.length));
  const job = own(device.doubles(fields.length));
  const set = (values: Readonly<Record<string, number>>) => {
    for (const [name, value] of Object.entries(values)) job.values[fields.indexOf(name)] = value;
  };
  const nodesAlong = (side: number, count: (level: (typeof levels)[number]) => number) =>
    floats(
      levels.flatMap(level =>
        Array.from({ length: side }, (_, pixel) => nodesAt(pixel, level.cell, count(level))).flatMap(
          ({ near, share }) => [near, share],
        ),
      ),
    );
  set({
    ...{ frames, width, height, stride, nodes, stepX, stepY, centreX, centreY, nearest, softFloor },
    levels: words(levels.flatMap(level => [level.cell, level.width, level.height, level.offset])),
    levelCount: levels.length,
    acrossNodes: nodesAlong(width, level => level.width),
    downNodes: nodesAlong(height, level => level.height),
    grids: grids.byteOffset,
    gradients: gradients.byteOffset,
    logDepths: maps(frames).byteOffset,
    inverses: maps(frames).byteOffset,
    slopes: maps(frames).byteOffset,
    right: right.byteOffset,
    down: down.byteOffset,
    measuredX: measuredX.byteOffset,
    measuredY: measuredY.byteOffset,
    weights: weights.byteOffset,
    pulls: maps(edges.length).byteOffset,
    rows: rows.byteOffset,
    targets: words(edges.map(({ target }) => target)),
    leaving: ranges.leaving.byteOffset,
    arriving: ranges.arriving.byteOffset,
    arrivals: words(byTarget),
    sums: sums.byteOffset,
    byRows: byRows.byteOffset,
  });
  /** Sum over the frames of what each wrote at `offset`. */
  const added = (offset: number) => {
    let sum = 0;
    for (let f = 0; f < frames; f++) sum += sums.values[SUMS * f + offset];
    return sum;
  };

  const flowOf = (e: number): Float32Array => {
    const flow = new Float32Array(2 * width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [p, at] = [2 * (y * width + x), e * map + y * stride + x];
        flow[p] = (measuredX.values[at] - ((x + 0.5) * stepX - centreX)) / unit;
        flow[p + 1] = (measuredY.values[at] - ((y + 0.5) * stepY - centreY)) / unit;
      }
    }
    return flow;
  };
  const weightsOf = (e: number): Float32Array => {
    const own = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const from = e * map + y * stride;
      own.set(weights.values.subarray(from, from + width), y * width);
    }
    return own;
  };

  return {
    edges: edges.map((ends, e) => ({
      ...ends,
      get flow() {
        return flowOf(e);
      },
      get weights() {
        return weightsOf(e);
      },
    })),
    evaluate(state, settings, gradient, byCameras) {
      const total = weightUpTo(settings.longestGap);
      setRanges(settings.longestGap);
      grids.values.set(state.grids);
      edges.forEach(({ source, target }, e) => {
        targetFromSource(state, source, target, rows.values.subarray(12 * e, 12 * (e + 1)));
      });
      set({
        delta: settings.delta,
        behindLoss: cauchy(pixelsPerUnit ** 2, settings.delta),
        flowShare: 2 / total,
        smoothShare: settings.smoothness / (frames * width * height),
        consistencyShare: settings.consistency / total,
      });
      for (const kernel of ['depthEnlargeChunk', 'depthLossChunk', 'depthGatherChunk'] as const) {
        device.dispatch(kernel, [job.byteOffset], frames);
      }
      gradient.set(gradients.values);
      if (byCameras !== undefined) {
        byCameras.twists.fill(0);
        byCameras.logFocal.fill(0);
        device.dispatch('depthCamerasChunk', [job.byteOffset], frames);
        edges.forEach((edge, e) => {
          if (gapOf(edge) > settings.longestGap) return;
          const { source, target } = edge;
          addCameraGradient(state, source, target, byRows.values.subarray(12 * e, 12 * (e + 1)), byCameras);
        });
      }
      const flow = added(0) / total;
      const smoothness = added(1) / (frames * width * height);
      const consistency = added(2) / total;
      const loss = flow + settings.smoothness * smoothness + settings.consistency * consistency;
      return { loss, flow, smoothness, consistency, behind: added(3) };
    },
  };
}

/** Of every frame [from, to) among `edges`, which are ordered by the frame at their `end` and by gap. */
function rangesOf(
  edges: readonly Pick<DepthFlowEdge, 'source' | 'target'>[],
  end: 'source' | 'target',
  frames: number,
  longestGap: number,
): Int32Array {
  const ranges = new Int32Array(2 * frames);
  let at = 0;
  for (let f = 0; f < frames; f++) {
    ranges.fill(at, 2 * f, 2 * f + 2);
    for (; at < edges.length && edges[at][end] === f; at++) {
      if (gapOf(edges[at]) <= longestGap) ranges[2 * f + 1] = at + 1;
    }
  }
  return ranges;
}
