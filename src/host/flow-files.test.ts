// Flow between picture files, as the command line gives it: a known shift, and pictures that do not go together.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../media/decode-picture.ts';
import { encodePng } from '../media/encode-picture.ts';
import { createTexture, drawTexture } from '../ops/flow/moving-texture.ts';
import { confidencePicture, flowBetweenFiles, flowPicture } from './flow-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'descent-lab-flow-'));
const [width, height] = [90, 64];
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  const texture = createTexture(4);
  const draw = async (name: string, w: number, h: number, shift: number) => {
    const grey = drawTexture(texture, w, h, (x, y) => [x - shift, y]);
    // In colour, as photographs are: three equal channels have the grey value they are made of.
    const values = Float32Array.from({ length: 3 * w * h }, (_, i) => grey[Math.floor(i / 3)]);
    writeFileSync(file(name), await encodePng({ width: w, height: h, channels: 3, values }, 16));
  };
  await draw('a.png', width, height, 0);
  await draw('b.png', width, height, 3);
  await draw('small.png', 32, 32, 0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('flow between files', () => {
  it('is the shift of the second picture, red on the wheel and certain', async () => {
    const field = await flowBetweenFiles(file('a.png'), file('b.png'), 'medium', 1);
    expect([field.width, field.height]).toEqual([width, height]);
    const middle = (height >> 1) * width + (width >> 1);
    expect(field.flow[2 * middle]).toBeCloseTo(3, 1);
    expect(field.flow[2 * middle + 1]).toBeCloseTo(0, 1);
    const wheel = await decodePicture(await flowPicture(field), 'wheel.png');
    const [red, green, blue] = wheel.values.subarray(3 * middle, 3 * middle + 3);
    expect(red).toBeGreaterThan(0.95);
    expect(Math.max(green, blue)).toBeLessThan(0.3);
    const confidence = await decodePicture(await confidencePicture(field), 'c.png');
    expect(confidence.values[middle]).toBeGreaterThan(0.95);
  });

  it('refuses pictures of two sizes, and what is no picture, by name', async () => {
    await expect(flowBetweenFiles(file('a.png'), file('small.png'), 'fast', 1)).rejects.toMatchObject({
      code: 'input',
      message: 'The first picture is 90 × 64 pixels but the second is 32 × 32.',
      where: file('small.png'),
    });
    await expect(flowBetweenFiles(file('none.png'), file('a.png'), 'fast', 1)).rejects.toMatchObject({
      code: 'input',
      where: file('none.png'),
    });
  });
});
