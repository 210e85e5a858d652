// Takes the pictures of a film: the recorded views in their tiles, and the drawing of `frame-svg.ts` over them, rendered
// by librsvg with a font of our own. Node only.

import { createRequire } from 'node:module';
import sharp from 'sharp';
import { asLabError } from '../protocol/lab-error.ts';
import type { ViewData } from '../protocol/views.ts';
import { readSnapshotView } from '../store/snapshot-views.ts';
import { type Film, isPictureView, type PictureView } from './film.ts';
import type { FilmLayout } from './film-layout.ts';
import { BACKGROUND, createFrameDrawing, FONT } from './frame-svg.ts';
import { type Pixels, paintPicture, placePicture, type ValueRange, widenRange } from './picture-pixels.ts';

export interface FilmCamera {
  /** RGBA [height, width, 4] of a shot. */
  take(shot: number): Promise<Uint8Array>;
}

export async function createFilmCamera(folder: string, film: Film, layout: FilmLayout): Promise<FilmCamera> {
  await loadFont();
  const read = createReader(folder, film);
  const ranges = film.views.map(view => (isPictureView(view) ? rangeOver(film, view, read) : undefined));
  const draw = createFrameDrawing(film, layout, ranges);
  const { width, height } = layout;
  return {
    async take(shot) {
      const canvas = blank(layout);
      const { iteration, frame } = film.shots[shot];
      film.views.forEach((view, index) => {
        const data = isPictureView(view) ? read(view, iteration) : undefined;
        if (!isPictureView(view) || data === undefined) return;
        const picture = paintPicture(view, data, frame, ranges[index]);
        if (picture !== undefined) placePicture(canvas, picture, layout.tiles[index]);
      });
      const { rgba } = canvas;
      return sharp(rgba, { raw: { width, height, channels: 4 } })
        .composite([{ input: Buffer.from(draw(shot)) }])
        .raw()
        .toBuffer();
    },
  };
}

type Reader = (view: PictureView, iteration: number) => ViewData | undefined;

/** Keeps what it read last of each view: videos are played from one record. */
function createReader(folder: string, film: Film): Reader {
  const kept = new Map<string, { readonly iteration: number; readonly data: ViewData | undefined }>();
  return (view, iteration) => {
    const at = view.changes === 'never' ? 0 : iteration;
    const last = kept.get(view.id);
    if (last?.iteration === at) return last.data;
    const member = view.changes === 'never' ? 0 : film.member;
    const data = readSnapshotView(folder, view.id, member, at, undefined, undefined)?.data;
    kept.set(view.id, { iteration: at, data });
    return data;
  };
}

/** The same over the whole film, so that a colour means one value. */
function rangeOver(film: Film, view: PictureView, read: Reader): ValueRange | undefined {
  if (view.kind === 'image') return view.range;
  let range: ValueRange | undefined;
  for (const iteration of new Set(film.shots.map(shot => shot.iteration))) {
    const data = read(view, iteration);
    if (data !== undefined) range = widenRange(view, data, range);
  }
  return range;
}

function blank({ width, height }: FilmLayout): Pixels {
  const rgba = new Uint8ClampedArray(4 * width * height);
  const [red, green, blue] = BACKGROUND;
  new Uint32Array(rgba.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  return { width, height, rgba };
}

let fontLoaded: Promise<void> | undefined;

/**
 * A machine may have no fonts at all, and then librsvg draws boxes. A font file that sharp's text knows is known to
 * librsvg too, in the same process. Without it the film takes what the system has.
 */
function loadFont(): Promise<void> {
  fontLoaded ??= (async () => {
    const { resolve } = createRequire(import.meta.url);
    try {
      for (const name of ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf']) {
        const fontfile = resolve(`@expo-google-fonts/inter/${name}`);
        await sharp({ text: { text: 'M', font: FONT, fontfile } }).toBuffer();
      }
    } catch (thrown) {
      process.stderr.write(`The font of films cannot be used: ${asLabError(thrown).message}\n`);
    }
  })();
  return fontLoaded;
}
