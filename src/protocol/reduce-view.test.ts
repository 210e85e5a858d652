import { describe, expect, it } from 'vitest';
import { reduceView, selectFrame } from './reduce-view.ts';
import type { ViewData } from './views.ts';

const picture = (shape: number[], values: Uint8Array | Float32Array): ViewData => ({ values: { shape, values } });

describe('reducing pictures', () => {
  it('averages squares of pixels, channel by channel, and says by how much', () => {
    // Two channels would be no picture; three: the second is ten times the first, the third is constant.
    const values = Uint8Array.from({ length: 4 * 6 * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return [pixel, 10 * pixel, 7][at % 3];
    });
    const { data, reduction } = reduceView(picture([1, 4, 6, 3], values), 6);
    expect(reduction).toBe(2);
    expect(data.values.shape).toEqual([1, 2, 3, 3]);
    // Pixels 0, 1, 6, 7 have the mean 3.5.
    expect([...data.values.values.slice(0, 3)]).toEqual([4, 35, 7]);
    expect(data.values.values).toBeInstanceOf(Uint8Array);
  });

  it('averages over what is left at the edges', () => {
    const values = Float32Array.of(1, 2, 6, 3, 4, 8, 10, 20, 5);
    const { data } = reduceView(picture([1, 3, 3, 1], values), 4);
    expect([...data.values.values]).toEqual([2.5, 7, 15, 5]);
  });

  it.each([
    [1, 1, 1],
    [300, 451, 10000],
    [7, 1000, 50],
    [1000, 3, 1],
  ])('keeps %i x %i within %i pixels', (height, width, most) => {
    const { data, reduction } = reduceView(picture([1, height, width, 1], new Uint8Array(height * width)), most);
    const [, rows, columns] = data.values.shape;
    expect(rows * columns).toBeLessThanOrEqual(most);
    expect([rows, columns]).toEqual([Math.ceil(height / reduction), Math.ceil(width / reduction)]);
  });

  it('leaves unknown depths out of the mean', () => {
    const { data } = reduceView(picture([1, 2, 4], Float32Array.of(2, 0, 0, 0, 4, 0, 0, 0)), 2);
    expect([...data.values.values]).toEqual([3, 0]);
  });

  it('leaves alone what is small enough, and what is no picture', () => {
    const small = picture([2, 2, 2, 1], new Uint8Array(8));
    expect(reduceView(small, 4)).toEqual({ data: small, reduction: 1 });
    const matrix = picture([50, 50], new Float32Array(2500));
    expect(reduceView(matrix, 4)).toEqual({ data: matrix, reduction: 1 });
  });
});

describe('one frame', () => {
  it('is cut out with everything else kept', () => {
    const scale = { shape: [2], values: Float64Array.of(0, 1) };
    const data = { ...picture([3, 1, 2, 1], Uint8Array.of(1, 2, 3, 4, 5, 6)), 'values.scale': scale };
    const one = selectFrame(data, 1);
    expect(one).toEqual({ values: { shape: [1, 1, 2, 1], values: Uint8Array.of(3, 4) }, 'values.scale': scale });
    expect(() => selectFrame(data, 3)).toThrow('no frame 3');
    expect(selectFrame(data, undefined)).toBe(data);
  });
});
