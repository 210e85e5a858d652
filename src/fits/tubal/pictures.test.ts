// Pictures of a problem: right values in the right places, whatever the layout of a member.

import { describe, expect, it } from 'vitest';
import { pictureStackOf } from '../../formats/picture-stack.ts';
import { createRandom } from '../../numerics/random.ts';
import { realValues } from '../../protocol/views.ts';
import type { FitInput } from '../fit.ts';
import { type LayoutId, layoutOf, rearrange } from './layout.ts';
import { observe } from './observations.ts';
import { createPictures } from './pictures.ts';

function make(shape: number[], kind: FitInput['kind'], fullScale: number, asVideo = false) {
  const random = createRandom(5, 'pictures');
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
    fullScale === 255 ? Math.floor(256 * random.uniform()) / 255 : random.uniform(),
  );
  const input: FitInput = { name: 'test', kind, shape, values, fullScale };
  const settings = { sampling: 0.5, mask: 'entry', noise: 0, corruption: 0, validation: 0, seed: 1 } as const;
  const layout = asVideo ? 'video' : 'frontal';
  const { natural, observations } = observe(input, { ...settings, layout }, undefined);
  const stack = pictureStackOf(shape, asVideo ? 'frames' : 'rows');
  if (stack === undefined) throw new Error('no stack');
  return { input, natural, observations, stack, pictures: createPictures(input, stack, natural, observations) };
}

const cases: [string, number[], FitInput['kind'], number, boolean, LayoutId][] = [
  ['colour picture', [9, 7, 3], 'picture', 255, false, 'frontal'],
  ['colour picture, lateral', [9, 7, 3], 'picture', 255, false, 'lateral'],
  ['grey 16-bit picture', [9, 7, 1], 'picture', 65535, false, 'frontal'],
  ['volume', [9, 7, 5], 'array', 1, false, 'frontal'],
  ['volume, lateral', [9, 7, 5], 'array', 1, false, 'lateral'],
  ['colour video', [4, 6, 5, 3], 'video', 255, false, 'frontal'],
  ['array as video', [4, 6, 5], 'array', 255, true, 'video'],
];

describe.each(cases)('pictures of a %s', (_, shape, kind, fullScale, asVideo, layoutId) => {
  const { input, natural, observations, stack, pictures } = make(shape, kind, fullScale, asVideo);
  const count = input.values.length;
  const step = fullScale === 255 ? 1 : fullScale / 65535;
  /** In the order of the pictures, in the units of the input. */
  const inPictures = (tensorOrder: Float32Array) => {
    const inputOrder = rearrange(tensorOrder, natural, { ...natural, ...identity(count) });
    const out = new Float32Array(count);
    inputOrder.forEach((value, at) => {
      out[stack.place(at)] = value * fullScale;
    });
    return out;
  };
  /** A layout whose tensor order is the input's. */
  const identity = (length: number) => ({
    rows: 1,
    columns: 1,
    planes: Array.from({ length }, (__, i) => i),
    rowStride: 1,
    columnStride: 1,
  });
  const truth = observations.truth as Float32Array;

  it('show the truth to half a level', () => {
    const data = pictures.truth(undefined);
    expect(data.values.shape).toEqual([stack.frames, stack.height, stack.width, stack.channels]);
    const expected = inPictures(truth);
    realValues(data, 'values').forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(0.51 * step);
    });
  });

  it('show an estimate of a member in its own layout, with the observed entries put back', () => {
    const layout = layoutOf(input, layoutId);
    const estimate = rearrange(
      truth.map(value => 1 - value),
      natural,
      layout,
    );
    const data = pictures.recovered(
      { values: estimate.map(value => value - 0.25), centre: 0.25 },
      layout,
      'reinsert',
      undefined,
    );
    const expected = inPictures(truth.map((value, i) => (observations.mask[i] === 0 ? 1 - value : value)));
    realValues(data, 'values').forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(0.51 * step);
    });
    for (let frame = 0; frame < stack.frames; frame++) {
      const one = pictures.recovered(
        { values: estimate.map(value => value - 0.25), centre: 0.25 },
        layout,
        'reinsert',
        frame,
      );
      const size = data.values.values.length / stack.frames;
      expect(one.values.values).toEqual(data.values.values.slice(frame * size, (frame + 1) * size));
    }
  });

  it('show what was not observed half-way between black and white', () => {
    const shown = realValues(pictures.observed(undefined), 'values');
    const expected = inPictures(truth.map((value, i) => (observations.mask[i] === 0 ? -1 : value)));
    shown.forEach((value, i) => {
      if (expected[i] < 0) expect(Math.abs(value - fullScale / 2)).toBeLessThanOrEqual(step);
      else expect(Math.abs(value - expected[i])).toBeLessThan(0.51 * step);
    });
  });
});

describe('pictures of values outside 0 to 1', () => {
  it('keep the units of the array, and clip what goes beyond its range', () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => -5 + i / 4);
    const input: FitInput = { name: 'test', kind: 'array', shape: [10, 6], values, fullScale: 1 };
    const settings = { sampling: 0.6, mask: 'entry', noise: 0, corruption: 0, validation: 0, seed: 1 } as const;
    const { natural, observations } = observe(input, { ...settings, layout: 'auto' }, undefined);
    const stack = pictureStackOf(input.shape, 'rows');
    if (stack === undefined) throw new Error('no stack');
    const pictures = createPictures(input, stack, natural, observations);
    const [low, high] = pictures.views[0].range;
    expect(low).toBeCloseTo(observations.offset, 5);
    expect(high).toBeCloseTo(observations.offset + observations.range, 5);
    realValues(pictures.truth(undefined), 'values').forEach((value, i) => {
      expect(value).toBeCloseTo(Math.min(high, Math.max(low, values[i])), 3);
    });
  });
});
