// What the engine's process does with commands: opens inputs, devices and run folders, and starts the drive of a run.
// One run at a time. Runs in the engine's process, and in the test's own for tests.

import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import { type Fit, findFit, fits, resolveMembers } from '../engine/fits.ts';
import { createRun, type RunSink } from '../engine/run.ts';
import { exportFilm } from '../film/export-film.ts';
import type { SourceFile } from '../media/read-input.ts';
import type { ExportedFile } from '../protocol/host-calls.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { DriveSettings, EngineCommand, EngineEvent, StartRequest } from '../protocol/messages.ts';
import { SCHEMA_VERSION } from '../protocol/run.ts';
import { VERSION } from '../protocol/version.ts';
import type { StoredRecipe } from '../store/read-run.ts';
import { createRunFolder, type OpenedRun, openRunFolder, truncateRun } from '../store/run-folder.ts';
import { describeFit } from './describe-fit.ts';
import { bestOf, type LoadedRun, type RunControl, startDrive } from './drive-run.ts';
import { inputPicture, inspectInput, samplePicture } from './inspect-input.ts';
import { openNodeDevice } from './node-device.ts';
import { openInput, openMask, sampleOf } from './open-input.ts';
import { createTraceFeed, noTraceFeed, type TraceFeed } from './trace-feed.ts';
import { exportFormat, writeTensors } from './write-tensor.ts';

export interface EngineService {
  /** Handles one command; resolves when it is done (a run: when it has ended or was left). */
  handle(command: EngineCommand): Promise<void>;
}

/** A recipe before its input was read. */
type Plan = Omit<StoredRecipe, 'files' | 'twin' | 'terms'>;

/** `among` stands in for the registry of fits in tests. */
export function createEngineService(emit: (event: EngineEvent) => void, among: readonly Fit[] = fits): EngineService {
  let active: RunControl | undefined;
  const reading = (done: number, total: number) => emit({ kind: 'reading', done, total });

  /** Loads the data of a plan, hands it to `use`, and gives everything back afterwards. */
  const withLoaded = async (
    plan: Plan,
    threads: number | undefined,
    use: (
      loaded: Pick<LoadedRun, 'problem' | 'device'> & { readonly fit: Fit; readonly files: SourceFile[] },
    ) => Promise<void>,
  ): Promise<void> => {
    const fit = findFit(plan.fit, among);
    const input = await openInput(fit, plan.input, reading);
    const mask = plan.mask === undefined ? undefined : await openMask(fit, plan.mask, input, reading);
    const note = (text: string) => emit({ kind: 'note', text });
    const device: CpuDevice = await openNodeDevice({ threads });
    try {
      if ((input.pages ?? 1) > 1) note(`The file holds ${input.pages} pictures; only the first is read.`);
      const problem = await fit.load(input.data, plan.members, { device, seed: plan.seed, mask: mask?.data, note });
      try {
        await use({ fit, problem, device, files: [...input.files, ...(mask?.files ?? [])] });
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
      emit(event);
    });
    active = drive.control;
    try {
      await drive.ended;
    } catch (thrown) {
      const { message, where } = asLabError(thrown);
      loaded.folder.log(`failed: ${message} ${where ?? ''}`);
      throw thrown;
    } finally {
      active = undefined;
    }
  };

  const sinkTo = (folder: () => OpenedRun['folder'] | undefined, feed: TraceFeed): RunSink => ({
    event(event) {
      folder()?.appendEvent(event);
      folder()?.log(`iteration ${event.iteration}: ${event.path} = ${event.value} (${event.source})`);
      emit({ kind: 'event', event });
    },
    trace(row) {
      folder()?.appendTrace(row);
      feed.push(row);
    },
  });
  const feedOf = (terms: readonly string[], { watched }: Pick<DriveSettings, 'watched'>): TraceFeed =>
    watched === 'yes' ? createTraceFeed(terms.length, emit) : noTraceFeed;

  const begin = (plan: Plan, out: string, settings: DriveSettings): Promise<void> =>
    withLoaded(plan, settings.threads, async ({ fit, problem, device, files }) => {
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
      folder = createRunFolder(out, {
        ...plan,
        twin: device.twin,
        files: files.map(({ path, sha256 }) => ({ path, sha256 })),
        terms: problem.terms,
      });
      await driveToEnd({ run, problem, device, folder, trace }, settings);
    });

  const start = (request: StartRequest): Promise<void> => {
    const { fit: id, input, mask, seed, planned, out } = request;
    const fit = findFit(id, among);
    const under = sampleOf(fit, input)?.settings;
    const members = resolveMembers(fit, request.settings, request.race, request.members, under);
    const plan = { schema: SCHEMA_VERSION, fit: id, input, mask, members, seed, version: VERSION, planned };
    return begin({ ...plan, device: 'cpu' }, out, request);
  };

  /** Loads a stored run at its newest checkpoint that can be read. */
  const reopen = (
    path: string,
    settings: Pick<DriveSettings, 'threads' | 'watched'>,
    use: (loaded: LoadedRun) => Promise<void>,
  ): Promise<void> => {
    const { folder, events, checkpoints } = openRunFolder(path);
    const { recipe } = folder;
    return withLoaded(recipe, settings.threads, async ({ fit, problem, device, files }) => {
      checkSame(recipe, files, device, text => emit({ kind: 'note', text }));
      const { members, seed } = recipe;
      const trace = feedOf(problem.terms, settings);
      const run = createRun({
        problem,
        fit,
        members,
        seed,
        sink: sinkTo(() => folder, trace),
        events,
        clock: () => performance.now(),
      });
      for (const checkpoint of checkpoints) {
        try {
          run.restore(checkpoint.read(), checkpoint.name);
          break;
        } catch (thrown) {
          const text = `${asLabError(thrown).message} Trying the checkpoint before it. (${checkpoint.name})`;
          emit({ kind: 'note', text });
        }
      }
      await use({ run, problem, device, folder, trace });
    });
  };

  const exportAgain = ({ folder, format: id, threads }: Extract<EngineCommand, { kind: 'export' }>): Promise<void> => {
    const format = exportFormat(id);
    return reopen(folder, { threads }, async ({ run, problem, folder: stored }) => {
      const files: ExportedFile[] = [];
      await writeTensors(problem.exports(bestOf(run.members).member), format, (name, bytes) => {
        stored.writeExport(name, bytes);
        files.push({ name, bytes: bytes.length });
      });
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
        return reopen(command.folder, command, loaded => {
          // What a run that has ended once wrote stays as it is.
          if (!loaded.run.done) truncateRun(command.folder, loaded.run.iteration);
          emit({ kind: 'note', text: `Resuming at iteration ${loaded.run.iteration}` });
          return driveToEnd(loaded, command);
        });
      case 'replay': {
        const { folder, events } = openRunFolder(command.folder);
        const { parent: _branchPoint, ...recipe } = folder.recipe;
        return begin({ ...recipe, planned: events }, command.out, command);
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
        return control().leave();
      case 'view': {
        const none = new LabError({ code: 'state', message: 'No run is loaded.', where: `view ${command.view}` });
        if (active === undefined) return emit({ kind: 'no-view', ask: command.ask, error: none.toDetails() });
        return active.view(command);
      }
      case 'inspect': {
        const { fit, input, mask } = command;
        return emit({ kind: 'inspected', report: await inspectInput(findFit(fit, among), input, mask, reading) });
      }
      case 'input-picture': {
        const { fit, input, frame } = command;
        return emit({ kind: 'picture', data: await inputPicture(findFit(fit, among), input, frame, reading) });
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

/** The files of a resumed run must be those it was made from. */
function checkSame(
  recipe: StoredRecipe,
  files: readonly SourceFile[],
  device: CpuDevice,
  note: (text: string) => void,
): void {
  const changed = files.find((file, i) => file.sha256 !== recipe.files[i]?.sha256);
  if (changed !== undefined) {
    throw new LabError({
      code: 'input',
      message: 'The input is not the one this run was made from: its content changed.',
      where: changed.path,
      tip: 'Restore the file, or start a new run.',
    });
  }
  if (device.twin !== recipe.twin)
    note(`Started with ${recipe.twin} kernels, resumed with ${device.twin}: the last bits will differ.`);
}
