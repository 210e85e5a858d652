import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/protocol/frames.ts';
import type { ImageView, ViewData } from '../../../src/protocol/views.ts';
import { colourMap } from '../../plots/colour-maps.ts';
import {
  differenceOf,
  differencePaint,
  inputRasterOf,
  type PictureView,
  paintOf,
  paintRaster,
  type Raster,
  rangeOf,
  rasterOf,
  valuesAt,
} from './raster.ts';

const frame = (data: ViewData, reduction = 1): Frame => ({
  header: { kind: 'view', call: 0, run: 'r', view: 'v', member: 2, iteration: 30, reduction },
  data,
});
const image: ImageView = {
  id: 'v',
  title: 'V',
  kind: 'image',
  changes: 'with-iterations',
  frames: 1,
  height: 1,
  width: 2,
  channels: 3,
  range: [0, 1],
};
const bytes = (values: readonly number[], shape: readonly number[], scale = [0, 1 / 255]): ViewData => ({
  values: { shape, values: Uint8Array.from(values) },
  'values.scale': { shape: [2], values: Float64Array.from(scale) },
});
const floats = (values: readonly number[], width: number, channels = 1): Raster => ({
  width,
  height: values.length / width / channels,
  channels,
  values: Float32Array.from(values),
  offset: 0,
  step: 1,
  reduction: 1,
  iteration: 0,
  member: 0,
});
const colours = (pixels: Uint8ClampedArray) =>
  Array.from({ length: pixels.length / 4 }, (_, i) => [...pixels.subarray(4 * i, 4 * i + 4)]);

describe('rasters', () => {
  it('takes a picture out of a frame, with what its numbers stand for', () => {
    const raster = rasterOf(image, frame(bytes([0, 51, 102, 153, 204, 255], [1, 1, 2, 3]), 2))!;
    expect(raster).toMatchObject({ width: 2, height: 1, channels: 3, reduction: 2, iteration: 30, member: 2 });
    const [red, green, blue] = valuesAt(raster, 1.9, 0.2)!;
    expect(red).toBeCloseTo(0.6);
    expect(green).toBeCloseTo(0.8);
    expect(blue).toBeCloseTo(1);
    expect(valuesAt(raster, 2, 0)).toBeUndefined();
    expect(valuesAt(raster, -0.1, 0)).toBeUndefined();
  });

  it('takes nothing out of a frame that holds too little', () => {
    expect(rasterOf(image, frame({}))).toBeUndefined();
    expect(rasterOf(image, frame(bytes([1], [1, 1, 2, 3])))).toBeUndefined();
  });

  it('paints bytes as they are when they fill the range', () => {
    const raster = rasterOf(image, frame(bytes([0, 51, 102, 153, 204, 255], [1, 1, 2, 3])))!;
    expect(colours(paintRaster(raster, paintOf(raster, image, 'viridis', 'grey')))).toEqual([
      [0, 51, 102, 255],
      [153, 204, 255, 255],
    ]);
  });

  it('paints signed values in diverging colours, and nothing where a value stands for nothing', () => {
    const signed: ImageView = {
      ...{ ...image, width: 4, channels: 1, range: [-2, 2] },
      ...{ colours: 'diverging', unknown: 255 },
    };
    const raster = rasterOf(signed, frame(bytes([0, 127, 254, 255], [1, 1, 4, 1], [-2, 4 / 254])))!;
    const [least, middle, most, nothing] = colours(paintRaster(raster, paintOf(raster, signed, 'viridis', 'grey')));
    expect(least).toEqual([0x05, 0x30, 0x61, 255]);
    expect(Math.min(...middle)).toBeGreaterThan(240);
    expect(most).toEqual([0x67, 0x00, 0x1f, 255]);
    expect(nothing[3]).toBe(0);
    expect(valuesAt(raster, 2, 0, 255)).toEqual([2]);
    expect(valuesAt(raster, 3, 0, 255)).toEqual([Number.NaN]);
  });

  it('shows an input of any type over its natural range', () => {
    const byte = inputRasterOf(frame(bytes([0, 51, 255], [1, 1, 3, 1])))!;
    expect(byte.raster).toMatchObject({ width: 3, height: 1, channels: 1 });
    expect(colours(paintRaster(byte.raster, byte.paint)).map(([level]) => level)).toEqual([0, 51, 255]);
    const spread = inputRasterOf(frame({ values: { shape: [1, 3], values: Float32Array.of(-1, 0, 3) } }))!;
    expect(spread.paint).toMatchObject({ low: -1, high: 3 });
    expect(inputRasterOf(frame({}))).toBeUndefined();
  });

  it('clips at the range of the view and leaves out what is no number', () => {
    const raster = floats([-1, 0.5, 7, Number.NaN], 4);
    const grey: PictureView = { ...image, channels: 1, width: 4 };
    expect(colours(paintRaster(raster, paintOf(raster, grey, 'viridis', 'grey')))).toEqual([
      [0, 0, 0, 255],
      [128, 128, 128, 255],
      [255, 255, 255, 255],
      [0, 0, 0, 0],
    ]);
  });

  it('gives 16-bit pictures all their levels', () => {
    const values = Uint16Array.from({ length: 70000 }, (_, i) => i % 65536);
    const raster: Raster = { ...floats([0], 1), width: 70000, values, step: 1 / 65535 };
    const painted = paintRaster(raster, { low: 0, high: 1, scale: 'linear', map: undefined });
    for (const i of [0, 1000, 32768, 65535]) expect(painted[4 * i]).toBe(Math.round((255 * i) / 65535));
  });

  it('maps grey pictures when that is wanted, heat maps and depths always', () => {
    const raster = floats([0, 1], 2);
    const grey: PictureView = { ...image, channels: 1 };
    expect(paintOf(raster, grey, 'magma', 'mapped').map).toBe('magma');
    expect(paintOf(raster, grey, 'magma', 'grey').map).toBeUndefined();
    const depth: PictureView = {
      id: 'd',
      title: 'D',
      kind: 'depth',
      changes: 'never',
      frames: 1,
      height: 1,
      width: 3,
      unit: 'm',
    };
    const metres = floats([0, 2, 4], 3);
    expect(rangeOf(metres, depth)).toEqual([2, 4]);
    const [unknown, near, far] = colours(paintRaster(metres, paintOf(metres, depth, 'turbo', 'grey')));
    expect(unknown[3]).toBe(0);
    expect(near.slice(0, 3)).toEqual([...colourMap('turbo').table.subarray(0, 3)]);
    expect(far.slice(0, 3)).toEqual([...colourMap('turbo').table.subarray(765)]);
  });

  it('spaces decades evenly on a logarithmic heat map, and survives zeros on it', () => {
    const view: PictureView = {
      id: 'h',
      title: 'H',
      kind: 'heat-map',
      changes: 'never',
      rowLabel: 'row',
      columnLabel: 'column',
      scale: 'log',
    };
    const raster = floats([0, 1, 10, 100], 4);
    expect(rangeOf(raster, view)).toEqual([1, 100]);
    const painted = colours(paintRaster(raster, { ...paintOf(raster, view, 'grey', 'grey'), map: 'grey' }));
    expect(painted.map(([level]) => level)).toEqual([0, 0, 128, 255]);
    expect(rangeOf(floats([3, 3], 2), view)).toEqual([1.5, 4.5]);
  });
});

describe('differences', () => {
  it('are the mean over the channels, in real values, whatever each was stored as', () => {
    const a = rasterOf(image, frame(bytes([0, 51, 102, 153, 204, 255], [1, 1, 2, 3])))!;
    const b = { ...floats([0.1, 0.1, 0.1, 1, 1, 1], 2, 3) };
    const signed = differenceOf(a, b, 'signed')!;
    expect(signed.values[0]).toBeCloseTo((-0.1 + 0.1 + 0.3) / 3);
    expect(signed.values[1]).toBeCloseTo((-0.4 - 0.2 + 0) / 3);
    const absolute = differenceOf(a, b, 'absolute')!;
    expect(absolute.values[0]).toBeCloseTo((0.1 + 0.1 + 0.3) / 3);
    expect(absolute.values[1]).toBeCloseTo((0.4 + 0.2 + 0) / 3);
  });

  it('do not exist between pictures of other sizes', () => {
    expect(differenceOf(floats([1, 2], 2), floats([1, 2], 1), 'signed')).toBeUndefined();
  });

  it('are painted with gain, signed ones about white', () => {
    expect(differencePaint(1, 4, 'absolute', 'magma')).toMatchObject({ low: 0, high: 0.25, map: 'magma' });
    expect(differencePaint(1, 4, 'signed', 'magma')).toMatchObject({ low: -0.25, high: 0.25, map: 'blue-red' });
  });
});

it('paints flow through the wheel: to the right is red, to the left cyan, standing still white', () => {
  const view: ImageView = { ...image, width: 4, channels: 2, range: [0, 8], colours: 'flow', unit: 'px' };
  // As bytes of half a pixel, from −8 on.
  const bytes = Uint8Array.of(32, 16, 0, 16, 16, 16, 24, 16);
  const values = { shape: [1, 1, 4, 2], values: bytes };
  const data = { values, 'values.scale': { shape: [2], values: Float64Array.of(-8, 0.5) } };
  const raster = rasterOf(view, frame(data)) as Raster;
  const paint = paintOf(raster, view, 'magma', 'mapped');
  const pixels = paintRaster(raster, paint);
  const pixel = (n: number) => [...pixels.subarray(4 * n, 4 * n + 4)];
  expect(pixel(0)).toEqual([255, 0, 0, 255]);
  const [red, green, blue] = pixel(1);
  expect(red).toBe(0);
  expect(Math.min(green, blue)).toBeGreaterThan(200);
  expect(pixel(2)).toEqual([255, 255, 255, 255]);
  // Half as long, half as full.
  expect(pixel(3)).toEqual([255, 128, 128, 255]);
});
