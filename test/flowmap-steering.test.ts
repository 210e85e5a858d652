// A camera fit that is steered in all its stages: what was turned is recorded, acts, and gives the same bits when it is replayed or
// resumed in the middle of its dense depth, with any number of threads.

import { describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../src/engine/checkpoint.ts';
import { createRun, type Run } from '../src/engine/run.ts';
import { resolveMembers } from '../src/engine/settings.ts';
import type { Problem } from '../src/fits/fit.ts';
import { flowmap } from '../src/fits/flowmap/flowmap.ts';
import { arcPath, sampleCamera } from '../src/fits/flowmap/sample-paths.ts';
import { filmScene, room } from '../src/fits/flowmap/sample-videos.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import type { RunEvent, TraceRow } from '../src/protocol/run.ts';
import { realValues } from '../src/protocol/views.ts';

const frames = 6;
const camera = sampleCamera(160);
const values = filmScene(room, camera, arcPath(frames, 12));
const shape = [frames, camera.height, camera.width, 1];
const film = { name: 'walk', kind: 'video', shape, values, fullScale: 255 } as const;
const given = { descents: 30, observations: 300, depthDescents: 16 };
const usual = resolveMembers(flowmap, given, {}, 2);

interface Fitted {
  readonly run: Run;
  readonly problem: Problem;
  readonly rows: TraceRow[];
  readonly log: RunEvent[];
}

/** `act` may change the run before any of its iterations. */
async function withRun<Result>(
  {
    threads = 1,
    events = [],
    members = usual,
  }: { readonly threads?: number; readonly events?: readonly RunEvent[]; readonly members?: typeof usual },
  act: (fitted: Fitted) => Result,
): Promise<Result> {
  const device = await openNodeDevice({ threads });
  const problem = await flowmap.load(film, members, { device, seed: 0 });
  const [rows, log]: [TraceRow[], RunEvent[]] = [[], []];
  const sink = {
    log: (event: RunEvent) => void log.push(event),
    event() {},
    trace: (row: TraceRow) => void rows.push(row),
  };
  const run = createRun({ problem, fit: flowmap, members, seed: 0, sink, events });
  try {
    return act({ run, problem, rows, log });
  } finally {
    problem.dispose();
    device.dispose();
  }
}

const toEnd = ({ run }: Fitted, before: (iteration: number) => void = () => {}): Uint8Array => {
  while (!run.done) {
    before(run.iteration);
    run.step();
  }
  return run.checkpoint();
};

const isDense = ({ terms }: TraceRow) => Number.isFinite(terms[2]);

describe('a steered camera fit', () => {
  it('replays and resumes to the same bits, and goes another way than one that was left alone', async () => {
    const alone = await withRun({}, fitted => ({
      end: toEnd(fitted),
      firstDense: fitted.rows.find(isDense)!.iteration,
    }));
    const { firstDense } = alone;
    const turned: Record<number, readonly (readonly [string, number])[]> = {
      3: [
        ['learningRate', 0.02],
        ['depthRate', 0.01],
      ],
      5: [
        ['members.1.focalRate', 0.05],
        ['scaleFactor', 2],
      ],
      [firstDense + 3]: [
        ['depthRate', 0.05],
        ['smoothness', 1],
        ['longestGap', 2],
      ],
      [firstDense + 6]: [
        ['consistency', 0.5],
        ['longestGap', 4],
      ],
    };
    const steered = await withRun({}, fitted => {
      const end = toEnd(fitted, iteration => {
        for (const [path, value] of turned[iteration] ?? []) fitted.run.change(path, value);
      });
      return { end, rows: fitted.rows, user: fitted.log.filter(({ source }) => source === 'user') };
    });
    expect(steered.user).toHaveLength(9);
    const dense = steered.rows.filter(isDense);
    expect(dense.length).toBeGreaterThan(given.depthDescents);
    expect(Buffer.compare(steered.end, alone.end)).not.toBe(0);

    const halfway = await withRun({ threads: 2, events: steered.user }, fitted => {
      let kept: Uint8Array | undefined;
      const end = toEnd(fitted, iteration => {
        if (iteration === firstDense + 5) kept = fitted.run.checkpoint();
      });
      expect(Buffer.compare(end, steered.end)).toBe(0);
      expect(fitted.rows).toEqual(steered.rows);
      return kept!;
    });
    const resumed = await withRun({ events: steered.user }, fitted => {
      fitted.run.restore(decodeCheckpoint(halfway, 'halfway'), 'halfway');
      expect(fitted.run.iteration).toBe(firstDense + 5);
      return toEnd(fitted);
    });
    expect(Buffer.compare(resumed, steered.end)).toBe(0);
  });
});

describe('mode flow', () => {
  const members = resolveMembers(flowmap, { method: 'flow', descents: 10, observations: 300 }, {}, 1);

  it('measures a frame in each pass, and comes to the same bits whether it is watched, or resumed halfway', async () => {
    const alone = await withRun({ members }, fitted => ({ end: toEnd(fitted), rows: fitted.rows }));
    const isFlow = ({ terms }: TraceRow) => Number.isFinite(terms[2]);
    expect(alone.rows.findIndex(isFlow)).toBe(frames - 1);
    expect(alone.rows.filter(isFlow)).toHaveLength(11);
    let halfway: Uint8Array | undefined;
    const centres: number[][] = [];
    const watched = await withRun({ members, threads: 2 }, fitted => {
      const { run, problem } = fitted;
      return toEnd(fitted, iteration => {
        if (iteration === 9) halfway = run.checkpoint();
        centres.push([...realValues(problem.view('cameras', 0), 'worldFromCam')].filter((_, k) => k % 4 === 3));
        problem.view('points', 0);
      });
    });
    expect(Buffer.compare(watched, alone.end)).toBe(0);
    // Every pass of the descent shows cameras of its own.
    expect(new Set(centres.map(values => values.join())).size).toBeGreaterThan(9);
    const resumed = await withRun({ members }, fitted => {
      fitted.run.restore(decodeCheckpoint(halfway!, 'halfway'), 'halfway');
      return toEnd(fitted);
    });
    expect(Buffer.compare(resumed, alone.end)).toBe(0);
  });
});
