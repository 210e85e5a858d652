// Recorded views of a run: snapshots/ITERATION-MEMBER-VIEW.npz for those that change with iterations,
// snapshots/fixed-VIEW.npz for those that never do. Written by the engine's process, read by hosts. Node only.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { NpyArray } from '../formats/npy.ts';
import { decodeNpz, encodeNpz } from '../formats/npz.ts';
import { reduceView, selectFrame } from '../protocol/reduce-view.ts';
import type { ViewArray, ViewData } from '../protocol/views.ts';
import { writeAtomically } from './files.ts';

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
/** In place of `values`: their bytes, deflated (RFC 1951), and their shape. */
const PACKED = 'packed';
const SHAPE = 'packed.shape';
/** Beside those: name of the view that never changes, whose bytes were taken off first, modulo 256. */
const OVER = 'over';
const snapshotName = /^(\d{9})-(\d+)-([\w-]+)\.npz$/;

/** How pictures that are mostly one colour, or mostly another picture that is recorded, take little room. */
export interface Packing {
  readonly over?: string | undefined;
}

/** `iteration` undefined: of a view that never changes. Pictures are recorded with 8 bits. */
export function writeSnapshotView(
  folder: string,
  view: string,
  iteration: number | undefined,
  member: number,
  data: ViewData,
  packing?: Packing,
): void {
  const [frames, , , channels = 1] = data.values?.shape ?? [1, 1, 1];
  const { data: whole, reduction } = reduceView(inBytes(data), Math.floor(MOST_BYTES / (frames * channels)));
  const recorded = packing === undefined ? whole : packed(folder, whole, packing);
  const arrays = Object.entries(recorded).map(([name, array]) => [name, asNpy(array)] as const);
  const note = { shape: [1], values: Float64Array.of(reduction) };
  const bytes = encodeNpz(reduction === 1 ? arrays : [...arrays, [REDUCTION, asNpy(note)] as const]);
  const stem = iteration === undefined ? 'fixed' : `${nineDigits(iteration)}-${member}`;
  writeAtomically(join(folder, 'snapshots', `${stem}-${view}.npz`), bytes, 'quick');
}

/** Iterations with recorded views, ascending; one entry for each member. */
export function listSnapshots(folder: string): { readonly iteration: number; readonly member: number }[] {
  const seen = new Map<string, { iteration: number; member: number }>();
  for (const { iteration, member } of snapshotFiles(folder)) seen.set(`${iteration} ${member}`, { iteration, member });
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
  const fixed = `fixed-${view}.npz`;
  const candidates = existsSync(join(folder, 'snapshots', fixed))
    ? [{ name: fixed, iteration: 0 }]
    : snapshotFiles(folder)
        .filter(file => file.view === view && file.member === member && file.iteration <= at)
        .sort((a, b) => b.iteration - a.iteration);
  for (const { name, iteration } of candidates) {
    const recorded = readRecord(folder, name);
    if (recorded === undefined) continue;
    const { data, reduction } = reduceView(selectFrame(recorded.data, frame), mostPixels);
    return { iteration, reduction: reduction * recorded.reduction, data };
  }
  return undefined;
}

export interface SnapshotFile {
  readonly name: string;
  readonly iteration: number;
  readonly member: number;
  readonly view: string;
}

/** Listings by folder: a window asks for many views of one run. */
const listings = new Map<string, { readonly changed: number; readonly files: readonly SnapshotFile[] }>();
const LISTINGS_KEPT = 16;
/** A folder changed more recently may change again within the same tick of the file system's clock. */
const SETTLED_MILLISECONDS = 1000;

/** Records of views that change with iterations, in no particular order. */
export function snapshotFiles(folder: string): readonly SnapshotFile[] {
  const changed = statSync(join(folder, 'snapshots'), { throwIfNoEntry: false })?.mtimeMs;
  const known = listings.get(folder);
  if (known !== undefined && known.changed === changed) return known.files;
  const files = listFiles(folder);
  listings.delete(folder);
  if (changed !== undefined && Date.now() - changed > SETTLED_MILLISECONDS) listings.set(folder, { changed, files });
  const [oldest] = listings.keys();
  if (listings.size > LISTINGS_KEPT && oldest !== undefined) listings.delete(oldest);
  return files;
}

function listFiles(folder: string): SnapshotFile[] {
  return namesIn(join(folder, 'snapshots')).flatMap(name => {
    const match = snapshotName.exec(name);
    return match === null ? [] : [{ name, iteration: Number(match[1]), member: Number(match[2]), view: match[3] }];
  });
}

/** Names of the records of views that never change. */
export function fixedSnapshots(folder: string): string[] {
  return namesIn(join(folder, 'snapshots')).filter(name => name.startsWith('fixed-') && name.endsWith('.npz'));
}

export function nineDigits(iteration: number): string {
  return String(iteration).padStart(9, '0');
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readRecord(folder: string, name: string): { data: ViewData; reduction: number } | undefined {
  const file = join(folder, 'snapshots', name);
  let arrays: ReturnType<typeof decodeNpz>;
  try {
    arrays = decodeNpz(readFileSync(file), file);
  } catch {
    return undefined; // cut off by a crash: records are not synchronised
  }
  const reduction = Number(arrays.get(REDUCTION)?.data[0] ?? 1);
  arrays.delete(REDUCTION);
  const recorded = Object.fromEntries(
    [...arrays].map(([array, { shape, data: values }]) => [array, { shape, values: values as ViewArray['values'] }]),
  );
  const data = unpacked(folder, recorded);
  return data === undefined ? undefined : { data, reduction };
}

/** As it is where it cannot be packed. */
function packed(folder: string, data: ViewData, { over }: Packing): ViewData {
  const { values: whole, ...rest } = data;
  const values = over === undefined ? whole : shiftedBytes(folder, over, whole, -1);
  if (!(values?.values instanceof Uint8Array)) return data;
  const bytes = new Uint8Array(deflateRawSync(values.values, { level: 1 }));
  return {
    ...rest,
    [PACKED]: { shape: [bytes.length], values: bytes },
    [SHAPE]: { shape: [values.shape.length], values: Float64Array.from(values.shape) },
    ...(over === undefined ? {} : { [OVER]: textArray(over) }),
  };
}

/** Undefined where what it lies over is gone. */
function unpacked(folder: string, data: ViewData): ViewData | undefined {
  const { [PACKED]: bytes, [SHAPE]: shape, [OVER]: over, ...rest } = data;
  if (bytes === undefined) return data;
  const less = { shape: [...shape.values], values: new Uint8Array(inflateRawSync(bytes.values as Uint8Array)) };
  const name = over === undefined ? undefined : new TextDecoder().decode(over.values as Uint8Array);
  const values = name === undefined ? less : shiftedBytes(folder, name, less, 1);
  return values === undefined ? undefined : { values, ...rest };
}

/** `values` plus (1) or less (-1) those of a view that never changes, modulo 256; undefined where the two do not match. */
function shiftedBytes(folder: string, over: string, values: ViewArray, sign: 1 | -1): ViewArray | undefined {
  const under = fixedBytes(folder, over);
  if (!(values.values instanceof Uint8Array) || under?.shape.join() !== values.shape.join()) return undefined;
  const [base, given] = [under.values, values.values];
  const shifted = new Uint8Array(given.length);
  for (let i = 0; i < shifted.length; i++) shifted[i] = given[i] + sign * base[i];
  return { shape: values.shape, values: shifted };
}

/** The last one read: every member's picture lies over the same. */
let lastFixed: { readonly file: string; readonly changed: number; readonly values: ViewArray } | undefined;

function fixedBytes(folder: string, view: string): ViewArray | undefined {
  const name = `fixed-${view}.npz`;
  const file = join(folder, 'snapshots', name);
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (changed === undefined) return undefined;
  if (lastFixed?.file !== file || lastFixed.changed !== changed) {
    const values = readRecord(folder, name)?.data.values;
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
  const bytes = Uint8Array.from(values.values as ArrayLike<number>, value => Math.round((value - low) / unit));
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
