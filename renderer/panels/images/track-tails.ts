// Tails of the points that were followed through a video, over the picture of a frame: where each of them is, and where it
// was in the frames before. The places in the tails are plain arithmetic; the drawing is a path for each age.

import type { ViewData } from '../../../src/protocol/views.ts';
import { type Placement, toScreen } from './look.ts';

/** Frames that a tail reaches back. */
const LENGTH = 12;
const COLOUR = '255 212 59';
const SHADOW = 'rgb(0 0 0 / 45%)';

/** Pieces by age, 0 the newest: x y x y … from each place to the next one. */
export interface TrackTails {
  readonly heads: readonly number[];
  readonly pieces: readonly (readonly number[])[];
}

/** Of the tracks that are seen in `frame`, in pixels of the picture. */
export function tailsAt(data: ViewData, frame: number, length = LENGTH): TrackTails {
  const { starts, frames, positions } = data;
  const heads: number[] = [];
  const pieces: number[][] = Array.from({ length }, () => []);
  for (let track = 0; track + 1 < starts.values.length; track++) {
    const from = starts.values[track];
    let at = starts.values[track + 1] - 1;
    while (at >= from && frames.values[at] > frame) at--;
    if (at < from || frames.values[at] !== frame) continue;
    heads.push(positions.values[2 * at], positions.values[2 * at + 1]);
    for (; at > from; at--) {
      const age = frame - frames.values[at];
      if (age >= length) break;
      pieces[age].push(...positions.values.subarray(2 * at - 2, 2 * at + 2));
    }
  }
  return { heads, pieces };
}

/** Draws onto the screen, where the picture lies as `placement` says. */
export function drawTails(
  context: CanvasRenderingContext2D,
  { heads, pieces }: TrackTails,
  placement: Placement,
): void {
  const path = (places: readonly number[]): void => {
    context.beginPath();
    for (let k = 0; k + 3 < places.length; k += 4) {
      const [from, to] = [k, k + 2].map(i => toScreen(placement, { x: places[i], y: places[i + 1] }));
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
  };
  context.lineCap = 'round';
  for (const [style, width] of [
    [() => SHADOW, 3],
    [(age: number) => `rgb(${COLOUR} / ${100 * (1 - age / pieces.length)}%)`, 1.5],
  ] as const) {
    context.lineWidth = width;
    pieces.forEach((places, age) => {
      context.strokeStyle = style(age);
      path(places);
      context.stroke();
    });
  }
  context.fillStyle = `rgb(${COLOUR})`;
  for (let k = 0; k < heads.length; k += 2) {
    const { x, y } = toScreen(placement, { x: heads[k], y: heads[k + 1] });
    context.fillRect(x - 1.5, y - 1.5, 3, 3);
  }
}
