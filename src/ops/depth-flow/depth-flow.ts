// Dense depth from optical flow, the cameras fixed: what the kernel and its readable twin take and give. Log depth per frame is
// a sum of bilinearly enlarged grids, fitted to flow between frames, to edges of the pictures and to the depth of other frames
// (FlowMap, Smith et al. 2024, arXiv 2404.15259, with explicit depth in place of its network).

import { LabError } from '../../protocol/lab-error.ts';
import type { FlowField } from '../flow/flow.ts';
import type { VideoFlowPair } from '../flow/video-flow.ts';
import type { WorldFromCams } from '../reproject/chained-poses.ts';
import { pixelsPerUnit } from '../reproject/observations.ts';

/** Flow from one frame to another, on the pixels of the depth maps. */
export interface DepthFlowEdge {
  readonly source: number;
  readonly target: number;
  /** [height, width, 2]: (u, v) in pixels of the pictures, from the centre of each pixel of the source's depth map. */
  readonly flow: Float32Array;
  /** [height, width] at least 0; 0 leaves the pixel out. */
  readonly weights: Float32Array;
}

export interface DepthFlowProblem {
  readonly frames: number;
  /** Of the depth maps, whose pixels tile the pictures; at least 2. */
  readonly width: number;
  readonly height: number;
  /** Of the pictures, in whose pixels flow is counted. */
  readonly picture: { readonly width: number; readonly height: number };
  /** In pixels of the pictures; their middle unless given. */
  readonly principal?: readonly [number, number] | undefined;
  /** Sides of the cells of the grids, in whole pixels of the depth maps. */
  readonly cells: readonly number[];
  readonly edges: readonly DepthFlowEdge[];
  /** [frame] of [height, width], 0 to 1: smoothness gives way at edges of these. */
  readonly greys: readonly Float32Array[];
}

/** Sides of the cells of the fit, for depth maps of about 160 × 120 pixels. */
export const depthCells = [16, 8, 4, 2] as const;

/** What is fitted, and the cameras that hold still. */
export interface DepthFlowState {
  /** [frame, 12] row-major [R|t] */
  readonly worldFromCams: WorldFromCams;
  /** Natural logarithm of the focal length over √(width · height) of the pictures. */
  readonly logFocal: number;
  /** [frame, nodes] in the order of `gridLevels`: shares of the natural logarithm of z-depth. */
  readonly grids: Float32Array | Float64Array;
}

export interface DepthFlowSettings {
  /** Scale of Cauchy's loss, in pixels of a picture of the area of 640 × 480. */
  readonly delta: number;
  /** Weights of the two other terms. */
  readonly smoothness: number;
  readonly consistency: number;
  /** Flow over more frames than this has no part. */
  readonly longestGap: number;
}

export const depthFlowSettings: DepthFlowSettings = { delta: 1, smoothness: 5, consistency: 10, longestGap: 8 };

export interface DepthFlowLoss {
  /** flow + settings.smoothness · smoothness + settings.consistency · consistency */
  readonly loss: number;
  /** Weighted mean of δ² ln(1 + r² / δ²), pixels² of the 640 × 480 area, r predicted minus measured position. */
  readonly flow: number;
  /** Mean over pixels of the edge-aware soft differences of log depth to the right and down. */
  readonly smoothness: number;
  /** Weighted mean of the soft differences of log depth between frames, where the flow stays in the picture. */
  readonly consistency: number;
  /** Weighted pixels whose point lies behind the other camera: they cost as much as the picture is large, and pull nowhere. */
  readonly behind: number;
}

/** Gradients by what the cameras are. */
export interface CameraGradient {
  /** [frame, 6] by twists of the cameras in their own axes: rotation, then translation. */
  readonly twists: Float64Array;
  /** [1] by the log focal length */
  readonly logFocal: Float64Array;
}

/** The objective on one problem: plain, or on a device. */
export interface DepthFlow {
  /** As they were given, in an order of its own; a device rounds flow to its own units, and makes the arrays anew each time. */
  readonly edges: readonly DepthFlowEdge[];
  /** Loss, and its gradient written to `gradient` [frame, nodes], and to `byCameras` where it is wanted. */
  evaluate(
    state: DepthFlowState,
    settings: DepthFlowSettings,
    gradient: Float32Array | Float64Array,
    byCameras?: CameraGradient,
  ): DepthFlowLoss;
}

/** Differences of log depth cost √(d² + floor²) − floor: their length, with a slope at 0. */
export const softFloor = 0.01;
/** Step of grey at which smoothness falls to 1 / e. */
export const greyScale = 0.1;
/** A point nearer to the other camera's plane than this share of its depth counts as behind it. */
export const nearest = 1e-3;

export interface GridLevel {
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  /** Of its first node among the nodes of a frame. */
  readonly offset: number;
}

/** Grids of a frame; node (i, j) stands in the middle of its cell, at (cell (j + 0.5), cell (i + 0.5)). */
export function gridLevels({
  width,
  height,
  cells,
}: Pick<DepthFlowProblem, 'width' | 'height' | 'cells'>): GridLevel[] {
  let offset = 0;
  return cells.map(cell => {
    const level = { cell, width: Math.ceil(width / cell), height: Math.ceil(height / cell), offset };
    offset += level.width * level.height;
    return level;
  });
}

/** Nodes of all grids of a frame. */
export function gridNodes(problem: Pick<DepthFlowProblem, 'width' | 'height' | 'cells'>): number {
  return gridLevels(problem).reduce((sum, { width, height }) => sum + width * height, 0);
}

/** Along one axis: the nodes on both sides of a pixel's centre and the share of the second; the border goes on outside. */
export function nodesAt(pixel: number, cell: number, count: number): { near: number; far: number; share: number } {
  const place = Math.min(count - 1, Math.max(0, (pixel + 0.5) / cell - 0.5));
  const near = Math.floor(place);
  return { near, far: Math.min(count - 1, near + 1), share: place - near };
}

/** Pixels of the 640 × 480 area per pixel of the pictures, and per pixel of the depth maps; the principal point in the former. */
export function depthFlowUnits({
  width,
  height,
  picture,
  principal,
}: Pick<DepthFlowProblem, 'width' | 'height' | 'picture' | 'principal'>) {
  const unit = pixelsPerUnit / Math.sqrt(picture.width * picture.height);
  const [cx, cy] = principal ?? [picture.width / 2, picture.height / 2];
  return {
    unit,
    stepX: (unit * picture.width) / width,
    stepY: (unit * picture.height) / height,
    centreX: unit * cx,
    centreY: unit * cy,
  };
}

/** Shares in smoothness [height, width] of the steps to the right neighbour and to the one below; 0 at the last. */
export function edgeWeights(grey: Float32Array, width: number, height: number) {
  const right = new Float32Array(width * height);
  const down = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      if (x + 1 < width) right[p] = Math.exp(-Math.abs(grey[p + 1] - grey[p]) / greyScale);
      if (y + 1 < height) down[p] = Math.exp(-Math.abs(grey[p + width] - grey[p]) / greyScale);
    }
  }
  return { right, down };
}

/**
 * Maps points of the source, divided by their depth, into pixels of the target: rows [3, 4] of which the first three columns
 * multiply (x, y, 1), x and y in pixels of the 640 × 480 area from the principal point, and the last one 1 / depth. The
 * position is (row 0, row 1) / row 2; row 2 is the depth there over the depth here.
 */
export function targetFromSource(
  { worldFromCams: cams, logFocal }: Pick<DepthFlowState, 'worldFromCams' | 'logFocal'>,
  source: number,
  target: number,
  rows: Float32Array | Float64Array,
): void {
  const focal = pixelsPerUnit * Math.exp(logFocal);
  const [a, b] = [12 * source, 12 * target];
  for (let k = 0; k < 3; k++) {
    const scale = k < 2 ? focal : 1;
    for (let c = 0; c < 4; c++) {
      let sum = 0;
      for (let r = 0; r < 3; r++) {
        const value = cams[a + 4 * r + c] - (c === 3 ? cams[b + 4 * r + 3] : 0);
        sum += cams[b + 4 * r + k] * value;
      }
      rows[4 * k + c] = (scale * sum) / (c < 2 ? focal : 1);
    }
  }
}

/**
 * Adds to the gradient by cameras what an edge has by its rows [3, 4], the derivatives of `targetFromSource`: twists act as
 * worldFromCam ← worldFromCam · exp(twist).
 */
export function addCameraGradient(
  { worldFromCams: cams, logFocal }: DepthFlowState,
  source: number,
  target: number,
  byRows: ArrayLike<number>,
  { twists, logFocal: byFocal }: CameraGradient,
): void {
  const focal = pixelsPerUnit * Math.exp(logFocal);
  const [a, b] = [12 * source, 12 * target];
  /** Motion between the cameras, targetFromSource, and the gradient by it. */
  const turn = new Float64Array(9);
  const byTurn = new Float64Array(9);
  const shift = new Float64Array(3);
  const byShift = new Float64Array(3);
  for (let k = 0; k < 3; k++) {
    for (let r = 0; r < 3; r++) {
      const column = cams[b + 4 * r + k];
      for (let c = 0; c < 3; c++) turn[3 * k + c] += column * cams[a + 4 * r + c];
      shift[k] += column * (cams[a + 4 * r + 3] - cams[b + 4 * r + 3]);
    }
    const scale = k < 2 ? focal : 1;
    for (let c = 0; c < 3; c++) {
      const across = c < 2 ? focal : 1;
      byTurn[3 * k + c] = (byRows[4 * k + c] * scale) / across;
      byFocal[0] += ((k < 2 ? 1 : 0) - (c < 2 ? 1 : 0)) * byTurn[3 * k + c] * turn[3 * k + c];
    }
    byShift[k] = byRows[4 * k + 3] * scale;
    byFocal[0] += (k < 2 ? 1 : 0) * byShift[k] * shift[k];
  }
  for (let i = 0; i < 3; i++) {
    const [j, l] = [(i + 1) % 3, (i + 2) % 3];
    // Component i of what turns: element (l, j) minus (j, l) of turnᵀ byTurn, and of byTurn turnᵀ.
    let [own, other] = [0, 0];
    for (let k = 0; k < 3; k++) {
      own += turn[3 * k + l] * byTurn[3 * k + j] - turn[3 * k + j] * byTurn[3 * k + l];
      other += byTurn[3 * l + k] * turn[3 * j + k] - byTurn[3 * j + k] * turn[3 * l + k];
      twists[6 * source + 3 + i] += turn[3 * k + i] * byShift[k];
    }
    twists[6 * source + i] += own;
    twists[6 * target + i] -= other + shift[j] * byShift[l] - shift[l] * byShift[j];
    twists[6 * target + 3 + i] -= byShift[i];
  }
}

/** Adjoint of `logDepthPicture` on the map's own pixels: adds the gradient by a frame's grids [nodes] of one by its pixels. */
export function addGridGradient(
  problem: Pick<DepthFlowProblem, 'width' | 'height' | 'cells'>,
  byPixels: ArrayLike<number>,
  gradient: Float32Array | Float64Array,
): void {
  const { width, height } = problem;
  for (const level of gridLevels(problem)) {
    const columns = Array.from({ length: width }, (_, x) => nodesAt(x, level.cell, level.width));
    const line = new Float64Array(level.width);
    for (let y = 0; y < height; y++) {
      line.fill(0);
      for (let x = 0; x < width; x++) {
        const { near, far, share } = columns[x];
        const slope = byPixels[y * width + x];
        line[near] += (1 - share) * slope;
        line[far] += share * slope;
      }
      const { near, far, share } = nodesAt(y, level.cell, level.height);
      const [above, below] = [near, far].map(row => level.offset + row * level.width);
      for (let j = 0; j < level.width; j++) {
        gradient[above + j] += (1 - share) * line[j];
        gradient[below + j] += share * line[j];
      }
    }
  }
}

/** Frames between the ends of a flow. */
export function gapOf({ source, target }: Pick<DepthFlowEdge, 'source' | 'target'>): number {
  return Math.abs(target - source);
}

/** Sum of all weights up to each gap; at least 1e-12, so that a problem without any has a loss of 0. */
export function totalWeights({ edges }: DepthFlowProblem): (longestGap: number) => number {
  // Nothing else of the edges is kept.
  const parts = edges.map(edge => ({
    gap: gapOf(edge),
    weight: edge.weights.reduce((sum, weight) => sum + weight, 0),
  }));
  return longestGap =>
    Math.max(
      1e-12,
      parts.reduce((sum, { gap, weight }) => (gap > longestGap ? sum : sum + weight), 0),
    );
}

/**
 * Log depth of one frame [height, width] from its grids [nodes], on pixels that tile the picture as those of the depth map do:
 * as many as these, or as the picture has.
 */
export function logDepthPicture(
  problem: Pick<DepthFlowProblem, 'width' | 'height' | 'cells'>,
  grids: Float32Array | Float64Array,
  width: number,
  height: number,
): Float32Array {
  const out = new Float32Array(width * height);
  for (const level of gridLevels(problem)) {
    const columns = Array.from({ length: width }, (_, x) =>
      nodesAt(x, (level.cell * width) / problem.width, level.width),
    );
    const line = new Float64Array(level.width);
    for (let y = 0; y < height; y++) {
      const { near, far, share } = nodesAt(y, (level.cell * height) / problem.height, level.height);
      const [above, below] = [near, far].map(row => level.offset + row * level.width);
      for (let j = 0; j < level.width; j++) line[j] = (1 - share) * grids[above + j] + share * grids[below + j];
      for (let x = 0; x < width; x++) {
        const column = columns[x];
        out[y * width + x] += (1 - column.share) * line[column.near] + column.share * line[column.far];
      }
    }
  }
  return out;
}

/** Throws a LabError of code 'input' for sizes without depth, edges between frames that do not exist, or values of another number. */
export function checkDepthFlow({ frames, width, height, cells, edges, greys }: DepthFlowProblem): void {
  const refuse = (message: string, where: string, tip: string): never => {
    throw new LabError({ code: 'input', message, where, tip });
  };
  if (!(Number.isInteger(width) && Number.isInteger(height) && Math.min(width, height) >= 2)) {
    refuse(`A depth map of ${width} × ${height} pixels was asked for.`, 'depth map', 'Use at least 2 × 2 pixels.');
  }
  for (const cell of cells) {
    if (!(Number.isInteger(cell) && cell >= 1)) {
      refuse(`A grid of cells of ${cell} pixels was asked for.`, 'cells', 'Use whole numbers from 1.');
    }
  }
  const pixels = width * height;
  if (greys.length !== frames || greys.some(grey => grey.length !== pixels)) {
    refuse(`${frames} grey pictures of ${width} × ${height} pixels are needed.`, 'greys', 'Give one for each frame.');
  }
  edges.forEach(({ source, target, flow, weights }, e) => {
    const where = `flow ${e}`;
    const exists = (frame: number) => Number.isInteger(frame) && frame >= 0 && frame < frames;
    if (!exists(source) || !exists(target) || source === target) {
      refuse(`It goes from frame ${source} to frame ${target} of ${frames}.`, where, 'Name two different frames.');
    }
    if (flow.length !== 2 * pixels || weights.length !== pixels) {
      const message = `It has ${flow.length} values and ${weights.length} weights on ${width} × ${height} pixels.`;
      refuse(message, where, 'Resample the flow to the depth map: onDepthMap.');
    }
    if (!weights.every(weight => weight >= 0 && weight < Infinity)) {
      refuse('Some of its weights are negative or not finite.', where, 'Use 0 where the flow is not known.');
    }
    // A flow that is not a number is as good as none, but only where it has no weight.
    if (weights.some((weight, p) => weight > 0 && !Number.isFinite(flow[2 * p] + flow[2 * p + 1]))) {
      refuse('Some of its weighted values are not finite.', where, 'Use weight 0 where the flow is not known.');
    }
  });
}

/** Both directions of a pair of frames on the pixels of depth maps of `width` × `height`. */
export function onDepthMap(
  { forward, backward, ...frames }: VideoFlowPair,
  width: number,
  height: number,
): VideoFlowPair {
  return { ...frames, forward: resampled(forward, width, height), backward: resampled(backward, width, height) };
}

/** Both directions of pairs on the pixels of depth maps, weighted by their confidence. */
export function depthFlowEdges(pairs: readonly VideoFlowPair[]): DepthFlowEdge[] {
  return pairs.flatMap(({ first, second, forward, backward }) => [
    { source: first, target: second, flow: forward.flow, weights: forward.confidence },
    { source: second, target: first, flow: backward.flow, weights: backward.confidence },
  ]);
}

/** Bilinear at the centres of width × height pixels. */
function resampled({ width: w, height: h, flow, confidence }: FlowField, width: number, height: number): FlowField {
  const out = { flow: new Float32Array(2 * width * height), confidence: new Float32Array(width * height) };
  const columns = Array.from({ length: width }, (_, x) => nodesAt(x, width / w, w));
  for (let y = 0; y < height; y++) {
    const row = nodesAt(y, height / h, h);
    const [above, below] = [row.near * w, row.far * w];
    for (let x = 0; x < width; x++) {
      const { near, far, share } = columns[x];
      const at = (values: Float32Array, components: number, k: number) => {
        const value = (cell: number) => values[components * cell + k];
        const upper = (1 - share) * value(above + near) + share * value(above + far);
        const lower = (1 - share) * value(below + near) + share * value(below + far);
        return (1 - row.share) * upper + row.share * lower;
      };
      const p = y * width + x;
      out.flow[2 * p] = at(flow, 2, 0);
      out.flow[2 * p + 1] = at(flow, 2, 1);
      out.confidence[p] = at(confidence, 1, 0);
    }
  }
  return { width, height, ...out };
}
