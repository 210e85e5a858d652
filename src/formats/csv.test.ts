import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { type CsvTable, type CsvValue, decodeCsv, encodeCsv, formatCsvRow } from './csv.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const seed = 1729;

describe('csv', () => {
  it(`gives back every table (seed ${seed})`, () => {
    const random = createRandom(seed, 'csv');
    const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)];
    const bits = new DataView(new ArrayBuffer(8));
    const anyDouble = () => {
      bits.setUint32(0, random.integer(2 ** 32));
      bits.setUint32(4, random.integer(2 ** 32));
      return bits.getFloat64(0);
    };
    const texts = [
      '',
      'loss',
      'a,b',
      'say "hi"',
      'two\r\nlines',
      '12',
      'nan',
      '-inf',
      ' padded ',
      '1e5',
      '"',
      'é',
      '\uFEFFx',
    ];
    const numbers = [0, -0, 0.1, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let trial = 0; trial < 300; trial++) {
      const columns = 1 + random.integer(4);
      const value = (): CsvValue => pick([() => pick(texts), () => pick(numbers), anyDouble, random.normal])();
      const row = (make: () => CsvValue) => Array.from({ length: columns }, make);
      const table: CsvTable = {
        header: row(() => pick(texts)) as string[],
        rows: Array.from({ length: random.integer(5) }, () => row(value)),
      };
      expect(decodeCsv(encodeCsv(table), 'a.csv'), `seed ${seed}, trial ${trial}`).toMatchObject(table);
    }
  });

  it('writes RFC 4180', () => {
    expect(formatCsvRow(['a', 'b,c', 'd"e', 0.1, -0, Number.NaN, Number.NEGATIVE_INFINITY, '7'])).toBe(
      'a,"b,c","d""e",0.1,-0,NaN,-inf,"7"\r\n',
    );
  });

  it('reads line ends of both kinds, a byte order mark, padded numbers and empty lines', () => {
    const table = decodeCsv(bytesOf('\uFEFFiteration,loss\n1, 0.5\r\n\n2,Inf\n3,nan'), 'a.csv');
    expect(table).toEqual({
      header: ['iteration', 'loss'],
      rows: [
        [1, 0.5],
        [2, Number.POSITIVE_INFINITY],
        [3, Number.NaN],
      ],
      texts: [
        ['1', ' 0.5'],
        ['2', 'Inf'],
        ['3', 'nan'],
      ],
    });
  });

  it.each([
    ['', 'The table is empty (0 bytes)'],
    ['a,b\n1,2\n3\n', 'Line 3 of the table has 1 fields but the header has 2'],
    ['a,b\n"x\ny",2\n3\n', 'Line 4 of the table has 1 fields'],
    ['a\n"x\n', 'The quoted field that begins on line 2 is not closed'],
    ['a\n"x"y\n', 'Line 2 of the table goes on after the closing quote'],
  ])('names what is wrong with %j', (text, message) => {
    expect(() => decodeCsv(bytesOf(text), 'a.csv')).toThrow(message);
    expect(() => decodeCsv(bytesOf(text), 'a.csv')).toThrow(expect.objectContaining({ code: 'input', where: 'a.csv' }));
  });

  it('refuses a row that is not as long as the header', () => {
    expect(() => encodeCsv({ header: ['a', 'b'], rows: [[1]] })).toThrow('2 columns was given a row of 1 values');
  });
});
