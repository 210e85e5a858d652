// Sends values of a drag on their way: at most so many a second, one at a time, newest wins, and the last one always.

export interface Coalescer<Value> {
  /** Sends now or soon; a value that waits is replaced. */
  push(value: Value): void;
  /** Sends without waiting for the interval. */
  flush(value: Value): void;
}

export interface CoalescerOptions<Value> {
  readonly milliseconds: number;
  /** Sending `next` after `sent` would say nothing new. */
  readonly same?: (sent: Value, next: Value) => boolean;
}

export function createCoalescer<Value>(
  send: (value: Value) => Promise<void>,
  { milliseconds, same = () => false }: CoalescerOptions<Value>,
): Coalescer<Value> {
  let sent: { readonly value: Value } | undefined;
  let waiting: { readonly value: Value } | undefined;
  let busy = false;
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = (): void => {
    if (busy || waiting === undefined || timer !== undefined) return;
    const pause = last + milliseconds - performance.now();
    if (pause > 0) {
      timer = setTimeout(() => {
        timer = undefined;
        look();
      }, pause);
      return;
    }
    const { value } = waiting;
    const again = sent !== undefined && same(sent.value, value);
    sent = waiting;
    waiting = undefined;
    if (again) return;
    busy = true;
    last = performance.now();
    void send(value).finally(() => {
      busy = false;
      look();
    });
  };
  return {
    push(value) {
      waiting = { value };
      look();
    },
    flush(value) {
      waiting = { value };
      clearTimeout(timer);
      timer = undefined;
      last = -Infinity;
      look();
    },
  };
}
