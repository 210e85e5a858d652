// A fit of its own: one value and one place where it is found. Nothing else of the laboratory knows it, yet it is
// fitted, steered, paused, stepped, resumed and replayed. Also the engine in the test's own process.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveMembers } from '../src/engine/settings.ts';
import type { Fit } from '../src/fits/fit.ts';
import { fits } from '../src/fits/registry.ts';
import { createEngineService } from '../src/host/engine-service.ts';
import { LabError } from '../src/protocol/lab-error.ts';
import type { EngineCommand, EngineEvent } from '../src/protocol/messages.ts';
import type { RunEvent } from '../src/protocol/run.ts';
import { branchRun } from '../src/store/branch-run.ts';
import { readClock, readEvents, readTrace } from '../src/store/read-run.ts';
import { listSnapshots, readSnapshotView } from '../src/store/snapshot-views.ts';
import { temporaryFolder } from './lab.ts';
import { toy } from './toy-fit.ts';

/** The toy, but with a rate above 1 its loss is not finite, or it throws. */
const fragile: readonly Fit[] = (
  [
    ['brittle', undefined],
    ['breaking', new LabError({ code: 'diverged', message: 'It broke.' })],
    ['faulty', new Error('A defect.')],
  ] as const
).map(([id, thrown]) => ({
  ...toy,
  id,
  async load(...given) {
    const problem = await toy.load(...given);
    return {
      ...problem,
      evaluate(requests) {
        const steep = requests.map(({ hyper }) => hyper.learningRate > 1);
        if (thrown !== undefined && steep.includes(true)) throw thrown;
        return problem
          .evaluate(requests)
          .map((evaluation, r) => (steep[r] ? { ...evaluation, loss: Infinity, terms: [Infinity] } : evaluation));
      },
    };
  },
}));

/** The toy with a weight on its loss that can be turned, and that its steps do not follow. */
const weighted: Fit = {
  ...toy,
  id: 'weighted',
  settings: [
    ...toy.settings,
    { name: 'weight', title: 'Weight', type: 'number', default: 1, minimum: 0, maximum: 1e9, live: 'live', help: '' },
  ],
  async load(...given) {
    const problem = await toy.load(...given);
    return {
      ...problem,
      evaluate: requests =>
        problem
          .evaluate(requests)
          .map((evaluation, r) => ({ ...evaluation, loss: requests[r].hyper.weight * evaluation.loss })),
    };
  },
};

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
    [...fits, toy, weighted, ...fragile],
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

  it('takes no change of the objective for a rise of the loss', async () => {
    // The loss is down to 0.81^60 of its first value by then: each of these puts it far above all before.
    const planned = [1e7, 2e7, 4e7].map((value, k) => ({ iteration: 60 + k, path: 'weight', value, source: 'user' }));
    await engine().handle(start('run', { fit: 'weighted', planned }));
    expect(kinds().at(-1)).toBe('finished');
    expect(text('run', 'events.jsonl')).not.toContain('recovered');
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
    // What it took before counts in.
    const before = readClock(join(folder.path, 'left'), 10);
    const { seconds, members } = JSON.parse(text('left', 'summary.json'));
    expect(before).toMatchObject({ iteration: 10, members: [expect.any(Number)] });
    expect(seconds).toBeGreaterThan(before?.seconds ?? Infinity);
    expect(members[0].seconds).toBeGreaterThan(before?.members[0] ?? Infinity);
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

  it('halves the rate where the loss rises again and again', async () => {
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

const driven = (out: string, more: object, onEvent: Parameters<typeof engine>[0]) =>
  engine(onEvent).handle(start(out, { watched: 'yes', ...more }));
const of = <K extends EngineEvent['kind']>(kind: K) =>
  seen.filter((event): event is Extract<EngineEvent, { kind: K }> => event.kind === kind);

describe('a run that is looked at', () => {
  it('waits when it is loaded, steps once from ready, shows its views meanwhile, and goes on', async () => {
    const next: EngineCommand[] = [
      { kind: 'view', ask: 1, view: 'picture', member: 0, frame: 1, mostPixels: 200 },
      { kind: 'go', iterations: 1 },
      { kind: 'view', ask: 2, view: 'points', member: 0, frame: undefined, mostPixels: undefined },
      { kind: 'go', iterations: undefined },
    ];
    await driven('run', { first: 'pause' }, (event, send) => {
      const waits = event.kind === 'state' && (event.state === 'ready' || event.state === 'paused');
      const command = waits || event.kind === 'view' ? next.shift() : undefined;
      if (command !== undefined) setImmediate(() => send(command));
    });
    const states = of('state').map(({ state, iteration }) => `${state} ${iteration}`);
    expect(states).toEqual(['ready 0', 'running 0', 'paused 1', 'running 1', 'finished 100']);
    const [picture, points] = of('view');
    expect(picture).toMatchObject({ ask: 1, iteration: 0, reduction: 2 });
    expect(picture.data.values.shape).toEqual([1, 12, 16, 3]);
    expect(points).toMatchObject({ ask: 2, iteration: 1 });
    // One step of rate 0.1 towards 3.
    expect(points.data.positions.values[0]).toBeCloseTo(0.3, 6);
  });

  it('describes itself for those who only read: views, groups, live values before any event', async () => {
    const race = { target: ['3', '-1'], optimizer: ['sgd', 'heavy-ball'] };
    const planned = [{ iteration: 0, path: 'learningRate', value: 0.2, source: 'user' }];
    await engine().handle(start('run', { race, planned }));
    const problem = JSON.parse(text('run', 'problem.json'));
    expect(of('ready')[0].problem).toEqual(problem);
    expect(problem.terms).toEqual(['distance']);
    expect(problem.views.map(({ kind }: { kind: string }) => kind)).toEqual(
      'image image image tracks depth points cameras mesh poses heat-map series scatter'.split(' '),
    );
    expect(problem.members).toMatchObject([
      { label: 'target 3', groups: ['all'], maximumIterations: 100 },
      { starts: { learningRate: 0.1, momentum: 0.9 } },
    ]);
    expect(problem.members[0].starts).toMatchObject({ learningRate: 0.1, clipNorm: 0 });
    expect(problem.summary).toMatchObject({ title: 'toy', threads: 1 });
  });

  it('records its views at the snapshot iterations and at its end, the fixed ones once', async () => {
    await driven('run', {}, () => {});
    const path = join(folder.path, 'run');
    const iterations = listSnapshots(path).map(({ iteration }) => iteration);
    expect(iterations.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(iterations.at(-1)).toBe(100);
    expect(of('snapshot').map(({ iteration }) => iteration)).toEqual(iterations);
    const before = Math.max(...iterations.filter(iteration => iteration <= 50));
    expect(before).toBeGreaterThan(40);
    for (const view of ['picture', 'depth', 'points', 'cameras', 'mesh', 'poses', 'distance']) {
      expect(readSnapshotView(path, view, 0, 50, undefined, undefined)?.iteration, view).toBe(before);
    }
    expect(readSnapshotView(path, 'goal', 0, 50, undefined, undefined)?.iteration).toBe(0);
    const points = readSnapshotView(path, 'points', 0, 10, undefined, undefined);
    expect(points?.data.positions.values[0]).toBeCloseTo(3 * (1 - 0.9 ** 10), 5);
    expect(readFileSync(join(path, 'thumbnail.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('sends its trace in batches that hold every row once, as in the file', async () => {
    await driven('run', { race: { target: ['3', '-1'] } }, () => {});
    const batches = of('trace').map(({ rows }) => rows);
    for (const rows of batches) expect(rows.buffer.byteLength).toBe(rows.byteLength);
    const rows = batches.flatMap(batch => [...batch]);
    expect(rows).toEqual([...readTrace(join(folder.path, 'run'))]);
    expect(rows.length).toBe(200 * 6);
    seen = [];
    await driven('unwatched', { watched: 'no' }, () => {});
    expect(of('trace')).toEqual([]);
  });

  it('answers only the newest request for a view, and says what cannot be shown', async () => {
    const ask = (number: number, view: string, member = 0, frame?: number): EngineCommand => ({
      kind: 'view',
      ask: number,
      view,
      member,
      frame,
      mostPixels: undefined,
    });
    let asked = false;
    await driven('run', {}, (event, send) => {
      if (event.kind !== 'state' || event.state !== 'running' || asked) return;
      asked = true;
      send(ask(1, 'picture'));
      send(ask(2, 'picture'));
      send(ask(3, 'depth'));
      send(ask(4, 'numbers'));
      send(ask(5, 'picture', 7));
      send(ask(6, 'picture', 0, 2));
      send(ask(7, 'nothing'));
    });
    expect(of('view').map(event => event.ask)).toEqual([2, 3]);
    const refused = of('no-view').map(({ ask: number, error }) => [number, error?.message]);
    expect(refused[0]).toEqual([1, undefined]);
    expect(refused.map(([number]) => number)).toEqual([1, 4, 5, 6, 7]);
    expect(refused[2][1]).toContain('no member 7');
  });

  it('tells a change when it is taken and when it takes effect, and survives one that is refused', async () => {
    let sent = false;
    await driven('run', {}, (event, send) => {
      if (event.kind !== 'snapshot' || event.iteration !== 5 || sent) return;
      sent = true;
      send({ kind: 'change', path: 'learningRate', value: 99 });
      send({ kind: 'change', path: 'learningRat', value: 0.2 });
      send({ kind: 'change', path: 'learningRate', value: 0.2 });
    });
    const change = { iteration: 5, path: 'learningRate', value: 0.2, source: 'user' };
    expect(of('accepted')).toEqual([{ kind: 'accepted', event: change }]);
    expect(of('event')[0]).toEqual({ kind: 'event', event: change });
    const errors = of('error').map(({ of: command, error }) => `${command}: ${error.tip}`);
    expect(errors[0]).toContain('change: The nearest valid value is 10');
    expect(errors[1]).toContain('change: Did you mean "learningRate"');
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', summary: { state: 'finished', iterations: 100 } });
  });

  it('ends one member when its user says so, but not the last one, and replays to the same', async () => {
    const changes: EngineCommand[] = [
      { kind: 'change', path: 'members.1.stopped', value: 1 },
      { kind: 'change', path: 'members.1.stopped', value: 1 },
      { kind: 'change', path: 'members.2.stopped', value: 0 },
      { kind: 'change', path: 'members.9.stopped', value: 1 },
      { kind: 'change', path: 'members.0.stopped', value: 1 },
      { kind: 'change', path: 'members.2.stopped', value: 1 },
      { kind: 'change', path: 'members.0.stopped', value: 0 },
      { kind: 'change', path: 'members.0.stopped', value: 1 },
    ];
    let sent = false;
    await driven('run', { race: { target: ['3', '-1', '2'] } }, (event, send) => {
      if (event.kind !== 'snapshot' || event.iteration !== 30 || sent) return;
      sent = true;
      for (const change of changes) send(change);
    });
    const stops = of('accepted').map(({ event }) => event.path);
    const zero = 'members.0.stopped';
    expect(stops).toEqual(['members.1.stopped', zero, zero, zero]);
    expect(of('error').map(({ error }) => error.message)).toEqual([
      'Member 1 has been told to end already.',
      'Member 2 runs already.',
      'There is no member 9.',
      'Member 2 is the last one that runs.',
    ]);
    const { state, members } = JSON.parse(text('run', 'summary.json'));
    expect(state).toBe('finished');
    expect(members.map(({ reason, iterations }: Record<string, unknown>) => [reason, iterations])).toEqual([
      ['stopped by the user', 30],
      ['stopped by the user', 30],
      ['iteration limit', 100],
    ]);
    const path = (name: string) => join(folder.path, name);
    await engine().handle({ kind: 'replay', folder: path('run'), out: path('again'), ...drive });
    for (const file of ['trace.csv', 'events.jsonl', 'measures.jsonl'])
      expect(text('again', file)).toBe(text('run', file));
    branchRun(path('run'), path('branch'), 50, { 'members.2.learningRate': 0.2 });
    await engine().handle({ kind: 'resume', folder: path('branch'), ...drive });
    expect(JSON.parse(text('branch', 'summary.json')).members[0]).toMatchObject({ reason: 'stopped by the user' });
  });

  it('lets a member that its user ended go on where it was, as if it had only waited', async () => {
    const told = (iteration: number, value: number) =>
      ({ iteration, path: 'members.1.stopped', value, source: 'user' }) as const;
    const race = { target: ['3', '-1'] };
    await engine().handle(start('run', { race, planned: [told(30, 1), told(50, 0)] }));
    const { members } = JSON.parse(text('run', 'summary.json'));
    // 20 of its 99 updates are left out.
    expect(members[1]).toMatchObject({ reason: 'iteration limit', iterations: 80 });
    expect(members[1].x[1]).toBeCloseTo(-1 * (1 - 0.9 ** 79), 5);
    const settings = { optimizer: 'adam' };
    await engine().handle(start('plain', { race, settings }));
    await engine().handle(start('undone', { race, settings, planned: [told(30, 1), told(30, 0)] }));
    expect(text('undone', 'trace.csv')).toBe(text('plain', 'trace.csv'));
    // From a checkpoint while it is away.
    await engine().handle(start('left', { race, leaveAfter: 40, planned: [told(30, 1), told(50, 0)] }));
    await engine().handle({ kind: 'resume', folder: join(folder.path, 'left'), ...drive });
    expect(text('left', 'trace.csv')).toBe(text('run', 'trace.csv'));
  });

  it('has as many members as its fit usually has with the method, where nobody says how many', () => {
    const many: Fit = { ...toy, members: { usual: 5, by: { setting: 'target', counts: { 7: 2 } } } };
    const count = (given: Record<string, string>, members?: number, race = {}) =>
      resolveMembers(many, given, race, members).length;
    expect(count({})).toBe(5);
    expect(count({ target: '7' })).toBe(2);
    expect(count({}, 3)).toBe(3);
    expect(count({}, undefined, { target: ['1', '2'] })).toBe(2);
    expect(resolveMembers(toy, {}, {}, undefined).length).toBe(1);
  });

  it('stops where it is with its results, replays to the same, and cannot go on', async () => {
    let sent = false;
    await driven('run', {}, (event, send) => {
      if (event.kind !== 'snapshot' || event.iteration !== 30 || sent) return;
      sent = true;
      send({ kind: 'stop' });
    });
    expect(of('state').at(-1)).toMatchObject({ state: 'stopped', iteration: 31 });
    const last = seen.at(-1);
    expect(last).toMatchObject({ kind: 'finished', summary: { state: 'stopped', iterations: 31 } });
    expect(JSON.parse(text('run', 'summary.json'))).toMatchObject({
      state: 'stopped',
      members: [{ reason: 'stopped', iterations: 31 }],
    });
    expect(readFileSync(join(folder.path, 'run', 'exports', 'x.npy')).length).toBeGreaterThan(0);
    await engine().handle({
      kind: 'replay',
      folder: join(folder.path, 'run'),
      out: join(folder.path, 'again'),
      ...drive,
    });
    for (const file of ['trace.csv', 'events.jsonl', 'measures.jsonl'])
      expect(text('again', file)).toBe(text('run', file));
    // Opened again it is still at its end, and nothing of it is lost.
    const events = text('run', 'events.jsonl');
    await engine().handle({ kind: 'resume', folder: join(folder.path, 'run'), ...drive });
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', summary: { state: 'stopped', iterations: 31 } });
    expect(text('run', 'events.jsonl')).toBe(events);
  });

  it('can be stopped before its first iteration, and while it is paused', async () => {
    await driven('ready', { first: 'pause' }, (event, send) => {
      if (event.kind === 'state' && event.state === 'ready') setImmediate(() => send({ kind: 'stop' }));
    });
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', summary: { state: 'stopped', iterations: 0 } });
    await driven('paused', {}, (event, send) => {
      if (event.kind === 'snapshot' && event.iteration === 3) send({ kind: 'pause' });
      if (event.kind === 'state' && event.state === 'paused') setImmediate(() => send({ kind: 'stop' }));
    });
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', summary: { state: 'stopped' } });
  });

  it('keeps a pace without changing a number, until it may run freely', async () => {
    const times: number[] = [];
    await driven('slow', { pace: 50 }, (event, send) => {
      if (event.kind !== 'snapshot') return;
      times.push(performance.now());
      if (event.iteration === 8) send({ kind: 'pace', perSecond: undefined });
    });
    // Iterations 1 to 8 at 20 ms each; timers are never early, but may be late.
    expect(times[8] - times[1]).toBeGreaterThan(7 * 19);
    await engine().handle(start('free'));
    expect(text('slow', 'trace.csv')).toBe(text('free', 'trace.csv'));
  });

  it('refuses what needs a run when none is loaded', async () => {
    const service = engine();
    await service.handle({ kind: 'pause' });
    await service.handle({ kind: 'change', path: 'learningRate', value: 1 });
    await service.handle({ kind: 'view', ask: 9, view: 'picture', member: 0, frame: undefined, mostPixels: undefined });
    expect(seen).toMatchObject([
      { kind: 'error', of: 'pause', error: { code: 'state' } },
      { kind: 'error', of: 'change', error: { code: 'state' } },
      { kind: 'no-view', ask: 9, error: { code: 'state' } },
    ]);
  });
});

describe('a loss that stops being finite', () => {
  const steep = { iteration: 3, path: 'learningRate', value: 2, source: 'user' } as const;
  const recovered = () =>
    readEvents(join(folder.path, 'run')).filter(({ path }) => path.endsWith('.recovered')) as RunEvent[];

  it('is named with its term and iteration, and the run pauses at the last good state until a change helps', async () => {
    await driven('run', { fit: 'brittle', planned: [steep] }, (event, send) => {
      if (event.kind !== 'diverged') return;
      send({ kind: 'change', path: 'learningRate', value: 0.5 });
      send({ kind: 'go', iterations: undefined });
    });
    const halvings = recovered();
    // At once, then after each of twenty halvings.
    expect(halvings.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 21 }, (_, i) => 3 + i));
    expect(halvings[0]).toMatchObject({ path: 'members.0.recovered', source: 'engine' });
    expect(halvings[0].value).toContain('the distance term of the loss became Infinity');
    expect(halvings[0].value).toContain('state of iteration 0 restored');
    expect(of('diverged')).toMatchObject([
      { iteration: 24, error: { code: 'diverged', where: 'iteration 23, member 0, distance' } },
    ]);
    expect(of('state').map(({ state, iteration }) => `${state} ${iteration}`)).toEqual(
      expect.arrayContaining(['paused 24', 'running 24', 'finished 100']),
    );
    // At its last good state, the start, it is paused; from there it descends at the rate it was given.
    const rows = text('run', 'trace.csv').trim().split('\n').slice(1);
    expect(rows[24].split(',').slice(2, 5)).toEqual(['9', '', '0.5']);
    expect(rows[25].split(',')[2]).toBe('2.25');
    await engine().handle({
      kind: 'replay',
      folder: join(folder.path, 'run'),
      out: join(folder.path, 'again'),
      ...drive,
    });
    expect(text('again', 'trace.csv')).toBe(text('run', 'trace.csv'));
  });

  it.each(['brittle', 'breaking'])('ends one member of a race (%s), and the others go on', async fit => {
    const planned = [{ ...steep, path: 'members.0.learningRate' }];
    await driven('run', { fit, planned, race: { target: ['3', '-1'] } }, () => {});
    expect(of('diverged')).toEqual([]);
    const { bestMember, members } = JSON.parse(text('run', 'summary.json'));
    expect(members).toMatchObject([{ iterations: 24 }, { iterations: 100, reason: 'iteration limit' }]);
    expect(members[0].reason).toMatch(
      fit === 'brittle'
        ? /^diverged: the distance term .* at iteration 23$/
        : /^diverged: It broke, .* at iteration 23$/,
    );
    expect(bestMember).toBe(1);
  });

  it('of all members is mended for all by one change, also after the run was left', async () => {
    const given = { fit: 'brittle', planned: [steep], race: { target: ['3', '-1'] } };
    const help = (send: (command: EngineCommand) => void): void => {
      send({ kind: 'change', path: 'learningRate', value: 0.5 });
      send({ kind: 'go', iterations: undefined });
    };
    await driven('run', given, (event, send) => void (event.kind === 'diverged' && help(send)));
    const { members } = JSON.parse(text('run', 'summary.json'));
    for (const [member, target] of [3, -1].entries()) {
      expect(members[member]).toMatchObject({ iterations: 100, reason: 'iteration limit' });
      expect(members[member].x[0]).toBeCloseTo(target, 6);
    }
    expect(recovered().at(-1)).toMatchObject({ iteration: 24, path: 'members.0.recovered', source: 'engine' });
    expect(recovered().at(-1)?.value).toBe('brought back by a change: state of iteration 0 restored');

    await driven('left', given, (event, send) => void (event.kind === 'diverged' && send({ kind: 'leave' })));
    const resume = { kind: 'resume', folder: join(folder.path, 'left'), ...drive, first: 'pause' } as const;
    await engine((event, send) => void (event.kind === 'state' && event.state === 'ready' && help(send))).handle(
      resume,
    );
    const replay = {
      kind: 'replay',
      folder: join(folder.path, 'run'),
      out: join(folder.path, 'again'),
      ...drive,
    } as const;
    await engine().handle(replay);
    for (const other of ['left', 'again']) {
      for (const file of ['trace.csv', 'events.jsonl', 'measures.jsonl'])
        expect(text(other, file), `${other} ${file}`).toBe(text('run', file));
    }
  });

  it('that is a defect ends the run as one', async () => {
    await driven('run', { fit: 'faulty', planned: [steep] }, () => {});
    expect(seen.at(-1)).toMatchObject({
      kind: 'error',
      of: 'start',
      error: { code: 'internal', message: 'A defect.' },
    });
  });
});

describe('a branch', () => {
  const planned = [
    { iteration: 20, path: 'learningRate', value: 0.3, source: 'user' },
    { iteration: 60, path: 'learningRate', value: 0.05, source: 'user' },
  ];
  const at = (name: string) => join(folder.path, name);
  const same = (one: string, other: string) => {
    for (const file of ['trace.csv', 'events.jsonl', 'measures.jsonl'])
      expect(text(one, file), file).toBe(text(other, file));
    expect(listSnapshots(at(one))).toEqual(listSnapshots(at(other)));
  };

  it.each([
    ['a checkpoint', 40],
    ['no checkpoint before it', undefined],
  ])('without changes gives the bits of its parent, from %s', async (_, leaveAfter) => {
    await engine().handle(start('parent', { planned: planned.slice(0, 1), leaveAfter }));
    if (leaveAfter === undefined) rmSync(join(at('parent'), 'checkpoints'), { recursive: true });
    else await engine().handle({ kind: 'resume', folder: at('parent'), ...drive });
    branchRun(at('parent'), at('branch'), 50, {});
    seen = [];
    await engine().handle({ kind: 'resume', folder: at('branch'), ...drive });
    expect(of('note')[0].text).toBe(`Resuming at iteration ${leaveAfter ?? 0}`);
    same('branch', 'parent');
    expect(JSON.parse(text('branch', 'recipe.json')).parent).toEqual({ run: 'parent', iteration: 50 });
  });

  it('with a change is the run that was started with that change, and without the later ones of its parent', async () => {
    await engine().handle(start('parent', { planned, leaveAfter: 40 }));
    await engine().handle({ kind: 'resume', folder: at('parent'), ...drive });
    branchRun(at('parent'), at('branch'), 45, { learningRate: 0.7 });
    await engine().handle({ kind: 'resume', folder: at('branch'), ...drive });
    const instead = [planned[0], { iteration: 45, path: 'learningRate', value: 0.7, source: 'user' }];
    await engine().handle(start('planned', { planned: instead }));
    same('branch', 'planned');
  });

  it('takes the place of a change of its parent at the same iteration', async () => {
    await engine().handle(start('parent', { planned }));
    branchRun(at('parent'), at('branch'), 20, { learningRate: 0.7 });
    await engine().handle({ kind: 'resume', folder: at('branch'), ...drive });
    await engine().handle(start('planned', { planned: [{ ...planned[0], value: 0.7 }] }));
    same('branch', 'planned');
  });

  it('of a stopped run goes on past the stop', async () => {
    let sent = false;
    await driven('parent', {}, (event, send) => {
      if (event.kind !== 'snapshot' || event.iteration !== 30 || sent) return;
      sent = true;
      send({ kind: 'stop' });
    });
    branchRun(at('parent'), at('branch'), 31, { learningRate: 0.5 });
    await engine().handle({ kind: 'resume', folder: at('branch'), ...drive });
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', summary: { state: 'finished', iterations: 100 } });
  });

  it('is refused for values that the run does not take, before a folder is made', async () => {
    await engine().handle(start('parent'));
    expect(() => branchRun(at('parent'), at('branch'), 5, { learningRat: 1 })).toThrow('no live hyper-parameter');
    expect(existsSync(at('branch'))).toBe(false);
    expect(() => branchRun(at('parent'), at('parent'), 5, {})).toThrow('not empty');
    expect(() => branchRun(at('nothing'), at('branch'), 5, {})).toThrow('not a run folder');
  });
});
