// A first-fit allocator over the one shared WebAssembly memory: 64-byte aligned blocks, freed neighbours merged.
// Bookkeeping lives outside the memory, so a stray kernel cannot corrupt it.

interface Free {
  offset: number;
  bytes: number;
}

const ALIGNMENT = 64;

export interface Allocator {
  /** Byte offset of a fresh block. `grow` is asked for more memory when nothing fits; it throws if it cannot. */
  allocate(bytes: number): number;
  free(offset: number): void;
  /** Bytes handed out and not yet freed. */
  readonly allocatedBytes: number;
}

/** Manages [start, end) and whatever `grow(bytes)` appends (it returns the new end). */
export function createAllocator(start: number, end: number, grow: (bytes: number) => number): Allocator {
  const taken = new Map<number, number>();
  let free: Free[] = [{ offset: roundUp(start), bytes: end - roundUp(start) }];
  let limit = end;
  let allocatedBytes = 0;

  const take = (size: number): number | undefined => {
    const index = free.findIndex(block => block.bytes >= size);
    if (index < 0) return undefined;
    const block = free[index];
    const { offset } = block;
    if (block.bytes === size) free.splice(index, 1);
    else free[index] = { offset: offset + size, bytes: block.bytes - size };
    taken.set(offset, size);
    allocatedBytes += size;
    return offset;
  };

  const release = (offset: number, bytes: number): void => {
    const blocks = [...free, { offset, bytes }].sort((a, b) => a.offset - b.offset);
    free = [];
    for (const block of blocks) {
      const last = free.at(-1);
      if (last !== undefined && last.offset + last.bytes === block.offset) last.bytes += block.bytes;
      else free.push({ ...block });
    }
  };

  return {
    allocate(bytes) {
      const size = Math.max(ALIGNMENT, roundUp(bytes));
      const offset = take(size);
      if (offset !== undefined) return offset;
      const newLimit = grow(size);
      release(limit, newLimit - limit);
      limit = newLimit;
      const grown = take(size);
      if (grown === undefined) throw new RangeError(`Growing the memory by ${size} bytes left no block of that size`);
      return grown;
    },
    free(offset) {
      const bytes = taken.get(offset);
      if (bytes === undefined) throw new RangeError(`Nothing is allocated at offset ${offset}`);
      taken.delete(offset);
      allocatedBytes -= bytes;
      release(offset, bytes);
    },
    get allocatedBytes() {
      return allocatedBytes;
    },
  };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
