// How results look: a progress bar on a terminal, plain lines in a pipe, one JSON document per line for programs.

import type { LabErrorCode, LabErrorDetails } from '../protocol/lab-error.ts';
import type { Progress } from '../protocol/run.ts';

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
  return {
    show(progress) {
      if (stderr.isTTY) {
        const share = progress.iteration / progress.maximum;
        const filled = Math.round(24 * share);
        clear();
        stderr.write(
          `${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${describe(progress)}`.slice(0, stderr.columns - 1),
        );
        drawn = true;
      } else if (Date.now() - last > 2000) {
        last = Date.now();
        stderr.write(`${describe(progress)}\n`);
      }
    },
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

function describe({ iteration, maximum, loss, learningRate, iterationsPerSecond }: Progress): string {
  const left = (maximum - iteration) / Math.max(1e-9, iterationsPerSecond);
  const rate = iterationsPerSecond >= 10 ? iterationsPerSecond.toFixed(0) : iterationsPerSecond.toFixed(1);
  const remaining = iteration * 1000 < maximum * 2 ? '' : `  at most ${duration(left)} left`;
  return `iteration ${iteration}/${maximum}  loss ${loss.toPrecision(4)}  learningRate ${Number(learningRate.toPrecision(4))}  ${rate}/s${remaining}`;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`;
}
