// Recorded views of a run: those that change with iterations are NPZ archives in one log, snapshots/fixed-VIEW.npz are those
// that never do. Written by the engine's process, read by hosts. Node only.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { NpyArray } from '../formats/npy.ts';
import { decodeNpz, encodeNpz } from '../formats/npz.ts';
import { reduceView, selectFrame } from '../protocol/reduce-view.ts';
import { drawTints, isTinted } from '../protocol/tinted-picture.ts';
import type { ViewArray, ViewData } from '../protocol/views.ts';
import { writeAtomically } from './files.ts';
import { openSnapshotLog, readSnapshotRecord, snapshotFolder, snapshotRecords } from './snapshot-log.ts';

export interface SnapshotView {
  /** 0 for a view that never changes. */
  readonly iteration: number;
  readonly reduction: number;
  readonly data: ViewData;
}

/** Pictures above this are recorded smaller: fifty of them should not fill a disk. */
const MOST_BYTES = 8 << 20;
/** Array beside those of the view: by how much the recorded pictures are smaller. */
const REDUCTION = 'reduction';
/** In place of `values`, or of `classes`: their bytes, deflated (RFC 1951), and their shape. */
const PACKED = 'packed';
const SHAPE = 'packed.shape';
/** Beside `tints`: name of the view that they are drawn over. */
const OVER = 'over';

/** How pictures that are nothing in most places, or are drawn over another one that is recorded, take little room. */
export interface Packing {
  /** The view under one that is given as a TintedPicture. */
  readonly over?: string | undefined;
  readonly isSparse?: boolean;
}

export interface SnapshotWriter {
  /** Of a view that changes with iterations. Buffered; `flush` writes. */
  add(view: string, iteration: number, member: number, data: ViewData, packing?: Packing): void;
  flush(): void;
}

export function openSnapshots(folder: string): SnapshotWriter {
  const log = openSnapshotLog(folder);
  return {
    add: (view, iteration, member, data, packing = {}) =>
      log.add({ iteration, member, view }, encodeRecord(data, packing)),
    flush: log.flush,
  };
}

/** Of a view that never changes; what lies over it is written after it. */
export function writeFixedView(folder: string, view: string, data: ViewData): void {
  writeAtomically(fixedFile(folder, view), encodeRecord(data, {}), 'quick');
}

/** Pictures are recorded with 8 bits. */
function encodeRecord(data: ViewData, { over, isSparse }: Packing): Uint8Array {
  if (isTinted(data)) {
    const { classes, ...rest } = data;
    return encodeArrays({ ...rest, ...packed(classes), ...(over === undefined ? {} : { [OVER]: textArray(over) }) });
  }
  const [frames, , , channels = 1] = data.values?.shape ?? [1, 1, 1];
  const { data: whole, reduction } = reduceView(inBytes(data), Math.floor(MOST_BYTES / (frames * channels)));
  const { values, ...rest } = whole;
  const isPacked = isSparse === true && values?.values instanceof Uint8Array;
  const note = { shape: [1], values: Float64Array.of(reduction) };
  return encodeArrays({
    ...(isPacked ? { ...rest, ...packed(values) } : whole),
    ...(reduction === 1 ? {} : { [REDUCTION]: note }),
  });
}

function encodeArrays(data: ViewData): Uint8Array {
  return encodeNpz(Object.entries(data).map(([name, array]) => [name, asNpy(array)] as const));
}

function packed({ shape, values }: ViewArray): ViewData {
  const bytes = new Uint8Array(deflateRawSync(values as Uint8Array, { level: 1 }));
  return {
    [PACKED]: { shape: [bytes.length], values: bytes },
    [SHAPE]: { shape: [shape.length], values: Float64Array.from(shape) },
  };
}

/** Iterations with recorded views, ascending; one entry for each member. */
export function listSnapshots(folder: string): { readonly iteration: number; readonly member: number }[] {
  const seen = new Map<string, { iteration: number; member: number }>();
  for (const { iteration, member } of snapshotRecords(folder))
    seen.set(`${iteration} ${member}`, { iteration, member });
  return [...seen.values()].sort((a, b) => a.iteration - b.iteration || a.member - b.member);
}

/** Iterations with a checkpoint, ascending. */
export function listCheckpoints(folder: string): number[] {
  return namesIn(join(folder, 'checkpoints'))
    .filter(name => /^\d+\.npz$/.test(name))
    .map(name => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

/**
 * A view as recorded at or before iteration `at`; a damaged record is passed over for the one before it. All frames when
 * `frame` is left out. Undefined where nothing was recorded.
 */
export function readSnapshotView(
  folder: string,
  view: string,
  member: number,
  at: number,
  frame: number | undefined,
  mostPixels: number | undefined,
): SnapshotView | undefined {
  const fixed = readFixed(folder, view);
  const candidates = snapshotRecords(folder)
    .filter(record => record.view === view && record.member === member && record.iteration <= at)
    .reverse()
    .sort((a, b) => b.iteration - a.iteration);
  const found =
    fixed === undefined
      ? firstOf(candidates, record => {
          const decoded = decodeRecord(folder, readSnapshotRecord(folder, record), view);
          return decoded && { ...decoded, iteration: record.iteration };
        })
      : { ...fixed, iteration: 0 };
  if (found === undefined) return undefined;
  const { data, reduction } = reduceView(selectFrame(found.data, frame), mostPixels);
  return { iteration: found.iteration, reduction: reduction * found.reduction, data };
}

function firstOf<T, Found>(items: readonly T[], find: (item: T) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names of the records of views that never change. */
export function fixedSnapshots(folder: string): string[] {
  return namesIn(snapshotFolder(folder)).filter(name => name.startsWith('fixed-') && name.endsWith('.npz'));
}

export function nineDigits(iteration: number): string {
  return String(iteration).padStart(9, '0');
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function fixedFile(folder: string, view: string): string {
  return join(snapshotFolder(folder), `fixed-${view}.npz`);
}

function readFixed(folder: string, view: string): DecodedRecord | undefined {
  const file = fixedFile(folder, view);
  return existsSync(file) ? decodeRecord(folder, readFileSync(file), view) : undefined;
}

interface DecodedRecord {
  readonly data: ViewData;
  readonly reduction: number;
}

/** Undefined for bytes that a crash has cut off: records are not synchronised. */
function decodeRecord(folder: string, bytes: Uint8Array | undefined, view: string): DecodedRecord | undefined {
  if (bytes === undefined) return undefined;
  let arrays: ReturnType<typeof decodeNpz>;
  try {
    arrays = decodeNpz(bytes, view);
  } catch {
    return undefined;
  }
  const reduction = Number(arrays.get(REDUCTION)?.data[0] ?? 1);
  arrays.delete(REDUCTION);
  const recorded = Object.fromEntries(
    [...arrays].map(([array, { shape, data: values }]) => [array, { shape, values: values as ViewArray['values'] }]),
  );
  const data = unpacked(folder, recorded);
  return data === undefined ? undefined : { data, reduction };
}

/** Undefined where what it lies over is gone. */
function unpacked(folder: string, data: ViewData): ViewData | undefined {
  const { [PACKED]: bytes, [SHAPE]: shape, [OVER]: over, ...rest } = data;
  if (bytes === undefined) return data;
  const whole = { shape: [...shape.values], values: new Uint8Array(inflateRawSync(bytes.values as Uint8Array)) };
  const tinted = { ...rest, classes: whole };
  if (!isTinted(tinted)) return { values: whole, ...rest };
  const under = over && fixedBytes(folder, new TextDecoder().decode(over.values as Uint8Array));
  const values = under && drawTints(under, tinted);
  return values && { values };
}

/** The last one read: every member's picture lies over the same. */
let lastFixed: { readonly file: string; readonly changed: number; readonly values: ViewArray } | undefined;

function fixedBytes(folder: string, view: string): ViewArray | undefined {
  const file = fixedFile(folder, view);
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (changed === undefined) return undefined;
  if (lastFixed?.file !== file || lastFixed.changed !== changed) {
    const values = readFixed(folder, view)?.data.values;
    if (!(values?.values instanceof Uint8Array)) return undefined;
    lastFixed = { file, changed, values };
  }
  return lastFixed.values;
}

function textArray(text: string): ViewArray {
  const values = new TextEncoder().encode(text);
  return { shape: [values.length], values };
}

/** Pictures of finer values as bytes over their range, with the scale that gives the values back. */
function inBytes(data: ViewData): ViewData {
  const { values } = data;
  if (values?.shape.length !== 4 || values.values instanceof Uint8Array) return data;
  const [offset, step] = data['values.scale']?.values ?? [0, 1];
  let low = Infinity;
  let high = -Infinity;
  for (const value of values.values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const unit = high > low ? (high - low) / 255 : 1;
  const bytes = new Uint8Array(values.values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round((values.values[i] - low) / unit);
  const scale = Float64Array.of(offset + step * low, step * unit);
  return { ...data, values: { shape: values.shape, values: bytes }, 'values.scale': { shape: [2], values: scale } };
}

function asNpy({ shape, values }: ViewArray): NpyArray {
  const dtype = {
    Uint8Array: 'uint8',
    Uint16Array: 'uint16',
    Uint32Array: 'uint32',
    Float32Array: 'float32',
    Float64Array: 'float64',
  }[values.constructor.name];
  return { shape: [...shape], dtype, data: values } as NpyArray;
}
