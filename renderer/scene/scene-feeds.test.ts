// What the scene asks of a host: bounded, and all frames of a stack at once.

import { expect, it } from 'vitest';
import type { ImageView } from '../../src/protocol/views.ts';
import { wantedOf } from './scene-feeds.ts';

const image: ImageView = {
  id: 'x',
  title: '',
  changes: 'with-iterations',
  kind: 'image',
  frames: 1,
  height: 4000,
  width: 4000,
  channels: 1,
  range: [0, 1],
};

it('bounds the pixels of a stack, however many frames it has', () => {
  for (const frames of [1, 60, 500]) {
    const { frame, mostPixels = 0 } = wantedOf('r', { ...image, frames });
    expect(frame).toBeUndefined();
    expect(mostPixels * frames).toBeLessThanOrEqual(2 ** 20);
    expect(mostPixels).toBeGreaterThanOrEqual(1024);
  }
});

it('asks for the depth of one frame, and for points whole', () => {
  const base = { id: 'y', title: '', changes: 'never', unit: 'm' } as const;
  expect(wantedOf('r', { ...base, kind: 'depth', frames: 9, height: 1, width: 1 }).frame).toBe('cursor');
  expect(wantedOf('r', { ...base, kind: 'points' })).toEqual({ run: 'r', view: 'y', frame: undefined });
});
