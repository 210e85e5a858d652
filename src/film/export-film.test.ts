import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import LibAvWrapper from '@libav.js/variant-webm-vp9';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../protocol/lab-error.ts';
import type { ReplayRequest } from '../protocol/messages.ts';
import { exportFilm } from './export-film.ts';
import { holdOf, planFilm } from './film.ts';
import { ITERATIONS, makeRunFolder, SIZE } from './film-fixtures.ts';
import { layOut } from './film-layout.ts';
import { readFilmSource } from './read-film.ts';

const WIDTH = 320;
const folders: string[] = [];

function runFolder(snapshots?: readonly number[]): string {
  const folder = makeRunFolder(snapshots);
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function requestFor(folder: string, change: Partial<ReplayRequest> = {}): ReplayRequest {
  return { folder, format: 'png', views: ['observed', 'recovered'], framesPerSecond: 5, width: WIDTH, ...change };
}

const layoutOf = (folder: string, views: readonly string[]) =>
  layOut(planFilm(readFilmSource(folder, undefined), views).views, WIDTH);

async function pictureOf(file: string) {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
  };
}

describe('a PNG sequence', () => {
  it('has a picture for each snapshot, in which the views stand in their tiles', async () => {
    const folder = runFolder();
    const { files, iteration } = await exportFilm(requestFor(folder));
    expect(files.map(({ name }) => name)).toEqual(ITERATIONS.map((_, n) => `film/0000${n}.png`));
    expect(iteration).toBe(20);
    const layout = layoutOf(folder, ['observed', 'recovered']);
    const [observed, recovered] = layout.tiles;
    expect(recovered.width % SIZE).toBe(0);
    const pixel = recovered.width / SIZE;
    for (const [n, { name, bytes }] of files.entries()) {
      const file = join(folder, 'exports', name);
      expect(readFileSync(file)).toHaveLength(bytes);
      const picture = await pictureOf(file);
      expect([picture.width, picture.height]).toEqual([layout.width, layout.height]);
      expect(picture.at(0, 0)).toEqual([255, 255, 255]);
      expect(picture.at(observed.left + pixel, observed.top)).toEqual([200, 200, 200]);
      // The red pixel fills exactly its square.
      expect(picture.at(recovered.left, recovered.top)).toEqual([255, 0, 0]);
      expect(picture.at(recovered.left + pixel - 1, recovered.top + pixel - 1)).toEqual([255, 0, 0]);
      expect(picture.at(recovered.left + pixel, recovered.top)).toEqual([10 * n, 10 * n, 10 * n]);
      expect(picture.at(recovered.left + recovered.width - 1, recovered.top + recovered.height - 1)).toEqual([
        10 * n,
        10 * n,
        10 * n,
      ]);
    }
  });

  it('plays videos once at the end', async () => {
    const folder = runFolder();
    const { files } = await exportFilm(requestFor(folder, { views: ['clip'] }));
    expect(files).toHaveLength(ITERATIONS.length + 3);
  });

  it('comes out the same, byte for byte, and replaces the one before', async () => {
    const [first, second] = [runFolder(), runFolder()];
    const views = ['recovered', 'spectrum', 'tubes'];
    const bytesOf = async (folder: string) => {
      const { files } = await exportFilm(requestFor(folder, { views, title: 'a run' }));
      return files.map(({ name }) => readFileSync(join(folder, 'exports', name)));
    };
    const expected = await bytesOf(first);
    expect(await bytesOf(second)).toEqual(expected);
    expect(await bytesOf(first)).toEqual(expected);
    expect(readdirSync(join(first, 'exports'))).toEqual(['film']);
  });

  it('does not replace a folder that holds something else', async () => {
    const folder = runFolder();
    const out = join(folder, 'mine');
    mkdirSync(out);
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await expect(exportFilm(requestFor(folder, { out }))).rejects.toMatchObject({ code: 'store', where: out });
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });

  it('leaves nothing when it ends halfway, with its process or without', async () => {
    const folder = runFolder();
    const exported = exportFilm(requestFor(folder), {
      onProgress(done) {
        if (done < 2) return;
        expect(readdirSync(join(folder, 'exports'))).toEqual(['film.part']);
        const exit = process.listeners('exit').at(-1);
        exit?.(0);
        expect(readdirSync(join(folder, 'exports'))).toEqual([]);
        throw new Error('halfway');
      },
    });
    await expect(exported).rejects.toThrow('halfway');
    expect(readdirSync(join(folder, 'exports'))).toEqual([]);
  });
});

describe.each([
  ['webm', 'vp9'],
  ['mp4', 'avc'],
] as const)('%s', (format, codec) => {
  it('opens again with all pictures and the last one held', async () => {
    const folder = runFolder();
    const steps: number[] = [];
    const { files } = await exportFilm(requestFor(folder, { format }), { onProgress: done => steps.push(done) });
    expect(files.map(({ name }) => name)).toEqual([`film.${format}`]);
    expect(readdirSync(join(folder, 'exports'))).toEqual([`film.${format}`]);
    const bytes = readFileSync(join(folder, 'exports', `film.${format}`));
    const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
    const track = await input.getPrimaryVideoTrack();
    const { packetCount } = (await track?.computePacketStats()) ?? {};
    const layout = layoutOf(folder, ['observed', 'recovered']);
    expect([track?.codec, track?.codedWidth, track?.codedHeight]).toEqual([codec, layout.width, layout.height]);
    expect(packetCount).toBe(ITERATIONS.length + holdOf(5));
    expect(await input.getDurationFromMetadata()).toBeCloseTo((ITERATIONS.length + holdOf(5)) / 5, 1);
    expect(Math.max(...steps)).toBe(ITERATIONS.length + holdOf(5) - 1);
  });
});

it('encodes colours that come back from WebM', async () => {
  const folder = runFolder();
  await exportFilm(requestFor(folder, { format: 'webm' }));
  const libav = await LibAvWrapper.LibAV({ noworker: true, nothreads: true });
  await libav.writeFile('film.webm', readFileSync(join(folder, 'exports/film.webm')));
  const [demuxer, [stream]] = await libav.ff_init_demuxer_file('film.webm');
  const [, context, packet, frame] = await libav.ff_init_decoder(stream.codec_id, stream.codecpar);
  const [, packets] = await libav.ff_read_frame_multi(demuxer, packet);
  const frames = await libav.ff_decode_multi(context, packet, frame, packets[stream.index], true);
  libav.terminate();
  const { layout, data } = frames[ITERATIONS.length - 1];
  const { tiles } = layoutOf(folder, ['observed', 'recovered']);
  const luma = ({ left, top, width, height }: (typeof tiles)[number]) =>
    data[(layout?.[0].offset ?? 0) + (top + (height >> 1)) * (layout?.[0].stride ?? 0) + left + (width >> 1)];
  // Limited range: 16 is black, 235 white.
  expect(Math.abs(luma(tiles[0]) - (16 + (219 * 200) / 255))).toBeLessThan(3);
  expect(Math.abs(luma(tiles[1]) - (16 + (219 * 40) / 255))).toBeLessThan(3);
});

describe('what cannot be filmed', () => {
  const refusal = (request: ReplayRequest): Promise<LabError> =>
    exportFilm(request).then(
      () => {
        throw new Error('It was filmed.');
      },
      thrown => {
        expect(thrown).toBeInstanceOf(LabError);
        return thrown;
      },
    );

  it('is a run without snapshots', async () => {
    expect(await refusal(requestFor(runFolder([])))).toMatchObject({ code: 'state', where: 'snapshots' });
  });

  it('is a view that there is not: the nearest is named', async () => {
    const error = await refusal(requestFor(runFolder(), { views: ['recoverd'] }));
    expect(error).toMatchObject({ code: 'setting', where: 'view recoverd' });
    expect(error.tip).toContain('"recovered"');
  });

  it('is a view in space', async () => {
    const error = await refusal(requestFor(runFolder(), { views: ['points'] }));
    expect(error.message).toContain('cannot be shown in a film');
  });

  it('is a folder that is no run, or a run that was never loaded', async () => {
    const folder = runFolder();
    rmSync(join(folder, 'problem.json'));
    expect(await refusal(requestFor(folder))).toMatchObject({ code: 'state' });
    rmSync(join(folder, 'recipe.json'));
    expect(await refusal(requestFor(folder))).toMatchObject({ code: 'store' });
  });

  it('is a place that cannot be written', async () => {
    const folder = runFolder();
    const out = join(folder, 'trace.csv', 'film.mp4');
    expect(await refusal(requestFor(folder, { format: 'mp4', out }))).toMatchObject({ code: 'store', where: out });
    expect(existsSync(`${out}.part`)).toBe(false);
    const over = join(folder, 'exports');
    expect(await refusal(requestFor(folder, { format: 'mp4', out: over }))).toMatchObject({ where: over });
  });
});
