// The trace of one run in the window: growing columns for each member, outside React. Plots read the columns directly.

import { traceColumns } from '../../src/protocol/run.ts';

const FIRST_CAPACITY = 1024;

/** Series of one member; every column has `length` valid values. */
export interface MemberTrace {
  readonly length: number;
  /** Counts up when values that were there before were replaced. */
  readonly rewinds: number;
  /** Ascending. */
  readonly iterations: Float64Array;
  /** loss, validation, learningRate or a term of the fit; NaN where there is none. Undefined for an unknown name. */
  column(name: string): Float64Array | undefined;
}

export class TraceStore {
  /** Counts up with every change. */
  version = 0;
  #names: readonly string[] = [];
  #members: Growing[] = [];
  readonly #listeners = new Set<() => void>();

  /** Names of the columns besides iteration and member. */
  get names(): readonly string[] {
    return this.#names;
  }

  get members(): readonly MemberTrace[] {
    return this.#members;
  }

  get lastIteration(): number {
    return Math.max(-1, ...this.#members.map(({ length, iterations }) => (length === 0 ? -1 : iterations[length - 1])));
  }

  /** Starts anew with the loss terms of a run. */
  reset(terms: readonly string[]): void {
    this.#names = [...traceColumns.slice(2), ...terms];
    this.#members = [];
    this.#changed();
  }

  /** `rows` [n, columns], oldest first. A row at or before a member's last iteration replaces what followed it (resume). */
  append(rows: Float64Array): void {
    const columns = this.#names.length + 2;
    for (let at = 0; at + columns <= rows.length; at += columns) {
      const member = rows[at + 1];
      while (this.#members.length <= member) this.#members.push(new Growing(this.#names));
      this.#members[member].push(rows, at);
    }
    this.#changed();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.version++;
    for (const listener of this.#listeners) listener();
  }
}

class Growing implements MemberTrace {
  length = 0;
  rewinds = 0;
  #iterations = new Float64Array(FIRST_CAPACITY);
  #columns: Float64Array[];
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#columns = names.map(() => new Float64Array(FIRST_CAPACITY));
  }

  get iterations(): Float64Array {
    return this.#iterations.subarray(0, this.length);
  }

  column(name: string): Float64Array | undefined {
    return this.#columns[this.#names.indexOf(name)]?.subarray(0, this.length);
  }

  push(rows: Float64Array, at: number): void {
    const iteration = rows[at];
    if (this.length > 0 && this.#iterations[this.length - 1] >= iteration) this.rewinds++;
    while (this.length > 0 && this.#iterations[this.length - 1] >= iteration) this.length--;
    if (this.length === this.#iterations.length) {
      const grow = (old: Float64Array) => {
        const grown = new Float64Array(2 * old.length);
        grown.set(old);
        return grown;
      };
      this.#iterations = grow(this.#iterations);
      this.#columns = this.#columns.map(grow);
    }
    this.#iterations[this.length] = iteration;
    this.#columns.forEach((column, c) => {
      column[this.length] = rows[at + 2 + c];
    });
    this.length++;
  }
}
