// What every host of the laboratory does, whatever carries its messages: owns the run library, the sessions of the
// windows and the engines' processes. The loopback server and Electron's main process only add a carrier and files.

import { existsSync, realpathSync, rmSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { LabDescription, RunEntry } from '../protocol/host-calls.ts';
import { LabError } from '../protocol/lab-error.ts';
import { SCHEMA_VERSION } from '../protocol/run.ts';
import { VERSION } from '../protocol/version.ts';
import { branchRun } from '../store/branch-run.ts';
import { readRecipe } from '../store/read-run.ts';
import { openRunLibrary, shortInput, stemOf } from '../store/run-library.ts';
import { readSnapshotView } from '../store/snapshot-views.ts';
import { openUploads, type Upload } from '../store/uploads.ts';
import { createEnginePool, type StartEngine } from './engine-pool.ts';
import {
  type Beginning,
  checkpointSeconds,
  createHeldRun,
  type DriveCommand,
  type HeldRun,
  type HeldView,
  type ViewRequest,
} from './held-run.ts';
import { createIdleRuns } from './idle-runs.ts';
import { createInputReferences } from './input-references.ts';
import { bestTwin, defaultThreads } from './node-device.ts';
import { type CallHandlers, type Carrier, createSession, type Session } from './session.ts';

export interface LabHostOptions {
  /** Folder of the runs; made where it is missing. */
  readonly library: string;
  /** Folders that the user opened: inputs may lie in them. */
  readonly roots: readonly string[];
  readonly startEngine: StartEngine;
  /** Most bytes of an upload. */
  readonly uploadBytes: number;
  /** Runs that engines hold at once before those that wait unwatched leave; 3 unless given. */
  readonly mostLive?: number;
  /** After which a run that waits unwatched leaves; 10 minutes unless given. */
  readonly idleMilliseconds?: number;
}

export interface LabHost {
  /** Undefined, and the carrier refused: too many windows are open. */
  connect(carrier: Carrier): Session | undefined;
  /** Resolves with the input reference; throws `setting` for a bad name, `input` for too many bytes. */
  upload(upload: Upload): Promise<string>;
  /** A sample as a small PNG, empty for one that is no picture; undefined for one that does not exist. */
  samplePicture(fit: string, sample: string): Promise<Uint8Array | undefined>;
  /** Real path of a file of a run; undefined where there is none, or where a symbolic link leads out of the run. */
  runFile(run: string, ...path: string[]): string | undefined;
  /** Runs checkpoint and leave, then all processes end. */
  dispose(): Promise<void>;
}

const MOST_SESSIONS = 64;
const SWEEP_MILLISECONDS = 3600e3;
/** Each holds its data and takes its share of the processor. */
const MOST_LIVE = 3;
const IDLE_MILLISECONDS = 600e3;

export function createLabHost({ library: path, roots, startEngine, uploadBytes, ...limits }: LabHostOptions): LabHost {
  const { mostLive = MOST_LIVE, idleMilliseconds = IDLE_MILLISECONDS } = limits;
  const library = openRunLibrary(path);
  const uploads = openUploads(library.folder, uploadBytes, library.inputs);
  const sweeping = setInterval(uploads.sweep, SWEEP_MILLISECONDS).unref();
  const references = createInputReferences(roots, uploads, library.inputs);
  const pool = createEnginePool(startEngine);
  const sessions = new Set<Session>();
  const held = new Map<string, HeldRun>();
  const idle = createIdleRuns(() => [...held.values()], idleMilliseconds);
  const paces = new Map<string, number | undefined>();
  const samplePictures = new Map<string, Promise<Uint8Array>>();
  const fits = pool.ask({ kind: 'describe', fit: undefined }, 'description');
  fits.catch(() => {}); // told to whoever asks for it

  const announce = (run: string, entry: RunEntry | undefined): void => {
    for (const session of sessions) session.tell({ kind: 'entry', run, entry });
  };
  const hold = (run: string, beginning?: Beginning): HeldRun => {
    const known = held.get(run);
    if (known !== undefined) return known;
    const onEntry = (entry: RunEntry): void => {
      announce(run, entry);
      idle.look(fresh);
      letGo(fresh);
    };
    const take: typeof pool.take = onEvent => {
      idle.makeRoom(mostLive);
      return pool.take(onEvent);
    };
    const fresh = createHeldRun({ run, library, pool: { take }, pace: paces.get(run), beginning, onEntry });
    held.set(run, fresh);
    return fresh;
  };
  /** Forgets a run that nobody looks at; it can be read from its folder again. */
  const letGo = (run: HeldRun): void => {
    if (!run.live && run.stored && run.listeners.size === 0 && held.get(run.run) === run) held.delete(run.run);
  };
  /** Nothing of a run is kept for what was done to it, unless somebody looks at it or an engine has it. */
  const using = async (run: string, act: (run: HeldRun) => Promise<void>): Promise<undefined> => {
    const taken = hold(run);
    try {
      await act(taken);
    } finally {
      letGo(taken);
    }
  };
  const onUnlisten = (run: HeldRun): void => {
    idle.look(run);
    letGo(run);
  };
  const drop = (run: string): void => {
    held.get(run)?.listeners.clear();
    held.delete(run);
    paces.delete(run);
    announce(run, undefined);
  };
  /** Starts what has no folder yet; refused at once, nothing of it stays. */
  const begin = async (beginning: Beginning, command: DriveCommand): Promise<{ run: string }> => {
    const { run } = beginning.entry;
    const fresh = hold(run, beginning);
    try {
      await fresh.drive(command);
    } catch (thrown) {
      drop(run);
      throw thrown;
    }
    return { run };
  };
  const entryOf = (run: string): RunEntry => held.get(run)?.entry ?? library.entry(run);
  const blankEntry = (run: string, fit: string, input: string, name: string | undefined): RunEntry => ({
    run,
    name: name?.trim() || run,
    fit,
    input: shortInput(input),
    state: 'loading',
    live: true,
    iteration: 0,
    created: Date.now(),
    tags: [],
    figures: {},
    hasThumbnail: false,
  });
  const driving = { threads: undefined, checkpointSeconds, leaveAfter: undefined, watched: 'yes' } as const;

  const handlers: CallHandlers = {
    async describe() {
      const description: LabDescription = {
        version: VERSION,
        fits: (await fits).fits,
        threads: defaultThreads(),
        kernels: bestTwin(),
        library: library.folder,
        uploadBytes,
      };
      return description;
    },
    listRuns() {
      const entries = new Map(library.list().map(entry => [entry.run, entry]));
      for (const { run, entry, live, stored } of held.values()) if (live || !stored) entries.set(run, entry);
      return [...entries.values()].sort((a, b) => b.created - a.created);
    },
    async inspect({ fit, input, mask, companions, settings }, { signal, underway }) {
      const named = { mask: resolveMask(mask), companions: resolveAll(companions), settings };
      const command = { kind: 'inspect', fit, input: references.resolve(input), ...named } as const;
      const { report } = await pool.ask(command, 'inspected', { signal, onUnderway: underway });
      return { ...report, input };
    },
    async inputPicture({ fit, input, companions, settings, frame: number }, { signal, room, frame, underway }) {
      const named = { companions: resolveAll(companions), settings, frame: number };
      const command = { kind: 'input-picture', fit, input: references.resolve(input), ...named } as const;
      if (!(await room(`input ${input}`))) return undefined;
      const { data } = await pool.ask(command, 'picture', { signal, onUnderway: underway });
      return frame({ run: '', view: 'input', member: 0, iteration: 0, reduction: 1 }, data);
    },
    start({ fit, input, mask, companions: named, settings, race, members, seed, first, pace, name }) {
      const path = references.resolve(input);
      const maskPath = resolveMask(mask);
      const companions = resolveAll(named);
      const run = library.freshName(stemOf(path));
      const recipe = {
        schema: SCHEMA_VERSION,
        fit,
        input: path,
        mask: maskPath,
        companions,
        files: [],
        members: Array.from({ length: members ?? 1 }, () => settings),
        seed,
        device: 'cpu',
        twin: bestTwin(),
        version: VERSION,
      } as const;
      const request = {
        ...driving,
        fit,
        input: path,
        mask: maskPath,
        companions,
        settings,
        race,
        members,
        seed,
        planned: [],
        out: library.folderOf(run),
        first,
        pace,
      };
      const begun = begin({ entry: blankEntry(run, fit, path, name), recipe }, { kind: 'start', request });
      if (pace !== undefined) {
        paces.set(run, pace);
        held.get(run)?.pace(pace);
      }
      return begun;
    },
    open({ run }, { session }) {
      const opened = hold(run);
      try {
        const details = opened.details();
        session.listen(opened);
        idle.look(opened);
        // As it was when it left; once the window knows what it has opened.
        if (idle.comesBack(run)) setImmediate(() => opened.load('pause').catch(() => {}));
        return details;
      } finally {
        letGo(opened);
      }
    },
    close({ run }, { session }) {
      session.unlisten(run);
    },
    change: ({ run, path, value }) =>
      using(run, async held => {
        await held.load('pause');
        await held.change(path, value);
      }),
    async pause({ run }) {
      const live = held.get(run);
      if (live?.live !== true) return;
      await live.load('pause');
      live.send({ kind: 'pause' });
    },
    go: ({ run, iterations }) =>
      using(run, async held => {
        const { live } = held;
        await held.load(iterations === undefined ? 'run' : 'pause');
        if (live || iterations !== undefined) held.send({ kind: 'go', iterations });
      }),
    gather({ milliseconds }, { session }) {
      session.gather(milliseconds);
    },
    pace({ run, perSecond }) {
      paces.set(run, perSecond);
      return using(run, async held => held.pace(perSecond));
    },
    stop: ({ run }) =>
      using(run, async held => {
        await held.load('pause');
        held.send({ kind: 'stop' });
      }),
    async branch({ run: parent, iteration, changes, name }) {
      const { name: parentName } = entryOf(parent);
      const folder = library.folderOf(parent);
      const run = library.freshName(stemOf(readRecipe(folder).input));
      const out = library.folderOf(run);
      branchRun(folder, out, iteration, changes);
      library.label(run, { name: name ?? `${parentName} from ${iteration}` });
      try {
        await hold(run).drive({ kind: 'resume', folder: out, ...driving, first: 'run' });
      } catch (thrown) {
        drop(run);
        rmSync(out, { recursive: true, force: true });
        throw thrown;
      }
      return { run };
    },
    replay({ run: parent }) {
      const { name: parentName, fit, input } = entryOf(parent);
      const folder = library.folderOf(parent);
      const recipe = readRecipe(folder);
      const run = library.freshName(stemOf(recipe.input));
      const entry = blankEntry(run, fit, input, `${parentName} replayed`);
      return begin({ entry, recipe }, { kind: 'replay', folder, out: library.folderOf(run), ...driving, first: 'run' });
    },
    rename: ({ run, name }) => using(run, async held => held.relabel({ name })),
    tag: ({ run, tags }) => using(run, async held => held.relabel({ tags })),
    async delete({ runs }) {
      await Promise.all(runs.map(run => hold(run).leave()));
      for (const run of runs) {
        if (existsSync(library.folderOf(run))) library.remove(run);
        drop(run);
      }
    },
    restore({ runs }) {
      for (const run of runs) {
        library.restore(run);
        announce(run, library.find(run));
      }
    },
    async view({ run, view, member, at, frame: number, mostPixels }, { room, frame }) {
      if (!(await room(`${run} ${view} ${member} ${number} ${mostPixels}`))) return undefined;
      const request = { view, member, frame: number, mostPixels };
      const shown = await (at === 'now' ? presentView(run, request) : recordedView(run, request, at));
      if (shown === undefined) return undefined;
      const { iteration, reduction, data } = shown;
      return frame({ run, view, member, iteration, reduction }, data);
    },
    async export({ run, format }, { signal, underway }) {
      const command = { kind: 'export', folder: folderOf(run), format, threads: undefined } as const;
      const { files } = await pool.work(command, 'exported', { signal, onUnderway: underway });
      return { files };
    },
    async exportReplay({ run, ...request }, { signal, underway }) {
      const command = { kind: 'export-replay', folder: folderOf(run), title: entryOf(run).name, ...request } as const;
      const { files } = await pool.work(command, 'exported', { signal, onUnderway: underway });
      return { files };
    },
    cancel({ call }, { session }) {
      session.cancel(call);
    },
  };
  /** `alpha` stands for the transparency of the input. */
  const resolveMask = (mask: string | undefined): string | undefined =>
    mask === undefined || mask === 'alpha' ? mask : references.resolve(mask);
  const resolveAll = (named: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(named).map(([id, reference]) => [id, references.resolve(reference)]));
  const folderOf = (run: string): string => library.folderOf(library.entry(run).run);
  const stored = (run: string, { view, member, frame, mostPixels }: ViewRequest, at: number): HeldView | undefined =>
    readSnapshotView(folderOf(run), view, member, at, frame, mostPixels);
  /** As it is now; undefined where the window should rather ask again. Without an engine: what was recorded last. */
  const presentView = async (run: string, request: ViewRequest): Promise<HeldView | undefined> => {
    const live = held.get(run);
    const present = live?.live === true ? await live.view(request) : undefined;
    return present ?? (live?.live === true ? undefined : (stored(run, request, Infinity) ?? nothingOf(run, request)));
  };
  const recordedView = async (run: string, request: ViewRequest, at: number): Promise<HeldView> => {
    const record = stored(run, request, at);
    if (record !== undefined) return record;
    // A view that never changes may be shown before it was written.
    const present = await held.get(run)?.view(request);
    return present !== undefined && present.iteration <= at ? present : nothingOf(run, request);
  };

  return {
    connect(carrier) {
      if (sessions.size >= MOST_SESSIONS) {
        carrier.refuse('Too many windows are open.');
        return undefined;
      }
      const session = createSession({ carrier, handlers, onUnlisten, onClose: () => sessions.delete(session) });
      sessions.add(session);
      session.tell({ kind: 'welcome', schema: SCHEMA_VERSION, version: VERSION });
      return session;
    },
    upload: upload => uploads.receive(upload),
    async samplePicture(fit, sample) {
      const key = `${fit} ${sample}`;
      const described = (await fits).fits.find(({ id }) => id === fit)?.samples.some(({ id }) => id === sample);
      if (described !== true) return undefined;
      const picture =
        samplePictures.get(key) ??
        pool.ask({ kind: 'sample-picture', fit, sample }, 'sample-picture').then(({ png }) => png);
      samplePictures.set(key, picture);
      picture.catch(() => samplePictures.delete(key));
      return picture;
    },
    runFile(run, ...parts) {
      const expected = join(library.folder, run, ...parts);
      const inside = [run, ...parts].every(
        part => part !== '' && part !== '.' && part !== '..' && basename(part) === part,
      );
      if (!inside || run.startsWith('.') || parts.some(part => part.includes(sep)) || !existsSync(expected))
        return undefined;
      return realpathSync(expected) === expected ? expected : undefined;
    },
    async dispose() {
      clearInterval(sweeping);
      idle.dispose();
      await Promise.all([...held.values()].map(each => each.leave()));
      for (const session of [...sessions]) session.close();
      pool.dispose();
    },
  };
}

function nothingOf(run: string, { view }: ViewRequest): never {
  throw new LabError({
    code: 'state',
    message: 'Nothing of this view was recorded so far.',
    where: `${run}, ${view}`,
    tip: 'Go to a later iteration, or let the run go on.',
  });
}
