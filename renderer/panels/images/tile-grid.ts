// Where the tiles of a board lie: the rows and columns in which their pictures come out largest.

import type { Box, Size } from './look.ts';

export interface GridOptions {
  /** Width of a picture by its height. */
  readonly aspect: number;
  readonly gap: number;
  /** Height of a tile that its picture cannot use: header and readout. */
  readonly lost: number;
}

/** One box for each of `count` tiles, in reading order. */
export function tileGrid(count: number, board: Size, { aspect, gap, lost }: GridOptions): Box[] {
  let best = { columns: 1, area: -1 };
  for (let columns = 1; columns <= count; columns++) {
    const { width, height } = tileSize(count, columns, board, gap);
    const tall = Math.max(0, height - lost);
    const shown = Math.min(width, tall * aspect);
    const area = shown * (shown / aspect);
    // Of equal ones the fewest rows: pictures side by side are compared more easily.
    if (area >= best.area) best = { columns, area };
  }
  const { columns } = best;
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
