import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/numerics/random.ts';
import { MaskRaster } from './mask-raster.ts';

const rows = ({ pixels, width, height }: MaskRaster) =>
  Array.from({ length: height }, (_, y) =>
    [...pixels.subarray(y * width, (y + 1) * width)].map(missing => (missing === 1 ? '#' : '.')).join(''),
  );
const count = ({ pixels }: MaskRaster) => pixels.reduce((sum, missing) => sum + missing, 0);

describe('drawn mask', () => {
  it('fills a box with both corners, in whatever order and beyond the edge', () => {
    const mask = new MaskRaster(5, 4);
    mask.box({ x: 2.9, y: 1.2 }, { x: 1.1, y: 2.8 }, 'missing');
    expect(rows(mask)).toEqual(['.....', '.##..', '.##..', '.....']);
    mask.box({ x: 4, y: -7 }, { x: 99, y: 0.5 }, 'missing');
    expect(rows(mask)).toEqual(['....#', '.##..', '.##..', '.....']);
    expect(mask.missing).toBe(5);
    expect(mask.share).toBeCloseTo(0.25);
  });

  it('brushes a round dot, one pixel where the brush is small, and a line without gaps', () => {
    const mask = new MaskRaster(7, 5);
    mask.brush({ x: 3.5, y: 2.5 }, { x: 3.5, y: 2.5 }, 1.5, 'missing');
    expect(rows(mask)).toEqual(['.......', '..###..', '..###..', '..###..', '.......']);
    mask.clear();
    mask.brush({ x: 3.1, y: 2.9 }, { x: 3.1, y: 2.9 }, 0.5, 'missing');
    expect(mask.pixels[2 * 7 + 3]).toBe(1);
    mask.clear();
    mask.brush({ x: 0.5, y: 0.5 }, { x: 6.5, y: 4.5 }, 0.5, 'missing');
    for (let x = 0; x < 7; x++) expect(rows(mask).some(row => row[x] === '#')).toBe(true);
  });

  it('erases with the same brush', () => {
    const mask = new MaskRaster(6, 6);
    mask.box({ x: 0, y: 0 }, { x: 5, y: 5 }, 'missing');
    mask.brush({ x: 3, y: 3 }, { x: 3, y: 3 }, 1, 'observed');
    expect(rows(mask)).toEqual(['######', '######', '##..##', '##..##', '######', '######']);
  });

  it('fills polygons by the even–odd rule', () => {
    const mask = new MaskRaster(6, 5);
    mask.polygon(
      [
        { x: 1, y: 1 },
        { x: 5, y: 1 },
        { x: 5, y: 4 },
        { x: 1, y: 4 },
      ],
      'missing',
    );
    expect(rows(mask)).toEqual(['......', '.####.', '.####.', '.####.', '......']);
    mask.clear();
    mask.polygon(
      [
        { x: 0, y: 0 },
        { x: 5.5, y: 0 },
        { x: 0, y: 5.5 },
      ],
      'missing',
    );
    expect(rows(mask)).toEqual(['#####.', '####..', '###...', '##....', '#.....']);
    mask.clear();
    mask.polygon(
      [
        { x: 0, y: 0 },
        { x: 4, y: 4 },
      ],
      'missing',
    );
    expect(mask.empty).toBe(true);
  });

  it('draws stripes and keeps the edges', () => {
    const mask = new MaskRaster(8, 4);
    mask.stripes('vertical', 4, 2, 'missing');
    expect(rows(mask)[0]).toBe('.##..##.');
    mask.clear();
    mask.stripes('horizontal', 4, 1, 'missing');
    expect(rows(mask)).toEqual(['........', '########', '........', '........']);
  });

  it('takes pixels by chance: the share asked for, the same for the same seed', () => {
    const mask = new MaskRaster(200, 200);
    mask.random(0.3, 5, 'missing');
    expect(Math.abs(mask.share - 0.3)).toBeLessThan(0.01);
    const other = new MaskRaster(200, 200);
    other.random(0.3, 5, 'missing');
    expect(other.pixels).toEqual(mask.pixels);
  });

  it('stamps, inverts, clears', () => {
    const mask = new MaskRaster(3, 1);
    mask.stamp([0, 7, 0], 'missing');
    expect(rows(mask)).toEqual(['.#.']);
    mask.invert();
    expect(rows(mask)).toEqual(['#.#']);
    expect(mask.missing).toBe(2);
    mask.clear();
    expect(mask.empty).toBe(true);
  });

  it('goes back and forth over any drawing, and keeps count (seed 11)', () => {
    const random = createRandom(11, 'mask');
    const mask = new MaskRaster(37, 23);
    const point = () => ({ x: random.uniform() * 45 - 4, y: random.uniform() * 30 - 4 });
    const states = [mask.pixels.slice()];
    const changes = [];
    for (let turn = 0; turn < 40; turn++) {
      const mark = random.uniform() < 0.6 ? 'missing' : 'observed';
      [
        () => mask.brush(point(), point(), random.uniform() * 5, mark),
        () => mask.box(point(), point(), mark),
        () => mask.polygon([point(), point(), point(), point()], mark),
        () => mask.random(0.2, turn, mark),
        () => mask.invert(),
      ][random.integer(5)]();
      const change = mask.changeSince(states[states.length - 1]);
      expect(count(mask)).toBe(mask.missing);
      if (change === undefined) continue;
      changes.push(change);
      states.push(mask.pixels.slice());
    }
    for (let at = changes.length - 1; at >= 0; at--) {
      mask.apply(changes[at]);
      expect(mask.pixels).toEqual(states[at]);
      expect(count(mask)).toBe(mask.missing);
    }
    changes.forEach((change, at) => {
      mask.apply(change);
      expect(mask.pixels).toEqual(states[at + 1]);
    });
  });

  it('tells where it changed, and nothing when nothing did', () => {
    const mask = new MaskRaster(10, 10);
    const told: object[] = [];
    const end = mask.subscribe(box => told.push(box));
    mask.box({ x: 2, y: 3 }, { x: 4, y: 4 }, 'missing');
    mask.box({ x: 2, y: 3 }, { x: 4, y: 4 }, 'missing');
    expect(told).toEqual([{ left: 2, top: 3, width: 3, height: 2 }]);
    end();
    mask.clear();
    expect(told).toHaveLength(1);
    expect(mask.changeSince(mask.pixels.slice())).toBeUndefined();
  });

  it('is written as a grey PNG that others read, white where observed', async () => {
    const mask = new MaskRaster(13, 7);
    mask.box({ x: 3, y: 2 }, { x: 9, y: 4 }, 'missing');
    const png = sharp(await (await mask.toPng()).bytes());
    expect(await png.metadata()).toMatchObject({ format: 'png', width: 13, height: 7, channels: 1, depth: 'uchar' });
    const { data } = await png.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
    expect([...data]).toEqual([...mask.pixels].map(missing => (missing === 1 ? 0 : 255)));
  });
});
