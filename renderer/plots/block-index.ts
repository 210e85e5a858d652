// Least and greatest value of every full block of a growing line, so that a line of a million points is drawn without
// looking at each of them again. What was indexed once is never read again until it is told to start anew.

export const BLOCK = 64;

export class BlockIndex {
  #blocks = 0;
  #least = new Float64Array(16);
  #most = new Float64Array(16);

  /** Full blocks known so far. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Follows `y`, whose values up to the last call are unchanged. */
  follow(y: Float64Array): void {
    const full = Math.floor(y.length / BLOCK);
    if (full < this.#blocks) this.#blocks = full;
    while (this.#least.length < full) {
      this.#least = doubled(this.#least);
      this.#most = doubled(this.#most);
    }
    for (; this.#blocks < full; this.#blocks++) {
      const { least, most } = extremes(y, this.#blocks * BLOCK, (this.#blocks + 1) * BLOCK);
      this.#least[this.#blocks] = least;
      this.#most[this.#blocks] = most;
    }
  }

  /** Starts anew. */
  clear(): void {
    this.#blocks = 0;
  }

  /** Infinity in a block without values. */
  least(block: number): number {
    return this.#least[block];
  }

  most(block: number): number {
    return this.#most[block];
  }
}

export interface Extremes {
  readonly least: number;
  readonly most: number;
}

/** Of the finite values in [from, to); Infinity and -Infinity where there is none. */
export function extremes(y: Float64Array, from: number, to: number): Extremes {
  let least = Infinity;
  let most = -Infinity;
  for (let i = from; i < to; i++) {
    const value = y[i];
    // Neither NaN nor an infinity passes.
    if (value < least && value > -Infinity) least = value;
    if (value > most && value < Infinity) most = value;
  }
  return { least, most };
}

/** Index of the least finite value; undefined where there is none. */
export function leastAt(y: Float64Array, index: BlockIndex): number | undefined {
  index.follow(y);
  let least = Infinity;
  let from = 0;
  let to = 0;
  for (let block = 0; block < index.blocks; block++) {
    if (index.least(block) >= least) continue;
    least = index.least(block);
    [from, to] = [block * BLOCK, (block + 1) * BLOCK];
  }
  const tail = extremes(y, index.blocks * BLOCK, y.length).least;
  if (tail < least) {
    least = tail;
    [from, to] = [index.blocks * BLOCK, y.length];
  }
  for (let i = from; i < to; i++) if (y[i] === least) return i;
  return undefined;
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(2 * old.length);
  grown.set(old);
  return grown;
}
