// Rows of the trace on their way to whoever looks on: gathered and sent a few times a second. Runs in the engine's process.

import type { EngineEvent } from '../protocol/messages.ts';
import { type TraceRow, traceColumns } from '../protocol/run.ts';

export interface TraceFeed {
  push(row: TraceRow): void;
  /** Sends what is there when the last batch is old enough, or now. */
  send(when: 'due' | 'now'): void;
}

const BATCH_MILLISECONDS = 125;

export function createTraceFeed(terms: number, emit: (event: EngineEvent) => void): TraceFeed {
  const columns = traceColumns.length + terms;
  let buffer = new Float64Array(256 * columns);
  let used = 0;
  let last = 0;
  return {
    push({ iteration, member, loss, validation, learningRate, terms: values }) {
      if (used === buffer.length) {
        const larger = new Float64Array(2 * buffer.length);
        larger.set(buffer);
        buffer = larger;
      }
      buffer.set([iteration, member, loss, validation ?? Number.NaN, learningRate, ...values], used);
      used += columns;
    },
    send(when) {
      const now = performance.now();
      if (used === 0 || (when === 'due' && now - last < BATCH_MILLISECONDS)) return;
      last = now;
      emit({ kind: 'trace', rows: buffer.slice(0, used) });
      used = 0;
    },
  };
}

/** For a run that nobody watches. */
export const noTraceFeed: TraceFeed = { push() {}, send() {} };
