// One run: its problem, optimizers, live hyper-parameters, stop rules and checkpoints, advanced iteration by iteration.
// Everything that touches the numbers depends on iterations only, never on the clock or on threads, so a replay or a
// resumed run gives the same bits.

import type { Problem } from '../fits/fit.ts';
import { createRandom, type RandomState, resumeRandom } from '../numerics/random.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { RunEvent, TraceRow } from '../protocol/run.ts';
import { type CheckpointArrays, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { createHyperTable, type HyperTable } from './hyper-table.ts';

/** Where a run's records go; the store implements it, tests keep arrays. */
export interface RunSink {
  event(event: RunEvent): void;
  trace(row: TraceRow): void;
}

export interface RunOptions {
  readonly problem: Problem;
  readonly optimizer: Optimizer;
  readonly seed: number;
  readonly sink: RunSink;
  /** User events known beforehand: from the command line, or from the log of the run that is resumed or replayed. */
  readonly events?: readonly RunEvent[];
}

export interface Run {
  /** Number of the next iteration. */
  readonly iteration: number;
  readonly done: boolean;
  readonly lastRows: readonly TraceRow[];
  readonly members: readonly MemberReport[];
  /** Changes a hyper-parameter from the next iteration on; the event is logged before it takes effect. */
  change(path: string, value: number): void;
  /** One iteration of every active member. */
  step(): void;
  checkpoint(): Uint8Array;
  restore(bytes: Uint8Array, name: string): void;
}

export interface MemberReport {
  readonly member: number;
  readonly active: boolean;
  readonly reason: string;
  readonly bestIteration: number | undefined;
  readonly bestValidation: number | undefined;
  readonly halvings: number;
}

/** Rules whose step is proportional to the gradient take the fit's step scale; the others move by the rate itself. */
const gradientProportional = new Set(['sgd', 'heavy-ball', 'nesterov', 'polyak']);
const VALIDATION_EVERY = 5;
const GOOD_EVERY = 50;
const RISE = 1.05;
const RISES_ALLOWED = 3;
const HALVINGS_ALLOWED = 20;

interface MemberState {
  active: boolean;
  reason: string;
  initialLoss: number;
  previousLoss: number;
  rises: number;
  halvings: number;
  bestIteration: number;
  bestValidation: number;
  goodIteration: number;
  goodLoss: number;
}

export function createRun({ problem, optimizer, seed, sink, events = [] }: RunOptions): Run {
  const { blocks, members } = problem;
  const optimizerDefaults = Object.fromEntries(optimizer.hyper.map(({ name, default: value }) => [name, value]));
  const table: HyperTable = createHyperTable({
    defaults: { ...optimizerDefaults, ...problem.hyperDefaults },
    groups: [...new Set(blocks.map(({ group }) => group))],
    members,
  });
  for (const { path, value, source } of events) if (source === 'user') checkEvent(path, value);
  const rateScale = gradientProportional.has(optimizer.id) ? problem.rateScale : 1;
  let random = createRandom(seed, 'gradient noise');
  let iteration = 0;
  let pending = [...events].filter(({ source }) => source === 'user').sort((a, b) => a.iteration - b.iteration);
  let lastRows: TraceRow[] = [];

  const optimizerStates: OptimizerState[] = blocks.map(({ values }) => optimizer.init(values.length));
  const best = blocks.map(({ values }) => values.slice());
  const good = blocks.map(({ values }) => values.slice());
  const goodStates = optimizerStates.map(copyState);
  const memberStates: MemberState[] = Array.from({ length: members }, () => ({
    active: true,
    reason: '',
    initialLoss: Number.NaN,
    previousLoss: Number.NaN,
    rises: 0,
    halvings: 0,
    bestIteration: -1,
    bestValidation: Infinity,
    goodIteration: 0,
    goodLoss: Number.NaN,
  }));

  function checkEvent(path: string, value: number | string): void {
    const before = table.entries();
    table.set(path, Number(value));
    for (const [name, kept] of before) table.set(name, kept);
  }

  const blocksOf = (member: number) => blocks.flatMap((block, b) => (block.member === member ? [b] : []));

  const saveGood = (member: number, loss: number): void => {
    const state = memberStates[member];
    state.goodIteration = iteration;
    state.goodLoss = loss;
    state.rises = 0;
    for (const b of blocksOf(member)) {
      good[b].set(blocks[b].values);
      copyInto(goodStates[b], optimizerStates[b]);
    }
  };

  const finish = (member: number, reason: string): void => {
    const state = memberStates[member];
    state.active = false;
    state.reason = reason;
    if (state.bestIteration >= 0) for (const b of blocksOf(member)) blocks[b].values.set(best[b]);
    sink.event({ iteration, path: `members.${member}.finished`, value: reason, source: 'engine' });
  };

  const recover = (member: number, loss: number): void => {
    const state = memberStates[member];
    const what = Number.isFinite(loss) ? 'the loss rose by more than 5 % three times' : `the loss became ${loss}`;
    if (++state.halvings > HALVINGS_ALLOWED) {
      throw new LabError({
        code: 'diverged',
        message: `Member ${member} diverged again and again: ${what} at iteration ${iteration}.`,
        where: `iteration ${iteration}, member ${member}, loss`,
        tip: 'Start with a smaller learning rate; the last good state is in the last checkpoint.',
      });
    }
    for (const b of blocksOf(member)) {
      blocks[b].values.set(good[b]);
      copyInto(optimizerStates[b], goodStates[b]);
    }
    state.rises = 0;
    state.previousLoss = state.goodLoss;
    const text = `${what}: learning rate halved, state of iteration ${state.goodIteration} restored`;
    sink.event({ iteration, path: `members.${member}.recovered`, value: text, source: 'engine' });
  };

  const stepMember = (member: number): void => {
    const state = memberStates[member];
    const hyper = table.resolve(member, '');
    const { loss, validation } = problem.evaluate(member, hyper);
    const rate = hyper.learningRate * 2 ** -state.halvings;
    const row = { iteration, member, loss, validation, learningRate: rate };
    lastRows.push(row);
    sink.trace(row);
    if (Number.isNaN(state.initialLoss)) state.initialLoss = loss;
    if (loss > RISE * state.previousLoss) state.rises++;
    if (!Number.isFinite(loss) || state.rises >= RISES_ALLOWED) {
      recover(member, loss);
      return;
    }
    state.previousLoss = loss;
    if (iteration % GOOD_EVERY === 0 && state.rises === 0) saveGood(member, loss);
    if (validation !== undefined && iteration % VALIDATION_EVERY === 0) {
      if (validation < state.bestValidation) {
        state.bestValidation = validation;
        state.bestIteration = iteration;
        for (const b of blocksOf(member)) best[b].set(blocks[b].values);
      } else if (loss < 0.95 * state.initialLoss && iteration - state.bestIteration > Math.max(100, 0.1 * iteration)) {
        finish(member, 'validation minimum');
        return;
      }
    }
    if (iteration + 1 >= problem.maximumIterations) {
      finish(member, 'iteration limit');
      return;
    }
    const own = blocksOf(member);
    const gradientNormSquared = needsNorm(optimizer)
      ? own.reduce((sum, b) => sum + squaredNorm(blocks[b].gradients), 0)
      : 0;
    for (const b of own) {
      const { group, values, gradients } = blocks[b];
      const blockHyper = table.resolve(member, group);
      const learningRate = blockHyper.learningRate * 2 ** -state.halvings * rateScale;
      const info = { step: iteration + 1, loss, gradientNormSquared, random };
      optimizer.update(values, gradients, optimizerStates[b], { ...blockHyper, learningRate }, info);
    }
  };

  const done = () => memberStates.every(({ active }) => !active);
  return {
    get iteration() {
      return iteration;
    },
    get done() {
      return done();
    },
    get lastRows() {
      return lastRows;
    },
    get members() {
      return memberStates.map((state, member) => ({
        member,
        active: state.active,
        reason: state.reason,
        bestIteration: state.bestIteration < 0 ? undefined : state.bestIteration,
        bestValidation: Number.isFinite(state.bestValidation) ? state.bestValidation : undefined,
        halvings: state.halvings,
      }));
    },
    change(path, value) {
      checkEvent(path, value);
      const event: RunEvent = { iteration, path, value, source: 'user' };
      pending.push(event);
      pending.sort((a, b) => a.iteration - b.iteration);
    },
    step() {
      if (done()) return;
      while (pending.length > 0 && pending[0].iteration <= iteration) {
        const event = pending[0];
        pending = pending.slice(1);
        sink.event(event);
        table.set(event.path, Number(event.value));
      }
      lastRows = [];
      for (let member = 0; member < members; member++) if (memberStates[member].active) stepMember(member);
      iteration++;
    },
    checkpoint() {
      const arrays: CheckpointArrays = {};
      blocks.forEach(({ values }, b) => {
        arrays[`block${b}`] = values;
        arrays[`best${b}`] = best[b];
        arrays[`good${b}`] = good[b];
        for (const [name, data] of Object.entries(optimizerStates[b])) arrays[`optimizer${b}.${name}`] = data;
        for (const [name, data] of Object.entries(goodStates[b])) arrays[`goodOptimizer${b}.${name}`] = data;
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
        random: random.state(),
      };
      return encodeCheckpoint(document, arrays);
    },
    restore(bytes, name) {
      const { document, arrays } = decodeCheckpoint(bytes, name);
      const stored = document as CheckpointDocument;
      const put = (target: Float32Array | Float64Array, key: string): void => {
        if (arrays[key]?.length !== target.length) {
          throw new LabError({
            code: 'store',
            message: `The checkpoint does not fit this run: ${key} has ${arrays[key]?.length ?? 'no'} values, not ${target.length}.`,
            where: name,
            tip: 'Resume with the recipe of the same run folder.',
          });
        }
        target.set(arrays[key]);
      };
      const putState = (states: OptimizerState, prefix: string): void => {
        for (const key of Object.keys(arrays)) {
          if (key.startsWith(`${prefix}.`)) states[key.slice(prefix.length + 1)] = arrays[key].slice();
        }
      };
      blocks.forEach(({ values }, b) => {
        put(values, `block${b}`);
        put(best[b], `best${b}`);
        put(good[b], `good${b}`);
        putState(optimizerStates[b], `optimizer${b}`);
        putState(goodStates[b], `goodOptimizer${b}`);
      });
      stored.members.forEach((values, member) => {
        const state = memberStates[member] as unknown as Record<string, unknown>;
        for (const [key, value] of Object.entries(values))
          state[key] = key === 'active' || key === 'reason' ? value : Number(value);
      });
      for (const [path, value] of stored.hyper) table.set(path, value);
      random = resumeRandom(stored.random);
      iteration = stored.iteration;
      pending = pending.filter(event => event.iteration >= iteration);
    },
  };
}

interface CheckpointDocument {
  iteration: number;
  hyper: [string, number][];
  members: Record<string, unknown>[];
  random: RandomState;
}

function needsNorm(optimizer: Optimizer): boolean {
  return optimizer.id === 'polyak';
}

function squaredNorm(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

function copyState(state: OptimizerState): OptimizerState {
  return Object.fromEntries(Object.entries(state).map(([name, data]) => [name, data.slice()]));
}

function copyInto(target: OptimizerState, source: OptimizerState): void {
  for (const [name, data] of Object.entries(source)) {
    if (target[name]?.length === data.length) target[name].set(data);
    else target[name] = data.slice();
  }
}
