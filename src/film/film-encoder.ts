// How pictures become a film: one encoder for each format, opened when it is needed, since a program that makes no film
// should not load one. Node only.

import { LabError } from '../protocol/lab-error.ts';

export interface FilmShape {
  /** Both even. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

export interface FilmEncoder {
  /** RGBA [height, width, 4]; stays for one frame. */
  add(rgba: Uint8Array): Promise<void>;
  /** The whole file. */
  finish(): Promise<Uint8Array>;
  /** Gives memory back; also after `finish`. */
  dispose(): void;
}

/** Opens an encoder; throws a `device` error that names another way where it cannot be had. */
export async function openEncoder(format: 'webm' | 'mp4', shape: FilmShape): Promise<FilmEncoder> {
  try {
    if (format === 'webm') return await (await import('./webm-encoder.ts')).openWebmEncoder(shape);
    return await (await import('./mp4-encoder.ts')).openMp4Encoder(shape);
  } catch (thrown) {
    throw new LabError({
      code: 'device',
      message: `The encoder for ${format === 'webm' ? 'WebM' : 'MP4'} cannot be used (${(thrown as Error).message}).`,
      where: 'film encoder',
      tip: 'Run `npm ci` to install it, or export a PNG sequence, which needs no encoder.',
      cause: thrown,
    });
  }
}
