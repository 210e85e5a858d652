// Pictures of the data sets at a fraction of their size, as the published figures use them.

import { basename, join } from 'node:path';
import sharp from 'sharp';

/** Path of a PNG in `folder`: the picture with every factor x factor block replaced by its mean. */
export async function reducedPicture(file: string, factor: number, folder: string): Promise<string> {
  const { data: pixels, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const [width, height] = [Math.floor(info.width / factor), Math.floor(info.height / factor)];
  const { channels } = info;
  const out = Buffer.alloc(width * height * channels);
  for (let i = 0; i < out.length; i++) {
    const [row, column, channel] = [Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels];
    let sum = 0;
    for (let n = 0; n < factor * factor; n++) {
      const [r, c] = [factor * row + Math.floor(n / factor), factor * column + (n % factor)];
      sum += pixels[(r * info.width + c) * channels + channel];
    }
    out[i] = Math.round(sum / factor ** 2);
  }
  const target = join(folder, `reduced-${basename(file)}.png`);
  await sharp(out, { raw: { width, height, channels } }).png().toFile(target);
  return target;
}
