// Point tracks through a sequence of frames as plain arrays: what the tracker gives and the camera fit takes. Any process.

/**
 * Observations are ordered by track, and in a track by frame. The frames of a track follow each other without a gap; the
 * first is where its corner was found, and the others were aligned against its appearance there.
 */
export interface Tracks {
  /** [track + 1], offsets into the observations: track t has those from starts[t] to starts[t + 1]. */
  readonly starts: Uint32Array;
  /** [observation] */
  readonly frames: Uint16Array;
  /** [observation, 2]: x, y in pixels of the frame, pixel centres at .5. */
  readonly positions: Float32Array;
}

export function trackCount({ starts }: Tracks): number {
  return starts.length - 1;
}
