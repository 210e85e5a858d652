// What the engine's process does with commands: opens inputs, devices and run folders, and starts the drive of a run.
// One run at a time. Runs in the engine's process, and in the test's own for tests.

import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import { describeSettings, type Fit, findFit, optimizers, resolveMembers, schedules } from '../engine/fits.ts';
import { createRun, type Run, type RunSink } from '../engine/run.ts';
import type { SourceFile } from '../media/read-input.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { DriveSettings, EngineCommand, EngineEvent, StartRequest } from '../protocol/messages.ts';
import { SCHEMA_VERSION } from '../protocol/run.ts';
import { createRunFolder, type OpenedRun, openRunFolder, type StoredRecipe, truncateRun } from '../store/run-folder.ts';
import { bestOf, type LoadedRun, type RunControl, startDrive } from './drive-run.ts';
import { openNodeDevice } from './node-device.ts';
import { openInput, openMask, sampleOf } from './open-input.ts';
import { exportFormats, writeTensors } from './write-tensor.ts';

const VERSION = '0.1.0';

export interface EngineService {
  /** Handles one command; resolves when it is done (a run: when it has finished or was left). */
  handle(command: EngineCommand): Promise<void>;
}

/** A recipe before its input was read. */
type Plan = Omit<StoredRecipe, 'files' | 'twin' | 'terms'>;

/** `findAmong` stands in for the registry of fits in tests. */
export function createEngineService(
  emit: (event: EngineEvent) => void,
  findAmong: (id: string) => Fit = id => findFit(id),
): EngineService {
  let active: { readonly run: Run; readonly control: RunControl } | undefined;

  /** Loads the data of a plan, hands it to `use`, and gives everything back afterwards. */
  const withLoaded = async (
    plan: Plan,
    threads: number | undefined,
    use: (
      loaded: Omit<LoadedRun, 'run' | 'folder'> & { readonly fit: Fit; readonly files: SourceFile[] },
    ) => Promise<void>,
  ): Promise<void> => {
    const fit = findAmong(plan.fit);
    const note = (done: number, total: number) => emit({ kind: 'reading', done, total });
    const input = await openInput(fit, plan.input, note);
    const mask = plan.mask === undefined ? undefined : await openMask(fit, plan.mask, input, note);
    const device: CpuDevice = await openNodeDevice({ threads });
    try {
      const problem = await fit.load(input.data, plan.members, { device, seed: plan.seed, mask: mask?.data });
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
    active = { run: loaded.run, control: drive.control };
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

  const sinkTo = (folder: () => OpenedRun['folder'] | undefined): RunSink => ({
    event(event) {
      folder()?.appendEvent(event);
      folder()?.log(`iteration ${event.iteration}: ${event.path} = ${event.value} (${event.source})`);
      emit({ kind: 'event', event });
    },
    trace: row => folder()?.appendTrace(row),
  });

  const begin = (plan: Plan, out: string, settings: DriveSettings): Promise<void> =>
    withLoaded(plan, settings.threads, async ({ fit, problem, device, files }) => {
      let folder: OpenedRun['folder'] | undefined;
      const run = createRun({
        problem,
        fit,
        members: plan.members,
        seed: plan.seed,
        sink: sinkTo(() => folder),
        events: plan.planned,
        clock: () => performance.now(),
      });
      folder = createRunFolder(out, {
        ...plan,
        twin: device.twin,
        files: files.map(({ path, sha256 }) => ({ path, sha256 })),
        terms: problem.terms,
      });
      await driveToEnd({ run, problem, device, folder }, settings);
    });

  const start = (request: StartRequest): Promise<void> => {
    const { fit: id, input, mask, seed, planned, out } = request;
    const fit = findAmong(id);
    const under = sampleOf(fit, input)?.settings;
    const members = resolveMembers(fit, request.settings, request.race, request.members, under);
    const plan = { schema: SCHEMA_VERSION, fit: id, input, mask, members, seed, version: VERSION, planned };
    return begin({ ...plan, device: 'cpu' }, out, request);
  };

  /** Loads a stored run at its newest checkpoint that can be read. */
  const reopen = (
    path: string,
    threads: number | undefined,
    use: (loaded: LoadedRun) => Promise<void>,
  ): Promise<void> => {
    const { folder, events, checkpoints } = openRunFolder(path);
    const { recipe } = folder;
    return withLoaded(recipe, threads, async ({ fit, problem, device, files }) => {
      checkSame(recipe, files, device, text => emit({ kind: 'note', text }));
      const { members, seed } = recipe;
      const run = createRun({
        problem,
        fit,
        members,
        seed,
        sink: sinkTo(() => folder),
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
      await use({ run, problem, device, folder });
    });
  };

  const handle = async (command: EngineCommand): Promise<void> => {
    switch (command.kind) {
      case 'start':
        return start(command.request);
      case 'resume':
        return reopen(command.folder, command.threads, loaded => {
          truncateRun(command.folder, loaded.run.iteration);
          emit({ kind: 'note', text: `Resuming at iteration ${loaded.run.iteration}` });
          return driveToEnd(loaded, command);
        });
      case 'replay': {
        const { folder, events } = openRunFolder(command.folder);
        return begin({ ...folder.recipe, planned: events }, command.out, command);
      }
      case 'export': {
        const { format, folder } = command;
        return reopen(folder, command.threads, async ({ run, problem, folder: stored }) => {
          const names: string[] = [];
          await writeTensors(problem.exports(bestOf(run.members).member), format, (name, bytes) => {
            stored.writeExport(name, bytes);
            names.push(name);
          });
          emit({ kind: 'exported', iteration: run.iteration, folder: stored.path, names });
        });
      }
      case 'change':
        return active?.run.change(command.path, command.value);
      case 'pause':
        return active?.control.pause();
      case 'go':
        return active?.control.go(command.iterations);
      case 'leave':
        return active?.control.leave();
      case 'describe':
        return emit({ kind: 'description', description: describeFit(findAmong(command.fit)) });
    }
  };
  return {
    async handle(command) {
      try {
        await handle(command);
      } catch (thrown) {
        emit({ kind: 'error', error: asLabError(thrown).toDetails() });
      }
    },
  };
}

function describeFit(fit: Fit) {
  const { id, title, presets, samples } = fit;
  return {
    id,
    title,
    presets,
    settings: describeSettings(fit, fit.optimizer, 'constant'),
    samples: samples.map(({ id: sample, title: name, teaches }) => ({ id: sample, title: name, teaches })),
    optimizers: optimizers.map(({ id: rule, title: name, source, hyper }) => ({
      id: rule,
      title: name,
      source,
      hyper,
    })),
    schedules: schedules.map(({ id: rule, title: name, source, hyper }) => ({ id: rule, title: name, source, hyper })),
    exportFormats,
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
