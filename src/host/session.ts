// One window's connection to the host: checks and answers its calls, and tells it the news of the library and of the runs
// it has opened. Nothing piles up for a window that reads slowly: it gets what is newest when it can take it.

import { setTimeout as delay } from 'node:timers/promises';
import { encodeFrame } from '../protocol/frames.ts';
import {
  type ClientMessage,
  type HostAnswers,
  type HostCall,
  type HostCallKind,
  type HostMessage,
  isCalm,
  parseClientMessage,
  type RunMessage,
  type RunNews,
} from '../protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../protocol/lab-error.ts';
import type { ViewData } from '../protocol/views.ts';
import type { HeldRun, RunListener } from './held-run.ts';

/** How messages reach the window. */
export interface Carrier {
  json(message: HostMessage): void;
  frame(bytes: Uint8Array): void;
  /** Bytes given to the carrier that are not sent yet. */
  buffered(): number;
  /** The window does not keep to the protocol. */
  refuse(reason: string): void;
}

export interface Session {
  receive(json: string): void;
  /** Of the library, unasked. */
  tell(message: HostMessage): void;
  close(): void;
}

/** What calls do. `framed`: the answer went out as a frame. */
export type CallHandlers = {
  readonly [K in HostCallKind]: (
    request: HostCall<K>,
    call: CallContext,
  ) => Promise<HostAnswers[K] | typeof framed> | HostAnswers[K] | typeof framed;
};
export const framed = Symbol('framed');

export interface CallContext {
  readonly session: SessionCalls;
  readonly signal: AbortSignal;
  underway(done: number, total: number): void;
  /** Answers with a view frame. */
  frame(header: Omit<ViewHeader, 'kind' | 'call'>, data: ViewData): typeof framed;
  /** Resolves when the window has room for a frame; false: a newer call of this `key` took the place of this one. */
  room(key: string): Promise<boolean>;
}

interface ViewHeader {
  readonly kind: 'view';
  readonly call: number;
  readonly run: string;
  readonly view: string;
  readonly member: number;
  readonly iteration: number;
  readonly reduction: number;
}

/** What calls do to the session itself. */
export interface SessionCalls {
  /** Hears of the run from now on; its whole trace is sent first. */
  listen(run: HeldRun): void;
  unlisten(run: string): void;
  cancel(call: number): void;
  gather(milliseconds: number): void;
}

/** A frame more is held back while this much waits in the carrier. */
const MOST_BUFFERED = 4 << 20;
/** A window for which this much waits has stopped reading: it is let go, and opens its runs anew when it comes back. */
const MOST_UNREAD = 64 << 20;
const LOOK_MILLISECONDS = 20;
const MOST_OFFENCES = 10;
const MOST_CALLS = 500;

export interface SessionOptions {
  readonly carrier: Carrier;
  readonly handlers: CallHandlers;
  /** The session has let go of a run. */
  onUnlisten(run: HeldRun): void;
  onClose(): void;
}

export function createSession({ carrier, handlers, onUnlisten, onClose }: SessionOptions): Session {
  interface Subscription {
    readonly held: HeldRun;
    /** Rows of the trace that were sent; undefined: none until the window opens the run once more. */
    sent: number | undefined;
    waiting: boolean;
  }
  const subscriptions = new Map<string, Subscription>();
  const running = new Map<number, AbortController>();
  /** The newest call that waits for room, by key. */
  const waiting = new Map<string, number>();
  let offences = 0;
  let closed = false;

  let unread = false;
  const tell = (message: HostMessage): void => {
    if (message.kind === 'run') sendGathered();
    send(message);
  };
  const send = (message: HostMessage): void => {
    if (closed || unread) return;
    unread = carrier.buffered() > MOST_UNREAD;
    if (unread) carrier.refuse('The window does not read what it is sent.');
    else carrier.json(message);
  };
  const isFull = () => carrier.buffered() > MOST_BUFFERED;
  let gathered: RunMessage[] = [];
  let gatherMilliseconds = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  const gather = (): void => {
    if (gatherMilliseconds === 0) sendGathered();
    else gathering ??= setTimeout(sendGathered, gatherMilliseconds).unref();
  };
  const sendGathered = (): void => {
    clearTimeout(gathering);
    gathering = undefined;
    for (const subscription of subscriptions.values()) sendTrace(subscription);
    // What comes next says it all again.
    const messages = isFull() ? gathered.filter(({ event }) => event.kind !== 'progress') : gathered;
    gathered = [];
    if (messages.length > 0) send(messages.length === 1 ? messages[0] : { kind: 'gathered', messages });
  };
  const sendTrace = (subscription: Subscription): void => {
    const { held, sent } = subscription;
    if (sent === undefined || subscription.waiting || held.trace.count <= sent) return;
    if (isFull()) {
      subscription.waiting = true;
      setTimeout(() => {
        subscription.waiting = false;
        if (!closed && subscriptions.get(held.run) === subscription) sendTrace(subscription);
      }, 5 * LOOK_MILLISECONDS).unref();
      return;
    }
    sendRows(held, sent);
    subscription.sent = held.trace.count;
  };
  const sendRows = ({ run, seq, trace }: HeldRun, from: number): void => {
    const values = trace.from(from);
    const rows = { shape: [values.length / trace.columns, trace.columns], values };
    carrier.frame(encodeFrame({ header: { kind: 'trace', run, seq }, data: { rows } }));
  };
  const listener: RunListener = {
    news(run: string, seq: number, event: RunNews) {
      const message: RunMessage = { kind: 'run', run, seq, event };
      if (event.kind === 'reading' && isFull()) return;
      if (!isCalm(event)) return tell(message);
      if (event.kind === 'progress')
        gathered = gathered.filter(each => each.run !== run || each.event.kind !== 'progress');
      gathered.push(message);
      gather();
    },
    traceGrew: gather,
    traceCut({ run }) {
      const subscription = subscriptions.get(run);
      if (subscription !== undefined) subscription.sent = undefined;
    },
  };

  const calls: SessionCalls = {
    listen(held) {
      held.listeners.add(listener);
      sendRows(held, 0);
      subscriptions.set(held.run, { held, sent: held.trace.count, waiting: false });
    },
    unlisten(run) {
      const held = subscriptions.get(run)?.held;
      subscriptions.delete(run);
      if (held === undefined) return;
      held.listeners.delete(listener);
      onUnlisten(held);
    },
    cancel: call => running.get(call)?.abort(),
    gather(milliseconds) {
      gatherMilliseconds = milliseconds;
    },
  };

  const contextOf = (call: number, signal: AbortSignal): CallContext => ({
    session: calls,
    signal,
    underway(done, total) {
      if (!isFull()) tell({ kind: 'underway', call, done, total });
    },
    frame(header, data) {
      carrier.frame(encodeFrame({ header: { kind: 'view', call, ...header }, data }));
      return framed;
    },
    async room(key) {
      if (!isFull()) return true;
      waiting.set(key, call);
      while (isFull() && !closed && waiting.get(key) === call) await delay(LOOK_MILLISECONDS);
      if (waiting.get(key) !== call) return false;
      waiting.delete(key);
      return !closed;
    },
  });

  const handle = async ({ call, kind, arguments: request }: ClientMessage): Promise<void> => {
    const controller = new AbortController();
    running.set(call, controller);
    try {
      const handler = handlers[kind] as (given: unknown, context: CallContext) => unknown;
      const answer = await handler(request, contextOf(call, controller.signal));
      if (answer !== framed) tell({ kind: 'answer', call, answer });
    } catch (thrown) {
      tell({ kind: 'refusal', call, error: asLabError(thrown).toDetails() });
    } finally {
      running.delete(call);
    }
  };

  const refuse = (call: number, error: LabErrorDetails): void => {
    tell({ kind: 'refusal', call, error });
    if (++offences >= MOST_OFFENCES) carrier.refuse('Too many messages that are no calls.');
  };

  return {
    receive(json) {
      if (closed) return;
      const parsed = parseClientMessage(json);
      if ('problem' in parsed) {
        refuse(parsed.call ?? -1, { code: 'setting', message: parsed.problem, where: 'message' });
      } else if (running.has(parsed.message.call)) {
        refuse(parsed.message.call, { code: 'state', message: 'A call with this number is under way.' });
      } else if (running.size >= MOST_CALLS) {
        const error = new LabError({
          code: 'state',
          message: 'Too many calls are under way.',
          tip: 'Wait for answers.',
        });
        tell({ kind: 'refusal', call: parsed.message.call, error: error.toDetails() });
      } else void handle(parsed.message);
    },
    tell,
    close() {
      if (closed) return;
      closed = true;
      clearTimeout(gathering);
      for (const run of [...subscriptions.keys()]) calls.unlisten(run);
      // Whoever asked is gone; runs go on, exports and inspections do not.
      for (const controller of running.values()) controller.abort();
      onClose();
    },
  };
}
