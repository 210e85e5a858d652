// Draws a matrix with a colour map, one block of pixels for each entry, and tells the entry under the pointer. Outside
// React: frames come straight from the feed.

import type { Frame } from '../../../src/protocol/frames.ts';
import type { HeatMapView } from '../../../src/protocol/views.ts';
import { formatNumber } from '../../widgets/format-number.ts';
import { paintOf, paintRaster, type Raster, rasterOf, valuesAt } from '../images/raster.ts';

export interface HeatMapRange {
  readonly low: number;
  readonly high: number;
}

export class HeatMapPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: HeatMapView;
  readonly #onRange: (range: HeatMapRange) => void;
  #raster: Raster | undefined;

  constructor(canvas: HTMLCanvasElement, view: HeatMapView, onRange: (range: HeatMapRange) => void) {
    this.#canvas = canvas;
    this.#view = view;
    this.#onRange = onRange;
  }

  paint(frame: Frame, map: string): void {
    this.#raster = rasterOf(this.#view, frame);
    this.repaint(map);
  }

  repaint(map: string): void {
    const raster = this.#raster;
    if (raster === undefined) return;
    const { width, height } = raster;
    const paint = paintOf(raster, this.#view, map, 'grey');
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#canvas.getContext('2d')?.putImageData(new ImageData(paintRaster(raster, paint), width, height), 0, 0);
    this.#onRange(paint);
  }

  /** The entry at a place 0…1 across and 0…1 down, in words. */
  wordsAt(across: number, down: number): string {
    const raster = this.#raster;
    if (raster === undefined) return '';
    const [column, row] = [Math.floor(across * raster.width), Math.floor(down * raster.height)];
    const value = valuesAt(raster, column, row)?.[0];
    if (value === undefined) return '';
    const { rowLabel, columnLabel, unit } = this.#view;
    const shown = `${formatNumber(value)}${unit === undefined ? '' : ` ${unit}`}`;
    return `${rowLabel} ${row + 1}, ${columnLabel} ${column + 1}: ${shown}`;
  }
}
