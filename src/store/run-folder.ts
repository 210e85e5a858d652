// A run on disk: recipe.json, events.jsonl, trace.csv, measures.jsonl, summary.json, log.txt, thumbnail.png,
// checkpoints/, snapshots/, exports/. Whole files are written beside themselves and renamed; logs are appended. A run interrupted at any byte opens again at its last good
// checkpoint, with what was cut off named. Node only.

import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import type { MeasureRow, Recipe, RunEvent, TraceRow } from '../protocol/run.ts';

const TRACE_COLUMNS = ['iteration', 'member', 'loss', 'validation', 'learningRate'];
const CHECKPOINTS_KEPT = 2;

export interface StoredRecipe extends Recipe {
  /** Changes known when the run was started. */
  readonly planned: readonly RunEvent[];
  /** Names of the loss terms: the last columns of the trace. */
  readonly terms: readonly string[];
}

export interface RunFolder {
  readonly path: string;
  readonly recipe: StoredRecipe;
  appendEvent(event: RunEvent): void;
  /** Buffered; `flush` writes. */
  appendTrace(row: TraceRow): void;
  appendMeasures(row: MeasureRow): void;
  /** One line with the time, for people. */
  log(text: string): void;
  flush(): void;
  /** 8-bit result of a member at an iteration, as NPY. */
  writeSnapshot(iteration: number, member: number, bytes: Uint8Array): void;
  writeThumbnail(bytes: Uint8Array): void;
  writeCheckpoint(iteration: number, bytes: Uint8Array): void;
  writeSummary(summary: unknown): void;
  writeExport(name: string, bytes: Uint8Array): void;
}

/** Makes a new run folder; refuses a folder that already holds something. */
export function createRunFolder(path: string, recipe: StoredRecipe): RunFolder {
  return storing(path, () => {
    if (existsSync(path) && readdirSync(path).length > 0) {
      throw new LabError({
        code: 'store',
        message: 'The output folder is not empty.',
        where: path,
        tip: 'Choose another --out, or remove what is in it.',
      });
    }
    mkdirSync(join(path, 'checkpoints'), { recursive: true });
    mkdirSync(join(path, 'exports'), { recursive: true });
    writeAtomically(join(path, 'trace.csv'), `${traceHeader(recipe)}\n`);
    writeAtomically(join(path, 'events.jsonl'), '');
    writeAtomically(join(path, 'measures.jsonl'), '');
    writeAtomically(join(path, 'recipe.json'), `${JSON.stringify(recipe, undefined, 2)}\n`);
    return openFolder(path, recipe);
  });
}

export interface OpenedRun {
  readonly folder: RunFolder;
  /** User events of the log and the plan that are still ahead of the checkpoint, and all of them for a replay. */
  readonly events: readonly RunEvent[];
  readonly checkpoints: readonly { readonly iteration: number; readonly name: string; read(): Uint8Array }[];
}

/** Opens a run folder; checkpoints come newest first. */
export function openRunFolder(path: string): OpenedRun {
  const recipeFile = join(path, 'recipe.json');
  if (!existsSync(recipeFile)) {
    throw new LabError({
      code: 'store',
      message: 'This is not a run folder: it has no recipe.json.',
      where: path,
      tip: 'Give the folder that --out named.',
    });
  }
  return storing(path, () => {
    const recipe = JSON.parse(readFileSync(recipeFile, 'utf8')) as StoredRecipe;
    const logged = readLines<RunEvent>(join(path, 'events.jsonl')).filter(({ source }) => source === 'user');
    const key = ({ iteration, path: name, value }: RunEvent) => `${iteration} ${name} ${value}`;
    const planned = recipe.planned.filter(event => !logged.some(other => key(other) === key(event)));
    const folder = join(path, 'checkpoints');
    const names = existsSync(folder) ? readdirSync(folder).filter(name => /^\d+\.npz$/.test(name)) : [];
    return {
      folder: openFolder(path, recipe),
      events: [...logged, ...planned],
      checkpoints: names
        .sort()
        .reverse()
        .map(name => ({
          iteration: Number.parseInt(name, 10),
          name: join(folder, name),
          read: () => readFileSync(join(folder, name)),
        })),
    };
  });
}

/** Cuts the records back to before `iteration`: what a resumed run will write again. */
export function truncateRun(path: string, iteration: number): void {
  storing(path, () => {
    const trace = join(path, 'trace.csv');
    const [header, ...lines] = readFileSync(trace, 'utf8').split('\n');
    const kept = lines.slice(0, -1).filter(line => Number(line.split(',')[0]) < iteration);
    writeAtomically(trace, [header, ...kept, ''].join('\n'));
    for (const name of ['events.jsonl', 'measures.jsonl']) {
      const rows = readLines<{ iteration: number }>(join(path, name)).filter(row => row.iteration < iteration);
      writeAtomically(join(path, name), rows.map(row => `${JSON.stringify(row)}\n`).join(''));
    }
    for (const name of snapshotNames(path)) {
      if (Number.parseInt(name, 10) >= iteration) rmSync(join(path, 'snapshots', name));
    }
  });
}

function snapshotNames(path: string): string[] {
  const folder = join(path, 'snapshots');
  return existsSync(folder) ? readdirSync(folder).filter(name => /^\d+-\d+\.npy$/.test(name)) : [];
}

function traceHeader(recipe: StoredRecipe): string {
  return [...TRACE_COLUMNS, ...recipe.terms].join(',');
}

function readLines<Row>(file: string): Row[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [JSON.parse(line) as Row];
      } catch {
        return []; // the empty end, or a line cut off by a killed process
      }
    });
}

function openFolder(path: string, recipe: StoredRecipe): RunFolder {
  let buffered = '';
  const flush = () => {
    if (buffered === '') return;
    const text = buffered;
    buffered = '';
    storing(path, () => appendFileSync(join(path, 'trace.csv'), text));
  };
  return {
    path,
    recipe,
    appendEvent: event => storing(path, () => appendFileSync(join(path, 'events.jsonl'), `${JSON.stringify(event)}\n`)),
    appendTrace({ iteration, member, loss, validation, learningRate, terms }) {
      buffered += `${[iteration, member, loss, validation ?? '', learningRate, ...terms].join(',')}\n`;
    },
    appendMeasures: row =>
      storing(path, () => appendFileSync(join(path, 'measures.jsonl'), `${JSON.stringify(row)}\n`)),
    log: text => storing(path, () => appendFileSync(join(path, 'log.txt'), `${new Date().toISOString()} ${text}\n`)),
    flush,
    writeSnapshot: (iteration, member, bytes) =>
      storing(path, () =>
        writeAtomically(join(path, 'snapshots', `${String(iteration).padStart(9, '0')}-${member}.npy`), bytes),
      ),
    writeThumbnail: bytes => storing(path, () => writeAtomically(join(path, 'thumbnail.png'), bytes)),
    writeCheckpoint(iteration, bytes) {
      flush();
      storing(path, () => {
        const folder = join(path, 'checkpoints');
        writeAtomically(join(folder, `${String(iteration).padStart(9, '0')}.npz`), bytes);
        const old = readdirSync(folder)
          .filter(name => name.endsWith('.npz'))
          .sort()
          .slice(0, -CHECKPOINTS_KEPT);
        for (const name of old) rmSync(join(folder, name));
      });
    },
    writeSummary: summary =>
      storing(path, () => writeAtomically(join(path, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`)),
    writeExport: (name, bytes) => storing(path, () => writeAtomically(join(path, 'exports', name), bytes)),
  };
}

function writeAtomically(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.part`;
  try {
    const handle = openSync(beside, 'w');
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, file);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw thrown;
  }
}

function storing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    const reason: Record<string, string> = {
      EACCES: 'The run folder may not be written.',
      EPERM: 'The run folder may not be written.',
      EROFS: 'The run folder is on a read-only disk.',
      ENOSPC: 'The disk is full.',
      EDQUOT: 'The disk is full: your quota is used up.',
      EFBIG: 'A file of the run is too large for this disk.',
      ENOTDIR: 'A part of the path of the run folder is a file.',
      EEXIST: 'A file is where the run folder should be.',
    };
    throw new LabError({
      code: 'store',
      message: reason[code ?? ''] ?? `The run folder cannot be used (${(thrown as Error).message}).`,
      where: path,
      tip: code === 'ENOSPC' ? 'Free some space, then resume the run.' : 'Choose another --out.',
      cause: thrown,
    });
  }
}
