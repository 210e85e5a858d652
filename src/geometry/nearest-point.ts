// The nearest of many fixed points, by a kd-tree in flat arrays (Bentley 1975). Pure, deterministic, any process.

export interface NearestPoint {
  /**
   * Distance from (x, y, z) to the nearest point, in the unit of the points, but not more than `limit`: one that is known
   * to be kept makes the search short.
   */
  distance(x: number, y: number, z: number, limit?: number): number;
}

/** points [n, 3] with n ≥ 1; copied. Building takes n log n, a question about log n for points that are near. */
export function createNearestPoint(points: ArrayLike<number>): NearestPoint {
  const count = points.length / 3;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const axes = new Uint8Array(count);
  const coordinate = (item: number, axis: number) => points[3 * item + axis];

  // The middle of each range is the node; what lies before it is on its low side.
  const build = (low: number, high: number): void => {
    while (high - low > 1) {
      const axis = widestAxis(low, high);
      const middle = (low + high) >> 1;
      select(low, high - 1, middle, axis);
      axes[middle] = axis;
      build(low, middle);
      low = middle + 1;
    }
  };
  const widestAxis = (low: number, high: number): number => {
    const extent = [0, 1, 2].map(axis => {
      let [min, max] = [Infinity, -Infinity];
      for (let i = low; i < high; i++) {
        const value = coordinate(order[i], axis);
        if (value < min) min = value;
        if (value > max) max = value;
      }
      return max - min;
    });
    return extent.indexOf(Math.max(...extent));
  };
  /** Hoare's selection: the item at `wanted` is the one that sorting would put there. */
  const select = (left: number, right: number, wanted: number, axis: number): void => {
    while (left < right) {
      const pivot = coordinate(order[wanted], axis);
      let [i, j] = [left, right];
      while (i <= j) {
        while (coordinate(order[i], axis) < pivot) i++;
        while (coordinate(order[j], axis) > pivot) j--;
        if (i > j) break;
        [order[i], order[j]] = [order[j], order[i]];
        i++;
        j--;
      }
      if (j < wanted) left = i;
      if (wanted < i) right = j;
    }
  };
  build(0, count);

  const xyz = new Float64Array(3 * count);
  order.forEach((item, i) => {
    for (let k = 0; k < 3; k++) xyz[3 * i + k] = points[3 * item + k];
  });
  const query = new Float64Array(3);
  let best = 0;
  const visit = (low: number, high: number): void => {
    while (low < high) {
      const middle = (low + high) >> 1;
      const [dx, dy, dz] = [query[0] - xyz[3 * middle], query[1] - xyz[3 * middle + 1], query[2] - xyz[3 * middle + 2]];
      const square = dx * dx + dy * dy + dz * dz;
      if (square < best) best = square;
      const axis = axes[middle];
      const beyond = axis === 0 ? dx : axis === 1 ? dy : dz;
      if (beyond < 0) {
        visit(low, middle);
        if (beyond * beyond >= best) return;
        low = middle + 1;
      } else {
        visit(middle + 1, high);
        if (beyond * beyond >= best) return;
        high = middle;
      }
    }
  };
  return {
    distance(x, y, z, limit = Infinity) {
      query[0] = x;
      query[1] = y;
      query[2] = z;
      best = limit * limit;
      visit(0, count);
      return Math.sqrt(best);
    },
  };
}
