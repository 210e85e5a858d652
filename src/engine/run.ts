// One run: its problem, optimizers, live hyper-parameters, stop rules and checkpoints, advanced iteration by iteration.
// Everything that touches the numbers depends on iterations only, never on the clock or on threads, so a replay or a
// resumed run gives the same bits.

import type {
  EncodePicture,
  Evaluation,
  EvaluationRequest,
  ExportFile,
  MeasureContext,
  Measures,
  ParameterBlock,
  Problem,
  SettingValues,
} from '../fits/fit.ts';
import { createRandom, type RandomState, resumeRandom } from '../numerics/random.ts';
import { squaredNorm } from '../optimizers/normalised.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { findOptimizer } from '../optimizers/registry.ts';
import { findSchedule } from '../optimizers/schedules.ts';
import { createHyperTable, type HyperTable } from '../protocol/hyper-table.ts';
import { LabError, type LabErrorDetails } from '../protocol/lab-error.ts';
import {
  ENDED_BY_USER,
  type ProblemDescription,
  type RunEvent,
  stoppedMember,
  type TraceRow,
} from '../protocol/run.ts';
import { type Checkpoint, type CheckpointArrays, encodeCheckpoint } from './checkpoint.ts';
import { actingSettings } from './settings.ts';
import { isSnapshotIteration } from './snapshots.ts';

/** Where a run's records go; the store implements it, tests keep arrays. */
export interface RunSink {
  /** Into the log, before it takes effect; each event once. */
  log(event: RunEvent): void;
  /** It takes effect. */
  event(event: RunEvent): void;
  trace(row: TraceRow): void;
}

export interface RunOptions {
  readonly problem: Problem;
  readonly fit: Parameters<typeof actingSettings>[0];
  /** Resolved settings of each member. */
  readonly members: readonly SettingValues[];
  readonly seed: number;
  readonly sink: RunSink;
  /** User events known beforehand: from the command line, or from the run that is replayed. */
  readonly events?: readonly RunEvent[];
  /** User events that are in the log already, of a run that is resumed. */
  readonly logged?: readonly RunEvent[];
  /** Milliseconds, for the seconds each member took; nothing else depends on it. */
  readonly clock?: () => number;
}

export interface Run {
  /** Number of the next iteration. */
  readonly iteration: number;
  readonly done: boolean;
  /**
   * Why the run should pause: no member is left that could go on, the last one is at its last good state again. Undefined
   * after the next step, and where a change is due that may help.
   */
  readonly diverged: LabErrorDetails | undefined;
  readonly lastRows: readonly TraceRow[];
  readonly members: readonly MemberReport[];
  /** What was loaded, for those who only look on. */
  readonly description: ProblemDescription;
  /**
   * Changes a hyper-parameter, ends a member (`members.3.stopped` to 1) or lets one that was ended so go on (to 0), from the
   * next iteration on; in the log when it returns. Throws a `state` error at the end, for the last member that runs, and
   * for one that cannot go on.
   */
  change(path: string, value: number): RunEvent;
  /** Lets the next step end all members, as any ending does: at their best held-out state, where something is held out. */
  stop(): void;
  /** One iteration of every active member. */
  step(): void;
  /** Costlier figures of a member, at its present parameters. */
  measure(member: number, when: MeasureContext['when']): Measures;
  /** Files that the fit has of a member besides its tensors. */
  files(member: number, encodePicture: EncodePicture, seconds?: number): Promise<readonly ExportFile[]>;
  checkpoint(): Uint8Array;
  /**
   * Throws a `store` error, and changes nothing, where the checkpoint is another run's. `seconds` that each member took up
   * to there count in with those to come.
   */
  restore(checkpoint: Checkpoint, name: string, seconds?: readonly number[]): void;
}

export interface MemberReport {
  readonly member: number;
  readonly label: string;
  readonly active: boolean;
  readonly reason: string;
  /** Iterations this member took part in. */
  readonly iterations: number;
  readonly seconds: number;
  readonly loss: number;
  readonly bestIteration: number | undefined;
  readonly bestValidation: number | undefined;
  readonly halvings: number;
}

/** How the reason of a member begins that was given up. */
export const DIVERGED = 'diverged:';
/** Path of the event that ends all members. */
const STOP = 'stop';
const VALIDATION_EVERY = 5;
const GOOD_EVERY = 50;
const RISE = 1.05;
/** Momentum makes a loss swing: only a rise above all of the stretch before the last good state is a divergence. */
const RISES_ALLOWED = 3;
const HALVINGS_ALLOWED = 20;

/** An evaluation, or why a member could not be evaluated. */
interface Outcome extends Evaluation {
  readonly failure?: LabError;
}

interface PendingEvent {
  readonly event: RunEvent;
  logged: boolean;
}

interface MemberState {
  active: boolean;
  reason: string;
  iterations: number;
  /** Updates made since the start, t of the optimizers' formulas. */
  updates: number;
  initialLoss: number;
  previousLoss: number;
  rises: number;
  halvings: number;
  bestIteration: number;
  bestValidation: number;
  goodIteration: number;
  goodUpdates: number;
  goodLoss: number;
  /** Largest loss since the last look at the good state, and in the stretch before it. */
  peak: number;
  formerPeak: number;
}

export function createRun({
  problem,
  fit,
  members: settings,
  seed,
  sink,
  events = [],
  logged = [],
  clock = () => 0,
}: RunOptions): Run {
  const { members } = problem;
  const rules = settings.map(values => ({
    optimizer: findOptimizer(String(values.optimizer)),
    schedule: findSchedule(String(values.schedule)),
  }));
  const descriptions = rules.map(({ optimizer, schedule }, member) => {
    const acting = actingSettings(fit, members[member], optimizer.id, schedule.id);
    return acting.filter(({ live }) => live === 'live');
  });
  const starts = members.map(({ hyperDefaults }, member) =>
    Object.fromEntries(
      descriptions[member].map(({ name }) => [name, Number(settings[member][name] ?? hyperDefaults[name] ?? 0)]),
    ),
  );
  const groups = [...new Set(members.flatMap(({ blocks }) => blocks.map(({ group }) => group)))];
  const table: HyperTable = createHyperTable({ descriptions, starts, groups });
  const pendingAs = (list: readonly RunEvent[], isLogged: boolean): PendingEvent[] =>
    list.filter(({ source }) => source === 'user').map(event => ({ event, logged: isLogged }));
  let pending = inOrder([...pendingAs(logged, true), ...pendingAs(events, false)]);
  /** Throws a `setting` error for what no run of these members can take. */
  const check = ({ path, value }: Pick<RunEvent, 'path' | 'value'>): void => {
    const stopped = stoppedMember(path);
    if (stopped === undefined) table.check(path, value);
    else if (stopped >= members.length || (Number(value) !== 1 && Number(value) !== 0)) {
      throw new LabError({
        code: 'setting',
        message: stopped >= members.length ? `There is no member ${stopped}.` : `${path} cannot be ${value}.`,
        where: `event ${path}`,
        tip: `Members are 0 to ${members.length - 1}; 1 ends one, 0 lets it go on.`,
      });
    }
  };
  for (const { event } of pending) if (event.path !== STOP) check(event);
  const rateScales = members.map(({ rateScale }, member) =>
    rules[member].optimizer.stepFollows === 'gradient' ? rateScale : 1,
  );
  let random = createRandom(seed, 'gradient noise');
  let iteration = 0;
  let diverged: LabErrorDetails | undefined;
  let lastRows: TraceRow[] = [];
  const milliseconds = members.map(() => 0);
  let histories = members.map(() => ({
    iterations: [] as number[],
    loss: [] as number[],
    validation: [] as number[],
  }));

  const kept = members.map(({ blocks }, member) => {
    const { optimizer, schedule } = rules[member];
    const states: OptimizerState[] = blocks.map(({ values, gradients }) =>
      gradients === undefined ? {} : optimizer.init(values.length),
    );
    return {
      states,
      schedule: schedule.init(),
      best: blocks.map(({ values }): Float32Array => values.slice()),
      good: blocks.map(({ values }): Float32Array => values.slice()),
      goodStates: states.map(copyState),
    };
  });
  const memberStates: MemberState[] = members.map(() => ({
    active: true,
    reason: '',
    iterations: 0,
    updates: 0,
    initialLoss: Number.NaN,
    previousLoss: Number.NaN,
    rises: 0,
    halvings: 0,
    bestIteration: -1,
    bestValidation: Infinity,
    goodIteration: 0,
    goodUpdates: 0,
    goodLoss: Number.NaN,
    peak: -Infinity,
    formerPeak: Infinity,
  }));

  const saveGood = (member: number, loss: number): void => {
    const state = memberStates[member];
    const { good, goodStates, states } = kept[member];
    state.goodIteration = iteration;
    state.goodUpdates = state.updates;
    state.goodLoss = loss;
    state.rises = 0;
    members[member].blocks.forEach(({ values }, b) => {
      good[b] = keep(good[b], values);
      copyInto(goodStates[b], states[b]);
    });
  };

  const keepBest = (member: number): void => {
    const { best } = kept[member];
    members[member].blocks.forEach(({ values }, b) => {
      best[b] = keep(best[b], values);
    });
  };

  const finish = (member: number, reason: string): void => {
    const state = memberStates[member];
    state.active = false;
    state.reason = reason;
    if (state.bestIteration >= 0) {
      members[member].blocks.forEach((block, b) => {
        putBack(block, kept[member].best[b]);
      });
    }
    tell(`members.${member}.finished`, reason);
  };

  /** An event of the engine's own. */
  const tell = (path: string, value: string): void => {
    const event: RunEvent = { iteration, path, value, source: 'engine' };
    sink.log(event);
    sink.event(event);
  };

  const restoreGood = (member: number): void => {
    const state = memberStates[member];
    members[member].blocks.forEach((block, b) => {
      putBack(block, kept[member].good[b]);
      copyInto(kept[member].states[b], kept[member].goodStates[b]);
    });
    state.rises = 0;
    state.updates = state.goodUpdates;
    state.previousLoss = state.goodLoss;
  };

  /** Beyond recovery: the others go on without it; where no other is left or has ended well, the run is to pause. */
  const giveUp = (member: number, what: string, { where, tip }: Pick<LabErrorDetails, 'where' | 'tip'>): void => {
    const state = memberStates[member];
    restoreGood(member);
    state.halvings = 0;
    const isLast = memberStates.every(
      ({ active, reason }, other) => other === member || (!active && reason.startsWith(DIVERGED)),
    );
    if (!isLast) {
      finish(member, `${DIVERGED} ${what} at iteration ${iteration}`);
      return;
    }
    tell(`members.${member}.recovered`, `${what}: state of iteration ${state.goodIteration} restored, paused`);
    diverged = {
      code: 'diverged',
      message: `${members[member].label}: ${what} at iteration ${iteration}. It is back at iteration ${state.goodIteration}, its last good state.`,
      where,
      tip,
    };
  };

  const isOfLoss = (path: string): boolean => {
    const name = path.split('.').at(-1);
    return name !== 'learningRate' && fit.settings.some(setting => setting.live === 'live' && setting.name === name);
  };

  /** After a change of the objective its losses do not compare with those before, which would look like a rise. */
  const forgetLosses = (member: number): void => {
    const state = memberStates[member];
    Object.assign(state, { previousLoss: Number.NaN, rises: 0, peak: -Infinity, formerPeak: Infinity });
  };

  /** Where it was last good; where its user ended it, that is where it was then. */
  const goOn = (member: number): void => {
    restoreGood(member);
    Object.assign(memberStates[member], { active: true, reason: '' });
  };

  /** A change that acts on a member that was given up gives it another chance, from its last good state. */
  const bringBack = (member: number): void => {
    const state = memberStates[member];
    if (state.active || !state.reason.startsWith(DIVERGED)) return;
    goOn(member);
    tell(`members.${member}.recovered`, `brought back by a change: state of iteration ${state.goodIteration} restored`);
  };

  const recover = (member: number, { loss, terms, failure }: Outcome): void => {
    const state = memberStates[member];
    const broken = problem.terms.find((_, t) => !Number.isFinite(terms[t]));
    const what =
      failure !== undefined
        ? failure.message.replace(/\.$/, '')
        : Number.isFinite(loss)
          ? 'the loss rose by more than 5 % three times and left the range it had'
          : `the ${broken === undefined ? 'loss' : `${broken} term of the loss`} became ${loss}`;
    const hopeless = members[member].blocks.every(({ gradients }) => gradients === undefined);
    if (++state.halvings > HALVINGS_ALLOWED || hopeless) {
      const where = `iteration ${iteration}, member ${member}, ${failure?.where ?? broken ?? 'loss'}`;
      const tip = failure?.tip ?? 'Lower the learning rate, then go on.';
      giveUp(member, hopeless ? what : `${what}, again and again,`, { where, tip });
      return;
    }
    restoreGood(member);
    tell(
      `members.${member}.recovered`,
      `${what}: learning rate halved, state of iteration ${state.goodIteration} restored`,
    );
  };

  /** Looks at the loss: recovers, finishes, or says that the member may move on. */
  const judge = (member: number, evaluation: Outcome): 'move' | 'stay' => {
    const state = memberStates[member];
    const { blocks, maximumIterations } = members[member];
    const { loss, validation, converged, reason: because = 'converged' } = evaluation;
    state.iterations++;
    if (Number.isNaN(state.initialLoss)) state.initialLoss = loss;
    const descends = problem.objective !== 'moving' && blocks.some(({ gradients }) => gradients !== undefined);
    if (descends && loss > RISE * state.previousLoss) state.rises++;
    if (!Number.isFinite(loss) || (state.rises >= RISES_ALLOWED && loss > RISE * state.formerPeak)) {
      recover(member, evaluation);
      return 'stay';
    }
    state.previousLoss = loss;
    state.peak = Math.max(state.peak, loss);
    if (iteration % GOOD_EVERY === 0 && loss <= state.formerPeak) {
      saveGood(member, loss);
      state.formerPeak = state.peak;
      state.peak = loss;
    }
    if (validation !== undefined && iteration % (problem.validationEvery ?? VALIDATION_EVERY) === 0) {
      // Of states of one rank the last is kept: a stage that refines what the rank does not see goes on from it.
      const ranksAsWell = problem.validationIs === 'rank' && validation === state.bestValidation;
      if (validation < state.bestValidation || ranksAsWell) {
        state.bestValidation = validation;
        state.bestIteration = iteration;
        keepBest(member);
      } else if (loss < 0.95 * state.initialLoss && iteration - state.bestIteration > Math.max(100, 0.1 * iteration)) {
        finish(member, 'validation minimum');
        return 'stay';
      }
    }
    const reason = converged === true ? because : iteration + 1 >= maximumIterations ? 'iteration limit' : undefined;
    if (reason === undefined) return 'move';
    finish(member, reason);
    return 'stay';
  };

  const move = (member: number, factor: number, loss: number): void => {
    const { blocks } = members[member];
    const { optimizer } = rules[member];
    const gradientNormSquared =
      optimizer.id === 'polyak'
        ? blocks.reduce((sum, { gradients }) => sum + (gradients === undefined ? 0 : squaredNorm(gradients)), 0)
        : 0;
    const info = { step: ++memberStates[member].updates, loss, gradientNormSquared, random };
    blocks.forEach(({ group, values, gradients }, b) => {
      if (gradients === undefined) return;
      const hyper = table.resolve(member, group);
      const learningRate = hyper.learningRate * factor * rateScales[member];
      optimizer.update(values, gradients, kept[member].states[b], { ...hyper, learningRate }, info);
    });
    if (blocks.some(({ gradients }) => gradients === undefined)) problem.advance?.(member, table.resolve(member, ''));
  };

  /** Together where all can be; one by one where one of them has no numbers any more, which is that member's affair only. */
  const evaluate = (requests: readonly EvaluationRequest[]): readonly Outcome[] => {
    try {
      return problem.evaluate(requests);
    } catch (thrown) {
      const failure = numericalFailure(thrown);
      if (requests.length > 1) return requests.flatMap(request => evaluate([request]));
      const terms = problem.terms.map(() => Number.NaN);
      return [{ loss: Number.NaN, validation: undefined, terms, failure }];
    }
  };

  const tryToMove = (member: number, factor: number, evaluation: Outcome): void => {
    try {
      move(member, factor, evaluation.loss);
    } catch (thrown) {
      recover(member, { ...evaluation, failure: numericalFailure(thrown) });
    }
  };

  /** Every array that a checkpoint holds, by name; those that grow with how to make them as long as stored ones. */
  const eachArray = (
    visit: (name: string, data: Float32Array | Float64Array, resize?: (length: number) => void) => void,
  ): void => {
    kept.forEach(({ states, schedule, best, good, goodStates }, m) => {
      visit(`member${m}.schedule`, schedule);
      members[m].blocks.forEach((block, b) => {
        const prefix = `member${m}.${block.name}`;
        const grows = block.resize !== undefined;
        const resizing = (of: Float32Array[]) => (length: number) => {
          of[b] = new Float32Array(length);
        };
        visit(prefix, block.values, grows ? length => block.resize?.(length) : undefined);
        visit(`${prefix}.best`, best[b], grows ? resizing(best) : undefined);
        visit(`${prefix}.good`, good[b], grows ? resizing(good) : undefined);
        for (const [key, data] of Object.entries(states[b])) visit(`${prefix}.optimizer.${key}`, data);
        for (const [key, data] of Object.entries(goodStates[b])) visit(`${prefix}.good.optimizer.${key}`, data);
      });
    });
  };

  const log = (entry: PendingEvent): void => {
    if (!entry.logged) sink.log(entry.event);
    entry.logged = true;
  };
  const due = () => pending.filter(({ event }) => event.iteration <= iteration);

  /** Takes a user's event; what is due before it goes into the log before it. */
  const accept = (event: RunEvent): RunEvent => {
    if (done()) {
      throw new LabError({
        code: 'state',
        message: 'The run has ended; nothing can be changed any more.',
        where: `event ${event.path}`,
        tip: 'Branch from an iteration of it.',
      });
    }
    due().forEach(log);
    const entry = { event, logged: false };
    log(entry);
    pending = inOrder([...pending, entry]);
    return event;
  };

  const take = (entry: PendingEvent): void => {
    const { event } = entry;
    sink.event(event);
    const stopped = stoppedMember(event.path);
    if (event.path === STOP) {
      memberStates.forEach(({ active }, member) => {
        if (active) finish(member, 'stopped');
      });
    } else if (stopped === undefined) {
      table.set(event.path, Number(event.value));
      table.reach(event.path).forEach(bringBack);
      if (isOfLoss(event.path)) table.reach(event.path).forEach(forgetLosses);
    } else if (Number(event.value) === 0) {
      if (memberStates[stopped].reason === ENDED_BY_USER) goOn(stopped);
    } else if (memberStates[stopped].active) {
      saveGood(stopped, memberStates[stopped].previousLoss);
      finish(stopped, ENDED_BY_USER);
    }
  };

  /** Once all that was told so far has taken effect. */
  const willRun = (member: number): boolean => {
    const told = pending.findLast(({ event }) => stoppedMember(event.path) === member);
    return told === undefined ? memberStates[member].active : Number(told.event.value) === 0;
  };

  /** Throws a `state` error where the run would have nothing left to run. */
  const requireOthers = (member: number): void => {
    const { active, reason } = memberStates[member];
    const runs = willRun(member);
    if (runs && memberStates.some((_, each) => each !== member && willRun(each))) return;
    throw new LabError({
      code: 'state',
      message: runs
        ? `Member ${member} is the last one that runs.`
        : active
          ? `Member ${member} has been told to end already.`
          : `Member ${member} has ended already: ${reason}.`,
      where: `event members.${member}.stopped`,
      tip: runs ? 'Stop the run instead.' : 'Branch from an iteration before its end to go on with it.',
    });
  };

  /** Throws a `state` error for a member that nobody ended. */
  const requireEnded = (member: number): void => {
    const { active, reason } = memberStates[member];
    const runs = willRun(member);
    if (!runs && (active || reason === ENDED_BY_USER)) return;
    throw new LabError({
      code: 'state',
      message: runs ? `Member ${member} runs already.` : `Member ${member} has ended by itself: ${reason}.`,
      where: `event members.${member}.stopped`,
      tip: runs
        ? 'Only a member that was ended can go on.'
        : 'Branch from an iteration before its end to go on with it.',
    });
  };

  /** What was left to the input: live values by what they started at, the others by what the fit tells. */
  const derivedOf = (member: number): Record<string, number | string> => {
    const took: SettingValues = { ...members[member].derived, ...starts[member] };
    return Object.fromEntries(
      Object.entries(took).flatMap(([name, value]) =>
        value === undefined || value === settings[member][name] ? [] : [[name, value]],
      ),
    );
  };

  const done = () => memberStates.every(({ active }) => !active);
  const description: ProblemDescription = {
    summary: problem.summary,
    terms: problem.terms,
    views: problem.views,
    ...(problem.validationIs === undefined ? {} : { validationIs: problem.validationIs }),
    ...(fit.figures === undefined ? {} : { figures: fit.figures }),
    ...(problem.report === undefined ? {} : { report: problem.report }),
    members: members.map(({ label, blocks, maximumIterations }, member) => {
      const turned = blocks.filter(({ gradients }) => gradients !== undefined).map(({ group }) => group);
      return {
        label,
        groups: [...new Set(turned)],
        maximumIterations,
        live: descriptions[member],
        starts: starts[member],
        derived: derivedOf(member),
      };
    }),
  };
  return {
    description,
    get iteration() {
      return iteration;
    },
    get done() {
      return done();
    },
    get diverged() {
      return due().length > 0 ? undefined : diverged;
    },
    get lastRows() {
      return lastRows;
    },
    get members() {
      return memberStates.map((state, member) => ({
        member,
        label: members[member].label,
        active: state.active,
        reason: state.reason,
        iterations: state.iterations,
        seconds: milliseconds[member] / 1000,
        loss: state.previousLoss,
        bestIteration: state.bestIteration < 0 ? undefined : state.bestIteration,
        bestValidation: Number.isFinite(state.bestValidation) ? state.bestValidation : undefined,
        halvings: state.halvings,
      }));
    },
    change(path, value) {
      check({ path, value });
      const stopped = stoppedMember(path);
      if (stopped !== undefined && !done()) (value === 0 ? requireEnded : requireOthers)(stopped);
      return accept({ iteration, path, value, source: 'user' });
    },
    stop: () => void accept({ iteration, path: STOP, value: 'by the user', source: 'user' }),
    step() {
      if (done()) return;
      diverged = undefined;
      const now = due();
      pending = pending.slice(now.length);
      // All before any takes effect, as they are when a user sends them.
      now.forEach(log);
      now.forEach(take);
      if (done()) return;
      const requests = memberStates.flatMap(({ active }, member) =>
        active ? [{ member, hyper: table.resolve(member, '') }] : [],
      );
      const evaluations = evaluate(requests);
      lastRows = [];
      requests.forEach(({ member, hyper }, r) => {
        const began = clock();
        const evaluation = evaluations[r];
        const { loss, validation, terms } = evaluation;
        const { schedule } = rules[member];
        const descends = members[member].blocks.some(({ gradients }) => gradients !== undefined);
        // What a method with an update of its own makes of the rate is its affair: no schedule acts on it.
        const factor = descends
          ? schedule.factor(iteration, loss, hyper, kept[member].schedule) * 2 ** -memberStates[member].halvings
          : 1;
        const row = {
          iteration,
          member,
          loss,
          validation,
          learningRate: hyper.learningRate === undefined ? 0 : hyper.learningRate * factor,
          terms,
        };
        lastRows.push(row);
        sink.trace(row);
        if (isSnapshotIteration(iteration)) {
          histories[member].iterations.push(iteration);
          histories[member].loss.push(loss);
          histories[member].validation.push(validation ?? Number.NaN);
        }
        if (judge(member, evaluation) === 'move') tryToMove(member, factor, evaluation);
        milliseconds[member] += (evaluation.milliseconds ?? 0) + clock() - began;
      });
      iteration++;
    },
    measure: (member, when) =>
      problem.measure(member, {
        iteration,
        hyper: table.resolve(member, ''),
        history: histories[member],
        when,
      }),
    files: async (member, encodePicture, seconds) =>
      (await problem.files?.(member, encodePicture, table.resolve(member, ''), seconds)) ?? [],
    checkpoint() {
      const arrays: CheckpointArrays = {};
      eachArray((name, data) => {
        arrays[name] = data;
      });
      const document: CheckpointDocument = {
        iteration,
        hyper: table.entries(),
        // JSON has no NaN or Infinity: they travel as text.
        members: memberStates.map(state =>
          Object.fromEntries(
            Object.entries(state).map(([key, value]) => [key, typeof value === 'number' ? String(value) : value]),
          ),
        ),
        histories: histories.map(({ iterations, loss, validation }) => ({
          iterations,
          loss: loss.map(String),
          validation: validation.map(String),
        })),
        random: random.state(),
      };
      return encodeCheckpoint(document, arrays);
    },
    restore({ document, arrays }, name, seconds = []) {
      const stored = document as CheckpointDocument;
      eachArray((key, target, resize) => {
        if (arrays[key] === undefined || (resize === undefined && arrays[key].length !== target.length)) {
          throw new LabError({
            code: 'store',
            message: `The checkpoint does not fit this run: ${key} has ${arrays[key]?.length ?? 'no'} values, not ${target.length}.`,
            where: name,
            tip: 'It may come from another run or version. Resume with --from-start to compute the run again from its beginning.',
          });
        }
      });
      eachArray((key, _, resize) => resize?.(arrays[key].length));
      eachArray((key, target) => target.set(arrays[key]));
      stored.members.forEach((values, member) => {
        const state = memberStates[member] as unknown as Record<string, unknown>;
        for (const [key, value] of Object.entries(values))
          state[key] = key === 'active' || key === 'reason' ? value : Number(value);
      });
      for (const [path, value] of stored.hyper) table.set(path, value);
      histories = stored.histories.map(({ iterations, loss, validation }) => ({
        iterations,
        loss: loss.map(Number),
        validation: validation.map(Number),
      }));
      seconds.forEach((value, member) => {
        milliseconds[member] = 1000 * value;
      });
      random = resumeRandom(stored.random);
      iteration = stored.iteration;
      pending = pending.filter(({ event }) => event.iteration >= iteration);
    },
  };
}

/** Of one iteration in the order in which they were taken. */
function inOrder(pending: readonly PendingEvent[]): PendingEvent[] {
  return [...pending].sort((a, b) => a.event.iteration - b.event.iteration);
}

/** What was thrown, if it says that a member's numbers are beyond use; throws anything else on. */
function numericalFailure(thrown: unknown): LabError {
  if (thrown instanceof LabError && thrown.code === 'diverged') return thrown;
  throw thrown;
}

interface CheckpointDocument {
  iteration: number;
  hyper: [string, number][];
  members: Record<string, unknown>[];
  histories: { iterations: number[]; loss: string[]; validation: string[] }[];
  random: RandomState;
}

/** A copy of values in the place of the one before, also where they have grown since. */
function keep(kept: Float32Array, values: Float32Array): Float32Array {
  if (kept.length !== values.length) return values.slice();
  kept.set(values);
  return kept;
}

function putBack(block: ParameterBlock, kept: Float32Array): void {
  if (block.values.length !== kept.length) block.resize?.(kept.length);
  block.values.set(kept);
}

function copyState(state: OptimizerState): OptimizerState {
  return Object.fromEntries(Object.entries(state).map(([name, data]) => [name, data.slice()]));
}

function copyInto(target: OptimizerState, source: OptimizerState): void {
  for (const [name, data] of Object.entries(source)) target[name].set(data);
}
