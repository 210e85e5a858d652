// Label pictures are often PNG files with a palette, whose numbers are indices that any decoder turns into colours. Here
// the file is declared grey, so that the decoder gives the indices. The Node variant.
import { crc32 } from 'node:zlib';

const paletteType = 3;
const greyType = 0;

/**
 * The same picture with its indices as grey levels, and the level that is white; undefined for anything but a PNG with a
 * palette. (PNG specification 3, sections 5.3 and 11.2.)
 */
export function paletteIndicesAsGrey(
  bytes: Uint8Array,
): { readonly bytes: Uint8Array; readonly white: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(0) !== 0x89504e47 || bytes[25] !== paletteType) return undefined;
  const chunks = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const chunk = bytes.slice(at, end);
    if (name === 'IHDR') {
      chunk[17] = greyType;
      new DataView(chunk.buffer).setUint32(chunk.length - 4, crc32(chunk.subarray(4, chunk.length - 4)));
    }
    if (name === 'IHDR' || name === 'IDAT' || name === 'IEND') chunks.push(chunk);
    at = end;
  }
  return { bytes: new Uint8Array(Buffer.concat(chunks)), white: 2 ** bytes[24] - 1 };
}
