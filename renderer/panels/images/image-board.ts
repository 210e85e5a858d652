// The board of pictures, outside React: pulls the views that its tiles need, paints them on one canvas, pans and zooms
// them together and reads out the values under the cursor. It draws only what changed, and nothing while it is hidden.

import { asLabError, LabError } from '../../../src/protocol/lab-error.ts';
import type { TracksView, ViewData } from '../../../src/protocol/views.ts';
import { useCursor } from '../../state/cursor.ts';
import { theBridge, useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { feedView, type ViewFeed } from '../../state/view-feed.ts';
import { formatNumber } from '../../widgets/format-number.ts';
import { fitPictures, lookOf, setLook, useImageMoment, useImageSettings } from './image-settings.ts';
import {
  atScale,
  type Box,
  type Look,
  mostPixelsAt,
  type Pixels,
  type Placement,
  type Point,
  panBy,
  placementOf,
  type Size,
  toPicture,
  toScreen,
  zoomAt,
} from './look.ts';
import {
  differenceOf,
  differencePaint,
  type Paint,
  type PictureView,
  paintOf,
  paintRaster,
  type Raster,
  rasterOf,
  valuesAt,
} from './raster.ts';
import { tileGrid } from './tile-grid.ts';
import type { Tile } from './tile-plan.ts';
import { drawTails, tailsAt } from './track-tails.ts';

export const HEADER_HEIGHT = 24;
export const READOUT_HEIGHT = 20;
const GAP = 6;
/** From here on the pixels of a picture are told apart by lines. */
const GRID_FROM = 14;
/** Of a unit that is written into the key. */
const LONGEST_UNIT = 5;
const KEY_STEP = 40;
/** A pointer that moves less clicks. */
const CLICK_PIXELS = 4;
const KEY_ZOOM = 1.25;

export type TileStatus =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'shown' }
  | { readonly kind: 'failed'; readonly error: LabError };

/** Elements of a tile that the board writes to, so that React need not. */
export interface TileLabels {
  readonly info: HTMLElement;
  readonly readout: HTMLElement;
  readonly low: HTMLElement | null;
  readonly high: HTMLElement | null;
}

export interface BoardEvents {
  onLayout(boxes: Readonly<Record<string, Box>>): void;
  onStatus(tile: string, status: TileStatus): void;
  /** A picture of this view was clicked. */
  onClick(view: PictureView): void;
  /** Zoom and place, for the line below the board. */
  onNote(text: string): void;
}

/** One view that is pulled, for all tiles that show it. */
interface Pull {
  readonly view: PictureView;
  readonly canvas: HTMLCanvasElement;
  feed: ViewFeed;
  mostPixels: number | undefined;
  raster: Raster | undefined;
  error: LabError | undefined;
  /** What is on its canvas. */
  painted: string;
  paint: Paint | undefined;
  /** Counts up with every frame. */
  version: number;
}

interface PulledTracks {
  readonly view: TracksView;
  readonly feed: ViewFeed;
  data: ViewData | undefined;
}

interface Difference {
  readonly canvas: HTMLCanvasElement;
  raster: Raster | undefined;
  painted: string;
  paint: Paint | undefined;
}

/** A picture ready to be drawn, and how many pixels of the original each of its pixels stands for. */
interface Painted {
  readonly canvas: HTMLCanvasElement;
  readonly reduction: number;
}

interface Hover {
  readonly tile: string;
  readonly group: string;
  /** Shares of the picture. */
  readonly x: number;
  readonly y: number;
  readonly by: 'pointer' | 'keys';
}

const waiting: TileStatus = { kind: 'waiting' };
const shown: TileStatus = { kind: 'shown' };

export class ImageBoard {
  /** The pictures. */
  readonly #canvas = document.createElement('canvas');
  /** The crosshairs over them, which move without a new drawing of the pictures. */
  readonly #marks = document.createElement('canvas');
  readonly #pad: HTMLElement;
  readonly #events: BoardEvents;
  readonly #ends: (() => void)[] = [];
  readonly #pulls = new Map<string, Pull>();
  readonly #tracks = new Map<string, PulledTracks>();
  readonly #differences = new Map<string, Difference>();
  readonly #labels = new Map<string, TileLabels>();
  readonly #statuses = new Map<string, TileStatus>();
  #run = '';
  #tiles: readonly Tile[] = [];
  #boxes: Readonly<Record<string, Box>> = {};
  #size: Size = { width: 0, height: 0 };
  /** Of the pictures that pan and zoom are of. */
  #looked: Size | undefined;
  #on = false;
  #dirty = new Set<string>();
  #marksDirty = false;
  #raf = 0;
  #reductionTimer: ReturnType<typeof setTimeout> | undefined;
  #hover: Hover | undefined;
  #drag: { readonly tile: string; readonly button: number; x: number; y: number; moved: number } | undefined;

  /** Draws into `pad`, which takes pointer and keys. */
  constructor(pad: HTMLElement, events: BoardEvents) {
    this.#pad = pad;
    for (const canvas of [this.#canvas, this.#marks]) {
      canvas.ariaHidden = 'true';
      pad.append(canvas);
      this.#ends.push(() => canvas.remove());
    }
    this.#events = events;
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(pad);
    this.#ends.push(
      () => observer.disconnect(),
      useImageSettings.subscribe(() => this.#all()),
      usePreferences.subscribe((next, before) => {
        if (next.colourMap !== before.colourMap || next.theme !== before.theme) this.#all();
      }),
      useImageMoment.subscribe((next, before) => {
        if (next.looks !== before.looks) {
          this.#all();
          this.#reduceSoon();
        } else if (next.side !== before.side) this.#all();
      }),
    );
    this.#listen();
    this.#resize();
  }

  /** The tiles to show, of this run, and what is drawn over their pictures. */
  show(run: string, tiles: readonly Tile[], tracks: readonly TracksView[]): void {
    if (run !== this.#run) {
      for (const id of [...this.#pulls.keys()]) this.#drop(id);
      for (const id of [...this.#tracks.keys()]) this.#dropTracks(id);
      this.#run = run;
    }
    this.#tiles = tiles;
    this.#forgetLook();
    const needed = new Map(tiles.flatMap(tile => viewsOf(tile)).map(view => [view.id, view]));
    for (const [id, { view }] of [...this.#pulls]) if (needed.get(id) !== view) this.#drop(id);
    for (const id of [...this.#differences.keys()])
      if (!tiles.some(tile => tile.id === id)) this.#differences.delete(id);
    for (const id of [...this.#statuses.keys()]) if (!tiles.some(tile => tile.id === id)) this.#statuses.delete(id);
    if (!tiles.some(({ id }) => id === this.#hover?.tile)) this.#hover = undefined;
    this.#arrange();
    for (const view of needed.values()) if (!this.#pulls.has(view.id)) this.#pull(view);
    const drawn = tracks.filter(({ over }) => tiles.some(({ kind, view }) => kind === 'view' && view.id === over));
    for (const [id, { view }] of [...this.#tracks]) if (!drawn.includes(view)) this.#dropTracks(id);
    for (const view of drawn) if (!this.#tracks.has(view.id)) this.#pullTracks(view);
    this.#reduce();
    this.#all();
  }

  /** Runs on pictures of one size are looked at in the same place; another size starts whole. */
  #forgetLook(): void {
    const picture = this.#tiles.find(({ view }) => view.kind !== 'heat-map');
    const size = picture === undefined ? undefined : this.#pictureSize(picture.view);
    if (size === undefined) return;
    const known = this.#looked;
    this.#looked = size;
    if (known !== undefined && (known.width !== size.width || known.height !== size.height)) fitPictures();
  }

  switchTo(on: boolean): void {
    this.#on = on;
    for (const { feed } of [...this.#pulls.values(), ...this.#tracks.values()]) feed.switchTo(on);
    if (on) this.#resize();
  }

  /** Gives (undefined: takes back) the elements that tell about a tile. */
  label(tile: string, labels: TileLabels | undefined): void {
    if (labels === undefined) this.#labels.delete(tile);
    else {
      this.#labels.set(tile, labels);
      this.#touch(tile);
    }
  }

  /** Asks again for what failed. */
  retry(tile: string): void {
    for (const view of this.#tiles.filter(({ id }) => id === tile).flatMap(viewsOf)) {
      if (this.#pulls.get(view.id)?.error === undefined) continue;
      this.#drop(view.id);
      this.#pull(view);
    }
    this.#reduce();
    this.#all();
  }

  /** One pixel of the largest picture for one pixel of the screen. */
  showPixelByPixel(): void {
    const tile = this.#tiles.find(each => each.view.kind !== 'heat-map');
    const picture = tile === undefined ? undefined : this.#pictureSize(tile.view);
    if (tile === undefined || picture === undefined) return;
    const look = atScale(lookOf(groupOf(tile)), 1 / devicePixelRatio, this.#body(tile), picture);
    setLook(groupOf(tile), look);
  }

  /** The tile as a PNG with every pixel of the picture, in the colours of the screen. */
  async save(id: string): Promise<Blob> {
    const tile = this.#tiles.find(each => each.id === id);
    const pulls = tile === undefined ? [] : viewsOf(tile).map(view => this.#pulls.get(view.id));
    if (tile === undefined || pulls.some(pull => pull?.raster === undefined))
      throw new LabError({ code: 'state', message: 'There is no picture in this tile yet.' });
    const rasters = await Promise.all((pulls as Pull[]).map(pull => this.#whole(pull)));
    const [first, second] = rasters;
    const picture = { width: first.width, height: first.height };
    const canvas = document.createElement('canvas');
    const context = prepare(canvas, picture);
    if (tile.kind === 'difference') {
      const raster = differenceOf(first, second, tile.difference);
      if (raster === undefined) throw sizesDiffer(tile);
      putRaster(canvas, raster, this.#differencePaint(tile));
    } else {
      const pictures = rasters.map((raster, index) => {
        const own = document.createElement('canvas');
        putRaster(own, raster, this.#paintOf(raster, viewsOf(tile)[index]));
        return { canvas: own, reduction: 1 };
      });
      const whole = { left: 0, top: 0, ...picture };
      const placement = { left: 0, top: 0, scaleX: 1, scaleY: 1 };
      this.#drawPictures(context, tile, pictures, whole, () => placement);
    }
    return new Promise((resolve, reject) =>
      canvas.toBlob(
        blob =>
          blob === null
            ? reject(new LabError({ code: 'memory', message: 'The browser could not make a PNG of this size.' }))
            : resolve(blob),
        'image/png',
      ),
    );
  }

  dispose(): void {
    cancelAnimationFrame(this.#raf);
    clearTimeout(this.#reductionTimer);
    for (const id of [...this.#pulls.keys()]) this.#drop(id);
    for (const id of [...this.#tracks.keys()]) this.#dropTracks(id);
    for (const end of this.#ends) end();
  }

  // Pulling.

  #pull(view: PictureView): void {
    const pull: Pull = {
      view,
      canvas: document.createElement('canvas'),
      feed: { switchTo: () => {}, dispose: () => {} },
      mostPixels: this.#wantedPixels(view),
      raster: undefined,
      error: undefined,
      painted: '',
      paint: undefined,
      version: 0,
    };
    this.#pulls.set(view.id, pull);
    this.#connect(pull);
  }

  #connect(pull: Pull): void {
    pull.feed.dispose();
    const { view, mostPixels } = pull;
    const frames = view.kind === 'heat-map' ? undefined : view.frames > 1 ? ('cursor' as const) : 0;
    const wanted = {
      run: this.#run,
      view: view.id,
      frame: frames,
      ...(mostPixels === undefined ? {} : { mostPixels }),
    };
    pull.feed = feedView(
      wanted,
      frame => {
        const raster = rasterOf(view, frame);
        pull.raster = raster ?? pull.raster;
        pull.error = raster === undefined ? emptyView(view) : undefined;
        pull.version++;
        this.#touchView(view.id);
      },
      error => {
        pull.error = error;
        this.#touchView(view.id);
      },
    );
    pull.feed.switchTo(this.#on);
  }

  #drop(id: string): void {
    this.#pulls.get(id)?.feed.dispose();
    this.#pulls.delete(id);
  }

  #pullTracks(view: TracksView): void {
    const touch = (): void => this.#touchView(view.over);
    const feed = feedView({ run: this.#run, view: view.id, frame: undefined }, ({ data }) => {
      const pulled = this.#tracks.get(view.id);
      if (pulled !== undefined) pulled.data = data;
      touch();
    });
    feed.switchTo(this.#on);
    this.#tracks.set(view.id, { view, feed, data: undefined });
    touch();
  }

  #dropTracks(id: string): void {
    const pulled = this.#tracks.get(id);
    this.#tracks.delete(id);
    pulled?.feed.dispose();
    if (pulled !== undefined) this.#touchView(pulled.view.over);
  }

  /** The raster at full size: the one on show where that is it, else pulled once. */
  async #whole({ view, raster }: Pull): Promise<Raster> {
    const present = raster as Raster;
    if (present.reduction === 1) return present;
    const frame = await theBridge()
      .frame('view', {
        run: this.#run,
        view: view.id,
        member: view.changes === 'never' ? 0 : present.member,
        at: view.changes === 'never' ? 0 : useCursor.getState().iteration,
        ...(view.kind === 'heat-map' ? {} : { frame: view.frames > 1 ? useCursor.getState().frame : 0 }),
      })
      .catch(thrown => {
        throw asLabError(thrown);
      });
    return (frame === undefined ? undefined : rasterOf(view, frame)) ?? present;
  }

  /** After the last of several turns of the wheel, asks for as many pixels as are now on the screen. */
  #reduceSoon(): void {
    clearTimeout(this.#reductionTimer);
    this.#reductionTimer = setTimeout(() => this.#reduce(), 150);
  }

  #reduce(): void {
    if (this.#size.width === 0) return;
    for (const pull of this.#pulls.values()) {
      const most = this.#wantedPixels(pull.view);
      if (most === pull.mostPixels) continue;
      pull.mostPixels = most;
      this.#connect(pull);
    }
  }

  #wantedPixels(view: PictureView): number | undefined {
    const picture = view.kind === 'heat-map' ? undefined : { width: view.width, height: view.height };
    if (picture === undefined) return undefined;
    const scales = this.#tiles
      .filter(tile => viewsOf(tile).includes(view))
      .map(tile => placementOf(lookOf(groupOf(tile)), this.#body(tile), picture).scaleX);
    return mostPixelsAt(Math.max(...scales, 0) * devicePixelRatio, picture);
  }

  // Places.

  #resize(): void {
    const [width, height] = [this.#pad.clientWidth, this.#pad.clientHeight];
    const changed = width !== this.#size.width || height !== this.#size.height;
    if (!this.#on || width === 0 || height === 0) return;
    const [wide, high] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (!changed && this.#canvas.width === wide && this.#canvas.height === high) return;
    this.#size = { width, height };
    for (const canvas of [this.#canvas, this.#marks]) {
      canvas.width = wide;
      canvas.height = high;
    }
    this.#arrange();
    this.#reduceSoon();
    // At once, since a canvas of another size is empty.
    this.#all();
    this.#draw();
  }

  #arrange(): void {
    if (this.#size.width === 0) return;
    const picture = this.#tiles.map(tile => this.#pictureSize(tile.view)).find(size => size !== undefined);
    const boxes = tileGrid(this.#tiles.length, this.#size, {
      aspect: picture === undefined ? 1.5 : picture.width / picture.height,
      gap: GAP,
      lost: HEADER_HEIGHT + READOUT_HEIGHT,
    });
    this.#boxes = Object.fromEntries(this.#tiles.map(({ id }, index) => [id, boxes[index]]));
    this.#events.onLayout(this.#boxes);
  }

  /** Of the tile, where its picture is drawn. */
  #body({ id }: Tile): Box {
    const box = this.#boxes[id] ?? { left: 0, top: 0, width: 1, height: 1 };
    return {
      left: box.left,
      top: box.top + HEADER_HEIGHT,
      width: Math.max(1, box.width),
      height: Math.max(1, box.height - HEADER_HEIGHT - READOUT_HEIGHT),
    };
  }

  /** Of the whole picture, also where a reduced one was pulled. */
  #pictureSize(view: PictureView): Size | undefined {
    if (view.kind !== 'heat-map') return { width: view.width, height: view.height };
    const raster = this.#pulls.get(view.id)?.raster;
    return raster === undefined ? undefined : { width: raster.width, height: raster.height };
  }

  #placement(tile: Tile, view: PictureView = tile.view): Placement | undefined {
    const picture = this.#pictureSize(view);
    if (picture === undefined) return undefined;
    return placementOf(lookOf(groupOf(tile)), this.#body(tile), picture, pixelsOf(tile));
  }

  // Painting.

  #touch(tile: string): void {
    this.#dirty.add(tile);
    this.#schedule();
  }

  #touchView(view: string): void {
    for (const tile of this.#tiles) if (viewsOf(tile).some(({ id }) => id === view)) this.#touch(tile.id);
  }

  #all(): void {
    for (const { id } of this.#tiles) this.#dirty.add(id);
    this.#marksDirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#raf !== 0 || !this.#on) return;
    this.#raf = requestAnimationFrame(() => {
      this.#raf = 0;
      this.#draw();
    });
  }

  #draw(): void {
    if (!this.#on || this.#size.width === 0) return;
    const context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    if (this.#dirty.size >= this.#tiles.length) context.clearRect(0, 0, this.#size.width, this.#size.height);
    for (const tile of this.#tiles) if (this.#dirty.has(tile.id)) this.#drawTile(context, tile);
    const readouts = this.#dirty.size > 0 || this.#marksDirty;
    this.#dirty.clear();
    if (this.#marksDirty) this.#drawMarks();
    this.#marksDirty = false;
    if (readouts) this.#readOut();
  }

  #drawTile(context: CanvasRenderingContext2D, tile: Tile): void {
    const body = this.#body(tile);
    context.clearRect(body.left, body.top, body.width, body.height);
    const pulls = viewsOf(tile).map(view => this.#pulls.get(view.id));
    const error = pulls.find(pull => pull?.error !== undefined)?.error;
    if (error !== undefined) {
      this.#tell(tile, { kind: 'failed', error });
      return;
    }
    if (pulls.some(pull => pull?.raster === undefined)) {
      this.#tell(tile, waiting);
      return;
    }
    const sources = pulls as Pull[];
    const difference = tile.kind === 'difference' ? this.#difference(tile, sources) : undefined;
    if (tile.kind === 'difference' && difference === undefined) {
      // While one of the two is still on its way at another size, nothing is wrong.
      const onTheWay = sources[0].raster?.reduction !== sources[1].raster?.reduction;
      this.#tell(tile, onTheWay ? waiting : { kind: 'failed', error: sizesDiffer(tile) });
      return;
    }
    for (const pull of sources) this.#paint(pull);
    const reductionOf = ({ raster }: Pull) => (raster as Raster).reduction;
    const pictures =
      difference === undefined
        ? sources.map(pull => ({ canvas: pull.canvas, reduction: reductionOf(pull) }))
        : [{ canvas: difference.canvas, reduction: reductionOf(sources[0]) }];
    this.#drawPictures(
      context,
      tile,
      pictures,
      body,
      index => this.#placement(tile, viewsOf(tile)[index]) as Placement,
    );
    this.#drawTracks(context, tile, body);
    this.#drawGrid(context, tile, body);
    this.#describe(tile, sources, difference?.paint ?? sources[0].paint);
    this.#tell(tile, shown);
  }

  /** The pictures of a tile, one over the other as it wants it. */
  #drawPictures(
    context: CanvasRenderingContext2D,
    tile: Tile,
    pictures: readonly Painted[],
    body: Box,
    placementOfPicture: (index: number) => Placement,
  ): void {
    const { wipe, opacity } = useImageSettings.getState();
    const draw = (index: number, area: Box, alpha = 1): void => {
      const { canvas, reduction } = pictures[index];
      context.save();
      context.beginPath();
      context.rect(area.left, area.top, area.width, area.height);
      context.clip();
      context.globalAlpha = alpha;
      drawPicture(context, canvas, placementOfPicture(index), area, reduction);
      context.restore();
    };
    if (tile.kind !== 'pair') draw(0, body);
    else if (tile.how === 'blink') draw(useImageMoment.getState().side === 'first' ? 0 : 1, body);
    else if (tile.how === 'overlay') {
      draw(0, body);
      draw(1, body, opacity);
    } else {
      const cut = wipe * body.width;
      draw(0, { ...body, width: cut });
      draw(1, { ...body, left: body.left + cut, width: body.width - cut });
    }
  }

  #paint(pull: Pull): void {
    const raster = pull.raster as Raster;
    const { greyPictures } = useImageSettings.getState();
    const wanted = `${pull.version} ${usePreferences.getState().colourMap} ${greyPictures}`;
    if (pull.painted === wanted) return;
    pull.paint = this.#paintOf(raster, pull.view);
    putRaster(pull.canvas, raster, pull.paint);
    pull.painted = wanted;
  }

  #paintOf(raster: Raster, view: PictureView): Paint {
    return paintOf(raster, view, usePreferences.getState().colourMap, useImageSettings.getState().greyPictures);
  }

  #difference(tile: Extract<Tile, { kind: 'difference' }>, [first, second]: readonly Pull[]): Difference | undefined {
    const known = this.#differences.get(tile.id);
    const paint = this.#differencePaint(tile);
    const wanted = [first.version, second.version, paint.high, paint.map].join(' ');
    if (known !== undefined && known.painted === wanted) return known;
    const raster = differenceOf(first.raster as Raster, second.raster as Raster, tile.difference);
    if (raster === undefined) return undefined;
    const canvas = known?.canvas ?? document.createElement('canvas');
    putRaster(canvas, raster, paint);
    const difference = { canvas, raster, painted: wanted, paint };
    this.#differences.set(tile.id, difference);
    return difference;
  }

  #differencePaint({ view, difference }: Extract<Tile, { kind: 'difference' }>): Paint {
    const map = usePreferences.getState().colourMap;
    const range = view.kind === 'image' ? view.range[1] - view.range[0] : 1;
    return differencePaint(range, useImageSettings.getState().gain, difference, map as 'viridis');
  }

  /** Over the picture alone, not over a comparison of two. */
  #drawTracks(context: CanvasRenderingContext2D, tile: Tile, body: Box): void {
    const placement = this.#placement(tile);
    if (tile.kind !== 'view' || placement === undefined) return;
    for (const { view, data } of this.#tracks.values()) {
      if (view.over !== tile.view.id || data === undefined) continue;
      context.save();
      context.beginPath();
      context.rect(body.left, body.top, body.width, body.height);
      context.clip();
      drawTails(context, tailsAt(data, useCursor.getState().frame), placement);
      context.restore();
    }
  }

  #drawGrid(context: CanvasRenderingContext2D, tile: Tile, body: Box): void {
    const placement = this.#placement(tile);
    const picture = this.#pictureSize(tile.view);
    if (placement === undefined || picture === undefined) return;
    if (Math.min(placement.scaleX, placement.scaleY) < GRID_FROM) return;
    const { start, end } = visiblePart(placement, body, picture);
    const from = toScreen(placement, start);
    const to = toScreen(placement, end);
    context.strokeStyle = 'rgb(128 128 128 / 45%)';
    context.lineWidth = 1 / devicePixelRatio;
    context.beginPath();
    for (let x = start.x; x <= end.x; x++) {
      const at = toScreen(placement, { x, y: 0 }).x;
      if (at < body.left || at > body.left + body.width) continue;
      context.moveTo(at, Math.max(from.y, body.top));
      context.lineTo(at, Math.min(to.y, body.top + body.height));
    }
    for (let y = start.y; y <= end.y; y++) {
      const at = toScreen(placement, { x: 0, y }).y;
      if (at < body.top || at > body.top + body.height) continue;
      context.moveTo(Math.max(from.x, body.left), at);
      context.lineTo(Math.min(to.x, body.left + body.width), at);
    }
    context.stroke();
  }

  #tell(tile: Tile, status: TileStatus): void {
    const before = this.#statuses.get(tile.id);
    const same =
      before?.kind === status.kind &&
      (status.kind !== 'failed' || (before.kind === 'failed' && before.error.message === status.error.message));
    if (same) return;
    this.#statuses.set(tile.id, status);
    this.#events.onStatus(tile.id, status);
  }

  /** Iteration, member and reduction into the header, the range into the key. */
  #describe(tile: Tile, pulls: readonly Pull[], paint: Paint | undefined): void {
    const labels = this.#labels.get(tile.id);
    if (labels === undefined) return;
    const changing = pulls.find(({ view }) => view.changes !== 'never');
    const parts: string[] = [];
    if (tile.kind === 'pair' && tile.how === 'blink')
      parts.push(viewsOf(tile)[useImageMoment.getState().side === 'first' ? 0 : 1].title);
    let full = '';
    if (changing?.raster !== undefined) {
      const { iteration, member } = changing.raster;
      const now = useCursor.getState().iteration === 'now';
      const members = useLab.getState().open[this.#run]?.details.problem?.members.length ?? 1;
      parts.push(now ? `now (${iteration})` : String(iteration));
      if (members > 1) parts.push(`member ${member}`);
      full = `${now ? 'The newest state, iteration' : 'Iteration'} ${iteration} of member ${member}`;
    }
    const reduction = Math.max(...pulls.map(({ raster }) => raster?.reduction ?? 1));
    if (reduction > 1) {
      parts.push(`1 : ${reduction}`);
      full += `${full === '' ? '' : '. '}Each pixel is the mean of ${reduction} × ${reduction}; zoom in to see all`;
    }
    setText(labels.info, parts.join(' · '));
    if (labels.info.title !== full) labels.info.title = full;
    if (labels.low === null || labels.high === null || paint === undefined) return;
    const unit = unitOf(tile.view);
    setText(labels.low, formatNumber(paint.low, 3));
    setText(labels.high, `${formatNumber(paint.high, 3)}${unit.length > LONGEST_UNIT ? '' : unit}`);
  }

  // Readout.

  #drawMarks(): void {
    const context = this.#marks.getContext('2d') as CanvasRenderingContext2D;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#size.width, this.#size.height);
    const hover = this.#hover;
    if (hover === undefined) return;
    for (const tile of this.#tiles) {
      if (groupOf(tile) !== hover.group) continue;
      const placement = this.#placement(tile);
      const picture = this.#pictureSize(tile.view);
      if (placement === undefined || picture === undefined) continue;
      const body = this.#body(tile);
      const x = Math.floor(hover.x * picture.width);
      const y = Math.floor(hover.y * picture.height);
      const corner = toScreen(placement, { x, y });
      const middle = toScreen(placement, { x: x + 0.5, y: y + 0.5 });
      context.save();
      context.beginPath();
      context.rect(body.left, body.top, body.width, body.height);
      context.clip();
      const large = Math.min(placement.scaleX, placement.scaleY) >= 6;
      const cross = tile.id !== hover.tile || hover.by === 'keys';
      for (const [colour, width] of [
        ['rgb(0 0 0 / 70%)', 3],
        ['rgb(255 255 255 / 95%)', 1],
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        if (large) context.rect(corner.x, corner.y, placement.scaleX, placement.scaleY);
        if (cross) {
          const gap = (large ? Math.max(placement.scaleX, placement.scaleY) / 2 : 0) + 4;
          const arm = gap + 14;
          context.moveTo(middle.x - arm, middle.y);
          context.lineTo(middle.x - gap, middle.y);
          context.moveTo(middle.x + gap, middle.y);
          context.lineTo(middle.x + arm, middle.y);
          context.moveTo(middle.x, middle.y - arm);
          context.lineTo(middle.x, middle.y - gap);
          context.moveTo(middle.x, middle.y + gap);
          context.lineTo(middle.x, middle.y + arm);
        }
        context.stroke();
      }
      context.restore();
    }
  }

  /** Values under the cursor into all tiles that show the place, and the place below the board. */
  #readOut(): void {
    const hover = this.#hover;
    for (const tile of this.#tiles) {
      const labels = this.#labels.get(tile.id);
      if (labels === undefined) continue;
      setText(labels.readout, hover?.group === groupOf(tile) ? this.#valueText(tile, hover) : '');
    }
    const tile =
      this.#tiles.find(({ id }) => id === hover?.tile) ?? this.#tiles.find(each => groupOf(each) === PICTURES);
    const placement = tile === undefined ? undefined : this.#placement(tile);
    const picture = tile === undefined ? undefined : this.#pictureSize(tile.view);
    if (tile === undefined || placement === undefined || picture === undefined) {
      this.#events.onNote('');
      return;
    }
    const zoom = tile.view.kind === 'heat-map' ? '' : `${formatNumber(100 * placement.scaleX * devicePixelRatio, 3)} %`;
    const size = `${picture.width} × ${picture.height}`;
    if (hover === undefined) {
      this.#events.onNote(`${size} · ${zoom}`);
      return;
    }
    const [x, y] = [Math.floor(hover.x * picture.width), Math.floor(hover.y * picture.height)];
    const place =
      tile.view.kind === 'heat-map'
        ? `${tile.view.rowLabel} ${y}, ${tile.view.columnLabel} ${x}`
        : `x ${x}, y ${y} of ${size} · ${zoom}`;
    this.#events.onNote(place);
  }

  #valueText(tile: Tile, hover: Hover): string {
    const rasters =
      tile.kind === 'difference'
        ? [this.#differences.get(tile.id)?.raster]
        : viewsOf(tile).map(view => this.#pulls.get(view.id)?.raster);
    const unit = unitOf(tile.view);
    const texts = rasters.flatMap(raster => {
      const picture = this.#pictureSize(tile.view);
      if (raster === undefined || picture === undefined) return [];
      const values = valuesAt(
        raster,
        (hover.x * picture.width) / raster.reduction,
        (hover.y * picture.height) / raster.reduction,
        tile.view.kind === 'image' && tile.kind === 'view' ? tile.view.unknown : undefined,
      );
      if (values === undefined) return [];
      const text = values.map(value => valueText(value, raster, tile)).join('  ');
      return [raster.reduction > 1 ? `mean ${text}` : text];
    });
    return texts.length === 0 ? '' : `${texts.join('  |  ')}${unit}`;
  }

  // Pointer and keys.

  #listen(): void {
    const element = this.#pad;
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ): void => {
      element.addEventListener(name, listener, options);
      this.#ends.push(() => element.removeEventListener(name, listener, options));
    };
    on('wheel', event => this.#wheel(event), { passive: false });
    on('pointerdown', event => this.#press(event));
    on('pointermove', event => this.#move(event));
    on('pointerup', () => {
      const drag = this.#drag;
      this.#release();
      const tile = this.#tiles.find(({ id }) => id === drag?.tile);
      if (drag?.button === 0 && drag.moved < CLICK_PIXELS && tile !== undefined) this.#events.onClick(tile.view);
    });
    on('pointercancel', () => this.#release());
    on('pointerleave', () => this.#point(undefined));
    on('dblclick', event => {
      const tile = this.#tileAt(pointOf(event));
      if (tile !== undefined) setLook(groupOf(tile), { zoom: 1, x: 0.5, y: 0.5 });
    });
    on('keydown', event => this.#key(event));
    on('blur', () => {
      if (this.#hover?.by === 'keys') this.#point(undefined);
    });
  }

  #tileAt({ x, y }: Point): Tile | undefined {
    return this.#tiles.find(tile => {
      const { left, top, width, height } = this.#body(tile);
      return x >= left && y >= top && x < left + width && y < top + height;
    });
  }

  #wheel(event: WheelEvent): void {
    const point = pointOf(event);
    const tile = this.#tileAt(point);
    const picture = tile === undefined ? undefined : this.#pictureSize(tile.view);
    if (tile === undefined || picture === undefined) return;
    event.preventDefault();
    // A notch of a wheel is 100 or 120; a trackpad sends many small ones, a pinch with Ctrl smaller ones still.
    const turn = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 * event.deltaY : event.deltaY;
    const factor = 2 ** (-Math.max(-240, Math.min(240, turn)) / (event.ctrlKey ? 60 : 240));
    setLook(groupOf(tile), zoomAt(lookOf(groupOf(tile)), factor, point, this.#body(tile), picture, pixelsOf(tile)));
    this.#hoverAt(tile, point);
  }

  #press(event: PointerEvent): void {
    const point = pointOf(event);
    const tile = this.#tileAt(point);
    if (tile === undefined || event.button > 1) return;
    this.#pad.setPointerCapture(event.pointerId);
    this.#drag = { tile: tile.id, button: event.button, moved: 0, ...point };
    this.#pad.style.cursor = 'grabbing';
  }

  #move(event: PointerEvent): void {
    const point = pointOf(event);
    const drag = this.#drag;
    const tile = drag === undefined ? this.#tileAt(point) : this.#tiles.find(({ id }) => id === drag.tile);
    const picture = tile === undefined ? undefined : this.#pictureSize(tile.view);
    if (tile === undefined || picture === undefined) {
      this.#point(undefined);
      return;
    }
    if (drag !== undefined) {
      const [dx, dy] = [point.x - drag.x, point.y - drag.y];
      drag.x = point.x;
      drag.y = point.y;
      drag.moved += Math.hypot(dx, dy);
      const group = groupOf(tile);
      if (dx !== 0 || dy !== 0) setLook(group, panBy(lookOf(group), dx, dy, this.#body(tile), picture, pixelsOf(tile)));
    }
    this.#hoverAt(tile, point);
  }

  #release(): void {
    this.#drag = undefined;
    this.#pad.style.cursor = '';
  }

  #hoverAt(tile: Tile, point: Point): void {
    const placement = this.#placement(tile);
    const picture = this.#pictureSize(tile.view);
    if (placement === undefined || picture === undefined) return;
    const at = toPicture(placement, point);
    const [x, y] = [at.x / picture.width, at.y / picture.height];
    const inside = x >= 0 && y >= 0 && x < 1 && y < 1;
    this.#point(inside ? { tile: tile.id, group: groupOf(tile), x, y, by: 'pointer' } : undefined);
  }

  #point(hover: Hover | undefined): void {
    if (hover === undefined && this.#hover === undefined) return;
    this.#hover = hover;
    this.#marksDirty = true;
    this.#schedule();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = this.#tiles.find(({ id }) => id === this.#hover?.tile) ?? this.#tiles[0];
    const picture = tile === undefined ? undefined : this.#pictureSize(tile.view);
    if (tile === undefined || picture === undefined) return;
    const group = groupOf(tile);
    const body = this.#body(tile);
    const look = lookOf(group);
    const middle = { x: body.left + body.width / 2, y: body.top + body.height / 2 };
    const step = event.shiftKey ? 5 * KEY_STEP : KEY_STEP;
    const pan = (dx: number, dy: number) => panBy(look, dx, dy, body, picture, pixelsOf(tile));
    const zoom = (factor: number) => zoomAt(look, factor, middle, body, picture, pixelsOf(tile));
    const turns: Readonly<Record<string, () => Look>> = {
      '+': () => zoom(KEY_ZOOM),
      '=': () => zoom(KEY_ZOOM),
      '-': () => zoom(1 / KEY_ZOOM),
      '0': () => ({ zoom: 1, x: 0.5, y: 0.5 }),
      '1': () => atScale(look, 1 / devicePixelRatio, body, picture),
      ArrowLeft: () => pan(step, 0),
      ArrowRight: () => pan(-step, 0),
      ArrowUp: () => pan(0, step),
      ArrowDown: () => pan(0, -step),
    };
    const next = turns[event.key]?.();
    if (next === undefined) return;
    event.preventDefault();
    setLook(group, next);
    this.#point({ tile: tile.id, group, x: Math.min(next.x, 0.999999), y: Math.min(next.y, 0.999999), by: 'keys' });
  }
}

const PICTURES = 'pictures';

/** Pictures pan and zoom together, a heat map alone. */
function groupOf({ view }: Tile): string {
  return view.kind === 'heat-map' ? `heat map ${view.id}` : PICTURES;
}

function pixelsOf({ view }: Tile): Pixels {
  return view.kind === 'heat-map' ? 'stretched' : 'square';
}

function viewsOf(tile: Tile): readonly PictureView[] {
  return tile.kind === 'view' ? [tile.view] : [tile.view, tile.second];
}

function unitOf(view: PictureView): string {
  return view.unit === undefined || view.unit === '' ? '' : ` ${view.unit}`;
}

/** Always as many decimals as the numbers mean, so that the text does not jump about. */
function valueText(value: number, { values, step, reduction }: Raster, { kind, view }: Tile): string {
  if (view.kind !== 'image' || !Number.isFinite(value)) return formatNumber(value);
  const whole = values instanceof Uint8Array || values instanceof Uint16Array;
  const smallest = whole ? step : (view.range[1] - view.range[0]) / (kind === 'difference' ? 1e4 : 1e3);
  const decimals = Math.ceil(-Math.log10(Math.abs(smallest)) - 1e-9) + (whole && reduction > 1 ? 1 : 0);
  return value.toFixed(Math.min(8, Math.max(0, decimals))).replace('-', '−');
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function pointOf({ offsetX, offsetY }: MouseEvent): Point {
  return { x: offsetX, y: offsetY };
}

function prepare(canvas: HTMLCanvasElement, { width, height }: Size): CanvasRenderingContext2D {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return canvas.getContext('2d') as CanvasRenderingContext2D;
}

function putRaster(canvas: HTMLCanvasElement, raster: Raster, paint: Paint): void {
  const { width, height } = raster;
  prepare(canvas, raster).putImageData(new ImageData(paintRaster(raster, paint), width, height), 0, 0);
}

/** The part of the picture, in its pixels, that lies in the box. */
function visiblePart(placement: Placement, body: Box, { width, height }: Size): { start: Point; end: Point } {
  const from = toPicture(placement, { x: body.left, y: body.top });
  const to = toPicture(placement, { x: body.left + body.width, y: body.top + body.height });
  return {
    start: { x: Math.max(0, Math.floor(from.x)), y: Math.max(0, Math.floor(from.y)) },
    end: { x: Math.min(width, Math.ceil(to.x)), y: Math.min(height, Math.ceil(to.y)) },
  };
}

/** Only what can be seen is drawn: a large picture zoomed in would cost all of its pixels. */
function drawPicture(
  context: CanvasRenderingContext2D,
  picture: HTMLCanvasElement,
  placement: Placement,
  body: Box,
  reduction: number,
): void {
  const { left, top } = placement;
  const [scaleX, scaleY] = [placement.scaleX * reduction, placement.scaleY * reduction];
  const { start, end } = visiblePart({ left, top, scaleX, scaleY }, body, picture);
  const [width, height] = [end.x - start.x, end.y - start.y];
  if (width <= 0 || height <= 0) return;
  // Enlarged pixels stay crisp; a reduced picture is averaged.
  context.imageSmoothingEnabled = Math.min(scaleX, scaleY) * context.getTransform().a < 1;
  context.imageSmoothingQuality = 'medium';
  context.drawImage(
    picture,
    start.x,
    start.y,
    width,
    height,
    left + start.x * scaleX,
    top + start.y * scaleY,
    width * scaleX,
    height * scaleY,
  );
}

function emptyView(view: PictureView): LabError {
  return new LabError({ code: 'internal', message: `The view ${view.title} came without a picture in it.` });
}

function sizesDiffer(tile: Tile): LabError {
  const [first, second] = viewsOf(tile);
  return new LabError({
    code: 'setting',
    message: `${first.title} and ${second?.title ?? ''} have different sizes or channels.`,
    tip: 'Choose two pictures of the same size.',
  });
}
