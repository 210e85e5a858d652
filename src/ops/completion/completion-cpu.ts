// The completion objective on the cpu device: f = 1/2 |P(L * R^T - Y)|^2 (+ smoothness), with both gradients, in three
// fused passes over rows and columns. `completion-reference.ts` is its readable twin.

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { Transform } from '../mode3-transform/transform.ts';
import { createDeviceTransform } from '../mode3-transform/transform-cpu.ts';

/** Mask bytes; what is 0 was not observed and its value is never used. */
export const maskByte = { unobserved: 0, training: 1, validation: 2 } as const;

/** Observations in device memory, shared by all members of a run, with the workspace of one evaluation. */
export interface CompletionData {
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  /** [k, rows, columns] */
  readonly y: DeviceArray;
  /** [k, rows, columns], see maskByte. */
  readonly mask: DeviceArray<Uint8Array>;
  /** Tensor of the member evaluated last, [k, rows, columns]. */
  readonly x: DeviceArray;
  readonly z: DeviceArray;
  readonly losses: DeviceArray<Float64Array>;
  dispose(): void;
}

export interface Smoothness {
  /** beta of the specification; 0 turns the term off. */
  readonly weight: number;
  /** Where the Huber function turns from square to linear, in units of the values. */
  readonly epsilon: number;
  /** 2: along rows and columns; 3: along the tubes too. */
  readonly directions: 2 | 3;
  /** joint: one gradient magnitude over all planes of a position (vectorial total variation); separate: per plane. */
  readonly channels: 'joint' | 'separate';
}

export interface CompletionLosses {
  /** Half sum of squares over the training entries. */
  readonly training: number;
  readonly validation: number;
  /** Sum of the Huber values, without its weight. */
  readonly smoothness: number;
}

/** The factors of one member. Slice s holds L as [rows, width] and R as [columns, width]; width = 2 rank if complex. */
export interface CompletionFactors {
  readonly rank: number;
  readonly transform: Transform;
  readonly left: DeviceArray;
  readonly right: DeviceArray;
  readonly gradLeft: DeviceArray;
  readonly gradRight: DeviceArray;
  /** Writes data.x. */
  synthesise(data: CompletionData): void;
  /** Writes data.x, data.z and the gradients. */
  evaluate(data: CompletionData, smoothness: Smoothness): CompletionLosses;
  /**
   * After evaluate: gradL <- gradL (R^H R + lambda I)^-1 and gradR <- gradR (L^H L + lambda I)^-1 per slice. Throws a
   * `diverged` error where a Gram matrix cannot be inverted.
   */
  precondition(lambda: number): void;
  dispose(): void;
}

const CHUNK_ROWS = 16;
const PANEL = 8;
const SLICE_WORDS = 12;
const DAMPED_WORDS = 3;
/** Chunks a packing job is cut into, at least: enough for all threads, few enough to cost nothing. */
const PACK_CHUNKS = 32;

/** Bytes that the data and `members` factor sets of this size take on the device. */
export function completionBytes(rows: number, columns: number, k: number, rank: number, members: number): number {
  const factors = (rows + columns) * rank * k;
  return 13 * rows * columns * k + rows * 24 + members * 4 * (2 * factors + (rows + 2 * columns + 48) * rank * k * 2);
}

/** Copies values [k, rows, columns] and mask to the device. */
export function createCompletionData(
  device: CpuDevice,
  rows: number,
  columns: number,
  k: number,
  values: Float32Array,
  mask: Uint8Array,
): CompletionData {
  const count = rows * columns * k;
  const y = device.floats(count);
  const maskArray = device.bytes(count);
  y.values.set(values);
  maskArray.values.set(mask);
  const x = device.floats(count);
  const z = device.floats(count);
  const losses = device.doubles(3 * rows);
  const parts = [y, maskArray, x, z, losses];
  return {
    rows,
    columns,
    k,
    y,
    mask: maskArray,
    x,
    z,
    losses,
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

/** Factors of rank `rank`, zero until the caller fills them. */
export function createCompletionFactors(
  device: CpuDevice,
  rows: number,
  columns: number,
  rank: number,
  transform: Transform,
): CompletionFactors {
  const { k } = transform;
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const left = own(device.floats(rows * rank * k));
  const right = own(device.floats(columns * rank * k));
  const gradLeft = own(device.floats(rows * rank * k));
  const gradRight = own(device.floats(columns * rank * k));
  const { forward, inverse } = own(createDeviceTransform(device, transform));
  const table = own(device.words(SLICE_WORDS * transform.slices.length));

  const panels = (over: number, inner: number) =>
    own(device.floats(Math.ceil(over / PANEL) * PANEL * inner)).byteOffset;
  transform.slices.forEach((slice, s) => {
    const width = slice.complex ? 2 * rank : rank;
    const overColumns = () => panels(columns, width);
    const overWidth = (n: number) => panels(width, n);
    const ifComplex = (make: () => number) => (slice.complex ? make() : 0);
    table.values.set(
      [
        slice.plane,
        slice.complex ? 1 : 0,
        left.byteOffset + 4 * slice.plane * rows * rank,
        right.byteOffset + 4 * slice.plane * columns * rank,
        gradLeft.byteOffset + 4 * slice.plane * rows * rank,
        gradRight.byteOffset + 4 * slice.plane * columns * rank,
        overColumns(),
        ifComplex(overColumns),
        overWidth(columns),
        ifComplex(() => overWidth(columns)),
        overWidth(rows),
        ifComplex(() => overWidth(rows)),
      ],
      s * SLICE_WORDS,
    );
  });

  const slicesAt = table.byteOffset;
  const count = transform.slices.length;
  const rowChunks = Math.ceil(rows / CHUNK_ROWS);
  const widest = transform.slices.some(({ complex }) => complex) ? 2 * rank : rank;
  const packing = (over: number) => {
    const groups = Math.max(1, Math.ceil(PACK_CHUNKS / count));
    return { group: Math.ceil(Math.ceil(over / PANEL) / groups), groups, chunks: count * groups };
  };
  const forSynthesis = packing(columns);
  const forGradient = packing(widest);
  const synthesise = (data: CompletionData): void => {
    const { group, groups, chunks } = forSynthesis;
    device.dispatch('packSynthesisChunk', [slicesAt, rank, columns, group, groups], chunks);
    const args = [slicesAt, count, rank, rows, columns, k, inverse, data.x.byteOffset];
    device.dispatch('synthesisChunk', args, rowChunks);
  };
  let damped: { table: number; pivots: DeviceArray<Float64Array> } | undefined;
  const makeDamped = () => {
    const parts = own(device.words(2 * count * DAMPED_WORDS));
    transform.slices.forEach(({ complex }, s) => {
      const width = complex ? 2 * rank : rank;
      for (const side of [0, 1]) {
        const record = [
          own(device.floats(width * width)).byteOffset,
          panels(width, width),
          own(device.doubles(2 * width * width)).byteOffset,
        ];
        parts.values.set(record, (2 * s + side) * DAMPED_WORDS);
      }
    });
    return { table: parts.byteOffset, pivots: own(device.doubles(2 * count)) };
  };
  return {
    rank,
    transform,
    left,
    right,
    gradLeft,
    gradRight,
    synthesise,
    evaluate(data, smoothness) {
      synthesise(data);
      const { group, groups, chunks } = forGradient;
      device.dispatch('packGradientChunk', [slicesAt, rank, rows, columns, group, groups], chunks);
      const { x, y, mask, z, losses } = data;
      const { weight, epsilon, directions, channels } = smoothness;
      const term = [weight === 0 ? 0 : directions, channels === 'joint' ? 1 : 0, weight, epsilon];
      const shape = [slicesAt, count, rank, rows, columns];
      const buffers = [x, y, mask, z, losses].map(part => part.byteOffset);
      device.dispatch('residualChunk', [...shape, k, forward, ...buffers, ...term], rowChunks);
      device.dispatch('rightGradientChunk', [...shape, z.byteOffset], count * Math.ceil(columns / CHUNK_ROWS));
      return sumRows(losses.values, rows, smoothness.weight !== 0);
    },
    precondition(lambda) {
      damped ??= makeDamped();
      const { table, pivots } = damped;
      const shape = [slicesAt, table, rank, rows, columns];
      device.dispatch('dampedInverseChunk', [...shape, lambda, pivots.byteOffset], 2 * count);
      if (!pivots.values.every(pivot => pivot > 0)) {
        throw new LabError({
          code: 'diverged',
          message: 'A Gram matrix of the factors cannot be inverted: they have lost rank.',
          where: `damping ${lambda}`,
          tip: 'Give a larger damping, or a lower rank.',
        });
      }
      device.dispatch('preconditionChunk', shape, count * (rowChunks + Math.ceil(columns / CHUNK_ROWS)));
    },
    dispose() {
      for (const part of owned) part.dispose();
    },
  };
}

function sumRows(losses: Float64Array, rows: number, withSmoothness: boolean): CompletionLosses {
  let training = 0;
  let validation = 0;
  let smoothness = 0;
  for (let row = 0; row < rows; row++) {
    training += losses[3 * row];
    validation += losses[3 * row + 1];
    if (withSmoothness) smoothness += losses[3 * row + 2];
  }
  return { training, validation, smoothness };
}
