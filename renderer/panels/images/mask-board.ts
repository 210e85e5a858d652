// The picture of an input with the mask that is drawn on it, outside React: paints both, and turns pointer and keys into
// edits of the mask. Missing pixels are hatched so that they show on any picture.

import { lookOf, setLook, useImageMoment } from './image-settings.ts';
import {
  atScale,
  type Box,
  fitted,
  type Look,
  type Placement,
  type Point,
  panBy,
  placementOf,
  toPicture,
  toScreen,
  zoomAt,
} from './look.ts';
import { editMask, LINE_HEIGHT, rememberMaskEdit, textFont, textPixels } from './mask-edits.ts';
import type { Mark, MaskRaster } from './mask-raster.ts';
import { type MaskToolId, resizeBrush, setMaskTools, textSizeOn, useMaskTools } from './mask-tools.ts';

const GROUP = 'input';
const KEY_ZOOM = 1.25;
const OPAQUE = 0xff000000;
/** A polygon is closed by a click this near to its first corner, in pixels of the screen. */
const CLOSING = 9;

export interface MaskBoardEvents {
  onNote(text: string): void;
}

const toolKeys: Readonly<Record<string, MaskToolId>> = {
  b: 'brush',
  e: 'eraser',
  r: 'box',
  p: 'polygon',
  t: 'text',
  h: 'pan',
};

/** An edit that is under way. */
type Stroke =
  | { readonly kind: 'brush'; readonly before: Uint8Array; readonly mark: Mark; last: Point }
  | { readonly kind: 'box'; readonly from: Point; readonly mark: Mark }
  | { readonly kind: 'pan'; last: Point };

export class MaskBoard {
  readonly #pad: HTMLElement;
  readonly #events: MaskBoardEvents;
  readonly #canvas = document.createElement('canvas');
  /** The hatched mask over the picture, drawn anew without the picture. */
  readonly #hatched = document.createElement('canvas');
  /** Outlines of tools over the picture, which move without a new drawing of it. */
  readonly #marks = document.createElement('canvas');
  /** Opaque where the mask is missing, at the picture's size. */
  readonly #stencil = document.createElement('canvas');
  readonly #ends: (() => void)[] = [];
  #picture: CanvasImageSource | undefined;
  #mask: MaskRaster | undefined;
  #endMask: () => void = () => {};
  #on = false;
  #editable = true;
  #raf = 0;
  /** What has to be drawn anew besides the outlines of tools. */
  #dirty: 'nothing' | 'mask' | 'all' = 'nothing';
  #width = 0;
  #height = 0;
  #stroke: Stroke | undefined;
  /** Corners of the polygon that is being drawn. */
  #corners: Point[] = [];
  /** Of the pointer, or moved by keys; in pixels of the picture. */
  #place: Point | undefined;

  constructor(pad: HTMLElement, events: MaskBoardEvents) {
    this.#pad = pad;
    this.#events = events;
    for (const canvas of [this.#canvas, this.#hatched, this.#marks]) {
      canvas.ariaHidden = 'true';
      pad.append(canvas);
      this.#ends.push(() => canvas.remove());
    }
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(pad);
    this.#ends.push(
      () => observer.disconnect(),
      () => this.#endMask(),
      useImageMoment.subscribe((next, before) => {
        if (next.looks !== before.looks) this.#touch();
      }),
      useMaskTools.subscribe((next, before) => {
        if (next.tool !== before.tool) {
          this.#corners = [];
          this.#showCursor();
        }
        this.#touchMarks();
      }),
    );
    this.#listen();
    setLook(GROUP, fitted);
  }

  /** The mask to draw on. */
  edit(mask: MaskRaster): void {
    if (mask === this.#mask) return;
    this.#endMask();
    this.#mask = mask;
    this.#corners = [];
    this.#stroke = undefined;
    this.#stencil.width = mask.width;
    this.#stencil.height = mask.height;
    this.#stencilPart({ left: 0, top: 0, width: mask.width, height: mask.height });
    this.#endMask = mask.subscribe(changed => this.#stencilPart(changed));
    this.#touch();
  }

  /** The picture below, of the mask's size; undefined: none yet. */
  show(picture: CanvasImageSource | undefined): void {
    this.#picture = picture;
    this.#touch();
  }

  /** locked: the mask comes from elsewhere, only looking is allowed. */
  setEditing(editing: 'free' | 'locked'): void {
    this.#editable = editing === 'free';
    this.#showCursor();
    this.#touch();
  }

  switchTo(on: boolean): void {
    this.#on = on;
    if (on) this.#resize();
  }

  showPixelByPixel(): void {
    if (this.#mask !== undefined) setLook(GROUP, atScale(lookOf(GROUP), 1 / devicePixelRatio, this.#box(), this.#mask));
  }

  dispose(): void {
    cancelAnimationFrame(this.#raf);
    for (const end of this.#ends) end();
  }

  #showCursor(): void {
    const looking = !this.#editable || useMaskTools.getState().tool === 'pan';
    this.#pad.style.cursor = looking ? 'grab' : 'crosshair';
  }

  // Painting.

  #box(): Box {
    return { left: 0, top: 0, width: Math.max(1, this.#width), height: Math.max(1, this.#height) };
  }

  #placement(): Placement {
    return placementOf(lookOf(GROUP), this.#box(), this.#mask ?? { width: 1, height: 1 });
  }

  #resize(): void {
    const [width, height] = [this.#pad.clientWidth, this.#pad.clientHeight];
    if (!this.#on || width === 0 || height === 0) return;
    this.#width = width;
    this.#height = height;
    for (const canvas of [this.#canvas, this.#hatched, this.#marks]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    this.#dirty = 'all';
    this.#draw();
  }

  #touch(): void {
    this.#dirty = 'all';
    this.#schedule();
  }

  #touchMarks(): void {
    this.#schedule();
  }

  #schedule(): void {
    if (this.#raf !== 0 || !this.#on) return;
    this.#raf = requestAnimationFrame(() => {
      this.#raf = 0;
      this.#draw();
    });
  }

  #stencilPart({ left, top, width, height }: Box): void {
    const mask = this.#mask;
    const context = this.#stencil.getContext('2d');
    if (mask === undefined || context === null || width === 0 || height === 0) return;
    const part = new ImageData(width, height);
    const words = new Uint32Array(part.data.buffer);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0, at = (top + y) * mask.width + left; x < width; x++, at++, i++)
        words[i] = mask.pixels[at] === 1 ? OPAQUE : 0;
    }
    context.putImageData(part, left, top);
    if (this.#dirty === 'nothing') this.#dirty = 'mask';
    this.#schedule();
  }

  #draw(): void {
    if (!this.#on || this.#width === 0) return;
    if (this.#dirty === 'all') this.#drawPicture();
    if (this.#dirty !== 'nothing') this.#drawMask();
    this.#drawMarks();
    this.#dirty = 'nothing';
  }

  #drawPicture(): void {
    const mask = this.#mask;
    const context = contextOf(this.#canvas);
    context.clearRect(0, 0, this.#width, this.#height);
    if (mask === undefined || this.#picture === undefined) return;
    const { left, top, scaleX } = this.#placement();
    context.imageSmoothingEnabled = scaleX * devicePixelRatio < 1;
    context.imageSmoothingQuality = 'medium';
    context.drawImage(this.#picture, left, top, mask.width * scaleX, mask.height * scaleX);
  }

  #drawMask(): void {
    const mask = this.#mask;
    const context = contextOf(this.#hatched);
    context.globalCompositeOperation = 'source-over';
    context.clearRect(0, 0, this.#width, this.#height);
    if (mask === undefined || mask.empty || this.#picture === undefined) return;
    const { left, top, scaleX } = this.#placement();
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#stencil, left, top, mask.width * scaleX, mask.height * scaleX);
    context.globalCompositeOperation = 'source-in';
    context.fillStyle = hatching(context);
    context.fillRect(0, 0, this.#width, this.#height);
  }

  #drawMarks(): void {
    const context = contextOf(this.#marks);
    context.clearRect(0, 0, this.#width, this.#height);
    const place = this.#place;
    const placement = this.#placement();
    if (!this.#editable || this.#mask === undefined) return;
    const { tool, size, text } = useMaskTools.getState();
    const textSize = textSizeOn(useMaskTools.getState(), this.#mask);
    const outline = (path: () => void): void => {
      context.beginPath();
      path();
      for (const [colour, width] of [
        ['rgb(0 0 0 / 75%)', 3],
        ['white', 1.25],
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke();
      }
    };
    const at = place === undefined ? undefined : toScreen(placement, place);
    if (this.#corners.length > 0) {
      outline(() => {
        this.#corners.forEach((corner, index) => {
          const { x, y } = toScreen(placement, corner);
          if (index === 0) context.moveTo(x, y);
          else context.lineTo(x, y);
        });
        if (at !== undefined) context.lineTo(at.x, at.y);
      });
      const first = toScreen(placement, this.#corners[0]);
      outline(() => context.arc(first.x, first.y, CLOSING - 4, 0, 2 * Math.PI));
    }
    if (at === undefined || place === undefined) return;
    if (this.#stroke?.kind === 'box') {
      const from = toScreen(placement, this.#stroke.from);
      outline(() => context.rect(from.x, from.y, at.x - from.x, at.y - from.y));
    } else if (tool === 'brush' || tool === 'eraser') {
      outline(() => context.arc(at.x, at.y, Math.max(2, (size / 2) * placement.scaleX), 0, 2 * Math.PI));
    } else if (tool === 'text') {
      context.font = textFont(textSize * placement.scaleX);
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      const lines = text.split('\n');
      lines.forEach((line, index) => {
        const y = at.y + (index - (lines.length - 1) / 2) * textSize * placement.scaleX * LINE_HEIGHT;
        context.lineWidth = 3;
        context.strokeStyle = 'rgb(0 0 0 / 75%)';
        context.strokeText(line, at.x, y);
        context.fillStyle = 'rgb(255 255 255 / 85%)';
        context.fillText(line, at.x, y);
      });
    } else if (tool !== 'pan') {
      outline(() => {
        context.moveTo(at.x - 8, at.y);
        context.lineTo(at.x + 8, at.y);
        context.moveTo(at.x, at.y - 8);
        context.lineTo(at.x, at.y + 8);
      });
    }
  }

  #tellPlace(): void {
    const mask = this.#mask;
    if (mask === undefined) return;
    const zoom = `${Math.round(100 * this.#placement().scaleX * devicePixelRatio)} %`;
    const place = this.#place;
    const size = `${mask.width} × ${mask.height} · ${zoom}`;
    const outside =
      place === undefined || place.x < 0 || place.y < 0 || place.x >= mask.width || place.y >= mask.height;
    this.#events.onNote(outside ? size : `x ${Math.floor(place.x)}, y ${Math.floor(place.y)} of ${size}`);
  }

  // Tools, for pointer and keys alike.

  #begin(place: Point, hand: { readonly pan: boolean; readonly other: boolean }): void {
    const mask = this.#mask;
    if (mask === undefined) return;
    const { tool, size, text } = useMaskTools.getState();
    const textSize = textSizeOn(useMaskTools.getState(), mask);
    // With Alt every tool does the opposite.
    const opposite = (mark: Mark): Mark => (hand.other ? (mark === 'missing' ? 'observed' : 'missing') : mark);
    if (hand.pan || tool === 'pan' || !this.#editable) {
      this.#stroke = { kind: 'pan', last: toScreen(this.#placement(), place) };
    } else if (tool === 'brush' || tool === 'eraser') {
      const mark = opposite(tool === 'brush' ? 'missing' : 'observed');
      this.#stroke = { kind: 'brush', before: mask.pixels.slice(), mark, last: place };
      mask.brush(place, place, size / 2, mark);
    } else if (tool === 'box') {
      this.#stroke = { kind: 'box', from: place, mark: opposite('missing') };
    } else if (tool === 'polygon') {
      this.#corner(place, opposite('missing'));
    } else {
      editMask(mask, 'Mask text', () => mask.stamp(textPixels(text, textSize, place, mask), opposite('missing')));
    }
  }

  #drag(place: Point): void {
    const stroke = this.#stroke;
    if (stroke?.kind === 'brush') {
      this.#mask?.brush(stroke.last, place, useMaskTools.getState().size / 2, stroke.mark);
      stroke.last = place;
    } else if (stroke?.kind === 'pan' && this.#mask !== undefined) {
      const now = toScreen(this.#placement(), place);
      const [dx, dy] = [now.x - stroke.last.x, now.y - stroke.last.y];
      stroke.last = now;
      setLook(GROUP, panBy(lookOf(GROUP), dx, dy, this.#box(), this.#mask));
    }
  }

  #end(place: Point | undefined): void {
    const stroke = this.#stroke;
    const mask = this.#mask;
    this.#stroke = undefined;
    if (stroke === undefined || mask === undefined) return;
    if (stroke.kind === 'brush')
      rememberMaskEdit(mask, stroke.mark === 'missing' ? 'Brush the mask' : 'Erase the mask', stroke.before);
    if (stroke.kind === 'box' && place !== undefined)
      editMask(mask, 'Mask a box', () => mask.box(stroke.from, place, stroke.mark));
    this.#touchMarks();
  }

  #corner(place: Point, mark: Mark): void {
    const placement = this.#placement();
    const [first] = this.#corners;
    if (first !== undefined && this.#corners.length > 2) {
      const [a, b] = [toScreen(placement, first), toScreen(placement, place)];
      if (Math.hypot(a.x - b.x, a.y - b.y) <= CLOSING) {
        this.#closePolygon(mark);
        return;
      }
    }
    this.#corners.push(place);
    this.#touchMarks();
  }

  #closePolygon(mark: Mark): void {
    const corners = this.#corners;
    this.#corners = [];
    const mask = this.#mask;
    if (mask !== undefined) editMask(mask, 'Mask a polygon', () => mask.polygon(corners, mark));
    this.#touchMarks();
  }

  // Pointer and keys.

  #listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ): void => {
      this.#pad.addEventListener(name, listener, options);
      this.#ends.push(() => this.#pad.removeEventListener(name, listener, options));
    };
    on('wheel', event => this.#wheel(event), { passive: false });
    on('pointerdown', event => {
      if (event.button > 1) return;
      this.#pad.setPointerCapture(event.pointerId);
      this.#place = this.#placeOf(event);
      this.#begin(this.#place, { pan: event.button === 1, other: event.altKey });
    });
    on('pointermove', event => {
      // Every place of a fast stroke, not only one for each picture of the screen.
      if (this.#stroke?.kind === 'brush')
        for (const each of event.getCoalescedEvents()) this.#drag(this.#placeOf(each));
      const place = this.#placeOf(event);
      this.#drag(place);
      this.#place = this.#stroke?.kind === 'pan' ? this.#placeOf(event) : place;
      this.#tellPlace();
      this.#touchMarks();
    });
    on('pointerup', event => this.#end(this.#placeOf(event)));
    on('pointercancel', () => this.#end(undefined));
    on('pointerleave', () => {
      this.#place = undefined;
      this.#tellPlace();
      this.#touchMarks();
    });
    on('dblclick', event => {
      const { tool } = useMaskTools.getState();
      // Its second click has set one more corner at the same place.
      if (tool === 'polygon' && this.#corners.length > 2) {
        this.#corners.pop();
        this.#closePolygon(event.altKey ? 'observed' : 'missing');
      } else if (tool === 'pan' || !this.#editable) setLook(GROUP, fitted);
    });
    on('keydown', event => this.#key(event));
  }

  #placeOf({ offsetX, offsetY }: MouseEvent): Point {
    return toPicture(this.#placement(), { x: offsetX, y: offsetY });
  }

  #wheel(event: WheelEvent): void {
    const mask = this.#mask;
    if (mask === undefined) return;
    event.preventDefault();
    // With Shift, some systems turn the wheel sideways.
    const turn = (event.deltaY || event.deltaX) * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    if (event.shiftKey) {
      if (turn !== 0) resizeBrush(turn < 0 ? 1 : -1);
      return;
    }
    const factor = 2 ** (-Math.max(-240, Math.min(240, turn)) / (event.ctrlKey ? 60 : 240));
    setLook(GROUP, zoomAt(lookOf(GROUP), factor, { x: event.offsetX, y: event.offsetY }, this.#box(), mask));
    this.#place = this.#placeOf(event);
    this.#tellPlace();
  }

  #key(event: KeyboardEvent): void {
    const mask = this.#mask;
    if (mask === undefined || event.ctrlKey || event.metaKey) return;
    if (!this.#turn(event, mask)) return;
    event.preventDefault();
    this.#tellPlace();
    this.#touchMarks();
  }

  /** True where the key meant something. */
  #turn(event: KeyboardEvent, mask: MaskRaster): boolean {
    const { key, altKey, shiftKey } = event;
    const box = this.#box();
    const look = lookOf(GROUP);
    const middle = { x: box.width / 2, y: box.height / 2 };
    const looks: Readonly<Record<string, () => Look>> = {
      '+': () => zoomAt(look, KEY_ZOOM, middle, box, mask),
      '=': () => zoomAt(look, KEY_ZOOM, middle, box, mask),
      '-': () => zoomAt(look, 1 / KEY_ZOOM, middle, box, mask),
      '0': () => fitted,
      '1': () => atScale(look, 1 / devicePixelRatio, box, mask),
    };
    const next = looks[key];
    if (next !== undefined && !altKey) {
      setLook(GROUP, next());
      return true;
    }
    if (!this.#editable) return false;
    if (key === ',' || key === '.') {
      resizeBrush(key === '.' ? 1 : -1);
      return true;
    }
    const tool = altKey || shiftKey ? undefined : toolKeys[key];
    if (tool !== undefined) {
      setMaskTools({ tool });
      return true;
    }
    if (key === 'i' && !altKey) {
      editMask(mask, 'Invert the mask', () => mask.invert());
      return true;
    }
    if (key === 'Escape' && (this.#corners.length > 0 || this.#stroke !== undefined)) {
      if (this.#stroke?.kind === 'brush') this.#end(undefined);
      this.#stroke = undefined;
      this.#corners = [];
      return true;
    }
    const step = (shiftKey ? 40 : 8) / this.#placement().scaleX;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const place = this.#place ?? toPicture(this.#placement(), middle);
    const move = moves[key];
    if (move !== undefined) {
      this.#place = {
        x: Math.min(mask.width, Math.max(0, place.x + move[0])),
        y: Math.min(mask.height, Math.max(0, place.y + move[1])),
      };
      this.#drag(this.#place);
      return true;
    }
    if (key !== 'Enter') return false;
    this.#enter(place, altKey);
    return true;
  }

  /** Presses the tool down, or lifts it again: a stroke, a box and a polygon can be drawn with arrow keys and Enter. */
  #enter(place: Point, other: boolean): void {
    this.#place = place;
    const { tool } = useMaskTools.getState();
    const last = this.#corners.at(-1);
    if (this.#stroke !== undefined) this.#end(place);
    else if (tool === 'polygon' && last !== undefined && last.x === place.x && last.y === place.y)
      this.#closePolygon(other ? 'observed' : 'missing');
    else this.#begin(place, { pan: false, other });
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return context;
}

let hatch: CanvasPattern | undefined;

/** Slanted stripes of two colours that no photograph has side by side. */
function hatching(context: CanvasRenderingContext2D): CanvasPattern | string {
  if (hatch !== undefined) return hatch;
  const tile = new OffscreenCanvas(8, 8);
  const paint = tile.getContext('2d');
  if (paint === null) return 'rgb(230 0 120 / 75%)';
  paint.fillStyle = 'rgb(235 20 130 / 72%)';
  paint.fillRect(0, 0, 8, 8);
  paint.strokeStyle = 'rgb(40 0 40 / 80%)';
  paint.lineWidth = 2;
  paint.beginPath();
  for (const shift of [-8, 0, 8]) {
    paint.moveTo(shift - 1, 9);
    paint.lineTo(shift + 9, -1);
  }
  paint.stroke();
  hatch = context.createPattern(tile, 'repeat') ?? undefined;
  return hatch ?? 'rgb(230 0 120 / 75%)';
}
