// The one error type that crosses every boundary of the laboratory: what happened, where, and what to try.
// Imported by all folders; runs in every process.

/** Machine-readable kind of a failure; the command line derives its exit code from it. */
export type LabErrorCode =
  | 'input' // a file or folder that cannot be used
  | 'setting' // a setting, command or option that is unknown or out of range
  | 'memory' // the run would not fit
  | 'device' // a kernel or a worker failed
  | 'diverged' // the optimisation left the finite numbers and could not be brought back
  | 'store' // the run folder cannot be written or read
  | 'state' // a command that the run's present state does not allow
  | 'internal'; // a defect of ours

export interface LabErrorDetails {
  readonly code: LabErrorCode;
  /** What happened, one sentence without a trailing path. */
  readonly message: string;
  /** What to try. */
  readonly tip?: string | undefined;
  /** Input file, setting, frame, iteration or loss term. */
  readonly where?: string | undefined;
  readonly cause?: unknown;
}

/** An error with a cause a user can act on. Plain objects of the same shape cross process boundaries. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;
  readonly tip: string | undefined;
  readonly where: string | undefined;

  constructor(details: LabErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.tip = details.tip;
    this.where = details.where;
  }

  /** The plain form for messages and log files. */
  toDetails(): LabErrorDetails {
    return { code: this.code, message: this.message, tip: this.tip, where: this.where };
  }
}

/** Wraps anything thrown into a LabError; one that already is a LabError passes unchanged. */
export function asLabError(thrown: unknown, where?: string): LabError {
  if (thrown instanceof LabError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LabError({
    code: 'internal',
    message,
    where,
    tip: 'This looks like a defect of Descent Lab; the log of the run has the details.',
    cause: thrown,
  });
}

/** The candidate nearest to `word` by edit distance (adjacent swaps count once), or undefined when nothing is near. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(previous[j] + 1, current[j - 1] + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforePrevious[j - 2] + 1);
      current[j] = cost;
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length];
}
