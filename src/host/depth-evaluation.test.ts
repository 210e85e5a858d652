// Depth of a run against that of a data set, from the files: one scale for all frames, sizes that differ, confidence.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeDepthJson } from '../formats/depth-files.ts';
import { encodeNpz } from '../formats/npz.ts';
import { encodePng } from '../media/encode-picture.ts';
import { evaluateDepth } from './depth-evaluation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descent-lab-depth-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const picture = (width: number, height: number, steps: (p: number) => number) =>
  encodePng(
    { width, height, channels: 1, values: Float32Array.from({ length: width * height }, (_, p) => steps(p) / 65535) },
    16,
  );

/** Two frames of 2 × 2; the run is at half the scale, and half off in the last pixel of the second frame. */
async function write(): Promise<readonly [string, string]> {
  const [run, truth] = [join(folder, 'run'), join(folder, 'truth')];
  mkdirSync(join(run, 'exports', 'depth'), { recursive: true });
  mkdirSync(join(truth, 'depth'), { recursive: true });
  const entries = [0, 1].map(f => ({ file: `00000${f}.png`, scale: 0.001, imageFile: `a/${f}.jpg` }));
  writeFileSync(join(run, 'exports', 'depth', 'depth.json'), encodeDepthJson(entries, 'any'));
  const maps = [0, 1].map(f => (p: number) => 1000 * (1 + f + p));
  for (const f of [0, 1]) {
    const off = (p: number) => maps[f](p) * (f === 1 && p === 3 ? 1.5 : 1);
    writeFileSync(join(run, 'exports', 'depth', `00000${f}.png`), await picture(2, 2, off));
    // Of the truth every pixel is four, and one is unknown; frames are named in another order.
    const large = (p: number) =>
      f === 0 && p === 0 ? 0 : 2 * maps[f](2 * Math.floor(p / 8) + Math.floor((p % 4) / 2));
    writeFileSync(join(truth, 'depth', `${f}.png`), await picture(4, 4, large));
  }
  const data = Float32Array.of(0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2);
  writeFileSync(
    join(run, 'exports', 'depth.npz'),
    encodeNpz([['confidence', { shape: [2, 2, 2], dtype: 'float32', data }]]),
  );
  const frames = [1, 0].map(f => ({ file: `images/${f}.jpg`, depth: `depth/${f}.png` }));
  writeFileSync(join(truth, 'scene.json'), JSON.stringify({ depth: { scale_to_units: 0.001 }, frames }));
  return [run, truth];
}

describe('depth of a run against the truth', () => {
  it('has one scale for all frames, and tells what is sure apart', async () => {
    const found = await evaluateDepth(...(await write()));
    expect(found?.frames).toBe(2);
    // 31 pixels are known; four of them are off by half.
    expect(found?.all.pixels).toBe(31);
    expect(found?.all.scale).toBeCloseTo(2, 5);
    expect(found?.all.absRel).toBeCloseTo((4 * 0.5) / 31, 5);
    expect(found?.all.delta125).toBeCloseTo(27 / 31, 8);
    expect(found?.confident?.absRel).toBeCloseTo(0, 6);
    expect(found?.confident?.share).toBeCloseTo(28 / 32, 8);
  });

  it('is nothing where either side has no depth', async () => {
    const [run, truth] = await write();
    writeFileSync(join(folder, 'poses.tum'), '');
    expect(await evaluateDepth(run, join(folder, 'poses.tum'))).toBeUndefined();
    rmSync(join(run, 'exports', 'depth'), { recursive: true });
    expect(await evaluateDepth(run, truth)).toBeUndefined();
  });
});
