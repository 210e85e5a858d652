import { describe, expect, it } from 'vitest';
import { LabError } from '../protocol/lab-error.ts';
import { optimizers } from './registry.ts';
import { findSchedule, type Schedule, type ScheduleState, schedules } from './schedules.ts';

type Given = Readonly<Record<string, number>>;
const hyperOf = (schedule: Schedule, given: Given): Given => ({
  ...Object.fromEntries(schedule.hyper.map(({ name, default: value }) => [name, value])),
  ...given,
});

/** The factors of iterations 0, 1, …: one for each loss. */
function follow(id: string, given: Given, losses: readonly number[], state?: ScheduleState): number[] {
  const schedule = findSchedule(id);
  const own = state ?? schedule.init();
  return losses.map((loss, t) => schedule.factor(t, loss, hyperOf(schedule, given), own));
}
const factors = (id: string, given: Given, count: number) => follow(id, given, new Array(count).fill(1));

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  // float64 all along: only the last digits may differ
  for (const [t, value] of expected.entries()) expect(actual[t], `iteration ${t}`).toBeCloseTo(value, 12);
}

describe('schedules', () => {
  const root = Math.SQRT1_2;
  const r3 = Math.sqrt(3);
  // each worked out from its formula
  const cases: [string, Given, number[]][] = [
    ['constant', {}, [1, 1, 1]],
    // 0.25^(t/2)
    ['exponential', { schedulePeriod: 2, scheduleDecay: 0.25 }, [1, 0.5, 0.25, 0.125, 0.0625]],
    ['exponential', { schedulePeriod: 2, scheduleDecay: 0.25, scheduleFloor: 0.2 }, [1, 0.5, 0.25, 0.2, 0.2]],
    ['exponential', { schedulePeriod: 1, scheduleDecay: 0 }, [1, 0, 0]],
    ['step', { schedulePeriod: 3, scheduleDecay: 0.5 }, [1, 1, 1, 0.5, 0.5, 0.5, 0.25]],
    ['step', { schedulePeriod: 1, scheduleDecay: 0.5, scheduleFloor: 0.3 }, [1, 0.5, 0.3, 0.3]],
    // (1 + cos(pi t / 4)) / 2, then the floor
    ['cosine', { schedulePeriod: 4 }, [1, (1 + root) / 2, 0.5, (1 - root) / 2, 0, 0, 0]],
    // 0.2 + 0.4 (1 + cos(pi t / 2))
    ['cosine', { schedulePeriod: 2, scheduleFloor: 0.2 }, [1, 0.6, 0.2, 0.2]],
    // periods of 2, 4 and 8: restarts at 2, 6 and 14
    [
      'warm-restarts',
      { schedulePeriod: 2, periodMultiplier: 2 },
      [
        ...[1, 0.5],
        ...[1, (1 + root) / 2, 0.5, (1 - root) / 2],
        ...[0, 1, 2, 3, 4, 5, 6, 7].map(i => Math.cos((Math.PI * i) / 16) ** 2),
        1,
      ],
    ],
    // periods of 3: cos(pi/3) = 1/2, cos(2 pi/3) = -1/2, so 0.1 + 0.45 (1 ± 1/2)
    [
      'warm-restarts',
      { schedulePeriod: 3, periodMultiplier: 1, scheduleFloor: 0.1 },
      [1, 0.775, 0.325, 1, 0.775, 0.325, 1],
    ],
    // rise and fall of 4 each between 0.2 and 1, then 2 down to 0.05
    [
      'one-cycle',
      { schedulePeriod: 10, annihilation: 0.2, cycleStart: 0.2, scheduleFloor: 0.05 },
      [0.2, 0.4, 0.6, 0.8, 1, 0.8, 0.6, 0.4, 0.2, 0.125, 0.05, 0.05],
    ],
    ['one-cycle', { schedulePeriod: 4, annihilation: 0, cycleStart: 0, scheduleFloor: 0 }, [0, 0.5, 1, 0.5, 0, 0]],
    // the floor is above the start: nothing is below it
    ['one-cycle', { schedulePeriod: 4, annihilation: 0, scheduleFloor: 0.5 }, [0.5, 0.75, 1, 0.75, 0.5]],
    // linear over 4, then the schedule itself
    ['constant', { warmUp: 4 }, [0.25, 0.5, 0.75, 1, 1]],
    ['constant', { warmUp: 0.5 }, [1, 1]],
    ['step', { warmUp: 2, schedulePeriod: 1, scheduleDecay: 0.5 }, [0.5, 0.5, 0.25]],
    ['cosine', { warmUp: 3, schedulePeriod: 2, scheduleFloor: 0.2 }, [1 / 3, 0.4, 0.2]],
  ];
  it.each(cases)('%s %o follows its formula', (id, given, expected) => {
    expectClose(factors(id, given, expected.length), expected);
  });

  it('exponential falls tenfold in each default period', () => {
    const all = factors('exponential', {}, 2001);
    expectClose([all[0], all[500], all[1000], all[2000]], [1, 1 / Math.sqrt(10), 0.1, 0.01]);
  });

  it('one cycle peaks at 1 once, halfway between its start and its annihilation', () => {
    const all = factors('one-cycle', {}, 1001);
    expect(Math.max(...all)).toBe(1);
    expect(all.flatMap((factor, t) => (factor === 1 ? [t] : []))).toEqual([450]);
    expectClose([all[0], all[225], all[675], all[900], all[950], all[1000]], [0.04, 0.52, 0.52, 0.04, 0.02, 0]);
  });

  it('warm restarts go on within the present period when the period changes live', () => {
    const schedule = findSchedule('warm-restarts');
    const state = schedule.init();
    const at = (t: number, schedulePeriod: number) =>
      schedule.factor(t, 1, hyperOf(schedule, { schedulePeriod, periodMultiplier: 1 }), state);
    // 0, 1 of 2; restart; 0 of 2, then 1 and 2 of 6: cos(pi/6) = sqrt(3)/2, cos(pi/3) = 1/2; then 3 of 3 restarts
    expectClose([at(0, 2), at(1, 2), at(2, 2), at(3, 6), at(4, 6), at(5, 3)], [1, 0.5, 1, (2 + r3) / 4, 0.75, 1]);
  });

  describe('plateau', () => {
    const given = { scheduleDecay: 0.5, plateauPatience: 2, plateauThreshold: 0.1 };

    it('reduces after more iterations without improvement than its patience, and counts anew', () => {
      // 10 is the best; 9.5, 9.2 and 9 are not below 9; 8.9 is; then three more that are not below 8.01
      const losses = [10, 9.5, 9.2, 9, 8.9, 8.9, 8.5, 8.1, 8.02, 8];
      expect(follow('plateau', given, losses)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]);
    });

    it('counts anew after an improvement', () => {
      // two in vain, 5 improves, three in vain
      expect(follow('plateau', given, [10, 9.9, 9.9, 5, 4.9, 4.9, 4.9])).toEqual([1, 1, 1, 1, 1, 1, 0.5]);
    });

    it('compares with the best loss, not with the last', () => {
      expect(follow('plateau', given, [1, 5, 4, 3, 2])).toEqual([1, 1, 1, 0.5, 0.5]);
    });

    it('reduces at each iteration without improvement where patience is 0, down to the floor', () => {
      const impatient = { ...given, plateauPatience: 0, scheduleFloor: 0.2 };
      expect(follow('plateau', impatient, [1, 1, 1, 1, 1])).toEqual([1, 0.5, 0.25, 0.2, 0.2]);
    });

    it('sees improvement below zero', () => {
      // -1.2 is below -1.1; -1.25 is above -1.32
      expect(follow('plateau', { ...given, plateauPatience: 0 }, [-1, -1.2, -1.25])).toEqual([1, 1, 0.5]);
    });

    it('takes no notice of losses that are not finite', () => {
      const bad = [Number.NaN, Infinity, -Infinity];
      expect(follow('plateau', given, [...bad, 2, ...bad, 2, 2, ...bad, 2, 1])).toEqual([
        ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ...[0.5, 0.5],
      ]);
    });
  });

  it.each(schedules.map(({ id }) => id))('%s goes on from a copied state to the same factors', id => {
    const given = { schedulePeriod: 4, plateauPatience: 1, warmUp: 3, scheduleDecay: 0.5 };
    const losses = [9, 8, 8, 8, 7, 7, Number.NaN, 7, 7, 7, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2];
    const schedule = findSchedule(id);
    const whole = follow(id, given, losses);
    for (let copyAt = 0; copyAt < losses.length; copyAt++) {
      const first = schedule.init();
      const factor = (t: number, state: ScheduleState) =>
        schedule.factor(t, losses[t], hyperOf(schedule, given), state);
      for (let t = 0; t < copyAt; t++) factor(t, first);
      const second = schedule.init();
      expect(second).toBeInstanceOf(Float64Array);
      second.set(first);
      const rest = losses.slice(copyAt).map((_, i) => factor(copyAt + i, second));
      expect(rest).toEqual(whole.slice(copyAt));
    }
  });

  it.each(schedules.map(({ id }) => id))('%s stays within 0 and 1 at every corner of its ranges', id => {
    const { hyper } = findSchedule(id);
    const losses = Array.from({ length: 40 }, (_, t) => [1, -1, Number.NaN, Infinity, -Infinity, 0, 1e308][t % 7]);
    for (let corner = 0; corner < 3 ** hyper.length; corner++) {
      const given = Object.fromEntries(
        hyper.map(({ name, minimum, maximum, default: value }, h) => [
          name,
          [minimum, value, maximum][Math.floor(corner / 3 ** h) % 3],
        ]),
      );
      for (const factor of follow(id, given, losses)) {
        // one rounding above 1 is allowed: floor + (1 - floor)
        if (!(factor >= 0 && factor <= 1 + Number.EPSILON)) expect.fail(`${factor} at ${JSON.stringify(given)}`);
      }
    }
  });

  it.each(schedules.map(({ id }) => id))('%s has parameters within their ranges that no optimizer has', id => {
    const taken = new Set(['learningRate', ...optimizers.flatMap(({ hyper }) => hyper.map(({ name }) => name))]);
    const { hyper } = findSchedule(id);
    expect(new Set(hyper.map(({ name }) => name)).size).toBe(hyper.length);
    for (const { name, default: value, minimum, maximum } of hyper) {
      expect(taken, name).not.toContain(name);
      expect(value, name).toBeGreaterThanOrEqual(minimum);
      expect(value, name).toBeLessThanOrEqual(maximum);
    }
  });

  it('names the nearest schedule, or all of them', () => {
    const thrownBy = (id: string): unknown => {
      try {
        return findSchedule(id);
      } catch (thrown) {
        return thrown;
      }
    };
    const near = thrownBy('cosin');
    expect(near).toBeInstanceOf(LabError);
    expect(near).toMatchObject({ code: 'setting', where: 'schedule', tip: 'Did you mean "cosine"?' });
    expect(near).toHaveProperty('message', 'There is no schedule "cosin".');
    expect(thrownBy('qqqqqqqqqqqqqqqqqqqqqqqq')).toMatchObject({ tip: expect.stringContaining('warm-restarts') });
  });
});
