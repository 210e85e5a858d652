// MP4 with H.264, by minih264 and libmp4v2 in WebAssembly: plays where WebM does not, such as in slides. Node only.

import type { FilmEncoder, FilmShape } from './film-encoder.ts';
import { toYuv420 } from './yuv420.ts';

const FILE = 'film.mp4';
/** 10…51, lower is better. */
const QUANTISATION = 18;
/** 0…10: how little effort is spent on size. */
const SPEED = 4;
const SECONDS_BETWEEN_KEY_FRAMES = 4;

export async function openMp4Encoder({ width, height, framesPerSecond }: FilmShape): Promise<FilmEncoder> {
  const { createH264MP4Encoder } = (await withoutNewListeners(() => import('h264-mp4-encoder'))).default;
  const encoder = await withoutNewListeners(createH264MP4Encoder);
  encoder.outputFilename = FILE;
  encoder.width = width;
  encoder.height = height;
  encoder.frameRate = framesPerSecond;
  encoder.quantizationParameter = QUANTISATION;
  encoder.speed = SPEED;
  encoder.groupOfPictures = SECONDS_BETWEEN_KEY_FRAMES * framesPerSecond;
  encoder.initialize();
  return {
    add: async rgba => encoder.addFrameYuv(toYuv420(rgba, width, height)),
    async finish() {
      encoder.finalize();
      return encoder.FS.readFile(FILE);
    },
    dispose: () => encoder.delete(),
  };
}

/** The package installs handlers that would end our process at any rejected promise of ours; they are taken off again. */
async function withoutNewListeners<Result>(load: () => Promise<Result>): Promise<Result> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map(event => process.rawListeners(event));
  try {
    return await load();
  } finally {
    events.forEach((event, n) => {
      for (const listener of process.rawListeners(event)) {
        if (!before[n].includes(listener)) process.off(event, listener as () => void);
      }
    });
  }
}
