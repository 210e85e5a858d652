import { describe, expect, it } from 'vitest';
import { measureLines, numericMeasures, rowAt, wordStretches } from './measure-columns.ts';

const rows = [
  { iteration: 1, member: 0, psnr: 10, tubes: [1, 0.5], ranks: { stable: 1 }, phase: 'alignment' },
  { iteration: 1, member: 1, psnr: 9 },
  { iteration: 5, member: 0, psnr: 12, tubes: [2], ranks: { stable: 2, gap: 3 }, phase: 'alignment' },
  { iteration: 9, member: 0, psnr: 13, tubes: [3, null], phase: 'growth' },
];

describe('measures as lines', () => {
  it('reads a number, a list and named numbers', () => {
    expect(measureLines(rows, 0, 'psnr', 9)).toEqual([
      { label: '', samples: { x: Float64Array.of(1, 5, 9), y: Float64Array.of(10, 12, 13) } },
    ]);
    const [first, second] = measureLines(rows, 0, 'tubes', 9);
    expect([first.label, ...first.samples.y]).toEqual(['1', 1, 2, 3]);
    expect([second.label, ...second.samples.y]).toEqual(['2', 0.5, NaN, NaN]);
    expect(measureLines(rows, 0, 'ranks', 9).map(({ label }) => label)).toEqual(['stable', 'gap']);
    expect(measureLines(rows, 0, 'tubes', 1)).toHaveLength(1);
  });

  it('lets an iteration that was run again hold', () => {
    const again = [...rows, { iteration: 5, member: 0, psnr: 20 }];
    expect([...measureLines(again, 0, 'psnr', 9)[0].samples.y]).toEqual([10, 20, 13]);
  });

  it('names what is a number', () => {
    expect(numericMeasures(rows)).toEqual(['psnr']);
  });

  it('finds the row in force', () => {
    expect(rowAt(rows, 0, 7)?.iteration).toBe(5);
    expect(rowAt(rows, 0, 'now')?.iteration).toBe(9);
    expect(rowAt(rows, 2, 'now')).toBeUndefined();
  });

  it('joins what a word says to stretches', () => {
    expect(wordStretches(rows, 0, 'phase')).toEqual([
      { word: 'alignment', from: 1, to: 9 },
      { word: 'growth', from: 9, to: 9 },
    ]);
  });
});
