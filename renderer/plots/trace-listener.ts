// Hears of new rows of those traces that a plot draws at present.

import type { TraceStore } from '../state/trace-store.ts';

export class TraceListener {
  #traces: readonly TraceStore[] = [];
  #ends: readonly (() => void)[] = [];
  readonly #onRows: () => void;

  constructor(onRows: () => void) {
    this.#onRows = onRows;
  }

  /** Listens to these and to no other; true when they are not those of before. */
  follow(traces: readonly TraceStore[]): boolean {
    if (traces.length === this.#traces.length && traces.every((trace, i) => trace === this.#traces[i])) return false;
    this.dispose();
    this.#traces = traces;
    this.#ends = traces.map(trace => trace.subscribe(this.#onRows));
    return true;
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#traces = [];
    this.#ends = [];
  }
}
