// Files of a run folder: whole ones are written beside themselves and renamed, logs are read up to where a killed process
// cut them off, and what the disk refuses becomes a `store` error with a tip. Node only.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';

/** durable: on the disk before it takes its name. quick: for what a crash may lose, as it is made again or not missed. */
export type Durability = 'durable' | 'quick';

/**
 * Makes a folder and those above it that are missing. Not by mkdirSync's `recursive`: in Node 20 that never returns where
 * a file system refuses new folders with ENOENT, as /proc does.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each);
    } catch (thrown) {
      // Somebody else may have made it meanwhile.
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
  }
}

export function writeAtomically(file: string, content: string | Uint8Array, durability: Durability = 'durable'): void {
  makeFolder(dirname(file));
  const beside = `${file}.part`;
  try {
    const handle = openSync(beside, 'w');
    try {
      writeFileSync(handle, content);
      if (durability === 'durable') fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, file);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw thrown;
  }
}

/** Writes a file where the user wants it; throws a `store` error that names it. */
export function writeNamedFile(file: string, content: Uint8Array): void {
  try {
    writeAtomically(file, content, 'quick');
  } catch (thrown) {
    throw new LabError({
      code: 'store',
      message: `The file cannot be written (${(thrown as Error).message.split(',')[0]}).`,
      where: file,
      tip: 'Choose another place for it.',
      cause: thrown,
    });
  }
}

/** The JSON documents of a file, one a line; none where there is no file. */
export function readLines<Row>(file: string): Row[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [JSON.parse(line) as Row];
      } catch {
        return []; // the empty end, or a line cut off by a killed process
      }
    });
}

/** Does `action` on the run folder at `path`; throws `store` errors. */
export function storing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    const reason: Record<string, string> = {
      EACCES: 'The run folder may not be written.',
      ENOENT: 'The run folder cannot be made here.',
      EPERM: 'The run folder may not be written.',
      EROFS: 'The run folder is on a read-only disk.',
      ENOSPC: 'The disk is full.',
      EDQUOT: 'The disk is full: your quota is used up.',
      EFBIG: 'A file of the run is too large for this disk.',
      ENOTDIR: 'A part of the path of the run folder is a file.',
      EEXIST: 'A file is where the run folder should be.',
    };
    throw new LabError({
      code: 'store',
      message: reason[code ?? ''] ?? `The run folder cannot be used (${(thrown as Error).message}).`,
      where: path,
      tip: code === 'ENOSPC' ? 'Free some space, then resume the run.' : 'Choose another --out.',
      cause: thrown,
    });
  }
}
