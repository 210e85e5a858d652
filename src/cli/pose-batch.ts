// `fit pose SCENE --starts FILE`: a table of starts refined row by row, with one progress bar, in this process. A kill
// costs the row that is under way; the same command or `resume` goes on.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type BatchOutcome,
  type BatchProgress,
  type PoseBatchRequest,
  readPoseBatch,
  runPoseBatch,
} from '../host/pose-batch.ts';
import { isBatch } from '../store/batch-folder.ts';
import { assignment, unitOf, usage, whole } from './arguments.ts';
import { createProgressPrinter, duration, exitCodeOf } from './output.ts';

interface BatchArguments {
  readonly out?: string | undefined;
  readonly mode?: string | undefined;
  readonly members?: string | undefined;
  readonly seed?: string | undefined;
  readonly threads?: string | undefined;
  readonly json?: boolean | undefined;
  readonly 'unit-mm'?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** Options of a fit that a batch takes; each row says the rest. */
const taken: ReadonlySet<string> = new Set([
  ...['starts', 'out', 'mode', 'members', 'seed', 'threads', 'json', 'unit-mm', 'set'],
]);
/** Of the settings of the fit; the others are those of the method. */
const takenSettings: readonly string[] = ['views', 'occluders'];

/** What a row and its scene say in their place. */
const named: ReadonlySet<string> = new Set([
  ...['frame', 'object', 'label', 'mask', 'mesh', 'depth', 'camera', 'start'],
]);

export const isPoseBatch = isBatch;

export function refineTable(fit: string, scene: string, starts: string, values: BatchArguments): Promise<number> {
  const extra = Object.entries(values).find(([name, value]) => value !== undefined && !taken.has(name));
  if (extra !== undefined) throw usage(`--${extra[0]} does not go with --starts: ${whyNot(extra[0])}`);
  if (values.out === undefined) throw usage('--starts needs --out DIR: the same command goes on there after a kill.');
  const set = Object.fromEntries((values.set ?? []).map(text => assignment(text, '--set')));
  const other = Object.keys(set).find(name => !takenSettings.includes(name));
  if (other !== undefined) {
    throw usage(
      `--set ${other} does not go with --starts: of the settings a table takes ${takenSettings.join(' and ')}.`,
    );
  }
  const request: PoseBatchRequest = {
    ...{ views: set.views, occluders: set.occluders },
    ...{ fit, scene, starts, method: values.mode, unitMillimetres: unitOf(values['unit-mm']) },
    members: whole(values.members, 'members', 1),
    seed: whole(values.seed, 'seed', 0) ?? 0,
  };
  return run(resolve(values.out), request, values);
}

function whyNot(option: string): string {
  return named.has(option)
    ? 'each row names its image and object, and the scene has their files.'
    : `a table takes --${[...taken].join(', --')}.`;
}

export function resumeTable(folder: string, values: BatchArguments): Promise<number> {
  return run(folder, readPoseBatch(folder), values);
}

async function run(folder: string, request: PoseBatchRequest, values: BatchArguments): Promise<number> {
  const json = values.json === true;
  const printer = createProgressPrinter();
  const began = Date.now();
  let before: number | undefined;
  let interrupts = 0;
  const onInterrupt = (): void => {
    if (++interrupts > 1) process.exit(130);
    if (!json) printer.status('Leaving after this row … (Ctrl-C again ends at once)');
  };
  const onProgress = (progress: BatchProgress): void => {
    before ??= progress.done;
    if (json) process.stdout.write(`${JSON.stringify({ kind: 'row', ...progress })}\n`);
    else if (interrupts === 0) printer.count(progress.done, progress.total, countText(progress, before, began));
    const { row } = progress;
    if (!json && row?.error !== undefined)
      printer.line(`Row ${row.row + 2}: ${row.error.message} ${row.error.tip ?? ''}`.trimEnd());
  };
  const onNote = (text: string): void => {
    if (!json) printer.line(text);
  };
  process.on('SIGINT', onInterrupt);
  try {
    const threads = whole(values.threads, 'threads', 1);
    const outcome = await runPoseBatch(folder, request, { threads, onProgress, onNote, isLeft: () => interrupts > 0 });
    printer.end();
    const { state, done, total, failed, files } = outcome;
    if (json) process.stdout.write(`${JSON.stringify({ kind: state, ...outcome })}\n`);
    else if (state === 'left') {
      printer.line(`Left after ${done} of ${total} rows. Go on with: npm run lab -- resume ${folder}`);
    } else {
      const names = files.map(name => join(folder, 'exports', name)).filter(file => existsSync(file));
      process.stdout.write(`${names.map(name => `${name}\n`).join('')}${outcomeText(outcome)}\n`);
    }
    // What fails a row alone is its input.
    return state === 'left' ? 130 : failed.length > 0 ? exitCodeOf('input') : 0;
  } finally {
    printer.end();
    process.off('SIGINT', onInterrupt);
  }
}

/** Each verdict with its count, the most frequent first: '9 rows: 4 clear, 1 unexplained, 4 failed and kept their start'. */
function outcomeText({ total, verdicts }: Pick<BatchOutcome, 'total' | 'verdicts'>): string {
  const { failed = 0, ...judged } = verdicts;
  const counts = Object.entries(judged)
    .sort(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${count} ${verdict}`);
  if (failed > 0) counts.push(`${failed} failed and kept ${failed === 1 ? 'its' : 'their'} start`);
  return `${total} ${total === 1 ? 'row' : 'rows'}: ${counts.join(', ')}`;
}

function countText({ done, total, failed }: BatchProgress, before: number, began: number): string {
  const each = (Date.now() - began) / 1000 / Math.max(1, done - before);
  const parts = [
    `row ${done}/${total}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(done > before ? [`${each.toFixed(2)} s a row`, `${duration(each * (total - done))} left`] : []),
  ];
  return parts.join('  ');
}
