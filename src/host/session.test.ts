// What a window is told when it reads slowly: no frame waits in its carrier behind others, the newest call for a view wins,
// and its trace is whole in the end.

import { expect, it, vi } from 'vitest';
import { decodeFrame, type Frame } from '../protocol/frames.ts';
import type { HostMessage, RunNews } from '../protocol/host-calls.ts';
import type { Progress } from '../protocol/run.ts';
import type { HeldRun, RunListener } from './held-run.ts';
import { type CallHandlers, createSession } from './session.ts';
import { createTraceRows } from './trace-rows.ts';

function slowWindow(handlers: Partial<CallHandlers>) {
  const messages: HostMessage[] = [];
  const frames: Frame[] = [];
  const state = { buffered: 0, refused: 0 };
  const session = createSession({
    carrier: {
      json: message => void messages.push(message),
      frame: bytes => void frames.push(decodeFrame(bytes)),
      buffered: () => state.buffered,
      refuse: () => void state.refused++,
    },
    handlers: handlers as CallHandlers,
    onUnlisten: () => {},
    onClose: () => {},
  });
  const call = (number: number, kind: string, request: object) =>
    session.receive(JSON.stringify({ call: number, kind, arguments: request }));
  return { session, messages, frames, state, call };
}

const answersOf = (messages: readonly HostMessage[]) =>
  messages.flatMap(message => (message.kind === 'answer' ? [message.call] : []));

it('holds views back while the carrier is full, and answers only the newest call for each', async () => {
  const pulled: number[] = [];
  const { call, frames, messages, state } = slowWindow({
    async view({ run, view, member }, { room, frame }) {
      if (!(await room(`${view} ${member}`))) return undefined;
      pulled.push(member);
      return frame({ run, view, member, iteration: 1, reduction: 1 }, {});
    },
  });
  state.buffered = 5 << 20;
  for (const number of [0, 1, 2]) call(number, 'view', { run: 'plaid-1', view: 'recovered', member: 0, at: 'now' });
  call(3, 'view', { run: 'plaid-1', view: 'recovered', member: 1, at: 'now' });
  await expect.poll(() => answersOf(messages)).toEqual([0, 1]);
  expect(frames).toEqual([]);
  state.buffered = 0;
  await expect.poll(() => frames.map(({ header }) => header.kind === 'view' && header.call).sort()).toEqual([2, 3]);
  expect(pulled.length).toBe(2);
});

it('sends the rows of a trace once each, also to a window that could not take them for a while', async () => {
  vi.useFakeTimers();
  try {
    const trace = createTraceRows(2);
    const listeners = new Set<RunListener>();
    const held = { run: 'plaid-1', seq: 7, trace, listeners } as unknown as HeldRun;
    const grow = (...iterations: number[]) => {
      trace.append(Float64Array.from(iterations.flatMap(iteration => [iteration, 0])));
      for (const listener of listeners) listener.traceGrew(held);
    };
    const { call, frames, state, session } = slowWindow({
      open: (_, { session: calls }) => {
        calls.listen(held);
        return undefined as never;
      },
    });
    grow(0, 1);
    call(0, 'open', { run: 'plaid-1' });
    grow(2);
    state.buffered = 5 << 20;
    grow(3);
    grow(4);
    await vi.advanceTimersByTimeAsync(500);
    expect(frames.length).toBe(2);
    state.buffered = 0;
    await vi.advanceTimersByTimeAsync(500);
    const iterations = frames.map(({ data }) => [...data.rows.values].filter((_, i) => i % 2 === 0));
    expect(iterations).toEqual([[0, 1], [2], [3, 4]]);

    // Loaded once more at iteration 3: rows come again only when the window has opened the run again.
    trace.cut(3);
    for (const listener of listeners) listener.traceCut(held);
    grow(3);
    expect(frames.length).toBe(3);
    call(1, 'open', { run: 'plaid-1' });
    expect([...(frames.at(-1)?.data.rows.values ?? [])]).toEqual([0, 0, 1, 0, 2, 0, 3, 0]);
    session.close();
    expect(listeners.size).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('refuses a number that is under way, and cancels by number', async () => {
  const { call, messages } = slowWindow({
    export: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    cancel({ call: number }, { session }) {
      session.cancel(number);
      return undefined;
    },
  });
  call(5, 'export', { run: 'plaid-1', format: 'npy' });
  call(5, 'export', { run: 'plaid-1', format: 'npy' });
  await expect.poll(() => messages).toMatchObject([{ kind: 'refusal', call: 5, error: { code: 'state' } }]);
  call(6, 'cancel', { call: 5 });
  await expect
    .poll(() => messages.slice(1))
    .toMatchObject([
      { kind: 'refusal', call: 5, error: { message: 'stopped' } },
      { kind: 'answer', call: 6 },
    ]);
});

it('leaves progress out for a window that reads slowly, and lets go of one that has stopped reading', () => {
  const listeners = new Set<RunListener>();
  const held = { run: 'plaid-1', seq: 7, trace: createTraceRows(2), listeners } as unknown as HeldRun;
  const { call, messages, state } = slowWindow({ open: (_, { session }) => session.listen(held) as never });
  call(0, 'open', { run: 'plaid-1' });
  const tell = (event: Parameters<RunListener['news']>[2]) => {
    for (const listener of listeners) listener.news('plaid-1', 8, event);
  };
  const told = () => messages.flatMap(message => (message.kind === 'run' ? [message.event.kind] : []));
  state.buffered = 5 << 20;
  tell({ kind: 'reading', done: 1, total: 2 });
  tell({ kind: 'note', text: 'kept' });
  expect(told()).toEqual(['note']);
  state.buffered = 100 << 20;
  tell({ kind: 'note', text: 'too much' });
  tell({ kind: 'note', text: 'too much' });
  expect(told()).toEqual(['note']);
  expect(state.refused).toBe(1);
});

it('gathers what a run tells as it goes on, and sends it before whatever else the run tells', async () => {
  vi.useFakeTimers();
  try {
    const trace = createTraceRows(2);
    const listeners = new Set<RunListener>();
    const held = { run: 'plaid-1', seq: 0, trace, listeners } as unknown as HeldRun;
    let seq = 0;
    const news = (event: RunNews) => {
      for (const listener of listeners) listener.news('plaid-1', ++seq, event);
    };
    const goOn = (iteration: number) => {
      trace.append(Float64Array.of(iteration, 0));
      for (const listener of listeners) listener.traceGrew(held);
      news({ kind: 'progress', progress: { iteration } as Progress });
      news({ kind: 'snapshot', iteration, member: 0 });
    };
    const { call, frames, messages } = slowWindow({
      open: (_, { session }) => {
        session.listen(held);
        return undefined as never;
      },
      gather: ({ milliseconds }, { session }) => {
        session.gather(milliseconds);
        return undefined;
      },
    });
    call(0, 'open', { run: 'plaid-1' });
    call(1, 'gather', { milliseconds: 400 });
    await vi.advanceTimersByTimeAsync(0);
    messages.length = 0;
    frames.length = 0;
    goOn(1);
    goOn(2);
    await vi.advanceTimersByTimeAsync(399);
    expect([messages.length, frames.length]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(messages).toMatchObject([
      {
        kind: 'gathered',
        messages: [
          { seq: 2, event: { kind: 'snapshot', iteration: 1 } },
          { seq: 3, event: { kind: 'progress', progress: { iteration: 2 } } },
          { seq: 4, event: { kind: 'snapshot', iteration: 2 } },
        ],
      },
    ]);
    expect(frames.map(({ data }) => [...data.rows.values])).toEqual([[1, 0, 2, 0]]);
    goOn(3);
    news({ kind: 'state', state: 'paused', iteration: 3 });
    expect(messages.slice(1).map(({ kind }) => kind)).toEqual(['gathered', 'run']);
    expect(frames.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect([messages.length, frames.length]).toEqual([3, 2]);
  } finally {
    vi.useRealTimers();
  }
});
