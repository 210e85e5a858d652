// Where the tiles of a board lie: the rows and columns in which their pictures come out largest.

import type { Box, Size } from './look.ts';

export interface GridOptions {
  /** Width of a picture by its height. */
  readonly aspect: number;
  readonly gap: number;
  /** Height of a tile that its picture cannot use: header and readout. */
  readonly lost: number;
}

/** Share of the largest area that a picture may lose. */
const NEARLY = 0.92;

/** One box for each of `count` tiles, in reading order. */
export function tileGrid(count: number, board: Size, { aspect, gap, lost }: GridOptions): Box[] {
  const areas = Array.from({ length: count }, (_, index) => {
    const { width, height } = tileSize(count, index + 1, board, gap);
    const shown = Math.min(width, Math.max(0, height - lost) * aspect);
    return shown * (shown / aspect);
  });
  // Of nearly equal ones the fewest columns: wide tiles have room for titles and values.
  const enough = NEARLY * Math.max(0, ...areas);
  const columns = areas.findIndex(area => area >= enough) + 1;
  const { width, height } = tileSize(count, columns, board, gap);
  return Array.from({ length: count }, (_, tile) => ({
    left: Math.round((tile % columns) * (width + gap)),
    top: Math.round(Math.floor(tile / columns) * (height + gap)),
    width: Math.floor(width),
    height: Math.floor(height),
  }));
}

function tileSize(count: number, columns: number, board: Size, gap: number): Size {
  const rows = Math.ceil(count / columns);
  return {
    width: Math.max(0, (board.width - gap * (columns - 1)) / columns),
    height: Math.max(0, (board.height - gap * (rows - 1)) / rows),
  };
}
