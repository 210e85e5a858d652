// Where everything stands in a picture of the film: header, tiles of the views, trace. Pure arithmetic in whole pixels.

import type { FilmView } from './film.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface FilmLayout {
  readonly width: number;
  readonly height: number;
  /** Length of one unit of the design, which is 1280 wide. */
  readonly unit: number;
  readonly header: Box;
  /** One for each view: the picture itself; its title stands above it. */
  readonly tiles: readonly Box[];
  readonly losses: Box;
  readonly learningRate: Box;
}

const DESIGN_WIDTH = 1280;
/** Text smaller than this share of the design cannot be read. */
const LEAST_UNIT = 0.55;
const PAD = 24;
const GAP = 20;
const HEADER = 58;
const TRACE = 176;
/** Share of the width that pictures get in height at least. */
const LEAST_PICTURES = 0.32;
/** Title above a tile. */
export const TITLE = 24;
/** Width over height of a plot that stands among the pictures. */
const PLOT_SHAPE = 1.6;
/** The same where there are no pictures. */
const WIDEST_PLOT = 2.6;

/** Encoders want even sides. */
const even = (value: number) => 2 * Math.round(value / 2);

/** The layout of a film of `views`, `width` wide: 16 : 9, or higher where text would leave no room for pictures. */
export function layOut(views: readonly FilmView[], width: number): FilmLayout {
  const wide = even(width);
  const unit = Math.max(LEAST_UNIT, wide / DESIGN_WIDTH);
  const px = (units: number) => Math.round(units * unit);
  const fixed = px(2 * PAD + HEADER + TRACE + GAP);
  const height = even(Math.max((wide * 9) / 16, fixed + wide * LEAST_PICTURES));
  const inner = wide - 2 * px(PAD);
  const header = { left: px(PAD), top: px(PAD), width: inner, height: px(HEADER) };
  const traceTop = views.length === 0 ? header.top + header.height + px(GAP) : height - px(PAD) - px(TRACE);
  const traceHeight = height - px(PAD) - traceTop;
  const axis = px(64);
  const rate = Math.round(traceHeight * 0.24);
  const ticks = px(20);
  const room = {
    left: px(PAD),
    top: header.top + header.height,
    width: inner,
    height: traceTop - px(GAP) - header.top - header.height,
  };
  const plot = { left: px(PAD) + axis, width: inner - axis - px(8) };
  return {
    width: wide,
    height,
    unit,
    header,
    tiles: arrange(views.map(shapeOf), room, px(GAP), px(TITLE)),
    losses: { ...plot, top: traceTop, height: traceHeight - rate - ticks - px(10) },
    learningRate: { ...plot, top: traceTop + traceHeight - rate - ticks, height: rate },
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Shape extends Size {
  /** pixels: keeps its proportions. space: takes what it gets. */
  readonly fills: 'pixels' | 'space';
}

function shapeOf(view: FilmView): Shape {
  if (view.kind === 'image' || view.kind === 'depth')
    return { width: view.width, height: view.height, fills: 'pixels' };
  return { width: PLOT_SHAPE, height: 1, fills: 'space' };
}

/** In as many columns as make the pictures largest. */
function arrange(shapes: readonly Shape[], room: Box, gap: number, title: number): Box[] {
  let best: Box[] = [];
  let most = -1;
  for (let columns = 1; columns <= shapes.length; columns++) {
    const boxes = inColumns(shapes, columns, room, gap, title);
    const area = boxes.reduce((sum, { width, height }) => sum + width * height, 0);
    if (area > most) [best, most] = [boxes, area];
  }
  return best;
}

function inColumns(shapes: readonly Shape[], columns: number, room: Box, gap: number, title: number): Box[] {
  const count = Math.ceil(shapes.length / columns);
  const cell = {
    width: Math.max(8, (room.width - (columns - 1) * gap) / columns),
    height: Math.max(8, (room.height - (count - 1) * gap) / count - title),
  };
  const rows = Array.from({ length: count }, (_, row) =>
    sizesInRow(shapes.slice(row * columns, (row + 1) * columns), cell),
  );
  const heights = rows.map(row => Math.max(...row.map(({ height }) => height)));
  const total = heights.reduce((sum, height) => sum + height + title, (count - 1) * gap);
  let top = room.top + (room.height - total) / 2;
  return rows.flatMap((row, index) => {
    const rowWidth = row.reduce((sum, { width }) => sum + width, (row.length - 1) * gap);
    let left = room.left + (room.width - rowWidth) / 2;
    const boxes = row.map(size => {
      const box = { left: Math.round(left), top: Math.round(top + title), ...size };
      left += size.width + gap;
      return box;
    });
    top += heights[index] + title + gap;
    return boxes;
  });
}

/** Pictures as large as they go; plots beside them as high as the highest picture. */
function sizesInRow(shapes: readonly Shape[], cell: Size): Size[] {
  const pictures = shapes.filter(({ fills }) => fills === 'pixels').map(shape => sizeIn(shape, cell));
  const highest = pictures.length > 0 ? Math.max(...pictures.map(({ height }) => height)) : cell.height;
  return shapes.map(shape => {
    if (shape.fills === 'pixels') return sizeIn(shape, cell);
    const width = Math.min(cell.width, (pictures.length > 0 ? shape.width : WIDEST_PLOT) * highest);
    return { width: Math.floor(width), height: Math.floor(highest) };
  });
}

/** Enlarged by a whole number from twice on, so that every pixel stays a square. */
function sizeIn({ width, height }: Shape, room: Size): Size {
  const scale = Math.min(room.width / width, room.height / height);
  const whole = scale >= 2 ? Math.floor(scale) : scale;
  return { width: Math.max(1, Math.floor(width * whole)), height: Math.max(1, Math.floor(height * whole)) };
}
