import { expect, it } from 'vitest';
import type { ViewData } from '../../../src/protocol/views.ts';
import { tailsAt } from './track-tails.ts';

const data: ViewData = {
  // Two tracks: one in frames 0, 1 and 3, one in frames 2 and 3.
  starts: { shape: [3], values: Uint32Array.of(0, 3, 5) },
  frames: { shape: [5], values: Uint16Array.of(0, 1, 3, 2, 3) },
  positions: { shape: [5, 2], values: Float32Array.of(0, 0, 1, 10, 3, 30, 50, 5, 60, 6) },
};

it('draws what is seen in a frame back to where it was, the newest piece first', () => {
  expect(tailsAt(data, 3, 4)).toEqual({
    heads: [3, 30, 60, 6],
    pieces: [[1, 10, 3, 30, 50, 5, 60, 6], [], [0, 0, 1, 10], []],
  });
});

it('draws nothing of what is out of sight, and no further back than asked', () => {
  expect(tailsAt(data, 2, 4)).toEqual({ heads: [50, 5], pieces: [[], [], [], []] });
  expect(tailsAt(data, 3, 1)).toEqual({ heads: [3, 30, 60, 6], pieces: [[1, 10, 3, 30, 50, 5, 60, 6]] });
});
