// Flow of a video over gaps: which pairs there are, how exact the long ones are, a jump cut, and the cache.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { type FlowPair, flowPresets } from './flow.ts';
import { encodeFlowPair } from './flow-pair-bytes.ts';
import { createTexture, drawTexture, similarity, type Texture } from './moving-texture.ts';
import { type FlowCache, videoFlow, videoFlowOptions } from './video-flow.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 1 });
});
afterAll(() => device.dispose());

const [width, height] = [128, 96];
const motion = (frame: number) => similarity([64, 48], 2.5 * frame, 1, [4 * frame, 0]);
const draw = (texture: Texture, frame: number) => drawTexture(texture, width, height, motion(frame).inverse);
const texture = createTexture(31);
const frames = [0, 1, 2, 3, 4].map(frame => draw(texture, frame));
const gapsOf = (pairs: Iterable<{ readonly first: number; readonly second: number }>) =>
  Array.from(pairs, ({ first, second }) => [first, second]);

function mapCache(): FlowCache & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: key => kept.get(key.join()),
    put: (key, bytes) => void kept.set(key.join(), bytes),
  };
}

describe('flow of a video', () => {
  it('has neighbours and doubled gaps, and the longest is exact too', () => {
    const pairs = [...videoFlow(device, frames, width, height)];
    expect(gapsOf(pairs)).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [0, 2],
      [1, 3],
      [2, 4],
      [0, 4],
    ]);
    const { forward } = pairs[pairs.length - 1];
    const errors: number[] = [];
    for (let i = 8; i < forward.height - 8; i++) {
      for (let j = 8; j < forward.width - 20; j++) {
        const p = 2 * (i * forward.width + j);
        const [x, y] = motion(4).forward(2 * j + 1, 2 * i + 1);
        errors.push(Math.hypot(2 * j + 1 + forward.flow[p] - x, 2 * i + 1 + forward.flow[p + 1] - y));
      }
    }
    errors.sort((a, b) => a - b);
    // An eighth of a cell.
    expect(errors[errors.length >> 1]).toBeLessThan(0.25);
  });

  it('builds nothing across a jump cut', () => {
    const other = createTexture(32);
    const cut = [...frames.slice(0, 3), draw(other, 0), draw(other, 1)];
    const pairs = gapsOf(videoFlow(device, cut, width, height, { ...videoFlowOptions, settings: flowPresets.fast }));
    expect(pairs).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [0, 2],
    ]);
  });

  it('comes out of the cache with the same bits, and not for other frames', () => {
    const store = mapCache();
    const options = { ...videoFlowOptions, settings: flowPresets.fast, cache: { store, digests: [...'abcde'] } };
    const fresh = [...videoFlow(device, frames, width, height, options)];
    const count = store.kept.size;
    expect(count).toBe(fresh.length);
    const idle: CpuDevice = {
      ...device,
      dispatch: () => {
        throw new Error('computed again');
      },
    };
    const bits = (pairs: Iterable<FlowPair>) =>
      Array.from(pairs, pair => Buffer.from(encodeFlowPair(pair)).toString('base64'));
    expect(bits(videoFlow(idle, frames, width, height, options))).toEqual(bits(fresh));
    const changed = { ...options, cache: { store, digests: [...'abxde'] } };
    expect(bits(videoFlow(device, frames, width, height, changed))).toEqual(bits(fresh));
    // All pairs that touch or cross the third frame.
    expect(store.kept.size).toBe(count + 6);
  });
});
