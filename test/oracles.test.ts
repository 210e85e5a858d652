// Figures that the method's specification expects, on the program's own samples. Long ones and those of real data are
// benches: completion-quality, completion-oracles, method-race, sensing-oracles.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());

interface Member {
  readonly label: string;
  readonly psnr: number;
  readonly interpolationPsnr: number;
  readonly testError: number;
  readonly bestIteration?: number;
  readonly iterations: number;
  readonly halvings: number;
}

let runs = 0;
/** Members of a finished run, and where it lies. */
async function run(...args: string[]): Promise<{ members: Member[]; out: string }> {
  const out = join(folder.path, `run-${runs++}`);
  const result = await labHere('fit', 'tubal', ...args, '--out', out);
  expect(result.code, result.stderr).toBe(0);
  return { out, ...(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { members: Member[] }) };
}

/** A column of the trace by iteration. */
function column(out: string, name: string): number[] {
  const [header, ...rows] = readFileSync(join(out, 'trace.csv'), 'utf8').trim().split('\n');
  const at = header.split(',').indexOf(name);
  return rows.map(row => Number(row.split(',')[at]));
}

describe('completion', () => {
  it('recovers low-rank cloth and gliding sprites far better than interpolation', async () => {
    for (const sample of ['sample:plaid', 'sample:sprites']) {
      const [{ psnr, interpolationPsnr }] = (await run(sample, '--iterations', '400')).members;
      expect(psnr).toBeGreaterThan(interpolationPsnr + 8);
    }
  });

  it('loses to the nuclear norm on a static clip, whose tubal rank is full', async () => {
    const { members } = await run('sample:static-clip', '--race', 'method=gd,tnn-admm');
    expect(members[1].psnr).toBeGreaterThan(members[0].psnr + 3);
  });

  it('keeps the iterate before the noise is learned', async () => {
    const { members } = await run('sample:plaid', '--set', 'noise=0.1', '--iterations', '1000');
    const stopped = members[0];
    const unstopped = (await run('sample:plaid', '--set', 'noise=0.1', '--set', 'validation=0', '--iterations', '1000'))
      .members[0];
    expect(stopped.bestIteration).toBeLessThan(900);
    expect(stopped.psnr).toBeGreaterThan(unstopped.psnr + 3);
  });

  it('pays for a large start and for heavy momentum with quality', async () => {
    const scales = (await run('sample:plaid', '--iterations', '500', '--race', 'initialScale=1e-3,1')).members;
    expect(scales[0].psnr).toBeGreaterThan(scales[1].psnr + 2);
    const rate = ['--iterations', '800', '--optimizer', 'heavy-ball', '--set', 'learningRate=0.4'];
    const momenta = (await run('sample:plaid', ...rate, '--race', 'momentum=0,0.9')).members;
    expect(momenta[0].psnr).toBeGreaterThan(momenta[1].psnr + 2);
  });

  it('has a rate for every optimizer that need not be halved and beats interpolation', async () => {
    const optimizers = [
      ...['sgd', 'heavy-ball', 'nesterov', 'adam', 'adamw', 'amsgrad', 'adabelief', 'rmsprop', 'grams', 'sign'],
      ...['normalised', 'adagrad-norm', 'polyak'],
    ];
    const race = `optimizer=${optimizers.join(',')}`;
    const { members } = await run('sample:plaid', '--iterations', '500', '--race', race);
    for (const { label, psnr, interpolationPsnr, halvings } of members) {
      expect(halvings, label).toBe(0);
      expect(psnr, label).toBeGreaterThan(interpolationPsnr + 2);
    }
  });
});

describe('sensing', () => {
  it('switches the first tube on when the law says: half grown within 10 % of iteration 59', async () => {
    const { out } = await run('sample:sensing', '--iterations', '120');
    const errors = column(out, 'testError');
    // All singular values of the default truth are 1, so half of |X*| is there when the error is a half.
    const half = errors.findIndex(error => error < 0.5);
    expect(half).toBeGreaterThan(0.9 * 59);
    expect(half).toBeLessThan(1.1 * 59 + 6);
  });

  it('fits the measurements but not the truth from a large start', async () => {
    const { out } = await run(
      'sample:sensing',
      '--set',
      'initialScale=1',
      '--set',
      'learningRate=0.03',
      '--iterations',
      '8000',
    );
    expect(column(out, 'trainingError').at(-1)).toBeLessThan(0.05);
    expect(column(out, 'testError').at(-1)).toBeGreaterThan(0.5);
  });

  it('passes the staircase faster with PrecGD: 4.7e-3 at 160 iterations, 1.7e-5 at 600', async () => {
    const { out } = await run('sample:staircase', '--set', 'method=prec-gd', '--iterations', '601');
    const errors = column(out, 'testError');
    // Published for one seed; ours lies within a factor of four of it.
    expect(errors[160]).toBeLessThan(4 * 4.7e-3);
    expect(errors[600]).toBeLessThan(4 * 1.7e-5);
  });
});
