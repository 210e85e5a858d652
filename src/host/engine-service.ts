// What the engine's process does with commands: opens inputs, devices and run folders, and starts the drive of a run.
// One run at a time. Runs in the engine's process, and in the test's own for tests.

import { setImmediate } from 'node:timers/promises';
import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import { type Checkpoint, decodeCheckpoint } from '../engine/checkpoint.ts';
import { type Fit, findFit, fits, type ResultCache, resolveMembers, settingsWithoutEffect } from '../engine/fits.ts';
import { createRun, type Run, type RunSink } from '../engine/run.ts';
import { exportFilm } from '../film/export-film.ts';
import { withDepthNetwork } from '../media/depth-network.ts';
import type { InputExtent } from '../media/read-input.ts';
import type { SourceFile } from '../media/source-reader.ts';
import type { ExportedFile } from '../protocol/host-calls.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { DriveSettings, EngineCommand, EngineEvent, StartRequest } from '../protocol/messages.ts';
import { SCHEMA_VERSION } from '../protocol/run.ts';
import { VERSION } from '../protocol/version.ts';
import { readClock, readRecipe, readSummary, readTrace, type StoredRecipe } from '../store/read-run.ts';
import { createRunFolder, type OpenedRun, openRunFolder, truncateRun } from '../store/run-folder.ts';
import { lockRun } from '../store/run-lock.ts';
import { describeFit } from './describe-fit.ts';
import { bestOf, type LoadedRun, type RunControl, startDrive } from './drive-run.ts';
import { inputPicture, inspectInput, samplePicture } from './inspect-input.ts';
import { bestTwin, openNodeDevice } from './node-device.ts';
import { openInput, sampleOf } from './open-input.ts';
import { createTraceFeed, noTraceFeed, type TraceFeed } from './trace-feed.ts';
import { exportFormat, writeFiles, writeTensors } from './write-tensor.ts';

export interface EngineService {
  /** Handles one command; resolves when it is done (a run: when it has ended or was left). */
  handle(command: EngineCommand): Promise<void>;
}

/** A recipe before its input was read. */
type Plan = Omit<StoredRecipe, 'files' | 'twin' | 'terms'>;

/** What a stored run was made from, and must be made from again. */
type Origin = Pick<StoredRecipe, 'files' | 'twin'>;

/** `among` stands in for the registry of fits in tests; without `cache` nothing is kept from run to run. */
export function createEngineService(
  emit: (event: EngineEvent) => void,
  among: readonly Fit[] = fits,
  cache?: ResultCache,
): EngineService {
  let active: RunControl | undefined;
  /** The user wants to leave before the run is loaded. */
  let leaving = false;
  const leaveIfTold = (): void => {
    if (leaving) throw new LabError({ code: 'state', message: 'Left before the run was loaded; nothing was changed.' });
  };
  const stayOrLeave = async (): Promise<void> => {
    // Commands that came meanwhile are heard first.
    await setImmediate();
    leaveIfTold();
  };
  const reading = (done: number, total: number) => emit({ kind: 'reading', done, total });
  const note = (text: string) => emit({ kind: 'note', text });

  /**
   * Loads the data of a plan, hands it to `use`, and gives everything back afterwards. With an `origin` they must be the
   * same data, on the same kernels where this machine has them.
   */
  const withLoaded = async (
    plan: Plan,
    origin: Origin | undefined,
    threads: number | undefined,
    use: (
      loaded: Pick<LoadedRun, 'problem' | 'device'> & { readonly fit: Fit; readonly files: SourceFile[] },
    ) => Promise<void>,
  ): Promise<void> => {
    leaving = false;
    const fit = findFit(plan.fit, among);
    const further = ({ shape }: InputExtent) => fit.bytes?.(shape, plan.members) ?? 0;
    const readingOn = (done: number, total: number) => {
      reading(done, total);
      leaveIfTold();
    };
    const input = await openInput(fit, { ...plan, settings: plan.members[0] }, readingOn, further);
    const files = [...input.files];
    if (origin !== undefined) requireSame(origin, files);
    await stayOrLeave();
    const device: CpuDevice = await openNodeDevice({ threads, twin: runnable(origin?.twin) });
    if (origin !== undefined && device.twin !== origin.twin)
      note(
        `Started with ${origin.twin} kernels, which this machine has not: with ${device.twin} the last bits will differ.`,
      );
    try {
      input.notes?.forEach(note);
      if ((input.pages ?? 1) > 1) note(`The file holds ${input.pages} pictures; only the first is read.`);
      const problem = await withDepthNetwork(plan.companions?.network, network =>
        fit.load(input.data, plan.members, { device, cache, seed: plan.seed, mask: input.mask, network, note }),
      );
      try {
        await stayOrLeave();
        await use({ fit, problem, device, files });
      } finally {
        problem.dispose();
      }
    } finally {
      device.dispose();
    }
  };

  const driveToEnd = async (loaded: LoadedRun, settings: DriveSettings): Promise<void> => {
    const drive = startDrive(loaded, settings, event => {
      if (event.kind === 'state') loaded.folder.log(`${event.state} at iteration ${event.iteration}`);
      else if (event.kind === 'diverged') loaded.folder.log(`diverged: ${event.error.message}`);
      emit(event);
    });
    active = drive.control;
    try {
      await drive.ended;
    } catch (thrown) {
      const { message, where } = asLabError(thrown);
      loaded.folder.log(`failed: ${message} ${where ?? ''}`);
      loaded.folder.flush();
      throw thrown;
    } finally {
      active = undefined;
    }
  };

  const sinkTo = (folder: () => OpenedRun['folder'] | undefined, feed: TraceFeed): RunSink => ({
    log(event) {
      folder()?.appendEvent(event);
      folder()?.log(`iteration ${event.iteration}: ${event.path} = ${event.value} (${event.source})`);
    },
    event: event => emit({ kind: 'event', event }),
    trace(row) {
      folder()?.appendTrace(row);
      feed.push(row);
    },
  });
  const feedOf = (terms: readonly string[], { watched }: Pick<DriveSettings, 'watched'>): TraceFeed =>
    watched === 'yes' ? createTraceFeed(terms.length, emit) : noTraceFeed;

  /** `given`: names of the settings that a user chose for it. */
  const begin = (
    plan: Plan,
    origin: Origin | undefined,
    out: string,
    settings: DriveSettings,
    given: readonly string[] = [],
  ): Promise<void> =>
    withLoaded(plan, origin, settings.threads, async ({ fit, problem, device, files }) => {
      let folder: OpenedRun['folder'] | undefined;
      const trace = feedOf(problem.terms, settings);
      const run = createRun({
        problem,
        fit,
        members: plan.members,
        seed: plan.seed,
        sink: sinkTo(() => folder, trace),
        events: plan.planned,
        clock: () => performance.now(),
      });
      const idle = settingsWithoutEffect(fit, problem.members, plan.members, given);
      if (idle.length > 0) note(`Nothing in this run makes use of ${idle.join(', ')}: left without effect.`);
      folder = createRunFolder(out, {
        ...plan,
        derived: run.description.members.map(({ derived = {} }) => derived),
        twin: device.twin,
        files: files.map(({ path, sha256 }) => ({ path, sha256 })),
        terms: problem.terms,
      });
      const lock = lockRun(folder.path);
      try {
        await driveToEnd({ run, problem, device, folder, trace, seconds: 0 }, settings);
      } finally {
        lock.release();
      }
    });

  const start = (request: StartRequest): Promise<void> => {
    const { fit: id, input, mask, companions, seed, planned, out } = request;
    const fit = findFit(id, among);
    const under = sampleOf(fit, input)?.settings;
    const members = resolveMembers(fit, request.settings, request.race, request.members, under);
    const named = companions === undefined || Object.keys(companions).length === 0 ? {} : { companions };
    const plan = { schema: SCHEMA_VERSION, fit: id, input, mask, ...named, members, seed, version: VERSION, planned };
    const given = [...Object.keys(request.settings), ...Object.keys(request.race)];
    return begin({ ...plan, device: 'cpu' }, undefined, out, request, given);
  };

  /** Loads a stored run at its newest checkpoint that can be read. */
  const reopen = (
    { folder, logged, planned, checkpoints }: OpenedRun,
    settings: Pick<DriveSettings, 'threads' | 'watched'>,
    from: 'checkpoint' | 'start',
    use: (loaded: LoadedRun) => Promise<void>,
  ): Promise<void> => {
    const { recipe } = folder;
    return withLoaded(recipe, recipe, settings.threads, async ({ fit, problem, device }) => {
      const { members, seed } = recipe;
      const trace = feedOf(problem.terms, settings);
      const run = createRun({
        problem,
        fit,
        members,
        seed,
        sink: sinkTo(() => folder, trace),
        events: planned,
        logged,
        clock: () => performance.now(),
      });
      const seconds = from === 'checkpoint' ? restoreNewest(run, folder.path, checkpoints) : 0;
      await use({ run, problem, device, folder, trace, seconds });
    });
  };

  /**
   * To iteration 0 only where nothing was computed yet: else it would cost the user all of the run. Returns for how many
   * seconds the run had run by then.
   */
  const restoreNewest = (run: Run, folder: string, checkpoints: OpenedRun['checkpoints']): number => {
    for (const { name, iteration, read } of checkpoints) {
      let checkpoint: Checkpoint;
      try {
        checkpoint = decodeCheckpoint(read(), name);
      } catch (thrown) {
        note(`${asLabError(thrown).message} Trying the checkpoint before it. (${name})`);
        continue;
      }
      const clock = readClock(folder, iteration);
      run.restore(checkpoint, name, clock?.members);
      return clock?.seconds ?? 0;
    }
    if (checkpoints.length === 0 && readTrace(folder).length === 0) return 0;
    throw new LabError({
      code: 'store',
      message: `The run has no checkpoint that can be read${checkpoints.length === 0 ? '' : `: ${checkpoints.length === 1 ? 'the only one is' : `all ${checkpoints.length} are`} damaged`}.`,
      where: folder,
      tip: 'Resume with --from-start to compute it again from its beginning, with the changes that were made; or replay it into another folder.',
    });
  };

  const resume = async (command: Extract<EngineCommand, { kind: 'resume' }>): Promise<void> => {
    const { folder: path, from = 'checkpoint' } = command;
    const summary = readSummary(path);
    if (summary !== undefined && from === 'checkpoint') {
      note(`This run is ${summary.state}, with ${summary.iterations} iterations: branch it to go on from one of them.`);
      return emit({ kind: 'finished', folder: path, summary });
    }
    readRecipe(path);
    const lock = lockRun(path);
    try {
      await reopen(openRunFolder(path), command, from, loaded => {
        const { run } = loaded;
        // All results but the summary were written: only that is still to be done.
        if (!run.done) truncateRun(path, run.iteration, 'keep-changes');
        note(`Resuming at iteration ${run.iteration}`);
        return driveToEnd(loaded, command);
      });
    } finally {
      lock.release();
    }
  };

  const exportAgain = (command: Extract<EngineCommand, { kind: 'export' }>): Promise<void> => {
    const format = exportFormat(command.format);
    return reopen(openRunFolder(command.folder), command, 'checkpoint', async ({ run, problem, folder: stored }) => {
      const member = command.member ?? bestOf(run.members).member;
      if (member >= run.members.length) {
        throw new LabError({
          code: 'setting',
          message: `The run has no member ${member}.`,
          where: 'member',
          tip: `Its members are 0 to ${run.members.length - 1}.`,
        });
      }
      const files: ExportedFile[] = [];
      const write = (name: string, bytes: Uint8Array): void => {
        const named = command.member === undefined ? name : memberFile(name, member);
        stored.writeExport(named, bytes);
        files.push({ name: named, bytes: bytes.length });
      };
      await writeTensors(problem.exports(member), format, write);
      await writeFiles(run, member, readSummary(command.folder)?.seconds, write);
      if (files.length === 0) {
        throw new LabError({
          code: 'setting',
          message: `Nothing of this run can be written as ${format}: it holds no pictures.`,
          where: 'format',
          tip: 'Choose npy or npz.',
        });
      }
      emit({ kind: 'exported', iteration: run.iteration, folder: stored.path, files });
    });
  };

  /** What the user does to the run that this engine holds. Throws a `state` error where it holds none. */
  const control = (): RunControl => {
    if (active !== undefined) return active;
    throw new LabError({
      code: 'state',
      message: 'No run is loaded.',
      where: 'engine',
      tip: 'Wait until it is loaded, or resume it.',
    });
  };

  const handle = async (command: EngineCommand): Promise<void> => {
    switch (command.kind) {
      case 'start':
        return start(command.request);
      case 'resume':
        return resume(command);
      case 'replay': {
        const { folder, logged, planned } = openRunFolder(command.folder);
        const { parent: _branchPoint, ...recipe } = folder.recipe;
        const again = { ...recipe, planned: [...logged, ...planned] };
        return begin(again, recipe, command.out, command);
      }
      case 'export':
        return exportAgain(command);
      case 'export-replay': {
        const onProgress = (done: number, total: number) => emit({ kind: 'underway', done, total });
        const film = await exportFilm(command, { onProgress });
        return emit({ kind: 'exported', folder: command.folder, ...film });
      }
      case 'change':
        return control().change(command.path, command.value);
      case 'pause':
        return control().pause();
      case 'go':
        return control().go(command.iterations);
      case 'pace':
        return control().pace(command.perSecond);
      case 'stop':
        return control().stop();
      case 'leave':
        leaving = true;
        return active?.leave();
      case 'view': {
        const none = new LabError({ code: 'state', message: 'No run is loaded.', where: `view ${command.view}` });
        if (active === undefined) return emit({ kind: 'no-view', ask: command.ask, error: none.toDetails() });
        return active.view(command);
      }
      case 'inspect': {
        const report = await inspectInput(findFit(command.fit, among), command, reading);
        return emit({ kind: 'inspected', report });
      }
      case 'input-picture': {
        const { fit, frame } = command;
        return emit({ kind: 'picture', data: await inputPicture(findFit(fit, among), command, frame, reading) });
      }
      case 'sample-picture': {
        const { fit, sample } = command;
        return emit({ kind: 'sample-picture', png: await samplePicture(findFit(fit, among), sample) });
      }
      case 'describe': {
        const described = command.fit === undefined ? among : [findFit(command.fit, among)];
        return emit({ kind: 'description', fits: described.map(describeFit) });
      }
    }
  };
  return {
    async handle(command) {
      try {
        await handle(command);
      } catch (thrown) {
        emit({ kind: 'error', of: command.kind, error: asLabError(thrown).toDetails() });
      }
    },
  };
}

/** The files of a run that is resumed or replayed must be those it was made from. */
function requireSame(origin: Origin, files: readonly SourceFile[]): void {
  const changed = files.find((file, i) => file.sha256 !== origin.files[i]?.sha256);
  if (changed === undefined && files.length === origin.files.length) return;
  const gone = origin.files[files.length];
  throw new LabError({
    code: 'input',
    message:
      files.length === origin.files.length
        ? 'The input is not the one this run was made from: its content changed.'
        : `The input is not the one this run was made from: it was ${origin.files.length} files and is ${files.length} now.`,
    where: changed?.path ?? gone.path,
    tip: 'Restore what it was made from, or start a new run.',
  });
}

/** The kernels asked for, or the best that this machine can run. */
function runnable(twin: Origin['twin'] | undefined): Origin['twin'] {
  const best = bestTwin();
  return twin === 'simd' ? 'simd' : best;
}

/** `recovered.npy` of member 2 is `recovered-member2.npy`, its frames are `recovered-member2-00000.png` and so on. */
function memberFile(name: string, member: number): string {
  return name.replace(/^[^-./]+/, stem => `${stem}-member${member}`);
}
