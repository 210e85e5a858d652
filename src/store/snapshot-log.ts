// The recorded views of a run as two files that only grow, however many there are: snapshots/records.bin holds their bytes,
// snapshots/records.jsonl a line for each, written after its bytes. A kill costs what was not written yet. Node only.

import { appendFileSync, closeSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, readLines, writeAtomically } from './files.ts';

/** One view of one member at one iteration. */
export interface SnapshotKey {
  readonly iteration: number;
  readonly member: number;
  readonly view: string;
}

export interface SnapshotRecord extends SnapshotKey {
  /** Where its bytes begin in records.bin, and how many there are. */
  readonly at: number;
  readonly bytes: number;
}

export interface SnapshotLog {
  /** Buffered; `flush` writes. */
  add(key: SnapshotKey, bytes: Uint8Array): void;
  flush(): void;
}

/** So much is held back at most. */
const MOST_BUFFERED = 8 << 20;

export const snapshotFolder = (folder: string): string => join(folder, 'snapshots');
const indexFile = (folder: string): string => join(snapshotFolder(folder), 'records.jsonl');
const bytesFile = (folder: string): string => join(snapshotFolder(folder), 'records.bin');
/** Names of the two files in the snapshots of a run. */
export const snapshotLogFiles = ['records.bin', 'records.jsonl'] as const;

export function openSnapshotLog(folder: string): SnapshotLog {
  let waiting: { readonly key: SnapshotKey; readonly bytes: Uint8Array }[] = [];
  let buffered = 0;
  const flush = (): void => {
    if (waiting.length === 0) return;
    makeFolder(snapshotFolder(folder));
    let at = sizeOf(bytesFile(folder));
    const lines = waiting.map(({ key, bytes }) => {
      const record: SnapshotRecord = { ...key, at, bytes: bytes.length };
      at += bytes.length;
      return `${JSON.stringify(record)}\n`;
    });
    appendFileSync(bytesFile(folder), Buffer.concat(waiting.map(({ bytes }) => bytes)));
    appendFileSync(indexFile(folder), lines.join(''));
    waiting = [];
    buffered = 0;
  };
  return {
    add(key, bytes) {
      waiting.push({ key, bytes });
      buffered += bytes.length;
      if (buffered > MOST_BUFFERED) flush();
    },
    flush,
  };
}

/** Lists by folder: a window asks for many views of one run. */
const lists = new Map<string, { readonly state: string; readonly records: SnapshotRecord[] }>();
const LISTS_KEPT = 16;

/** In the order in which they were made: of two of one key the later one counts. */
export function snapshotRecords(folder: string): readonly SnapshotRecord[] {
  const found = statSync(indexFile(folder), { throwIfNoEntry: false });
  if (found === undefined) return [];
  // A log that grows changes its size; one that is cut becomes another file.
  const state = `${found.size} ${found.ino} ${found.mtimeMs}`;
  const known = lists.get(folder);
  if (known?.state === state) return known.records;
  const records = readLines<SnapshotRecord>(indexFile(folder));
  lists.delete(folder);
  lists.set(folder, { state, records });
  const [oldest] = lists.keys();
  if (lists.size > LISTS_KEPT && oldest !== undefined) lists.delete(oldest);
  return records;
}

/** Undefined where the bytes are not all there: a crash may keep the line and lose them. */
export function readSnapshotRecord(folder: string, { at, bytes }: SnapshotRecord): Uint8Array | undefined {
  if (!existsSync(bytesFile(folder))) return undefined;
  const handle = openSync(bytesFile(folder), 'r');
  try {
    const content = new Uint8Array(bytes);
    return readSync(handle, content, 0, bytes, at) === bytes ? content : undefined;
  } finally {
    closeSync(handle);
  }
}

/** Takes the records from `iteration` on back. */
export function cutSnapshots(folder: string, iteration: number): void {
  if (!existsSync(indexFile(folder))) return;
  const size = sizeOf(bytesFile(folder));
  const kept = readLines<SnapshotRecord>(indexFile(folder)).filter(
    record => record.iteration < iteration && record.at + record.bytes <= size,
  );
  writeAtomically(indexFile(folder), kept.map(record => `${JSON.stringify(record)}\n`).join(''));
  const end = kept.reduce((most, { at, bytes }) => Math.max(most, at + bytes), 0);
  if (size > end) truncateSync(bytesFile(folder), end);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
