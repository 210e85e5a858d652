// Looks at the outside of a picture file: which format its first bytes announce, and whether the container is complete.
// The decoder itself accepts a PNG that lacks its last bytes, so this is checked before. Any process.

export type PictureFormat = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'AVIF' | 'GIF';

/** The file name extensions that are taken for pictures in a folder. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.tif',
  '.tiff',
  '.avif',
  '.gif',
]);

/** The format that the first bytes announce, or undefined where they announce none that can be read. */
export function sniffPictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const text = latin1(bytes, 0, 32);
  // A file cut inside its signature is still told apart from one that never was a picture.
  const begins = (signature: string) => text.length > 1 && signature.startsWith(text.slice(0, signature.length));
  if (begins('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (begins('\xff\xd8\xff')) return 'JPEG';
  if (begins('GIF87a') || begins('GIF89a')) return 'GIF';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some(begins)) return 'TIFF';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'WebP';
  if (text.slice(4, 8) === 'ftyp' && /avi[fs]/.test(latin1(bytes, 8, 64))) return 'AVIF';
  return undefined;
}

/** What a file that is no readable picture seems to be, for a message; undefined where nothing is recognised. */
export function describeOtherContent(bytes: Uint8Array): string | undefined {
  const text = latin1(bytes, 0, 512);
  if (text.slice(4, 8) === 'ftyp') {
    return /heic|heix|mif1|msf1/.test(text.slice(8, 32)) ? 'a HEIC picture' : 'an MP4 or QuickTime video';
  }
  const known: readonly (readonly [string, string])[] = [
    ['%PDF', 'a PDF document'],
    ['BM', 'a BMP picture'],
    ['8BPS', 'a Photoshop document'],
    ['v/1\x01', 'an OpenEXR picture'],
    ['PK\x03\x04', 'a zip archive'],
    ['\x1aE\xdf\xa3', 'a WebM or Matroska video'],
    ['RIFF', 'an AVI video or a sound'],
    ['\x93NUMPY', 'a NumPy array'],
    ['\x00\x00\x00\x0cJXL ', 'a JPEG XL picture'],
    ['\xff\x0a', 'a JPEG XL picture'],
  ];
  const match = known.find(([signature]) => text.startsWith(signature));
  if (match !== undefined) return match[1];
  if (/<svg[\s>]/.test(text)) return 'an SVG drawing';
  if (/^\s*<(?:!doctype html|html)/i.test(text)) return 'a web page';
  return /^[\t\r\n\x20-\x7e]+$/.test(text) ? 'a text' : undefined;
}

/** True where the container states a length or an end mark that the bytes do not reach. False where it cannot be told. */
export function isCutShort(bytes: Uint8Array, format: PictureFormat): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case 'PNG':
      return isPngCutShort(bytes, view);
    case 'WebP':
      return bytes.length < 12 || bytes.length < view.getUint32(4, true) + 8;
    case 'AVIF':
      return areBoxesCutShort(view);
    case 'GIF':
      return bytes.length < 14;
    case 'TIFF':
      return isTiffCutShort(view);
    case 'JPEG':
      return false;
  }
}

/** Chunks: length, type, content, checksum; the last is IEND (PNG specification 3, section 5.3). */
function isPngCutShort(bytes: Uint8Array, view: DataView): boolean {
  let at = 8;
  while (at + 12 <= bytes.length) {
    if (latin1(bytes, at + 4, at + 8) === 'IEND') return false;
    at += 12 + view.getUint32(at);
  }
  return true;
}

/** Boxes: length, type, content (ISO/IEC 14496-12, section 4.2). */
function areBoxesCutShort(view: DataView): boolean {
  let at = 0;
  while (at < view.byteLength) {
    if (at + 8 > view.byteLength) return true;
    const length = view.getUint32(at);
    // 0 reaches to the end of the file; 1 announces a 64-bit length, which a picture file has no use for.
    if (length < 8) return false;
    at += length;
  }
  return at > view.byteLength;
}

/**
 * A directory for each page, chained by offsets; where the pixels are not compressed, the decoder takes those that are
 * missing for zeros (TIFF 6.0, section 2). What is compressed it misses itself; BigTIFF cannot be told.
 */
function isTiffCutShort(view: DataView): boolean {
  const { byteLength } = view;
  if (byteLength < 8) return true;
  const little = view.getUint8(0) === 0x49;
  const short = (at: number) => view.getUint16(at, little);
  const long = (at: number) => view.getUint32(at, little);
  if (short(2) !== 42) return false;
  const seen = new Set<number>();
  for (let at = long(4); at !== 0 && !seen.has(at); ) {
    seen.add(at);
    if (at + 2 > byteLength) return true;
    const count = short(at);
    const next = at + 2 + 12 * count;
    if (next + 4 > byteLength) return true;
    const fields = new Map<number, readonly number[]>();
    for (let entry = at + 2; entry < next; entry += 12) {
      const size = { 3: 2, 4: 4 }[short(entry + 2)];
      const length = long(entry + 4);
      if (size === undefined) continue;
      const from = size * length <= 4 ? entry + 8 : long(entry + 8);
      if (from + size * length > byteLength) return true;
      const read = size === 2 ? short : long;
      fields.set(
        short(entry),
        Array.from({ length }, (_, i) => read(from + size * i)),
      );
    }
    const [compression = 1] = fields.get(COMPRESSION) ?? [];
    const offsets = fields.get(STRIP_OFFSETS) ?? fields.get(TILE_OFFSETS) ?? [];
    const counts = fields.get(STRIP_BYTES) ?? fields.get(TILE_BYTES) ?? [];
    if (compression === 1 && offsets.some((offset, i) => offset + (counts[i] ?? 0) > byteLength)) return true;
    at = long(next);
  }
  return false;
}

const COMPRESSION = 259;
const [STRIP_OFFSETS, STRIP_BYTES] = [273, 279];
const [TILE_OFFSETS, TILE_BYTES] = [324, 325];

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
