// The engines' processes of a host: one for each live run, and a spare one that answers questions and is kept warm, so
// that a click on a sample starts at once.

import { LabError } from '../protocol/lab-error.ts';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import type { EngineClient } from './engine-client.ts';

export type StartEngine = (onEvent: (event: EngineEvent) => void) => EngineClient;

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onUnderway?: ((done: number, total: number) => void) | undefined;
}

type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { readonly kind: K }>;

export interface EnginePool {
  /** An engine of one's own, to dispose of; the spare one if it is idle. */
  take(onEvent: (event: EngineEvent) => void): EngineClient;
  /** A short question: one after the other, on the spare engine. Rejects with a LabError. */
  ask<K extends EngineEvent['kind']>(command: EngineCommand, answer: K, options?: AskOptions): Promise<EventOf<K>>;
  /** As ask, for what takes its time: on an engine of its own, which an abort ends. */
  work<K extends EngineEvent['kind']>(command: EngineCommand, answer: K, options?: AskOptions): Promise<EventOf<K>>;
  dispose(): void;
}

/** A new spare engine waits until the run that took the old one has loaded: both would want the processor. */
const WARM_MILLISECONDS = 1500;

export function createEnginePool(startEngine: StartEngine): EnginePool {
  interface Pooled {
    readonly client: EngineClient;
    onEvent: (event: EngineEvent) => void;
  }
  let spare: Pooled | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let disposed = false;
  const all = new Set<EngineClient>();

  const begin = (): Pooled => {
    const pooled: Pooled = {
      client: startEngine(event => pooled.onEvent(event)),
      onEvent: () => {},
    };
    all.add(pooled.client);
    return pooled;
  };
  const end = (pooled: Pooled): void => {
    pooled.onEvent = () => {};
    all.delete(pooled.client);
    pooled.client.dispose();
  };
  const lay = (pooled: Pooled): void => {
    if (spare !== undefined || disposed) {
      end(pooled);
      return;
    }
    spare = pooled;
    pooled.onEvent = event => {
      if (event.kind !== 'error' || spare !== pooled) return;
      spare = undefined;
      end(pooled);
    };
  };
  const pick = (): Pooled => {
    const pooled = spare ?? begin();
    spare = undefined;
    return pooled;
  };
  const warm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (spare === undefined && !disposed) lay(begin());
    }, WARM_MILLISECONDS).unref();
  };

  const request = <K extends EngineEvent['kind']>(
    command: EngineCommand,
    answer: K,
    { signal, onUnderway }: AskOptions,
  ): Promise<EventOf<K>> =>
    new Promise((resolve, reject) => {
      const pooled = pick();
      const fail = (error: LabError): void => {
        signal?.removeEventListener('abort', onAbort);
        end(pooled);
        warm();
        reject(error);
      };
      const onAbort = () => fail(cancelled());
      pooled.onEvent = event => {
        if (event.kind === 'underway' || event.kind === 'reading') onUnderway?.(event.done, event.total);
        else if (event.kind === 'error') fail(new LabError(event.error));
        else if (event.kind === answer) {
          signal?.removeEventListener('abort', onAbort);
          lay(pooled);
          resolve(event as EventOf<K>);
        }
      };
      signal?.addEventListener('abort', onAbort);
      pooled.client.send(command);
    });

  return {
    take(onEvent) {
      const pooled = pick();
      pooled.onEvent = onEvent;
      warm();
      return {
        ...pooled.client,
        dispose: () => end(pooled),
      };
    },
    ask(command, answer, options = {}) {
      const asked = queue.then(() => {
        if (options.signal?.aborted === true) throw cancelled();
        return request(command, answer, options);
      });
      queue = asked.catch(() => {});
      return asked;
    },
    work: (command, answer, options = {}) => request(command, answer, options),
    dispose() {
      disposed = true;
      clearTimeout(timer);
      spare = undefined;
      for (const client of all) client.dispose();
      all.clear();
    },
  };
}

function cancelled(): LabError {
  return new LabError({ code: 'state', message: 'Cancelled.' });
}
