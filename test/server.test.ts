// The host as windows meet it, with real engines: two windows on one run, an engine killed in mid-run, restarts, the
// library, uploads, exports, and that what a window steers gives the bits of the command line.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeNpy } from '../src/formats/npy.ts';
import { decodeNpz } from '../src/formats/npz.ts';
import type { HostCall } from '../src/protocol/host-calls.ts';
import { lab, startLab, temporaryFolder } from './lab.ts';
import {
  openWindow,
  rawRequest,
  serveApart,
  served,
  serveHere,
  type TestServer,
  type TestWindow,
  upload,
} from './window.ts';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
afterAll(() => folder.dispose());

/** Small, so that the kernels take no time. */
const small: HostCall<'start'> = {
  fit: 'tubal',
  input: at('inputs', 'small.png'),
  settings: { iterations: '60' },
  race: {},
  members: 1,
  seed: 3,
  first: 'run',
};
beforeAll(async () => {
  mkdirSync(at('inputs'));
  const values = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % 40, Math.floor(i / 120), i % 3];
    return 128 + 60 * Math.sin(x / 6 + c) + 50 * Math.cos(y / 5 - c);
  });
  await sharp(values, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toFile(small.input);
});
const text = (...parts: string[]) => readFileSync(at(...parts), 'utf8');

/** Every array of the newest checkpoint. */
function checkpoint(run: string): Map<string, unknown> {
  const name = readdirSync(at(run, 'checkpoints')).sort().at(-1) ?? '';
  const arrays = decodeNpz(readFileSync(at(run, 'checkpoints', name)), name);
  return new Map([...arrays].filter(([key]) => key.startsWith('member')).map(([key, { data }]) => [key, data]));
}

const ended = (window: TestWindow, run: string) => window.news(run, 'finished');

describe('a window', () => {
  let server: TestServer;
  let window: TestWindow;
  beforeAll(async () => {
    server = await serveHere(at('one'), { roots: [at('inputs')] });
    window = await openWindow(server.address);
  });
  afterAll(() => server.dispose());

  it('is told what the lab can do', async () => {
    const { fits, library } = await window.call('describe', {});
    expect(library).toBe(at('one'));
    const tubal = fits.find(({ id }) => id === 'tubal');
    expect(tubal?.samples.map(({ id }) => id)).toContain('plaid');
    expect(tubal?.settings.map(({ name }) => name)).toContain('rank');
    for (const sample of ['plaid', 'sensing']) {
      const png = await rawRequest(server.address, `/samples/tubal/${sample}.png${server.address.search}`);
      expect(png).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
    }
  });

  it('starts a sample, follows it to its end, and finds everything of it', async () => {
    const { run } = await window.call('start', small);
    expect(run).toBe('small-1');
    const opened = await window.call('open', { run });
    expect(opened.entry).toMatchObject({ run, fit: 'tubal', input: 'small.png', live: true });
    const { summary } = await ended(window, run);
    expect(summary).toMatchObject({ state: 'finished', iterations: 60 });
    const entry = await window.until(message =>
      message.kind === 'entry' && message.run === run && message.entry?.live === false ? message.entry : undefined,
    );
    expect(entry).toMatchObject({ state: 'finished', iteration: 60, figures: { psnr: expect.any(Number) } });
    const numbers = window.newsOf(run).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0] + i));

    const details = await window.call('open', { run });
    expect(details).toMatchObject({
      recipe: { seed: 3 },
      summary: { iterations: 60 },
      problem: { terms: expect.any(Array) },
    });
    expect(details.measures.length).toBeGreaterThan(5);
    expect(details.snapshots.length).toBeGreaterThan(5);
    expect(details.exports.map(({ name }) => name)).toContain('recovered.npy');
    const csv = text('one', run, 'trace.csv').trimEnd().split('\n').slice(1);
    expect(window.traceOf(run)).toEqual(
      csv.map(line => line.split(',').map(cell => (cell === '' ? Number.NaN : Number(cell)))),
    );
  });

  it('pulls views of a run: recorded ones, the last one, and those that never change', async () => {
    const run = 'small-1';
    const { problem, snapshots } = await window.call('open', { run });
    const moving = problem?.views.find(({ kind, changes }) => kind === 'image' && changes === 'with-iterations');
    const fixed = problem?.views.find(({ kind, changes }) => kind === 'image' && changes === 'never');
    if (moving === undefined || fixed === undefined) throw new Error('the fit has no pictures');
    const early = await window.frame('view', { run, view: moving.id, member: 0, at: snapshots[2].iteration });
    const late = await window.frame('view', { run, view: moving.id, member: 0, at: 'now' });
    expect(early?.header).toMatchObject({ kind: 'view', run, view: moving.id, iteration: snapshots[2].iteration });
    expect(late?.data.values.values).not.toEqual(early?.data.values.values);
    const small = await window.frame('view', { run, view: fixed.id, member: 0, at: 0, mostPixels: 100 });
    expect(small?.header).toMatchObject({ iteration: 0 });
    const [, height, width] = small?.data.values.shape ?? [];
    expect(height * width).toBeLessThanOrEqual(100);
    await expect(window.frame('view', { run, view: 'nothing', member: 0, at: 5 })).rejects.toMatchObject({
      code: 'state',
    });
  });

  it('pulls the present state of a run that waits, many at once, none lost', async () => {
    const { run } = await window.call('start', { ...small, members: 3, first: 'pause' });
    const { problem } = await window.call('open', { run });
    const views = problem?.views.filter(({ kind }) => kind === 'image') ?? [];
    const asked = views.flatMap(({ id, changes }) =>
      [0, 1, 2].flatMap(member =>
        [50, 200, undefined].map(mostPixels => ({
          run,
          view: id,
          member: changes === 'never' ? 0 : member,
          at: 'now' as const,
          ...(mostPixels === undefined ? {} : { mostPixels }),
        })),
      ),
    );
    const frames = await Promise.all([...asked, ...asked].map(request => window.frame('view', request)));
    expect(frames.every(frame => frame !== undefined)).toBe(true);
    await window.call('go', { run, iterations: 1 });
    await window.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === 1);
    await window.call('stop', { run });
    expect((await ended(window, run)).summary).toMatchObject({ state: 'stopped' });
    await expect(window.call('go', { run })).rejects.toMatchObject({
      code: 'state',
      tip: expect.stringMatching(/Branch/),
    });
  });

  it('is refused a wrong setting, and nothing of the run stays', async () => {
    const before = readdirSync(at('one'));
    await expect(window.call('start', { ...small, settings: { ranc: '5' } })).rejects.toMatchObject({
      code: 'setting',
      tip: expect.stringMatching(/rank/),
    });
    expect(readdirSync(at('one'))).toEqual(before);
    expect((await window.call('listRuns', {})).length).toBe(2);
  });

  it('is refused a change that cannot be, while the run goes on', async () => {
    const { run } = await window.call('start', { ...small, first: 'pause' });
    await window.call('open', { run });
    await expect(window.call('change', { run, path: 'learningRat', value: 1 })).rejects.toMatchObject({
      code: 'setting',
    });
    await window.call('change', { run, path: 'learningRate', value: 0.25 });
    expect((await window.call('open', { run })).accepted).toMatchObject([{ path: 'learningRate', value: 0.25 }]);
    await window.call('go', { run, iterations: 2 });
    await window.news(run, 'event', ({ event }) => event.path === 'learningRate');
    const { accepted, events } = await window.call('open', { run });
    expect({ accepted, events: events.length }).toEqual({ accepted: [], events: 1 });
    await window.call('stop', { run });
    await ended(window, run);
  });

  it('has a second window that agrees with it', async () => {
    const other = await openWindow(server.address);
    const { run } = await window.call('start', { ...small, name: 'shared', first: 'pause' });
    await window.call('pace', { run, perSecond: 40 });
    await window.call('open', { run });
    await window.call('go', { run });
    await window.news(run, 'progress', ({ progress }) => progress.iteration > 10);
    const late = await other.call('open', { run });
    expect(late).toMatchObject({ entry: { name: 'shared' }, pace: 40 });
    await other.call('change', { run, path: 'learningRate', value: 0.5 });
    await Promise.all([ended(window, run), ended(other, run)]);
    const heard = (each: TestWindow) => each.newsOf(run).filter(({ seq }) => seq > late.seq);
    expect(heard(other)).toEqual(heard(window));
    expect(other.traceOf(run)).toEqual(window.traceOf(run));
    expect(await other.call('open', { run })).toEqual(await window.call('open', { run }));
    other.close();
  });

  it('names, tags, deletes and restores runs, and tells the other windows', async () => {
    const other = await openWindow(server.address);
    const run = 'small-1';
    await window.call('rename', { run, name: 'the first' });
    await window.call('tag', { run, tags: ['good', 'small'] });
    const told = await other.until(message =>
      message.kind === 'entry' && message.entry?.tags.length === 2 ? message.entry : undefined,
    );
    expect(told).toMatchObject({ run, name: 'the first', tags: ['good', 'small'] });
    await window.call('delete', { runs: [run] });
    await other.until(message => (message.kind === 'entry' && message.entry === undefined ? message : undefined));
    expect((await window.call('listRuns', {})).map(entry => entry.run)).not.toContain(run);
    await expect(window.call('open', { run })).rejects.toMatchObject({ code: 'store' });
    const fresh = await window.call('start', { ...small, first: 'pause' });
    expect(fresh.run).not.toBe(run);
    await window.call('delete', { runs: [fresh.run] });
    await window.call('restore', { runs: [run] });
    expect((await window.call('open', { run })).entry).toMatchObject({ name: 'the first', tags: ['good', 'small'] });
    await window.call('restore', { runs: [fresh.run] });
    expect((await window.call('open', { run: fresh.run })).entry).toMatchObject({ state: 'paused', live: false });
    await expect(window.call('restore', { runs: ['never-1'] })).rejects.toMatchObject({ code: 'store' });
    other.close();
  });

  it('uploads a picture and a mask, looks at them, and starts with them', async () => {
    const pixels = Uint8Array.from({ length: 24 * 20 * 3 }, (_, i) => 128 + 90 * Math.sin(i / 50));
    const png = (data: Uint8Array, channels: 1 | 3) =>
      sharp(data, { raw: { width: 24, height: 20, channels } })
        .png()
        .toBuffer();
    const holes = Uint8Array.from({ length: 24 * 20 }, (_, i) => (i % 3 === 0 ? 0 : 255));
    const picture = await upload(server.address, 'my photo.png', await png(pixels, 3));
    const mask = await upload(server.address, 'mask.png', await png(holes, 1));
    const input = picture.input ?? '';
    const report = await window.call('inspect', { fit: 'tubal', input });
    expect(report).toMatchObject({ input, kind: 'picture', picture: { height: 20, width: 24 } });
    const shown = await window.frame('inputPicture', { fit: 'tubal', input, frame: 0 });
    expect(shown?.data.values.shape.slice(-3)).toEqual([20, 24, 3]);
    const { run } = await window.call('start', {
      ...small,
      input,
      mask: mask.input ?? '',
      settings: { iterations: '20' },
    });
    expect(run).toBe('my-photo-1');
    await window.call('open', { run });
    await ended(window, run);
    // Several are a folder that keeps its name, in the report, in the list of runs and in a run made from it once more.
    for (const name of ['1.png', '2.png'])
      await upload(server.address, name, await png(pixels, 3), 'frames', 'our holiday');
    expect(await window.call('inspect', { fit: 'tubal', input: 'upload:frames' })).toMatchObject({
      name: 'our holiday',
      kind: 'video',
    });
    const film = await window.call('start', { ...small, input: 'upload:frames', first: 'pause' });
    const { entry, recipe } = await window.call('open', film);
    expect(entry).toMatchObject({ run: 'our-holiday-1', input: 'our holiday' });
    expect(await window.call('inspect', { fit: 'tubal', input: recipe.input })).toMatchObject({ name: 'our holiday' });
    await window.call('delete', { runs: [film.run] });
    const wrong = await upload(server.address, 'notes.png', new TextEncoder().encode('no picture at all'));
    await expect(window.call('inspect', { fit: 'tubal', input: wrong.input ?? '' })).rejects.toMatchObject({
      code: 'input',
    });
  });

  it('exports, and the files can be downloaded', async () => {
    const run = 'small-1';
    const { files } = await window.call('export', { run, format: 'npz' });
    expect(files).toMatchObject([{ name: 'recovered.npz', bytes: expect.any(Number) }]);
    const { headers, status } = await rawRequest(
      server.address,
      `/runs/${run}/exports/${files[0].name}${server.address.search}`,
    );
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: String(files[0].bytes) });
    expect((await window.call('open', { run })).exports.map(({ name }) => name)).toContain('recovered.npz');
    const exporting = window.call('export', { run, format: 'npy' });
    await window.call('cancel', { call: window.calls });
    await expect(exporting).rejects.toMatchObject({ code: 'state', message: 'Cancelled.' });
    await expect(window.call('export', { run, format: 'gif' })).rejects.toMatchObject({ code: 'setting' });
  });

  it('branches and replays a run', async () => {
    const { run: branch } = await window.call('branch', {
      run: 'small-1',
      iteration: 30,
      changes: { learningRate: 0.1 },
    });
    await window.call('open', { run: branch });
    await ended(window, branch);
    const { entry, events } = await window.call('open', { run: branch });
    expect(entry).toMatchObject({ parent: 'small-1', name: 'the first from 30' });
    expect(events).toContainEqual({ iteration: 30, path: 'learningRate', value: 0.1, source: 'user' });
    const [ours, theirs] = [branch, 'small-1'].map(run => text('one', run, 'trace.csv').split('\n'));
    expect(ours.slice(0, 31)).toEqual(theirs.slice(0, 31));
    const { run: replay } = await window.call('replay', { run: 'small-1' });
    await window.call('open', { run: replay });
    await ended(window, replay);
    expect(text('one', replay, 'trace.csv')).toBe(text('one', 'small-1', 'trace.csv'));
  });
});

describe('bits', () => {
  it('are the same for a change in the window and for --at on the command line', async () => {
    const server = await serveHere(at('steered'), { roots: [at('inputs')] });
    const window = await openWindow(server.address);
    const { run } = await window.call('start', { ...small, first: 'pause' });
    await window.call('open', { run });
    await window.call('go', { run, iterations: 20 });
    await window.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === 20);
    await window.call('change', { run, path: 'learningRate', value: 0.5 });
    await window.call('go', { run });
    await ended(window, run);
    await server.dispose();
    const { code } = await lab(
      ...['fit', 'tubal', small.input, '--iterations', '60', '--seed', '3', '--at', '20:learningRate=0.5'],
      ...['--out', at('typed')],
    );
    expect(code).toBe(0);
    expect(text('steered', run, 'trace.csv')).toBe(text('typed', 'trace.csv'));
    expect(text('steered', run, 'events.jsonl')).toBe(text('typed', 'events.jsonl'));
    const [steered, typed] = [join('steered', run), 'typed'].map(checkpoint);
    expect(steered).toEqual(typed);
    expect(readFileSync(at('steered', run, 'exports', 'recovered.npy'))).toEqual(
      readFileSync(at('typed', 'exports', 'recovered.npy')),
    );
    expect(decodeNpy(readFileSync(at('typed', 'exports', 'recovered.npy')), 'recovered').shape.length).toBe(3);
  });
});

describe('a run with a rough life', () => {
  let server: TestServer;
  let window: TestWindow;
  beforeAll(async () => {
    server = await serveHere(at('rough'), { roots: [at('inputs')] });
    window = await openWindow(server.address);
  });
  afterAll(() => server.dispose());

  it('is told why a run paused where it diverged, and goes on after a change', async () => {
    const settings = { method: 'prec-gd', initialScale: '1e-10', validation: '0', iterations: '200' };
    const { run } = await window.call('start', { ...small, settings, first: 'pause' });
    await window.call('open', { run });
    await window.call('go', { run, iterations: 150 });
    await window.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === 150);
    // Undamped, the Gram matrices have no inverse: only some directions have grown from so small a start.
    await window.call('change', { run, path: 'damping', value: 0 });
    await window.call('go', { run });
    const { error } = await window.news(run, 'diverged');
    expect(error).toMatchObject({ code: 'diverged', tip: expect.stringMatching(/larger damping/) });
    expect((await window.call('open', { run })).entry).toMatchObject({ state: 'paused', live: true });
    await window.call('change', { run, path: 'damping', value: 1 });
    await window.call('go', { run });
    expect((await ended(window, run)).summary).toMatchObject({ state: 'finished', iterations: 200 });
  });

  it('keeps a change of a paused run when the run is left, and shows that it waits', async () => {
    const { run } = await window.call('start', { ...small, first: 'pause' });
    await window.call('open', { run });
    await window.call('change', { run, path: 'learningRate', value: 0.25 });
    await server.dispose();
    server = await serveHere(at('rough'), { roots: [at('inputs')] });
    window = await openWindow(server.address);
    const { accepted, events } = await window.call('open', { run });
    expect({ accepted, events }).toMatchObject({ accepted: [{ path: 'learningRate', value: 0.25 }], events: [] });
    const elsewhere = startLab(['resume', at('rough', run), '--pace', '1', '--json']);
    await new Promise<void>(resolve => {
      elsewhere.child.stdout?.on('data', data => String(data).includes('"state":"running"') && resolve());
    });
    // Somebody else drives it: refused, and the run is as it was.
    await expect(window.call('go', { run })).rejects.toMatchObject({
      code: 'state',
      message: /drives this run already/,
    });
    expect((await window.call('open', { run })).entry).toMatchObject({ state: 'paused', live: false });
    elsewhere.child.kill('SIGINT');
    await elsewhere.result;
    await window.call('go', { run });
    expect((await ended(window, run)).summary).toMatchObject({ state: 'finished' });
    expect((await window.call('open', { run })).events[0]).toMatchObject({ path: 'learningRate', value: 0.25 });
  });
});

describe('runs that wait unwatched', () => {
  it('leave at a checkpoint where another needs the room, and are loaded again when opened', async () => {
    const server = await serveHere(at('many'), { roots: [at('inputs')], mostLive: 1 });
    const window = await openWindow(server.address);
    const entry = (run: string, live: boolean, state: string) =>
      window.until(message =>
        message.kind === 'entry' && message.run === run && message.entry?.live === live && message.entry.state === state
          ? message.entry
          : undefined,
      );
    const { run } = await window.call('start', { ...small, first: 'pause' });
    await window.call('open', { run });
    await window.call('pace', { run, perSecond: 1000 });
    await window.call('change', { run, path: 'learningRate', value: 0.5 });
    await window.call('go', { run, iterations: 20 });
    await window.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === 20);
    // Watched, it stays.
    const other = await window.call('start', { ...small, first: 'pause' });
    await entry(other.run, true, 'ready');
    expect((await window.call('open', { run })).entry.live).toBe(true);
    await window.call('close', { run });
    const third = await window.call('start', { ...small, first: 'pause' });
    await entry(run, false, 'paused');
    await entry(other.run, false, 'paused');
    await entry(third.run, true, 'ready');
    expect(await window.call('open', { run })).toMatchObject({ entry: { iteration: 20 }, pace: 1000 });
    await expect
      .poll(async () => (await window.call('open', { run })).entry, { timeout: 30e3 })
      .toMatchObject({ state: 'ready', live: true, iteration: 20 });
    expect(window.traceOf(run).length).toBe(20);
    await window.call('go', { run });
    const { summary } = await ended(window, run);
    expect(summary).toMatchObject({ state: 'finished', iterations: 60 });
    await server.dispose();
    const replay = ['replay', at('many', run), '--out', at('many-again')];
    expect((await lab(...replay)).code).toBe(0);
    expect(text('many', run, 'trace.csv')).toBe(text('many-again', 'trace.csv'));
  });
});

describe('a server in a process of its own', () => {
  const engines = (server: number) =>
    readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim().split(' ').map(Number);

  it.skipIf(process.platform !== 'linux')(
    'tells of a killed engine, and resumes the run to the same bits',
    async () => {
      const server = await serveApart(at('killed'), '--root', at('inputs'));
      const window = await openWindow(server.address);
      const whole = await window.call('start', small);
      await window.call('open', { run: whole.run });
      await ended(window, whole.run);
      const { run } = await window.call('start', { ...small, first: 'pause' });
      await window.call('open', { run });
      await window.call('go', { run, iterations: 25 });
      await window.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === 25);
      await window.call('pace', { run, perSecond: 20 });
      await window.call('go', { run });
      await window.news(run, 'progress', ({ progress }) => progress.iteration > 30);
      for (const engine of engines(server.child.pid ?? 0)) process.kill(engine, 'SIGKILL');
      const { error } = await window.news(run, 'failed');
      expect(error).toMatchObject({
        code: 'internal',
        message: expect.stringMatching(/SIGKILL/),
        tip: expect.stringMatching(/resume/),
      });
      expect((await window.call('open', { run })).entry).toMatchObject({ state: 'failed', live: false });

      const before = window.messages.length;
      await window.call('pace', { run });
      await window.call('go', { run });
      await ended(window, run);
      const since = window.messages.slice(before);
      expect(since.some(message => message.kind === 'run' && message.event.kind === 'problem')).toBe(true);
      await window.call('open', { run });
      expect(text('killed', run, 'trace.csv')).toBe(text('killed', whole.run, 'trace.csv'));
      expect(checkpoint(join('killed', run))).toEqual(checkpoint(join('killed', whole.run)));
      expect(window.traceOf(run)).toEqual(window.traceOf(whole.run));
      server.child.kill('SIGTERM');
      expect((await server.result).code).toBe(0);
    },
  );

  it('leaves its runs at a checkpoint when it is stopped, and shows them again when it starts', async () => {
    mkdirSync(at('again'));
    const first = await serveApart(at('again'), '--root', at('inputs'));
    const window = await openWindow(first.address);
    const { run } = await window.call('start', {
      ...small,
      name: 'long',
      settings: { iterations: '2000' },
      first: 'pause',
    });
    await window.call('pace', { run, perSecond: 30 });
    await window.call('open', { run });
    await window.call('go', { run });
    await window.news(run, 'progress', ({ progress }) => progress.iteration > 15);
    await window.call('start', { ...small, first: 'pause' });
    first.child.kill('SIGINT');
    const { code, stdout } = await first.result;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Descent Lab is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/);
    const left = Number.parseInt(
      readdirSync(at('again', run, 'checkpoints'))
        .sort()
        .at(-1) ?? '',
      10,
    );
    expect(left).toBeGreaterThan(15);

    const second = await serveApart(at('again'), '--root', at('inputs'));
    const later = await openWindow(second.address);
    const entries = await later.call('listRuns', {});
    expect(entries.find(entry => entry.run === run)).toMatchObject({
      name: 'long',
      state: 'paused',
      live: false,
      iteration: left,
    });
    const details = await later.call('open', { run });
    expect(details.progress).toBeUndefined();
    expect(later.traceOf(run).length).toBe(left);
    await later.call('go', { run, iterations: 5 });
    await later.news(run, 'state', ({ state, iteration }) => state === 'paused' && iteration === left + 5);
    await later.call('stop', { run });
    await ended(later, run);
    second.child.kill('SIGTERM');
    expect((await second.result).code).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('comes back at the port it had, so that links hold', async () => {
    vi.stubEnv('XDG_DATA_HOME', at('user'));
    const first = await served('--library', at('port'));
    const beside = await served('--library', at('port'));
    expect(beside.address.port).not.toBe(first.address.port);
    first.child.kill('SIGTERM');
    await first.result;
    const again = await served('--library', at('port'));
    expect(again.address.port).toBe(first.address.port);
    vi.unstubAllEnvs();
    for (const { child } of [beside, again]) child.kill('SIGTERM');
    await Promise.all([beside.result, again.result]);
  });

  it('refuses a port in use, and a root that is no folder', async () => {
    const server = await serveApart(at('port'));
    const busy = await lab('serve', '--no-open', '--library', at('port'), '--port', server.address.port);
    expect(busy).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Port \d+ is in use[\s\S]*Try: Choose another --port/),
    });
    const root = await lab('serve', '--no-open', '--library', at('port'), '--root', at('missing'));
    expect(root).toMatchObject({ code: 3, stderr: expect.stringMatching(/no folder/) });
    server.child.kill('SIGTERM');
    await server.result;
  });
});
