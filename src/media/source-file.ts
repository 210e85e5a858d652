// One file on the disk: its bytes with their digest for the recipe of a run, and what went wrong where it cannot be read.
// Node only.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import { type SourceFile, sourceFile } from './source-reader.ts';

/** Holds the header of any .npy file that NumPy writes for plain numbers. */
const headerBytes = 65536;

/** The first bytes of a file. Throws an `input` error. */
export async function readBeginning(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(headerBytes), 0, headerBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw explainFileError(cause, path);
  }
}

/** Throws an `input` error. */
export async function readSource(path: string): Promise<{ bytes: Uint8Array; file: SourceFile }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw explainFileError(cause, path);
  }
  return { bytes, file: sourceFile(path, bytes) };
}

/** The digest of a file that is too large to be held, read piece by piece. Throws an `input` error. */
export async function digestSource(path: string): Promise<SourceFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (cause) {
    throw explainFileError(cause, path);
  }
  return { path, name: basename(path), bytes, sha256: hash.digest('hex') };
}

export function isMissing(thrown: unknown): boolean {
  return errorCode(thrown) === 'ENOENT' || errorCode(thrown) === 'ENOTDIR';
}

function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** For a path that was there when it was first looked at. */
export function explainFileError(cause: unknown, path: string): LabError {
  const because = (message: string, tip: string) => new LabError({ code: 'input', message, tip, where: path, cause });
  const name = basename(path);
  if (isMissing(cause)) {
    return because(
      `${name} disappeared while it was being read.`,
      'Wait until the program that writes the files is done, then load them again.',
    );
  }
  switch (errorCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return because(`Permission to read ${name} was denied.`, 'Change the permissions of the file or its folder.');
    case 'EISDIR':
      return because(`${name} is a folder, not a picture file.`, 'Rename it or move it out of the folder.');
    case 'ERR_FS_FILE_TOO_LARGE':
      return because(`${name} is larger than 2 GiB, the most that can be read at once.`, 'Split or scale the data.');
    default: {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return because(`${name} could not be read: ${reason}.`, 'Check the disk and the connection to it.');
    }
  }
}
