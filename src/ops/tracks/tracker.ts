// Follows corners through a sequence of frames: where tracks begin, go on and end. What is done to pictures is handed in, so
// that the kernels and their readable twin follow the same rules. Any process.

import { LabError } from '../../protocol/lab-error.ts';
import type { Tracks } from './tracks.ts';

export interface TrackSettings {
  /** Corners begin in every so many frames, at most `count`, `spacing` pixels apart, and as sharp as `quality` of the sharpest. */
  readonly startEvery: number;
  readonly count: number;
  readonly spacing: number;
  readonly quality: number;
  /**
   * A track ends where a point followed to the next frame and back comes out farther away than three times the median of all, but not
   * within `roundTrip`, and always beyond `mostRoundTrip` pixels.
   */
  readonly roundTrip: number;
  readonly mostRoundTrip: number;
  /**
   * A track ends where the correlation of its window with its first appearance is below `leastCorrelation`, or below `goodCorrelation`
   * and `mostGrowth` times as far from 1 as in its second frame, where noise alone tells.
   */
  readonly goodCorrelation: number;
  readonly leastCorrelation: number;
  readonly mostGrowth: number;
  /** Frames of a track; shorter ones are left out. */
  readonly longest: number;
  readonly shortest: number;
}

/** For pictures of a size; lengths grow with the picture as from 640 × 480. */
export function trackSettings(width: number, height: number): TrackSettings {
  const scale = Math.sqrt((width * height) / (640 * 480));
  return {
    startEvery: 1,
    count: 300,
    spacing: Math.max(4, 9 * scale),
    quality: 0.005,
    roundTrip: 0.2 * Math.max(0.5, scale),
    mostRoundTrip: 0.7 * Math.max(0.5, scale),
    goodCorrelation: 0.99,
    leastCorrelation: 0.7,
    mostGrowth: 3,
    longest: 24,
    shortest: 3,
  };
}

/** Half of a window: nearer to the border it would see what is not there. */
export const trackMargin = 8;
/** Where a window is asked for what it sees, in pixels from its centre. */
const WINDOW = [1 - trackMargin, 0, trackMargin - 1];

/** What a tracker needs of pictures, each of which has its own pyramid. */
export interface TrackOperators<Picture, Template> {
  readonly width: number;
  readonly height: number;
  /** Takes a grey picture [height, width], 0 to 1, until it is released. */
  take(grey: Float32Array): Picture;
  release(picture: Picture): void;
  /** Smaller eigenvalue of the structure tensor at every pixel, [height, width]. */
  corners(picture: Picture): Float32Array;
  /** The first appearances of points [point, 2], until all of them are released together. */
  templates(picture: Picture, points: Float32Array): readonly Template[];
  releaseTemplates(templates: readonly Template[]): void;
  /** Points [point, 2] of one picture in another, and how far from them the way back ends, infinite where one is lost. */
  follow(
    from: Picture,
    to: Picture,
    points: Float32Array,
  ): { readonly points: Float32Array; readonly errors: Float32Array };
  /**
   * Aligns windows with their first appearance: refines `warps` [point, 6], (x, y) and the map [a b; c d] from the window's pixels to
   * the picture's, in place, and gives the correlation of each, −2 where it is lost.
   */
  align(picture: Picture, templates: readonly Template[], warps: Float32Array): Float32Array;
  dispose(): void;
}

export interface PointTracker {
  /**
   * Takes the next frame, grey [height, width], 0 to 1. Where `observed` [height, width] is given, no track goes on whose window
   * reaches to where it is 0.
   */
  add(grey: Float32Array, observed?: Uint8Array): void;
  /** The tracks so far, ordered by their first frame; the tracker can be used no more. */
  finish(): Tracks;
  dispose(): void;
}

/** Tracks that began in one frame. */
interface Batch<Template> {
  readonly templates: readonly Template[];
  alive: number;
}

interface Track<Template> {
  readonly batch: Batch<Template>;
  readonly template: Template;
  /** x, y and the map from the first window, as `TrackOperators.align` takes them. */
  readonly warp: Float32Array;
  readonly firstFrame: number;
  /** 1 − correlation in the second frame. */
  firstLoss: number | undefined;
  /** x, y for each frame. */
  readonly positions: number[];
}

const MOST_FRAMES = 65536;

/** Takes over `operators` and disposes them. */
export function createPointTracker<Picture, Template>(
  operators: TrackOperators<Picture, Template>,
  settings: TrackSettings,
): PointTracker {
  const { width, height } = operators;
  const ended: Track<Template>[] = [];
  let alive: Track<Template>[] = [];
  let previous: Picture | undefined;
  let frame = 0;
  /** Of the frame that is being added. */
  let observed: Uint8Array | undefined;

  const end = (track: Track<Template>): void => {
    if (track.positions.length >= 2 * settings.shortest) ended.push(track);
    track.batch.alive--;
    if (track.batch.alive === 0) operators.releaseTemplates(track.batch.templates);
  };

  const inside = (x: number, y: number): boolean =>
    x >= trackMargin && y >= trackMargin && x <= width - trackMargin && y <= height - trackMargin;

  /** At the corners of a window, the middles of its sides, and its centre; beyond the border nothing is hidden. */
  const isObserved = (x: number, y: number): boolean => {
    const marks = observed;
    if (marks === undefined) return true;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    return WINDOW.every(dy => WINDOW.every(dx => marks[(row + dy) * width + column + dx] !== 0));
  };

  /** Ends the tracks for which `keeps` is false. */
  const keep = (keeps: (track: Track<Template>, index: number) => boolean): void => {
    const next: Track<Template>[] = [];
    alive.forEach((track, index) => {
      if (keeps(track, index)) next.push(track);
      else end(track);
    });
    alive = next;
  };

  const goOn = (from: Picture, to: Picture): void => {
    const given = new Float32Array(2 * alive.length);
    alive.forEach(({ warp }, i) => {
      given.set(warp.subarray(0, 2), 2 * i);
    });
    const { points, errors } = operators.follow(from, to, given);
    // Noise in the pictures widens all round trips alike.
    const median = errors.slice().sort()[errors.length >> 1];
    const roundTrip = Math.max(settings.roundTrip, Math.min(3 * median, settings.mostRoundTrip));
    keep(({ warp }, i) => {
      warp.set(points.subarray(2 * i, 2 * i + 2));
      return errors[i] < roundTrip && inside(warp[0], warp[1]) && isObserved(warp[0], warp[1]);
    });
    const warps = new Float32Array(6 * alive.length);
    alive.forEach(({ warp }, i) => {
      warps.set(warp, 6 * i);
    });
    const templates = alive.map(({ template }) => template);
    const correlations = operators.align(to, templates, warps);
    keep((track, i) => {
      const { warp, positions } = track;
      const moved = Math.hypot(warps[6 * i] - warp[0], warps[6 * i + 1] - warp[1]);
      warp.set(warps.subarray(6 * i, 6 * i + 6));
      const correlation = correlations[i];
      track.firstLoss ??= 1 - correlation;
      const alike =
        correlation >= settings.goodCorrelation ||
        (correlation >= settings.leastCorrelation && 1 - correlation <= settings.mostGrowth * track.firstLoss);
      const kept = alike && moved < 2 * roundTrip && inside(warp[0], warp[1]) && isObserved(warp[0], warp[1]);
      if (kept) positions.push(warp[0], warp[1]);
      return kept;
    });
    keep(({ positions }) => positions.length < 2 * settings.longest);
  };

  const scoresOf = (picture: Picture): Float32Array => {
    const scores = operators.corners(picture);
    return observed === undefined
      ? scores
      : scores.map((score, p) => (isObserved(p % width, Math.floor(p / width)) ? score : 0));
  };

  const begin = (picture: Picture): void => {
    const points = chooseCorners(scoresOf(picture), width, height, settings);
    if (points.length === 0) return;
    const templates = operators.templates(picture, points);
    const batch = { templates, alive: templates.length };
    templates.forEach((template, i) => {
      const [x, y] = points.subarray(2 * i, 2 * i + 2);
      const warp = Float32Array.of(x, y, 1, 0, 0, 1);
      alive.push({ batch, template, warp, firstFrame: frame, firstLoss: undefined, positions: [x, y] });
    });
  };

  return {
    add(grey, marks) {
      if (frame === MOST_FRAMES) {
        throw new LabError({
          code: 'input',
          message: `Points can be tracked through at most ${MOST_FRAMES} frames.`,
          where: `frame ${frame}`,
          tip: 'Choose fewer frames.',
        });
      }
      observed = marks;
      const picture = operators.take(grey);
      if (previous !== undefined) {
        if (alive.length > 0) goOn(previous, picture);
        operators.release(previous);
      }
      if (frame % settings.startEvery === 0) begin(picture);
      previous = picture;
      frame++;
    },
    finish() {
      keep(() => false);
      ended.sort((a, b) => a.firstFrame - b.firstFrame);
      return pack(ended);
    },
    dispose: () => operators.dispose(),
  };
}

/**
 * Places [point, 2] of the sharpest local maxima of `scores` [height, width], none nearer than `spacing` to a sharper one and none at
 * the border.
 */
export function chooseCorners(
  scores: Float32Array,
  width: number,
  height: number,
  { count, spacing, quality }: Pick<TrackSettings, 'count' | 'spacing' | 'quality'>,
): Float32Array {
  let sharpest = 0;
  for (const score of scores) sharpest = Math.max(sharpest, score);
  const found: number[] = [];
  for (let i = trackMargin; i < height - trackMargin; i++) {
    for (let j = trackMargin; j < width - trackMargin; j++) {
      const p = i * width + j;
      // The first of equal neighbours counts as the highest.
      const before = [p - width - 1, p - width, p - width + 1, p - 1];
      const after = [p + 1, p + width - 1, p + width, p + width + 1];
      if (!(scores[p] > quality * sharpest)) continue;
      if (before.every(q => scores[q] < scores[p]) && after.every(q => scores[q] <= scores[p])) found.push(p);
    }
  }
  found.sort((p, q) => scores[q] - scores[p] || p - q);
  const columns = Math.ceil(width / spacing);
  const cells = new Map<number, number[]>();
  const chosen: number[] = [];
  for (const p of found) {
    if (chosen.length === 2 * count) break;
    const [x, y] = [(p % width) + 0.5, Math.floor(p / width) + 0.5];
    const [column, row] = [Math.floor(x / spacing), Math.floor(y / spacing)];
    const near = [-1, 0, 1].flatMap(dy =>
      [-1, 0, 1].flatMap(dx => cells.get((row + dy) * columns + column + dx) ?? []),
    );
    if (near.some(at => Math.hypot(chosen[at] - x, chosen[at + 1] - y) < spacing)) continue;
    const cell = row * columns + column;
    cells.set(cell, [...(cells.get(cell) ?? []), chosen.length]);
    chosen.push(x, y);
  }
  return Float32Array.from(chosen);
}

function pack(tracks: readonly Track<unknown>[]): Tracks {
  const total = tracks.reduce((sum, { positions }) => sum + positions.length / 2, 0);
  const starts = new Uint32Array(tracks.length + 1);
  const frames = new Uint16Array(total);
  const positions = new Float32Array(2 * total);
  tracks.forEach((track, t) => {
    const length = track.positions.length / 2;
    starts[t + 1] = starts[t] + length;
    for (let k = 0; k < length; k++) frames[starts[t] + k] = track.firstFrame + k;
    positions.set(track.positions, 2 * starts[t]);
  });
  return { starts, frames, positions };
}
