// Pictures built by hand for the tests of this folder, so that no fixture depends on the encoder under test.
import { crc32 } from 'node:zlib';

export interface TiffParts {
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16 | 32;
  readonly samples: number;
  /** 1 unsigned, 2 signed, 3 float. */
  readonly sampleFormat: 1 | 2 | 3;
  /** 1 grey from black, 2 RGB. */
  readonly photometric: 1 | 2;
  /** The last sample is alpha that is not multiplied in. */
  readonly alpha?: 'separate';
  readonly data: Uint8Array | Uint16Array | Int16Array | Float32Array;
}

/** A little-endian TIFF file of pages of one uncompressed strip each (TIFF 6.0, section 2). */
export function tiffFile(...pages: readonly TiffParts[]): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0)];
  let from = 8;
  pages.forEach((page, i) => {
    const block = tiffPage(page, from, i === pages.length - 1 ? 'last' : 'more');
    blocks.push(block);
    from += block.length;
  });
  const bytes = new Uint8Array(from);
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/** Directory, arrays and strip of a page, to lie at byte `from` of the file. */
function tiffPage(parts: TiffParts, from: number, place: 'last' | 'more'): Uint8Array {
  const { samples, bits, data } = parts;
  const entries: [tag: number, type: 3 | 4, count: number, value: number][] = [
    [256, 3, 1, parts.width],
    [257, 3, 1, parts.height],
    [258, 3, samples, bits],
    [259, 3, 1, 1],
    [262, 3, 1, parts.photometric],
    [273, 4, 1, 0],
    [277, 3, 1, samples],
    [278, 3, 1, parts.height],
    [279, 4, 1, data.byteLength],
    ...(parts.alpha === undefined ? [] : ([[338, 3, 1, 2]] as [number, 3, number, number][])),
    [339, 3, samples, parts.sampleFormat],
  ];
  const bitsAt = 2 + entries.length * 12 + 4;
  const formatAt = bitsAt + samples * 2;
  const dataAt = Math.ceil((formatAt + samples * 2) / 4) * 4;
  const bytes = new Uint8Array(Math.ceil((dataAt + data.byteLength) / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, entries.length, true);
  view.setUint32(bitsAt - 4, place === 'last' ? 0 : from + bytes.length, true);
  entries.forEach(([tag, type, count, value], i) => {
    const at = 2 + i * 12;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    const outside = tag === 258 ? bitsAt : formatAt;
    if (tag === 273) view.setUint32(at + 8, from + dataAt, true);
    else if (count <= 2) for (let k = 0; k < count; k++) view.setUint16(at + 8 + 2 * k, value, true);
    else view.setUint32(at + 8, from + outside, true);
    if (tag === 279) view.setUint32(at + 8, value, true);
    if (count > 2) for (let k = 0; k < count; k++) view.setUint16(outside + 2 * k, value, true);
  });
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataAt);
  return bytes;
}

/** The PNG file with an EXIF orientation: an eXIf chunk behind IHDR (PNG specification 3, section 11.3.4.6). */
export function withOrientation(png: Uint8Array, orientation: number): Uint8Array {
  const afterHeader = 8 + 12 + 13;
  const typed = Uint8Array.from([
    ...new TextEncoder().encode('eXIf'),
    ...[0x49, 0x49, 42, 0, 8, 0, 0, 0], // little-endian TIFF, first directory at 8
    ...[1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0], // tag 274, one short
  ]);
  const chunk = new Uint8Array(typed.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, typed.length - 4);
  chunk.set(typed, 4);
  view.setUint32(typed.length + 4, crc32(typed));
  return Uint8Array.from([...png.subarray(0, afterHeader), ...chunk, ...png.subarray(afterHeader)]);
}
