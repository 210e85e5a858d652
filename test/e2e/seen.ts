// What is to be seen on the screen: the pixels of a part of it, and figures of them.

import type { Locator } from 'playwright-core';
import sharp from 'sharp';

export interface Seen {
  readonly width: number;
  readonly height: number;
  /** Grey values, 0 to 255. */
  readonly pixels: Uint8Array;
  /** Standard deviation of the grey values: 0 is one flat colour. */
  readonly spread: number;
}

export async function see(part: Locator): Promise<Seen> {
  const png = await part.screenshot({ animations: 'disabled' });
  const { data, info } = await sharp(png).removeAlpha().greyscale().raw().toBuffer({ resolveWithObject: true });
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const spread = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  return { width: info.width, height: info.height, pixels: new Uint8Array(data), spread };
}

/** Mean absolute difference of the grey values; as much as can be of pictures of different sizes. */
export function differenceOf(a: Seen, b: Seen): number {
  if (a.width !== b.width || a.height !== b.height) return 255;
  return a.pixels.reduce((sum, value, at) => sum + Math.abs(value - b.pixels[at]), 0) / a.pixels.length;
}
