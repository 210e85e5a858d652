// Makes a film of a run folder: WebM, MP4 or a sequence of PNG files, complete or not at all. The window and the command
// line both come here, through the engine's process. Node only.

import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { ExportedFile } from '../protocol/host-calls.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { ReplayRequest } from '../protocol/messages.ts';
import { makeFolder } from '../store/files.ts';
import { defaultViews, holdOf, planFilm } from './film.ts';
import { createFilmCamera, type FilmCamera } from './film-camera.ts';
import { openEncoder } from './film-encoder.ts';
import { layOut } from './film-layout.ts';
import { readFilmSource } from './read-film.ts';

export interface FilmExport {
  /** The last iteration shown. */
  readonly iteration: number;
  readonly files: readonly ExportedFile[];
}

export interface FilmOptions {
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the film to `request.out`, or to `exports/film.webm`, `exports/film.mp4` or `exports/film/` of the run. Throws
 * what `planFilm` and `readFilmSource` throw, and `store` errors of the disk. To cancel is to end the process: what is
 * half-made goes with it.
 */
export async function exportFilm(request: ReplayRequest, options: FilmOptions = {}): Promise<FilmExport> {
  const { folder, format, framesPerSecond } = request;
  const source = readFilmSource(folder, request.title);
  const film = planFilm(source, request.views ?? defaultViews(source.problem.views));
  const layout = layOut(film.views, request.width);
  const camera = await createFilmCamera(folder, film, layout);
  const pictures = film.shots.length;
  const hold = format === 'png' ? 0 : holdOf(framesPerSecond);
  const out = request.out ?? join(folder, 'exports', format === 'png' ? 'film' : `film.${format}`);
  const step = (done: number): void => options.onProgress?.(done, pictures + hold);
  const files =
    format === 'png'
      ? await writeSequence(out, camera, pictures, layout, step)
      : await writeFilm(out, format, camera, pictures, hold, { ...layout, framesPerSecond }, step);
  return { iteration: film.last, files };
}

type Step = (done: number) => void;

async function writeFilm(
  file: string,
  format: 'webm' | 'mp4',
  camera: FilmCamera,
  pictures: number,
  hold: number,
  shape: { readonly width: number; readonly height: number; readonly framesPerSecond: number },
  step: Step,
): Promise<ExportedFile[]> {
  writing(file, () => {
    makeFolder(dirname(file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw isFolder(file);
  });
  const encoder = await openEncoder(format, shape);
  try {
    let rgba = new Uint8Array();
    for (let shot = 0; shot < pictures; shot++) {
      step(shot);
      rgba = new Uint8Array(await camera.take(shot));
      await encoder.add(rgba);
    }
    for (let n = 0; n < hold; n++) {
      step(pictures + n);
      await encoder.add(rgba);
    }
    const bytes = await encoder.finish();
    const part = `${file}.part`;
    writing(file, () => {
      try {
        writeFileSync(part, bytes);
        renameSync(part, file);
      } catch (thrown) {
        rmSync(part, { force: true });
        throw thrown;
      }
    });
    return [{ name: nameOf(file), bytes: bytes.length }];
  } finally {
    encoder.dispose();
  }
}

const picture = /^\d{5}\.png$/;

async function writeSequence(
  folder: string,
  camera: FilmCamera,
  pictures: number,
  { width, height }: { readonly width: number; readonly height: number },
  step: Step,
): Promise<ExportedFile[]> {
  const part = `${folder}.part`;
  const remove = () => rmSync(part, { recursive: true, force: true });
  writing(folder, () => {
    refuseForeign(folder);
    remove();
    makeFolder(part);
  });
  process.once('exit', remove);
  try {
    const files: ExportedFile[] = [];
    for (let shot = 0; shot < pictures; shot++) {
      step(shot);
      const raw = { width, height, channels: 4 } as const;
      const bytes = await sharp(await camera.take(shot), { raw })
        .removeAlpha()
        .png()
        .toBuffer();
      const name = `${String(shot).padStart(5, '0')}.png`;
      writing(folder, () => writeFileSync(join(part, name), bytes));
      files.push({ name: `${nameOf(folder)}/${name}`, bytes: bytes.length });
    }
    step(pictures);
    writing(folder, () => {
      rmSync(folder, { recursive: true, force: true });
      renameSync(part, folder);
    });
    return files;
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** An older film is replaced; anything else is not ours to remove. */
function refuseForeign(folder: string): void {
  if (!existsSync(folder)) return;
  const foreign = statSync(folder).isDirectory() ? readdirSync(folder).find(name => !picture.test(name)) : folder;
  if (foreign === undefined) return;
  throw new LabError({
    code: 'store',
    message: `The folder for the pictures holds something else (${foreign}).`,
    where: folder,
    tip: 'Give a new folder with --out.',
  });
}

function isFolder(file: string): LabError {
  return new LabError({
    code: 'store',
    message: 'The film should be written over a folder.',
    where: file,
    tip: 'Give the name of a file with --out, such as film.webm.',
  });
}

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'The film cannot be written there.',
  EACCES: 'The film may not be written there.',
  EPERM: 'The film may not be written there.',
  EROFS: 'The film cannot be written: the disk is read-only.',
  ENOSPC: 'The film cannot be written: the disk is full.',
  EDQUOT: 'The film cannot be written: your quota of the disk is used up.',
  EFBIG: 'The film is too large for this disk.',
  ENOTDIR: 'A part of the path of the film is a file.',
  EEXIST: 'A part of the path of the film is a file.',
};

/** Does `action` on the disk; throws `store` errors. */
function writing(path: string, action: () => void): void {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    const { code = '', message } = thrown as NodeJS.ErrnoException;
    throw new LabError({
      code: 'store',
      message: reasons[code] ?? `The film cannot be written (${message}).`,
      where: path,
      tip:
        code === 'ENOSPC' || code === 'EDQUOT'
          ? 'Free some space, or choose a smaller width.'
          : 'Choose another place with --out.',
      cause: thrown,
    });
  }
}
