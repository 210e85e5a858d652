// The engine's own process: a fit that a test brings along, views over the process boundary, a process that dies; and
// the same steering from the command line.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../src/host/engine-client.ts';
import type { EngineCommand, EngineEvent } from '../src/protocol/messages.ts';
import { lab, startLab, temporaryFolder } from './lab.ts';

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (name: string) => join(folder.path, name);
const read = (...parts: string[]) => readFileSync(join(folder.path, ...parts), 'utf8');

const request = (fit: string, input: string, out: string) => ({
  fit,
  input,
  mask: undefined,
  settings: {},
  race: {},
  members: 1,
  seed: 0,
  planned: [],
  out: at(out),
  threads: 1,
  checkpointSeconds: 60,
  leaveAfter: undefined,
  watched: 'yes' as const,
});

/** Starts a run in an engine's process; `onEvent` may send further commands. Resolves with all events at its end. */
function drive(
  command: EngineCommand,
  onEvent: (event: EngineEvent, send: (command: EngineCommand) => void) => void,
): Promise<EngineEvent[]> {
  return new Promise(resolve => {
    const seen: EngineEvent[] = [];
    const engine = startEngine(event => {
      seen.push(event);
      onEvent(event, engine.send);
      const isLast =
        event.kind === 'finished' || event.kind === 'left' || (event.kind === 'error' && event.of === 'start');
      if (!isLast) return;
      engine.dispose();
      resolve(seen);
    });
    engine.send(command);
  });
}

describe("the engine's process", () => {
  beforeAll(async () => {
    await build({
      entryPoints: ['test/toy-fit.ts'],
      outfile: at('toy-fit.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
  });

  it('knows the fits that a test names, and sends every kind of view whole', async () => {
    process.env.DESCENT_LAB_TEST_FITS = at('toy-fit.mjs');
    const views = ['picture', 'goal', 'depth', 'points', 'cameras', 'mesh', 'poses', 'distance'];
    const start = { ...request('toy', 'sample:nothing', 'toy'), first: 'pause' as const };
    const seen = await drive({ kind: 'start', request: start }, (event, send) => {
      if (event.kind !== 'state') {
        if (event.kind === 'view' && event.ask === views.length - 1) send({ kind: 'go', iterations: undefined });
        return;
      }
      if (event.state !== 'ready') return;
      views.forEach((view, ask) => {
        send({ kind: 'view', ask, view, member: 0, frame: undefined, mostPixels: undefined });
      });
    }).finally(() => {
      delete process.env.DESCENT_LAB_TEST_FITS;
    });
    expect(seen.at(-1)?.kind).toBe('finished');
    const pulled = seen.filter(event => event.kind === 'view');
    expect(pulled.map(({ ask }) => ask)).toEqual(views.map((_, ask) => ask));
    for (const { data } of pulled) {
      for (const { shape, values } of Object.values(data)) {
        expect(values.length).toBe(shape.reduce((product, n) => product * n, 1));
      }
    }
    expect(pulled[5].data.triangles.values).toBeInstanceOf(Uint32Array);
    const rows = seen.flatMap(event => (event.kind === 'trace' ? [...event.rows] : []));
    expect(rows.length).toBe(100 * 6);
  });

  it('does not know them otherwise', async () => {
    const seen = await drive({ kind: 'start', request: request('toy', 'sample:nothing', 'none') }, () => {});
    expect(seen.at(-1)).toMatchObject({ kind: 'error', of: 'start', error: { message: 'There is no fit "toy".' } });
  });

  it('answers pulls of a running fit, each with a newer iteration, and goes on', async () => {
    let ask = 0;
    const pull = (send: (command: EngineCommand) => void) =>
      send({ kind: 'view', ask: ask++, view: 'recovered', member: 0, frame: undefined, mostPixels: 5000 });
    const start = { ...request('tubal', 'sample:plaid', 'plaid'), settings: { iterations: '400' } };
    const seen = await drive({ kind: 'start', request: start }, (event, send) => {
      if (event.kind === 'view' || (event.kind === 'state' && event.state === 'running')) pull(send);
    });
    const pulled = seen.filter(event => event.kind === 'view');
    expect(pulled.length).toBeGreaterThan(8);
    const iterations = pulled.map(({ iteration }) => iteration);
    expect(iterations).toEqual([...iterations].sort((a, b) => a - b));
    expect(pulled[0].data.values.shape).toEqual([1, 64, 64, 3]);
    expect(pulled[0].reduction).toBe(3);
    // What is asked after the end is refused, and may still arrive.
    const end = seen.find(({ kind }) => kind === 'finished');
    expect(end).toMatchObject({ summary: { state: 'finished', iterations: 400 } });
  });

  it('that is killed is an error of what it did, not of the last small command', async () => {
    const seen: EngineEvent[] = [];
    let failed = () => {};
    const ended = new Promise<void>(resolve => {
      failed = resolve;
    });
    const before = new Set(processes());
    const engine = startEngine(event => {
      seen.push(event);
      if (event.kind === 'error') failed();
      if (event.kind !== 'state' || event.state !== 'running') return;
      engine.send({ kind: 'pace', perSecond: 5 });
      for (const pid of processes()) if (!before.has(pid)) process.kill(pid, 'SIGKILL');
    });
    engine.send({ kind: 'start', request: request('tubal', 'sample:gratings', 'killed') });
    await ended;
    expect(seen.at(-1)).toMatchObject({ kind: 'error', of: 'start', error: { code: 'internal' } });
    engine.send({ kind: 'pause' });
    engine.dispose();
  });
});

/** Children of this process that are engines. */
function processes(): number[] {
  return childrenOf(process.pid).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine.js');
    } catch {
      return false;
    }
  });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

describe('steering from the command line', () => {
  const fit = ['fit', 'tubal', 'sample:gratings', '--seed', '3', '--threads', '1', '--iterations', '200'];
  const bits = (run: string) => [
    read(run, 'trace.csv'),
    read(run, 'events.jsonl'),
    readFileSync(join(folder.path, run, 'exports', 'recovered.npy')).toString('base64'),
  ];

  it('branches a run: the same as the change planned from the start', async () => {
    expect((await lab(...fit, '--out', at('parent'), '--leave-after', '60')).code).toBe(130);
    expect((await lab('resume', at('parent'))).code).toBe(0);
    const branched = await lab('branch', at('parent'), '--at', '80:learningRate=0.5', '--out', at('branched'));
    expect(branched.code, branched.stderr).toBe(0);
    expect(branched.stderr).toContain('Resuming at iteration 60');
    expect((await lab(...fit, '--at', '80:learningRate=0.5', '--out', at('planned'))).code).toBe(0);
    expect(bits('branched')).toEqual(bits('planned'));
    expect(bits('branched')).not.toEqual(bits('parent'));
    expect((await lab('branch', at('parent'), '--at', '80:learningRat=0.5', '--out', at('wrong'))).code).toBe(2);
    expect((await lab('branch', at('parent'), '--out', at('wrong'))).stderr).toContain('needs one iteration');
    expect(existsSync(at('wrong'))).toBe(false);
  });

  it('paces a run, refuses a wrong change without ending it, and stops it with its results', async () => {
    const { child, result } = startLab([...fit, '--pace', '40', '--out', at('typed'), '--control']);
    while (!existsSync(join(at('typed'), 'snapshots'))) await setTimeout(20);
    child.stdin?.write('learningRate=1000\npace 200\nstep 3\n');
    await setTimeout(500);
    child.stdin?.write('stop\n');
    const { code, stdout, stderr } = await result;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('The nearest valid value is 100');
    expect(stdout).toContain('stopped, kept iteration');
    expect(JSON.parse(read('typed', 'summary.json')).state).toBe('stopped');
    expect(existsSync(join(at('typed'), 'exports', 'recovered.png'))).toBe(true);
  });
});
