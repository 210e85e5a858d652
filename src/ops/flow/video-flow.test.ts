// Flow of a video over gaps: which pairs there are, how exact the long ones are, and a jump cut.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { flowPresets } from './flow.ts';
import { createTexture, drawTexture, similarity, type Texture } from './moving-texture.ts';
import { type VideoFlowOptions, videoFlow, videoFlowOptions } from './video-flow.ts';

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
const video = (own: readonly Float32Array[]) => ({ count: own.length, width, height, frameOf: (i: number) => own[i] });
const flowOf = (own: readonly Float32Array[], options?: VideoFlowOptions) =>
  [...videoFlow(device, video(own), options)].flat();
const gapsOf = (pairs: Iterable<{ readonly first: number; readonly second: number }>) =>
  Array.from(pairs, ({ first, second }) => [first, second]);

describe('flow of a video', () => {
  it('has neighbours and doubled gaps, and the longest is exact too', () => {
    const pairs = flowOf(frames);
    expect(gapsOf(pairs)).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [1, 3],
      [3, 4],
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
    const pairs = gapsOf(flowOf(cut, { ...videoFlowOptions, settings: flowPresets.fast }));
    expect(pairs).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [3, 4],
    ]);
  });
});
