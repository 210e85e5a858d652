// A checkpoint as an NPZ archive that NumPy opens too: named float arrays, and one JSON document for the rest.

import { decodeNpz, encodeNpz } from '../formats/npz.ts';
import { LabError } from '../protocol/lab-error.ts';

export type CheckpointArrays = Record<string, Float32Array | Float64Array>;

const DOCUMENT = 'state.json';

export function encodeCheckpoint(document: unknown, arrays: CheckpointArrays): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(document));
  return encodeNpz([
    [DOCUMENT, { shape: [text.length], dtype: 'uint8', data: text }],
    ...Object.entries(arrays).map(
      ([name, data]) =>
        [name, { shape: [data.length], dtype: data instanceof Float32Array ? 'float32' : 'float64', data }] as const,
    ),
  ] as Parameters<typeof encodeNpz>[0]);
}

export interface Checkpoint {
  readonly document: unknown;
  readonly arrays: CheckpointArrays;
}

/** Throws a `store` error for bytes that are damaged. */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const damaged = (message: string, cause?: unknown) =>
    new LabError({ code: 'store', message, where: name, tip: 'Resume from an earlier checkpoint.', cause });
  const arrays: CheckpointArrays = {};
  let document: unknown;
  try {
    for (const [key, { data }] of decodeNpz(bytes, name)) {
      if (key === DOCUMENT) document = JSON.parse(new TextDecoder().decode(data as Uint8Array));
      else if (data instanceof Float32Array || data instanceof Float64Array) arrays[key] = data;
    }
  } catch (thrown) {
    throw damaged(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
  if (document === undefined) throw damaged('The checkpoint has no state document.');
  return { document, arrays };
}
