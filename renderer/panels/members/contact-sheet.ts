// Pictures and figures of the tiles of the members panel, outside React. Only tiles that can be seen pull anything, and
// while the run descends they take turns, so that 256 members cost no more than a few.

import { atNextBeat } from '../../state/beat.ts';
import { bestMember } from '../../state/best-member.ts';
import { useCursor } from '../../state/cursor.ts';
import { type OpenRun, theBridge, useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { feedView, type ViewFeed } from '../../state/view-feed.ts';
import { formatNumber } from '../../widgets/format-number.ts';
import { mostPixelsAt } from '../images/look.ts';
import { type PictureView, paintOf, paintRaster, type Raster, rasterOf } from '../images/raster.ts';
import { byLoss, figuresAt, sparkline } from './member-figures.ts';

/** Tiles change places this often at most. */
const SORT_MILLISECONDS = 2000;

export interface TileElements {
  readonly tile: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** The curve of its loss, beside its picture. */
  readonly spark: HTMLCanvasElement;
  readonly loss: HTMLElement;
  readonly rate: HTMLElement;
}

interface Wanted {
  readonly run: string;
  readonly view: string;
  readonly member: number;
  readonly mostPixels?: number;
}

interface Tile extends TileElements {
  readonly member: number;
  seen: boolean;
  feed: ViewFeed | undefined;
  raster: Raster | undefined;
  /** No picture of this member: its curve is drawn instead. */
  curve: boolean;
  /** What of the curve is drawn. */
  drawn: string;
}

export interface SheetOptions {
  readonly run: string;
  /** Undefined: the fit has no picture, curves are drawn. */
  readonly view: PictureView | undefined;
  /** Told when the order by loss has changed. */
  readonly onOrder: (members: readonly number[]) => void;
}

export class ContactSheet {
  readonly #run: string;
  readonly #view: PictureView | undefined;
  readonly #onOrder: (members: readonly number[]) => void;
  readonly #tiles = new Map<Element, Tile>();
  readonly #observer: IntersectionObserver;
  readonly #ends: (() => void)[] = [];
  #on = false;
  #width = 160;
  /** Whose turn it is to ask for a picture. */
  #turn = 0;
  #callOffRota: (() => void) | undefined;
  #callOffWriting: (() => void) | undefined;
  #sorted = -Infinity;
  #order = '';

  constructor({ run, view, onOrder }: SheetOptions) {
    this.#run = run;
    this.#view = view;
    this.#onOrder = onOrder;
    this.#observer = new IntersectionObserver(entries => {
      for (const { target, isIntersecting } of entries) {
        const tile = this.#tiles.get(target);
        if (tile !== undefined) tile.seen = isIntersecting;
      }
      this.#look();
      this.#write();
    });
    this.#ends.push(
      () => this.#observer.disconnect(),
      useLab.getState().open[run]?.trace.subscribe(() => this.#writeSoon()) ?? (() => {}),
      useLab.subscribe((next, before) => {
        const [now, old] = [next.open[run]?.details, before.open[run]?.details];
        if (now?.entry.state !== old?.entry.state || now?.summary !== old?.summary) {
          this.#look();
          this.#writeSoon();
        }
      }),
      useCursor.subscribe((next, before) => {
        if (next.iteration === before.iteration && next.frame === before.frame) return;
        this.#look();
        this.#write();
      }),
      usePreferences.subscribe((next, before) => {
        if (next.colourMap !== before.colourMap) for (const tile of this.#tiles.values()) this.#paint(tile);
      }),
    );
  }

  /** Takes the elements of a member's tile; the answer gives them back. */
  attach(member: number, elements: TileElements): () => void {
    const tile: Tile = {
      ...elements,
      member,
      seen: false,
      feed: undefined,
      raster: undefined,
      curve: this.#view === undefined,
      drawn: '',
    };
    this.#tiles.set(elements.tile, tile);
    this.#observer.observe(elements.tile);
    return () => {
      this.#observer.unobserve(elements.tile);
      tile.feed?.dispose();
      this.#tiles.delete(elements.tile);
    };
  }

  /** Width of a tile's picture, in CSS pixels. */
  resize(width: number): void {
    if (width === this.#width) return;
    this.#width = width;
    for (const tile of this.#tiles.values()) {
      tile.feed?.dispose();
      tile.feed = undefined;
    }
    this.#look();
    this.#write();
  }

  switchTo(on: boolean): void {
    this.#on = on;
    this.#look();
    if (on) this.#write();
  }

  dispose(): void {
    this.#callOffRota?.();
    this.#callOffWriting?.();
    for (const { feed } of this.#tiles.values()) feed?.dispose();
    for (const end of this.#ends) end();
  }

  #open(): OpenRun | undefined {
    return useLab.getState().open[this.#run];
  }

  /** Which feeds are on: all that are seen where nothing moves, one after the other while the run does. */
  #look(): void {
    const moving =
      this.#open()?.details.entry.state === 'running' && useCursor.getState().iteration === 'now' && this.#on;
    if (!moving) {
      this.#callOffRota?.();
      this.#callOffRota = undefined;
    }
    for (const tile of this.#tiles.values()) {
      const wanted = this.#on && tile.seen && !tile.curve;
      if (wanted && tile.feed === undefined) this.#connect(tile);
      else tile.feed?.switchTo(wanted && !moving);
    }
    if (moving && this.#view !== undefined) this.#callOffRota ??= atNextBeat(() => this.#turnRota());
  }

  #turnRota(): void {
    this.#next();
    this.#callOffRota = atNextBeat(() => this.#turnRota());
  }

  #next(): void {
    const seen = [...this.#tiles.values()].filter(tile => tile.seen && tile.feed !== undefined);
    if (seen.length === 0) return;
    seen[this.#turn % seen.length].feed?.switchTo(false);
    this.#turn = (this.#turn + 1) % seen.length;
    seen[this.#turn].feed?.switchTo(true);
  }

  #connect(tile: Tile): void {
    const view = this.#view;
    if (view === undefined) return;
    const size = view.kind === 'heat-map' ? undefined : view;
    const most = size === undefined ? undefined : mostPixelsAt((this.#width * devicePixelRatio) / size.width, size);
    const wanted = {
      run: this.#run,
      view: view.id,
      member: tile.member,
      ...(most === undefined ? {} : { mostPixels: most }),
    };
    void this.#showRecorded(tile, view, wanted);
    tile.feed = feedView(
      { ...wanted, frame: size === undefined ? undefined : size.frames > 1 ? 'cursor' : 0 },
      frame => {
        tile.raster = rasterOf(view, frame);
        this.#paint(tile);
      },
      () => {
        tile.curve = tile.raster === undefined;
        this.#write();
      },
    );
  }

  /** The newest record at first: an engine that descends has little time for pictures, and records cost it none. */
  async #showRecorded(tile: Tile, view: PictureView, wanted: Wanted): Promise<void> {
    const details = this.#open()?.details;
    if (details?.entry.state !== 'running' || useCursor.getState().iteration !== 'now') return;
    const records = details.snapshots.filter(({ member }) => member === tile.member).map(each => each.iteration);
    if (records.length === 0) return;
    const frame = view.kind === 'heat-map' ? {} : { frame: view.frames > 1 ? useCursor.getState().frame : 0 };
    const answer = await theBridge()
      .frame('view', { ...wanted, ...frame, at: Math.max(...records) })
      .catch(() => undefined);
    if (answer === undefined || tile.raster !== undefined || !this.#tiles.has(tile.tile)) return;
    tile.raster = rasterOf(view, answer);
    this.#paint(tile);
  }

  #paint({ raster, canvas, tile }: Tile): void {
    const view = this.#view;
    if (raster === undefined || view === undefined) return;
    const { width, height } = raster;
    const pixels = paintRaster(raster, paintOf(raster, view, usePreferences.getState().colourMap, 'grey'));
    setSize(canvas, width, height);
    canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
    canvas.classList.toggle('members-crisp', width < this.#width);
    tile.dataset.blank = String(isOneColour(pixels));
  }

  #writeSoon(): void {
    if (!this.#on) return;
    this.#callOffWriting ??= atNextBeat(() => this.#write());
  }

  /** Figures and curves of the tiles that are seen; those of the others, too, where nothing moves: a screen reader goes there. */
  #write(): void {
    this.#callOffWriting?.();
    this.#callOffWriting = undefined;
    const run = this.#open();
    if (!this.#on || run === undefined) return;
    const { iteration } = useCursor.getState();
    const running = run.details.entry.state === 'running';
    const told = [...this.#tiles.values()]
      .filter(({ seen }) => seen || !running)
      .map(tile => ({ tile, figures: figuresAt(run.trace.members[tile.member], iteration) }));
    // Curves before texts: what is measured for the ones would lay out the others each time.
    for (const { tile, figures } of told) if (tile.seen) this.#drawCurve(tile, run, figures?.iteration);
    for (const { tile, figures } of told) {
      setText(tile.loss, figures === undefined ? '–' : formatNumber(figures.loss));
      setText(tile.rate, figures === undefined ? '–' : formatNumber(figures.learningRate));
    }
    this.#sort(run, iteration);
  }

  #sort(run: OpenRun, iteration: number | 'now'): void {
    const running = run.details.entry.state === 'running';
    if (running && (performance.now() - this.#sorted < SORT_MILLISECONDS || this.#isInHand())) return;
    this.#sorted = performance.now();
    const count = run.details.problem?.members.length ?? 0;
    const order = byLoss(
      Array.from({ length: count }, (_, member) => figuresAt(run.trace.members[member], iteration)?.loss),
    );
    if (order.join() === this.#order) return;
    this.#order = order.join();
    this.#onOrder(order);
  }

  /** Somebody points at a tile, or works it by keys: then none may move away from under the hand. */
  #isInHand(): boolean {
    return [...this.#tiles.keys()].some(tile => tile.matches(':hover, :focus-within'));
  }

  /** In place of a picture, or small below it. */
  #drawCurve(tile: Tile, run: OpenRun, cursor: number | undefined): void {
    const { member } = tile;
    const canvas = tile.curve ? tile.canvas : tile.spark;
    const { clientWidth: width, clientHeight: height } = canvas;
    const best = member === bestMember(run);
    const { length = 0, rewinds = 0 } = run.trace.members[member] ?? {};
    const scheme = document.documentElement.getAttribute('data-mantine-color-scheme');
    const drawn = [tile.curve, width, height, length, rewinds, best, cursor, scheme].join();
    if (width === 0 || height === 0 || drawn === tile.drawn) return;
    tile.drawn = drawn;
    setSize(canvas, Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio));
    const context = canvas.getContext('2d');
    const trace = run.trace.members[member];
    const losses = trace?.column('loss');
    if (context === null || trace === undefined || losses === undefined) return;
    const style = getComputedStyle(canvas);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = style.getPropertyValue(`--lab-series-${best ? 2 : 0}`);
    context.lineWidth = 1.5;
    context.beginPath();
    const points = sparkline(losses, width, height);
    points.forEach(({ x, y }, index) => {
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    context.stroke();
    if (cursor === undefined || useCursor.getState().iteration === 'now' || trace.length < 2) return;
    const x = (width * (cursor - trace.iterations[0])) / (trace.iterations[trace.length - 1] - trace.iterations[0]);
    context.strokeStyle = style.color;
    context.lineWidth = 1;
    context.strokeRect(x, 0, 0, height);
  }
}

/** Such as a depth that no stage of the fit has come to yet. */
function isOneColour({ buffer, byteOffset, byteLength }: Uint8ClampedArray): boolean {
  const colours = new Uint32Array(buffer, byteOffset, byteLength / 4);
  return colours.every(colour => colour === colours[0]);
}

/** A size that is set anew has the page laid out anew, even the same one. */
function setSize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
