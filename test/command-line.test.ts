// What the command line takes and tells: options that count or are refused, answers for people and for programs.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lab, temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (...parts: string[]) => join(folder.path, ...parts);
const fast = ['--iterations', '6', '--threads', '1'];

beforeAll(async () => {
  const race = ['--race', 'optimizer=sgd,heavy-ball', '--set', 'momentum=0.5'];
  const { code, stderr } = await labHere('fit', 'tubal', 'sample:gratings', ...race, ...fast, '--out', at('race'));
  expect(code, stderr).toBe(0);
});
const recipe = (run: string) => JSON.parse(readFileSync(at(run, 'recipe.json'), 'utf8'));

describe('settings', () => {
  it('given for a race count for the members that have them', () => {
    expect(recipe('race').members.map(({ momentum }: { momentum?: number }) => momentum)).toEqual([undefined, 0.5]);
  });

  it('of a preset give way to the optimizer that was chosen', async () => {
    const preset = ['--set', 'preset=fast', '--optimizer', 'adam'];
    const { code, stderr } = await labHere(
      'fit',
      'tubal',
      'sample:gratings',
      ...preset,
      ...fast,
      '--out',
      at('preset'),
    );
    expect(code, stderr).toBe(0);
    expect(recipe('preset').members[0]).toMatchObject({ optimizer: 'adam', beta1: 0.9 });
    expect(recipe('preset').members[0]).not.toHaveProperty('momentum');
  });

  it('of another optimizer are refused with its name', async () => {
    const { code, stderr } = await labHere(
      'fit',
      'tubal',
      'sample:gratings',
      '--set',
      'momentum=0.5',
      '--out',
      at('none'),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/no setting "momentum"[\s\S]*Try: It belongs to .*heavy-ball/);
  });

  it('that were left to the input are in the recipe as they acted', () => {
    const [sgd, momentum] = recipe('race').derived;
    expect(sgd).toMatchObject({ learningRate: 0.9, initialScale: 1e-3, layout: 'frontal', smoothness: 0 });
    expect(sgd.rank).toBeGreaterThan(1);
    expect(momentum.rank).toBe(sgd.rank);
    expect(recipe('race').members[0]).not.toHaveProperty('rank');
  });
});

describe('arguments', () => {
  it.each([
    [['runs', 'a', 'b'], 'runs takes one argument; "b" is one too many'],
    [['samples', 'tubal'], 'samples takes no arguments; "tubal" is one too many'],
    [['resume', 'a', '--out', 'b'], 'resume has no option --out'],
    [['fit', 'tubal', 'sample:plaid', '--iteration', '5'], 'Did you mean "--iterations"'],
    [['export', 'a', '--format', 'exr'], '--format exr: choose npy, npz or png'],
    [['describe', 'tubl'], 'There is no fit "tubl"'],
    [['fit', 'pose', 'sample:box', '--frame', '-1'], 'frame cannot be -1'],
    [['fit', 'pose', 'sample:box', '--unit-mm', '0'], '--unit-mm 0: give millimetres per mesh unit'],
    [['fit', 'tubal', 'sample:plaid', '--members', '-2'], '--members -2: give a whole number'],
  ])('%j are refused: %s', async (args, message) => {
    const { code, stderr } = await labHere(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('that are wrong are told to programs as JSON', async () => {
    const { code, stdout, stderr } = await lab('fit', 'tubal', '--json');
    expect(code).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'error', of: 'fit', error: { code: 'setting' } });
  });
});

describe('help', () => {
  it.each([
    [
      ['fit', 'pose', '--help'],
      /lab -- fit pose SCENE [\s\S]*--unit-mm[\s\S]*--starts[\s\S]*--seed N/,
      /--mask FILE \(or alpha/,
    ],
    [['starts', 'x', '-h'], /^ {2}npm .* starts SCENE/, /fit pose/],
    [['--help'], /fit tubal[\s\S]*describe tubal/, /There is no command/],
  ])('%j', async (args, wanted, unwanted) => {
    const { code, stdout } = await labHere(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(wanted);
    expect(stdout).not.toMatch(unwanted);
  });
});

describe('answers', () => {
  it('come as JSON too', async () => {
    const shown = await labHere('show', at('race'), '--json');
    const compared = await labHere('compare', at('race'), at('race'), '--json');
    const samples = await labHere('samples', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      recipe: { fit: 'tubal' },
      summary: { state: 'finished' },
      events: [{ path: 'members.0.finished' }, { path: 'members.1.finished' }],
    });
    expect(JSON.parse(compared.stdout)).toMatchObject([{ run: 'race', seed: 0 }, { summary: { iterations: 6 } }]);
    expect(JSON.parse(samples.stdout)[0]).toMatchObject({ fit: 'tubal', id: 'plaid' });
  });

  it('to describe tell units, presets with what they set, and what is live with each rule', async () => {
    const { stdout } = await labHere('describe', 'tubal');
    expect(stdout).toContain('sampling  number, 0 to 1 of the entries, default 0.3');
    expect(stdout).toMatch(/fast: optimizer=heavy-ball, momentum=0\.5/);
    expect(stdout).toMatch(/heavy-ball .*\n( {6}.*\n)* {6}momentum, 0 to /);
    expect(stdout).toMatch(/cosine .*\n( {6}.*\n)* {6}\w+, /);
  });

  it('to samples name the fit', async () => {
    expect((await labHere('samples')).stdout).toMatch(/^tubal: .*\n {2}sample:plaid/);
  });
});

describe('an export', () => {
  it('takes a member, and leaves the files of the best as they are', async () => {
    const { code, stderr } = await labHere('export', at('race'), '--format', 'npy', '--member', '1');
    expect(code, stderr).toBe(0);
    expect(readdirSync(at('race', 'exports'))).toEqual(
      expect.arrayContaining(['recovered.npy', 'recovered-member1.npy', 'mask-member1.npy']),
    );
    const none = await labHere('export', at('race'), '--format', 'npy', '--member', '2');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('Its members are 0 to 1');
  });

  it('that would write nothing says so', async () => {
    await labHere('fit', 'tubal', 'sample:sensing', ...fast, '--out', at('sensing'));
    const before = existsSync(at('sensing', 'exports')) ? readdirSync(at('sensing', 'exports')) : [];
    const { code, stderr } = await labHere('export', at('sensing'), '--format', 'png');
    expect(code).toBe(2);
    expect(stderr).toMatch(/Nothing of this run can be written as png[\s\S]*npy or npz/);
    expect(readdirSync(at('sensing', 'exports'))).toEqual(before);
  });
});
