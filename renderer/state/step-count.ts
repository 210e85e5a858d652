// How many iterations one order may run, wherever it is given.

/** What a host takes. */
export const MOST_STEPS = 1e9;

export function isStepCount(count: unknown): count is number {
  return Number.isInteger(count) && Number(count) >= 1 && Number(count) <= MOST_STEPS;
}

export const stepCountRefusal = 'Give a whole number from 1 to 1 000 000 000.';
