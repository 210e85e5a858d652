// Point tracks: known motions to parts of a pixel, where tracks end, the kernel against its readable twin, threads.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createTexture, drawTexture, type PlaceMap, similarity } from '../flow/moving-texture.ts';
import {
  chooseCorners,
  createPointTracker,
  type TrackOperators,
  type TrackSettings,
  trackSettings,
} from './tracker.ts';
import { type Tracks, trackCount } from './tracks.ts';
import { createTrackOperators } from './tracks-cpu.ts';
import { createReferenceTrackOperators } from './tracks-reference.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
});
afterAll(() => device.dispose());

const [width, height] = [180, 120];
const defaults: TrackSettings = { ...trackSettings(width, height), count: 60, startEvery: 2 };

function track<Picture, Template>(
  operators: TrackOperators<Picture, Template>,
  frames: readonly Float32Array[],
  settings = defaults,
  observed: readonly Uint8Array[] = [],
): Tracks {
  const tracker = createPointTracker(operators, settings);
  for (const [f, frame] of frames.entries()) tracker.add(frame, observed[f]);
  const tracks = tracker.finish();
  tracker.dispose();
  return tracks;
}

/** Where a place of frame 0 is in `frame`, and back. */
type Motion = (frame: number) => { readonly forward: PlaceMap; readonly inverse: PlaceMap };

function draw(motion: Motion, count: number, texture = createTexture(21)): Float32Array[] {
  return Array.from({ length: count }, (_, f) => drawTexture(texture, width, height, motion(f).inverse));
}

/** Distances of all observations from where the first of their track went, in order. */
function errors(tracks: Tracks, motion: Motion): number[] {
  const { starts, frames, positions } = tracks;
  const found: number[] = [];
  for (let t = 0; t < trackCount(tracks); t++) {
    const first = starts[t];
    const ground = motion(frames[first]).inverse(positions[2 * first], positions[2 * first + 1]);
    for (let o = first + 1; o < starts[t + 1]; o++) {
      const [x, y] = motion(frames[o]).forward(...ground);
      found.push(Math.hypot(positions[2 * o] - x, positions[2 * o + 1] - y));
    }
  }
  return found.sort((a, b) => a - b);
}

const motions: Record<string, { readonly motion: Motion; readonly median: number; readonly most: number }> = {
  'a steady shift': { motion: f => similarity([0, 0], 0, 1, [1.37 * f, -0.61 * f]), median: 0.03, most: 0.1 },
  'a fast shift': { motion: f => similarity([0, 0], 0, 1, [-11.3 * f, 5.2 * f]), median: 0.03, most: 0.1 },
  'a slow rotation and zoom': {
    motion: f => similarity([90, 60], 2 * f, 1.015 ** f, [0.4 * f, 0]),
    median: 0.04,
    most: 0.15,
  },
};

describe('known motions', () => {
  it.each(Object.keys(motions))('%s', name => {
    const { motion, median, most } = motions[name];
    const tracks = track(createTrackOperators(device, width, height), draw(motion, 10));
    const found = errors(tracks, motion);
    expect(trackCount(tracks)).toBeGreaterThan(60);
    expect(found[Math.floor(0.5 * found.length)]).toBeLessThan(median);
    expect(found[Math.floor(0.99 * found.length)]).toBeLessThan(most);
  });

  it('does not drift: after 24 frames a track is as exact as after two', () => {
    const { motion } = motions['a steady shift'];
    const tracks = track(createTrackOperators(device, width, height), draw(motion, 24));
    const { starts } = tracks;
    const long = Array.from({ length: trackCount(tracks) }, (_, t) => t).filter(t => starts[t + 1] - starts[t] === 24);
    expect(long.length).toBeGreaterThan(20);
    const last = long.map(t => {
      const [first, end] = [2 * starts[t], 2 * (starts[t + 1] - 1)];
      const [x, y] = motion(23).forward(tracks.positions[first], tracks.positions[first + 1]);
      return Math.hypot(tracks.positions[end] - x, tracks.positions[end + 1] - y);
    });
    expect(last.sort((a, b) => a - b)[Math.floor(0.5 * last.length)]).toBeLessThan(0.03);
  });
});

describe('tracks', () => {
  it('begin and go on only where they may look, with all corners there', () => {
    const { motion } = motions['a steady shift'];
    // What is hidden comes in from the left, 6 pixels a frame.
    const edge = (f: number) => 40 + 6 * f;
    const marks = (f: number) => Uint8Array.from({ length: width * height }, (_, p) => (p % width < edge(f) ? 0 : 1));
    const pictures = draw(motion, 10);
    const observed = pictures.map((_, f) => marks(f));
    const hidden = track(createTrackOperators(device, width, height), pictures, defaults, observed);
    const { frames, positions } = hidden;
    // Half a window away, less the pixel that a place lies in.
    for (let o = 0; o < frames.length; o++) expect(positions[2 * o]).toBeGreaterThan(edge(frames[o]) + 6);
    expect(trackCount(hidden)).toBeGreaterThan(60);
    const all = track(
      createTrackOperators(device, width, height),
      pictures,
      defaults,
      observed.map(m => m.fill(1)),
    );
    expect(all).toEqual(track(createTrackOperators(device, width, height), pictures));
    expect(hidden.starts.length).toBeLessThan(all.starts.length);
  });

  it('have the lengths asked for, frames without gaps, and stay off the border', () => {
    const { motion } = motions['a steady shift'];
    const tracks = track(createTrackOperators(device, width, height), draw(motion, 12), {
      ...defaults,
      longest: 6,
      shortest: 4,
    });
    const { starts, frames, positions } = tracks;
    expect(trackCount(tracks)).toBeGreaterThan(20);
    expect(positions.length).toBe(2 * frames.length);
    expect(starts[trackCount(tracks)]).toBe(frames.length);
    for (let t = 0; t < trackCount(tracks); t++) {
      const length = starts[t + 1] - starts[t];
      expect(length).toBeGreaterThanOrEqual(4);
      expect(length).toBeLessThanOrEqual(6);
      expect(frames[starts[t]] % 2).toBe(0);
      for (let k = 1; k < length; k++) expect(frames[starts[t] + k]).toBe(frames[starts[t]] + k);
    }
    for (let o = 0; o < frames.length; o++) {
      expect(positions[2 * o]).toBeGreaterThanOrEqual(8);
      expect(positions[2 * o]).toBeLessThanOrEqual(width - 8);
    }
  });

  it('end where something comes before them, and go on through a change of exposure', () => {
    const [ground, cover] = [createTexture(21), createTexture(22)];
    // From frame 3 on another texture covers the left half; exposure rises by 4 % of the range per frame.
    const frames = Array.from({ length: 8 }, (_, f) =>
      drawTexture(
        (x, y) => (f >= 3 && x < 90 ? cover(x, y) : ground(x, y)),
        width,
        height,
        (x, y) => [x, y],
      ).map(value => 0.6 * value + 0.04 * f),
    );
    const { starts, frames: at, positions } = track(createTrackOperators(device, width, height), frames);
    for (let t = 0; t + 1 < starts.length; t++) {
      const x = positions[2 * starts[t]];
      const [first, last] = [at[starts[t]], at[starts[t + 1] - 1]];
      if (first < 3 && x < 76) expect(last).toBeLessThan(3);
      if (x > 106) expect(last).toBe(7);
    }
  });

  it('are none in a grey wall and in one frame', () => {
    const wall = new Float32Array(width * height).fill(0.4);
    expect(trackCount(track(createTrackOperators(device, width, height), [wall, wall, wall, wall]))).toBe(0);
    expect(
      trackCount(track(createTrackOperators(device, width, height), draw(motions['a fast shift'].motion, 1))),
    ).toBe(0);
  });
});

describe('corners', () => {
  it('are the corners of a square, the sharpest first and spaced', () => {
    const picture = drawTexture(
      (x, y) => (x > 60 && x < 120 && y > 50 && y < 100 ? 0.9 : 0.1),
      width,
      height,
      (x, y) => [x, y],
    );
    const operators = createTrackOperators(device, width, height);
    const scores = operators.corners(operators.take(picture));
    operators.dispose();
    const points = chooseCorners(scores, width, height, { count: 10, spacing: 9, quality: 0.2 });
    expect(points.length).toBe(8);
    const near = [
      [60, 50],
      [120, 50],
      [60, 100],
      [120, 100],
    ].map(([x, y]) => [0, 2, 4, 6].filter(p => Math.hypot(points[p] - x, points[p + 1] - y) < 4).length);
    expect(near).toEqual([1, 1, 1, 1]);
  });
});

describe('the kernel', () => {
  const { motion } = motions['a slow rotation and zoom'];
  const frames = draw(motion, 4);
  const few = { ...defaults, count: 15 };

  it('finds what its readable twin finds', () => {
    const [got, expected] = [
      track(createTrackOperators(device, width, height), frames, few),
      track(createReferenceTrackOperators(width, height), frames, few),
    ];
    expect([...got.starts]).toEqual([...expected.starts]);
    expect([...got.frames]).toEqual([...expected.frames]);
    const differences = got.positions.map((value, i) => Math.abs(value - expected.positions[i])).sort();
    // Steps end below 0.003 px; float32 may take one more or less.
    expect(differences[Math.floor(0.95 * differences.length)]).toBeLessThan(0.005);
  });

  it('gives the same bits for any number of threads, and its memory back', async () => {
    const before = device.allocatedBytes;
    const expected = track(createTrackOperators(device, width, height), frames, few);
    expect(device.allocatedBytes).toBe(before);
    for (const threads of [1, 3]) {
      const other = await openNodeDevice({ threads });
      expect(track(createTrackOperators(other, width, height), frames, few)).toEqual(expected);
      other.dispose();
    }
  });
});
