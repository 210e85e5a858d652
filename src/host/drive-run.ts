// Drives one loaded run from its present iteration to its end, to a pause or to its user's leave: iterations, progress,
// measures and snapshots, checkpoints, results. The clock decides when something is written, never what.

import { setImmediate } from 'node:timers/promises';
import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import type { Problem } from '../engine/fits.ts';
import type { MemberReport, Run } from '../engine/run.ts';
import { moveState, type RunCommand } from '../engine/run-states.ts';
import { isSnapshotIteration } from '../engine/snapshots.ts';
import { encodeNpy } from '../formats/npy.ts';
import type { EngineEvent } from '../protocol/messages.ts';
import type { RunState } from '../protocol/run.ts';
import type { RunFolder } from '../store/run-folder.ts';
import { asArray, thumbnailOf, writeTensors } from './write-tensor.ts';

const PROGRESS_MILLISECONDS = 100;
/** Snapshots above this are left out: fifty of them would fill a disk. */
const SNAPSHOT_BYTES = 16 << 20;

export interface LoadedRun {
  readonly run: Run;
  readonly problem: Problem;
  readonly device: CpuDevice;
  readonly folder: RunFolder;
}

/** What users do to a run while it is driven. */
export interface RunControl {
  pause(): void;
  /** Goes on: to the end, or for `iterations` more and then pauses. */
  go(iterations?: number): void;
  /** Checkpoints and ends the drive; the run can be resumed later. */
  leave(): void;
}

export interface Drive {
  readonly control: RunControl;
  /** Resolves when the run has finished or was left. */
  readonly ended: Promise<void>;
}

export interface DriveOptions {
  readonly checkpointSeconds: number;
  /** Leave after this many iterations. */
  readonly leaveAfter: number | undefined;
}

export function startDrive(
  loaded: LoadedRun,
  { checkpointSeconds, leaveAfter }: DriveOptions,
  emit: (event: EngineEvent) => void,
): Drive {
  const { run, problem, device, folder } = loaded;
  let state: RunState = 'ready';
  let pauseAt = Infinity;
  let leaving = false;
  let wake = () => {};
  const leaveAt = leaveAfter === undefined ? Infinity : run.iteration + leaveAfter;
  const move = (command: RunCommand): void => {
    state = moveState(state, command);
    emit({ kind: 'state', state, iteration: run.iteration });
  };
  const control: RunControl = {
    pause() {
      pauseAt = run.iteration;
      wake();
    },
    go(iterations) {
      pauseAt = iterations === undefined ? Infinity : run.iteration + iterations;
      wake();
    },
    leave() {
      leaving = true;
      wake();
    },
  };

  const report = progressReporter(run, problem, () => state, emit);
  const checkpoint = (): void => folder.writeCheckpoint(run.iteration, run.checkpoint());

  const loop = async (): Promise<void> => {
    emit({
      kind: 'ready',
      folder: folder.path,
      summary: { ...problem.summary, threads: device.threads, kernels: device.twin },
    });
    move('start');
    let lastCheckpoint = performance.now();
    checkpoint();
    while (!run.done && !leaving && run.iteration < leaveAt) {
      if (run.iteration >= pauseAt) {
        move('pause');
        report();
        checkpoint();
        await new Promise<void>(resolve => {
          wake = resolve;
        });
        if (!leaving) move('start');
        continue;
      }
      if (isSnapshotIteration(run.iteration)) record(loaded, emit);
      run.step();
      const now = performance.now();
      if (report.due(now)) {
        folder.flush();
        report();
      }
      if (now - lastCheckpoint > 1000 * checkpointSeconds) {
        lastCheckpoint = now;
        checkpoint();
      }
      await setImmediate();
    }
    checkpoint();
    report();
    if (run.done) {
      const summary = await writeResults(loaded, report.seconds());
      move('finish');
      emit({ kind: 'finished', summary: { state, ...summary, folder: folder.path } });
    } else {
      if (state !== 'paused') move('pause');
      emit({ kind: 'left', iteration: run.iteration, folder: folder.path });
    }
  };
  return { control, ended: loop() };
}

/** Measures and snapshots of every active member at the present iteration. */
function record({ run, problem, folder }: LoadedRun, emit: (event: EngineEvent) => void): void {
  for (const { member, active } of run.members) {
    if (!active) continue;
    const row = { iteration: run.iteration, member, ...run.measure(member, 'running') };
    folder.appendMeasures(row);
    emit({ kind: 'measures', row });
    const snapshot = problem.snapshot(member);
    if (snapshot !== undefined && snapshot.values.byteLength <= SNAPSHOT_BYTES)
      folder.writeSnapshot(run.iteration, member, encodeNpy(asArray(snapshot)));
  }
}

async function writeResults({ run, problem, folder }: LoadedRun, seconds: number) {
  const members = run.members.map(report => ({ ...report, ...run.measure(report.member, 'final') }));
  const { member } = bestOf(run.members);
  const tensors = problem.exports(member);
  for (const format of ['npy', 'png'] as const) await writeTensors(tensors, format, folder.writeExport);
  const snapshot = problem.snapshot(member);
  const thumbnail = snapshot === undefined ? undefined : await thumbnailOf(snapshot);
  if (thumbnail !== undefined) folder.writeThumbnail(thumbnail);
  const summary = { iterations: run.iteration, seconds, bestMember: member, members, ...problem.summary };
  folder.writeSummary({ state: 'finished', ...summary });
  return summary;
}

/** The member with the least held-out loss; without one, the one with the least loss. */
export function bestOf(members: readonly MemberReport[]): MemberReport {
  const better = (a: MemberReport, b: MemberReport): boolean =>
    a.bestValidation !== undefined && b.bestValidation !== undefined
      ? a.bestValidation < b.bestValidation
      : a.bestValidation === undefined && b.bestValidation === undefined
        ? a.loss < b.loss
        : a.bestValidation !== undefined;
  return members.reduce((best, member) => (better(member, best) ? member : best));
}

function progressReporter(run: Run, problem: Problem, state: () => RunState, emit: (event: EngineEvent) => void) {
  const began = performance.now();
  const firstIteration = run.iteration;
  const maximum = Math.max(...problem.members.map(({ maximumIterations }) => maximumIterations));
  let last = 0;
  const seconds = () => (performance.now() - began) / 1000;
  const report = (): void => {
    last = performance.now();
    const [first] = run.lastRows;
    if (first === undefined) return;
    const { loss, validation, learningRate } = run.lastRows.reduce((a, b) => (b.loss < a.loss ? b : a));
    emit({
      kind: 'progress',
      progress: {
        state: state(),
        iteration: run.iteration,
        maximum,
        loss,
        validation,
        learningRate,
        iterationsPerSecond: (run.iteration - firstIteration) / Math.max(1e-6, seconds()),
      },
    });
  };
  return Object.assign(report, { due: (now: number) => now - last > PROGRESS_MILLISECONDS, seconds });
}
