// When something is drawn: at the next frame where the user did something, at the next beat where a run did, not at all while nobody can see it.

import { atNextBeat } from '../state/beat.ts';

export class Redraw {
  readonly #draw: () => void;
  #on = false;
  #wanted = true;
  #frame: number | undefined;
  #callOff: (() => void) | undefined;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** soon: the user waits for it. calmly: news of a run. */
  request(pace: 'soon' | 'calmly'): void {
    this.#wanted = true;
    if (!this.#on || this.#frame !== undefined) return;
    if (pace === 'calmly') this.#callOff ??= atNextBeat(() => this.#atNextFrame());
    else this.#atNextFrame();
  }

  switchTo(on: boolean): void {
    this.#on = on;
    if (!on) this.#cancel();
    else if (this.#wanted) this.request('soon');
  }

  dispose(): void {
    this.switchTo(false);
  }

  #atNextFrame(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#wanted = false;
      this.#draw();
    });
  }

  #cancel(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }
}
