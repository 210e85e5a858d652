// A run that a window has opened or an engine holds: what is known of it, kept up to date by the engine's events and told
// on as news. Several windows on one run hear the same news in the same order.

import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDetails, RunEntry, RunNews } from '../protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../protocol/lab-error.ts';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import { type Recipe, type RunEvent, traceColumns } from '../protocol/run.ts';
import type { ViewData } from '../protocol/views.ts';
import { createRace } from '../store/best-member.ts';
import {
  listExports,
  readEvents,
  readMeasures,
  readProblem,
  readRecipe,
  readSummary,
  readTrace,
} from '../store/read-run.ts';
import { failureOf, figuresOf, newestMeasures, type RunLibrary } from '../store/run-library.ts';
import { listCheckpoints, listSnapshots } from '../store/snapshot-views.ts';
import type { EngineClient } from './engine-client.ts';
import type { EnginePool } from './engine-pool.ts';
import { createTraceRows, type TraceRows } from './trace-rows.ts';

export interface RunListener {
  news(run: string, seq: number, event: RunNews): void;
  /** The trace has more rows. */
  traceGrew(run: HeldRun): void;
  /** The run was loaded once more, behind where it was: what it had told of its trace does not hold. */
  traceCut(run: HeldRun): void;
}

export interface HeldView {
  readonly iteration: number;
  readonly reduction: number;
  readonly data: ViewData;
}

export interface ViewRequest {
  readonly view: string;
  readonly member: number;
  readonly frame: number | undefined;
  readonly mostPixels: number | undefined;
}

/** What is known of a run before its folder exists. */
export interface Beginning {
  readonly entry: RunEntry;
  readonly recipe: Recipe;
}

export interface HeldRun {
  readonly run: string;
  readonly listeners: Set<RunListener>;
  readonly live: boolean;
  /** It has a folder in the library. */
  readonly stored: boolean;
  readonly entry: RunEntry;
  readonly seq: number;
  readonly trace: TraceRows;
  details(): RunDetails;
  /** Gives it an engine: starts, resumes or replays. Resolves once it is loading, rejects if it is refused at once. */
  drive(command: DriveCommand): Promise<void>;
  /** Resumes it where no engine holds it; resolves when it is loaded. */
  load(first: 'run' | 'pause'): Promise<void>;
  send(command: EngineCommand): void;
  /** Resolves when the engine has taken the change. */
  change(path: string, value: number): Promise<void>;
  pace(perSecond: number | undefined): void;
  /** A view of the present state; undefined where no engine holds the run (any more), or has something newer to do. */
  view(request: ViewRequest): Promise<HeldView | undefined>;
  relabel(labels: { readonly name?: string; readonly tags?: readonly string[] }): void;
  /** Checkpoints and gives the engine back; whoever loads it meanwhile gets it from that checkpoint. */
  leave(): Promise<void>;
}

export type DriveCommand = Extract<EngineCommand, { readonly kind: 'start' | 'resume' | 'replay' }>;

export interface HeldRunOptions {
  readonly run: string;
  readonly library: RunLibrary;
  readonly pool: Pick<EnginePool, 'take'>;
  /** Iterations per second at most, as somebody has asked for before. */
  readonly pace: number | undefined;
  /** Undefined for a run with a folder. */
  readonly beginning: Beginning | undefined;
  onEntry(entry: RunEntry): void;
}

/** About eight times a second. */
const TELL_MILLISECONDS = 120;
/** The list of runs hears of a run that goes on. */
const ENTRY_MILLISECONDS = 1000;
/** A wrong setting is found within this, even where an engine takes seconds to start; then the run is shown as loading. */
const REFUSAL_MILLISECONDS = 3000;
const LEAVE_MILLISECONDS = 10e3;
export const checkpointSeconds = 5;

export function createHeldRun({ run, library, pool, beginning, onEntry, ...options }: HeldRunOptions): HeldRun {
  const folder = library.folderOf(run);
  const listeners = new Set<RunListener>();
  let seq = 0;
  let engine: EngineClient | undefined;
  let { pace } = options;
  /** Of a stored run: nothing before somebody asks, since its trace may be long. Throws for what is no run. */
  let known = beginning === undefined ? undefined : blank(beginning);
  if (known === undefined) library.entry(run);
  const state = (): Known => {
    known ??= readStored(folder, library, run);
    return known;
  };
  const race = createRace();
  /** Resolves when the engine has loaded the run; rejects if it cannot. */
  let loaded = settled();
  let ended = settled();
  /** It gives its engine back. */
  let leaving: Promise<void> | undefined;
  /** Changes sent to the engine that it has not answered, oldest first. */
  let asked: { readonly resolve: () => void; readonly reject: (error: LabError) => void }[] = [];
  let asks = 0;
  const pulls = new Map<
    number,
    { readonly key: string; resolve(view: HeldView | undefined): void; reject(error: LabError): void }
  >();
  /** One for each view, member and frame. */
  const pulling = new Map<
    string,
    { readonly mostPixels: number | undefined; readonly view: Promise<HeldView | undefined> }
  >();
  let untold: Extract<RunNews, { kind: 'progress' | 'reading' }> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let entryTold = 0;
  /** Loaded once more: at the next state it is known from where on the records are written anew. */
  let rewinding = false;

  const tell = (event: RunNews): void => {
    seq++;
    for (const listener of listeners) listener.news(run, seq, event);
  };
  const tellUntold = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (untold !== undefined) tell(untold);
    untold = undefined;
    for (const listener of listeners) listener.traceGrew(held);
    if (engine !== undefined && Date.now() - entryTold > ENTRY_MILLISECONDS) tellEntry({});
  };
  const tellSoon = (): void => {
    timer ??= setTimeout(tellUntold, TELL_MILLISECONDS);
  };
  const tellEntry = (change: Partial<RunEntry>): void => {
    entryTold = Date.now();
    const { entry } = held;
    const hasThumbnail = entry.hasThumbnail || existsSync(join(folder, 'thumbnail.png'));
    const changed = { ...entry, ...change, hasThumbnail };
    if (known !== undefined) known.entry = changed;
    onEntry(changed);
  };
  const on: { readonly [K in EngineEvent['kind']]?: (event: Extract<EngineEvent, { readonly kind: K }>) => void } = {
    reading(event) {
      untold = event;
      begun.resolve();
      tellSoon();
    },
    progress(event) {
      untold = event;
      state().progress = event.progress;
      state().entry = { ...state().entry, iteration: event.progress.iteration };
      tellSoon();
    },
    trace({ rows }) {
      state().trace.append(rows);
      race.append(rows, state().trace.columns);
      tellSoon();
    },
    ready({ problem }) {
      const recipe = readRecipe(folder);
      known = { ...state(), recipe, problem, stored: true };
      if (known.trace.count === 0) known.trace = createTraceRows(traceColumns.length + problem.terms.length);
      const { labels } = known;
      if (labels !== undefined) library.label(run, labels);
      known.labels = undefined;
      if (!rewinding) tell({ kind: 'problem', problem, recipe });
    },
    state(event) {
      tellUntold();
      if (rewinding && state().problem !== undefined) rewind(event.iteration);
      tell(event);
      tellEntry({ state: event.state, iteration: event.iteration });
      begun.resolve();
      loading.resolve();
    },
    measures(event) {
      state().measures.push(event.row);
      const { entry, measures, problem, progress } = state();
      const row = { ...newestMeasures(measures, race.best() ?? 0), loss: progress?.loss };
      const figures = figuresOf(row, problem?.figures);
      state().entry = { ...entry, figures };
      tell(event);
    },
    snapshot(event) {
      state().snapshots.push({ iteration: event.iteration, member: event.member });
      tell(event);
    },
    checkpoint(event) {
      // Old ones are dropped when a new one is written.
      state().checkpoints = listCheckpoints(folder);
      tell(event);
    },
    note: tell,
    diverged: ({ error }) => tell({ kind: 'diverged', error }),
    accepted(event) {
      state().accepted.push(event.event);
      tell(event);
      asked.shift()?.resolve();
    },
    event(event) {
      const { path, value } = event.event;
      const taken = state().accepted.findIndex(each => each.path === path && each.value === value);
      if (taken >= 0) state().accepted.splice(taken, 1);
      state().events.push(event.event);
      tell(event);
    },
    view: event => takePull(event.ask)?.resolve(event),
    'no-view'({ ask, error }) {
      const pull = takePull(ask);
      if (error === undefined) pull?.resolve(undefined);
      else pull?.reject(new LabError(error));
    },
    finished({ summary }) {
      tellUntold();
      state().summary = summary;
      tell({ kind: 'finished', summary });
      giveBack();
    },
    left: () => giveBack(),
    error({ of, error }) {
      if (of === 'change') asked.shift()?.reject(new LabError(error));
      else if (of === 'start' || of === 'resume' || of === 'replay') fail(error);
      else tell({ kind: 'note', text: error.message });
    },
  };
  const receive = (event: EngineEvent): void => {
    try {
      (on[event.kind] as ((told: EngineEvent) => void) | undefined)?.(event);
    } catch (thrown) {
      // The folder vanished or the disk is full: this run has failed, the host and the other runs have not.
      fail(asLabError(thrown, run).toDetails());
    }
  };

  /** The engine goes on at `iteration` from a checkpoint; all that was recorded from there on is made again. */
  const rewind = (iteration: number): void => {
    rewinding = false;
    const before = <Row extends { readonly iteration: number }>(rows: readonly Row[]) =>
      rows.filter(row => row.iteration < iteration);
    state().trace.cut(iteration);
    race.clear();
    state().accepted = [...state().events, ...state().accepted].filter(
      event => event.source === 'user' && event.iteration >= iteration,
    );
    state().events = before(state().events);
    state().measures = before(state().measures);
    state().snapshots = before(state().snapshots);
    state().checkpoints = listCheckpoints(folder);
    for (const listener of listeners) listener.traceCut(held);
    const { problem, recipe } = state();
    if (problem !== undefined) tell({ kind: 'problem', problem, recipe });
  };

  const takePull = (ask: number) => {
    const pull = pulls.get(ask);
    pulls.delete(ask);
    if (pull !== undefined) pulling.delete(pull.key);
    return pull;
  };
  /** The run has no engine any more: whoever waits for one is answered. */
  const release = (error: LabError | undefined): void => {
    engine?.dispose();
    engine = undefined;
    rewinding = false;
    tellUntold();
    const gone = error ?? endedMeanwhile(run);
    for (const { reject } of asked) reject(gone);
    asked = [];
    for (const ask of [...pulls.keys()]) takePull(ask)?.resolve(undefined);
    if (error === undefined) {
      begun.resolve();
      loading.resolve();
    } else {
      begun.reject(error);
      loading.reject(error);
    }
    ending.resolve();
  };
  const giveBack = (): void => {
    release(undefined);
    tellEntry({ ...library.find(run), live: false });
  };
  const fail = (error: LabErrorDetails): void => {
    // Somebody else drives it, or it is at its end: the run is as it was.
    if (error.code === 'state' && state().stored && library.find(run) !== undefined) {
      release(new LabError(error));
      tell({ kind: 'note', text: error.message });
      state().entry = { ...library.entry(run), live: false };
      tell({ kind: 'state', state: state().entry.state, iteration: state().entry.iteration });
      tellEntry({});
      return;
    }
    const stored = library.find(run) !== undefined;
    if (stored && failureOf(folder) === undefined) log(folder, error);
    state().error = error;
    release(new LabError(error));
    if (state().entry.state !== 'failed') tell({ kind: 'state', state: 'failed', iteration: state().entry.iteration });
    tell({ kind: 'failed', error });
    tellEntry({ state: 'failed', live: false });
  };
  let begun = defer();
  let loading = defer();
  let ending = defer();

  const drive = (command: DriveCommand): Promise<void> => {
    begun = defer();
    loading = defer();
    ending = defer();
    loaded = loading.promise;
    ended = ending.promise;
    loaded.catch(() => {}); // told by `begun`, or as news
    rewinding = command.kind === 'resume';
    state().error = undefined;
    state().entry = { ...state().entry, state: 'loading', live: true };
    engine = pool.take(receive);
    engine.send(command);
    const timeout = setTimeout(begun.resolve, REFUSAL_MILLISECONDS);
    tell({ kind: 'state', state: 'loading', iteration: state().entry.iteration });
    return begun.promise.then(() => tellEntry({})).finally(() => clearTimeout(timeout));
  };

  const leave = async (): Promise<void> => {
    if (engine === undefined) return;
    if (!state().stored) {
      release(new LabError({ code: 'state', message: 'The run was left before it was loaded.', where: run }));
      return;
    }
    const timeout = setTimeout(giveBack, LEAVE_MILLISECONDS);
    await loaded.catch(() => {});
    engine?.send({ kind: 'leave' });
    await ended;
    clearTimeout(timeout);
  };

  const held: HeldRun = {
    run,
    listeners,
    get live() {
      return engine !== undefined;
    },
    get stored() {
      return known?.stored ?? true;
    },
    get entry() {
      return known?.entry ?? library.entry(run);
    },
    get seq() {
      return seq;
    },
    get trace() {
      return state().trace;
    },
    details() {
      // Without an engine the folder may have changed behind our back, by the command line for one.
      if (engine === undefined && held.stored) {
        const stored = readStored(folder, library, run);
        known = { ...stored, error: stored.error === undefined ? undefined : (known?.error ?? stored.error) };
      }
      const { entry, recipe, problem, events, accepted, measures, snapshots, checkpoints, progress, summary, error } =
        state();
      return {
        entry,
        seq,
        recipe,
        problem,
        events,
        accepted,
        measures,
        snapshots,
        checkpoints,
        progress,
        pace,
        summary,
        error,
        exports: listExports(folder),
      };
    },
    drive,
    async load(first) {
      await leaving;
      if (engine === undefined) {
        const { state: present } = library.find(run) ?? held.entry;
        if (!held.stored || present === 'finished' || present === 'stopped') {
          throw new LabError({
            code: 'state',
            message: `This run is ${present}${held.stored ? '' : ' before it began'}; it cannot go on.`,
            where: run,
            tip: held.stored ? 'Branch from an iteration of it, or replay it.' : 'Start it anew.',
          });
        }
        known = readStored(folder, library, run);
        await drive({
          kind: 'resume',
          folder,
          threads: undefined,
          checkpointSeconds,
          leaveAfter: undefined,
          first,
          pace,
          watched: 'yes',
        });
      }
      await loaded;
    },
    send: command => engine?.send(command),
    change: (path, value) =>
      new Promise((resolve, reject) => {
        // It may have ended since it was loaded.
        if (engine === undefined) return reject(endedMeanwhile(run));
        asked.push({ resolve, reject });
        engine.send({ kind: 'change', path, value });
      }),
    pace(perSecond) {
      pace = perSecond;
      tell({ kind: 'pace', perSecond });
      // An engine that still loads the run would not know of what.
      void loaded.then(
        () => engine?.send({ kind: 'pace', perSecond: pace }),
        () => {},
      );
    },
    async view({ view, member, frame, mostPixels }) {
      await loaded.catch(() => {});
      const key = `${view} ${member} ${frame}`;
      for (let other = pulling.get(key); other !== undefined; other = pulling.get(key)) {
        // What a request on its way brings is newer than whatever asks for the same; the engine would drop the older of two.
        if (other.mostPixels === mostPixels) return other.view;
        await other.view.catch(() => {});
      }
      if (engine === undefined) return undefined;
      const client = engine;
      const pulled = new Promise<HeldView | undefined>((resolve, reject) => {
        const ask = asks++;
        pulls.set(ask, { key, resolve, reject });
        client.send({ kind: 'view', ask, view, member, frame, mostPixels });
      });
      pulling.set(key, { mostPixels, view: pulled });
      return pulled;
    },
    relabel(labels) {
      if (held.stored) library.label(run, labels);
      else state().labels = { ...state().labels, ...labels };
      tellEntry(labels);
    },
    leave() {
      leaving ??= leave().finally(() => {
        leaving = undefined;
      });
      return leaving;
    },
  };
  return held;
}

function endedMeanwhile(run: string): LabError {
  return new LabError({
    code: 'state',
    message: 'The run has ended.',
    where: run,
    tip: 'Branch from an iteration of it, or replay it.',
  });
}

type Labels = Parameters<HeldRun['relabel']>[0];

/** RunDetails that can still change, with the trace. */
type Known = {
  -readonly [K in keyof Omit<RunDetails, 'seq' | 'pace' | 'exports' | Lists>]: RunDetails[K];
} & { [K in Lists]: RunDetails[K][number][] } & {
  trace: TraceRows;
  stored: boolean;
  /** Given before the folder existed. */
  labels: Labels | undefined;
};
type Lists = 'events' | 'accepted' | 'measures' | 'snapshots' | 'checkpoints';

function blank({ entry, recipe }: Beginning): Known {
  return {
    entry,
    recipe,
    problem: undefined,
    events: [],
    accepted: [],
    measures: [],
    snapshots: [],
    checkpoints: [],
    progress: undefined,
    summary: undefined,
    error: undefined,
    trace: createTraceRows(traceColumns.length),
    stored: false,
    labels: entry.name === entry.run ? undefined : { name: entry.name },
  };
}

function readStored(folder: string, library: RunLibrary, run: string): Known {
  const entry = library.entry(run);
  const recipe = readRecipe(folder);
  const summary = readSummary(folder);
  const events = readEvents(folder);
  // Of a run that can go on, what was changed at its last checkpoint or later waits for that iteration.
  const waits = ({ iteration, source }: RunEvent) =>
    summary === undefined && source === 'user' && iteration >= entry.iteration;
  return {
    entry,
    recipe,
    problem: readProblem(folder),
    events: events.filter(event => !waits(event)),
    accepted: events.filter(waits),
    measures: readMeasures(folder),
    snapshots: listSnapshots(folder),
    checkpoints: listCheckpoints(folder),
    progress: undefined,
    summary,
    error: entry.state === 'failed' ? failureOf(folder) : undefined,
    trace: createTraceRows(traceColumns.length + recipe.terms.length, readTrace(folder)),
    stored: true,
    labels: undefined,
  };
}

/** In the words of the engine's own log, for when the engine could not write it. */
function log(folder: string, { message }: LabErrorDetails): void {
  try {
    appendFileSync(join(folder, 'log.txt'), `${new Date().toISOString()} failed: ${message}\n`);
  } catch (thrown) {
    process.stderr.write(`${asLabError(thrown).message} (${folder})\n`);
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: LabError): void;
}

function defer(): Deferred {
  let resolve!: () => void;
  let reject!: (error: LabError) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function settled(): Promise<void> {
  return Promise.resolve();
}
