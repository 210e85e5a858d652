// Where a note can stand near what it speaks of without covering what else is there. Pure.

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In CSS pixels from the top left corner of the window. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Between a note and all else. */
const GAP = 8;
const STEP = 8;

/** Whether a box lies in the window (`room`) and over none of those that are taken. */
export function isFree(box: Box, taken: readonly Box[], room: Size): boolean {
  return (
    Math.min(box.left, box.top) >= 0 &&
    box.left + box.width <= room.width &&
    box.top + box.height <= room.height &&
    taken.every(each => overlap(box, each) === 0)
  );
}

/** The place in the window nearest to the target that is free of what is taken; where none is, that which covers least. */
export function freePlace(
  target: Box,
  { width, height }: Size,
  taken: readonly Box[],
  room: Size,
): { readonly left: number; readonly top: number } {
  const around = taken.filter(each => each.width > 0 && each.height > 0).map(grown);
  let found = { left: GAP, top: GAP };
  let least = { covered: Infinity, distance: Infinity };
  for (let top = GAP; top + height + GAP <= room.height; top += STEP) {
    for (let left = GAP; left + width + GAP <= room.width; left += STEP) {
      const box = { left, top, width, height };
      const distance = distanceOf(box, target);
      let covered = 0;
      for (const each of around) {
        covered += overlap(box, each);
        if (covered > least.covered) break;
      }
      if (covered > least.covered || (covered === least.covered && distance >= least.distance)) continue;
      [found, least] = [
        { left, top },
        { covered, distance },
      ];
    }
  }
  return found;
}

function grown({ left, top, width, height }: Box): Box {
  return { left: left - GAP, top: top - GAP, width: width + 2 * GAP, height: height + 2 * GAP };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Between edges, and a little of that between middles, which tells places at the same edge apart. */
function distanceOf(a: Box, b: Box): number {
  const [x, y] = [a.left + a.width / 2 - b.left - b.width / 2, a.top + a.height / 2 - b.top - b.height / 2].map(
    Math.abs,
  );
  const gap = Math.hypot(Math.max(0, x - (a.width + b.width) / 2), Math.max(0, y - (a.height + b.height) / 2));
  return gap + 0.01 * Math.hypot(x, y);
}
