// Point tracks as the camera fit sees them: every point hangs on the first frame that saw it, and each later sighting is one
// observation. Positions are centred and divided by √(width · height), so that nothing depends on the size of the pictures.
import { LabError } from '../../protocol/lab-error.ts';
import type { Tracks } from '../tracks/tracks.ts';

/** Residuals are counted in pixels of a picture of the area of 640 × 480, whatever the size of the video. */
export const pixelsPerUnit = Math.sqrt(640 * 480);

export interface TrackObservations {
  readonly frames: number;
  readonly tracks: number;
  /** [track] first frame, and [track, 2] where the point stands in it. */
  readonly anchorFrames: Uint16Array;
  readonly anchors: Float64Array;
  /** [track + 1] offsets into the three below. */
  readonly starts: Uint32Array;
  /** [observation] later frames of the track, rising. */
  readonly frameOf: Uint16Array;
  readonly trackOf: Uint32Array;
  /** [observation, 2] */
  readonly positions: Float64Array;
  /** The most frames from the first to the last sighting of a track. */
  readonly longestGap: number;
  /** [track] index in the tracks they were made from. */
  readonly source: Uint32Array;
}

/**
 * Observations of tracks of a video of `frames` frames. The principal point (pixels) is the middle of the picture unless
 * given. Tracks with a single sighting say nothing and are left out. Throws a LabError of code 'input' where a track names a
 * frame that does not exist, or frames do not rise.
 */
export function observationsFromTracks(
  tracks: Tracks,
  frames: number,
  size: { readonly width: number; readonly height: number },
  principal: readonly [number, number] = [size.width / 2, size.height / 2],
): TrackObservations {
  const unit = Math.sqrt(size.width * size.height);
  const kept: number[] = [];
  for (let t = 0; t + 1 < tracks.starts.length; t++) if (tracks.starts[t + 1] - tracks.starts[t] >= 2) kept.push(t);
  const count = kept.reduce((sum, t) => sum + tracks.starts[t + 1] - tracks.starts[t] - 1, 0);
  const anchorFrames = new Uint16Array(kept.length);
  const anchors = new Float64Array(2 * kept.length);
  const starts = new Uint32Array(kept.length + 1);
  const frameOf = new Uint16Array(count);
  const trackOf = new Uint32Array(count);
  const positions = new Float64Array(2 * count);
  let longestGap = 0;
  let at = 0;
  kept.forEach((t, track) => {
    const [from, to] = [tracks.starts[t], tracks.starts[t + 1]];
    anchorFrames[track] = tracks.frames[from];
    for (let k = 0; k < 2; k++) anchors[2 * track + k] = (tracks.positions[2 * from + k] - principal[k]) / unit;
    for (let o = from + 1; o < to; o++, at++) {
      const frame = tracks.frames[o];
      if (frame <= tracks.frames[o - 1] || frame >= frames) {
        throw new LabError({
          code: 'input',
          message: `Track ${t} goes from frame ${tracks.frames[o - 1]} to frame ${frame} of ${frames}.`,
          where: `track ${t}`,
          tip: 'Frames of a track rise and exist in the video; make the tracks again from these frames.',
        });
      }
      frameOf[at] = frame;
      trackOf[at] = track;
      for (let k = 0; k < 2; k++) positions[2 * at + k] = (tracks.positions[2 * o + k] - principal[k]) / unit;
    }
    starts[track + 1] = at;
    longestGap = Math.max(longestGap, tracks.frames[to - 1] - tracks.frames[from]);
  });
  const source = Uint32Array.from(kept);
  return {
    frames,
    tracks: kept.length,
    anchorFrames,
    anchors,
    starts,
    frameOf,
    trackOf,
    positions,
    longestGap,
    source,
  };
}

/** At most `most` of the tracks, evenly spread over them; `source` counts in the given observations. */
export function someTracks(observations: TrackObservations, most: number): TrackObservations {
  const { tracks, starts, anchorFrames, anchors, frameOf, positions } = observations;
  const step = Math.max(1, Math.ceil(tracks / most));
  const source = Uint32Array.from({ length: Math.ceil(tracks / step) }, (_, i) => i * step);
  const own = Array.from(source).flatMap(t =>
    Array.from({ length: starts[t + 1] - starts[t] }, (_, k) => starts[t] + k),
  );
  const offsets = new Uint32Array(source.length + 1);
  source.forEach((t, i) => {
    offsets[i + 1] = offsets[i] + starts[t + 1] - starts[t];
  });
  const pairs = (values: Float64Array, which: readonly number[]) =>
    Float64Array.from(which.flatMap(i => [values[2 * i], values[2 * i + 1]]));
  return {
    ...observations,
    tracks: source.length,
    anchorFrames: Uint16Array.from(source, t => anchorFrames[t]),
    anchors: pairs(anchors, Array.from(source)),
    starts: offsets,
    frameOf: Uint16Array.from(own, o => frameOf[o]),
    trackOf: Uint32Array.from(
      Array.from(source.keys()).flatMap(i => Array.from({ length: offsets[i + 1] - offsets[i] }, () => i)),
    ),
    positions: pairs(positions, own),
    source,
  };
}
