// Which frame of one list is which of another, from what their files are called, when they were taken, or their order.
// Pure, any process.

export interface NamedFrame {
  readonly imageFile: string | undefined;
  /** Seconds. */
  readonly timestamp: number | undefined;
}

export interface FrameMatch<A, B> {
  readonly pairs: readonly (readonly [A, B])[];
  /** What tells which frame belongs to which. */
  readonly by: 'image name' | 'timestamp' | 'order';
}

/** Seconds within which two timestamps are of the same frame, as in the tools of the TUM benchmark. */
const SAME_TIME = 0.02;

/** By image name where any is in both, else by time where both have it, else by order where both are as many. */
export function matchFrames<A extends NamedFrame, B extends NamedFrame>(
  ours: readonly A[],
  theirs: readonly B[],
): FrameMatch<A, B> {
  const [mine, named] = [byName(ours), byName(theirs)];
  if (mine !== undefined && named !== undefined) {
    const pairs = [...mine].flatMap(([name, frame]): [A, B][] => {
      const known = named.get(name);
      return known === undefined ? [] : [[frame, known]];
    });
    if (pairs.length > 0) return { pairs, by: 'image name' };
  }
  const timed = (frames: readonly NamedFrame[]) => frames.every(({ timestamp }) => timestamp !== undefined);
  if (timed(ours) && timed(theirs)) {
    const pairs = ours.flatMap((frame): [A, B][] => {
      const away = ({ timestamp }: NamedFrame) => Math.abs(timestamp! - frame.timestamp!);
      const nearest = theirs.reduce((best, other) => (away(other) < away(best) ? other : best));
      return away(nearest) <= SAME_TIME ? [[frame, nearest]] : [];
    });
    return { pairs, by: 'timestamp' };
  }
  const pairs = ours.length === theirs.length ? ours.map((frame, i): [A, B] => [frame, theirs[i]]) : [];
  return { pairs, by: 'order' };
}

/** Frames by the name of their image without folder and ending; undefined where it does not tell them apart. */
function byName<F extends NamedFrame>(frames: readonly F[]): Map<string, F> | undefined {
  const names = new Map<string, F>();
  for (const frame of frames) {
    if (frame.imageFile === undefined) return undefined;
    const stem = frame.imageFile
      .replaceAll('\\', '/')
      .split('/')
      .at(-1)!
      .replace(/\.[^.]+$/, '');
    names.set(stem, frame);
  }
  return names.size === frames.length ? names : undefined;
}
