// What inputs are taken for, through the engine's commands, as a window asks.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/lab.ts';
import { type FitInput, findFit } from '../engine/fits.ts';
import { encodeNpy } from '../formats/npy.ts';
import { decodePicture } from '../media/decode-picture.ts';
import type { InputReport } from '../protocol/host-calls.ts';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import { createEngineService } from './engine-service.ts';
import { openInput } from './open-input.ts';

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (name: string) => join(folder.path, name);
let seen: EngineEvent[] = [];
beforeEach(() => {
  seen = [];
});
const service = createEngineService(event => seen.push(event));

async function ask(command: EngineCommand): Promise<EngineEvent> {
  await service.handle(command);
  return seen.at(-1) as EngineEvent;
}

async function inspect(input: string, mask?: string): Promise<InputReport> {
  const answer = await ask({ kind: 'inspect', fit: 'tubal', input, mask });
  if (answer.kind !== 'inspected') throw new Error(JSON.stringify(answer));
  return answer.report;
}

const picture = (width: number, height: number, channels: 1 | 3 | 4, value: (i: number) => number) =>
  sharp(
    Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)),
    { raw: { width, height, channels } },
  )
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png();

function npy(name: string, shape: number[], value: (i: number) => number) {
  const length = shape.reduce((product, n) => product * n, 1);
  const data = Float32Array.from({ length }, (_, i) => value(i));
  writeFileSync(at(name), encodeNpy({ shape, dtype: 'float32', data }));
  return at(name);
}

describe('inspecting an input', () => {
  it('says size, colour and values of a picture', async () => {
    await picture(40, 30, 3, i => 10 + (i % 200)).toFile(at('colour.png'));
    const report = await inspect(at('colour.png'));
    expect(report).toMatchObject({
      path: at('colour.png'),
      maskPath: undefined,
      name: 'colour.png',
      kind: 'picture',
      shape: [30, 40, 3],
      picture: { frames: 1, height: 30, width: 40 },
      hasAlpha: false,
      warnings: [],
    });
    expect(report.facts).toMatchObject({ Size: '40 × 30', Colour: 'RGB', Values: '8 bit, 10 to 209' });
  });

  it('says how much a mask leaves out, and whether it fits', async () => {
    await picture(40, 30, 1, i => (i % 4 === 0 ? 0 : 255)).toFile(at('mask.png'));
    await picture(20, 20, 1, i => i % 256).toFile(at('small-mask.png'));
    await picture(40, 30, 1, () => 255).toFile(at('full-mask.png'));
    expect(await inspect(at('colour.png'), at('mask.png'))).toMatchObject({
      maskPath: at('mask.png'),
      facts: { Missing: '25.0 %' },
    });
    expect((await inspect(at('colour.png'), at('small-mask.png'))).warnings[0]).toContain('does not fit');
    expect((await inspect(at('colour.png'), at('full-mask.png'))).warnings[0]).toContain('leaves nothing out');
  });

  it('takes the mask that a sample brings, unless another is named', async () => {
    const film = (values: Float32Array): FitInput => ({
      ...{ name: 'film', kind: 'video', shape: [1, 2, 2, 1], values, fullScale: 255 },
    });
    const [scene, own] = [film(Float32Array.of(0.1, 0.2, 0.3, 0.4)), film(Float32Array.of(1, 1, 0, 1))];
    const sample = { id: 'x', title: 'X', teaches: 'Masks.', make: () => scene, mask: () => own };
    const fit = { ...findFit('flowmap'), samples: [sample] };
    const open = (mask?: string) => openInput(fit, { input: 'sample:x', mask, settings: {} }, () => {});
    expect(await open()).toMatchObject({ data: scene, mask: own });
    await picture(2, 2, 1, () => 255).toFile(at('other.png'));
    expect((await open(at('other.png'))).mask?.values).toEqual(Float32Array.of(1, 1, 1, 1));
  });

  it('finds transparency and counts what it would leave out', async () => {
    await picture(40, 30, 4, i => (i % 4 === 3 ? ((i >> 2) % 2) * 255 : i % 251)).toFile(at('alpha.png'));
    const report = await inspect(at('alpha.png'), 'alpha');
    expect(report.hasAlpha).toBe(true);
    expect(report.facts.Missing).toBe('50.0 %');
    expect(report.warnings.join()).toContain('transparency');
  });

  it('takes a folder for a video and an array for planes', async () => {
    mkdirSync(at('frames'));
    for (const n of [1, 2, 10]) await picture(24, 16, 1, i => (i + n) % 256).toFile(at(`frames/${n}.png`));
    expect(await inspect(at('frames'))).toMatchObject({ kind: 'video', facts: { Size: '24 × 16', Frames: '3' } });
    const volume = npy('volume.npy', [12, 10, 7], i => i / 2);
    expect(await inspect(volume)).toMatchObject({
      kind: 'array',
      facts: { Shape: '12 × 10 × 7', Planes: '7', Values: 'float32, 0 to 419.5' },
      picture: { frames: 7, height: 12, width: 10 },
    });
  });

  it.each([
    ['NaN', () => npy('nan.npy', [20, 20], i => (i % 50 === 0 ? Number.NaN : i)), '8 values are not finite'],
    ['constant', () => npy('constant.npy', [20, 20], () => 3), 'All values are equal'],
    ['tiny', () => npy('tiny.npy', [4, 200], i => i), 'fewer than 8'],
    ['one axis', () => npy('line.npy', [50], i => i), '1 axes'],
    ['five axes', () => npy('five.npy', [2, 2, 2, 2, 2], i => i), '5 axes'],
    ['empty', () => npy('empty.npy', [0, 5], i => i), 'empty'],
  ])('warns of %s', async (_, make, warning) => {
    expect((await inspect(make())).warnings.join(' ')).toContain(warning);
  });

  it('says what is wrong with a file that cannot be read', async () => {
    writeFileSync(at('notes.txt'), 'no picture');
    expect(await ask({ kind: 'inspect', fit: 'tubal', input: at('notes.txt'), mask: undefined })).toMatchObject({
      kind: 'error',
      of: 'inspect',
      error: { code: 'input' },
    });
    expect(await inspect('sample:staircase')).toMatchObject({ kind: 'synthetic', picture: undefined, facts: {} });
  });
});

describe('pictures of an input', () => {
  it('are its frames, in its own units', async () => {
    const answer = await ask({ kind: 'input-picture', fit: 'tubal', input: at('frames'), frame: 2 });
    if (answer.kind !== 'picture') throw new Error(JSON.stringify(answer));
    expect(answer.data.values.shape).toEqual([1, 16, 24, 1]);
    // The tenth, as names are in natural order.
    expect([...answer.data.values.values.slice(0, 3)]).toEqual([10, 11, 12]);
    const plane = await ask({ kind: 'input-picture', fit: 'tubal', input: at('volume.npy'), frame: 3 });
    if (plane.kind !== 'picture') throw new Error(JSON.stringify(plane));
    const [offset, step] = plane.data['values.scale'].values;
    // Element (0, 1, 3) of [12, 10, 7] is 10 / 2.
    expect(Math.abs(offset + step * plane.data.values.values[1] - 5)).toBeLessThan(step);
    expect(await ask({ kind: 'input-picture', fit: 'tubal', input: at('frames'), frame: 3 })).toMatchObject({
      error: { message: 'The input has 3 frames, no 3.' },
    });
    // Of a photo whose mesh is still missing, too.
    const photo = await ask({ kind: 'input-picture', fit: 'pose', input: at('frames/1.png'), frame: 0 });
    expect(photo).toMatchObject({ kind: 'picture', data: { values: { shape: [1, 16, 24, 1] } } });
  });

  it('of samples are small PNG files, a sketch for what is no picture', async () => {
    const png = async (sample: string) => {
      const answer = await ask({ kind: 'sample-picture', fit: 'tubal', sample });
      if (answer.kind !== 'sample-picture') throw new Error(JSON.stringify(answer));
      return answer.png;
    };
    const plaid = await png('plaid');
    expect(plaid.buffer.byteLength).toBe(plaid.length);
    expect(await decodePicture(plaid, 'plaid')).toMatchObject({ width: 192, height: 192, channels: 3 });
    expect(await decodePicture(await png('sprites'), 'sprites')).toMatchObject({ width: 96, height: 72 });
    const curves = await decodePicture(await png('staircase'), 'staircase');
    // Four curves of the growth: at the right edge ink stands at the levels 1, 0.5, 0.25 and 0.1, and not between.
    const bright = (level: number) => {
      const row = Math.round(curves.height - 12 - (curves.height - 24) * level);
      return Math.max(...curves.values.subarray(3 * (row * curves.width + curves.width - 2)).subarray(0, 3));
    };
    for (const level of [1, 0.5, 0.25, 0.1]) expect(bright(level)).toBeGreaterThan(0.5);
    for (const level of [0.75, 0.37]) expect(bright(level)).toBeLessThan(0.3);
  });
});

describe('describing', () => {
  it('tells every fit with its settings, presets, samples, rules, captions and formats', async () => {
    const answer = await ask({ kind: 'describe', fit: undefined });
    if (answer.kind !== 'description') throw new Error(JSON.stringify(answer));
    const [tubal] = answer.fits;
    expect(tubal).toMatchObject({ id: 'tubal', takes: expect.stringContaining('picture') });
    const basic = tubal.settings.filter(({ level }) => level === 'basic').map(({ name }) => name);
    expect(basic.join(' ')).toBe('method sampling mask rank initialScale learningRate smoothness iterations optimizer');
    expect(tubal.settings.every(({ group }) => group !== undefined)).toBe(true);
    expect(tubal.samples.find(({ id }) => id === 'sprites')?.settings).toEqual({ sampling: 0.2 });
    expect(tubal.exportFormats.map(({ id }) => id)).toEqual(['npy', 'npz', 'png']);
    expect(tubal.exportFormats[0].content).toContain('0 to 255');
    expect(Object.keys(tubal.captions.phase)).toEqual(['alignment', 'growth', 'convergence', 'over-fitting']);
    expect(await ask({ kind: 'describe', fit: 'tubl' })).toMatchObject({ kind: 'error', of: 'describe' });
  });
});
