// Binary messages from a host to a window: a small JSON header, then typed arrays, each at a multiple of eight bytes so
// that they are read without copies. Shared by all processes.

import { LabError } from './lab-error.ts';
import type { ViewArray, ViewData } from './views.ts';

export type FrameHeader =
  | {
      readonly kind: 'view';
      /** Number of the call this answers. */
      readonly call: number;
      readonly run: string;
      readonly view: string;
      readonly member: number;
      /** Iteration that the data is of. */
      readonly iteration: number;
      /** Pixels of the original that one value stands for, along each axis; 1: full size. */
      readonly reduction: number;
    }
  /** New rows of a trace, oldest first. Array `rows` [n, columns], float64, see traceColumns in run.ts; NaN: none. */
  | { readonly kind: 'trace'; readonly run: string; readonly seq: number };

export interface Frame {
  readonly header: FrameHeader;
  readonly data: ViewData;
}

const dtypes = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
type Dtype = keyof typeof dtypes;

interface Directory {
  readonly header: FrameHeader;
  readonly arrays: readonly { readonly name: string; readonly dtype: Dtype; readonly shape: readonly number[] }[];
}

const aligned = (bytes: number) => (bytes + 7) & ~7;

export function encodeFrame({ header, data }: Frame): Uint8Array {
  const entries = Object.entries(data);
  const directory: Directory = {
    header,
    arrays: entries.map(([name, { shape, values }]) => ({ name, dtype: dtypeOf(values), shape })),
  };
  const text = new TextEncoder().encode(JSON.stringify(directory));
  const start = aligned(4 + text.length);
  const bytes = new Uint8Array(entries.reduce((sum, [, { values }]) => sum + aligned(values.byteLength), start));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = start;
  for (const [, { values }] of entries) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += aligned(values.byteLength);
  }
  return bytes;
}

/** `bytes` must start at a multiple of eight bytes of its buffer; the arrays are views of it. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const { header, arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Directory;
  let at = aligned(4 + length);
  const data: Record<string, ViewArray> = {};
  for (const { name, dtype, shape } of arrays) {
    const Values = dtypes[dtype];
    const count = shape.reduce((product, n) => product * n, 1);
    data[name] = { shape, values: new Values(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, count) };
    at += aligned(count * Values.BYTES_PER_ELEMENT);
  }
  if (at > bytes.length) {
    throw new LabError({ code: 'internal', message: `A frame of ${at} bytes came with only ${bytes.length}.` });
  }
  return { header, data };
}

function dtypeOf(values: ViewArray['values']): Dtype {
  return (Object.keys(dtypes) as Dtype[]).find(name => values instanceof dtypes[name]) as Dtype;
}
