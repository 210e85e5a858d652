// Ends searches of the demuxer that would never end. mediabunny 1.61 looks for the next element of a damaged Matroska file
// over and over in the same bytes of its cache, so that the process does nothing else and no timer fires. Node only.

import type { FilePathSource } from 'mediabunny';

/**
 * Reads from the cache between two turns of the event loop: what is not in it has to be waited for, and it holds 8 MiB, in which
 * no real video has so many elements.
 */
const MOST_READS = 200_000;

/** What mediabunny's types leave out: every read comes through here, whether it is in the cache or not. */
interface Reads {
  _read(...range: readonly number[]): unknown;
}

/** The same source; a search without end in it fails with an error that says so. */
export function boundReads(source: FilePathSource): FilePathSource {
  const reads = source as unknown as Reads;
  const read = reads._read.bind(source);
  let count = 0;
  reads._read = (...range) => {
    if (count++ === 0) {
      setImmediate(() => {
        count = 0;
      });
    }
    if (count > MOST_READS) throw new Error(`nothing that can be read follows from byte ${range[0]} on`);
    return read(...range);
  };
  return source;
}
