// Videos as inputs: which frames come, when, which way up, and what is said where a file is not what it should be.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { flowmap } from '../src/fits/flowmap/flowmap.ts';
import { createEngineService } from '../src/host/engine-service.ts';
import { openInput } from '../src/host/open-input.ts';
import { hasFfmpeg, openFfmpegVideo } from '../src/media/ffmpeg-video.ts';
import { availableBytes } from '../src/media/memory.ts';
import { readInput } from '../src/media/read-input.ts';
import { openVideo, type Video } from '../src/media/read-video.ts';
import type { VideoSource } from '../src/media/video-source.ts';
import { loadWebCodecs, openWebCodecsVideo } from '../src/media/webcodecs-video.ts';
import { createRandom } from '../src/numerics/random.ts';
import { LabError } from '../src/protocol/lab-error.ts';
import type { EngineEvent } from '../src/protocol/messages.ts';
import { temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';
import {
  encodeClip,
  FRAMES,
  FRAMES_PER_SECOND,
  fixture,
  HEIGHT,
  paintFrame,
  quartersIn,
  quartersOf,
  repack,
  TOLERANCE,
  WIDTH,
} from './video-clips.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());

function put(name: string, bytes: Uint8Array | string): string {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  return path;
}

const webm = await encodeClip('webm');
const mp4 = await encodeClip('mp4');
const clip = put('clip.webm', webm);
const decodes = loadWebCodecs() !== undefined;
const ffmpeg = await hasFfmpeg();
const missing = decodes ? '' : ' (skipped: the package @napi-rs/webcodecs is not installed)';
const noFfmpeg = ffmpeg ? '' : ' (skipped: no ffmpeg on this machine)';

async function framesOf(video: Video, wanted: readonly number[]) {
  const frames = [];
  for await (const frame of video.frames(wanted)) frames.push(frame);
  return frames;
}

function expectQuarters(found: readonly number[], wanted: readonly number[]): void {
  found.forEach((level, n) => {
    expect(Math.abs(level - wanted[n]), `${found} for ${wanted}`).toBeLessThanOrEqual(TOLERANCE);
  });
}

async function errorOf(promise: Promise<unknown>): Promise<LabError> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(LabError);
  return thrown as LabError;
}

const paintAgain = (n: number) => paintFrame(n % FRAMES);

const all = Array.from({ length: FRAMES }, (_, n) => n);

describe.skipIf(!decodes)(`frames${missing}`, () => {
  it.each([
    ['VP9 in WebM', () => clip, { container: 'WebM', codec: 'VP9' }],
    ['H.264 in MP4', () => put('clip.mp4', mp4), { container: 'MP4', codec: 'H.264' }],
    ['H.264 in MKV', async () => put('clip.mkv', await repack(mp4, { container: 'mkv' })), { container: 'MKV' }],
    ['frames stored out of order', () => fixture('h264-reordered.mp4'), { container: 'MP4', codec: 'H.264' }],
    ['HEVC of 10 bits in MOV', () => fixture('hevc-10-bit.mov'), { container: 'MOV', codec: 'HEVC' }],
    ['AV1', () => fixture('av1.mkv'), { container: 'MKV', codec: 'AV1' }],
    ['VP8', () => fixture('vp8.webm'), { container: 'WebM', codec: 'VP8' }],
  ])('of %s come by their number, in any choice', async (_, file, facts) => {
    const video = await openVideo(await file());
    expect(video).toMatchObject({ ...facts, width: WIDTH, height: HEIGHT, notes: [] });
    expect(video.seconds).toHaveLength(FRAMES);
    for (const wanted of [all, [1, 4, 5, 11], [7]]) {
      const frames = await framesOf(video, wanted);
      expect(frames.map(({ index }) => index)).toEqual(wanted);
      for (const { index, seconds, picture } of frames) {
        expect(seconds).toBeCloseTo(index / FRAMES_PER_SECOND, 2);
        expectQuarters(quartersIn(picture), quartersOf(index));
      }
    }
    video.dispose();
  });

  it('keep their bits beyond eight', async () => {
    const video = await openVideo(fixture('hevc-10-bit.mov'));
    const [{ picture }] = await framesOf(video, [3]);
    expect(picture.bitDepth).toBe(16);
    // Levels of 10 bits in 16, where 8 bits would give multiples of 257.
    expect(picture.values.some(value => Math.round(value * 65535) % 257 !== 0)).toBe(true);
    video.dispose();
  });

  it('are upright, whichever way the camera was held', async () => {
    const turned: readonly (readonly [90 | 180 | 270, (q: readonly number[]) => number[]])[] = [
      [90, ([a, b, c, d]) => [c, a, d, b]],
      [180, ([a, b, c, d]) => [d, c, b, a]],
      [270, ([a, b, c, d]) => [b, d, a, c]],
    ];
    for (const [rotation, turn] of turned) {
      const video = await openVideo(put(`${rotation}.mp4`, await repack(mp4, { container: 'mp4', rotation })));
      const [{ picture }] = await framesOf(video, [4]);
      expect([picture.width, picture.height]).toEqual(rotation === 180 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH]);
      expect([video.width, video.height]).toEqual([picture.width, picture.height]);
      expectQuarters(quartersIn(picture), turn(quartersOf(4)));
      expect(video.notes).toEqual([expect.stringContaining(`turned by ${rotation}°`)]);
      video.dispose();
    }
  });

  it('keep the times of a rate that varies, and say so', async () => {
    const seconds = (n: number) => n / 10 + (n % 3) / 50;
    const video = await openVideo(put('varies.webm', await repack(webm, { container: 'webm', seconds })));
    expect(video.notes).toEqual([expect.stringContaining('60.0 to 120.0 ms')]);
    const frames = await framesOf(video, all);
    for (const { index, picture, ...frame } of frames) {
      expect(frame.seconds).toBeCloseTo(seconds(index), 3);
      expectQuarters(quartersIn(picture), quartersOf(index));
    }
    video.dispose();
  });

  it('can be left halfway, and end with the video', async () => {
    const video = await openVideo(clip);
    for await (const { index } of video.frames(all)) if (index === 2) break;
    video.dispose();
    await expect(framesOf(video, all)).rejects.toThrow();
  });
});

describe.skipIf(!decodes || !ffmpeg)(`an ffmpeg on the machine${missing}${noFfmpeg}`, () => {
  const digests = async (source: VideoSource | undefined) => {
    const found: string[] = [];
    if (source === undefined) return found;
    for await (const { index, raw } of source.frames([0, 3, 4, 11]))
      found.push(`${index} ${createHash('sha256').update(raw.bytes).digest('hex')}`);
    source.dispose();
    return found;
  };

  it.each(['h264-reordered.mp4', 'hevc-10-bit.mov', 'av1.mkv', 'vp8.webm'])(
    'decodes %s to the same bits',
    async name => {
      const expected = await digests(await openWebCodecsVideo(fixture(name)));
      expect(expected).toHaveLength(4);
      expect(await digests(await openFfmpegVideo(fixture(name)))).toEqual(expected);
    },
  );

  it('reads what nothing else does', async () => {
    const video = await openVideo(fixture('mpeg4.avi'));
    expect(video.codec).toContain('MPEG-4');
    for (const { index, picture } of await framesOf(video, [2, 9]))
      expectQuarters(quartersIn(picture), quartersOf(index));
    video.dispose();
  });
});

describe.skipIf(!decodes)(`a choice${missing}`, () => {
  const read = async (choice: string, further?: () => number) => {
    const input = await readInput(`${clip}#${choice}`, { further });
    if (input.kind !== 'video') throw new Error(`Read as ${input.kind}.`);
    return input;
  };
  const numbersOf = ({ seconds }: { readonly seconds: Float64Array | undefined }) =>
    Array.from(seconds ?? [], time => Math.round(time * FRAMES_PER_SECOND));

  it('takes a range, and thins out evenly', async () => {
    expect(numbersOf(await read('frames=2:9:3'))).toEqual([2, 5, 8]);
    const thinned = await read('frames=1:,max-frames=4');
    expect(numbersOf(thinned)).toEqual([1, 4, 7, 10]);
    const size = WIDTH * HEIGHT * 3;
    expect(thinned.values).toHaveLength(4 * size);
    const picture = { width: WIDTH, height: HEIGHT, channels: 3, bitDepth: 8 } as const;
    numbersOf(thinned).forEach((number, n) => {
      const values = thinned.values.subarray(n * size, (n + 1) * size);
      expectQuarters(quartersIn({ ...picture, values }), quartersOf(number));
    });
  });

  it('has the digest of the file, whatever is chosen', async () => {
    const sha256 = createHash('sha256').update(webm).digest('hex');
    expect((await read('frames=0:2')).files).toEqual([{ path: clip, name: 'clip.webm', bytes: webm.length, sha256 }]);
  });

  it('goes with that of another input where there are as many frames: masks of a video', async () => {
    const same = { available: FRAMES, indices: [1, 4, 10], maxSide: 32 };
    const masks = await readInput(clip, { same, maxSide: 32 });
    expect(masks).toMatchObject({ frames: 3, indices: [1, 4, 10], width: 32, height: 24 });
    if (masks.kind === 'video') expect(numbersOf(masks)).toEqual([1, 4, 10]);
    expect(await readInput(clip, { same: { ...same, available: 50 } })).toMatchObject({ frames: FRAMES });
  });

  it('tells a fit which frames of the file it has', async () => {
    const { data } = await openInput(flowmap, { input: `${clip}#frames=3:6`, settings: {} }, () => {});
    expect(data.indices).toEqual([3, 4, 5]);
  });

  it('scales to a side, and says so', async () => {
    const input = await read('frames=3:4,max-side=20');
    expect([input.width, input.height]).toEqual([16, 12]);
    expect(input.notes).toEqual([expect.stringContaining('scaled down to 1/4 (16 × 12)')]);
  });

  it('finds the sharpest of frames that fall together', async () => {
    const sharp = [1, 3, 8, 11];
    const paint = (n: number) => {
      const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
      const contrast = sharp.includes(n) ? 90 : 30;
      for (let i = 0; i < WIDTH * HEIGHT; i++)
        rgba.fill(128 + contrast * (((i >> 2) + (i >> 8)) % 2 === 0 ? 1 : -1), 4 * i, 4 * i + 3);
      return rgba;
    };
    const path = put('sharp.webm', await encodeClip('webm', FRAMES, paint));
    const input = await readInput(`${path}#max-frames=4,pick=sharpest`);
    expect(input.kind === 'video' && numbersOf(input)).toEqual(sharp);
  });

  it('follows the motion: none while the picture rests, one frame for each step of the rest', async () => {
    // A pattern that rests for six frames, then moves by two pixels a frame.
    const paint = (n: number) => {
      const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
      for (let i = 0; i < WIDTH * HEIGHT; i++)
        rgba.fill(128 + 90 * Math.sin(((i % WIDTH) - 2 * Math.max(0, n - 5)) / 4), 4 * i, 4 * i + 3);
      return rgba;
    };
    const path = put('rests.webm', await encodeClip('webm', FRAMES, paint));
    const input = await readInput(`${path}#max-frames=6,pick=motion`);
    if (input.kind !== 'video') throw new Error(`Read as ${input.kind}.`);
    // 12 pixels in five steps: 2.4, 4.8, 7.2, 9.6, 12.
    expect(input.indices).toEqual([0, 7, 8, 9, 10, 11]);
    expect(input.notes).toEqual([]);
  });

  it('is refused before a frame is decoded where it would not fit, with what would', async () => {
    const error = await errorOf(read('frames=0:8', () => 2 ** 50));
    expect(error).toMatchObject({ code: 'memory', where: clip, tip: expect.stringContaining('--max-side') });
  });

  it('that takes much of the memory says how much', async () => {
    const { notes } = await read('frames=0:8', () => 0.6 * availableBytes());
    expect(notes).toEqual([expect.stringMatching(/^This takes about .* GB of memory, of .* GB that are free/)]);
  });

  it('of no frame, or of a picture, is refused', async () => {
    expect(await errorOf(read('frames=40:'))).toMatchObject({
      code: 'input',
      message: expect.stringContaining('12 frames'),
    });
  });

  it('is given up halfway when the user leaves', async () => {
    const seen: EngineEvent[] = [];
    const service = createEngineService(event => {
      seen.push(event);
      if (event.kind === 'reading' && event.done === 2) void service.handle({ kind: 'leave' });
    });
    const out = join(folder.path, 'left');
    const rest = { settings: {}, race: {}, seed: 0, members: 1, planned: [], out, checkpointSeconds: 5 };
    await service.handle({
      kind: 'start',
      request: { fit: 'tubal', input: clip, mask: undefined, ...rest, threads: 1, leaveAfter: undefined },
    });
    expect(seen.filter(({ kind }) => kind === 'reading').length).toBeLessThan(FRAMES);
    expect(seen.at(-1)).toMatchObject({ kind: 'error', error: { code: 'state' } });
    expect(existsSync(out)).toBe(false);
  });

  it('makes a run whose replay has the same bits', async () => {
    const out = join(folder.path, 'run');
    const again = join(folder.path, 'again');
    const options = ['--max-frames', '3', '--max-side', '32', '--iterations', '4', '--set', 'sampling=0.5'];
    expect(await labHere('fit', 'tubal', clip, ...options, '--out', out)).toMatchObject({ code: 0 });
    const recipe = JSON.parse(readFileSync(join(out, 'recipe.json'), 'utf8'));
    expect(recipe.input).toBe(`${clip}#max-frames=3,max-side=32`);
    expect(await labHere('replay', out, '--out', again)).toMatchObject({ code: 0 });
    for (const name of ['trace.csv', join('exports', 'recovered.npy')])
      expect(readFileSync(join(again, name)).equals(readFileSync(join(out, name)))).toBe(true);
  });
});

describe.skipIf(!decodes)(`a file that is not what it should be${missing}`, () => {
  it('cut off gives its frames before the damage', async () => {
    const whole = await repack(mp4, { container: 'mp4' });
    const input = await readInput(put('cut.mp4', whole.subarray(0, whole.length - 300)));
    if (input.kind !== 'video') throw new Error(`Read as ${input.kind}.`);
    expect(input.frames).toBeGreaterThan(2);
    expect(input.frames).toBeLessThan(FRAMES);
    expect(input.values).toHaveLength(input.frames * WIDTH * HEIGHT * 3);
    expect(input.notes).toEqual([expect.stringContaining(`behind frame ${input.frames - 1}`)]);
  });

  it('cut off between its clusters gives the whole ones', async () => {
    // A key picture, and a new cluster with it, comes every four seconds.
    const path = put('long.webm', await repack(await encodeClip('webm', 48, paintAgain), { container: 'webm' }));
    const bytes = readFileSync(path);
    const input = await readInput(put('cut.webm', bytes.subarray(0, bytes.length - 300)));
    expect(input).toMatchObject({ kind: 'video', frames: 40, available: 40 });
    expect(input.kind === 'video' && input.notes).toEqual([expect.stringContaining('may be cut off')]);
  });

  it('cut off before its index is refused', async () => {
    const error = await errorOf(readInput(put('headless.mp4', mp4.subarray(0, mp4.length * 0.5))));
    expect(error).toMatchObject({ code: 'input', tip: expect.any(String) });
    expect(error.message).toContain('ends before the index');
  });

  it('with an index that cannot be true is refused at once', async () => {
    const bytes = readFileSync(fixture('h264-reordered.mp4'));
    // The number of runs in the table of sample times, behind its size, type and version.
    bytes.writeUInt32BE(0x89000001, bytes.indexOf('stts') + 8);
    const error = await errorOf(readInput(put('tables.mp4', bytes)));
    expect(error).toMatchObject({ code: 'input', message: expect.stringContaining('"stts"') });
  });

  it('damaged inside is told', async () => {
    const data = (bytes: Uint8Array, n: number) => (n === 5 ? new Uint8Array(bytes.length).fill(0xff) : bytes);
    const path = put('noise.webm', await repack(webm, { container: 'webm', data }));
    const input = await readInput(path).catch((thrown: LabError) => thrown);
    if (input instanceof LabError)
      expect(input).toMatchObject({ code: 'input', message: expect.stringContaining('damaged') });
    else expect(input.kind === 'video' && input.notes).toEqual([expect.stringContaining('damaged')]);
  });

  it('damaged anywhere ends with frames or with the reason, in either container', { timeout: 60_000 }, async () => {
    const random = createRandom(6, 'damage');
    for (const container of ['mkv', 'mp4'] as const) {
      const whole = await repack(mp4, { container });
      for (let n = 0; n < 30; n++) {
        const bytes = n < 10 ? whole.slice(0, Math.floor(((n + 0.5) / 10) * whole.length)) : whole.slice();
        // Most of a small file is its structure; so is what is hit.
        if (n >= 10) for (let k = 0; k < 3; k++) bytes[random.integer(bytes.length)] = random.integer(256);
        const found = await readInput(put(`damaged.${container}`, bytes)).catch((thrown: unknown) => thrown);
        if (found instanceof LabError) expect(found, `${container} ${n}`).toMatchObject({ code: 'input' });
        else expect(found, `${container} ${n}`).toMatchObject({ kind: 'video' });
      }
    }
  });

  it('a Matroska index without an end is left, with the frames before it', async () => {
    // The cue that follows the frames gets a size that cannot be read; the demuxer would look behind it for ever.
    const bytes = Buffer.from(await repack(mp4, { container: 'mkv' }));
    const cluster = bytes.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
    bytes[cluster + 4] = 0;
    const error = await errorOf(readInput(put('endless.mkv', bytes)));
    expect(error).toMatchObject({ code: 'input', message: expect.any(String) });
  });

  it('a codec that nothing decodes is named, with a way to convert it', async () => {
    vi.stubEnv('PATH', folder.path);
    const error = await errorOf(readInput(fixture('mpeg4.avi')));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'input', tip: expect.stringContaining('ffmpeg -i') });
  });

  it('a codec that nobody knows is named too', async () => {
    vi.stubEnv('PATH', folder.path);
    const bytes = Buffer.from(await repack(mp4, { container: 'mkv' }));
    bytes.write('V_QUAD9', bytes.indexOf('V_MPEG4'));
    const error = await errorOf(readInput(put('quad.mkv', bytes)));
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: 'input', message: expect.stringContaining('V_QUAD9') });
  });

  it('masks that are not there, and a focal length that cannot be, are refused', async () => {
    const begin = (...words: string[]) =>
      labHere('fit', 'flowmap', clip, '--out', join(folder.path, 'refused'), ...words);
    expect((await begin('--masks', join(folder.path, 'none'))).stderr).toContain('no file or folder named none');
    expect((await begin('--mask', 'a.png', '--masks', 'b')).stderr).toContain('--mask and --masks are the same option');
    expect((await begin('--focal', '-1')).stderr).toMatch(/focal/i);
    expect(existsSync(join(folder.path, 'refused'))).toBe(false);
  });

  it('a text called like a video is no video', async () => {
    const error = await errorOf(readInput(put('text.mp4', 'Dear diary')));
    expect(error).toMatchObject({ code: 'input', message: expect.stringContaining('looks like a text') });
  });
});
