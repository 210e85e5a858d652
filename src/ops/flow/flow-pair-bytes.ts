// Both flows of a pair of pictures, or of all pairs that end in a frame, as bytes for a cache: what is read has the very bits that were written. Pure, any process.

import type { FlowField, FlowPair } from './flow.ts';
import type { VideoFlowPair } from './video-flow.ts';

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

/** Pairs that end in one frame, all of one size: how many, then first frame, second frame and the flows of each. */
export function encodeVideoFlow(pairs: readonly VideoFlowPair[]): Uint8Array {
  const parts = pairs.map(pair => [pair.first, pair.second, encodeFlowPair(pair)] as const);
  const length = parts.reduce((sum, [, , bytes]) => sum + 8 + bytes.length, 4);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, pairs.length, true);
  let at = 4;
  for (const [first, second, bytes] of parts) {
    view.setUint32(at, first, true);
    view.setUint32(at + 4, second, true);
    out.set(bytes, at + 8);
    at += 8 + bytes.length;
  }
  return out;
}

/** Undefined for bytes of another length than their number and size ask for. */
export function decodeVideoFlow(bytes: Uint8Array): VideoFlowPair[] | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(0, true);
  const each = count === 0 ? 0 : (bytes.length - 4) / count;
  if (!Number.isInteger(each) || (count === 0 && bytes.length > 4)) return undefined;
  const pairs: VideoFlowPair[] = [];
  for (let at = 4; at < bytes.length; at += each) {
    const pair = each < 8 ? undefined : decodeFlowPair(bytes.subarray(at + 8, at + each));
    if (pair === undefined) return undefined;
    pairs.push({ first: view.getUint32(at, true), second: view.getUint32(at + 4, true), ...pair });
  }
  return pairs;
}
