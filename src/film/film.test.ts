import { describe, expect, it } from 'vitest';
import type { DepthView, HeatMapView, ImageView } from '../protocol/views.ts';
import { compact, countUntil, type FilmSource, type FilmView, figuresAt, planFilm, valueAt } from './film.ts';
import { layOut } from './film-layout.ts';
import { createFrameDrawing } from './frame-svg.ts';
import { paintPicture, placePicture, widenRange } from './picture-pixels.ts';

const image: ImageView = {
  kind: 'image',
  id: 'picture',
  title: 'Picture',
  changes: 'with-iterations',
  frames: 1,
  height: 30,
  width: 45,
  channels: 3,
  range: [0, 1],
};
const heatMap: HeatMapView = {
  kind: 'heat-map',
  id: 'map',
  title: 'Map',
  changes: 'with-iterations',
  rowLabel: 'row',
  columnLabel: 'column',
  scale: 'log',
};

const source: FilmSource = {
  title: 'A & B <run>',
  problem: {
    summary: {},
    terms: [],
    views: [image, heatMap],
    members: ['first', 'second'].map(label => ({
      label,
      groups: [],
      maximumIterations: 100,
      live: [],
      starts: {},
    })),
  },
  member: 1,
  loss: { iterations: [0, 10, 20], values: [1, 0.1, 0.01] },
  validation: { iterations: [0, 10, 20], values: [1, Number.NaN, 0.5] },
  learningRate: { iterations: [0, 10, 20], values: [0.9, 0.9, 0.45] },
  events: [
    { iteration: 15, path: 'members.1.learningRate', value: 0.45, source: 'user' },
    { iteration: 5, path: 'members.0.learningRate', value: 0.1, source: 'user' },
    { iteration: 3, path: 'smoothness', value: 0.00512345, source: 'user' },
    { iteration: 30, path: 'smoothness', value: 0, source: 'user' },
  ],
  measures: [
    { iteration: 0, member: 1, psnr: 10, phase: 'growth', tubes: [1] },
    { iteration: 10, member: 0, psnr: 99 },
    { iteration: 20, member: 1, psnr: 20.126, ssim: 0.5, rse: 0.1 },
  ],
  snapshots: [0, 10, 20],
};

describe('the plan of a film', () => {
  it('keeps the events of its member, up to its end, in order', () => {
    expect(planFilm(source, ['picture']).pins).toEqual([
      { iteration: 3, caption: 'smoothness = 0.005123' },
      { iteration: 15, caption: 'learningRate = 0.45' },
    ]);
  });

  it('tells the newest figures of its member', () => {
    const film = planFilm(source, []);
    expect(figuresAt(film, 10)).toEqual(['loss 0.1', 'validation 1', 'PSNR 10.00 dB']);
    expect(figuresAt(film, 25)).toEqual(['loss 0.01', 'validation 0.5', 'PSNR 20.13 dB', 'SSIM 0.5']);
  });

  it('plays videos to their end, and shows their middle before', () => {
    const video = { ...image, id: 'video', frames: 3 };
    const film = planFilm({ ...source, problem: { ...source.problem, views: [image, video] } }, ['picture', 'video']);
    expect(film.shots.map(({ iteration, frame }) => [iteration, frame])).toEqual([
      [0, 1],
      [10, 1],
      [20, 1],
      [20, 0],
      [20, 1],
      [20, 2],
    ]);
  });
});

it('writes numbers short', () => {
  expect([0, 1, 0.12345, 0.001, -2e-7, 123456].map(compact)).toEqual(['0', '1', '0.123', '1e−3', '−2e−7', '1.2e5']);
});

it('looks values up at or before an iteration', () => {
  expect([-1, 0, 5, 20, 99].map(at => countUntil([0, 10, 20], at))).toEqual([0, 1, 1, 3, 3]);
  expect(valueAt({ iterations: [0, 1, 2], values: [5, Number.NaN, 7] }, 1)).toBe(5);
  expect(valueAt({ iterations: [3], values: [5] }, 2)).toBeNaN();
});

describe('the layout', () => {
  const sets: readonly (readonly FilmView[])[] = [
    [],
    [image],
    [image, image],
    [image, heatMap, image],
    Array.from({ length: 12 }, () => image),
  ];
  it.each([320, 333, 640, 1280, 1921, 3840])('fits into an even picture, without overlap, at %i', width => {
    for (const views of sets) {
      const { tiles, losses, learningRate, header, ...size } = layOut(views, width);
      expect([size.width % 2, size.height % 2]).toEqual([0, 0]);
      const boxes = [header, ...tiles, losses, learningRate];
      boxes.forEach((box, n) => {
        expect(box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0).toBe(true);
        expect(box.left + box.width <= size.width && box.top + box.height <= size.height).toBe(true);
        for (const other of boxes.slice(n + 1)) {
          const apart =
            box.left + box.width <= other.left ||
            other.left + other.width <= box.left ||
            box.top + box.height <= other.top ||
            other.top + other.height <= box.top;
          expect(apart).toBe(true);
        }
      });
    }
  });

  it('keeps the proportions of pictures', () => {
    const [tile] = layOut([image], 1280).tiles;
    expect(tile.width * 30).toBe(tile.height * 45);
  });
});

describe('pixels', () => {
  const picture = (values: Float32Array, height: number, width: number, channels: number) => ({
    values: { shape: [1, height, width, channels], values },
  });
  const white = (width: number, height: number) => ({
    width,
    height,
    rgba: new Uint8ClampedArray(4 * width * height).fill(255),
  });

  it('are squares when enlarged and means when reduced', () => {
    const view = { ...image, channels: 1, height: 2, width: 2 };
    const painted = paintPicture(view, picture(Float32Array.of(0, 1, 1, 1), 2, 2, 1), 0, [0, 1]);
    if (painted === undefined) throw new Error('Nothing was painted.');
    const large = white(6, 4);
    placePicture(large, painted, { left: 1, top: 0, width: 4, height: 4 });
    const row = (y: number) => Array.from({ length: 6 }, (_, x) => large.rgba[4 * (6 * y + x)]);
    expect([row(0), row(1), row(2)]).toEqual([
      [255, 0, 0, 255, 255, 255],
      [255, 0, 0, 255, 255, 255],
      [255, 255, 255, 255, 255, 255],
    ]);
    const small = white(1, 1);
    placePicture(small, painted, { left: 0, top: 0, width: 1, height: 1 });
    expect([...small.rgba]).toEqual([191, 191, 191, 255]);
  });

  it('of unknown values show the ground', () => {
    const depth: DepthView = {
      kind: 'depth',
      id: 'depth',
      title: 'Depth',
      changes: 'never',
      frames: 1,
      height: 1,
      width: 2,
      unit: 'm',
    };
    const data = { values: { shape: [1, 1, 2], values: Float32Array.of(0, 5) } };
    expect(widenRange(depth, data, undefined)).toEqual([5, 5]);
    const painted = paintPicture(depth, data, 0, [0, 5]);
    expect([...(painted?.rgba ?? [])].slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(painted?.rgba[7]).toBe(255);
  });

  it('of a logarithmic map leave out what has no logarithm', () => {
    const data = { values: { shape: [1, 3], values: Float32Array.of(0, 1, 100) } };
    expect(widenRange(heatMap, data, [10, 10])).toEqual([1, 100]);
  });
});

it('draws what XML allows, and pins only with their caption once they happened', () => {
  const film = planFilm(source, ['picture', 'map']);
  const draw = createFrameDrawing(film, layOut(film.views, 640), [undefined, [0.1, 1]]);
  expect(draw(0)).not.toContain('smoothness');
  expect(draw(1)).toContain('smoothness = 0.005123');
  expect(draw(2)).toContain('learningRate = 0.45');
  expect(draw(1)).toContain('A &#38; B &#60;run&#62;');
  expect(draw(1)).toContain('>second<');
  expect(draw(1)).not.toContain('NaN');
});
