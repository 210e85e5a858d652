// Encodes values between 0 and 1 as PNG with 8 or 16 bits. The Node variant, on sharp.
import sharp, { type Sharp } from 'sharp';
import { LabError } from '../protocol/lab-error.ts';
import type { PictureValues } from './picture.ts';

/**
 * A PNG file, grey or RGB by `channels`. Values are clipped to 0 to 1 and rounded to the nearest level; NaN becomes 0.
 * What `decodePicture` read with the same number of bits comes back unchanged. Throws a LabError of code 'internal'
 * where the number of values does not fit the size.
 */
export async function encodePng(picture: PictureValues, bits: 8 | 16): Promise<Uint8Array> {
  const encoded = await rawPicture(picture, bits).png().toBuffer();
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

/** An 8-bit PNG whose longer side is at most `side` pixels; smaller pictures keep their size. */
export async function encodeThumbnail(picture: PictureValues, side: number): Promise<Uint8Array> {
  return rawPicture(picture, 8).resize(side, side, { fit: 'inside', withoutEnlargement: true }).png().toBuffer();
}

function rawPicture(picture: PictureValues, bits: 8 | 16): Sharp {
  const { width, height, channels, values } = picture;
  if (values.length !== width * height * channels) {
    throw new LabError({
      code: 'internal',
      message: `A picture of ${width} × ${height} × ${channels} was to be written from ${values.length} values.`,
    });
  }
  const levels = bits === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  const largest = 2 ** bits - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Written so that NaN takes the last branch.
    levels[i] = value >= 1 ? largest : value > 0 ? Math.round(value * largest) : 0;
  }
  // Without a named colour space of its depth sharp would bring 16 bits down to 8, and grey up to RGB.
  const colourSpace = bits === 8 ? (channels === 1 ? 'b-w' : 'srgb') : channels === 1 ? 'grey16' : 'rgb16';
  return sharp(levels, { raw: { width, height, channels } }).toColourspace(colourSpace);
}
