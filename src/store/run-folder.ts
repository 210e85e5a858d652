// A run on disk, the side that writes: recipe.json, problem.json, events.jsonl, trace.csv, measures.jsonl, clock.jsonl,
// summary.json, log.txt, thumbnail.png, checkpoints/, snapshots/, exports/. Whole files are written beside themselves and
// renamed; logs are appended. A run interrupted at any byte opens again at its last good checkpoint. Node only.

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import {
  type MeasureRow,
  type ProblemDescription,
  type RunEvent,
  type TraceRow,
  traceColumns,
} from '../protocol/run.ts';
import type { ViewData } from '../protocol/views.ts';
import { makeFolder, readLines, storing, writeAtomically } from './files.ts';
import { type ClockRow, readEvents, readRecipe, type StoredRecipe } from './read-run.ts';
import { cutSnapshots } from './snapshot-log.ts';
import { listCheckpoints, nineDigits, openSnapshots, type Packing, writeFixedView } from './snapshot-views.ts';

const CHECKPOINTS_KEPT = 8;

/** Trace, measures, the engine's own events, log and recorded views are buffered: a checkpoint or `flush` writes them. */
export interface RunFolder {
  readonly path: string;
  readonly recipe: StoredRecipe;
  /** A user's is on the disk when it returns. */
  appendEvent(event: RunEvent): void;
  appendTrace(row: TraceRow): void;
  appendMeasures(row: MeasureRow): void;
  /** Of a checkpoint that is about to be written. */
  appendClock(row: ClockRow): void;
  /** One line with the time, for people. */
  log(text: string): void;
  flush(): void;
  writeProblem(problem: ProblemDescription): void;
  /** A view that never changes. */
  writeFixedView(view: string, data: ViewData): void;
  /** A view of a member as it is at an iteration. */
  appendSnapshot(view: string, iteration: number, member: number, data: ViewData, packing?: Packing): void;
  writeThumbnail(bytes: Uint8Array): void;
  writeCheckpoint(iteration: number, bytes: Uint8Array): void;
  writeSummary(summary: unknown): void;
  writeExport(name: string, bytes: Uint8Array): void;
}

/**
 * Makes a new run folder, and in it what `fill` makes; refuses a folder that already holds something. Where a part of it
 * fails, nothing of it stays.
 */
export function createRunFolder(path: string, recipe: StoredRecipe, fill: () => void = () => {}): RunFolder {
  return storing(path, () => {
    if (existsSync(path) && readdirSync(path).length > 0) {
      throw new LabError({
        code: 'store',
        message: 'The output folder is not empty.',
        where: path,
        tip: 'Choose another --out, or remove what is in it.',
      });
    }
    const isNew = !existsSync(path);
    try {
      makeFolder(join(path, 'checkpoints'));
      makeFolder(join(path, 'exports'));
      writeAtomically(join(path, 'trace.csv'), `${traceHeader(recipe)}\n`);
      writeAtomically(join(path, 'events.jsonl'), '');
      writeAtomically(join(path, 'measures.jsonl'), '');
      writeAtomically(join(path, 'recipe.json'), `${JSON.stringify(recipe, undefined, 2)}\n`);
      fill();
      return openFolder(path, recipe);
    } catch (thrown) {
      const made = isNew ? [path] : readdirSync(path).map(name => join(path, name));
      for (const each of made) rmSync(each, { recursive: true, force: true });
      throw thrown;
    }
  });
}

export interface OpenedRun {
  readonly folder: RunFolder;
  /** User events of the log. */
  readonly logged: readonly RunEvent[];
  /** User events of the plan that are not in the log yet. */
  readonly planned: readonly RunEvent[];
  readonly checkpoints: readonly { readonly iteration: number; readonly name: string; read(): Uint8Array }[];
}

/** Opens a run folder; checkpoints come newest first. */
export function openRunFolder(path: string): OpenedRun {
  return storing(path, () => {
    const recipe = readRecipe(path);
    const logged = readEvents(path).filter(({ source }) => source === 'user');
    const key = ({ iteration, path: name, value }: RunEvent) => `${iteration} ${name} ${value}`;
    // A value may be set twice at one iteration, so each event of the log stands for one of the plan.
    const keys = logged.map(key);
    const planned = recipe.planned.filter(event => {
      const at = keys.indexOf(key(event));
      if (at >= 0) keys.splice(at, 1);
      return at < 0;
    });
    return {
      folder: openFolder(path, recipe),
      logged,
      planned,
      checkpoints: listCheckpoints(path)
        .reverse()
        .map(iteration => ({
          iteration,
          name: checkpointFile(path, iteration),
          read: () => readFileSync(checkpointFile(path, iteration)),
        })),
    };
  });
}

/**
 * Cuts the records back to before `iteration`: what a resumed run will write again. What users have changed later stays
 * on the disk with `keep-changes`; a branch has its own.
 */
export function truncateRun(path: string, iteration: number, changes: 'keep-changes' | 'drop-changes'): void {
  storing(path, () => {
    const trace = join(path, 'trace.csv');
    const [header, ...lines] = readFileSync(trace, 'utf8').split('\n');
    const kept = lines.slice(0, -1).filter(line => Number(line.split(',')[0]) < iteration);
    writeAtomically(trace, [header, ...kept, ''].join('\n'));
    for (const name of ['events.jsonl', 'measures.jsonl']) {
      const rows = readLines<{ iteration: number; source?: string }>(join(path, name)).filter(
        row => row.iteration < iteration || (changes === 'keep-changes' && row.source === 'user'),
      );
      writeAtomically(join(path, name), rows.map(row => `${JSON.stringify(row)}\n`).join(''));
    }
    rmSync(join(path, 'summary.json'), { force: true });
    for (const recorded of listCheckpoints(path)) if (recorded > iteration) rmSync(checkpointFile(path, recorded));
    cutSnapshots(path, iteration);
  });
}

function checkpointFile(path: string, iteration: number): string {
  return join(path, 'checkpoints', `${nineDigits(iteration)}.npz`);
}

/**
 * Those to drop so that few remain: never one of the newest two, which a resume needs; of the others those that leave
 * square roots evenly spread, so that a branch from anywhere starts not far back, and less far early on.
 */
export function superfluousCheckpoints(iterations: readonly number[]): number[] {
  const kept = [...iterations];
  const dropped: number[] = [];
  const gap = (i: number) => Math.sqrt(kept[i + 1]) - (i === 0 ? 0 : Math.sqrt(kept[i - 1]));
  while (kept.length > CHECKPOINTS_KEPT) {
    let least = 0;
    for (let i = 1; i < kept.length - 2; i++) if (gap(i) < gap(least)) least = i;
    dropped.push(...kept.splice(least, 1));
  }
  return dropped;
}

function traceHeader(recipe: StoredRecipe): string {
  return [...traceColumns, ...recipe.terms].join(',');
}

function openFolder(path: string, recipe: StoredRecipe): RunFolder {
  const logs = new Map<string, string[]>();
  const append = (name: string, line: string): void => {
    const lines = logs.get(name);
    if (lines === undefined) logs.set(name, [line]);
    else lines.push(line);
  };
  const snapshots = openSnapshots(path);
  const flush = (): void =>
    storing(path, () => {
      for (const [name, lines] of logs) {
        logs.delete(name);
        appendFileSync(join(path, name), lines.map(line => `${line}\n`).join(''));
      }
      snapshots.flush();
    });
  return {
    path,
    recipe,
    appendEvent(event) {
      append('events.jsonl', JSON.stringify(event));
      if (event.source === 'user') flush();
    },
    appendTrace({ iteration, member, loss, validation, learningRate, terms }) {
      const acting = terms.map(term => (Number.isNaN(term) ? '' : term));
      append('trace.csv', [iteration, member, loss, validation ?? '', learningRate, ...acting].join(','));
    },
    appendMeasures: row => append('measures.jsonl', JSON.stringify(row)),
    appendClock: row => append('clock.jsonl', JSON.stringify(row)),
    log: text => append('log.txt', `${new Date().toISOString()} ${text}`),
    flush,
    writeProblem: problem =>
      storing(path, () => writeAtomically(join(path, 'problem.json'), `${JSON.stringify(problem)}\n`)),
    writeFixedView: (view, data) => storing(path, () => writeFixedView(path, view, data)),
    appendSnapshot: (view, iteration, member, data, packing) =>
      storing(path, () => snapshots.add(view, iteration, member, data, packing)),
    writeThumbnail: bytes => storing(path, () => writeAtomically(join(path, 'thumbnail.png'), bytes, 'quick')),
    writeCheckpoint(iteration, bytes) {
      flush();
      storing(path, () => {
        writeAtomically(checkpointFile(path, iteration), bytes);
        for (const old of superfluousCheckpoints(listCheckpoints(path))) rmSync(checkpointFile(path, old));
      });
    },
    writeSummary(summary) {
      flush();
      storing(path, () => writeAtomically(join(path, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`));
    },
    // What a crash of the machine loses of them `export` makes again.
    writeExport: (name, bytes) => storing(path, () => writeAtomically(join(path, 'exports', name), bytes, 'quick')),
  };
}
