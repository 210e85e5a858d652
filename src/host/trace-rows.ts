// The trace of a run in memory: rows in the order they were made, in one growing array.

export interface TraceRows {
  readonly columns: number;
  readonly count: number;
  append(rows: Float64Array): void;
  /** Drops the rows of `iteration` and later ones. */
  cut(iteration: number): void;
  /** A copy of the rows from number `from` on. */
  from(from: number): Float64Array;
}

const FIRST_ROWS = 1024;

export function createTraceRows(columns: number, first: Float64Array = new Float64Array(0)): TraceRows {
  let values = new Float64Array(Math.max(first.length, FIRST_ROWS * columns));
  values.set(first);
  let length = first.length;
  return {
    columns,
    get count() {
      return length / columns;
    },
    append(rows) {
      if (length + rows.length > values.length) {
        const grown = new Float64Array(2 * (length + rows.length));
        grown.set(values.subarray(0, length));
        values = grown;
      }
      values.set(rows, length);
      length += rows.length;
    },
    cut(iteration) {
      while (length > 0 && values[length - columns] >= iteration) length -= columns;
    },
    from: from => values.slice(from * columns, length),
  };
}
