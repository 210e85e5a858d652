// The run library: a folder of run folders. Its list of entries is read from the folders and can be rebuilt at any time;
// names and tags lie in labels.json of each run, deleted runs in .bin until they are a week old. Node only.

import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, extname, join } from 'node:path';
import * as v from 'valibot';
import { splitFrameChoice } from '../formats/frame-choice.ts';
import type { RunEntry } from '../protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../protocol/lab-error.ts';
import { type MeasureRow, type RunState, traceColumns } from '../protocol/run.ts';
import { createRace } from './best-member.ts';
import { makeFolder, storing, writeAtomically } from './files.ts';
import { readMeasures, readProblem, readRecipe, readSummary } from './read-run.ts';
import { listCheckpoints } from './snapshot-views.ts';

export interface Labels {
  readonly name: string;
  readonly tags: readonly string[];
}

export interface RunLibrary {
  /** Without symbolic links. */
  readonly folder: string;
  /** Where the folder of a run is or would be. */
  folderOf(run: string): string;
  /** Undefined where there is no such run. */
  find(run: string): RunEntry | undefined;
  /** As find, but throws a `store` error. */
  entry(run: string): RunEntry;
  list(): RunEntry[];
  label(run: string, labels: Partial<Labels>): void;
  /** A name for a new run that no run has, in the library or in its bin. */
  freshName(base: string): string;
  /** To the bin. */
  remove(run: string): void;
  /** Back from the bin; throws a `store` error for a run that is not there. */
  restore(run: string): void;
  /** Every path that a run in the library or in its bin was made from. */
  inputs(): Set<string>;
}

const BIN_DAYS = 7;
const LOG_TAIL_BYTES = 4096;
/** Holds a row of each member of the largest race. */
const TRACE_TAIL_BYTES = 128 << 10;
/** Files that change when the entry of a run does. */
const WATCHED = [
  'recipe.json',
  'problem.json',
  'summary.json',
  'labels.json',
  'log.txt',
  'measures.jsonl',
  'checkpoints',
  'thumbnail.png',
];
/** Numbers of a member that are no figures of its quality. */
const BOOKKEEPING = new Set([
  'member',
  'iteration',
  'iterations',
  'seconds',
  'bestIteration',
  'bestValidation',
  'halvings',
]);
const labelsSchema = v.object({ name: v.optional(v.string()), tags: v.optional(v.array(v.string()), []) });

/** Opens the library at `path`, makes it where it is missing, and empties its bin of what is too old. */
export function openRunLibrary(path: string, now = Date.now()): RunLibrary {
  storing(path, () => makeFolder(join(path, '.bin')));
  const folder = realpathSync(path);
  const bin = join(folder, '.bin');
  const cache = new Map<string, { readonly stamp: string; readonly entry: RunEntry }>();
  const taken = new Set<string>();
  const folderOf = (run: string) => join(folder, run);
  /** Runs in the bin are RUN@MILLISECONDS. */
  const binned = () =>
    readdirSync(bin).flatMap(name => {
      const [, run, time] = /^(.+)@(\d+)$/.exec(name) ?? [];
      return run === undefined ? [] : [{ run, time: Number(time), path: join(bin, name) }];
    });
  for (const { time, path: old } of binned()) {
    if (time < now - BIN_DAYS * 86400e3) rmSync(old, { recursive: true, force: true });
  }

  const names = () =>
    readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  const find = (run: string): RunEntry | undefined => {
    const stamp = WATCHED.map(name => statSync(join(folder, run, name), { throwIfNoEntry: false })?.mtimeMs).join(' ');
    const known = cache.get(run);
    if (known?.stamp === stamp) return known.entry;
    const read = existsSync(join(folder, run, 'recipe.json')) ? readEntry(folderOf(run)) : undefined;
    if (read === undefined) cache.delete(run);
    else cache.set(run, { stamp, entry: read });
    return read;
  };
  return {
    folder,
    folderOf,
    find,
    entry(run) {
      const entry = find(run);
      if (entry !== undefined) return entry;
      throw new LabError({
        code: 'store',
        message: 'There is no such run.',
        where: run,
        tip: 'It may have been deleted or renamed on the disk; look at the list of runs again.',
      });
    },
    list: () => names().flatMap(run => find(run) ?? []),
    label(run, labels) {
      const merged = { ...readLabels(folderOf(run)), ...labels };
      storing(folderOf(run), () =>
        writeAtomically(join(folderOf(run), 'labels.json'), `${JSON.stringify(merged, undefined, 2)}\n`),
      );
    },
    freshName(base) {
      const used = new Set(binned().map(({ run }) => run));
      for (let n = 1; ; n++) {
        const run = `${base}-${n}`;
        if (taken.has(run) || used.has(run) || existsSync(folderOf(run))) continue;
        taken.add(run);
        return run;
      }
    },
    remove: run => storing(folderOf(run), () => renameSync(folderOf(run), join(bin, `${run}@${Date.now()}`))),
    restore(run) {
      const newest = binned()
        .filter(each => each.run === run)
        .sort((a, b) => b.time - a.time)[0];
      if (newest === undefined) {
        throw new LabError({
          code: 'store',
          message: 'This run is not in the bin.',
          where: run,
          tip: `Deleted runs stay there for ${BIN_DAYS} days.`,
        });
      }
      storing(folderOf(run), () => renameSync(newest.path, folderOf(run)));
    },
    inputs() {
      const folders = [...names().map(folderOf), ...binned().map(each => each.path)];
      return new Set(
        folders.flatMap(each => {
          try {
            const { input, mask, files } = readRecipe(each);
            return [
              input,
              splitFrameChoice(input).path,
              ...(mask === undefined ? [] : [mask]),
              ...files.map(file => file.path),
            ];
          } catch {
            return []; // no run, or one that cannot be resumed any more
          }
        }),
      );
    },
  };
}

/**
 * Figures of a member to show in a list: those that its fit names, of a run that names none its plain finite numbers
 * without the bookkeeping; the loss last.
 */
export function figuresOf(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[] | undefined,
): Record<string, number> {
  const { loss, ...figures } = row;
  const chosen = names === undefined ? Object.entries(figures) : names.map(name => [name, figures[name]] as const);
  return Object.fromEntries(
    [...chosen, ['loss', loss] as const].filter(
      (pair): pair is [string, number] =>
        typeof pair[1] === 'number' && Number.isFinite(pair[1]) && !BOOKKEEPING.has(pair[0]),
    ),
  );
}

/** The newest measures of the member that is ahead; none before the first. */
export function newestMeasures(measures: readonly MeasureRow[], ahead: number | undefined): Partial<MeasureRow> {
  return measures.findLast(({ member }) => member === ahead) ?? measures.at(-1) ?? {};
}

/** How an input is named in lists: a sample by its reference, a file or folder by its name. */
export function shortInput(input: string): string {
  return input.startsWith('sample:') ? input : basename(input);
}

/** The part of a run's name that tells its input: letters, digits, hyphens. */
export function stemOf(input: string): string {
  const name = input.startsWith('sample:') ? input.slice(7) : basename(input, extname(input));
  const stem = name.replace(/[^\p{L}\p{N}_]+/gu, '-').replace(/^-+|-+$/g, '');
  return stem.slice(0, 60) || 'run';
}

/** Why a run failed, by the last line of its log; undefined where it did not. */
export function failureOf(folder: string): LabErrorDetails | undefined {
  const message = /^\S+ failed: (.*)$/.exec(lastLine(join(folder, 'log.txt')) ?? '')?.[1];
  if (message === undefined) return undefined;
  return {
    code: 'internal',
    message: message.trim(),
    where: basename(folder),
    tip: 'Nothing before the last checkpoint is lost: resume the run.',
  };
}

function readEntry(folder: string): RunEntry {
  const run = basename(folder);
  const labels = readLabels(folder);
  try {
    const { fit, input, parent, members, terms } = readRecipe(folder);
    const summary = readSummary(folder);
    const member = summary?.members.find(each => each.member === summary.bestMember);
    const state: RunState = summary?.state ?? (failureOf(folder) === undefined ? 'paused' : 'failed');
    return {
      run,
      name: labels.name ?? run,
      fit,
      input: shortInput(input),
      state,
      live: false,
      iteration: summary?.iterations ?? listCheckpoints(folder).at(-1) ?? 0,
      created: statSync(join(folder, 'recipe.json')).mtimeMs,
      tags: labels.tags,
      figures: figuresOf(
        member ?? newestMeasures(readMeasures(folder), aheadIn(folder, members.length, terms.length)),
        readProblem(folder)?.figures,
      ),
      hasThumbnail: existsSync(join(folder, 'thumbnail.png')),
      ...(parent === undefined ? {} : { parent: parent.run }),
    };
  } catch (thrown) {
    // Said in the list, so that nobody looks for it in vain; its trace and exports are still in the folder.
    return {
      run,
      name: labels.name ?? run,
      fit: '',
      input: '',
      state: 'failed',
      live: false,
      iteration: 0,
      created: statSync(join(folder, 'recipe.json')).mtimeMs,
      tags: labels.tags,
      figures: {},
      hasThumbnail: existsSync(join(folder, 'thumbnail.png')),
      damaged: asLabError(thrown).message,
    };
  }
}

/** The member that is ahead by the last rows of the trace; undefined where there is no race or no row. */
function aheadIn(folder: string, members: number, terms: number): number | undefined {
  if (members < 2) return undefined;
  const columns = traceColumns.length + terms;
  const race = createRace();
  // The first line of the tail may be the rest of one.
  for (const line of tailOf(join(folder, 'trace.csv'), TRACE_TAIL_BYTES).split('\n').slice(1, -1)) {
    const cells = line.split(',');
    if (cells.length === columns)
      race.append(
        Float64Array.from(cells, cell => (cell === '' ? Number.NaN : Number(cell))),
        columns,
      );
  }
  return race.best();
}

export function readLabels(folder: string): { readonly name?: string | undefined; readonly tags: readonly string[] } {
  try {
    return v.parse(labelsSchema, JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')));
  } catch {
    return { tags: [] }; // none yet, or damaged: the run goes by its folder's name
  }
}

function lastLine(file: string): string | undefined {
  return tailOf(file, LOG_TAIL_BYTES).trimEnd().split('\n').at(-1);
}

/** The last bytes of a file as text; empty where there is none. */
function tailOf(file: string, bytes: number): string {
  if (!existsSync(file)) return '';
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const tail = new Uint8Array(Math.min(size, bytes));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    return new TextDecoder().decode(tail);
  } finally {
    closeSync(handle);
  }
}
