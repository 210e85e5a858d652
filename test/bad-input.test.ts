// What goes wrong in practice: each case ends with a clear error, the documented exit code, and nothing half-written.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeNpy, encodeNpy } from '../src/formats/npy.ts';
import { createRandom } from '../src/numerics/random.ts';
import { temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (name: string) => join(folder.path, name);

const values = Float32Array.from({ length: 20 * 24 * 3 }, (_, i) => 0.5 + 0.4 * Math.sin(0.1 * i));
const npy = (shape: number[], data: Float32Array | Uint8Array) =>
  encodeNpy({ shape, dtype: data instanceof Float32Array ? 'float32' : 'uint8', data });

beforeAll(async () => {
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7) % 251);
  const png = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toBuffer();
  mkdirSync(at('no-pictures'));
  writeFileSync(join(at('no-pictures'), 'notes.txt'), 'nothing to see');
  writeFileSync(at('good.png'), png);
  writeFileSync(at('truncated.png'), png.subarray(0, png.length >> 1));
  writeFileSync(at('empty.png'), '');
  writeFileSync(at('good.npy'), npy([20, 24, 3], values));
  writeFileSync(at('wrong-header.npy'), 'this is no array at all, but long enough to hold a header');
  const broken = values.slice();
  broken[100] = Number.NaN;
  broken[101] = Number.POSITIVE_INFINITY;
  writeFileSync(at('nan.npy'), npy([20, 24, 3], broken));
  writeFileSync(at('other-shape.npy'), npy([20, 25], new Uint8Array(500).fill(1)));
  writeFileSync(at('five-channels.npy'), npy([20, 24, 5], new Uint8Array(2400).fill(1)));
  writeFileSync(
    at('broken-mask.npy'),
    npy(
      [20, 24, 3],
      values.map((value, i) => (i === 7 ? Number.NaN : value)),
    ),
  );
  writeFileSync(at('no-entries.npy'), npy([0, 5, 3], new Float32Array(0)));
  writeFileSync(at('nothing.npy'), npy([20, 24, 3], new Uint8Array(1440)));
  writeFileSync(at('everything.npy'), npy([20, 24, 3], new Uint8Array(1440).fill(1)));
  writeFileSync(at('file'), 'a file, not a folder');
  mkdirSync(at('full'));
  writeFileSync(join(at('full'), 'precious.txt'), 'keep me');
});

const cases: [string, string[], number, RegExp][] = [
  ['a missing file', ['missing.png'], 3, /no file or folder named/],
  ['a folder without images', ['no-pictures'], 3, /no (images|pictures)/i],
  ['a truncated PNG', ['truncated.png'], 3, /truncated|cut short/i],
  ['an empty file', ['empty.png'], 3, /empty|0 bytes/i],
  ['a wrong NPY header', ['wrong-header.npy'], 3, /npy|numpy/i],
  ['NaN values, whatever the seed', ['nan.npy', '--seed', '3'], 3, /2 of the 1440 values.*first is NaN at \[1, 9, 1\]/],
  ['a mask of more channels', ['good.npy', '--mask', 'five-channels.npy'], 3, /\[20, 24, 5\] does not fit/],
  ['NaN in a mask', ['good.npy', '--mask', 'broken-mask.npy'], 3, /mask holds NaN in 1 /],
  ['an empty array', ['no-entries.npy'], 3, /empty: its shape is \[0, 5, 3\]/],
  ['a sampling that observes nothing', ['good.npy', '--set', 'sampling=0'], 3, /rate of 0 observes none/],
  ['a setting without value', ['good.npy', '--set', 'rank='], 2, /rank was given no value/],
  ['a setting that sensing has no use for', ['sample:sensing', '--set', 'noise=0.1'], 2, /no effect on a sensing/],
  [
    'a rate for the nuclear norm',
    ['good.npy', '--set', 'method=tnn-admm', '--at', '5:learningRate=1'],
    2,
    /learningRate/,
  ],
  ['NaN values', ['nan.npy', '--set', 'sampling=1', '--mask', 'nan-mask.npy'], 3, /NaN|Infinity/],
  ['a mask of another shape', ['good.npy', '--mask', 'other-shape.npy'], 3, /shape/],
  ['a mask with nothing observed', ['good.npy', '--mask', 'nothing.npy'], 3, /nothing observed/],
  ['a mask with everything observed', ['good.npy', '--mask', 'everything.npy'], 3, /nothing to recover/],
  ['a rank above the picture', ['good.npy', '--set', 'rank=21'], 2, /nearest valid value is 20/],
  ['an unknown setting', ['good.npy', '--set', 'ranc=5'], 2, /Did you mean "rank"/],
  ['a value out of range', ['good.npy', '--set', 'sampling=1.5'], 2, /nearest valid value is 1/],
  ['an unknown optimizer', ['good.npy', '--optimizer', 'heavy-bal'], 2, /Did you mean "heavy-ball"/],
  ['more members than the memory holds', ['sample:plaid', '--members', '3000'], 5, /needs about \d+ MB/],
  [
    'more measurements than the memory holds',
    ['sample:sensing', '--set', 'measurements=900000'],
    5,
    /MB, more than the 256 MB/,
  ],
  ['a method that has no form for sensing', ['sample:sensing', '--set', 'method=tnn-admm'], 2, /no form for sensing/],
  ['a race over what members share', ['good.npy', '--race', 'sampling=0.1,0.2'], 2, /cannot be raced/],
  ['an unknown schedule', ['good.npy', '--schedule', 'cosin'], 2, /Did you mean "cosine"/],
  ['a mask from alpha where there is none', ['good.png', '--mask', 'alpha'], 3, /no alpha channel/],
  ['an unknown sample', ['sample:plad'], 3, /Did you mean "sample:plaid"/],
  ['an unknown live hyper-parameter', ['good.npy', '--at', '5:learningRat=1'], 2, /Did you mean "learningRate"/],
];

describe('bad input', () => {
  beforeAll(() => {
    const mask = new Uint8Array(1440).fill(1);
    mask[0] = 0;
    writeFileSync(at('nan-mask.npy'), npy([20, 24, 3], mask));
  });

  it.each(cases)('refuses %s', async (_, args, code, message) => {
    const out = at('never-written');
    const paths = args.map(arg => (/\.(png|npy)$|^no-pictures$/.test(arg) ? at(arg) : arg));
    const result = await labHere('fit', 'tubal', ...paths, '--iterations', '5', '--out', out);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/Try: /);
    expect(result.code).toBe(code);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses an output folder that is not empty, and one below a file', async () => {
    const full = await labHere('fit', 'tubal', at('good.npy'), '--iterations', '5', '--out', at('full'));
    expect(full).toMatchObject({ code: 4 });
    expect(full.stderr).toMatch(/not empty/);
    const below = await labHere('fit', 'tubal', at('good.npy'), '--iterations', '5', '--out', join(at('file'), 'run'));
    expect(below.code).toBe(4);
  });

  it('stops with the reason when the disk takes no more, and loses nothing that was written', async () => {
    const out = at('disk-full');
    // A limit on the size of files stands in for the end of the disk: the checkpoint no longer fits.
    const command = `ulimit -f 64; exec "${process.execPath}" dist/cli.js fit tubal sample:plaid --iterations 20 --out "${out}"`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(stderr).toMatch(/disk is full|too large/);
    expect(status).toBe(4);
    expect(JSON.parse(readFileSync(join(out, 'recipe.json'), 'utf8'))).toMatchObject({ fit: 'tubal' });
    expect(readdirSync(join(out, 'checkpoints'))).toEqual([]);
    expect((await labHere('resume', out)).code).toBe(0);
  });

  it("takes the mask from the picture's own transparency", async () => {
    const random = createRandom(1, 'alpha');
    const pixels = Uint8Array.from({ length: 40 * 30 * 4 }, (_, i) =>
      i % 4 === 3 ? (random.uniform() < 0.5 ? 255 : 0) : 60 + (i % 90),
    );
    await sharp(pixels, { raw: { width: 40, height: 30, channels: 4 } })
      .png()
      .toFile(at('holes.png'));
    const out = at('alpha');
    const result = await labHere(
      'fit',
      'tubal',
      at('holes.png'),
      '--mask',
      'alpha',
      '--iterations',
      '20',
      '--out',
      out,
    );
    expect(result.code, result.stderr).toBe(0);
    const { data } = decodeNpy(readFileSync(join(out, 'exports', 'mask.npy')), 'mask');
    expect(
      Array.from(data as Uint8Array, (value, i) => value === (pixels[4 * Math.floor(i / 3) + 3] > 0 ? 1 : 0)).every(
        Boolean,
      ),
    ).toBe(true);
  });

  it('never reads what the mask leaves out', async () => {
    const random = createRandom(1, 'mask');
    const mask = Uint8Array.from({ length: 1440 }, () => (random.uniform() < 0.6 ? 1 : 0));
    const holes = values.map((value, i) => (mask[i] === 1 ? value : Number.NaN));
    writeFileSync(at('holes.npy'), npy([20, 24, 3], holes));
    writeFileSync(at('mask.npy'), npy([20, 24, 3], mask));
    const result = await labHere(
      'fit',
      'tubal',
      at('holes.npy'),
      '--mask',
      at('mask.npy'),
      '--iterations',
      '50',
      '--out',
      at('holes'),
    );
    expect(result.code, result.stderr).toBe(0);
  });
});
