// Which member of a race is ahead, by the last rows of the trace: as the engine decides it at the end, before there is one.

import { traceColumns } from '../protocol/run.ts';

export interface Race {
  /** Rows of the trace: traceColumns, then `columns - traceColumns.length` terms; of a member the last row holds. */
  append(rows: Float64Array, columns: number): void;
  /** The member with the least held-out loss, or without one the least loss; undefined before the first row. */
  best(): number | undefined;
  /** Forgets all rows. */
  clear(): void;
}

const [MEMBER, LOSS, VALIDATION] = (['member', 'loss', 'validation'] as const).map(name => traceColumns.indexOf(name));

export function createRace(): Race {
  const newest = new Map<number, { readonly loss: number; readonly validation: number }>();
  return {
    append(rows, columns) {
      for (let at = 0; at < rows.length; at += columns)
        newest.set(rows[at + MEMBER], { loss: rows[at + LOSS], validation: rows[at + VALIDATION] });
    },
    best() {
      let found: number | undefined;
      let least = Infinity;
      for (const [member, { loss, validation }] of newest) {
        const figure = Number.isNaN(validation) ? loss : validation;
        if (found !== undefined && !(figure < least)) continue;
        found = member;
        least = Number.isNaN(figure) ? Infinity : figure;
      }
      return found;
    },
    clear: () => newest.clear(),
  };
}
