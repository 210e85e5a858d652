// A folder of results that are costly to make again, found by what they were made from, and bounded: the longest unused go
// first. Losing any of it only costs time, so nothing here fails: a cache that cannot be written is an empty one. Node only.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './files.ts';

export interface ByteCache {
  /** What was put under `key`; undefined where there is none, or where the file is not as it was written. */
  get(key: readonly string[]): Uint8Array | undefined;
  put(key: readonly string[], bytes: Uint8Array): void;
  /** A word that stands for these values in a key. */
  digest(values: Float32Array): string;
}

const digestBytes = 32;
const ending = '.cache';

/**
 * The cache in `folder`, which is made when first needed. A key is all that the value depends on: digests of inputs, settings,
 * version. Files take at most `mostBytes` together; one that is larger alone is not kept.
 */
export function openByteCache(folder: string, mostBytes: number): ByteCache {
  const fileOf = (key: readonly string[]) => join(folder, `${digest(JSON.stringify(key)).toString('hex')}${ending}`);
  return {
    get(key) {
      const file = fileOf(key);
      try {
        const bytes = readFileSync(file);
        const content = bytes.subarray(digestBytes);
        if (!digest(content).equals(bytes.subarray(0, digestBytes))) {
          rmSync(file, { force: true });
          return undefined;
        }
        const now = new Date();
        utimesSync(file, now, now);
        return Uint8Array.from(content);
      } catch {
        return undefined;
      }
    },
    put(key, bytes) {
      const needed = bytes.length + digestBytes;
      if (needed > mostBytes) return;
      try {
        makeRoom(folder, mostBytes - needed);
        writeAtomically(fileOf(key), Buffer.concat([digest(bytes), bytes]), 'quick');
      } catch {
        // A full or read-only disk: the result is made again next time.
      }
    },
    digest: values => digest(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).toString('base64url'),
  };
}

/** Removes the longest unused files until the rest takes at most `mostBytes`. */
function makeRoom(folder: string, mostBytes: number): void {
  const files = names(folder).flatMap(name => {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? [] : [{ path, bytes: found.size, used: found.mtimeMs }];
  });
  files.sort((a, b) => b.used - a.used);
  let kept = 0;
  for (const { path, bytes } of files) {
    kept += bytes;
    if (kept > mostBytes) rmSync(path, { force: true });
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => name.endsWith(ending));
  } catch {
    return [];
  }
}

function digest(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
