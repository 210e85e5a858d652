import { describe, expect, it } from 'vitest';
import { tileGrid } from './tile-grid.ts';

const options = { aspect: 1.5, gap: 4, lost: 40 };
const columnsOf = (count: number, width: number, height: number) =>
  new Set(tileGrid(count, { width, height }, options).map(({ left }) => left)).size;

describe('grid of tiles', () => {
  it('lays wide boards out side by side, and tall ones below each other', () => {
    expect(columnsOf(4, 2000, 300)).toBe(4);
    expect(columnsOf(4, 900, 700)).toBe(2);
    expect(columnsOf(4, 300, 1200)).toBe(1);
  });

  it('gives up a little of the pictures for wide tiles', () => {
    const board = { width: 908, height: 445 };
    const tiles = tileGrid(5, board, { aspect: 1, gap: 6, lost: 44 });
    expect(new Set(tiles.map(({ left }) => left)).size).toBe(3);
    expect(new Set(tileGrid(4, board, { aspect: 1, gap: 6, lost: 44 }).map(({ left }) => left)).size).toBe(4);
  });

  it('keeps every tile on the board and apart from the others', () => {
    for (let count = 1; count <= 17; count++) {
      const tiles = tileGrid(count, { width: 937, height: 611 }, options);
      expect(tiles).toHaveLength(count);
      tiles.forEach((tile, index) => {
        expect(tile.left + tile.width).toBeLessThanOrEqual(937.5);
        expect(tile.top + tile.height).toBeLessThanOrEqual(611.5);
        for (const other of tiles.slice(index + 1)) {
          const apart =
            tile.left + tile.width <= other.left ||
            other.left + other.width <= tile.left ||
            tile.top + tile.height <= other.top ||
            other.top + other.height <= tile.top;
          expect(apart).toBe(true);
        }
      });
    }
  });

  it('has sizes of at least zero on a board without room', () => {
    for (const { width, height } of tileGrid(9, { width: 10, height: 3 }, options)) {
      expect(width).toBeGreaterThanOrEqual(0);
      expect(height).toBeGreaterThanOrEqual(0);
    }
    expect(tileGrid(0, { width: 10, height: 3 }, options)).toEqual([]);
  });
});
