import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePicture } from './decode-picture.ts';
import { encodePng } from './encode-picture.ts';
import type { Picture } from './picture.ts';
import { tiffFile, withOrientation } from './picture-fixtures.ts';

const random = createRandom(31, 'decode-picture');
const bytes8 = Uint8Array.from({ length: 24 * 16 * 3 }, () => random.integer(256));
const rgb8 = () => sharp(bytes8, { raw: { width: 24, height: 16, channels: 3 } });
/** One colour per 8 × 8 block, so that a cosine transform holds nothing but its constant term. */
const blocks8 = bytes8.map((_, i) => {
  const [column, row] = [Math.floor(i / 3) % 24, Math.floor(i / 72)];
  return bytes8[(Math.floor(row / 8) * 3 + Math.floor(column / 8)) * 3 + (i % 3)];
});
const flatBlocks = () => sharp(blocks8, { raw: { width: 24, height: 16, channels: 3 } });
const over = (values: Iterable<number>, largest: number) => Float32Array.from(values, value => value / largest);

async function errorOf(promise: Promise<unknown>): Promise<LabError> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(LabError);
  return thrown as LabError;
}

describe('exact values', () => {
  it.each([
    ['PNG', () => rgb8().png()],
    ['interlaced PNG', () => rgb8().png({ progressive: true })],
    ['lossless WebP', () => rgb8().webp({ lossless: true })],
    ['TIFF (LZW)', () => rgb8().tiff({ compression: 'lzw' })],
    ['TIFF (deflate, tiled)', () => rgb8().tiff({ compression: 'deflate', tile: true })],
  ])('8-bit RGB from %s', async (_, encode) => {
    const picture = await decodePicture(await encode().toBuffer(), 'a');
    expect(picture).toMatchObject({ width: 24, height: 16, channels: 3, bitDepth: 8, alpha: undefined, pages: 1 });
    expect(picture.values).toEqual(over(bytes8, 255));
    expect(picture.colourSpace).toBe('RGB as stored');
  });

  it.each([
    ['JPEG', () => flatBlocks().jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
    ['lossless AVIF', () => flatBlocks().avif({ lossless: true, chromaSubsampling: '4:4:4' })],
  ])('8-bit RGB from %s, within the rounding of its colour transform', async (_, encode) => {
    const picture = await decodePicture(await encode().toBuffer(), 'a');
    expect(picture).toMatchObject({ channels: 3, bitDepth: 8 });
    const worst = picture.values.reduce((most, value, i) => Math.max(most, Math.abs(value * 255 - blocks8[i])), 0);
    // Y, Cb and Cr are each off by half a level at most: 0.5 + 1.772 · 0.5 for blue, then rounded to a level.
    expect(worst).toBeLessThan(2.01);
  });

  it('8-bit grey stays one channel, also from JPEG', async () => {
    const levels = Uint8Array.from({ length: 256 }, (_, i) => i);
    const grey = () => sharp(levels, { raw: { width: 16, height: 16, channels: 1 } }).toColourspace('b-w');
    const png = await decodePicture(await grey().png().toBuffer(), 'a');
    expect(png).toMatchObject({ channels: 1, bitDepth: 8, colourSpace: 'grey as stored' });
    expect(png.values).toEqual(over(levels, 255));
    const jpeg = await decodePicture(await grey().jpeg({ quality: 100 }).toBuffer(), 'a');
    expect(jpeg).toMatchObject({ channels: 1, bitDepth: 8 });
  });

  // Neighbours at the ends and odd levels show any detour over 8 bits or a curve.
  const levels16 = Uint16Array.of(0, 1, 2, 255, 256, 257, 4095, 32767, 32768, 65278, 65534, 65535);

  it('16-bit grey from PNG and TIFF', async () => {
    const png = await sharp(levels16, { raw: { width: 4, height: 3, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const tiff = tiffFile({
      width: 4,
      height: 3,
      bits: 16,
      samples: 1,
      sampleFormat: 1,
      photometric: 1,
      data: levels16,
    });
    for (const file of [png, tiff]) {
      const picture = await decodePicture(file, 'a');
      expect(picture).toMatchObject({ width: 4, height: 3, channels: 1, bitDepth: 16 });
      expect(picture.values).toEqual(over(levels16, 65535));
    }
  });

  it('16-bit RGB from PNG and TIFF', async () => {
    const raw = { width: 2, height: 2, channels: 3 } as const;
    const png = await sharp(levels16, { raw }).toColourspace('rgb16').png().toBuffer();
    const tiff = tiffFile({
      width: 2,
      height: 2,
      bits: 16,
      samples: 3,
      sampleFormat: 1,
      photometric: 2,
      data: levels16,
    });
    for (const file of [png, tiff]) {
      const picture = await decodePicture(file, 'a');
      expect(picture).toMatchObject({ width: 2, height: 2, channels: 3, bitDepth: 16 });
      expect(picture.values).toEqual(over(levels16, 65535));
    }
  });

  it('float grey and float RGB from TIFF', async () => {
    const data = Float32Array.of(0, 0.1, 0.5, 1, 1e-6, 0.999);
    const grey = await decodePicture(
      tiffFile({ width: 3, height: 2, bits: 32, samples: 1, sampleFormat: 3, photometric: 1, data }),
      'a',
    );
    expect(grey).toMatchObject({ channels: 1, bitDepth: 16, colourSpace: 'float grey as stored' });
    expect(grey.values).toEqual(data);
    const colour = await decodePicture(
      tiffFile({ width: 2, height: 1, bits: 32, samples: 3, sampleFormat: 3, photometric: 2, data }),
      'a',
    );
    expect(colour).toMatchObject({ width: 2, height: 1, channels: 3 });
    expect(colour.values).toEqual(data);
  });

  it('10-bit AVIF is scaled by its own white', async () => {
    for (const level of [0, 512, 1023]) {
      const flat = sharp(new Uint16Array(8 * 8 * 3).fill(level * 64), { raw: { width: 8, height: 8, channels: 3 } });
      const file = await flat.toColourspace('rgb16').avif({ bitdepth: 10, lossless: true }).toBuffer();
      const picture = await decodePicture(file, 'a');
      expect(picture.bitDepth).toBe(16);
      expect(picture.values).toEqual(new Float32Array(8 * 8 * 3).fill(level / 1023));
    }
  });

  it('keeps the stored values where a colour profile is embedded', async () => {
    const file = await rgb8().png().withIccProfile('p3').toBuffer();
    const plain = await sharp(file, { ignoreIcc: true }).raw().toBuffer();
    const picture = await decodePicture(file, 'a');
    expect(picture.colourSpace).toBe('RGB as stored, embedded colour profile not applied');
    expect(picture.values).toEqual(over(plain, 255));
  });
});

describe('alpha', () => {
  it('is split off and not multiplied, 8-bit RGB', async () => {
    const rgba = Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128);
    const file = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const picture = await decodePicture(file, 'a');
    expect(picture.values).toEqual(over([10, 20, 30, 40, 50, 60], 255));
    expect(picture.alpha).toEqual(over([0, 128], 255));
  });

  it('is split off, 8-bit and 16-bit grey', async () => {
    const raw = { width: 2, height: 1, channels: 2 } as const;
    const grey8 = sharp(Uint8Array.of(10, 0, 200, 77), { raw })
      .toColourspace('b-w')
      .png();
    const picture8 = await decodePicture(await grey8.toBuffer(), 'a');
    expect(picture8).toMatchObject({ channels: 1, bitDepth: 8 });
    expect(picture8.values).toEqual(over([10, 200], 255));
    expect(picture8.alpha).toEqual(over([0, 77], 255));
    const grey16 = sharp(Uint16Array.of(10, 1, 40001, 65535), { raw })
      .toColourspace('grey16')
      .png();
    const picture16 = await decodePicture(await grey16.toBuffer(), 'a');
    expect(picture16).toMatchObject({ channels: 1, bitDepth: 16 });
    expect(picture16.values).toEqual(over([10, 40001], 65535));
    expect(picture16.alpha).toEqual(over([1, 65535], 65535));
  });

  it('is split off, 16-bit RGB TIFF', async () => {
    const data = Uint16Array.of(1, 300, 40001, 5, 65535, 7, 8, 65535);
    const file = tiffFile({
      width: 2,
      height: 1,
      bits: 16,
      samples: 4,
      sampleFormat: 1,
      photometric: 2,
      alpha: 'separate',
      data,
    });
    const picture = await decodePicture(file, 'a');
    expect(picture.values).toEqual(over([1, 300, 40001, 65535, 7, 8], 65535));
    expect(picture.alpha).toEqual(over([5, 65535], 65535));
  });
});

describe('kinds of files', () => {
  it('a palette becomes RGB', async () => {
    const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
    const file = await sharp(Uint8Array.from(colours), { raw: { width: 4, height: 1, channels: 3 } })
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(file).metadata()).isPalette).toBe(true);
    const picture = await decodePicture(file, 'a');
    expect(picture).toMatchObject({ channels: 3, bitDepth: 8 });
    expect(picture.values).toEqual(over(colours, 255));
  });

  it('EXIF orientation is applied', async () => {
    // Stored 3 wide and 2 high; orientation 6 asks for a quarter turn clockwise.
    const stored = await sharp(Uint8Array.of(1, 2, 3, 4, 5, 6), { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const file = withOrientation(stored, 6);
    const picture = await decodePicture(file, 'a');
    expect(picture).toMatchObject({ width: 2, height: 3, channels: 1 });
    expect(picture.values).toEqual(over([4, 1, 5, 2, 6, 3], 255));
  });

  it('16 bits survive the turn of the EXIF orientation', async () => {
    const levels = Uint16Array.of(1, 20001, 257, 4, 65534, 6);
    const stored = await sharp(levels, { raw: { width: 1, height: 2, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const file = withOrientation(stored, 3);
    const picture = await decodePicture(file, 'a');
    expect(picture.values).toEqual(over([4, 65534, 6, 1, 20001, 257], 65535));
  });

  it('CMYK becomes sRGB', async () => {
    const cyan = sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 0, g: 160, b: 220 } } });
    const file = await cyan.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const picture = await decodePicture(file, 'a');
    expect(picture).toMatchObject({ channels: 3, bitDepth: 8, colourSpace: 'CMYK converted to sRGB' });
    const [red, green, blue] = picture.values;
    expect(red).toBeLessThan(green);
    expect(green).toBeLessThan(blue);
  });

  it('of an animation the first frame is read and the frames are counted', async () => {
    const frames = Uint8Array.from({ length: 8 * 8 * 3 * 3 }, (_, i) => Math.floor(i / (8 * 8 * 3)) * 100);
    const options = { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } } as const;
    for (const format of ['webp', 'gif'] as const) {
      const file = await sharp(frames, options).toFormat(format).toBuffer();
      const picture = await decodePicture(file, 'a');
      expect(picture).toMatchObject({ width: 8, height: 8, pages: 3 });
      expect(picture.values.every(value => value === 0)).toBe(true);
    }
  });
});

describe('files that cannot be read', () => {
  const encoders = {
    PNG: () => rgb8().png(),
    JPEG: () => rgb8().jpeg(),
    'progressive JPEG': () => rgb8().jpeg({ progressive: true }),
    WebP: () => rgb8().webp(),
    TIFF: () => rgb8().tiff({ compression: 'lzw' }),
    AVIF: () => rgb8().avif({ effort: 0 }),
  };

  it.each(Object.keys(encoders) as (keyof typeof encoders)[])('%s cut at any byte', async kind => {
    const whole = await encoders[kind]().toBuffer();
    const cuts = [
      1,
      2,
      3,
      5,
      9,
      11,
      13,
      20,
      40,
      whole.length - 1,
      whole.length - 2,
      whole.length - 5,
      whole.length - 13,
    ];
    for (let k = 1; k < 20; k++) cuts.push(Math.floor((whole.length * k) / 20));
    for (const cut of cuts) {
      const error = await errorOf(decodePicture(whole.subarray(0, cut), 'photo'));
      expect(error, `${cut} of ${whole.length} bytes`).toMatchObject({ code: 'input', where: 'photo' });
      if (cut >= 40) expect(error.message, `${cut} of ${whole.length} bytes`).toContain('truncated');
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['0 bytes', new Uint8Array(), 'The picture file is empty (0 bytes).'],
    ['text', new TextEncoder().encode('hello, world'), 'looks like a text'],
    ['a drawing', new TextEncoder().encode('<?xml version="1.0"?><svg width="3"/>'), 'looks like an SVG drawing'],
    ['a document', new TextEncoder().encode('%PDF-1.7'), 'looks like a PDF document'],
    ['noise', Uint8Array.of(0xc3, 0x28, 0, 1, 2, 3, 4, 5), 'The file (8 bytes) does not begin like a picture.'],
    [
      'signed TIFF',
      tiffFile({
        width: 2,
        height: 1,
        bits: 16,
        samples: 1,
        sampleFormat: 2,
        photometric: 1,
        data: Int16Array.of(-1, 1),
      }),
      'holds short values',
    ],
    [
      'float TIFF beyond 1',
      tiffFile({
        width: 2,
        height: 1,
        bits: 32,
        samples: 1,
        sampleFormat: 3,
        photometric: 1,
        data: Float32Array.of(0.5, 255),
      }),
      'holds the value 255; pictures run from 0 to 1',
    ],
  ])('names %s', async (_, bytes, message) => {
    const error = await errorOf(decodePicture(bytes, 'photo'));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'input', where: 'photo' });
    expect(error.tip).toBeTruthy();
  });

  it('names a damaged chunk', async () => {
    const file = new Uint8Array(await rgb8().png().toBuffer());
    file[60] ^= 0xff;
    expect((await errorOf(decodePicture(file, 'photo'))).message).toMatch(/PNG file .* is damaged or truncated/);
  });

  it('refuses more than 2^28 pixels by the header alone', async () => {
    const file = tiffFile({
      width: 65535,
      height: 65535,
      bits: 8,
      samples: 1,
      sampleFormat: 1,
      photometric: 1,
      data: new Uint8Array(16),
    });
    const error = await errorOf(decodePicture(file, 'photo'));
    expect(error.message).toBe('The picture has 65535 × 65535 pixels; at most 2^28 (268435456) can be read.');
  });
});

describe('encodePng', () => {
  it.each([
    [8, 1],
    [8, 3],
    [16, 1],
    [16, 3],
  ] as const)('%i bits, %i channels: what was written reads back', async (bits, channels) => {
    const largest = 2 ** bits - 1;
    const values = Float32Array.from({ length: 31 * 17 * channels }, () => random.integer(largest + 1) / largest);
    const picture: Picture = await decodePicture(
      await encodePng({ width: 31, height: 17, channels, values }, bits),
      'a',
    );
    expect(picture).toMatchObject({ width: 31, height: 17, channels, bitDepth: bits });
    expect(picture.values).toEqual(values);
  });

  it('rounds to the nearest level and clips', async () => {
    const values = Float32Array.of(-1, 0.4 / 255, 0.6 / 255, 1.5, Number.NaN, Number.POSITIVE_INFINITY);
    const file = await encodePng({ width: 6, height: 1, channels: 1, values }, 8);
    expect((await decodePicture(file, 'a')).values).toEqual(over([0, 0, 1, 255, 0, 255], 255));
  });

  it('refuses values that do not fit the size', async () => {
    const picture = { width: 2, height: 2, channels: 3, values: new Float32Array(4) } as const;
    expect((await errorOf(encodePng(picture, 8))).code).toBe('internal');
  });
});
