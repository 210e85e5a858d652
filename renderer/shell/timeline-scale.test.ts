import { describe, expect, it } from 'vitest';
import { formatAge, formatDuration, formatFigure } from './figures.ts';
import { iterationAt, positionOf } from './timeline-scale.ts';

describe('the timeline', () => {
  it.each(['linear', 'log'] as const)('finds every iteration again on a %s scale', scale => {
    for (const iteration of [0, 1, 2, 17, 499, 500])
      expect(iterationAt(positionOf(iteration, 500, scale), 500, scale)).toBe(iteration);
    expect(iterationAt(-3, 500, scale)).toBe(0);
    expect(iterationAt(1.2, 500, scale)).toBe(500);
  });

  it('gives the first decade more room on a log scale', () => {
    expect(positionOf(10, 10000, 'log')).toBeCloseTo(Math.log(11) / Math.log(10001), 12);
    expect(positionOf(10, 10000, 'linear')).toBe(0.001);
  });
});

describe('figures', () => {
  it('reads as people say it', () => {
    expect([3.21, 42.3, 125, 7800].map(formatDuration)).toEqual(['3.2 s', '42 s', '2 min 5 s', '2 h 10 min']);
    expect(formatFigure('psnr', 31.09)).toBe('PSNR 31.09 dB');
    expect(formatFigure('interpolationPsnr', 30)).toBe('PSNR of linear interpolation 30.00 dB');
    expect(formatFigure('testError', 0.00043)).toBe('Test error 4.3e-4');
    expect(formatAge(0, 5 * 60 * 1000)).toBe('5 min ago');
  });
});
