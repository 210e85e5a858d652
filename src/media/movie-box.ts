// Fetches the index of an MP4 or QuickTime file, wherever in it it stands. Node only.

import { open } from 'node:fs/promises';
import { explainFileError } from './source-file.ts';

/** Hours of video take a few megabytes; what claims more is left to the demuxer. */
const MOST_BYTES = 2 ** 28;

export interface MovieBox {
  /** Of the box `moov`. */
  readonly content: Uint8Array;
  readonly fileBytes: number;
}

/** Undefined for a file of another kind, or without an index. Throws an `input` error for one that cannot be read. */
export async function readMovieBox(path: string): Promise<MovieBox | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size: fileBytes } = await handle.stat();
      const header = new DataView(new ArrayBuffer(16));
      for (let at = 0; at + 8 <= fileBytes; ) {
        await handle.read(header, 0, 16, at);
        const short = header.getUint32(0);
        // 1: the size follows in 64 bits; 0: to the end of the file.
        const size = short === 1 ? Number(header.getBigUint64(8)) : short === 0 ? fileBytes - at : short;
        const head = short === 1 ? 16 : 8;
        if (size < head) return undefined;
        if (header.getUint32(4) === 0x6d6f6f76 && at + size <= fileBytes && size <= MOST_BYTES) {
          const content = new Uint8Array(size - head);
          await handle.read(content, 0, content.length, at + head);
          return { content, fileBytes };
        }
        at += size;
      }
      return undefined;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw explainFileError(cause, path);
  }
}
