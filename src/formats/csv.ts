// Reading and writing of simple CSV tables (RFC 4180): one header row, then rows of numbers and text. Pure, runs in every
// process; numbers are written so that they read back to the same double.
import { LabError } from '../protocol/lab-error.ts';

export type CsvValue = number | string;

export interface CsvTable {
  readonly header: readonly string[];
  /** Every row as long as the header. */
  readonly rows: readonly (readonly CsvValue[])[];
}

export interface DecodedCsv extends CsvTable {
  /** The fields of `rows` as they are written, without their quotes: for what is carried through unchanged. */
  readonly texts: readonly (readonly string[])[];
}

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const wordNumbers = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * One row with its line end (CRLF), for tables written piece by piece. Numbers are as short as they can be, `NaN`,
 * `inf` and `-inf` included; text that would read back as a number is quoted.
 */
export function formatCsvRow(values: readonly CsvValue[]): string {
  // A lone empty field would be an empty line, which readers skip.
  if (values.length === 1 && values[0] === '') return '""\r\n';
  return `${values.map(formatField).join(',')}\r\n`;
}

/** A table as UTF-8 text. Throws a LabError of code 'internal' where a row is not as long as the header. */
export function encodeCsv(table: CsvTable): Uint8Array {
  const lines = [formatCsvRow(table.header)];
  for (const row of table.rows) {
    if (row.length !== table.header.length) {
      throw new LabError({
        code: 'internal',
        message: `A table of ${table.header.length} columns was given a row of ${row.length} values.`,
      });
    }
    lines.push(formatCsvRow(row));
  }
  return new TextEncoder().encode(lines.join(''));
}

/**
 * The table in UTF-8 text with LF or CRLF line ends, with or without a byte order mark; empty lines are skipped. An
 * unquoted field that is a number (also `nan`, `inf`) is one, every other field is text. Throws a LabError of code
 * 'input' with `where` = `name` that names the line.
 */
export function decodeCsv(bytes: Uint8Array, name: string): DecodedCsv {
  const text = new TextDecoder().decode(bytes);
  const [header, ...rows] = splitRows(text, name);
  if (header === undefined) {
    throw new LabError({
      code: 'input',
      message: `The table is empty (${bytes.length} bytes); a header row is needed.`,
      tip: 'Save the table again with the names of its columns in the first row.',
      where: name,
    });
  }
  const uneven = rows.find(row => row.fields.length !== header.fields.length);
  if (uneven !== undefined) {
    throw new LabError({
      code: 'input',
      message: `Line ${uneven.line} of the table has ${uneven.fields.length} fields but the header has ${header.fields.length}.`,
      tip: 'Give every row one field per column; quote text that holds a comma.',
      where: name,
    });
  }
  return {
    header: header.fields.map(field => field.text),
    rows: rows.map(row => row.fields.map(readField)),
    texts: rows.map(row => row.fields.map(field => field.text)),
  };
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

interface Row {
  readonly line: number;
  readonly fields: Field[];
}

function formatField(value: CsvValue): string {
  if (typeof value === 'number') return formatNumber(value);
  const needsQuotes = /[",\r\n]|^\s|\s$|^\uFEFF/.test(value) || parseNumber(value) !== undefined;
  return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
}

function formatNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return String(value);
}

function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return numberPattern.test(trimmed) ? Number(trimmed) : wordNumbers.get(trimmed.toLowerCase());
}

function readField(field: Field): CsvValue {
  return field.quoted ? field.text : (parseNumber(field.text) ?? field.text);
}

function splitRows(text: string, name: string): Row[] {
  const rows: Row[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const row: Row = { line, fields: [] };
    for (;;) {
      let field: Field;
      if (text[at] === '"') {
        const close = closingQuote(text, at);
        if (close < 0) throw quoteError(`The quoted field that begins on line ${line} is not closed.`, name);
        field = { text: text.slice(at + 1, close).replaceAll('""', '"'), quoted: true };
        line += field.text.split('\n').length - 1;
        at = close + 1;
        if (at < text.length && !/[,\r\n]/.test(text[at])) {
          throw quoteError(`Line ${line} of the table goes on after the closing quote of a field.`, name);
        }
      } else {
        const start = at;
        while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++;
        field = { text: text.slice(start, at), quoted: false };
      }
      row.fields.push(field);
      if (text[at] !== ',') break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    const isEmptyLine = row.fields.length === 1 && row.fields[0].text === '' && !row.fields[0].quoted;
    if (!isEmptyLine) rows.push(row);
  }
  return rows;
}

function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function quoteError(message: string, name: string): LabError {
  return new LabError({
    code: 'input',
    message,
    tip: 'Begin and end a quoted field with ", and double every " inside it.',
    where: name,
  });
}
