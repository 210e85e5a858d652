// A table as text for other programs: Markdown for notes and papers, CSV for spreadsheets.

import { formatCsvRow } from '../../src/formats/csv.ts';
import { formatNumber } from '../widgets/format-number.ts';

export type Cell = string | number | undefined;

export interface TextTable {
  readonly columns: readonly string[];
  /** Each as long as `columns`; undefined is an empty cell. */
  readonly rows: readonly (readonly Cell[])[];
}

export function toCsv({ columns, rows }: TextTable): string {
  return [columns, ...rows].map(row => formatCsvRow(row.map(cell => cell ?? ''))).join('');
}

/** Numbers stand to the right; what would end a cell is escaped. */
export function toMarkdown({ columns, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const numeric = columns.map((_, c) => rows.length > 0 && rows.every(row => typeof row[c] !== 'string'));
  return [
    line(columns.map(escaped)),
    line(numeric.map(right => (right ? '---:' : '---'))),
    ...rows.map(row => line(row.map(cell => (typeof cell === 'number' ? formatNumber(cell, 6) : escaped(cell ?? ''))))),
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ');
}
