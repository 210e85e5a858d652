// Where the window looks: one iteration, one frame of a video and one member for all panels.

import { create } from 'zustand';

export interface Cursor {
  /** now: the newest state, moving with the run. */
  readonly iteration: number | 'now';
  readonly frame: number;
  /** best: whichever member is best at present. */
  readonly member: number | 'best';
}

const start: Cursor = { iteration: 'now', frame: 0, member: 'best' };

export const useCursor = create<Cursor>(() => start);

export function setCursor(change: Partial<Cursor>): void {
  useCursor.setState(change);
}

export function resetCursor(): void {
  useCursor.setState(start);
}
