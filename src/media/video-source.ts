// What every way to decode a video offers: facts from the container, and raw frames by their number. Plain types.

import type { Orientation, RawFrame } from './raw-frame.ts';

export interface VideoFacts {
  /** As people say it: 'MP4', 'WebM'. */
  readonly container: string;
  /** 'H.264', 'VP9'. */
  readonly codec: string;
  /** As stored, before it is turned upright. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  readonly orientation: Orientation;
  /** When each frame is shown, ascending: frame n of the video is entry n. */
  readonly seconds: Float64Array;
  /** 35 mm equivalent in millimetres, where the camera has written it. */
  readonly focalLength35mm: number | undefined;
  /** What a user should know about it, in sentences. */
  readonly notes: readonly string[];
}

export interface NumberedFrame {
  readonly index: number;
  readonly raw: RawFrame;
}

export interface VideoSource {
  readonly facts: VideoFacts;
  /**
   * The wanted frames (ascending numbers), in order; one that the video cannot give is left out. Throws where the data
   * are damaged, with all frames before the damage given.
   */
  frames(wanted: readonly number[]): AsyncGenerator<NumberedFrame, void, void>;
  /** Gives file and decoder back. */
  dispose(): void;
}

/** Why a decoder cannot take a video that is none of its kinds; another decoder may. */
export class UndecodableVideo extends Error {
  override readonly name = 'UndecodableVideo';
}

/** Damage has swallowed frames between two others: those that came cannot be told apart. */
export class MiscountedFrames extends Error {
  override readonly name = 'MiscountedFrames';
  readonly first: number;
  readonly last: number;

  constructor(first: number, last: number) {
    super(`some of the frames ${first} to ${last} are missing`);
    this.first = first;
    this.last = last;
  }
}
