// Exponential moving average of a growing line, without the bias of its start (Kingma and Ba 2015, equation for the
// first moment). Missing values stay missing and weigh nothing. Only what is new is computed.

import type { Samples } from './samples.ts';

export class Smoothed {
  readonly #weight: number;
  #y = new Float64Array(1024);
  #done = 0;
  #mean = 0;
  #correction = 1;

  /** `weight` of what came before, 0 to below 1. */
  constructor(weight: number) {
    this.#weight = weight;
  }

  get weight(): number {
    return this.#weight;
  }

  clear(): void {
    this.#done = 0;
    this.#mean = 0;
    this.#correction = 1;
  }

  follow({ x, y }: Samples): Samples {
    if (y.length < this.#done) this.clear();
    if (y.length > this.#y.length) {
      const grown = new Float64Array(Math.max(y.length, 2 * this.#y.length));
      grown.set(this.#y.subarray(0, this.#done));
      this.#y = grown;
    }
    for (; this.#done < y.length; this.#done++) {
      const value = y[this.#done];
      if (!Number.isFinite(value)) {
        this.#y[this.#done] = Number.NaN;
        continue;
      }
      this.#mean = this.#weight * this.#mean + (1 - this.#weight) * value;
      this.#correction *= this.#weight;
      this.#y[this.#done] = this.#mean / (1 - this.#correction);
    }
    return { x, y: this.#y.subarray(0, y.length) };
  }
}
