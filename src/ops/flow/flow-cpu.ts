// Dense optical flow on the cpu device: both directions at once, level by level, in bands of rows whose bits do not depend
// on threads. `flow-reference.ts` is the readable twin.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { BORDER, bandRows, createPyramid, type DevicePyramid } from './device-pyramid.ts';
import {
  consistencyScale,
  type FlowField,
  type FlowLevel,
  type FlowPair,
  type FlowSettings,
  flowLevels,
  greyScale,
  patchCount,
  patchDamping,
  relaxation,
  robustFloor,
  slopeFloor,
} from './flow.ts';

/** Where to begin in each direction, [grid height, grid width, 2]. */
export interface FlowStart {
  readonly forward: Float32Array;
  readonly backward: Float32Array;
}

/** Flow between any number of pairs of pictures of one size. */
export interface FlowSolver {
  /** Of the fields: the size of the pictures, or that of the finest level. */
  readonly grid: FlowLevel;
  readonly pixelsPerCell: number;
  /**
   * Grey pictures [height, width], 0 to 1. The search begins at `start`, such as flows composed of shorter steps, which finds motions
   * that are too large to be found from nothing. Throws an `internal` error for another number of values.
   */
  solve(first: Float32Array, second: Float32Array, start?: FlowStart): FlowPair;
  /** Only from `first` to `second` and without confidence, [grid height, grid width, 2]. */
  forward(first: Float32Array, second: Float32Array): Float32Array;
  dispose(): void;
}

/** Fields of the kernel's FlowJob, in its order. */
const fields = [
  ...['width', 'height', 'stride', 'first', 'second', 'band', 'bands', 'flow', 'flowStride'],
  ...['coarse', 'coarseWidth', 'coarseHeight', 'coarseStride'],
  ...['patches', 'patchColumns', 'patchRows', 'patchStride', 'searchSteps', 'damping'],
  ...['planes', 'planeBytes', 'splitStride', 'smoothness', 'brightness', 'gradient'],
  ...['relaxation', 'slopeFloor', 'robustFloor'],
] as const;
type JobFields = Record<(typeof fields)[number], number>;

/** Planes of the refinement in each direction, as the kernels have them. */
const PLANES = 18;
const BOTH = 2;

/** One level: its job record, and for the levels that are searched, how many chunks of patches it has. */
interface DeviceLevel extends FlowLevel {
  readonly job: number;
  readonly bands: number;
  readonly patchRows: number;
}

/**
 * `grid` 'level' leaves the flow at the size of the finest level, still in pixels of the pictures: a quarter of the memory at
 * level 1. Throws a LabError: `input` for sizes without flow, `memory` where the device cannot hold them.
 */
export function createFlowSolver(
  device: CpuDevice,
  width: number,
  height: number,
  settings: FlowSettings,
  grid: 'picture' | 'level' = 'picture',
): FlowSolver {
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const dispose = () => {
    for (const part of owned.splice(0)) part.dispose();
  };
  try {
    return { ...build(device, width, height, settings, grid, own), dispose };
  } catch (thrown) {
    dispose();
    throw thrown;
  }
}

function build(
  device: CpuDevice,
  width: number,
  height: number,
  settings: FlowSettings,
  grid: 'picture' | 'level',
  own: <T extends { dispose(): void }>(part: T) => T,
): Omit<FlowSolver, 'dispose'> {
  const sizes = flowLevels(width, height);
  const finest = Math.min(settings.finestLevel, sizes.length - 1);
  const [a, b] = [0, 1].map(() => own(createPyramid(device, sizes)));
  const levels: DeviceLevel[] = [];
  let coarser: (FlowLevel & { readonly flow: number; readonly flowStride: number }) | undefined;
  for (let l = sizes.length - 1; l >= 0; l--) {
    const { width: w, height: h } = sizes[l];
    // A band must outlast the half-sweeps, each of which takes a row of it on both sides.
    const band = Math.max(bandRows(w, h), 4 * settings.sweeps);
    const values: Partial<JobFields> = {
      width: w,
      height: h,
      stride: a.levels[l].stride,
      first: a.levels[l].origin,
      second: b.levels[l].origin,
      band,
      bands: Math.max(1, Math.floor(h / band)),
    };
    if (l >= finest) {
      // Rows of whole vectors, also of their even and odd columns.
      const flowStride = Math.ceil(w / 8) * 8;
      const splitStride = flowStride + 8;
      const patchColumns = patchCount(w, settings.patchStride);
      const patchRows = patchCount(h, settings.patchStride);
      const flow = own(device.floats(4 * h * flowStride)).byteOffset;
      const planes = own(device.floats(2 * PLANES * (h + 2) * splitStride)).byteOffset;
      Object.assign(values, {
        flow,
        flowStride,
        coarse: coarser?.flow ?? 0,
        coarseWidth: coarser?.width ?? 0,
        coarseHeight: coarser?.height ?? 0,
        coarseStride: coarser?.flowStride ?? 0,
        patches: own(device.floats(4 * patchColumns * patchRows)).byteOffset,
        patchColumns,
        patchRows,
        patchStride: settings.patchStride,
        searchSteps: settings.searchSteps,
        damping: patchDamping,
        planes: planes + 4 * splitStride,
        planeBytes: 4 * (h + 2) * splitStride,
        splitStride,
        smoothness: settings.smoothness,
        brightness: settings.brightness,
        gradient: settings.gradient,
        relaxation,
        slopeFloor,
        robustFloor,
      });
      coarser = { width: w, height: h, flow, flowStride };
    }
    const job = own(device.doubles(fields.length));
    fields.forEach((name, f) => {
      job.values[f] = values[name] ?? 0;
    });
    const { bands = 0, patchRows = 0 } = values;
    levels[l] = { width: w, height: h, job: job.byteOffset, bands, patchRows };
  }

  const gridLevel = grid === 'level' ? finest : 0;
  const { width: gridWidth, height: gridHeight } = sizes[gridLevel];
  const cells = gridWidth * gridHeight;
  // The last vector of cells may end behind them.
  const flows = own(device.floats(BOTH * 2 * cells + 8));
  const confidences = own(device.floats(BOTH * cells));
  const unit = 2 ** finest;

  // A level above the coarsest, for flows that are given to start from.
  const { job: coarsestJob, ...coarsest } = levels[levels.length - 1];
  const startSize = { width: Math.ceil(coarsest.width / 2), height: Math.ceil(coarsest.height / 2) };
  const startCells = startSize.width * startSize.height;
  const starts = own(device.floats(BOTH * 2 * startCells));
  const setStart = (start: FlowStart | undefined): void => {
    const values = new Float64Array(starts.values.buffer, coarsestJob, fields.length);
    values[fields.indexOf('coarse')] = start === undefined ? 0 : starts.byteOffset;
    values[fields.indexOf('coarseWidth')] = startSize.width;
    values[fields.indexOf('coarseHeight')] = startSize.height;
    values[fields.indexOf('coarseStride')] = startSize.width;
    if (start === undefined) return;
    const cell = 2 ** (levels.length - gridLevel);
    [start.forward, start.backward].forEach((flow, direction) => {
      const planes = starts.values.subarray(2 * startCells * direction, 2 * startCells * (direction + 1));
      shrinkFlow(flow, sizes[gridLevel], startSize, cell, 2 ** levels.length, planes);
    });
  };

  const run = (first: Float32Array, second: Float32Array, directions: 1 | 2): void => {
    a.take(first);
    b.take(second);
    for (let l = levels.length - 1; l >= finest; l--) {
      const { job, bands, patchRows } = levels[l];
      device.dispatch('flowSearchChunk', [job], directions * patchRows);
      device.dispatch('flowDenseChunk', [job], directions * bands);
      for (let warp = 0; warp < settings.warps; warp++) {
        device.dispatch('flowLineariseChunk', [job], directions * bands);
        for (let renewal = 0; renewal < settings.renewals; renewal++) {
          device.dispatch('flowWeightsChunk', [job], directions * bands);
          device.dispatch('flowRelaxChunk', [job, 2 * settings.sweeps], directions * bands);
          device.dispatch('flowRelaxSeamChunk', [job, 2 * settings.sweeps], directions * (bands - 1));
        }
        device.dispatch('flowMergeChunk', [job], directions * bands);
      }
    }
    const { job } = levels[finest];
    const band = bandRows(gridWidth, gridHeight);
    const bands = Math.ceil(gridHeight / band);
    const ratio = unit / 2 ** gridLevel;
    device.dispatch(
      'flowEnlargeChunk',
      [job, flows.byteOffset, gridWidth, gridHeight, ratio, unit, band, bands],
      directions * bands,
    );
  };

  return {
    grid: sizes[gridLevel],
    pixelsPerCell: 2 ** gridLevel,
    solve(first, second, start) {
      setStart(start);
      run(first, second, 2);
      const { job, bands } = levels[gridLevel];
      const exposure = meanGrey(b) - meanGrey(a);
      device.dispatch(
        'flowConfidenceChunk',
        [job, flows.byteOffset, confidences.byteOffset, 2 ** gridLevel, exposure, consistencyScale, greyScale],
        BOTH * bands,
      );
      const field = (direction: 0 | 1): FlowField => ({
        width: gridWidth,
        height: gridHeight,
        flow: flows.values.slice(2 * cells * direction, 2 * cells * (direction + 1)),
        confidence: confidences.values.slice(cells * direction, cells * (direction + 1)),
      });
      return { forward: field(0), backward: field(1) };
    },
    forward(first, second) {
      setStart(undefined);
      run(first, second, 1);
      return flows.values.slice(0, 2 * cells);
    },
  };
}

/** Means of `flow` over blocks of `cell` x `cell`, as planes u and v in pixels that are `unit` of its own. */
function shrinkFlow(
  flow: Float32Array,
  { width, height }: FlowLevel,
  size: FlowLevel,
  cell: number,
  unit: number,
  planes: Float32Array,
): void {
  if (flow.length !== 2 * width * height) {
    throw new LabError({
      code: 'internal',
      message: `A flow of ${width} × ${height} cells was to be started from ${flow.length} values.`,
    });
  }
  for (let i = 0; i < size.height; i++) {
    for (let j = 0; j < size.width; j++) {
      let [u, v, count] = [0, 0, 0];
      for (let y = cell * i; y < Math.min(height, cell * (i + 1)); y++) {
        for (let x = cell * j; x < Math.min(width, cell * (j + 1)); x++) {
          u += flow[2 * (y * width + x)];
          v += flow[2 * (y * width + x) + 1];
          count++;
        }
      }
      planes[i * size.width + j] = u / count / unit;
      planes[size.width * size.height + i * size.width + j] = v / count / unit;
    }
  }
}

/** Mean grey level of a picture, by its coarsest level: enough to tell what the exposure changed. */
function meanGrey({ levels }: DevicePyramid): number {
  const { width, height, stride, values } = levels[levels.length - 1];
  let sum = 0;
  for (let y = 0; y < height; y++) {
    const row = (BORDER + y) * stride + BORDER;
    for (let x = 0; x < width; x++) sum += values[row + x];
  }
  return sum / (width * height);
}
