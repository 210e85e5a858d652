// Reads files and keeps the digest of each, for the recipe of the run that is made from them. The Node variant.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** One file as it was read. */
export interface SourceFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Of the content, hexadecimal. */
  readonly sha256: string;
}

export interface SourceReader {
  /** Throws what Node throws. */
  read(path: string): Promise<Uint8Array>;
  readSync(path: string): Uint8Array;
  /** Every file read so far, once each, by path: the order in which they were read does not matter. */
  files(): SourceFile[];
}

export function sourceFile(path: string, bytes: Uint8Array): SourceFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, name: basename(path), bytes: bytes.length, sha256 };
}

export function createSourceReader(): SourceReader {
  const known = new Map<string, SourceFile>();
  const note = (path: string, bytes: Uint8Array): Uint8Array => {
    known.set(path, sourceFile(path, bytes));
    return bytes;
  };
  return {
    read: async path => note(path, await readFile(path)),
    readSync: path => note(path, readFileSync(path)),
    files: () => [...known.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}
