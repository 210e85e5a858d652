// Pan and zoom of a picture in a box, as plain arithmetic. A look is told in shares of the picture, so that tiles of other
// sizes can follow it.

/** `zoom` 1: the whole picture just fits. `x`, `y`: which point of the picture is in the middle of the box, 0…1. */
export interface Look {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** square: as many screen pixels for a picture's pixel in both directions. stretched: fills the box. */
export type Pixels = 'square' | 'stretched';

/** Screen pixels for each pixel of the picture, and where its top left corner lies. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

export const fitted: Look = { zoom: 1, x: 0.5, y: 0.5 };

const LEAST_ZOOM = 0.25;
/** No pixel of a picture gets larger than this on the screen. */
const LARGEST_PIXEL = 96;

function fitScale(box: Size, picture: Size, pixels: Pixels): Point {
  const x = box.width / picture.width;
  const y = box.height / picture.height;
  return pixels === 'square' ? { x: Math.min(x, y), y: Math.min(x, y) } : { x, y };
}

export function placementOf(look: Look, box: Box, picture: Size, pixels: Pixels = 'square'): Placement {
  const least = fitScale(box, picture, pixels);
  const scaleX = least.x * look.zoom;
  const scaleY = least.y * look.zoom;
  return {
    left: box.left + box.width / 2 - look.x * picture.width * scaleX,
    top: box.top + box.height / 2 - look.y * picture.height * scaleY,
    scaleX,
    scaleY,
  };
}

/** The place in the picture, in its pixels, that is at this place of the screen; it may lie outside. */
export function toPicture({ left, top, scaleX, scaleY }: Placement, { x, y }: Point): Point {
  return { x: (x - left) / scaleX, y: (y - top) / scaleY };
}

export function toScreen({ left, top, scaleX, scaleY }: Placement, { x, y }: Point): Point {
  return { x: left + x * scaleX, y: top + y * scaleY };
}

/** Zooms by `factor` and keeps what is under `point` where it is. */
export function zoomAt(look: Look, factor: number, point: Point, box: Box, picture: Size, pixels?: Pixels): Look {
  const before = placementOf(look, box, picture, pixels);
  const zoom = bounded(look.zoom * factor, box, picture, pixels);
  const under = toPicture(before, point);
  const least = fitScale(box, picture, pixels ?? 'square');
  return {
    zoom,
    x: inside((under.x - (point.x - box.left - box.width / 2) / (least.x * zoom)) / picture.width),
    y: inside((under.y - (point.y - box.top - box.height / 2) / (least.y * zoom)) / picture.height),
  };
}

/** Moves the picture by so many pixels of the screen. */
export function panBy(look: Look, dx: number, dy: number, box: Box, picture: Size, pixels?: Pixels): Look {
  const { scaleX, scaleY } = placementOf(look, box, picture, pixels);
  return {
    zoom: look.zoom,
    x: inside(look.x - dx / (scaleX * picture.width)),
    y: inside(look.y - dy / (scaleY * picture.height)),
  };
}

/** The look in which a pixel of the picture has `scale` pixels of the screen. */
export function atScale(look: Look, scale: number, box: Box, picture: Size): Look {
  return { ...look, zoom: bounded(scale / fitScale(box, picture, 'square').x, box, picture) };
}

function bounded(zoom: number, box: Size, picture: Size, pixels: Pixels = 'square'): number {
  const least = fitScale(box, picture, pixels);
  const most = Math.max(4, LARGEST_PIXEL / Math.min(least.x, least.y));
  return Math.min(most, Math.max(LEAST_ZOOM, zoom));
}

function inside(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/**
 * The most pixels to ask for, so that a picture is not sent whole into a small tile; undefined: all of them. In powers of
 * two, so that a little zooming asks for nothing new. `scale`: device pixels for each pixel of the picture.
 */
export function mostPixelsAt(scale: number, { width, height }: Size): number | undefined {
  if (!(scale > 0) || scale > 0.5) return undefined;
  const reduction = 2 ** Math.floor(Math.log2(1 / scale));
  return Math.max(1, Math.ceil(width / reduction) * Math.ceil(height / reduction));
}
