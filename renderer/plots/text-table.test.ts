import { describe, expect, it } from 'vitest';
import { decodeCsv } from '../../src/formats/csv.ts';
import { toCsv, toMarkdown } from './text-table.ts';

const table = {
  columns: ['run', 'PSNR, dB', 'note'],
  rows: [
    ['a "first" one', 31.5, 'x|y'],
    ['b', undefined, ''],
  ],
};

describe('tables as text', () => {
  it('read back from CSV', () => {
    const { header, rows } = decodeCsv(new TextEncoder().encode(toCsv(table)), 'table');
    expect(header).toEqual(table.columns);
    expect(rows).toEqual([
      ['a "first" one', 31.5, 'x|y'],
      ['b', '', ''],
    ]);
  });

  it('are Markdown with numbers to the right and bars escaped', () => {
    expect(toMarkdown(table)).toBe(
      '| run | PSNR, dB | note |\n| --- | ---: | --- |\n| a "first" one | 31.5 | x\\|y |\n| b |  |  |\n',
    );
  });
});
