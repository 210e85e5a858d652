// Which vertices of a mesh are at the same place: files repeat a vertex along seams of its texture or for sharp edges, and
// topology has to see through that. Pure, any process.

export interface WeldedVertices {
  /** [vertex]: the first vertex at the same place. */
  readonly representative: Uint32Array;
  /** Number of different places. */
  readonly count: number;
}

/** positions [vertex, 3]; equal means equal float32 numbers, with −0 equal to 0. */
export function weldVertices(positions: Float32Array): WeldedVertices {
  const vertices = positions.length / 3;
  // + 0 turns −0 into 0, whose bits differ.
  const bits = new Uint32Array(positions.map(value => value + 0).buffer);
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * vertices)));
  const slots = new Int32Array(size).fill(-1);
  const representative = new Uint32Array(vertices);
  let count = 0;
  for (let i = 0; i < vertices; i++) {
    const [x, y, z] = [bits[3 * i], bits[3 * i + 1], bits[3 * i + 2]];
    let hash = Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(z, 83492791);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & (size - 1);
    while (slots[slot] >= 0) {
      const other = 3 * slots[slot];
      if (bits[other] === x && bits[other + 1] === y && bits[other + 2] === z) break;
      slot = (slot + 1) & (size - 1);
    }
    if (slots[slot] < 0) {
      slots[slot] = i;
      count++;
    }
    representative[i] = slots[slot];
  }
  return { representative, count };
}
