// The promise of the laboratory: the same recipe, seed and events give the same bits, whatever the threads, the replay,
// or the moment at which the process was killed.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../src/numerics/random.ts';
import { startLab, temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (name: string) => join(folder.path, name);

const base = ['fit', 'tubal', 'sample:gratings', '--seed', '3', '--members', '2', '--optimizer', 'heavy-ball'];
const changes = ['--at', '40:learningRate=0.3', '--at', '41:members.1.momentum=0.5', '--at', '90:learningRate=0.2'];
const fitArguments = (out: string, threads: number, iterations = 200) => [
  ...base,
  ...changes,
  '--iterations',
  String(iterations),
  '--threads',
  String(threads),
  '--out',
  out,
];

/** Everything of a finished run that must be equal bit for bit. */
function bits(out: string): Record<string, string> {
  const newest = readdirSync(join(out, 'checkpoints')).sort().at(-1) ?? 'none';
  const read = (...parts: string[]) => readFileSync(join(out, ...parts)).toString('base64');
  return {
    newest,
    checkpoint: read('checkpoints', newest),
    trace: readFileSync(join(out, 'trace.csv'), 'utf8'),
    events: readFileSync(join(out, 'events.jsonl'), 'utf8'),
    recovered: read('exports', 'recovered.npy'),
  };
}

/** A process that was killed takes a moment to be gone. */
async function endOfDriver(run: string): Promise<void> {
  const lock = join(run, 'lock.json');
  if (!existsSync(lock)) return;
  const { pid } = JSON.parse(readFileSync(lock, 'utf8'));
  for (let look = 0; look < 1000; look++) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
    if (/\) [ZX]/.test(state)) return;
    await setTimeout(5);
  }
}

describe('reproducibility', () => {
  it('gives the same bits with one and with two threads, and in a replay', async () => {
    expect(await labHere(...fitArguments(at('one'), 1))).toMatchObject({ code: 0 });
    expect(await labHere(...fitArguments(at('two'), 2))).toMatchObject({ code: 0 });
    expect(await labHere('replay', at('one'), '--out', at('replay'))).toMatchObject({ code: 0 });
    const one = bits(at('one'));
    expect(one.events.match(/"source":"user"/g)).toHaveLength(3);
    expect(bits(at('two'))).toEqual(one);
    expect(bits(at('replay'))).toEqual(one);
  });

  const kills = Number(process.env.DESCENT_LAB_KILLS ?? 3);
  it('resumes to the same bits after SIGKILL at random moments', { timeout: 60e3 * (kills + 1) }, async () => {
    const iterations = 800;
    rmSync(at('whole'), { recursive: true, force: true });
    expect(await labHere(...fitArguments(at('whole'), 2, iterations))).toMatchObject({ code: 0 });
    const whole = bits(at('whole'));
    const random = createRandom(kills, 'kill moments');
    for (let kill = 0; kill < kills; kill++) {
      const out = at(`killed-${kill}`);
      const { child, result } = startLab([...fitArguments(out, 2, iterations), '--checkpoint-seconds', '0.05']);
      while (!existsSync(join(out, 'recipe.json'))) await setTimeout(5);
      await setTimeout(800 * random.uniform());
      // The whole group dies at once: host, engine and workers.
      try {
        process.kill(-(child.pid as number), 'SIGKILL');
      } catch {
        // it had already finished
      }
      await result;
      if (!existsSync(join(out, 'summary.json'))) {
        await endOfDriver(out);
        const resumed = await labHere('resume', out);
        expect(resumed.code, resumed.stderr).toBe(0);
      }
      expect(bits(out), `kill ${kill}`).toEqual(whole);
      rmSync(out, { recursive: true });
    }
  });

  it('takes a learning-rate change of a running fit within two iterations, and logs it', async () => {
    const out = at('live');
    const { child, result } = startLab([
      'fit',
      'tubal',
      'sample:plaid',
      '--iterations',
      '200',
      '--out',
      out,
      '--control',
      '--json',
      // A fifth of a second for each iteration, so that two of them are longer than the way of a message.
      '--pace',
      '5',
    ]);
    let seenAt = -1;
    child.stdout?.on('data', data => {
      if (seenAt >= 0) return;
      const match = /"kind":"progress".*?"iteration":(\d+)/.exec(String(data));
      if (match === null) return;
      seenAt = Number(match[1]);
      if (seenAt < 3) seenAt = -1;
      else child.stdin?.write('learningRate=0.123\npace 5000\n');
    });
    expect((await result).code).toBe(0);
    const events = readFileSync(join(out, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const change = events.find(event => event.path === 'learningRate');
    expect(change).toMatchObject({ value: 0.123, source: 'user' });
    expect(change.iteration).toBeGreaterThanOrEqual(seenAt);
    expect(change.iteration).toBeLessThanOrEqual(seenAt + 2);
    const rates = readFileSync(join(out, 'trace.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(row => row.split(','));
    const rateAt = (iteration: number) => Number(rates.find(row => Number(row[0]) === iteration)?.[4]);
    expect(rateAt(change.iteration - 1)).toBe(0.9);
    expect(rateAt(change.iteration)).toBe(0.123);
  });
});
