// Decodes PNG, JPEG, WebP, TIFF, AVIF and GIF files into exact values between 0 and 1: no gamma, no colour profile and no
// alpha is applied. The Node variant, on sharp.
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { focalLengthFromExif } from '../formats/exif.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { Picture } from './picture.ts';
import { describeOtherContent, isCutShort, type PictureFormat, sniffPictureFormat } from './picture-container.ts';

/** The largest picture that is read: its float values take 3 GiB in colour. */
export const mostPixels = 2 ** 28;

const copyAgain = 'Copy or export the picture again.';

export type PictureExtent = Pick<Picture, 'height' | 'width' | 'channels'>;

/**
 * The picture in a file, upright (EXIF orientation applied): 8-bit values / 255, 16-bit values / 65535, float values as
 * they are. A palette becomes RGB, CMYK becomes sRGB, grey stays one channel. Of several pages or animation frames one is
 * read, the first unless `page` says another, and `pages` tells how many there are. Throws a LabError of code 'input' with
 * `where` = `name`, and what `expect` throws, which is told the size before the pixels are decoded.
 */
export async function decodePicture(
  bytes: Uint8Array,
  name: string,
  expect: (extent: PictureExtent) => void = () => {},
  page = 0,
): Promise<Picture> {
  const format = recogniseFormat(bytes, name);
  if (isCutShort(bytes, format)) throw truncatedError(bytes, format, name);
  const options: SharpOptions = {
    ...(page === 0 ? {} : { page }),
    autoOrient: true,
    failOn: 'truncated',
    limitInputPixels: false,
    // A profile would resample the values; only CMYK cannot be read without one.
    ignoreIcc: true,
  };
  const metadata = await decodeOrExplain(() => sharp(bytes, options).metadata(), bytes, format, name);
  if (metadata.width * metadata.height > mostPixels) {
    throw new LabError({
      code: 'input',
      message: `The picture has ${metadata.width} × ${metadata.height} pixels; at most 2^28 (${mostPixels}) can be read.`,
      tip: 'Scale the picture down or cut a part out of it.',
      where: name,
    });
  }
  const reading = chooseReading(metadata, format, name);
  expect({ height: metadata.height, width: metadata.width, channels: reading.channels });
  const { data, info } = await decodeOrExplain(
    () =>
      sharp(bytes, { ...options, ignoreIcc: metadata.space !== 'cmyk' })
        .toColourspace(reading.target)
        .raw({ depth: reading.depth })
        .toBuffer({ resolveWithObject: true }),
    bytes,
    format,
    name,
  );
  const stored = asStoredValues(data, reading.depth);
  const { values, alpha } = splitChannels(stored, info.channels, reading);
  if (reading.depth === 'float') requireUnitRange(values, name);
  return {
    width: info.width,
    height: info.height,
    channels: reading.channels,
    values,
    bitDepth: reading.depth === 'uchar' ? 8 : 16,
    alpha,
    colourSpace: describeColourSpace(metadata, reading),
    pages: metadata.pages ?? 1,
    focalLengthPixels: metadata.exif && focalLengthFromExif(metadata.exif, info.width, info.height),
  };
}

/**
 * How many frames a file is: the pages of a TIFF where all are of one size and kind, as microscopes and scanners write
 * them; 1 for everything else (a TIFF may also hold smaller copies of its picture), and for what cannot be read.
 */
export async function countFrames(bytes: Uint8Array): Promise<number> {
  if (sniffPictureFormat(bytes) !== 'TIFF') return 1;
  try {
    const first = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { pages = 1 } = first;
    for (let page = 1; page < pages; page++) {
      const other = await sharp(bytes, { limitInputPixels: false, page }).metadata();
      if (frameTraits.some(trait => other[trait] !== first[trait])) return 1;
    }
    return pages;
  } catch {
    return 1; // decoding it tells why
  }
}

const frameTraits = ['width', 'height', 'channels', 'depth', 'space', 'orientation'] as const;

/** How the decoder is asked so that it hands out the stored values. */
interface Reading {
  readonly target: 'b-w' | 'srgb' | 'grey16' | 'rgb16' | 'scrgb';
  readonly depth: 'uchar' | 'ushort' | 'float';
  readonly channels: 1 | 3;
  readonly hasAlpha: boolean;
  /** Stored value that stands for 1. */
  readonly scale: number;
}

function chooseReading(metadata: Metadata, format: PictureFormat, name: string): Reading {
  const { space, depth, channels: bands } = metadata;
  const hasAlpha = metadata.hasAlpha === true;
  const isGrey = bands <= 2;
  const channels = isGrey ? 1 : 3;
  if (bands - (hasAlpha ? 1 : 0) > 4 || space === 'multiband') {
    throw new LabError({
      code: 'input',
      message: `The ${format} file has ${bands} channels; grey, RGB and CMYK, with or without alpha, can be read.`,
      tip: 'Save the channels as a NumPy array (.npy) instead.',
      where: name,
    });
  }
  // Asked for 'b-w', the decoder drops alpha; as 'srgb' the grey value comes three times, unchanged, and alpha once.
  const grey8 = hasAlpha ? 'srgb' : 'b-w';
  if (depth === 'uchar') {
    return { target: isGrey ? grey8 : 'srgb', depth, channels, hasAlpha, scale: 255 };
  }
  if (depth === 'ushort') {
    // The 10 and 12 bits of AVIF come shifted up to 16, so that white is 1023 · 2^6 or 4095 · 2^4.
    const bits = format === 'AVIF' ? Math.min(16, metadata.bitsPerSample ?? 16) : 16;
    const scale = (2 ** bits - 1) * 2 ** (16 - bits);
    return { target: isGrey ? 'grey16' : 'rgb16', depth, channels, hasAlpha, scale };
  }
  if (depth === 'float' && (space === 'b-w' || space === 'scrgb')) {
    return { target: isGrey ? grey8 : 'scrgb', depth, channels, hasAlpha, scale: 1 };
  }
  throw new LabError({
    code: 'input',
    message: `The ${format} file holds ${depth} values (${space}); 8-bit and 16-bit whole numbers without sign and 32-bit floats can be read.`,
    tip: 'Save it with 16 bits without sign, or as a NumPy array (.npy).',
    where: name,
  });
}

type StoredValues = Uint8Array | Uint16Array | Float32Array;

function asStoredValues(data: Uint8Array, depth: Reading['depth']): StoredValues {
  if (depth === 'uchar') return data;
  const size = depth === 'ushort' ? 2 : 4;
  const aligned = data.byteOffset % size === 0 ? data : data.slice();
  const length = aligned.byteLength / size;
  return depth === 'ushort'
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
    : new Float32Array(aligned.buffer, aligned.byteOffset, length);
}

/** From `bands` interleaved values per pixel to one or three of them and, where there is one, alpha apart. */
function splitChannels(
  stored: StoredValues,
  bands: number,
  { channels, hasAlpha, scale }: Reading,
): { values: Float32Array; alpha: Float32Array | undefined } {
  const pixels = stored.length / bands;
  const values = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) values[pixel * channels + c] = stored[pixel * bands + c] / scale;
  }
  if (!hasAlpha) return { values, alpha: undefined };
  const alpha = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) alpha[pixel] = stored[pixel * bands + bands - 1] / scale;
  return { values, alpha };
}

function requireUnitRange(values: Float32Array, name: string): void {
  const outside = values.findIndex(value => !(value >= 0 && value <= 1));
  if (outside < 0) return;
  throw new LabError({
    code: 'input',
    message: `The float picture holds the value ${values[outside]}; pictures run from 0 to 1.`,
    tip: 'Scale the values into 0 to 1, or save them as a NumPy array (.npy).',
    where: name,
  });
}

function describeColourSpace(metadata: Metadata, reading: Reading): string {
  if (metadata.space === 'cmyk') return 'CMYK converted to sRGB';
  if (metadata.space === 'lab') return 'CIELAB converted to sRGB';
  const kind = reading.channels === 1 ? 'grey' : 'RGB';
  const type = reading.depth === 'float' ? 'float ' : '';
  return metadata.hasProfile === true
    ? `${type}${kind} as stored, embedded colour profile not applied`
    : `${type}${kind} as stored`;
}

function recogniseFormat(bytes: Uint8Array, name: string): PictureFormat {
  if (bytes.length === 0) {
    throw new LabError({
      code: 'input',
      message: 'The picture file is empty (0 bytes).',
      tip: copyAgain,
      where: name,
    });
  }
  const format = sniffPictureFormat(bytes);
  if (format !== undefined) return format;
  const other = describeOtherContent(bytes);
  throw new LabError({
    code: 'input',
    message:
      other === undefined
        ? `The file (${bytes.length} bytes) does not begin like a picture.`
        : `The file looks like ${other}, not like a picture that can be read.`,
    tip: 'Give a PNG, JPEG, WebP, TIFF, AVIF or GIF picture, or a NumPy array (.npy, .npz).',
    where: name,
  });
}

async function decodeOrExplain<Result>(
  decode: () => Promise<Result>,
  bytes: Uint8Array,
  format: PictureFormat,
  name: string,
): Promise<Result> {
  try {
    return await decode();
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n').at(-1)?.trim() ?? '';
    if (/premature end|truncat|unexpected end|not enough data|end of file/i.test(reason)) {
      throw truncatedError(bytes, format, name, cause);
    }
    throw new LabError({
      code: 'input',
      message: `The ${format} file (${bytes.length} bytes) is damaged or truncated: ${reason}.`,
      tip: copyAgain,
      where: name,
      cause,
    });
  }
}

function truncatedError(bytes: Uint8Array, format: PictureFormat, name: string, cause?: unknown): LabError {
  return new LabError({
    code: 'input',
    message: `The ${format} file is truncated: it ends after ${bytes.length} bytes, before the picture is complete.`,
    tip: copyAgain,
    where: name,
    cause,
  });
}
