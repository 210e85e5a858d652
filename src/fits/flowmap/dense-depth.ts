// Depth of every pixel, once the cameras of a video are known: flow is measured frame by frame, depth starts from the tracks,
// and the objective of ops/depth-flow says how it has to change. What a member knows are the grids; all else is the video's.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import {
  addGridGradient,
  type CameraGradient,
  type DepthFlow,
  type DepthFlowEdge,
  type DepthFlowLoss,
  type DepthFlowProblem,
  type DepthFlowSettings,
  depthCells,
  depthFlowEdges,
  depthFlowUnits,
  gridLevels,
  gridNodes,
  logDepthPicture,
  nearest,
  onDepthMap,
  targetFromSource,
} from '../../ops/depth-flow/depth-flow.ts';
import { createDepthFlow } from '../../ops/depth-flow/depth-flow-cpu.ts';
import { decodeVideoFlow, encodeVideoFlow } from '../../ops/flow/flow-pair-bytes.ts';
import { type VideoFlowPair, videoFlow, videoFlowOptions, videoFlowVersion } from '../../ops/flow/video-flow.ts';
import type { TrackObservations } from '../../ops/reproject/observations.ts';
import { type CameraState, residualLengths } from '../../ops/reproject/reproject.ts';
import type { ResultCache } from '../fit.ts';
import { type DepthSighting, gridsOf, pull, scaledToTracks } from './depth-prior.ts';
import { averagedDown, greyFrame } from './grey-frame.ts';
import { middle } from './middle.ts';
import type { ChosenVideo } from './problem.ts';

export interface DenseDepth {
  /** Of the depth maps, whose pixels tile the pictures. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Numbers of the grids of all frames. */
  readonly length: number;
  /** Measures the flow between the frames up to `frame`; what is measured already costs nothing. */
  measure(frame: number): void;
  /** Grids [frame, node] from what a network says where the tracks agree with it, else from the depths of the tracks themselves. */
  start(observations: TrackObservations, state: CameraState): Float32Array;
  /** Loss at these grids, and its gradient [frame, node]; measures what is still missing. `network`: weight of what a network says. */
  evaluate(
    state: CameraState,
    grids: Float32Array,
    settings: DepthFlowSettings & { readonly network?: number },
    gradient: Float32Array,
    byCameras?: CameraGradient,
  ): DepthFlowLoss;
  /** Frames in which what a network says and the tracks fit together. */
  agreeing(state: CameraState): number;
  /** [height, width] of a frame. */
  logDepth(grids: Float32Array, frame: number): Float32Array;
  /** Adds to the gradient [frame, node] that by the log depth [height, width] of a frame. */
  addToGradient(byPixels: ArrayLike<number>, frame: number, gradient: Float32Array): void;
  /** From a frame to the one before it, in pixels of the pictures; undefined where it is not measured. */
  flowBack(frame: number): DepthFlowEdge | undefined;
  /** Share of the pixels and flows whose point is behind a camera, of what `evaluate` counted. */
  behindShare(behind: number): number;
  /** z-depth [height, width] of a frame in the unit of the cameras, also on more pixels than the depth map has; 0 where it is masked. */
  depth(grids: Float32Array, frame: number, width?: number, height?: number): Float32Array;
  /** [height, width, 2] in pixels of the pictures, from a frame to the next one; undefined where there is none, or none yet. */
  flow(frame: number): Float32Array | undefined;
  /**
   * [height, width], 0 to 1: the geometric mean of agreement and precision. Agreement is the mean over the flows that leave a frame
   * of their weight, times the Cauchy weights of what depth and cameras leave unexplained of them (at 1 pixel of the 640 × 480
   * area) and of the difference of log depth where they lead (at 0.1). Precision is 1 / (1 + (e / 0.1)²), e the error of log depth
   * from flow that is off by 1 pixel and from the step of depth across a cell of the finest grid, which blurs. 0 where nothing is
   * measured, or no camera moved.
   */
  confidence(state: CameraState, grids: Float32Array, frame: number): Float32Array;
  dispose(): void;
}

/** Pixels of a depth map, about: those of 160 × 120. */
const MAP_PIXELS = 160 * 120;
/** Distance over which tracks decide about depth at the start, in pixels of the depth map. */
const REACH = depthCells[0];
/** Sightings further off than this many pixels of the 640 × 480 area, and depths further from the middle than this factor, say nothing. */
const FURTHEST_SIGHTING = 4;
const LARGEST_FACTOR = 30;
/** Error of log depth that halves the precision of a pixel. */
const USUAL_ERROR = 0.1;

/** Of maps with square pixels, as near as whole numbers allow. */
export function depthMapSize({ width, height }: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, Math.sqrt(MAP_PIXELS / (width * height)));
  return { width: Math.max(2, Math.round(width * scale)), height: Math.max(2, Math.round(height * scale)) };
}

/** About what the depth of a video takes, in bytes. */
export function denseDepthBytes(frames: number): number {
  // Two directions of four gaps: flow and weight kept, four maps on the device.
  return 4 * frames * MAP_PIXELS * 8 * (3 + 4);
}

/** What a depth network says, and the tracks that give it scale and shift. */
export interface DepthPrior {
  /** [frame] inverse depth on the depth map [height, width]. */
  readonly inverse: readonly Float32Array[];
  readonly observations: TrackObservations;
}

/** Throws a LabError of code 'input' for pictures without flow. */
export function createDenseDepth(
  device: CpuDevice,
  video: ChosenVideo,
  cache?: ResultCache,
  prior?: DepthPrior,
): DenseDepth {
  const frames = video.frames.length;
  const { width, height } = depthMapSize(video);
  const shape = { width, height, cells: depthCells };
  const nodes = gridNodes(shape);
  const picture = { width: video.width, height: video.height };
  const flow = createMapFlow(device, video, { width, height }, cache);
  /** Shares of the pixels of the depth maps that may be looked at. */
  const shown = video.observed?.map(marks => averagedDown(marks, picture, width, height));
  /** Measured so far; once the objective is made, its own, so that they are kept only once. */
  let edges: DepthFlowEdge[] = [];
  let measured = 0;
  let objective: (DepthFlow & { dispose(): void }) | undefined;

  const measure = (frame: number): void => {
    for (; measured < Math.min(frame, frames - 1); measured++) {
      const found = depthFlowEdges(flow.endingIn(measured + 1));
      if (shown !== undefined) for (const edge of found) hide(edge, shown, picture);
      edges.push(...found);
    }
  };
  const objectiveOf = (): DepthFlow => {
    if (objective !== undefined) return objective;
    measure(frames - 1);
    const greys = Array.from({ length: frames }, (_, f) => averagedDown(greyFrame(video, f), picture, width, height));
    objective = createDepthFlow(device, { frames, ...shape, picture, edges, greys });
    edges = [...objective.edges];
    return objective;
  };
  const logDepth = (grids: Float32Array, frame: number, mapWidth = width, mapHeight = height) =>
    logDepthPicture(shape, grids.subarray(frame * nodes, (frame + 1) * nodes), mapWidth, mapHeight);

  /** Grids of each frame by the network; undefined where the tracks do not agree with it. */
  const toldOf = (sightings: readonly (readonly DepthSighting[])[], usual: number): (Float32Array | undefined)[] =>
    sightings.map((seen, f) => {
      const told = prior && scaledToTracks(prior.inverse[f], width, seen, LARGEST_FACTOR * Math.exp(usual));
      return told && gridsOf(shape, told);
    });
  const startOf = (observations: TrackObservations, state: CameraState): Float32Array => {
    const grids = new Float32Array(frames * nodes);
    const [level] = gridLevels(shape);
    const sightings = depthSightings(observations, state, width, height);
    const usual = middle(state.logDepths);
    const told = toldOf(sightings, usual);
    sightings.forEach((seen, f) => {
      const known = told[f];
      if (known !== undefined) {
        grids.set(known, f * nodes);
        return;
      }
      for (let i = 0; i < level.height; i++) {
        for (let j = 0; j < level.width; j++) {
          // So little that it counts only where no track is near.
          let [sum, total] = [1e-6 * usual, 1e-6];
          for (const { x, y, logDepth } of seen) {
            const [dx, dy] = [x - level.cell * (j + 0.5), y - level.cell * (i + 0.5)];
            const weight = Math.exp(-(dx * dx + dy * dy) / (2 * REACH * REACH));
            sum += weight * logDepth;
            total += weight;
          }
          grids[f * nodes + level.offset + i * level.width + j] = sum / total;
        }
      }
    });
    return grids;
  };
  let last: { readonly key: string; readonly told: readonly (Float32Array | undefined)[] } | undefined;
  /** The cameras hold still while depth descends. */
  const toldFor = ({ observations }: DepthPrior, state: CameraState): readonly (Float32Array | undefined)[] => {
    const key = [state.logFocal, ...state.worldFromCams].join();
    if (last?.key !== key) {
      const sightings = depthSightings(observations, state, width, height);
      last = { key, told: toldOf(sightings, middle(state.logDepths)) };
    }
    return last.told;
  };

  return {
    ...{ width, height, frames, length: frames * nodes, measure },
    start: startOf,
    evaluate(state, grids, { network = 0, ...settings }, gradient, byCameras) {
      const { worldFromCams, logFocal } = state;
      const found = objectiveOf().evaluate({ worldFromCams, logFocal, grids }, settings, gradient, byCameras);
      if (prior === undefined || network === 0) return found;
      const weight = network / frames;
      let { loss } = found;
      toldFor(prior, state).forEach((told, f) => {
        const [first, end] = [f * nodes, (f + 1) * nodes];
        if (told === undefined) return;
        loss += weight * pull(grids.subarray(first, end), told, weight, gradient.subarray(first, end));
      });
      return { ...found, loss };
    },
    agreeing: state => (prior && toldFor(prior, state).filter(told => told !== undefined).length) ?? 0,
    logDepth: (grids, frame) => logDepth(grids, frame),
    addToGradient: (byPixels, frame, gradient) =>
      addGridGradient(shape, byPixels, gradient.subarray(frame * nodes, (frame + 1) * nodes)),
    flowBack: frame => edges.find(({ source, target }) => source === frame && target === frame - 1),
    behindShare: behind => behind / Math.max(1, edges.length * width * height),
    depth(grids, frame, mapWidth = width, mapHeight = height) {
      const depth = logDepth(grids, frame, mapWidth, mapHeight).map(Math.exp);
      const marks = video.observed?.[frame];
      if (marks === undefined) return depth;
      const share = averagedDown(marks, picture, mapWidth, mapHeight);
      return depth.map((value, p) => (share[p] < 0.5 ? 0 : value));
    },
    flow: frame => edges.find(({ source, target }) => source === frame && target === frame + 1)?.flow,
    confidence(state, grids, frame) {
      const leaving = edges.filter(({ source }) => source === frame);
      const logDepthOf = (f: number) => logDepth(grids, f);
      const own = logDepthOf(frame);
      const { weights, information } = agreementOf({ width, height, picture }, state, own, logDepthOf, leaving);
      const variances = blurVariances(own, width);
      return weights.map((sum, p) => {
        const precision = 1 / (1 + (1 / information[p] + variances[p]) / USUAL_ERROR ** 2);
        return Math.sqrt((sum / Math.max(1, leaving.length)) * precision);
      });
    },
    dispose() {
      flow.dispose();
      objective?.dispose();
    },
  };
}

/** Flow of a video on its depth maps, which the cache may hold already. */
function createMapFlow(
  device: CpuDevice,
  video: ChosenVideo,
  { width, height }: { readonly width: number; readonly height: number },
  cache: ResultCache | undefined,
) {
  const count = video.frames.length;
  const measuring = videoFlow(device, {
    ...{ count, width: video.width, height: video.height, frameOf: (frame: number) => greyFrame(video, frame) },
  });
  let measured = 0;
  const digests = new Map<number, string>();
  const digest = (store: ResultCache, frame: number): string => {
    const known = digests.get(frame) ?? store.digest(greyFrame(video, frame));
    digests.set(frame, known);
    return known;
  };
  const settings = JSON.stringify([videoFlowVersion, device.twin, videoFlowOptions, video.width, width, height]);
  /** What the pairs that end in a frame start from depends on the pictures up to there. */
  const keyOf = (store: ResultCache, second: number): string[] => {
    const first = Math.max(0, second - videoFlowOptions.longestGap);
    const between = Array.from({ length: second - first + 1 }, (_, i) => digest(store, first + i));
    return [settings, ...between];
  };
  return {
    /** The pairs that end in a frame, in the order of their gaps. Where it was not kept, all before it is measured too. */
    endingIn(second: number): readonly VideoFlowPair[] {
      const bytes = cache?.get(keyOf(cache, second));
      const kept = bytes === undefined ? undefined : decodeVideoFlow(bytes);
      if (kept !== undefined)
        return kept.map(pair => ({ ...pair, first: second - (pair.second - pair.first), second }));
      let found: readonly VideoFlowPair[] = [];
      for (; measured < second; measured++) found = measuring.next().value ?? [];
      const onMap = found.map(pair => onDepthMap(pair, width, height));
      cache?.put(keyOf(cache, second), encodeVideoFlow(onMap));
      return onMap;
    },
    /** Ends the generator, and with it the solver. */
    dispose: () => void measuring.return(undefined),
  };
}

/**
 * Sums [height, width] over flows from one frame of weight times Cauchy weights, at 1 pixel of the 640 × 480 area and at the usual
 * error of log depth where the flow leads, and the information about log depth: of weight times squared pixels by which the place
 * moves per unit of it.
 */
function agreementOf(
  size: Pick<DepthFlowProblem, 'width' | 'height' | 'picture'>,
  { worldFromCams, logFocal }: CameraState,
  logDepth: Float32Array,
  logDepthOf: (frame: number) => Float32Array,
  leaving: readonly DepthFlowEdge[],
): { readonly weights: Float32Array; readonly information: Float32Array } {
  const { width, height } = size;
  const { unit, stepX, stepY, centreX, centreY } = depthFlowUnits(size);
  const sums = { weights: new Float32Array(logDepth.length), information: new Float32Array(logDepth.length) };
  const r = new Float64Array(12);
  for (const { source, target, flow, weights } of leaving) {
    targetFromSource({ worldFromCams, logFocal }, source, target, r);
    const there = logDepthOf(target);
    for (let p = 0; p < logDepth.length; p++) {
      if (weights[p] === 0) continue;
      const x = ((p % width) + 0.5) * stepX - centreX;
      const y = (Math.floor(p / width) + 0.5) * stepY - centreY;
      const inverse = Math.exp(-logDepth[p]);
      const depthRatio = r[8] * x + r[9] * y + r[10] + r[11] * inverse;
      if (!(depthRatio > nearest)) continue;
      const u = (r[0] * x + r[1] * y + r[2] + r[3] * inverse) / depthRatio;
      const v = (r[4] * x + r[5] * y + r[6] + r[7] * inverse) / depthRatio;
      const [toX, toY] = [x + unit * flow[2 * p], y + unit * flow[2 * p + 1]];
      const [column, row] = [Math.floor((toX + centreX) / stepX), Math.floor((toY + centreY) / stepY)];
      if (!(column >= 0 && row >= 0 && column < width && row < height)) continue;
      const [dx, dy] = [u - toX, v - toY];
      const off = (there[row * width + column] - logDepth[p] - Math.log(depthRatio)) / USUAL_ERROR;
      const slope = inverse / depthRatio;
      const [byX, byY] = [slope * (u * r[11] - r[3]), slope * (v * r[11] - r[7])];
      sums.weights[p] += weights[p] / (1 + dx * dx + dy * dy) / (1 + off * off);
      sums.information[p] += weights[p] * (byX * byX + byY * byY);
    }
  }
  return sums;
}

/** [height, width] squared steps of log depth across a cell of the finest grid: what is between its nodes is not told apart. */
function blurVariances(logDepth: Float32Array, width: number): Float32Array {
  const cell = depthCells[depthCells.length - 1];
  const size = logDepth.length;
  const steepest = (before: number, value: number, after: number) =>
    Math.max((value - before) ** 2, (after - value) ** 2);
  return logDepth.map((value, p) => {
    const x = p % width;
    const row = p - x;
    const across = steepest(logDepth[row + Math.max(0, x - 1)], value, logDepth[row + Math.min(width - 1, x + 1)]);
    const down = steepest(logDepth[p < width ? p : p - width], value, logDepth[p + width < size ? p + width : p]);
    return cell * cell * (across + down);
  });
}

/** No weight where either end is masked. */
function hide(
  { source, target, flow, weights }: DepthFlowEdge,
  shown: readonly Float32Array[],
  picture: { readonly width: number; readonly height: number },
): void {
  const { width, height } = depthMapSize(picture);
  const [stepX, stepY] = [picture.width / width, picture.height / height];
  for (let p = 0; p < weights.length; p++) {
    const x = Math.floor((p % width) + 0.5 + flow[2 * p] / stepX);
    const y = Math.floor(Math.floor(p / width) + 0.5 + flow[2 * p + 1] / stepY);
    const isInside = x >= 0 && y >= 0 && x < width && y < height;
    const isShown = shown[source][p] === 1 && isInside && shown[target][y * width + x] === 1;
    if (!isShown) weights[p] = 0;
  }
}

/** Where each frame sees points of tracks that agree with the cameras, and how deep. */
function depthSightings(
  observations: TrackObservations,
  state: CameraState,
  width: number,
  height: number,
): DepthSighting[][] {
  const { frames, tracks, anchorFrames, anchors, starts, frameOf, positions } = observations;
  const { worldFromCams: cams, logDepths, logFocal } = state;
  const lengths = residualLengths(observations, state);
  const usual = middle(logDepths);
  const focal = Math.exp(logFocal);
  const unit = Math.sqrt(width * height);
  const seen = Array.from({ length: frames }, (): DepthSighting[] => []);
  const see = (frame: number, u: number, v: number, logDepth: number): void => {
    seen[frame].push({ x: u * unit + width / 2, y: v * unit + height / 2, logDepth });
  };
  for (let t = 0; t < tracks; t++) {
    if (!(Math.abs(logDepths[t] - usual) < Math.log(LARGEST_FACTOR))) continue;
    const a = 12 * anchorFrames[t];
    const z = Math.exp(logDepths[t]);
    const [x, y] = [(z * anchors[2 * t]) / focal, (z * anchors[2 * t + 1]) / focal];
    const world = [0, 4, 8].map(
      row => cams[a + row] * x + cams[a + row + 1] * y + cams[a + row + 2] * z + cams[a + row + 3],
    );
    see(anchorFrames[t], anchors[2 * t], anchors[2 * t + 1], logDepths[t]);
    for (let o = starts[t]; o < starts[t + 1]; o++) {
      if (!(lengths[o] < FURTHEST_SIGHTING)) continue;
      const j = 12 * frameOf[o];
      const depth = [0, 4, 8].reduce((sum, row, k) => sum + cams[j + row + 2] * (world[k] - cams[j + row + 3]), 0);
      if (depth > 0) see(frameOf[o], positions[2 * o], positions[2 * o + 1], Math.log(depth));
    }
  }
  return seen;
}
