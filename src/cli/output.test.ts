// Progress in a line of any width, and times as people say them.

import { describe, expect, it } from 'vitest';
import type { Progress } from '../protocol/run.ts';
import { describeResult, duration, memberNames, progressLine } from './output.ts';

const progress: Progress = {
  state: 'running',
  iteration: 5000,
  maximum: 10000,
  loss: 123.456,
  validation: undefined,
  learningRate: 0.9,
  iterationsPerSecond: 41.66,
};

describe('the progress line', () => {
  it('drops what matters least where the line is narrow, and never cuts a part', () => {
    expect(progressLine(progress, 200)).toBe(
      '████████████░░░░░░░░░░░░  iteration 5000/10000  loss 123.5  learningRate 0.9  42/s  at most 2 min 1 s left',
    );
    expect(progressLine(progress, 99)).not.toContain('42/s');
    expect(progressLine(progress, 79)).toBe(
      'iteration 5000/10000  loss 123.5  learningRate 0.9  at most 2 min 1 s left',
    );
    expect(progressLine(progress, 60)).toBe('iteration 5000/10000  loss 123.5  at most 2 min 1 s left');
    expect(progressLine(progress, 40)).toBe('iteration 5000/10000  loss 123.5');
    expect(progressLine(progress, 25)).toBe('iteration 5000/10000');
  });

  it('says no speed and no time left before there is a speed', () => {
    expect(progressLine({ ...progress, iterationsPerSecond: 0 }, 200)).toMatch(/learningRate 0\.9$/);
  });

  it('says nothing of a learning rate where the fit has none', () => {
    expect(progressLine({ ...progress, learningRate: 0 }, 200)).not.toContain('learningRate');
  });

  it('keeps to its width, whatever that is', () => {
    for (let columns = 1; columns < 120; columns++)
      expect(progressLine(progress, columns).length).toBeLessThanOrEqual(columns);
  });
});

describe('a duration', () => {
  it.each([
    [0.2, '1 s'],
    [90, '90 s'],
    [119.5, '2 min 0 s'],
    [150, '2 min 30 s'],
    [5399, '89 min 59 s'],
    [7260, '2 h 1 min'],
    [Infinity, '?'],
  ])('of %d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('names of members', () => {
  it('tell those with the same label apart', () => {
    const names = memberNames(['near the start', 'turned 20°', 'turned 20°'].map(label => ({ label })));
    expect(names).toEqual(['near the start', 'turned 20° (member 1)', 'turned 20° (member 2)']);
  });
});

describe('the result of a member', () => {
  const result = { label: 'time', reason: 'converged', iterations: 9, seconds: 1.5, focalPixels: 304.61 };

  it('tells the focal length that was found, and beside the truth how far it and the path are off', () => {
    expect(describeResult(result)).toBe('converged, kept iteration 8, 1.5 s, focal length 304.6 px');
    expect(describeResult({ ...result, focalErrorPercent: -0.0678, atePercent: 0.01738 })).toBe(
      'converged, kept iteration 8, 1.5 s, focal length 304.6 px (−0.068 %), ATE 0.0174 % of the true path',
    );
  });
});
