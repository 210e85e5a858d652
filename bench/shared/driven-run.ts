// One run of a fit twice: the engine's steps alone, then all that the command line does with a loaded input (measures,
// recorded pictures, checkpoints, results), into a folder that is removed afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CpuDevice } from '../../src/devices/cpu/cpu-device.ts';
import { type Fit, type FitInput, resolveMembers } from '../../src/engine/fits.ts';
import { createRun, type RunSink } from '../../src/engine/run.ts';
import { startDrive } from '../../src/host/drive-run.ts';
import { noTraceFeed } from '../../src/host/trace-feed.ts';
import { createRunFolder } from '../../src/store/run-folder.ts';

export interface DrivenRun {
  readonly iterations: number;
  /** Milliseconds of each step of the engine with nothing around it. */
  readonly steps: readonly number[];
  /** Milliseconds from the first iteration to the last, with all that is recorded between them. */
  readonly running: number;
  /** Milliseconds from the loaded input to the last file of the result. */
  readonly whole: number;
  /** The same three as milliseconds of processors, of all threads: what others do on the machine disturbs them less. */
  readonly processors: { readonly steps: number; readonly running: number; readonly whole: number };
}

/** Milliseconds of processors that this process has taken. */
function taken(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export async function timeDrivenRun(
  device: CpuDevice,
  fit: Fit,
  input: FitInput,
  settings: Readonly<Record<string, string>>,
): Promise<DrivenRun> {
  const members = resolveMembers(fit, settings, {}, undefined);
  const load = async (sink: RunSink) => {
    const problem = await fit.load(input, members, { device, seed: 0 });
    return { problem, run: createRun({ problem, fit, members, seed: 0, sink, clock: () => performance.now() }) };
  };
  const bare = await load({ log() {}, event() {}, trace() {} });
  const steps: number[] = [];
  const before = taken();
  while (!bare.run.done) {
    const began = performance.now();
    bare.run.step();
    steps.push(performance.now() - began);
  }
  const ofSteps = taken() - before;
  bare.problem.dispose();

  const work = mkdtempSync(join(tmpdir(), 'descent-lab-bench-'));
  let folder: ReturnType<typeof createRunFolder> | undefined;
  let atLastRow = 0;
  const { problem, run } = await load({
    log: event => folder?.appendEvent(event),
    event() {},
    trace(row) {
      folder?.appendTrace(row);
      atLastRow = taken();
    },
  });
  try {
    folder = createRunFolder(join(work, 'run'), {
      ...{ schema: 1, fit: fit.id, input: 'bench', mask: undefined, files: [], members, seed: 0, device: 'cpu' },
      ...{ twin: device.twin, version: 'bench', planned: [], terms: problem.terms },
    });
    let running = 0;
    const atStart = taken();
    const began = performance.now();
    const drive = startDrive(
      { run, problem, device, folder, trace: noTraceFeed, seconds: 0 },
      { checkpointSeconds: 5, leaveAfter: undefined },
      event => {
        if (event.kind === 'finished') running = 1000 * event.summary.seconds;
      },
    );
    await drive.ended;
    const processors = { steps: ofSteps, running: atLastRow - atStart, whole: taken() - atStart };
    return { iterations: run.iteration, steps, running, whole: performance.now() - began, processors };
  } finally {
    problem.dispose();
    rmSync(work, { recursive: true, force: true });
  }
}
