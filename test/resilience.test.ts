// What must survive a rough life: changes through kills and Ctrl-C, runs through damaged checkpoints and changed inputs,
// run folders through full disks and second drivers, races through a member that diverges.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../src/protocol/run.ts';
import { readEvents } from '../src/store/read-run.ts';
import { lab, startLab, temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (...parts: string[]) => join(folder.path, ...parts);

const slow = ['--pace', '60', '--threads', '1', '--checkpoint-seconds', '1000'];
const fitInto = (out: string, ...more: string[]) => ['fit', 'tubal', 'sample:gratings', '--out', at(out), ...more];
const userEvents = (run: string): RunEvent[] => readEvents(at(run)).filter(({ source }) => source === 'user');
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'));

/** iteration, and the learning rate that acted. */
function rates(run: string): [number, number][] {
  const rows = readFileSync(at(run, 'trace.csv'), 'utf8').trim().split('\n').slice(1);
  return rows.map(row => [Number(row.split(',')[0]), Number(row.split(',')[4])]);
}

/** Until a line of the output says so; `lab` must be running. */
async function heard({ child }: ReturnType<typeof startLab>, text: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const take = (data: unknown) => {
      output += String(data);
      if (output.includes(text)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('close', () => reject(new Error(`ended without "${text}":\n${output}`)));
  });
}

function signal({ child }: ReturnType<typeof startLab>, name: NodeJS.Signals): void {
  process.kill(-(child.pid as number), name);
}

describe('a change of a running fit', () => {
  it('outlives being killed again and again before it is due', async () => {
    const settings = ['--iterations', '200', '--set', 'validation=0'];
    const first = startLab(fitInto('twice', ...settings, ...slow, '--control', '--json'));
    await heard(first, '"state":"running"');
    await setTimeout(500);
    first.child.stdin?.write('learningRate=0.1\n');
    await heard(first, '"kind":"accepted"');
    await setTimeout(100);
    signal(first, 'SIGKILL');
    await first.result;
    const [change] = userEvents('twice');
    expect(change).toMatchObject({ path: 'learningRate', value: 0.1 });
    for (let kill = 0; kill < 2; kill++) {
      // From the checkpoint at iteration 0, so slowly that the change is never due.
      const again = startLab(['resume', at('twice'), '--pace', '1', '--threads', '1', '--json']);
      await heard(again, '"state":"running"');
      signal(again, 'SIGKILL');
      await again.result;
      expect(userEvents('twice'), `kill ${kill}`).toEqual([change]);
    }
    expect((await labHere('resume', at('twice'), '--threads', '1')).code).toBe(0);
    expect(userEvents('twice')).toEqual([change]);
    for (const [iteration, rate] of rates('twice')) expect(rate).toBe(iteration < change.iteration ? 0.9 : 0.1);
    expect((await labHere('replay', at('twice'), '--out', at('twice-again'))).code).toBe(0);
    expect(readFileSync(at('twice-again', 'trace.csv'), 'utf8')).toBe(readFileSync(at('twice', 'trace.csv'), 'utf8'));
  });

  it('made while paused is kept by Ctrl-C, in the order in which it was typed', async () => {
    const run = startLab(
      fitInto('paused', '--iterations', '120', '--set', 'validation=0', ...slow, '--control', '--json'),
    );
    await heard(run, '"state":"running"');
    run.child.stdin?.write('pause\n');
    await heard(run, '"state":"paused"');
    for (const rate of [0.1, 0.2, 0.1]) run.child.stdin?.write(`learningRate=${rate}\n`);
    await setTimeout(300);
    signal(run, 'SIGINT');
    expect((await run.result).code).toBe(130);
    const typed = userEvents('paused');
    expect(typed.map(({ value }) => value)).toEqual([0.1, 0.2, 0.1]);
    expect((await labHere('resume', at('paused'), '--threads', '1')).code).toBe(0);
    expect(userEvents('paused')).toEqual(typed);
    expect(rates('paused').at(-1)).toEqual([119, 0.1]);
  });
});

describe('a run whose folder or input changed', () => {
  beforeAll(async () => {
    mkdirSync(at('frames'));
    for (let frame = 0; frame < 4; frame++) {
      const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7 + 11 * frame) % 251);
      await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
        .png()
        .toFile(at('frames', `${frame}.png`));
    }
    const leave = ['--leave-after', '30', '--iterations', '60', '--threads', '1'];
    expect((await labHere('fit', 'tubal', at('frames'), '--out', at('film'), ...leave)).code).toBe(130);
  });

  /** What a refused resume must leave as it was. */
  const records = (run: string) => [
    readFileSync(at(run, 'trace.csv'), 'utf8'),
    readFileSync(at(run, 'events.jsonl'), 'utf8'),
    readdirSync(at(run, 'checkpoints')).join(' '),
    existsSync(at(run, 'lock.json')),
  ];

  it('is not resumed and not replayed when a frame is missing, and loses nothing', async () => {
    const before = records('film');
    copyFileSync(at('frames', '3.png'), at('3.png'));
    rmSync(at('frames', '3.png'));
    for (const args of [
      ['resume', at('film')],
      ['replay', at('film'), '--out', at('film-again')],
    ]) {
      const { code, stderr } = await labHere(...args);
      expect(code).toBe(3);
      expect(stderr).toContain('it was 4 files and is 3 now');
    }
    expect(existsSync(at('film-again'))).toBe(false);
    copyFileSync(at('frames', '2.png'), at('frames', '3.png'));
    expect((await labHere('resume', at('film'))).stderr).toContain('its content changed');
    expect(records('film')).toEqual(before);
    copyFileSync(at('3.png'), at('frames', '3.png'));
  });

  it('is computed again only when asked to, where no checkpoint can be read', async () => {
    for (const name of readdirSync(at('film', 'checkpoints')))
      writeFileSync(at('film', 'checkpoints', name), 'PK damaged');
    const before = records('film');
    const refused = await labHere('resume', at('film'));
    expect(refused.code).toBe(4);
    expect(refused.stderr).toMatch(/all 2 are damaged[\s\S]*--from-start/);
    expect(records('film')).toEqual(before);
    const again = await labHere('resume', at('film'), '--from-start');
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('Resuming at iteration 0');
    expect(rates('film')).toHaveLength(60);
  });

  it('is not resumed from the checkpoint of another run', async () => {
    const leave = ['--leave-after', '20', '--iterations', '40', '--threads', '1'];
    await labHere(...fitInto('rank-5', '--set', 'rank=5', ...leave));
    await labHere(...fitInto('rank-6', '--set', 'rank=6', ...leave));
    copyFileSync(at('rank-6', 'checkpoints', '000000020.npz'), at('rank-5', 'checkpoints', '000000020.npz'));
    const before = records('rank-5');
    const { code, stderr } = await labHere('resume', at('rank-5'));
    expect(code).toBe(4);
    expect(stderr).toContain('does not fit this run');
    expect(records('rank-5')).toEqual(before);
  });

  it('computes on the kernels it was started with', async () => {
    expect((await labHere(...fitInto('simd', '--iterations', '10', '--threads', '1'))).code).toBe(0);
    writeFileSync(at('simd', 'recipe.json'), JSON.stringify({ ...json('simd', 'recipe.json'), twin: 'simd' }));
    expect((await labHere('replay', at('simd'), '--out', at('simd-again'))).code).toBe(0);
    expect(json('simd-again', 'recipe.json').twin).toBe('simd');
    expect(json('simd-again', 'problem.json').summary.kernels).toBe('simd');
  });

  it('is told as finished when it is resumed, and keeps its summary', async () => {
    const summary = readFileSync(at('simd', 'summary.json'), 'utf8');
    const { code, stderr } = await labHere('resume', at('simd'));
    expect(code).toBe(0);
    expect(stderr).toContain('This run is finished, with 10 iterations');
    expect(readFileSync(at('simd', 'summary.json'), 'utf8')).toBe(summary);
  });

  it('is named as damaged when its recipe cannot be read, beside the others', async () => {
    mkdirSync(at('library', 'bad'), { recursive: true });
    writeFileSync(at('library', 'bad', 'recipe.json'), '{"schema":1,');
    mkdirSync(at('library', 'good'));
    copyFileSync(at('simd', 'recipe.json'), at('library', 'good', 'recipe.json'));
    const { code, stdout } = await labHere('runs', at('library'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/bad +The recipe of this run is damaged/);
    expect(stdout).toMatch(/good +tubal seed 0/);
    const runs = JSON.parse((await labHere('runs', at('library'), '--json')).stdout);
    expect(runs).toMatchObject([
      { run: 'bad', problem: { code: 'store' } },
      { run: 'good', fit: 'tubal' },
    ]);
    for (const command of ['show', 'resume']) {
      const refused = await labHere(command, at('library', 'bad'));
      expect(refused.code).toBe(4);
      expect(refused.stderr).toContain('recipe.json cannot be read');
    }
  });
});

describe('a run folder', () => {
  it('is driven by one process at a time; the lock of a killed one counts for nothing', async () => {
    const first = startLab(fitInto('locked', '--iterations', '400', ...slow, '--json'));
    await heard(first, '"state":"running"');
    const second = await lab('resume', at('locked'));
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(new RegExp(`Process ${json('locked', 'lock.json').pid} drives this run already`));
    signal(first, 'SIGKILL');
    await first.result;
    expect(existsSync(at('locked', 'lock.json'))).toBe(true);
    expect((await lab('resume', at('locked'), '--leave-after', '5')).code).toBe(130);
    expect(existsSync(at('locked', 'lock.json'))).toBe(false);
  });

  it('is refused where the system makes none', async () => {
    const { code, stderr } = await lab(
      'fit',
      'tubal',
      'sample:gratings',
      '--iterations',
      '5',
      '--out',
      '/proc/1/lab/run',
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/run folder/);
  });

  it('is not left half-made by a full disk', () => {
    // No file may grow beyond nothing: the first one with content fails, as on a full disk.
    const command = `ulimit -f 0; exec "${process.execPath}" dist/cli.js fit tubal sample:gratings --iterations 5 --out "${at('full')}"`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(stderr).toMatch(/too large|full/);
    expect(status).toBe(4);
    expect(existsSync(at('full'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  const left = 'Left before the run was loaded; nothing was changed.';

  it('leaves with one sentence and nothing written while the engine starts', async () => {
    const run = startLab(fitInto('starting', '--threads', '1'));
    const pid = run.child.pid as number;
    const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    while (children() === '') await setTimeout(2);
    signal(run, 'SIGINT');
    const { code, stderr } = await run.result;
    expect(code, stderr).toBe(130);
    expect(stderr.trim()).toBe(left);
    expect(existsSync(at('starting'))).toBe(false);
  });

  it('leaves with one sentence and nothing written while the input is read', async () => {
    const run = startLab(['fit', 'tubal', at('frames'), '--out', at('reading'), '--threads', '1', '--json']);
    await heard(run, '"kind":"reading"');
    signal(run, 'SIGINT');
    expect((await run.result).code).toBe(130);
    expect(existsSync(at('reading'))).toBe(false);
  });

  it('ends a run at a checkpoint, and a second time ends an engine that does not answer', async () => {
    const run = startLab(fitInto('hung', '--iterations', '100000', ...slow, '--json'));
    await heard(run, '"state":"running"');
    process.kill(json('hung', 'lock.json').pid, 'SIGSTOP');
    signal(run, 'SIGINT');
    await setTimeout(200);
    signal(run, 'SIGINT');
    expect((await run.result).code).toBe(130);
    const { stderr } = await lab('resume', at('hung'), '--leave-after', '5');
    expect(stderr).toContain('Left at iteration 5.');
  });
});

describe('a member that diverges', () => {
  // From so small a start only some directions have grown by then: undamped, the Gram matrices have no inverse.
  const settings = ['--set', 'initialScale=1e-10', '--set', 'validation=0', '--iterations', '200', '--threads', '1'];
  const gram = [...settings, '--at', '150:damping=0'];

  it('is given up with its reason, and the others go on', async () => {
    const race = ['--race', 'method=prec-gd,gd', ...gram];
    const { code, stdout, stderr } = await labHere(...fitInto('race', ...race));
    expect(code, stderr).toBe(0);
    const { members, bestMember } = json('race', 'summary.json');
    expect(bestMember).toBe(1);
    expect(members[0].reason).toMatch(/^diverged: A Gram matrix of the factors cannot be inverted/);
    expect(members[1]).toMatchObject({ reason: 'iteration limit', iterations: 200 });
    expect(stdout).toContain('diverged');
  });

  it('pauses the run where it is the only one, with the state kept, and a change helps', async () => {
    const { code, stderr } = await labHere(...fitInto('alone', '--set', 'method=prec-gd', ...gram));
    expect(code).toBe(6);
    expect(stderr).toMatch(/Error: .*Gram matrix[\s\S]*Try: Give a larger damping/);
    const [, iteration] = /branch \S+ --at (\d+):/.exec(stderr) ?? [];
    expect(readdirSync(at('alone', 'checkpoints'))).toContain(`${iteration.padStart(9, '0')}.npz`);
    const helped = await labHere('branch', at('alone'), '--at', `${iteration}:damping=1`, '--out', at('helped'));
    expect(helped.code, helped.stderr).toBe(0);
    expect(json('helped', 'summary.json').iterations).toBe(200);
    expect((await labHere('replay', at('helped'), '--out', at('helped-again'))).code).toBe(0);
    expect(readFileSync(at('helped-again', 'trace.csv'), 'utf8')).toBe(readFileSync(at('helped', 'trace.csv'), 'utf8'));
  });
});
