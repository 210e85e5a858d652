// Draws a matrix with a colour map, one block of pixels for each entry, and tells the entry under the pointer. Outside
// React: frames come straight from the feed.

import type { Frame } from '../../../src/protocol/frames.ts';
import { type HeatMapView, realValues } from '../../../src/protocol/views.ts';
import { colourMap } from '../../plots/colour-maps.ts';
import { formatNumber } from '../../widgets/format-number.ts';

export interface HeatMapRange {
  readonly low: number;
  readonly high: number;
}

export class HeatMapPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: HeatMapView;
  readonly #onRange: (range: HeatMapRange) => void;
  #rows = 0;
  #columns = 0;
  #values: Float32Array = new Float32Array(0);

  constructor(canvas: HTMLCanvasElement, view: HeatMapView, onRange: (range: HeatMapRange) => void) {
    this.#canvas = canvas;
    this.#view = view;
    this.#onRange = onRange;
  }

  paint({ data }: Frame, map: string): void {
    [this.#rows, this.#columns] = data.values.shape;
    this.#values = realValues(data, 'values');
    this.repaint(map);
  }

  repaint(map: string): void {
    if (this.#rows * this.#columns === 0) return;
    const log = this.#view.scale === 'log';
    const { low, high } = rangeOf(this.#values, this.#view.scale);
    const { words } = colourMap(map);
    const shareOf = log
      ? (value: number) => Math.log(value / low) / Math.log(high / low)
      : (value: number) => (value - low) / (high - low);
    const canvas = this.#canvas;
    if (canvas.width !== this.#columns || canvas.height !== this.#rows) {
      canvas.width = this.#columns;
      canvas.height = this.#rows;
    }
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const image = context.createImageData(this.#columns, this.#rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      const share = log && this.#values[i] <= 0 ? 0 : shareOf(this.#values[i]);
      pixels[i] = words[Math.round(255 * Math.min(1, Math.max(0, share || 0)))];
    }
    context.putImageData(image, 0, 0);
    this.#onRange({ low, high });
  }

  /** The entry at a place 0…1 across and 0…1 down, in words. */
  wordsAt(across: number, down: number): string {
    const column = Math.min(this.#columns - 1, Math.max(0, Math.floor(across * this.#columns)));
    const row = Math.min(this.#rows - 1, Math.max(0, Math.floor(down * this.#rows)));
    if (this.#rows * this.#columns === 0) return '';
    const { rowLabel, columnLabel, unit } = this.#view;
    const value = formatNumber(this.#values[row * this.#columns + column]);
    return `${rowLabel} ${row + 1}, ${columnLabel} ${column + 1}: ${value}${unit === undefined ? '' : ` ${unit}`}`;
  }
}

/** Least and greatest; on a logarithmic scale at most eight decades below the greatest. Never empty. */
export function rangeOf(values: Float32Array, scale: 'linear' | 'log'): HeatMapRange {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return scale === 'log' ? { low: 0.1, high: 1 } : { low: 0, high: 1 };
  if (scale === 'log') low = Math.max(low, high * 1e-8);
  if (low === high) return scale === 'log' ? { low: low / 10, high } : { low: Math.min(0, low), high: low || 1 };
  return { low, high };
}
