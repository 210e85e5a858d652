// PNG files with a palette, made by hand: what any decoder turns into colours comes back as the indices.

import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePicture } from './decode-picture.ts';
import { paletteIndicesAsGrey } from './palette-labels.ts';

function chunk(name: string, content: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** `rows`: packed bytes of each row. */
function palettePng(width: number, bits: number, rows: number[][], colours: number[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([bits, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(colours)),
    chunk('tRNS', Uint8Array.of(0)),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap(row => [0, ...row])))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

async function indices(png: Uint8Array): Promise<number[]> {
  const grey = paletteIndicesAsGrey(png)!;
  const { channels, values } = await decodePicture(grey.bytes, 'labels.png');
  expect(channels).toBe(1);
  return [...values].map(value => Math.round(value * grey.white));
}

describe('indices of a PNG with a palette', () => {
  const colours = Array.from({ length: 256 * 3 }, (_, i) => (i * 37) % 256);

  it('of 8 bits are its bytes', async () => {
    const rows = [
      [0, 1, 200],
      [255, 7, 3],
    ];
    expect(await indices(palettePng(3, 8, rows, colours))).toEqual([0, 1, 200, 255, 7, 3]);
  });

  it('of 4 and 1 bits are unpacked, the first pixel in the highest bits', async () => {
    expect(await indices(palettePng(4, 4, [[0x0f, 0x27]], colours.slice(0, 48)))).toEqual([0, 15, 2, 7]);
    expect(await indices(palettePng(8, 1, [[0b10110001]], colours.slice(0, 6)))).toEqual([1, 0, 1, 1, 0, 0, 0, 1]);
  });

  it('are there only where there is a palette', async () => {
    const grey = palettePng(1, 8, [[5]], colours);
    grey[25] = 0;
    expect(paletteIndicesAsGrey(grey)).toBeUndefined();
    expect(paletteIndicesAsGrey(new Uint8Array(10))).toBeUndefined();
  });
});
