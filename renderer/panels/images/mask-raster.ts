// A mask that the user draws: which pixels of the input are missing. Pure raster work with the changes that undo needs;
// what is on the screen is drawn by MaskBoard.

import { createRandom } from '../../../src/numerics/random.ts';
import type { DrawnMask } from '../../state/draft.ts';
import { encodeGreyPng } from './grey-png.ts';
import type { Box, Point } from './look.ts';

/** missing: the fit must not see the pixel. observed: it may. */
export type Mark = 'missing' | 'observed';

/** The pixels that differ between two states, packed: applying it turns each state into the other. */
export interface MaskChange extends Box {
  /** One bit for each pixel of the box, row by row. */
  readonly bits: Uint8Array;
}

export class MaskRaster implements DrawnMask {
  readonly width: number;
  readonly height: number;
  /** [height, width], 1 is missing. */
  readonly pixels: Uint8Array;
  #missing = 0;
  readonly #listeners = new Set<(changed: Box) => void>();

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height);
  }

  get empty(): boolean {
    return this.#missing === 0;
  }

  /** Number of missing pixels. */
  get missing(): number {
    return this.#missing;
  }

  /** Share of missing pixels, 0…1. */
  get share(): number {
    return this.#missing / this.pixels.length;
  }

  /** As a grey PNG of the input's size: white is observed. */
  toPng(): Promise<Blob> {
    return encodeGreyPng(
      this.pixels.map(missing => (missing === 0 ? 255 : 0)),
      this.width,
      this.height,
    );
  }

  /** Told the part that changed. */
  subscribe(listener: (changed: Box) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A round brush of this radius, in pixels, drawn from one place to another; at least the pixel that was hit. */
  brush(from: Point, to: Point, radius: number, mark: Mark): void {
    const reach = Math.max(radius, 0.5);
    const box = this.#clip(
      Math.floor(Math.min(from.x, to.x) - reach),
      Math.floor(Math.min(from.y, to.y) - reach),
      Math.ceil(Math.max(from.x, to.x) + reach),
      Math.ceil(Math.max(from.y, to.y) + reach),
    );
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    this.#fill(box, mark, (x, y) => {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const [ox, oy] = [px - along * dx, py - along * dy];
      if (ox * ox + oy * oy <= radius * radius) return true;
      return Math.max(Math.abs(ox), Math.abs(oy)) <= 0.5 && radius < 1;
    });
  }

  /** All pixels between two corners, both included. */
  box(one: Point, other: Point, mark: Mark): void {
    const box = this.#clip(
      Math.floor(Math.min(one.x, other.x)),
      Math.floor(Math.min(one.y, other.y)),
      Math.floor(Math.max(one.x, other.x)) + 1,
      Math.floor(Math.max(one.y, other.y)) + 1,
    );
    this.#fill(box, mark, () => true);
  }

  /** Pixels whose middle lies inside, by the even–odd rule. */
  polygon(points: readonly Point[], mark: Mark): void {
    if (points.length < 3) return;
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const box = this.#clip(
      Math.floor(Math.min(...xs)),
      Math.floor(Math.min(...ys)),
      Math.ceil(Math.max(...xs)),
      Math.ceil(Math.max(...ys)),
    );
    let row = -1;
    let crossings: number[] = [];
    this.#fill(box, mark, (x, y) => {
      if (y !== row) {
        row = y;
        crossings = crossingsOf(points, y + 0.5);
      }
      return crossings.filter(crossing => crossing <= x + 0.5).length % 2 === 1;
    });
  }

  /** Stripes of `width` pixels every `spacing` pixels. */
  stripes(direction: 'horizontal' | 'vertical', spacing: number, width: number, mark: Mark): void {
    const period = Math.max(1, Math.round(spacing));
    // In the middle of each period, so that the edges of the picture stay known.
    const start = Math.floor((period - width) / 2);
    this.#fill(this.#whole(), mark, (x, y) => {
      const at = (direction === 'horizontal' ? y : x) % period;
      return at >= start && at < start + width;
    });
  }

  /** Each pixel by chance `rate`. */
  random(rate: number, seed: number, mark: Mark): void {
    const random = createRandom(seed, 'drawn mask');
    this.#fill(this.#whole(), mark, () => random.uniform() < rate);
  }

  /** Pixels that are set in a picture of the mask's size: text, or a mask from a file. */
  stamp(set: ArrayLike<number>, mark: Mark): void {
    this.#fill(this.#whole(), mark, (x, y) => set[y * this.width + x] !== 0);
  }

  invert(): void {
    const { pixels } = this;
    for (let i = 0; i < pixels.length; i++) pixels[i] ^= 1;
    this.#missing = pixels.length - this.#missing;
    this.#tell(this.#whole());
  }

  clear(): void {
    this.#fill(this.#whole(), 'observed', () => true);
  }

  /** What has changed since `before`, a copy of the pixels; undefined: nothing. */
  changeSince(before: Uint8Array): MaskChange | undefined {
    const { pixels, width, height } = this;
    let [left, top, right, bottom] = [width, height, 0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (pixels[i] === before[i]) continue;
        if (x < left) left = x;
        if (x >= right) right = x + 1;
        if (y < top) top = y;
        bottom = y + 1;
      }
    }
    if (right === 0) return undefined;
    const box = { left, top, width: right - left, height: bottom - top };
    const bits = new Uint8Array(Math.ceil((box.width * box.height) / 8));
    let bit = 0;
    eachPixel(box, width, i => {
      if (pixels[i] !== before[i]) bits[bit >> 3] |= 1 << (bit & 7);
      bit++;
    });
    return { ...box, bits };
  }

  /** Makes the change, or takes it back. */
  apply(change: MaskChange): void {
    const { pixels } = this;
    let bit = 0;
    eachPixel(change, this.width, i => {
      if ((change.bits[bit >> 3] & (1 << (bit & 7))) !== 0) {
        pixels[i] ^= 1;
        this.#missing += pixels[i] === 1 ? 1 : -1;
      }
      bit++;
    });
    this.#tell(change);
  }

  #whole(): Box {
    return { left: 0, top: 0, width: this.width, height: this.height };
  }

  #clip(left: number, top: number, right: number, bottom: number): Box {
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    return {
      left: x,
      top: y,
      width: Math.max(0, Math.min(this.width, right) - x),
      height: Math.max(0, Math.min(this.height, bottom) - y),
    };
  }

  #fill(box: Box, mark: Mark, chosen: (x: number, y: number) => boolean): void {
    const value = mark === 'missing' ? 1 : 0;
    const { pixels, width } = this;
    let changed = 0;
    for (let y = box.top; y < box.top + box.height; y++) {
      for (let x = box.left, i = y * width + x; x < box.left + box.width; x++, i++) {
        if (!chosen(x, y) || pixels[i] === value) continue;
        pixels[i] = value;
        changed++;
      }
    }
    if (changed === 0) return;
    this.#missing += value === 1 ? changed : -changed;
    this.#tell(box);
  }

  #tell(changed: Box): void {
    for (const listener of this.#listeners) listener(changed);
  }
}

function eachPixel(box: Box, width: number, visit: (index: number) => void): void {
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let i = y * width + box.left, end = i + box.width; i < end; i++) visit(i);
  }
}

/** Where the outline crosses this height. */
function crossingsOf(points: readonly Point[], y: number): number[] {
  return points.flatMap((from, index) => {
    const to = points[(index + 1) % points.length];
    if (from.y <= y === to.y <= y) return [];
    return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
  });
}
