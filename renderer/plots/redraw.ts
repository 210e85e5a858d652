// When something is drawn: at the next frame where the user did something, at most so many times a second where a run
// did, not at all while nobody can see it.

import { usePreferences } from '../state/preferences.ts';

export class Redraw {
  readonly #draw: () => void;
  #on = false;
  #wanted = true;
  #last = 0;
  #frame: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** soon: the user waits for it. calmly: news of a run. */
  request(pace: 'soon' | 'calmly'): void {
    this.#wanted = true;
    if (!this.#on || this.#frame !== undefined) return;
    const wait =
      pace === 'soon' ? 0 : this.#last + 1000 / usePreferences.getState().picturesPerSecond - performance.now();
    if (wait > 0) {
      this.#timer ??= setTimeout(() => this.#atNextFrame(), wait);
      return;
    }
    this.#atNextFrame();
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#wanted = false;
      this.#last = performance.now();
      this.#draw();
    });
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }
}
