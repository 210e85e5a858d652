// A fit of its own: one value and one place where it is found. Nothing else of the laboratory knows it, yet it is
// fitted, steered, paused, stepped, resumed and replayed. Also the engine in the test's own process.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fits } from '../src/fits/registry.ts';
import { createEngineService } from '../src/host/engine-service.ts';
import type { EngineCommand, EngineEvent } from '../src/protocol/messages.ts';
import { temporaryFolder } from './lab.ts';
import { toy } from './toy-fit.ts';

let folder: ReturnType<typeof temporaryFolder>;
let seen: EngineEvent[];
beforeEach(() => {
  folder = temporaryFolder();
  seen = [];
});
afterEach(() => folder.dispose());

/** An engine in this process; `onEvent` may send further commands. */
function engine(onEvent: (event: EngineEvent, send: (command: EngineCommand) => void) => void = () => {}) {
  const service = createEngineService(
    event => {
      seen.push(event);
      onEvent(event, command => void service.handle(command));
    },
    [...fits, toy],
  );
  return service;
}

const drive = { threads: 1, checkpointSeconds: 60, leaveAfter: undefined };
const start = (out: string, more: object = {}): EngineCommand => ({
  kind: 'start',
  request: {
    fit: 'toy',
    input: 'sample:nothing',
    mask: undefined,
    settings: {},
    race: {},
    members: 1,
    seed: 0,
    planned: [],
    out: join(folder.path, out),
    ...drive,
    ...more,
  },
});
const text = (...parts: string[]) => readFileSync(join(folder.path, ...parts), 'utf8');
const kinds = () => seen.map(({ kind }) => kind);

describe('a toy fit', () => {
  it('descends as the formula says: (1 - 0.1)^t of the distance is left', async () => {
    await engine().handle(start('run', { race: { target: ['3', '-1'] } }));
    const { members } = JSON.parse(text('run', 'summary.json'));
    expect(members.map((member: { label: string }) => member.label)).toEqual(['target 3', 'target -1']);
    expect(members[0].x[0]).toBeCloseTo(3 * (1 - 0.9 ** 99), 4);
    expect(members[1].x[1]).toBeCloseTo(-1 * (1 - 0.9 ** 99), 4);
    expect(text('run', 'trace.csv').split('\n')[0]).toBe('iteration,member,loss,validation,learningRate,distance');
  });

  it('pauses, steps once, goes three more and then on, with every state reported', async () => {
    const stops: number[] = [];
    const next: EngineCommand[] = [
      { kind: 'go', iterations: 1 },
      { kind: 'go', iterations: 3 },
      { kind: 'go', iterations: undefined },
    ];
    await engine((event, send) => {
      if (event.kind === 'event') send({ kind: 'pause' });
      if (event.kind !== 'state' || event.state !== 'paused') return;
      stops.push(event.iteration);
      const command = next.shift();
      if (command !== undefined) setImmediate(() => send(command));
    }).handle(start('run', { planned: [{ iteration: 7, path: 'learningRate', value: 0.2, source: 'user' }] }));
    expect(stops[1] - stops[0]).toBe(1);
    expect(stops[2] - stops[1]).toBe(3);
    expect(kinds().at(-1)).toBe('finished');
    expect(text('run', 'trace.csv').trim().split('\n')).toHaveLength(101);
  });

  it('leaves after ten iterations, resumes, and replays to the same trace', async () => {
    const planned = [{ iteration: 20, path: 'learningRate', value: 0.3, source: 'user' }];
    await engine().handle(start('whole', { planned }));
    await engine().handle(start('left', { planned, leaveAfter: 10 }));
    expect(seen.at(-1)).toMatchObject({ kind: 'left', iteration: 10 });
    await engine().handle({ kind: 'resume', folder: join(folder.path, 'left'), ...drive });
    await engine().handle({
      kind: 'replay',
      folder: join(folder.path, 'left'),
      out: join(folder.path, 'again'),
      ...drive,
    });
    for (const file of ['trace.csv', 'events.jsonl', 'measures.jsonl']) {
      expect(text('left', file)).toBe(text('whole', file));
      expect(text('again', file)).toBe(text('whole', file));
    }
    expect(text('left', 'log.txt')).toContain('paused at iteration 10');
  });

  it('follows a schedule and a change without losing the state of its optimizer', async () => {
    const settings = { optimizer: 'heavy-ball', schedule: 'exponential' };
    const planned = [{ iteration: 5, path: 'learningRate', value: 0.05, source: 'user' }];
    await engine().handle(start('run', { settings, planned }));
    const rows = text('run', 'trace.csv').trim().split('\n').slice(1);
    const rates = rows.map(row => Number(row.split(',')[4]));
    expect(rates[0]).toBe(0.1);
    expect(rates[4]).toBeLessThan(rates[3]);
    expect(rates[5] / rates[4]).toBeCloseTo((0.5 * rates[4]) / rates[3], 6);
    // Heavy ball by hand with the rates of the trace: a velocity that were reset at the change would end elsewhere.
    let x = 0;
    let velocity = 0;
    const losses = rates.map(rate => {
      const loss = (x - 3) ** 2;
      velocity = 0.9 * velocity + (x - 3);
      x -= rate * velocity;
      return loss;
    });
    rows.forEach((row, t) => {
      expect(Number(row.split(',')[2])).toBeCloseTo(losses[t], 4);
    });
  });

  it('opens again at the older checkpoint when the newest is damaged, and says so', async () => {
    await engine().handle(start('run', { leaveAfter: 10 }));
    writeFileSync(join(folder.path, 'run', 'checkpoints', '000000010.npz'), 'PK\x03\x04 cut off');
    await engine().handle({ kind: 'resume', folder: join(folder.path, 'run'), ...drive });
    expect(JSON.stringify(seen)).toContain('Trying the checkpoint before it');
    expect(seen.at(-1)).toMatchObject({ kind: 'finished' });
    expect(text('run', 'trace.csv').trim().split('\n')).toHaveLength(101);
  });

  it('names the term and the iteration where the loss stops being finite', async () => {
    await engine().handle(
      start('run', { planned: [{ iteration: 3, path: 'learningRate', value: 10, source: 'user' }] }),
    );
    const events = text('run', 'events.jsonl');
    expect(events).toContain('learning rate halved');
    expect(seen.at(-1)).toMatchObject({ kind: 'finished' });
  });

  it('exports the result of a run that was left', async () => {
    await engine().handle(start('run', { leaveAfter: 10 }));
    await engine().handle({ kind: 'export', folder: join(folder.path, 'run'), format: 'npy', threads: 1 });
    expect(seen.at(-1)).toMatchObject({ kind: 'exported', iteration: 10, files: [{ name: 'x.npy', bytes: 136 }] });
  });
});
