// Both flows of a pair of pictures as bytes, for a cache: what is read has the very bits that were written. Pure, any process.

import type { FlowField, FlowPair } from './flow.ts';

/** Width and height as float32, then flow and confidence of one direction and of the other. */
export function encodeFlowPair({ forward, backward }: FlowPair): Uint8Array {
  const { width, height } = forward;
  const cells = width * height;
  const values = new Float32Array(2 + 6 * cells);
  values.set([width, height]);
  [forward, backward].forEach(({ flow, confidence }, direction) => {
    values.set(flow, 2 + 3 * cells * direction);
    values.set(confidence, 2 + 3 * cells * direction + 2 * cells);
  });
  return new Uint8Array(values.buffer);
}

/** Undefined for bytes of another length than their size asks for. */
export function decodeFlowPair(bytes: Uint8Array): FlowPair | undefined {
  if (bytes.length < 8 || bytes.length % 4 !== 0) return undefined;
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const [width, height] = values;
  const cells = width * height;
  if (values.length !== 2 + 6 * cells) return undefined;
  const field = (direction: 0 | 1): FlowField => {
    const at = 2 + 3 * cells * direction;
    return {
      width,
      height,
      flow: values.slice(at, at + 2 * cells),
      confidence: values.slice(at + 2 * cells, at + 3 * cells),
    };
  };
  return { forward: field(0), backward: field(1) };
}
