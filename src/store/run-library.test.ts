// The list of runs comes from their folders alone, whatever lies there; the bin and the uploads are emptied of what is old
// and not needed.

import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/lab.ts';
import { failureOf, openRunLibrary, stemOf } from './run-library.ts';
import { openUploads } from './uploads.ts';

const DAY = 86400e3;
let folder: ReturnType<typeof temporaryFolder>;
const at = (...parts: string[]) => join(folder.path, ...parts);
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.dispose());

const recipe = { schema: 1, fit: 'tubal', input: 'sample:plaid', files: [], members: [{}], planned: [], terms: [] };

function makeRun(run: string, files: Record<string, unknown> = {}): void {
  mkdirSync(at(run, 'checkpoints'), { recursive: true });
  for (const [name, content] of Object.entries({ 'recipe.json': recipe, ...files }))
    writeFileSync(at(run, name), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('a run library', () => {
  it('lists what is a run and passes over what is none', () => {
    makeRun('plaid-1');
    makeRun('broken-1', { 'recipe.json': '{"schema":1,' });
    makeRun('.hidden-1');
    mkdirSync(at('empty'));
    writeFileSync(at('notes.txt'), 'no run');
    const library = openRunLibrary(folder.path);
    expect(library.list()).toMatchObject([
      { run: 'broken-1', state: 'failed', damaged: expect.stringMatching(/recipe.json cannot be read/) },
      { run: 'plaid-1', name: 'plaid-1', fit: 'tubal', input: 'sample:plaid', state: 'paused', live: false, tags: [] },
    ]);
    expect(() => library.entry('empty')).toThrow(/no such run/);
  });

  it('knows how a run ended, and notices when its folder changes', () => {
    const summary = { state: 'finished', iterations: 90, seconds: 1, bestMember: 1 };
    const members = [
      { member: 0, psnr: 20, seconds: 1 },
      { member: 1, psnr: 30, ssim: 0.9, tubes: [1, 2], label: 'b', seconds: 1 },
    ];
    makeRun('done-1', { 'summary.json': { ...summary, members } });
    makeRun('broke-1', { 'log.txt': 'T running at iteration 3\nT failed: Member 0 diverged. here\n' });
    makeRun('left-1', { 'measures.jsonl': '{"iteration":4,"member":0,"psnr":11}\n{"iteration":5,"mem' });
    writeFileSync(at('left-1', 'checkpoints', '000000005.npz'), '');
    const library = openRunLibrary(folder.path);
    const entries = () => Object.fromEntries(library.list().map(entry => [entry.run, entry]));
    expect(entries()).toMatchObject({
      'done-1': { state: 'finished', iteration: 90, figures: { psnr: 30, ssim: 0.9 } },
      'broke-1': { state: 'failed' },
      'left-1': { state: 'paused', iteration: 5, figures: { psnr: 11 } },
    });
    expect(entries()['done-1'].figures).toEqual({ psnr: 30, ssim: 0.9 });
    expect(failureOf(at('broke-1'))).toMatchObject({
      message: 'Member 0 diverged. here',
      tip: expect.stringMatching(/resume/),
    });
    appendFileSync(at('broke-1', 'log.txt'), 'T running at iteration 3\n');
    expect(entries()['broke-1'].state).toBe('paused');
    rmSync(at('left-1'), { recursive: true });
    expect(Object.keys(entries())).toEqual(['broke-1', 'done-1']);
  });

  it('shows the figures that the fit names, of the member that is ahead', () => {
    const rows = [
      { iteration: 3, member: 0, next: 1, rse: 0.5, psnr: 11 },
      { iteration: 3, member: 1, next: 2, rse: 0.1, psnr: 25 },
      { iteration: 3, member: 2, next: 3, rse: 0.9, psnr: 7 },
    ];
    makeRun('race-1', {
      'recipe.json': { ...recipe, members: [{}, {}, {}] },
      'problem.json': { figures: ['psnr', 'ssim', 'rse'] },
      'measures.jsonl': rows.map(row => `${JSON.stringify(row)}\n`).join(''),
      'trace.csv': 'iteration,member,loss,validation,learningRate\n3,0,9,5,1\n3,1,9,2,1\n3,2,1,8,1\n4,0,9,',
    });
    const [{ figures }] = openRunLibrary(folder.path).list();
    expect(Object.entries(figures)).toEqual([
      ['psnr', 25],
      ['rse', 0.1],
    ]);
  });

  it('keeps names and tags in the run, and bears with damaged ones', () => {
    makeRun('plaid-1');
    const library = openRunLibrary(folder.path);
    library.label('plaid-1', { name: 'mine' });
    library.label('plaid-1', { tags: ['a'] });
    expect(openRunLibrary(folder.path).entry('plaid-1')).toMatchObject({ name: 'mine', tags: ['a'] });
    for (const damaged of ['{"name":', '{"name":3}', '[]', '']) {
      writeFileSync(at('plaid-1', 'labels.json'), damaged);
      expect(openRunLibrary(folder.path).entry('plaid-1')).toMatchObject({ name: 'plaid-1', tags: [] });
    }
  });

  it('gives no name twice, not even that of a run in the bin', () => {
    makeRun('plaid-1');
    makeRun('plaid-2');
    const library = openRunLibrary(folder.path);
    library.remove('plaid-2');
    expect([library.freshName('plaid'), library.freshName('plaid'), library.freshName('other')]).toEqual([
      'plaid-3',
      'plaid-4',
      'other-1',
    ]);
  });

  it('brings back the run that was deleted last, and empties its bin after a week', () => {
    makeRun('plaid-1', { 'log.txt': 'first' });
    const library = openRunLibrary(folder.path);
    library.remove('plaid-1');
    expect(library.list()).toEqual([]);
    library.restore('plaid-1');
    expect(library.list().length).toBe(1);
    expect(() => library.restore('plaid-1')).toThrow(/not in the bin/);
    library.remove('plaid-1');
    openRunLibrary(folder.path, Date.now() + 6 * DAY);
    expect(readdirSync(at('.bin')).length).toBe(1);
    openRunLibrary(folder.path, Date.now() + 8 * DAY);
    expect(readdirSync(at('.bin'))).toEqual([]);
  });
});

it.each([
  ['sample:plaid', 'plaid'],
  ['/home/me/My photo (2).jpeg', 'My-photo-2'],
  ['/home/me/größe.png', 'größe'],
  ['/home/me/...png', 'run'],
  ['/home/me/a.npz#depth', 'a'],
])('names the runs of %s after %s', (input, stem) => {
  expect(stemOf(input)).toBe(stem);
});

describe('uploads', () => {
  it('stay while a run was made from them, for a day if none was', () => {
    const old = new Date(Date.now() - 2 * DAY);
    for (const id of ['used', 'binned', 'unused', 'fresh']) {
      mkdirSync(at('.uploads', id), { recursive: true });
      writeFileSync(at('.uploads', id, 'a.png'), 'a');
      if (id !== 'fresh') utimesSync(at('.uploads', id), old, old);
    }
    makeRun('a-1', { 'recipe.json': { ...recipe, input: at('.uploads', 'used', 'a.png') } });
    makeRun('b-1', { 'recipe.json': { ...recipe, mask: at('.uploads', 'binned', 'a.png') } });
    const library = openRunLibrary(folder.path);
    library.remove('b-1');
    openUploads(library.folder, 1e6, library.inputs);
    expect(readdirSync(at('.uploads')).sort()).toEqual(['binned', 'fresh', 'used']);
    expect(existsSync(at('.uploads', 'used', 'a.png'))).toBe(true);
  });

  it('of one group share what there is room for, also while they arrive at the same time', async () => {
    const { receive } = openUploads(at(), 1000, () => new Set());
    async function* content() {
      for (let n = 0; n < 6; n++) {
        await new Promise(resolve => setTimeout(resolve, 1));
        yield new Uint8Array(100);
      }
    }
    const send = (name: string) =>
      receive({ name, folder: undefined, group: 'g', bytes: undefined, content: content() });
    const outcomes = await Promise.allSettled([send('a'), send('b')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(send('c')).rejects.toMatchObject({ code: 'input' });
  });
});
