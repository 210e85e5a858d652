// Where the frames of a stack of pictures stand in space, and which of them a ray meets. Axes: x along the columns, y
// down the rows, z along the frames; the longer side of a picture is 1.

export type Arrangement = 'stack' | 'exploded' | 'wall';

/** More planes than these are a haze, and dear without a graphics card. */
export const MOST_PLANES = 128;

/** Which frames get a plane: all, or every n-th of very many. */
export function shownFrames(frames: number, most = MOST_PLANES): readonly number[] {
  const stride = Math.max(1, Math.ceil(frames / most));
  return Array.from({ length: Math.ceil(frames / stride) }, (_, k) => k * stride);
}

/** The plane that stands for a frame: its own, or the nearest. */
export function planeOfFrame(shown: readonly number[], frame: number): number {
  const stride = shown.length < 2 ? 1 : shown[1] - shown[0];
  return Math.min(shown.length - 1, Math.max(0, Math.round(frame / stride)));
}

export interface PlaneLayout {
  /** Of every plane. */
  readonly width: number;
  readonly height: number;
  /** Corner at row 0, column 0 of each plane: n × x y z. */
  readonly corners: Float32Array;
  /** Between neighbours, along z. */
  readonly step: number;
}

/** `spacing` 1: a stack as deep as a picture is long. The layout is centred on the origin. */
export function layPlanes(
  arrangement: Arrangement,
  planes: number,
  picture: { readonly width: number; readonly height: number },
  spacing: number,
): PlaneLayout {
  const long = Math.max(picture.width, picture.height);
  const [width, height] = [picture.width / long, picture.height / long];
  const corners = new Float32Array(3 * planes);
  const middle = (planes - 1) / 2;
  const gaps = Math.max(1, planes - 1);
  if (arrangement === 'wall') {
    // As near to the shape of a screen as the pictures allow.
    const columns = Math.min(planes, Math.max(1, Math.round(Math.sqrt((planes * 1.6 * height) / width))));
    const rows = Math.ceil(planes / columns);
    const gap = 0.06 * (0.5 + spacing / 2);
    for (let plane = 0; plane < planes; plane++) {
      const [row, column] = [Math.floor(plane / columns), plane % columns];
      corners[3 * plane] = (column - columns / 2) * (width + gap) + gap / 2;
      corners[3 * plane + 1] = (row - rows / 2) * (height + gap) + gap / 2;
    }
    return { width, height, corners, step: 0 };
  }
  const exploded = arrangement === 'exploded';
  const step = ((exploded ? 2 : 1) * spacing) / gaps;
  // An exploded stack also steps aside and up, so that of each plane a part is free.
  const aside = exploded ? Math.min(0.5, 2.2 / gaps) * spacing : 0;
  for (let plane = 0; plane < planes; plane++) {
    corners[3 * plane] = (plane - middle) * aside * width - width / 2;
    corners[3 * plane + 1] = -(plane - middle) * aside * height - height / 2;
    corners[3 * plane + 2] = (plane - middle) * step;
  }
  return { width, height, corners, step };
}

/** What is taken away of each plane, as parts of its sides: columns right of `u`, rows above `v`. */
export interface Cut {
  readonly u: number;
  readonly v: number;
}

export const uncut: Cut = { u: 1, v: 0 };

/** A cut at a part of the picture, between two pixels, so that at least one column or row is left. */
export function cutBetweenPixels(
  along: 'none' | 'columns' | 'rows',
  part: number,
  { width, height }: { readonly width: number; readonly height: number },
): Cut {
  if (along === 'columns') return { u: Math.max(1, Math.round(part * width)) / width, v: 0 };
  if (along === 'rows') return { u: 1, v: Math.min(height - 1, Math.round(part * height)) / height };
  return uncut;
}

export interface PlaneHit {
  readonly plane: number;
  /** Along the columns and rows, 0 … 1. */
  readonly u: number;
  readonly v: number;
}

/** The nearest plane that a ray meets. */
export function pickPlane(
  { width, height, corners }: PlaneLayout,
  origin: readonly number[],
  direction: readonly number[],
  cut: Cut = uncut,
): PlaneHit | undefined {
  let nearest = Infinity;
  let hit: PlaneHit | undefined;
  for (let plane = 0; plane < corners.length / 3; plane++) {
    const distance = (corners[3 * plane + 2] - origin[2]) / direction[2];
    if (!(distance > 0) || distance >= nearest) continue;
    const u = (origin[0] + distance * direction[0] - corners[3 * plane]) / width;
    const v = (origin[1] + distance * direction[1] - corners[3 * plane + 1]) / height;
    if (u < 0 || u > cut.u || v < cut.v || v > 1) continue;
    nearest = distance;
    hit = { plane, u, v };
  }
  return hit;
}

/** Order in which to draw planes seen from depth `z`: the farthest first, for blending. */
export function farthestFirst({ corners }: PlaneLayout, z: number): number[] {
  return Array.from({ length: corners.length / 3 }, (_, plane) => plane).sort(
    (a, b) => Math.abs(corners[3 * b + 2] - z) - Math.abs(corners[3 * a + 2] - z),
  );
}
