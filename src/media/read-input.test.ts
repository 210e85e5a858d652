import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeNpy, type NpyArray } from '../formats/npy.ts';
import { encodeNpz } from '../formats/npz.ts';
import { LabError } from '../protocol/lab-error.ts';
import { encodePng } from './encode-picture.ts';
import { compareNatural } from './natural-order.ts';
import { tiffFile } from './picture-fixtures.ts';
import { readInput } from './read-input.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-input-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function png(level: number, width = 4, height = 2, channels: 1 | 3 = 1): Promise<Uint8Array> {
  const values = new Float32Array(width * height * channels).fill(level / 255);
  return encodePng({ width, height, channels, values }, 8);
}

async function put(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function errorOf(path: string, onProgress?: (done: number, total: number) => void): Promise<LabError> {
  const thrown = await readInput(path, { onProgress }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(LabError);
  return thrown as LabError;
}

const array: NpyArray = { shape: [2, 1], dtype: 'float32', data: Float32Array.of(0.25, -7) };

describe('one file', () => {
  it('a picture, with the digest of its bytes', async () => {
    const bytes = await png(51);
    const path = await put('photo.png', bytes);
    const input = await readInput(path);
    if (input.kind !== 'picture') throw new Error(`Read as ${input.kind}.`);
    expect(input.picture).toMatchObject({ width: 4, height: 2, channels: 1 });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(input.files).toEqual([{ path, name: 'photo.png', bytes: bytes.length, sha256 }]);
  });

  it('the pages of a TIFF as frames, where all are alike', async () => {
    const page = (width: number, first: number, samples: 1 | 3 = 1) => ({
      width,
      height: 2,
      bits: 16 as const,
      samples,
      sampleFormat: 1 as const,
      photometric: samples === 1 ? (1 as const) : (2 as const),
      data: Uint16Array.from({ length: 2 * width * samples }, (_, i) => first + i),
    });
    const told: number[] = [];
    const path = await put('stack.tif', tiffFile(page(3, 100), page(3, 2000), page(3, 65000)));
    const stack = await readInput(path, { onProgress: (done, total) => told.push(done, total) });
    if (stack.kind !== 'video') throw new Error(`Read as ${stack.kind}.`);
    expect(stack).toMatchObject({ frames: 3, width: 3, height: 2, channels: 1, bitDepth: 16, files: [{ path }] });
    const stored = [100, 2000, 65000].flatMap(first => Array.from({ length: 6 }, (_, i) => first + i));
    expect(stack.values).toEqual(Float32Array.from(stored, value => value / 65535));
    expect(told).toEqual([1, 3, 2, 3, 3, 3]);
    // As with the smaller copies that many programs add: the first is the picture.
    for (const other of [page(2, 0), page(3, 0, 3)]) {
      const mixed = await readInput(await put('mixed.tif', tiffFile(page(3, 100), other)));
      expect(mixed).toMatchObject({ kind: 'picture', picture: { width: 3, channels: 1, pages: 2 } });
    }
    // The decoder would take missing pixels for zeros, and a missing page for the end.
    const damaged = tiffFile(page(3, 100), page(3, 2000));
    for (const bytes of [1, 8, 60, 150]) {
      const cut = await put('cut.tif', damaged.subarray(0, damaged.length - bytes));
      expect(await errorOf(cut), `${bytes} bytes fewer`).toMatchObject({ code: 'input' });
    }
  });

  it('a NumPy array, also under another extension', async () => {
    for (const name of ['a.npy', 'a.bin']) {
      expect(await readInput(await put(name, encodeNpy(array)))).toMatchObject({ kind: 'array', array });
    }
  });

  it('the only array of an archive, or the one named', async () => {
    const one = await put('one.npz', encodeNpz([['x', array]]));
    expect(await readInput(one)).toMatchObject({ kind: 'array', array });
    const other: NpyArray = { shape: [1], dtype: 'uint8', data: Uint8Array.of(3) };
    const two = await put(
      'two.npz',
      encodeNpz([
        ['mask', other],
        ['frames', array],
      ]),
    );
    expect(await readInput(`${two}#frames`)).toMatchObject({ kind: 'array', array, files: [{ path: two }] });
    expect(await errorOf(two)).toMatchObject({
      message: "The archive holds 2 arrays: 'mask', 'frames'.",
      tip: 'Name one of them behind the file: two.npz#mask.',
      where: two,
    });
    expect((await errorOf(`${two}#frame`)).tip).toBe("Did you mean 'frames'?");
  });

  it('a file whose own name holds a #', async () => {
    const path = await put('a.npz#x', encodeNpz([['only', array]]));
    expect(await readInput(path)).toMatchObject({ kind: 'array', array });
  });

  it('a damaged file is named by its path', async () => {
    for (const [name, content] of [
      ['a.png', 'no picture'],
      ['a.npy', 'no array'],
      ['a.npz', 'no archive'],
      ['empty.png', ''],
    ]) {
      const path = await put(name, content);
      expect(await errorOf(path)).toMatchObject({ code: 'input', where: path });
    }
  });
});

describe('a folder of pictures', () => {
  it('becomes a video in natural order; hidden and other files are skipped', async () => {
    for (const number of [10, 9, 2, 1, 11, 3]) await put(`frame${number}.png`, await png(number));
    await put('.hidden.png', 'no picture');
    await put('notes.txt', 'hello');
    await mkdir(join(folder, 'folder.png'));
    const progress: string[] = [];
    const input = await readInput(folder, { onProgress: (done, total) => progress.push(`${done}/${total}`) });
    if (input.kind !== 'video') throw new Error(`Read as ${input.kind}.`);
    expect(input).toMatchObject({ frames: 6, width: 4, height: 2, channels: 1, bitDepth: 8 });
    const levels = Array.from({ length: 6 }, (_, frame) => Math.round(input.values[frame * 8] * 255));
    expect(levels).toEqual([1, 2, 3, 9, 10, 11]);
    expect(input.values).toHaveLength(6 * 8);
    expect(input.files.map(file => file.name)).toEqual([1, 2, 3, 9, 10, 11].map(number => `frame${number}.png`));
    expect(progress).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  });

  it('reports the depth of the finest frame and follows links to files', async () => {
    await put('a.png', await png(1));
    const elsewhere = await mkdtemp(join(tmpdir(), 'read-input-'));
    const target = join(elsewhere, 'fine.png');
    const values = new Float32Array(8).fill(12345 / 65535);
    await writeFile(target, await encodePng({ width: 4, height: 2, channels: 1, values }, 16));
    await symlink(target, join(folder, 'b.png'));
    const input = await readInput(folder);
    await rm(elsewhere, { recursive: true });
    expect(input).toMatchObject({ kind: 'video', frames: 2, bitDepth: 16 });
  });

  it('of 8K is scaled down where the reader wants no more, and both sizes are said', async () => {
    await put(
      'a.png',
      await sharp({ create: { width: 7680, height: 4320, channels: 3, background: '#808080' } })
        .png()
        .toBuffer(),
    );
    const input = await readInput(folder, { maxSide: 1920 });
    expect(input).toMatchObject({ kind: 'video', width: 1920, height: 1080 });
    expect(input).toMatchObject({ notes: ['The frames of 7680 × 4320 are scaled down to 1/4 (1920 × 1080).'] });
    // What the user chooses holds.
    expect(await readInput(`${folder}#max-side=960`, { maxSide: 1920 })).toMatchObject({ width: 960, height: 540 });
  });

  it('says that transparency is left out', async () => {
    const clear = { width: 4, height: 2, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } as const;
    await put('a.png', await sharp({ create: clear }).png().toBuffer());
    expect(await readInput(folder)).toMatchObject({ channels: 3, notes: [expect.stringContaining('transparency')] });
  });

  it('keeps the names of the frames that were picked', async () => {
    // Of each three the last is the only one with an edge.
    for (let n = 0; n < 6; n++) {
      const values = Float32Array.from({ length: 64 }, (_, i) => (n % 3 === 2 && i % 8 > 3 ? 1 : 0.5));
      await put(`${n}.png`, await encodePng({ width: 8, height: 8, channels: 1, values }, 8));
    }
    const input = await readInput(`${folder}#max-frames=2,pick=sharpest`);
    expect(input).toMatchObject({ indices: [2, 5], available: 6, frameNames: ['2.png', '5.png'] });
    // All that were looked at decided, so all of them belong to the recipe.
    expect(input.files.map(({ name }) => name)).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png', '5.png']);
  });

  it('is read at the frames of the input it belongs to, scaled like them', async () => {
    for (let n = 0; n < 6; n++) await put(`${n}.png`, await png(10 * n, 8, 4));
    const same = { available: 6, indices: [1, 4], maxSide: 4 };
    const masks = await readInput(folder, { same, maxSide: 4 });
    expect(masks).toMatchObject({ frames: 2, width: 4, height: 2, frameNames: ['1.png', '4.png'] });
    // Another number of frames, and a choice of its own, stand for themselves.
    expect(await readInput(folder, { same: { ...same, available: 7 } })).toMatchObject({ frames: 6 });
    expect(await readInput(`${folder}#frames=0:3`, { same })).toMatchObject({ frames: 3 });
    expect(await readInput(join(folder, '0.png'), { same })).toMatchObject({ picture: { width: 4, height: 2 } });
  });

  it('names the first frame of another size or number of channels', async () => {
    await put('f1.png', await png(1));
    await put('f2.png', await png(2));
    await put('f3.png', await png(3, 5, 2));
    await put('f4.png', await png(4, 6, 2));
    const error = await errorOf(folder);
    expect(error.message).toBe('Frame f3.png is 5 × 2 but the first frame, f1.png, is 4 × 2.');
    expect(error).toMatchObject({ code: 'input', where: join(folder, 'f3.png') });
    await put('f3.png', await png(3, 4, 2, 3));
    expect((await errorOf(folder)).message).toBe(
      'Frame f3.png is colour (3 channels) but the first frame, f1.png, is grey (1 channel).',
    );
  });

  it('without pictures tells what it holds', async () => {
    expect((await errorOf(folder)).message).toBe('The folder holds no pictures; it is empty.');
    await put('clip.mp4', 'x');
    await mkdir(join(folder, 'more'));
    expect((await errorOf(folder)).message).toBe('The folder holds no pictures; it holds clip.mp4, more/.');
  });

  it('names a frame that vanishes while the folder is read', async () => {
    for (let frame = 1; frame <= 20; frame++) await put(`${frame}.png`, await png(frame));
    const { rmSync } = await import('node:fs');
    const error = await errorOf(folder, done => {
      if (done === 1) rmSync(join(folder, '20.png'));
    });
    expect(error.message).toBe('20.png disappeared while it was being read.');
    expect(error).toMatchObject({ code: 'input', where: join(folder, '20.png') });
  });
});

describe('what is not there or not allowed', () => {
  it('a missing file is answered with the nearest name', async () => {
    await put('lenna.png', await png(1));
    expect(await errorOf(join(folder, 'lena.png'))).toMatchObject({
      code: 'input',
      message: 'There is no file or folder named lena.png.',
      tip: 'Did you mean lenna.png?',
      where: join(folder, 'lena.png'),
    });
    expect((await errorOf(join(folder, 'nowhere', 'a.png'))).tip).toBe('Check the spelling and the folder.');
  });

  // Root reads everything, and Windows has no such mode.
  it.skipIf(process.getuid === undefined || process.getuid() === 0)('a file without permission', async () => {
    const path = await put('secret.png', await png(1));
    await chmod(path, 0);
    expect((await errorOf(path)).message).toBe('Permission to read secret.png was denied.');
  });

  it.skipIf(process.platform === 'win32')('a device', async () => {
    expect((await errorOf('/dev/null')).message).toContain('neither a file nor a folder');
  });
});

describe('natural order', () => {
  it('counts numbers as numbers and is total', () => {
    const names = ['b1', 'a10', 'a2', 'a02', 'a1', 'A3'];
    expect(names.toSorted(compareNatural)).toEqual(names.toReversed().toSorted(compareNatural));
    expect(names.toSorted(compareNatural)).toEqual(['a1', 'a02', 'a2', 'A3', 'a10', 'b1']);
  });
});
