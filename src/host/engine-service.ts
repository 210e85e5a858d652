// What the engine's process does with commands: reads inputs, opens the device, drives a run, and keeps its folder.
// Runs in the engine's process, and in the test's own for tests.

import { setImmediate } from 'node:timers/promises';
import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import type { ExportTensor, Fit, FitInput, Problem, SettingValues } from '../engine/fits.ts';
import { findFit, resolveSettings } from '../engine/fits.ts';
import { findOptimizer, optimizers } from '../engine/optimizers.ts';
import { createRun, type Run } from '../engine/run.ts';
import { moveState } from '../engine/run-states.ts';
import { encodeNpy } from '../formats/npy.ts';
import { encodePng } from '../media/encode-picture.ts';
import { readInput, type SourceFile } from '../media/read-input.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { EngineCommand, EngineEvent, StartRequest } from '../protocol/messages.ts';
import { type RunEvent, type RunState, SCHEMA_VERSION } from '../protocol/run.ts';
import { createRunFolder, openRunFolder, type RunFolder, type StoredRecipe, truncateRun } from '../store/run-folder.ts';
import { openNodeDevice } from './node-device.ts';

const PROGRESS_MILLISECONDS = 100;
const VERSION = '0.1.0';

export interface EngineService {
  /** Handles one command; resolves when it is done (a run: when it has finished or paused). */
  handle(command: EngineCommand): Promise<void>;
}

export function createEngineService(emit: (event: EngineEvent) => void): EngineService {
  let run: Run | undefined;
  let pauseWanted = false;

  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (thrown) {
      emit({ kind: 'error', error: asLabError(thrown).toDetails() });
    }
  };

  const drive = async (job: Job): Promise<void> => {
    const { folder, problem, device, checkpointSeconds } = job;
    let state: RunState = 'ready';
    emit({
      kind: 'ready',
      folder: folder.path,
      summary: { ...problem.summary, threads: device.threads, kernels: device.twin },
    });
    run = job.run;
    state = moveState(state, 'start');
    const began = performance.now();
    const firstIteration = run.iteration;
    let lastProgress = 0;
    let lastCheckpoint = began;
    const report = (now: number): void => {
      lastProgress = now;
      folder.flush();
      const rows =
        job.run.lastRows.length > 0
          ? job.run.lastRows
          : [{ loss: Number.NaN, validation: undefined, learningRate: Number.NaN }];
      const row = rows.reduce((a, b) => (b.loss < a.loss ? b : a));
      const iterationsPerSecond = (1000 * (job.run.iteration - firstIteration)) / Math.max(1e-3, now - began);
      const { loss, validation, learningRate } = row;
      emit({
        kind: 'progress',
        progress: {
          state,
          iteration: job.run.iteration,
          maximum: problem.maximumIterations,
          loss,
          validation,
          learningRate,
          iterationsPerSecond,
        },
      });
    };
    folder.writeCheckpoint(run.iteration, run.checkpoint());
    while (!run.done && !pauseWanted) {
      run.step();
      const now = performance.now();
      if (now - lastProgress > PROGRESS_MILLISECONDS) report(now);
      if (now - lastCheckpoint > 1000 * checkpointSeconds) {
        lastCheckpoint = now;
        folder.writeCheckpoint(run.iteration, run.checkpoint());
      }
      await setImmediate();
    }
    const seconds = (performance.now() - began) / 1000;
    folder.writeCheckpoint(run.iteration, run.checkpoint());
    report(performance.now());
    if (!run.done) {
      state = moveState(state, 'pause');
      emit({ kind: 'paused', iteration: run.iteration, folder: folder.path });
      return;
    }
    state = moveState(state, 'finish');
    const members = run.members.map(member => ({ ...member, ...problem.metrics(member.member) }));
    const winner = members.reduce((a, b) => ((b.bestValidation ?? Infinity) < (a.bestValidation ?? Infinity) ? b : a));
    for (const tensor of problem.exports(winner.member)) await writeTensor(folder, tensor);
    const summary = {
      state,
      iterations: run.iteration,
      seconds,
      bestMember: winner.member,
      members,
      ...problem.summary,
    };
    folder.writeSummary(summary);
    emit({ kind: 'finished', summary: { ...summary, folder: folder.path } });
  };

  const load = async (
    recipe: Omit<StoredRecipe, 'files' | 'twin'>,
    settings: SettingValues,
    threads: number | undefined,
  ) => {
    const fit = findFit(recipe.fit);
    const optimizer = findOptimizer(recipe.optimizer);
    const note = (done: number, total: number) => emit({ kind: 'note', text: `Reading frame ${done} of ${total}` });
    const input = await openInput(fit, recipe.input, note);
    const mask = recipe.mask === undefined ? undefined : await openInput(fit, recipe.mask, note);
    const device = await openNodeDevice({ threads });
    try {
      const context = { device, seed: recipe.seed, members: recipe.members, mask: mask?.data };
      const problem = await fit.load(input.data, settings, context);
      return { device, problem, optimizer, files: [...input.files, ...(mask?.files ?? [])] };
    } catch (thrown) {
      device.dispose();
      throw thrown;
    }
  };

  const begin = async (
    recipe: Omit<StoredRecipe, 'files' | 'twin'>,
    out: string,
    threads: number | undefined,
    checkpointSeconds: number,
  ): Promise<void> => {
    const { device, problem, optimizer, files } = await load(recipe, recipe.settings, threads);
    try {
      let folder: RunFolder | undefined;
      const sink = {
        event: (event: RunEvent) => {
          folder?.appendEvent(event);
          emit({ kind: 'event', event });
        },
        trace: (row: Parameters<RunFolder['appendTrace']>[0]) => folder?.appendTrace(row),
      };
      const made = createRun({ problem, optimizer, seed: recipe.seed, sink, events: recipe.planned });
      folder = createRunFolder(out, {
        ...recipe,
        twin: device.twin,
        files: files.map(({ path, sha256 }) => ({ path, sha256 })),
      });
      await drive({ folder, problem, device, checkpointSeconds, run: made });
    } finally {
      problem.dispose();
      device.dispose();
    }
  };

  const start = (request: StartRequest): Promise<void> => {
    const { fit: id, input, mask, optimizer, seed, members, planned, out, threads, checkpointSeconds } = request;
    const settings = resolveSettings(findFit(id), request.settings);
    const recipe = {
      schema: SCHEMA_VERSION,
      fit: id,
      input,
      mask,
      settings,
      optimizer,
      seed,
      members,
      device: 'cpu' as const,
      version: VERSION,
      planned,
    };
    return begin(recipe, out, threads, checkpointSeconds);
  };

  const resume = async (path: string, threads: number | undefined, checkpointSeconds: number): Promise<void> => {
    const { folder, events, checkpoints } = openRunFolder(path);
    const { recipe } = folder;
    const { device, problem, optimizer, files } = await load(recipe, recipe.settings, threads);
    try {
      checkSame(recipe, files, device, text => emit({ kind: 'note', text }));
      const sink = {
        event: (event: RunEvent) => {
          folder.appendEvent(event);
          emit({ kind: 'event', event });
        },
        trace: folder.appendTrace,
      };
      const made = createRun({ problem, optimizer, seed: recipe.seed, sink, events });
      for (const checkpoint of checkpoints) {
        try {
          made.restore(checkpoint.read(), checkpoint.name);
          break;
        } catch (thrown) {
          emit({
            kind: 'note',
            text: `${asLabError(thrown).message} Trying the checkpoint before it. (${checkpoint.name})`,
          });
        }
      }
      truncateRun(path, made.iteration);
      emit({ kind: 'note', text: `Resuming at iteration ${made.iteration}` });
      await drive({ folder, problem, device, checkpointSeconds, run: made });
    } finally {
      problem.dispose();
      device.dispose();
    }
  };

  return {
    handle: command =>
      guarded(async () => {
        if (command.kind === 'start') await start(command.request);
        else if (command.kind === 'resume') await resume(command.folder, command.threads, command.checkpointSeconds);
        else if (command.kind === 'replay') {
          const { folder, events } = openRunFolder(command.folder);
          await begin({ ...folder.recipe, planned: events }, command.out, command.threads, command.checkpointSeconds);
        } else if (command.kind === 'change') run?.change(command.path, command.value);
        else if (command.kind === 'pause') pauseWanted = true;
        else {
          const { id, title, settings, presets, samples } = findFit(command.fit);
          const rules = optimizers.map(({ id: rule, title: name, source, hyper }) => ({
            id: rule,
            title: name,
            source,
            hyper,
          }));
          const shown = samples.map(({ id: sample, title: name, teaches }) => ({ id: sample, title: name, teaches }));
          emit({
            kind: 'description',
            description: { id, title, settings, presets, samples: shown, optimizers: rules },
          });
        }
      }),
  };
}

interface Job {
  readonly folder: RunFolder;
  readonly problem: Problem;
  readonly device: CpuDevice;
  readonly checkpointSeconds: number;
  readonly run: Run;
}

/** A sample (`sample:plaid`) or what lies at a path, as plain tensor data. */
async function openInput(
  fit: Fit,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<{ data: FitInput; files: readonly SourceFile[] }> {
  if (path.startsWith('sample:')) {
    const sample = fit.samples.find(({ id }) => `sample:${id}` === path);
    if (sample !== undefined) return { data: sample.make(), files: [] };
    throw new LabError({
      code: 'input',
      message: `There is no sample "${path}".`,
      where: 'input',
      tip: `Samples are: ${fit.samples.map(({ id }) => `sample:${id}`).join(', ')}.`,
    });
  }
  const read = await readInput(path, { onProgress });
  const { files } = read;
  if (read.kind === 'picture') {
    const { height, width, channels, values, bitDepth } = read.picture;
    return {
      data: {
        name: path,
        kind: 'picture',
        shape: [height, width, channels],
        values,
        fullScale: bitDepth === 8 ? 255 : 65535,
      },
      files,
    };
  }
  if (read.kind === 'video') {
    const { frames, height, width, channels, values, bitDepth } = read;
    return {
      data: {
        name: path,
        kind: 'video',
        shape: [frames, height, width, channels],
        values,
        fullScale: bitDepth === 8 ? 255 : 65535,
      },
      files,
    };
  }
  const { shape, dtype, data } = read.array;
  const fullScale = dtype === 'uint8' ? 255 : dtype === 'uint16' ? 65535 : 1;
  const values = Float32Array.from(data as ArrayLike<number>, value => value / fullScale);
  return { data: { name: path, kind: 'array', shape, values, fullScale }, files };
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

async function writeTensor(folder: RunFolder, { name, shape, values, picture }: ExportTensor): Promise<void> {
  const dtype = values instanceof Uint8Array ? 'uint8' : 'float32';
  folder.writeExport(`${name}.npy`, encodeNpy({ shape: [...shape], dtype, data: values }));
  if (picture === undefined) return;
  const frames = picture.kind === 'video' ? shape[0] : 1;
  const [height, width, channels] = shape.slice(-3);
  const size = height * width * channels;
  const bits = picture.range > 255 ? 16 : 8;
  for (let frame = 0; frame < frames; frame++) {
    const scaled = Float32Array.from(
      values.subarray(frame * size, (frame + 1) * size),
      value => (value - picture.offset) / picture.range,
    );
    const file = picture.kind === 'video' ? `${name}-${String(frame).padStart(5, '0')}.png` : `${name}.png`;
    folder.writeExport(
      file,
      await encodePng({ width, height, channels: channels === 3 ? 3 : 1, values: scaled }, bits),
    );
  }
}
