import { describe, expect, it } from 'vitest';
import { colourMap, colourMapIds, gradientOf } from './colour-maps.ts';

const at = (id: string, level: number) => [...colourMap(id).table.subarray(3 * level, 3 * level + 3)];
const close = (actual: readonly number[], hex: string) =>
  actual.forEach((value, channel) => {
    // The polynomials miss the published tables by up to 3 %.
    const expected = Number.parseInt(hex.slice(2 * channel, 2 * channel + 2), 16);
    expect(Math.abs(value - expected), `${actual} ${hex}`).toBeLessThanOrEqual(10);
  });

describe('colour maps', () => {
  it.each([
    ['viridis', '440154', '21918c', 'fde725'],
    ['magma', '000004', 'b73779', 'fcfdbf'],
    ['turbo', '30123b', 'a4fc3c', '7a0403'],
  ])('%s starts, passes and ends at its published colours', (id, first, middle, last) => {
    close(at(id, 0), first);
    close(at(id, 128), middle);
    close(at(id, 255), last);
  });

  it('is the value itself in grey, and white in the middle of the diverging map', () => {
    expect(at('grey', 77)).toEqual([77, 77, 77]);
    for (const value of at('blue-red', 128)) expect(value).toBeGreaterThan(240);
    expect(at('blue-red', 0)[2]).toBeGreaterThan(at('blue-red', 0)[0]);
    expect(at('blue-red', 255)[0]).toBeGreaterThan(at('blue-red', 255)[2]);
  });

  it('gets lighter all along in the maps that claim an order', () => {
    for (const id of ['viridis', 'magma', 'grey']) {
      const lightness = Array.from({ length: 256 }, (_, level) => {
        const [red, green, blue] = at(id, level);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      });
      for (let level = 16; level < 256; level += 16)
        expect(lightness[level], `${id} ${level}`).toBeGreaterThan(lightness[level - 16]);
    }
  });

  it('holds the same colours as words', () => {
    for (const id of colourMapIds) {
      const { table, words } = colourMap(id);
      const bytes = new Uint8Array(words.buffer);
      for (let level = 0; level < 256; level += 51)
        expect([...bytes.subarray(4 * level, 4 * level + 4)]).toEqual([
          ...table.subarray(3 * level, 3 * level + 3),
          255,
        ]);
    }
  });

  it('answers an unknown name with viridis, and makes gradients', () => {
    expect(colourMap('no such map').id).toBe('viridis');
    expect(gradientOf(colourMap('grey'))).toMatch(/^linear-gradient\(to right, rgb\(0 0 0\), .*rgb\(255 255 255\)\)$/);
  });
});
