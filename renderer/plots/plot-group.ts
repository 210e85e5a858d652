// Several plots that share the x axis, the pointer, the zoom and the timeline's cursor. It asks for what to draw whenever
// it is time to draw; a class outside React, so that a running fit re-renders nothing.

import './plot-group.css';
import { formatCount, formatNumber } from '../widgets/format-number.ts';
import { HoverTable } from './hover-table.ts';
import { LinePlot, type PlotContent } from './line-plot.ts';
import { cssColour, onSchemeChange } from './plot-colours.ts';
import type { PlotScale } from './plot-scale.ts';
import { Redraw } from './redraw.ts';
import { valueAt } from './samples.ts';

export interface GroupPlot extends PlotContent {
  readonly id: string;
  readonly title: string;
  readonly unit?: string | undefined;
  /** Which line is which, beside the title; for plots whose lines have no legend elsewhere. */
  readonly key?: readonly { readonly label: string; readonly colour: string }[];
}

export interface GroupContent {
  readonly plots: readonly GroupPlot[];
  /** The greatest x there is. */
  readonly end: number;
  readonly logX: boolean;
  /** What x is: 'Iteration'. */
  readonly xTitle: string;
  /** Where the timeline's cursor stands; undefined: at the newest, or x is no iteration. */
  readonly cursor: number | undefined;
}

/** tiles: side by side where that gives better shapes. stacked: below each other, whatever the height. */
export type Arrangement = 'tiles' | 'stacked';

export interface GroupOptions {
  content(): GroupContent;
  /** Which plots the table that follows the pointer tells of: all, or the one under the pointer. */
  readonly table: 'all' | 'own';
  /** Pixels that each plot gets at least, title included; the group scrolls where that is more than there is. */
  readonly leastHeight?: number;
  /** The user clicked at `x`. */
  onPick?(x: number): void;
  /** Back to before the click, which was the first half of a double click. */
  onUnpick?(): void;
  onZoomed?(zoomed: boolean): void;
  onToggleLog?(plot: string): void;
}

interface Slot {
  readonly plot: LinePlot;
  readonly cell: HTMLElement;
  readonly title: HTMLElement;
  readonly key: HTMLElement;
  readonly log: HTMLButtonElement;
}

const MARK_PIXELS = 5;
const LEAST_HEIGHT = 84;

export class PlotGroup {
  readonly #area: HTMLElement;
  readonly #options: GroupOptions;
  readonly #redraw: Redraw;
  readonly #table: HoverTable;
  readonly #slots = new Map<string, Slot>();
  readonly #resizes: ResizeObserver;
  readonly #endSchemes: () => void;
  #arrangement: Arrangement = 'tiles';
  #content: GroupContent | undefined;
  #zoom: { readonly from: number; readonly to: number } | undefined;

  constructor(area: HTMLElement, options: GroupOptions) {
    this.#area = area;
    this.#options = options;
    area.classList.add('plot-group');
    this.#table = new HoverTable();
    this.#redraw = new Redraw(() => this.#draw());
    this.#resizes = new ResizeObserver(() => this.#redraw.request('soon'));
    this.#resizes.observe(area);
    this.#endSchemes = onSchemeChange(() => this.#redraw.request('soon'));
  }

  request(pace: 'soon' | 'calmly'): void {
    this.#redraw.request(pace);
  }

  switchTo(on: boolean): void {
    this.#redraw.switchTo(on);
    if (!on) this.#table.hide();
  }

  arrange(arrangement: Arrangement): void {
    this.#arrangement = arrangement;
    this.#redraw.request('soon');
  }

  /** Moves the cursor's line, without drawing anew. */
  moveCursor(at: number | undefined): void {
    for (const { plot } of this.#slots.values()) plot.setCursor(at);
  }

  resetZoom(): void {
    this.#zoomTo(undefined);
  }

  /** What is drawn at present, as a picture with the plots' titles. */
  toPng(): Promise<Blob | undefined> {
    const ratio = devicePixelRatio;
    const area = this.#area.getBoundingClientRect();
    const picture = document.createElement('canvas');
    picture.width = Math.round(area.width * ratio);
    picture.height = Math.round(Math.max(area.height, this.#area.scrollHeight) * ratio);
    const context = picture.getContext('2d') as CanvasRenderingContext2D;
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, picture.width, picture.height);
    context.fillStyle = cssColour('--lab-plot-text');
    context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'top';
    for (const { plot, title } of this.#slots.values()) {
      const place = (element: Element): [number, number] => {
        const box = element.getBoundingClientRect();
        return [(box.left - area.left) * ratio, (box.top - area.top + this.#area.scrollTop) * ratio];
      };
      context.drawImage(plot.canvas, ...place(plot.canvas));
      context.fillText(title.textContent ?? '', ...place(title));
    }
    return new Promise(resolve => picture.toBlob(blob => resolve(blob ?? undefined)));
  }

  dispose(): void {
    this.#redraw.dispose();
    this.#resizes.disconnect();
    this.#endSchemes();
    this.#table.dispose();
    for (const { plot } of this.#slots.values()) plot.dispose();
    this.#area.replaceChildren();
  }

  #draw(): void {
    // A panel that is being torn out of the dock has no size for a moment.
    if (this.#area.clientWidth === 0) return;
    const content = this.#options.content();
    this.#content = content;
    this.#keepSlots(content.plots);
    this.#layOut(content.plots.length);
    const x = this.#scaleX(content);
    const stacked = this.#arrangement === 'stacked';
    content.plots.forEach((plot, place) => {
      const { plot: line, title, key, log } = this.#slots.get(plot.id) as Slot;
      const text = plot.unit === undefined ? plot.title : `${plot.title}, ${plot.unit}`;
      // What says the same already is left alone: the page need not be laid out again.
      if (title.textContent !== text) {
        title.textContent = text;
        title.title = text;
      }
      showKey(key, plot.key ?? []);
      if (log.ariaPressed !== String(plot.log)) log.ariaPressed = String(plot.log);
      line.draw({ ...plot, bareX: stacked && place < content.plots.length - 1 }, x);
      line.setCursor(content.cursor);
    });
  }

  #scaleX({ end, logX }: GroupContent): PlotScale {
    const { from, to } = this.#zoom ?? { from: logX ? 1 : 0, to: Math.max(end, logX ? 2 : 1) };
    return { min: logX ? Math.max(from, 1e-3) : from, max: to, log: logX };
  }

  #keepSlots(plots: readonly GroupPlot[]): void {
    for (const [id, { plot, cell }] of this.#slots) {
      if (plots.some(each => each.id === id)) continue;
      plot.dispose();
      cell.remove();
      this.#slots.delete(id);
    }
    for (const { id, title } of plots) if (!this.#slots.has(id)) this.#slots.set(id, this.#makeSlot(id, title));
    const order = plots.map(({ id }) => (this.#slots.get(id) as Slot).cell);
    if (order.some((cell, i) => this.#area.children[i] !== cell)) this.#area.prepend(...order);
  }

  #makeSlot(id: string, name: string): Slot {
    const cell = document.createElement('div');
    cell.className = 'plot-group-cell';
    const head = document.createElement('div');
    head.className = 'plot-group-head';
    const title = document.createElement('span');
    const log = document.createElement('button');
    log.type = 'button';
    log.textContent = 'log';
    log.title = `log axis for ${name}`;
    log.setAttribute('aria-label', log.title);
    log.hidden = this.#options.onToggleLog === undefined;
    log.addEventListener('click', () => this.#options.onToggleLog?.(id));
    const key = document.createElement('small');
    head.append(title, key, log);
    const body = document.createElement('div');
    body.className = 'plot-group-body';
    cell.append(head, body);
    this.#area.prepend(cell);
    const plot = new LinePlot(body, `${name} over ${this.#content?.xTitle.toLowerCase() ?? 'iterations'}`, {
      onHover: (x, event) => this.#hover(id, x, event),
      onPick: x => this.#options.onPick?.(x),
      onZoom: (from, to) => this.#zoomTo({ from, to }),
      onReset: () => {
        this.#options.onUnpick?.();
        this.#zoomTo(undefined);
      },
    });
    return { plot, cell, title, key, log };
  }

  #layOut(count: number): void {
    const { clientWidth, clientHeight } = this.#area;
    const { leastHeight = LEAST_HEIGHT } = this.#options;
    const columns = this.#arrangement === 'stacked' ? 1 : bestColumns(count, clientWidth, clientHeight, leastHeight);
    const rows = Math.max(1, Math.ceil(count / columns));
    this.#area.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.#area.style.gridTemplateRows = `repeat(${rows}, minmax(${leastHeight}px, 1fr))`;
  }

  #zoomTo(zoom: { readonly from: number; readonly to: number } | undefined): void {
    this.#zoom = zoom;
    this.#options.onZoomed?.(zoom !== undefined);
    this.#redraw.request('soon');
  }

  #hover(id: string, x: number | undefined, event: MouseEvent | undefined): void {
    for (const [other, { plot }] of this.#slots) if (other !== id) plot.setHover(x);
    const content = this.#content;
    if (x === undefined || event === undefined || content === undefined) {
      this.#table.hide();
      return;
    }
    const marks = this.#slots.get(id)?.plot.marksNear(x, MARK_PIXELS) ?? [];
    const at = content.xTitle === 'Iteration' ? Math.max(0, Math.round(x)) : x;
    const told = content.plots.filter(plot => this.#options.table === 'all' || plot.id === id);
    const rows = new Map<string, { readonly place: number; readonly colour: string; readonly cells: string[] }>();
    told.forEach(({ lines }, column) => {
      for (const { row, place, colour, samples, backdrop } of lines) {
        const value = backdrop ? undefined : valueAt(samples, at);
        if (value === undefined) continue;
        const known = rows.get(row) ?? { place, colour, cells: told.map(() => '') };
        known.cells[column] = formatNumber(value);
        rows.set(row, known);
      }
    });
    this.#table.show(
      {
        heading: `${content.xTitle} ${content.xTitle === 'Iteration' ? formatCount(at) : formatNumber(at, 3)}`,
        columns: told.map(({ title, unit }) => (unit === undefined ? title : `${title}, ${unit}`)),
        rows: [...rows]
          .map(([label, { place, colour, cells }]) => ({ place, label, colour, cells }))
          .sort((a, b) => a.place - b.place),
        notes: marks.map(({ label }) => label),
      },
      event.clientX,
      event.clientY,
    );
  }
}

/** Writes the key anew only where it says something else. */
function showKey(place: HTMLElement, key: NonNullable<GroupPlot['key']>): void {
  const words = key.map(({ label }) => label).join(', ');
  if (place.title === words) return;
  place.title = words;
  place.replaceChildren(
    ...key.map(({ label, colour }) => {
      const entry = document.createElement('span');
      const swatch = document.createElement('i');
      swatch.style.background = `var(${colour})`;
      entry.append(swatch, label);
      return entry;
    }),
  );
}

const BEST_RATIO = 1.6;
const LEAST_WIDTH = 160;

/** So many columns that plots have a good shape, and neither too little room nor places that stay empty. */
export function bestColumns(count: number, width: number, height: number, leastHeight = LEAST_HEIGHT): number {
  let best = 1;
  let least = Infinity;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const [w, h] = [width / columns, height / rows];
    const cramped = (h < leastHeight ? 3 : 0) + (w < LEAST_WIDTH ? 3 : 0);
    const penalty = Math.abs(Math.log(w / h / BEST_RATIO)) + 0.4 * (columns * rows - count) + cramped;
    if (penalty < least) [best, least] = [columns, penalty];
  }
  return best;
}
