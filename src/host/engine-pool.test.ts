// Whose process answers what: one spare engine for questions, one of its own for each run, and no more than needed.

import { describe, expect, it, vi } from 'vitest';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import { createEnginePool } from './engine-pool.ts';

function fakeEngines() {
  const engines: { send(event: EngineEvent): void; readonly commands: EngineCommand[]; disposed: boolean }[] = [];
  const pool = createEnginePool(onEvent => {
    const engine = { send: onEvent, commands: [] as EngineCommand[], disposed: false };
    engines.push(engine);
    return {
      send: command => void engine.commands.push(command),
      dispose: () => {
        engine.disposed = true;
      },
      kill() {},
    };
  });
  return { engines, pool };
}

const describing = { kind: 'describe', fit: undefined } as const;
const described = { kind: 'description', fits: [] } as const;
const exporting = { kind: 'export', folder: '/run', format: 'npy', threads: undefined } as const;
const exported = { kind: 'exported', iteration: 3, folder: '/run', files: [] } as const;
const broken = { kind: 'error', of: 'describe', error: { code: 'internal', message: 'It died.' } } as const;
const settled = () => new Promise(resolve => setTimeout(resolve));

describe('an engine pool', () => {
  it('asks one question after the other, on one engine', async () => {
    const { engines, pool } = fakeEngines();
    const answers = Promise.all([pool.ask(describing, 'description'), pool.ask(describing, 'description')]);
    await settled();
    expect(engines.map(({ commands }) => commands.length)).toEqual([1]);
    engines[0].send(described);
    await settled();
    expect(engines.map(({ commands }) => commands.length)).toEqual([2]);
    engines[0].send(described);
    expect(await answers).toEqual([described, described]);
  });

  it('gives the spare engine to a run, and warms a new one a little later', async () => {
    vi.useFakeTimers();
    try {
      const { engines, pool } = fakeEngines();
      const answer = pool.ask(describing, 'description');
      await vi.advanceTimersByTimeAsync(0);
      engines[0].send(described);
      await answer;
      const heard: EngineEvent[] = [];
      const taken = pool.take(event => heard.push(event));
      engines[0].send({ kind: 'note', text: 'mine' });
      expect(heard).toEqual([{ kind: 'note', text: 'mine' }]);
      expect(engines.length).toBe(1);
      await vi.advanceTimersByTimeAsync(5000);
      expect(engines.length).toBe(2);
      pool.take(() => {});
      expect(engines.length).toBe(2);
      taken.dispose();
      engines[0].send({ kind: 'note', text: 'too late' });
      expect(heard.length).toBe(1);
      expect(engines[0].disposed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rejects when the engine dies, and goes on with another', async () => {
    const { engines, pool } = fakeEngines();
    const first = pool.ask(describing, 'description');
    const second = pool.ask(describing, 'description');
    await settled();
    engines[0].send(broken);
    await expect(first).rejects.toMatchObject({ message: 'It died.' });
    await settled();
    engines[1].send(described);
    expect(await second).toEqual(described);
  });

  it('forgets a spare engine that dies', async () => {
    const { engines, pool } = fakeEngines();
    const answer = pool.ask(describing, 'description');
    await settled();
    engines[0].send(described);
    await answer;
    engines[0].send(broken);
    pool.take(() => {});
    expect(engines.length).toBe(2);
  });

  it('tells how far work has come, and ends its engine when it is cancelled', async () => {
    const { engines, pool } = fakeEngines();
    const controller = new AbortController();
    const steps: number[] = [];
    const options = { signal: controller.signal, onUnderway: (done: number) => steps.push(done) };
    const done = pool.work(exporting, 'exported', options);
    const cancelled = pool.work(exporting, 'exported', options);
    expect(engines.length).toBe(2);
    engines[0].send({ kind: 'underway', done: 1, total: 2 });
    engines[0].send(exported);
    expect(await done).toEqual(exported);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'state', message: 'Cancelled.' });
    expect(engines.map(({ disposed }) => disposed)).toEqual([false, true]);
    expect(steps).toEqual([1]);
    pool.dispose();
    expect(engines[0].disposed).toBe(true);
  });
});
