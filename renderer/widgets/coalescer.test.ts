import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCoalescer } from './coalescer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function collecting(wait = 0) {
  const sent: number[] = [];
  const send = async (value: number) => {
    sent.push(value);
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait));
  };
  return { sent, send };
}

test('the first value goes at once, then at most one in an interval, the newest', async () => {
  const { sent, send } = collecting();
  const { push } = createCoalescer(send, { milliseconds: 200 });
  for (let value = 0; value < 100; value++) {
    push(value);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(200);
  expect(sent[0]).toBe(0);
  expect(sent.length).toBeLessThanOrEqual(7);
  expect(sent.at(-1)).toBe(99);
});

test('the last value of a drag does not wait', async () => {
  const { sent, send } = collecting();
  const { push, flush } = createCoalescer(send, { milliseconds: 200 });
  push(1);
  push(2);
  flush(3);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual([1, 3]);
});

test('one at a time: what comes while a value is on its way waits for its answer', async () => {
  const { sent, send } = collecting(1000);
  const { push, flush } = createCoalescer(send, { milliseconds: 200 });
  push(1);
  flush(2);
  expect(sent).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([1, 2]);
});

test('the same is not sent twice', async () => {
  const { sent, send } = collecting();
  const { push, flush } = createCoalescer(send, { milliseconds: 200, same: (a, b) => a === b });
  push(1);
  await vi.advanceTimersByTimeAsync(500);
  flush(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(sent).toEqual([1]);
});
