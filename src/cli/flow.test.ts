// `flow`: the files it writes, what it prints, and what it refuses.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeFlo } from '../formats/flo.ts';
import { encodePng } from '../media/encode-picture.ts';
import { createTexture, drawTexture } from '../ops/flow/moving-texture.ts';
import { commands } from './commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-flow-'));
let printed = '';
beforeAll(async () => {
  for (const [name, shift] of [
    ['a.png', 0],
    ['b.png', 2],
  ] as const) {
    const values = drawTexture(createTexture(9), 64, 48, (x, y) => [x - shift, y]);
    writeFileSync(join(folder, name), await encodePng({ width: 64, height: 48, channels: 1, values }, 16));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const run = (...args: string[]) =>
  commands.flow([join(folder, 'a.png'), join(folder, 'b.png'), '--threads', '1', ...args]);

describe('flow', () => {
  it('writes the files asked for and says how far things moved', async () => {
    const [out, picture, confidence] = ['out/f.flo', 'out/wheel.png', 'out/c.png'].map(name => join(folder, name));
    expect(await run('--out', out, '--picture', picture, '--confidence', confidence, '--json')).toBe(0);
    const document = JSON.parse(printed);
    expect(document).toMatchObject({ width: 64, height: 48, preset: 'medium', files: [out, picture, confidence] });
    expect(document.meanPixels).toBeCloseTo(2, 1);
    const { flow } = decodeFlo(readFileSync(out), out);
    expect(flow[2 * (24 * 64 + 32)]).toBeCloseTo(2, 1);
    printed = '';
    expect(await run('--out', out, '--preset', 'fast')).toBe(0);
    expect(printed).toMatch(/^64 × 48 pixels: mean flow [\d.]+ px, largest [\d.]+ px, mean confidence 0\.\d\d\n/);
  });

  it('refuses what it cannot do', async () => {
    await expect(run()).rejects.toThrow(/--out flow.flo/);
    await expect(run('--out', 'x.flo', '--preset', 'slow')).rejects.toThrow(/choose fast, medium, fine/);
    await expect(commands.flow(['a.png'])).rejects.toThrow(/two pictures/);
    const inFile = join(folder, 'a.png', 'f.flo');
    await expect(run('--out', inFile)).rejects.toMatchObject({ code: 'store', where: inFile });
  });
});
