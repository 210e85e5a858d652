// Looks at the outside of a file: whether its first bytes are those of a video. Any process.

import { sniffPictureFormat } from './picture-container.ts';

/** The file name extensions under which videos come; what is in them tells the truth. */
export const videoExtensions: ReadonlySet<string> = new Set(
  '.mp4 .m4v .mov .webm .mkv .avi .mpg .mpeg .m2v .ts .mts .m2ts .3gp .3g2 .ogv .flv .wmv .asf .mxf .y4m'.split(' '),
);

/** HEIC pictures and audio books begin like MP4. */
const noVideoBrands = /^(heic|heix|heim|heis|mif1|avif|M4A |M4B |M4P )/;
const quickTimeAtoms = ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];

/** By its first bytes (a few hundred suffice). A picture is none, whatever it is called. */
export function looksLikeVideo(bytes: Uint8Array): boolean {
  if (sniffPictureFormat(bytes) !== undefined) return false;
  const text = String.fromCharCode(...bytes.subarray(0, 16));
  if (text.slice(4, 8) === 'ftyp') return !noVideoBrands.test(text.slice(8));
  if (quickTimeAtoms.includes(text.slice(4, 8))) return true;
  if (text.startsWith('RIFF')) return text.slice(8, 12) === 'AVI ';
  // MPEG transport streams repeat their mark every 188 bytes; M2TS puts four bytes before each.
  if ([0, 4].some(at => bytes[at] === 0x47 && bytes[at + 188 + at] === 0x47)) return true;
  return [
    '\x1aE\xdf\xa3',
    '\x00\x00\x01\xba',
    '\x00\x00\x01\xb3',
    'OggS',
    'FLV\x01',
    '\x30\x26\xb2\x75',
    'YUV4MPEG2',
  ].some(mark => text.startsWith(mark));
}
