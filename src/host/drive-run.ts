// Drives one loaded run from its present iteration to its end, to a pause or to its user's leave: iterations, progress,
// measures and recorded views, checkpoints, results. The clock decides when something is written, never what.

import { setImmediate } from 'node:timers/promises';
import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import type { Measures, Problem } from '../engine/fits.ts';
import { DIVERGED, type MemberReport, type Run } from '../engine/run.ts';
import { moveState, nextState, type RunCommand } from '../engine/run-states.ts';
import { isSnapshotIteration } from '../engine/snapshots.ts';
import type { RunSummary } from '../protocol/host-calls.ts';
import type { DriveSettings, EngineEvent } from '../protocol/messages.ts';
import type { ProblemDescription, RunState } from '../protocol/run.ts';
import { isPulled } from '../protocol/views.ts';
import type { RunFolder } from '../store/run-folder.ts';
import { encodeViewThumbnail } from './thumbnail.ts';
import type { TraceFeed } from './trace-feed.ts';
import { createViewDesk, type ViewDesk, type ViewRequest } from './view-desk.ts';
import { writeFiles, writeTensors } from './write-tensor.ts';

const PROGRESS_MILLISECONDS = 100;
/** From one picture for the library to the next while a run goes on. */
const THUMBNAIL_MILLISECONDS = 4000;
/** A run that ends sooner has one at its end. */
const FIRST_THUMBNAIL_MILLISECONDS = 1000;

export interface LoadedRun {
  readonly run: Run;
  readonly problem: Problem;
  readonly device: CpuDevice;
  readonly folder: RunFolder;
  readonly trace: TraceFeed;
  /** For how long the run ran before it was loaded. */
  readonly seconds: number;
}

/** What users do to a run while it is driven. */
export interface RunControl {
  change(path: string, value: number): void;
  pause(): void;
  /** Goes on: to the end, or for `iterations` more and then pauses. */
  go(iterations?: number): void;
  /** Iterations per second at most. */
  pace(perSecond: number | undefined): void;
  /** Ends the run where it is, with its results. */
  stop(): void;
  /** Checkpoints and ends the drive; the run can be resumed later. */
  leave(): void;
  view(request: ViewRequest): void;
}

export interface Drive {
  readonly control: RunControl;
  /** Resolves when the run has finished or was left. */
  readonly ended: Promise<void>;
}

export type DriveOptions = Omit<DriveSettings, 'threads' | 'watched'>;

export function startDrive(
  loaded: LoadedRun,
  { checkpointSeconds, leaveAfter, first = 'run', pace }: DriveOptions,
  emit: (event: EngineEvent) => void,
): Drive {
  const { run, problem, folder, trace, seconds } = loaded;
  let state: RunState = 'ready';
  let pauseAt = first === 'pause' ? run.iteration : Infinity;
  let perSecond = pace;
  let stepped = -Infinity;
  let ending: 'no' | 'stop' | 'leave' = 'no';
  let wake = () => {};
  const leaveAt = leaveAfter === undefined ? Infinity : run.iteration + leaveAfter;
  const desk = createViewDesk(run, problem, folder.path, emit);
  const tellState = (): void => {
    trace.send('now');
    emit({ kind: 'state', state, iteration: run.iteration });
  };
  const move = (command: RunCommand): void => {
    state = moveState(state, command);
    tellState();
  };
  const control: RunControl = {
    change: (path, value) => emit({ kind: 'accepted', event: run.change(path, value) }),
    pause() {
      pauseAt = run.iteration;
      wake();
    },
    go(iterations) {
      pauseAt = iterations === undefined ? Infinity : run.iteration + iterations;
      wake();
    },
    pace(next) {
      perSecond = next;
      wake();
    },
    stop() {
      if (ending === 'no') ending = 'stop';
      wake();
    },
    leave() {
      ending = 'leave';
      wake();
    },
    view: desk.ask,
  };

  const progress = progressReporter({ run, problem, seconds }, () => state, emit);
  const checkpoint = (): void => {
    const members = run.members.map(each => each.seconds);
    folder.appendClock({ iteration: run.iteration, seconds: progress.seconds(), members });
    folder.writeCheckpoint(run.iteration, run.checkpoint());
    emit({ kind: 'checkpoint', iteration: run.iteration });
  };
  /** Until a command comes, or for so long; views are answered meanwhile. */
  const wait = async (milliseconds?: number): Promise<void> => {
    desk.set('waiting');
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>(resolve => {
      wake = resolve;
      if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    wake = () => {};
    desk.set('running');
  };

  const loop = async (): Promise<void> => {
    const description = describe(loaded);
    folder.writeProblem(description);
    emit({ kind: 'ready', folder: folder.path, problem: description });
    tellState();
    recordFixed(loaded);
    if (run.iteration === 0) checkpoint();
    let lastCheckpoint = performance.now();
    let lastThumbnail = performance.now() - THUMBNAIL_MILLISECONDS + FIRST_THUMBNAIL_MILLISECONDS;
    while (!run.done && ending === 'no' && run.iteration < leaveAt) {
      if (run.iteration >= pauseAt) {
        if (state === 'running') {
          progress.rest();
          move('pause');
          progress.report();
          checkpoint();
          const { diverged } = run;
          if (diverged !== undefined) emit({ kind: 'diverged', iteration: run.iteration, error: diverged });
        }
        // Whoever heard of the pause may have said already how to go on.
        if (run.iteration >= pauseAt && ending === 'no') await wait();
        continue;
      }
      if (state !== 'running') {
        desk.set('running');
        move('start');
        progress.begin();
      }
      const early = perSecond === undefined ? 0 : stepped + 1000 / perSecond - performance.now();
      if (early > 0) {
        await wait(early);
        continue;
      }
      if (isSnapshotIteration(run.iteration)) {
        record(loaded, desk, emit);
        if (performance.now() - lastThumbnail > THUMBNAIL_MILLISECONDS) {
          await writeThumbnail(loaded);
          lastThumbnail = performance.now();
        }
      }
      stepped = performance.now();
      run.step();
      if (run.diverged !== undefined) pauseAt = run.iteration;
      const now = performance.now();
      if (progress.due(now)) {
        folder.flush();
        progress.report();
      }
      trace.send('due');
      if (now - lastCheckpoint > 1000 * checkpointSeconds) {
        lastCheckpoint = now;
        checkpoint();
      }
      desk.serve();
      await setImmediate();
    }
    progress.rest();
    // It may have ended by itself in the meantime.
    if (ending === 'stop' && !run.done) {
      // As a replay will, which meets the stop only after the records of its iteration.
      if (isSnapshotIteration(run.iteration)) record(loaded, desk, emit);
      run.stop();
      run.step();
    }
    // The state in which the run ends or is left can be looked at without an engine.
    recordViews(
      loaded,
      run.members.map(({ member }) => member),
      'final',
      desk,
      emit,
    );
    checkpoint();
    progress.report();
    desk.set('waiting');
    desk.close();
    if (run.done) {
      const stopped = run.members.some(({ reason }) => reason === 'stopped');
      const measured = measureResults(loaded, emit);
      const summary = await writeResults(loaded, measured, stopped ? 'stopped' : 'finished', progress.seconds());
      move(stopped ? 'stop' : 'finish');
      folder.flush();
      emit({ kind: 'finished', folder: folder.path, summary });
    } else {
      if (state === 'running') move('pause');
      folder.flush();
      emit({ kind: 'left', iteration: run.iteration, folder: folder.path });
    }
  };
  // Not before the caller has the control in hand: whoever hears of a state may act on it.
  const ended = Promise.resolve()
    .then(loop)
    .catch(thrown => {
      desk.close();
      if (nextState(state, 'fail') !== undefined) move('fail');
      throw thrown;
    });
  return { control, ended };
}

function describe({ run, device }: LoadedRun): ProblemDescription {
  const { description } = run;
  return { ...description, summary: { ...description.summary, threads: device.threads, kernels: device.twin } };
}

/** Measures and views of every active member at the present iteration. */
function record(loaded: LoadedRun, desk: ViewDesk, emit: (event: EngineEvent) => void): void {
  const { run } = loaded;
  const active = run.members.flatMap(({ member, active }) => (active ? [member] : []));
  for (const member of active) recordMeasures(loaded, member, 'running', emit);
  recordViews(loaded, active, 'running', desk, emit);
}

function recordMeasures(
  { run, folder }: LoadedRun,
  member: number,
  when: 'running' | 'final',
  emit: (event: EngineEvent) => void,
): Measures {
  const measures = run.measure(member, when);
  const row = { iteration: run.iteration, member, ...measures };
  folder.appendMeasures(row);
  emit({ kind: 'measures', row });
  return measures;
}

/** Tells of them once they are on the disk. */
function recordViews(
  { run, problem, folder }: LoadedRun,
  members: readonly number[],
  when: 'running' | 'final',
  desk: ViewDesk,
  emit: (event: EngineEvent) => void,
): void {
  const { iteration } = run;
  const views = problem.views.filter(view => isPulled(view) && view.changes === 'with-iterations');
  if (views.length === 0) return;
  const recorded = views.flatMap(view => {
    const { id } = view;
    const { over, unknown } = view.kind === 'image' ? view : {};
    const wanted = members.filter(member => problem.records?.(id, member, when, iteration) !== false);
    const compact = problem.recorded?.(id, wanted);
    return wanted.map((member, m) => {
      const data = compact?.[m] ?? problem.view(id, member);
      folder.appendSnapshot(id, iteration, member, data, { over, isSparse: unknown !== undefined });
      return { id, member };
    });
  });
  folder.flush();
  for (const { id, member } of recorded) desk.recorded(id, member, iteration);
  for (const member of members) emit({ kind: 'snapshot', iteration, member });
}

function recordFixed({ problem, folder }: LoadedRun): void {
  for (const view of problem.views) {
    if (isPulled(view) && view.changes === 'never') folder.writeFixedView(view.id, problem.view(view.id, 0));
  }
}

/** The first picture, as it is now, of the best member; of many frames the middle one. */
async function writeThumbnail({ run, problem, folder }: LoadedRun): Promise<void> {
  const view = problem.views.find(({ kind }) => kind === 'image');
  if (view?.kind !== 'image') return;
  const data = problem.view(view.id, bestOf(run.members).member, view.frames >> 1);
  folder.writeThumbnail(await encodeViewThumbnail(view, data));
}

/** The figures of what each member has kept: recorded at the iteration of the last views, which show the same. */
function measureResults(loaded: LoadedRun, emit: (event: EngineEvent) => void): Measures[] {
  return loaded.run.members.map(({ member }) => recordMeasures(loaded, member, 'final', emit));
}

async function writeResults(
  loaded: LoadedRun,
  measured: readonly Measures[],
  state: 'finished' | 'stopped',
  seconds: number,
): Promise<RunSummary> {
  const { run, problem, folder } = loaded;
  const members = run.members.map(({ bestIteration, ...report }, m) => ({
    ...report,
    ...(bestIteration === undefined ? {} : { bestIteration }),
    ...measured[m],
  }));
  const { member } = bestOf(run.members);
  const tensors = problem.exports(member);
  for (const format of ['npy', 'png'] as const) await writeTensors(tensors, format, folder.writeExport);
  await writeFiles(run, member, seconds, folder.writeExport);
  await writeThumbnail(loaded);
  const summary = { state, iterations: run.iteration, seconds, bestMember: member, members, ...problem.summary };
  folder.writeSummary(summary);
  return summary;
}

/** The member with the least held-out loss; without one, the one with the least loss. One that was given up comes last. */
export function bestOf(members: readonly MemberReport[]): MemberReport {
  const rank = ({ reason, bestValidation, loss }: MemberReport): readonly number[] => [
    reason.startsWith(DIVERGED) ? 1 : 0,
    bestValidation === undefined ? 1 : 0,
    bestValidation ?? (Number.isNaN(loss) ? Infinity : loss),
  ];
  const isBetter = (a: MemberReport, b: MemberReport): boolean => {
    const [ranksA, ranksB] = [rank(a), rank(b)];
    const at = ranksA.findIndex((value, i) => value !== ranksB[i]);
    return at >= 0 && ranksA[at] < ranksB[at];
  };
  return members.reduce((best, member) => (isBetter(member, best) ? member : best));
}

/** Over this stretch of running the speed is taken. */
const SPEED_MILLISECONDS = 2000;

function progressReporter(
  { run, problem, seconds }: Pick<LoadedRun, 'run' | 'problem' | 'seconds'>,
  state: () => RunState,
  emit: (event: EngineEvent) => void,
) {
  const maximum = Math.max(...problem.members.map(({ maximumIterations }) => maximumIterations));
  let told = 0;
  // Time counts while the run runs, not while it waits.
  let before = 1000 * seconds;
  let since: number | undefined;
  let marks: { readonly milliseconds: number; readonly iteration: number }[] = [];
  const milliseconds = () => before + (since === undefined ? 0 : performance.now() - since);
  const mark = () => ({ milliseconds: milliseconds(), iteration: run.iteration });
  return {
    begin() {
      since = performance.now();
      marks = [mark()];
    },
    rest() {
      before = milliseconds();
      since = undefined;
    },
    due: (now: number) => now - told > PROGRESS_MILLISECONDS,
    seconds: () => milliseconds() / 1000,
    report() {
      told = performance.now();
      const [first] = run.lastRows;
      if (first === undefined) return;
      const { loss, validation, learningRate } = run.lastRows.reduce((a, b) => (b.loss < a.loss ? b : a));
      const newest = mark();
      // The last one at least, however long an iteration takes.
      const isOld = ({ milliseconds }: (typeof marks)[number]) =>
        newest.milliseconds - milliseconds >= SPEED_MILLISECONDS;
      marks = [...marks.filter((each, m) => !isOld(each) || m === marks.length - 1), newest];
      const [oldest] = marks;
      const took = newest.milliseconds - oldest.milliseconds;
      emit({
        kind: 'progress',
        progress: {
          state: state(),
          iteration: run.iteration,
          maximum,
          loss,
          validation,
          learningRate,
          iterationsPerSecond: took > 0 ? (1000 * (newest.iteration - oldest.iteration)) / took : 0,
        },
      });
    },
  };
}
