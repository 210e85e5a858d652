// Learning-rate schedules: what multiplies a member's live learning rate at each iteration. Pure pairs init / factor
// that own no memory and know no engine; their parameters are live too, so a state remembers only what t cannot tell.

import { LabError, nearestName } from '../protocol/lab-error.ts';
import type { HyperDescription } from './optimizer.ts';

/** Plain and possibly empty, so that a checkpoint is a copy. */
export type ScheduleState = Float64Array;

export interface Schedule {
  readonly id: string;
  readonly title: string;
  /** Paper and equation. */
  readonly source: string;
  /** What it does to the rate, behind its title and a colon. */
  readonly law: string;
  /** Live parameters; no optimizer has one of the same name. */
  readonly hyper: readonly HyperDescription[];
  init(): ScheduleState;
  /**
   * The factor of this iteration, from 0 to 1. Called once for each iteration 0, 1, … in order; `loss` is the member's
   * loss there and may be NaN.
   */
  factor(iteration: number, loss: number, hyper: Readonly<Record<string, number>>, state: ScheduleState): number;
}

const period: HyperDescription = {
  name: 'schedulePeriod',
  title: 'Schedule period',
  default: 1000,
  minimum: 1,
  maximum: 1e9,
  help: 'Iterations of one period, cycle or step of the schedule.',
};
const share = (name: string, title: string, value: number, maximum: number, help: string): HyperDescription => ({
  name,
  title,
  default: value,
  minimum: 0,
  maximum,
  help,
});
const decay = share(
  'scheduleDecay',
  'Schedule decay',
  0.1,
  1,
  'The factor is multiplied by this, once a period or plateau.',
);
const floor = share('scheduleFloor', 'Schedule floor', 0, 1, 'The factor never falls below this.');

const stateless = (): ScheduleState => new Float64Array(0);

const constant: Schedule = {
  id: 'constant',
  title: 'Constant',
  source: 'Robbins and Monro 1951',
  law: 'the rate stays as it is set',
  hyper: [],
  init: stateless,
  factor: () => 1,
};

const exponential: Schedule = {
  id: 'exponential',
  title: 'Exponential',
  source: 'Senior et al. 2013, exponential scheduling',
  law: 'the rate times decay^(t / T)',
  hyper: [period, decay, floor],
  init: stateless,
  factor: (t, _loss, { schedulePeriod, scheduleDecay, scheduleFloor }) =>
    Math.max(scheduleFloor, scheduleDecay ** (t / schedulePeriod)),
};

const step: Schedule = {
  id: 'step',
  title: 'Step',
  source: 'Ge et al. 2019, arXiv 1904.12838, algorithm 1',
  law: 'the rate times decay^floor(t / T)',
  hyper: [period, decay, floor],
  init: stateless,
  factor: (t, _loss, { schedulePeriod, scheduleDecay, scheduleFloor }) =>
    Math.max(scheduleFloor, scheduleDecay ** Math.floor(t / schedulePeriod)),
};

/** Equation 5 of Loshchilov and Hutter 2017; done from 0 to 1. */
const annealed = (done: number, least: number): number => least + ((1 - least) * (1 + Math.cos(Math.PI * done))) / 2;

const cosine: Schedule = {
  id: 'cosine',
  title: 'Cosine',
  source: 'Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5',
  law: 'the rate falls over one period as half a cosine does',
  hyper: [period, floor],
  init: stateless,
  factor: (t, _loss, { schedulePeriod, scheduleFloor }) => annealed(Math.min(1, t / schedulePeriod), scheduleFloor),
};

const warmRestarts: Schedule = {
  id: 'warm-restarts',
  title: 'Cosine with warm restarts',
  source: 'SGDR, Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5 with T_i = T_0 T_mult^i',
  law: 'the rate falls as half a cosine does, and starts anew with each period',
  hyper: [
    period,
    {
      name: 'periodMultiplier',
      title: 'Period multiplier',
      default: 2,
      minimum: 1,
      maximum: 100,
      help: 'Every period is this many times as long as the one before.',
    },
    floor,
  ],
  // T_cur and T_i / T_0; remembered, so that a live change stretches the present period and later ones, never past ones.
  init: () => Float64Array.of(0, 1),
  factor(_iteration, _loss, { schedulePeriod, periodMultiplier, scheduleFloor }, state) {
    if (state[0] >= schedulePeriod * state[1]) state.set([0, state[1] * periodMultiplier]);
    return annealed(state[0]++ / (schedulePeriod * state[1]), scheduleFloor);
  },
};

const oneCycle: Schedule = {
  id: 'one-cycle',
  title: 'One cycle',
  source: 'Smith and Topin 2018, arXiv 1708.07120, section 3',
  law: 'the rate rises and falls linearly, each as long, then falls on to the floor',
  hyper: [
    period,
    share('cycleStart', 'Cycle start', 0.04, 1, 'The factor before the rise and after the fall; its peak is 1.'),
    share('annihilation', 'Annihilation', 0.1, 0.9, 'Share of the period, at its end, that falls on to the floor.'),
    floor,
  ],
  init: stateless,
  factor(t, _loss, { schedulePeriod, cycleStart, annihilation, scheduleFloor }) {
    const half = (schedulePeriod * (1 - annihilation)) / 2;
    const start = Math.max(cycleStart, scheduleFloor);
    if (t < 2 * half) return 1 - ((1 - start) * Math.abs(t - half)) / half;
    if (t >= schedulePeriod) return scheduleFloor;
    return start + ((scheduleFloor - start) * (t - 2 * half)) / (schedulePeriod - 2 * half);
  },
};

const plateau: Schedule = {
  id: 'plateau',
  title: 'Reduce on plateau',
  source: 'Senior et al. 2013, performance scheduling; patience and threshold as ReduceLROnPlateau of PyTorch',
  law: 'the rate is multiplied by the decay whenever the loss stops falling',
  hyper: [
    decay,
    share('plateauPatience', 'Plateau patience', 100, 1e9, 'Iterations without improvement that are endured.'),
    share('plateauThreshold', 'Plateau threshold', 1e-4, 0.9, 'Least improvement, as a share of the best loss.'),
    floor,
  ],
  // Factor, best loss, iterations without improvement.
  init: () => Float64Array.of(1, Number.MAX_VALUE, 0),
  factor(_iteration, loss, { scheduleDecay, plateauPatience, plateauThreshold, scheduleFloor }, state) {
    // A loss that is not finite says that the run must recover, which is the engine's task; it does not count here.
    if (Number.isFinite(loss)) {
      const best = state[1];
      // The absolute value keeps the sign right for losses below zero, unlike PyTorch's best (1 - threshold).
      if (loss < best - plateauThreshold * Math.abs(best)) state.set([loss, 0], 1);
      else state[2]++;
      if (state[2] > plateauPatience) state.set([state[0] * scheduleDecay, best, 0]);
    }
    return Math.max(scheduleFloor, state[0]);
  },
};

/** The schedule with a live linear warm-up: gradual warm-up of Goyal et al. 2017, arXiv 1706.02677, section 2.2. */
export function withWarmUp(schedule: Schedule): Schedule {
  return {
    ...schedule,
    hyper: [
      ...schedule.hyper,
      share('warmUp', 'Warm-up', 0, 1e9, 'Iterations over which the learning rate rises linearly. 0 turns it off.'),
    ],
    factor: (iteration, loss, live, state) =>
      Math.min(1, (iteration + 1) / Math.max(1, live.warmUp)) * schedule.factor(iteration, loss, live, state),
  };
}

export const schedules: readonly Schedule[] = [
  constant,
  exponential,
  step,
  cosine,
  warmRestarts,
  oneCycle,
  plateau,
].map(withWarmUp);

/** The schedule named `id`; throws a `setting` error that names the nearest one. */
export function findSchedule(id: string): Schedule {
  const schedule = schedules.find(candidate => candidate.id === id);
  if (schedule !== undefined) return schedule;
  const ids = schedules.map(candidate => candidate.id);
  const near = nearestName(id, ids);
  throw new LabError({
    code: 'setting',
    message: `There is no schedule "${id}".`,
    where: 'schedule',
    tip: near === undefined ? `Schedules are: ${ids.join(', ')}.` : `Did you mean "${near}"?`,
  });
}
