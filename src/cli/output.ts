// How results look: a progress bar on a terminal, plain lines in a pipe, one JSON document per line for programs.

import type { LabErrorCode, LabErrorDetails } from '../protocol/lab-error.ts';
import type { Progress } from '../protocol/run.ts';

const BAR = 24;

const exitCodes: Record<LabErrorCode, number> = {
  internal: 1,
  state: 2,
  setting: 2,
  input: 3,
  store: 4,
  memory: 5,
  device: 5,
  diverged: 6,
};

export function exitCodeOf(code: LabErrorCode): number {
  return exitCodes[code];
}

export function printError({ message, where, tip }: LabErrorDetails): void {
  process.stderr.write(`Error: ${message}\n`);
  if (tip !== undefined) process.stderr.write(`  Try: ${tip}\n`);
  if (where !== undefined) process.stderr.write(`  At: ${where}\n`);
}

export interface ProgressPrinter {
  show(progress: Progress): void;
  /** The same for `done` of `total` things. */
  count(done: number, total: number, text: string): void;
  /** A line that the next one replaces; nothing in a pipe. */
  status(text: string): void;
  /** A line that stays. */
  line(text: string): void;
  end(): void;
}

/** A bar that redraws itself on a terminal; a line about every two seconds in a pipe. */
export function createProgressPrinter(): ProgressPrinter {
  const { stderr } = process;
  let drawn = false;
  let last = 0;
  const clear = () => {
    if (drawn) stderr.write('\r\x1b[2K');
    drawn = false;
  };
  const redraw = (drawing: (columns: number) => string, plain: () => string): void => {
    if (stderr.isTTY) {
      clear();
      stderr.write(drawing((stderr.columns || 80) - 1));
      drawn = true;
    } else if (Date.now() - last > 2000) {
      last = Date.now();
      stderr.write(`${plain()}\n`);
    }
  };
  return {
    show: progress =>
      redraw(
        columns => progressLine(progress, columns),
        () => progressText(progress),
      ),
    count: (done, total, text) =>
      redraw(
        columns => `${bar(done, total)}  ${text}`.slice(0, columns),
        () => text,
      ),
    status(text) {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(text);
      drawn = true;
    },
    line(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    end: clear,
  };
}

/** All of the progress, without a bar. */
function progressText(progress: Progress): string {
  return progressLine(progress, Infinity).slice(BAR + 2);
}

/** How much of a line each part is worth: where the line is too narrow, the least go first. */
interface Part {
  readonly text: string;
  readonly worth: number;
}

/** Progress in one line of at most `columns`; with a bar where there is room for it. */
export function progressLine(progress: Progress, columns: number): string {
  const { iteration, maximum, loss, learningRate, iterationsPerSecond } = progress;
  const isKnown = iterationsPerSecond > 0;
  const left = (maximum - iteration) / iterationsPerSecond;
  const rate = iterationsPerSecond >= 10 ? iterationsPerSecond.toFixed(0) : iterationsPerSecond.toFixed(1);
  let parts: Part[] = [
    { text: bar(iteration, maximum), worth: 1 },
    { text: `iteration ${iteration}/${maximum}`, worth: 5 },
    { text: `loss ${loss.toPrecision(4)}`, worth: 4 },
    // A fit whose rates have other names has none.
    ...(learningRate === 0 ? [] : [{ text: `learningRate ${Number(learningRate.toPrecision(4))}`, worth: 2 }]),
    ...(isKnown ? [{ text: `${rate}/s`, worth: 0 }] : []),
    ...(!isKnown || iteration * 1000 < maximum * 2 ? [] : [{ text: `at most ${duration(left)} left`, worth: 3 }]),
  ];
  const line = () => parts.map(({ text }) => text).join('  ');
  while (line().length > columns && parts.length > 1) {
    const least = Math.min(...parts.map(({ worth }) => worth));
    parts = parts.filter(({ worth }) => worth > least);
  }
  return line().slice(0, columns);
}

function bar(done: number, total: number): string {
  const filled = Math.round((BAR * done) / Math.max(1, total));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.ceil(seconds);
  if (whole <= 90) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 90 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Two digits of what takes less than ten seconds. */
export function secondsText(seconds: number): string {
  return `${seconds < 10 ? Number(seconds.toPrecision(2)) : seconds.toFixed(1)} s`;
}

/** What the fits measure at the end, as far as a line has room for it. */
interface Result {
  readonly label: string;
  readonly reason: string;
  readonly iterations: number;
  readonly seconds: number;
  readonly bestIteration?: number;
  readonly addMillimetres?: number;
  readonly addSMillimetres?: number;
  readonly rotationDegrees?: number;
  readonly translationMillimetres?: number;
  readonly focalPixels?: number;
  readonly focalErrorPercent?: number;
  readonly atePercent?: number;
  readonly psnr?: number;
  readonly ssim?: number;
  readonly interpolationPsnr?: number;
  readonly heldOutRmse?: number;
  readonly interpolationHeldOutRmse?: number;
  readonly testError?: number;
  readonly verdict?: string;
  readonly finding?: string;
  readonly rotationDeviationDegrees?: number;
  readonly alongDeviationMillimetres?: number;
  readonly acrossDeviationMillimetres?: number;
  readonly phase?: string;
  readonly ranks?: Readonly<Record<string, number>>;
  readonly nextTube?: number;
  readonly nextTubeAt?: number;
}

/** Labels of members in their order; where several have the same, each with its number, as `export --member` takes it. */
export function memberNames(members: readonly { readonly label: string }[]): string[] {
  const isShared = (label: string) => members.filter(other => other.label === label).length > 1;
  return members.map(({ label }, member) => (isShared(label) ? `${label} (member ${member})` : label));
}

export function describeResult(result: Result): string {
  const { reason, iterations, seconds, bestIteration, psnr, ssim, interpolationPsnr, testError } = result;
  const { heldOutRmse, interpolationHeldOutRmse, rotationDegrees, translationMillimetres } = result;
  const { addMillimetres, addSMillimetres } = result;
  const beside = (baseline: string | undefined) =>
    baseline === undefined ? '' : ` (linear interpolation ${baseline})`;
  const parts = [`${reason}, kept iteration ${bestIteration ?? iterations - 1}, ${secondsText(seconds)}`];
  if (psnr !== undefined) {
    const similarity = ssim === undefined ? '' : `, SSIM ${ssim.toFixed(3)}`;
    const baseline = interpolationPsnr === undefined ? undefined : `${interpolationPsnr.toFixed(2)} dB`;
    parts.push(`PSNR ${psnr.toFixed(2)} dB${similarity}${beside(baseline)}`);
  }
  if (heldOutRmse !== undefined)
    parts.push(`held-out RMSE ${heldOutRmse.toPrecision(3)}${beside(interpolationHeldOutRmse?.toPrecision(3))}`);
  if (addSMillimetres !== undefined) parts.push(`ADD-S ${addSMillimetres.toPrecision(3)} mm`);
  if (addMillimetres !== undefined) parts.push(`ADD ${addMillimetres.toPrecision(3)} mm`);
  if (rotationDegrees !== undefined && translationMillimetres !== undefined)
    parts.push(
      `turned ${rotationDegrees.toPrecision(3)}° and moved ${translationMillimetres.toPrecision(3)} mm from the truth`,
    );
  if (result.focalPixels !== undefined) {
    const { focalPixels, focalErrorPercent: error } = result;
    const beyond = error === undefined ? '' : ` (${error < 0 ? '−' : '+'}${Math.abs(error).toPrecision(2)} %)`;
    parts.push(`focal length ${focalPixels.toPrecision(4)} px${beyond}`);
  }
  if (result.atePercent !== undefined) parts.push(`ATE ${result.atePercent.toPrecision(3)} % of the true path`);
  if (testError !== undefined) parts.push(`test error ${testError.toExponential(1)}`);
  return parts.join(', ');
}

/** Of factors the phase, the rank and what the law says comes next, of a pose what it is worth; undefined for neither. */
export function describeStructure(result: Result): string | undefined {
  const { phase, ranks, nextTube, nextTubeAt, verdict, finding } = result;
  const { rotationDeviationDegrees, alongDeviationMillimetres, acrossDeviationMillimetres } = result;
  const parts: string[] = [];
  if (verdict !== undefined) parts.push(`verdict: ${verdict}${finding === undefined ? '' : `, ${finding}`}`);
  if (
    rotationDeviationDegrees !== undefined &&
    alongDeviationMillimetres !== undefined &&
    acrossDeviationMillimetres !== undefined
  )
    parts.push(
      `standard deviation ${rotationDeviationDegrees.toPrecision(2)}°, ${alongDeviationMillimetres.toPrecision(2)} mm along and ${acrossDeviationMillimetres.toPrecision(2)} mm across the view`,
    );
  if (phase !== undefined) parts.push(`phase ${phase}`);
  if (ranks !== undefined) {
    const estimates = Object.entries(ranks).map(([name, value]) => `${name} ${Number(value.toFixed(1))}`);
    parts.push(`rank by ${estimates.join(', ')}`);
  }
  if (nextTube !== undefined && nextTubeAt !== undefined)
    parts.push(`tube ${nextTube + 1} would switch on at iteration ${Math.round(nextTubeAt)}`);
  return parts.length === 0 ? undefined : parts.join('; ');
}
