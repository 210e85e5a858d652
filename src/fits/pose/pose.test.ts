// The fit `pose` in the engine: its parameters' gradient, a run of each method, live changes replayed to the same bits.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { createRun } from '../../engine/run.ts';
import { resolveMembers } from '../../engine/settings.ts';
import { decodeCsv } from '../../formats/csv.ts';
import type { LoadedPoseScene, PoseModel } from '../../formats/pose-scene.ts';
import { decimateMesh } from '../../geometry/decimate.ts';
import { perturbPose, shells } from '../../geometry/perturbed-starts.ts';
import { type CamFromObject, matrix4x4 } from '../../geometry/rigid.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import type { RunEvent, TraceRow } from '../../protocol/run.ts';
import type { FitInput } from '../fit.ts';
import { pose } from './pose.ts';
import { loadPose, polishPasses } from './problem.ts';
import { publishedSettings, refinePublished } from './published.ts';
import { polishSettings, refineByDescent, refinePose } from './refine.ts';
import { makeSampleScene } from './sample-scene.ts';

let device: CpuDevice;
const [sample] = pose.samples;
/** Beside the true pose, by the seed of the run. */
const away = { ...sample.settings, startTurn: 30, startShift: 12 };
let input: FitInput;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
  input = { ...sample.make(), start: undefined };
}, 120000);
afterAll(() => device.dispose());

async function run(
  given: Record<string, string | number>,
  members: number,
  changes: [number, string, number][] = [],
  from = input,
) {
  const settings = resolveMembers(pose, given, {}, members, away);
  const problem = await pose.load(from, settings, { device, seed: 3 });
  const rows: TraceRow[] = [];
  const events: RunEvent[] = [];
  const engine = createRun({
    ...{ problem, fit: pose, members: settings, seed: 3 },
    sink: { event: event => events.push(event), log: () => undefined, trace: row => rows.push(row) },
  });
  while (!engine.done) {
    for (const [iteration, path, value] of changes) if (engine.iteration === iteration) engine.change(path, value);
    engine.step();
  }
  const best = [...engine.members].sort((a, b) => (a.bestValidation ?? 9) - (b.bestValidation ?? 9))[0].member;
  const measures = engine.measure(best, 'final') as Record<string, number>;
  const parameters = problem.members.map(({ blocks }) => Array.from(blocks[0].values));
  return { problem, engine, rows, events, measures, parameters };
}

describe('polish', () => {
  it('brings a box from 30 degrees and 12 mm to under 0.3 mm, dropping members on the way', async () => {
    const { measures, engine, problem } = await run({}, 32);
    expect(measures.addMillimetres).toBeLessThan(0.3);
    const left = engine.members.filter(({ reason }) => reason === 'left to better members');
    expect(left.length).toBe(32 - polishSettings.stages[polishSettings.stages.length - 1].members);
    // A box looks the same in four poses, and one counts as well as the other.
    expect(measures).toMatchObject({ verdict: 'symmetric', finding: expect.stringContaining('4 poses look the same') });
    expect(measures.overlap).toBeGreaterThan(0.9);
    expect(measures.addSMillimetres).toBeLessThanOrEqual(measures.addMillimetres);
    // What is expected of the errors is of their size: a tenth of a millimetre, not ten.
    for (const name of ['rotationDeviationDegrees', 'alongDeviationMillimetres', 'acrossDeviationMillimetres']) {
      expect(measures[name], name).toBeGreaterThan(1e-3);
      expect(measures[name], name).toBeLessThan(1);
    }
    const files = await engine.files(0, async () => new Uint8Array(4));
    expect(files.map(({ name }) => name)).toEqual([
      ...['poses.csv', 'pose.json', 'covariance.json', 'members.csv', 'scene.glb'],
    ]);
    const { rows } = decodeCsv(files[3].bytes, 'members.csv');
    expect(rows.length).toBe(32);
    problem.dispose();
  });

  it('finds a bowl but for its turn, which stays open', async () => {
    const bowl = pose.samples.find(({ id }) => id === 'bowl')!;
    const { measures, problem } = await run({ object: Number(bowl.settings?.object) }, 8, [], {
      ...bowl.make(),
      start: undefined,
    });
    expect(measures).toMatchObject({ verdict: 'symmetric', finding: expect.stringContaining('turn about') });
    expect(measures.addSMillimetres).toBeLessThan(0.3);
    // Its start was turned about its axis too, and nothing turns it back.
    expect(measures.addMillimetres).toBeGreaterThan(1);
    expect(measures.rotationDegrees).toBeLessThan(0.5);
    problem.dispose();
  });

  it('takes a member that was away for a while back among the others, whose way it does not change', async () => {
    const [{ passes }] = polishSettings.stages;
    const away: [number, string, number] = [1, 'members.0.stopped', 1];
    const gone = await run({}, 8, [away]);
    const back = await run({}, 8, [away, [passes - 2, 'members.0.stopped', 0]]);
    const ofOthers = ({ rows }: typeof back) =>
      rows.filter(({ member, iteration }) => member > 0 && iteration < passes).map(({ loss }) => loss);
    expect(ofOthers(back)).toEqual(ofOthers(gone));
    expect(back.rows.filter(({ member, iteration }) => member === 0 && iteration < passes)).toHaveLength(3);
    expect(back.engine.members[0].reason).not.toContain('stopped');
    expect(back.measures.addMillimetres).toBeLessThan(0.3);
  });

  it('keeps a locked member to the end', async () => {
    const { measures, engine, problem } = await run({}, 32);
    const loser = engine.members.find(({ reason }) => reason === 'left to better members')?.member as number;
    problem.dispose();
    const locked = await run({}, 32, [[0, `members.${loser}.locked`, 1]]);
    expect(locked.engine.members[loser].reason).toBe('all stages done');
    expect(locked.engine.members.filter(({ reason }) => reason === 'all stages done').length).toBe(
      polishSettings.stages[polishSettings.stages.length - 1].members,
    );
    expect(locked.measures.addMillimetres).toBeLessThan(2 * (measures.addMillimetres as number) + 0.1);
    locked.problem.dispose();
  });

  it('shows a loss that does not depend on the scales of the stages: no member that stays ends above its start', async () => {
    const { rows, problem } = await run({}, 8);
    for (let member = 0; member < 8; member++) {
      const own = rows.filter(row => row.member === member);
      if (own.length < polishPasses) continue;
      expect(own[own.length - 1].loss, `member ${member}`).toBeLessThan(own[0].loss);
    }
    problem.dispose();
  });

  it('gives the same bits again with the same changes, and others without', async () => {
    const changes: [number, string, number][] = [
      [1, 'members.2.learningRate', 0.5],
      [4, 'depthWeight', 0.3],
    ];
    const [one, two, other] = [await run({}, 12, changes), await run({}, 12, changes), await run({}, 12)];
    expect(two.parameters).toEqual(one.parameters);
    expect(two.rows).toEqual(one.rows);
    expect(other.parameters).not.toEqual(one.parameters);
    for (const { problem } of [one, two, other]) problem.dispose();
  });
});

describe('a batch and a run in the window', () => {
  it.each(['polish', 'descent', 'diffdope'])('give the same pose for the same start and seed by %s', async method => {
    const { scene } = input as { scene: LoadedPoseScene };
    const [{ camFromObject: truth }] = scene.scene.frames[0].instances;
    const start = perturbPose(truth as CamFromObject, shells[1], createRandom(8, 'start'));
    const settings = resolveMembers(pose, { method }, {}, 8, {});
    const objectId = scene.scene.objects[0].objectId;
    const problem = await loadPose({ scene, frame: 0, objectId, start }, settings, { device, seed: 5 });
    const engine = createRun({
      ...{ problem, fit: pose, members: settings, seed: 5 },
      sink: { event: () => undefined, log: () => undefined, trace: () => undefined },
    });
    while (!engine.done) engine.step();
    const [best] = [...engine.members].sort((a, b) => (a.bestValidation ?? 9) - (b.bestValidation ?? 9));

    const { mesh, name } = scene.models.get(objectId) as PoseModel;
    const full = prepareMesh(mesh, name);
    const reduced = prepareMesh((await decimateMesh(mesh, 3000)).mesh, name, full);
    const meshes = { full: uploadMesh(device, full), reduced: uploadMesh(device, reduced) };
    const { camera, masks, depthMillimetres: depth } = scene.pixels[0];
    const observation = { camera, mask: masks[0] as Float32Array, depth };
    const given = { members: 8, seed: 5 };
    const result =
      method === 'polish'
        ? refinePose(device, meshes, observation, start, { ...polishSettings, ...given })
        : method === 'descent'
          ? refineByDescent(device, meshes, observation, start, given)
          : refinePublished(device, meshes, observation, start, { ...publishedSettings, ...given });
    const [exported] = problem.exports(best.member);
    expect(exported.values).toEqual(Float32Array.from(matrix4x4(result.pose)));
    expect(best.member).toBe(result.members[0].index);
    expect(best.seconds).toBeGreaterThan(0);
    problem.dispose();
    meshes.full.dispose();
    meshes.reduced.dispose();
  });
});

describe('several views', () => {
  const scene = makeSampleScene({ frames: 2, seed: 4, width: 240 });
  const blind = { ...scene, pixels: scene.pixels.map(frame => ({ ...frame, depthMillimetres: undefined })) };
  const box = scene.scene.objects.findIndex(({ name }) => name === 'box');
  const { objectId } = scene.scene.objects[box];
  const truth = scene.scene.frames[0].instances[box].camFromObject as CamFromObject;
  const start = perturbPose(truth, shells[1], createRandom(2, 'start'));
  const settings = resolveMembers(pose, {}, {}, 8, {});

  it('of the scene are fitted together through their known cameras', async () => {
    const problem = await loadPose({ scene: blind, frame: 0, objectId, start, views: 2 }, settings, {
      device,
      seed: 1,
    });
    const engine = createRun({
      ...{ problem, fit: pose, members: settings, seed: 1 },
      sink: { event: () => undefined, log: () => undefined, trace: () => undefined },
    });
    while (!engine.done) engine.step();
    const [best] = [...engine.members].sort((a, b) => (a.bestValidation ?? 9) - (b.bestValidation ?? 9));
    // A pixel is 1.9 mm there; with a camera in the wrong place the two masks would not agree.
    expect(engine.measure(best.member, 'final').translationMillimetres).toBeLessThan(0.4);
    expect(best.bestValidation).toBeLessThan(0.1);
    problem.dispose();
  });

  it('that are not there are said to be missing', async () => {
    const loading = loadPose({ scene, frame: 0, objectId, start, views: 3 }, settings, { device, seed: 1 });
    await expect(loading).rejects.toThrow(/Frame 0 and 2 more that show object/);
  });
});

describe('descent', () => {
  it('moves members by the optimizer, nearer to the truth', async () => {
    const { measures, problem, events } = await run({ method: 'descent', iterations: 60, schedule: 'cosine' }, 16);
    expect(measures.addMillimetres).toBeLessThan(5);
    expect(events.some(({ path }) => path.endsWith('recovered'))).toBe(false);
    problem.dispose();
  });

  it('has gradients of the mask loss by its own six numbers, at turned members too', async () => {
    const given = { method: 'descent', size: '128', startTurn: 4, startShift: 2 };
    const settings = resolveMembers(pose, given, {}, 1, sample.settings);
    const problem = await pose.load(input, settings, { device, seed: 1 });
    const [{ values, gradients }] = problem.members[0].blocks;
    const hyper = { maskWeight: 1, depthWeight: 0, silhouetteScale: 8, depthScale: 0.2 };
    const lossAt = () => problem.evaluate([{ member: 0, hyper }])[0].loss;
    values.set([0.03, -0.05, 0.04, 0.01, -0.01, 0.01]);
    lossAt();
    const got = Float64Array.from(gradients as Float32Array);
    const at = values.slice();
    const slopes = Array.from({ length: 6 }, (_, k) => {
      // A fit over a few steps: pixels that come and go make the loss jump a little.
      let [products, squares] = [0, 0];
      for (let s = -8; s <= 8; s++) {
        values.set(at);
        values[k] += 5e-4 * s;
        products += lossAt() * 5e-4 * s;
        squares += (5e-4 * s) ** 2;
      }
      return products / squares;
    });
    const largest = Math.max(...slopes.map(Math.abs));
    slopes.forEach((slope, k) => {
      expect(Math.abs(got[k] - slope), `number ${k}: ${got[k]} of ${slope}`).toBeLessThan(0.15 * largest);
    });
    problem.dispose();
  });
});

describe('views and exports', () => {
  it('hold what they say', async () => {
    const problem = await pose.load(input, resolveMembers(pose, {}, {}, 1, sample.settings), {
      device,
      seed: 1,
    });
    for (const { id, kind } of problem.views) {
      if (kind === 'series') continue;
      for (const [name, { shape, values }] of Object.entries(problem.view(id, 0))) {
        expect(values.length, `${id} ${name}`).toBe(shape.reduce((product, n) => product * n, 1));
      }
    }
    expect(problem.report?.facts.Symmetry).toBe('4 poses look the same');
    const [forward, backward] = problem.exports(0);
    // camFromObject times objectFromCam is the identity.
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) sum += Number(forward.values[4 * i + k]) * Number(backward.values[4 * k + j]);
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 3);
      }
    }
    problem.dispose();
  });
});
