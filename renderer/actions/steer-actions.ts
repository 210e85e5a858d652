// Turning the learning rate by keys, and undo.

import { hyperTableAt } from '../state/hyper.ts';
import { changeLive, currentRun, useLab } from '../state/lab.ts';
import { redo, undo, useUndo } from '../state/undo.ts';
import type { Action } from './action.ts';

const steerable = () => {
  const run = currentRun(useLab.getState());
  return run?.details.problem !== undefined && ['running', 'paused', 'ready'].includes(run.details.entry.state);
};

/** Multiplies the learning rate of all members and groups by `factor`. */
function scaleRate(factor: number): Promise<void> | undefined {
  const run = currentRun(useLab.getState());
  const problem = run?.details.problem;
  if (run === undefined || problem === undefined) return undefined;
  const before = hyperTableAt(problem, run.details, 'now').resolve(0, '').learningRate;
  return changeLive(run.details.entry.run, 'learningRate', before * factor, before);
}

export const steerActions: readonly Action[] = [
  {
    id: 'steer.halve',
    title: 'Halve the learning rate',
    group: 'Steer',
    keywords: 'slower smaller step eta',
    shortcut: '[',
    enabled: steerable,
    run: () => scaleRate(0.5),
  },
  {
    id: 'steer.double',
    title: 'Double the learning rate',
    group: 'Steer',
    keywords: 'faster larger step eta',
    shortcut: ']',
    enabled: steerable,
    run: () => scaleRate(2),
  },
  {
    id: 'edit.undo',
    title: 'Undo',
    group: 'Steer',
    keywords: 'back revert',
    shortcut: 'Mod+Z',
    enabled: () => useUndo.getState().past.length > 0,
    run: undo,
  },
  {
    id: 'edit.redo',
    title: 'Redo',
    group: 'Steer',
    keywords: 'again',
    shortcut: 'Mod+Shift+Z',
    enabled: () => useUndo.getState().future.length > 0,
    run: redo,
  },
];
