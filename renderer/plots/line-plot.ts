// One plot of lines over iterations: uPlot's canvas, axes and selection, with lines drawn from their envelopes, so that
// any number of points costs what its pixels cost. A class outside React: it draws what it is given, when it is told to.

import './line-plot.css';
import uPlot from 'uplot';
import { BlockIndex } from './block-index.ts';
import { fanMedian } from './fan-median.ts';
import { type PixelEnvelope, pixelEnvelope } from './pixel-envelope.ts';
import { cssColour } from './plot-colours.ts';
import { type PlotScale, scaleAround, shareOf, ticksOf, tickText, valueAtShare } from './plot-scale.ts';
import type { Samples } from './samples.ts';

export interface PlotLine {
  /** The same for the same line in the next drawing. */
  readonly key: string;
  /** Lines of one row share a line of the table that follows the pointer; rows stand there by their place. */
  readonly row: string;
  readonly place: number;
  readonly samples: Samples;
  /** Another one when values that were drawn before have been replaced. */
  readonly generation: number;
  /** A CSS variable. */
  readonly colour: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash?: readonly number[];
  /** Not in the table that follows the pointer, and not what the y axis is made for. */
  readonly backdrop?: boolean;
}

/** A vertical line. */
export interface PlotMark {
  readonly at: number;
  readonly colour: string;
  readonly dash?: readonly number[];
  /** In full, for the table that follows the pointer. */
  readonly label: string;
  /** Written beside it where there is room; left out: nothing. */
  readonly shortLabel?: string;
}

/** A strip along the upper edge. */
export interface PlotBand {
  readonly from: number;
  readonly to: number;
  readonly colour: string;
}

/** A dashed horizontal line. */
export interface PlotLevel {
  readonly value: number;
  readonly colour: string;
}

export interface PlotContent {
  readonly lines: readonly PlotLine[];
  /** Their median is drawn as one more line. */
  readonly fan: readonly Samples[];
  readonly marks: readonly PlotMark[];
  readonly bands: readonly PlotBand[];
  readonly levels: readonly PlotLevel[];
  readonly log: boolean;
  /** A logarithmic axis goes down to this share of its largest value at most; undefined: as far as the values do. */
  readonly leastShare?: number;
  /** The numbers of the x axis are left to a plot below. */
  readonly bareX?: boolean;
}

export interface PlotEvents {
  /** The pointer is at `x`; undefined: it has left. */
  onHover(x: number | undefined, event: MouseEvent | undefined): void;
  onPick(x: number): void;
  onZoom(from: number, to: number): void;
  onReset(): void;
}

/** What was worked out of a line. */
interface Known {
  readonly index: BlockIndex;
  generation: number;
  /** Of which drawing and how many pixels the envelope is. */
  drawing: number;
  columns: number;
  envelope: PixelEnvelope | undefined;
}

const FONT = '11px system-ui, sans-serif';
const AXIS_WIDTH = 48;
const AXIS_HEIGHT = 24;
const BARE_AXIS_HEIGHT = 5;
const BAND_HEIGHT = 6;
const FAN_DASH = [7, 3];
const empty: PlotContent = { lines: [], fan: [], marks: [], bands: [], levels: [], log: false };

export class LinePlot {
  readonly element: HTMLElement;
  readonly #plot: uPlot;
  readonly #cursorLine = document.createElement('div');
  readonly #known = new Map<string, Known>();
  #content = empty;
  #x: PlotScale = { min: 0, max: 1, log: false };
  #y: PlotScale = { min: 0, max: 1, log: false };
  #drawing = 0;
  #width = 0;
  #height = 0;

  /** Draws into `element`, which says by its size how large. */
  constructor(element: HTMLElement, label: string, events: PlotEvents) {
    this.element = element;
    const axis = {
      stroke: () => cssColour('--lab-plot-text'),
      grid: { stroke: () => cssColour('--lab-plot-grid'), width: 1 },
      ticks: { stroke: () => cssColour('--lab-plot-grid'), width: 1, size: 4 },
      font: FONT,
      gap: 3,
      space: 8,
    };
    this.#plot = new uPlot(
      {
        width: 100,
        height: 60,
        class: 'line-plot',
        padding: [4, 10, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
        // Both axes run from 0 to 1: what they stand for is in #x and #y, so that nothing is laid out anew as a run grows.
        scales: { x: { time: false, range: () => [0, 1] }, y: { range: () => [0, 1] } },
        axes: [
          {
            ...axis,
            size: () => (this.#content.bareX ? BARE_AXIS_HEIGHT : AXIS_HEIGHT),
            splits: u => ticksOf(this.#x, u.bbox.width / uPlot.pxRatio / 64).map(tick => shareOf(this.#x, tick)),
            values: (_u, splits) =>
              splits.map(share => (this.#content.bareX ? '' : tickText(valueAtShare(this.#x, share)))),
          },
          {
            ...axis,
            size: AXIS_WIDTH,
            splits: u => ticksOf(this.#y, u.bbox.height / uPlot.pxRatio / 26).map(tick => shareOf(this.#y, tick)),
            values: (_u, splits) => splits.map(share => tickText(valueAtShare(this.#y, share))),
          },
        ],
        series: [{}, { scale: 'y', paths: () => null, points: { show: false } }],
        hooks: {
          draw: [() => this.#drawContent()],
          setSelect: [
            ({ select, over }) => {
              if (select.width < 4) return;
              const at = (left: number) => valueAtShare(this.#x, left / over.clientWidth);
              events.onZoom(at(select.left), at(select.left + select.width));
              this.#plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [
        [0, 1],
        [0, 1],
      ],
      element,
    );
    const { over, root } = this.#plot;
    root.setAttribute('role', 'img');
    root.setAttribute('aria-label', label);
    this.#cursorLine.className = 'line-plot-cursor';
    this.#cursorLine.hidden = true;
    over.append(this.#cursorLine);
    const xOf = (event: MouseEvent) =>
      valueAtShare(this.#x, (event.clientX - over.getBoundingClientRect().left) / over.clientWidth);
    over.addEventListener('mousemove', event => events.onHover(xOf(event), event));
    over.addEventListener('mouseleave', event => events.onHover(undefined, event));
    // The second click of a double click picks nothing.
    over.addEventListener('click', event => event.detail < 2 && events.onPick(xOf(event)));
    over.addEventListener('dblclick', () => events.onReset());
  }

  get content(): PlotContent {
    return this.#content;
  }

  get canvas(): HTMLCanvasElement {
    return this.#plot.ctx.canvas;
  }

  draw(content: PlotContent, x: PlotScale): void {
    this.#content = content;
    this.#x = x;
    this.#drawing++;
    this.#resize();
    for (const [key, { drawing }] of this.#known) if (drawing < this.#drawing - 1) this.#known.delete(key);
    // The y axis needs the envelopes, and they the width of the plot: both are known here.
    this.#y = withRoomAbove(this.#rangeOf(content), content.bands.length > 0 ? BAND_HEIGHT / this.#height : 0);
    this.#plot.redraw(false, true);
  }

  /** Moves the line of the timeline's cursor; undefined: there is none. */
  setCursor(at: number | undefined): void {
    const share = at === undefined ? -1 : shareOf(this.#x, Math.max(at, this.#x.log ? this.#x.min : at));
    this.#cursorLine.hidden = share < 0 || share > 1;
    if (!this.#cursorLine.hidden) this.#cursorLine.style.left = `${100 * share}%`;
  }

  /** Moves the line that follows the pointer. */
  setHover(at: number | undefined): void {
    const left = at === undefined ? -10 : shareOf(this.#x, at) * this.#plot.over.clientWidth;
    this.#plot.setCursor({ left, top: at === undefined ? -10 : 1 }, false);
  }

  /** Marks within `pixels` of a place. */
  marksNear(at: number, pixels: number): readonly PlotMark[] {
    const width = this.#plot.over.clientWidth;
    const place = shareOf(this.#x, at);
    return this.#content.marks.filter(mark => Math.abs(shareOf(this.#x, mark.at) - place) * width <= pixels);
  }

  dispose(): void {
    this.#plot.destroy();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === this.#width && clientHeight === this.#height) return;
    [this.#width, this.#height] = [clientWidth, clientHeight];
    this.#plot.setSize({ width: Math.max(80, clientWidth), height: Math.max(50, clientHeight) });
  }

  #columns(): number {
    return Math.max(1, Math.round(this.#plot.bbox.width));
  }

  #envelope({ key, samples, generation }: PlotLine): PixelEnvelope {
    const columns = this.#columns();
    let known = this.#known.get(key);
    if (known === undefined) {
      known = { index: new BlockIndex(), generation, drawing: -1, columns, envelope: undefined };
      this.#known.set(key, known);
    }
    if (known.generation !== generation) known.index.clear();
    if (known.envelope === undefined || known.drawing !== this.#drawing || known.columns !== columns) {
      known.envelope = pixelEnvelope(samples, this.#x, columns, known.index);
    }
    Object.assign(known, { generation, columns, drawing: this.#drawing });
    return known.envelope;
  }

  #rangeOf({ lines, levels, log, leastShare }: PlotContent): PlotScale {
    const columns = this.#columns();
    let least = Infinity;
    let most = -Infinity;
    const take = (value: number) => {
      if (!Number.isFinite(value) || (log && value <= 0)) return;
      least = Math.min(least, value);
      most = Math.max(most, value);
    };
    for (const line of lines.some(({ backdrop }) => backdrop !== true) ? lines.filter(each => !each.backdrop) : lines) {
      const { count, at, least: low, most: high } = this.#envelope(line);
      for (let i = 0; i < count; i++) {
        if (at[i] < 0 || at[i] > columns) continue;
        take(low[i]);
        take(high[i]);
      }
    }
    for (const { value } of levels) take(value);
    return scaleAround(least, most, log ? 'log' : 'linear', undefined, leastShare);
  }

  #drawContent(): void {
    const { ctx, bbox } = this.#plot;
    const { lines, fan, marks, bands, levels } = this.#content;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { from, to, colour } of bands) {
      const [left, right] = [from, to].map(at => Math.min(1, Math.max(0, shareOf(this.#x, at))) * bbox.width);
      ctx.fillStyle = cssColour(colour);
      ctx.fillRect(bbox.left + left, bbox.top, Math.max(right - left, ratio), BAND_HEIGHT * ratio);
    }
    for (const { value, colour } of levels) {
      const top = this.#pixelY(value);
      this.#pen(colour, 1, 0.8, [4, 4]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, top);
      ctx.lineTo(bbox.left + bbox.width, top);
      ctx.stroke();
    }
    ctx.lineJoin = 'round';
    for (const line of lines) {
      this.#pen(line.colour, line.width, line.alpha, line.dash ?? []);
      this.#trace(this.#envelope(line));
    }
    if (fan.length > 2) {
      const samples = fanMedian(fan, this.#x, Math.min(400, this.#columns()));
      this.#pen('--lab-plot-median', 2, 1, FAN_DASH);
      this.#trace(pixelEnvelope(samples, this.#x, this.#columns(), new BlockIndex()));
    }
    this.#drawMarks(marks, bands.length > 0 ? BAND_HEIGHT : 0);
    ctx.restore();
  }

  #pen(colour: string, width: number, alpha: number, dash: readonly number[]): void {
    const { ctx } = this.#plot;
    const ratio = uPlot.pxRatio;
    ctx.strokeStyle = cssColour(colour);
    ctx.globalAlpha = alpha;
    ctx.lineWidth = width * ratio;
    ctx.setLineDash(dash.map(length => length * ratio));
  }

  #pixelY(value: number): number {
    const { top, height } = this.#plot.bbox;
    return top + (1 - Math.min(10, Math.max(-10, shareOf(this.#y, value)))) * height;
  }

  #trace({ count, at, first, least, most, last }: PixelEnvelope): void {
    const { ctx, bbox } = this.#plot;
    ctx.beginPath();
    for (let i = 0; i < count; i++) {
      const x = bbox.left + at[i];
      ctx.lineTo(x, this.#pixelY(first[i]));
      if (least[i] === most[i]) continue;
      ctx.lineTo(x, this.#pixelY(least[i]));
      ctx.lineTo(x, this.#pixelY(most[i]));
      ctx.lineTo(x, this.#pixelY(last[i]));
    }
    // A single point is no line, but should be seen.
    if (count === 1) ctx.lineTo(bbox.left + at[0] + 2 * uPlot.pxRatio, this.#pixelY(first[0]));
    ctx.stroke();
  }

  #drawMarks(marks: readonly PlotMark[], below: number): void {
    const { ctx, bbox } = this.#plot;
    const ratio = uPlot.pxRatio;
    let free = bbox.left;
    for (const { at, colour, dash, shortLabel } of [...marks].sort((a, b) => a.at - b.at)) {
      const share = shareOf(this.#x, this.#x.log ? Math.max(at, this.#x.min) : at);
      if (share < 0 || share > 1) continue;
      const x = bbox.left + share * bbox.width;
      this.#pen(colour, 1.25, 0.9, dash ?? []);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (shortLabel === undefined) continue;
      ctx.font = `${10 * ratio}px system-ui, sans-serif`;
      const width = ctx.measureText(shortLabel).width + 6 * ratio;
      const fitsRight = x + width <= bbox.left + bbox.width;
      const left = fitsRight ? x + 3 * ratio : x - width + 3 * ratio;
      if (left < free) continue;
      free = left + width;
      const top = bbox.top + (below + 2) * ratio;
      ctx.globalAlpha = 0.75;
      ctx.fillStyle = cssColour('--lab-plot-paper');
      ctx.fillRect(left - ratio, top - ratio, width - 4 * ratio, 13 * ratio);
      ctx.globalAlpha = 1;
      ctx.fillStyle = cssColour(colour);
      ctx.textAlign = 'left';
      ctx.textBaseline = 'top';
      ctx.fillText(shortLabel, left, top);
    }
  }
}

/** The scale with `share` of its height free above it. */
function withRoomAbove(scale: PlotScale, share: number): PlotScale {
  return { ...scale, max: valueAtShare(scale, 1 + 2 * share) };
}
