import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { pathOfColmap } from '../../formats/colmap.ts';
import { decodeColmapText } from '../../formats/colmap-text.ts';
import { trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { realValues } from '../../protocol/views.ts';
import type { FitInput, Problem, SettingValues } from '../fit.ts';
import { cameraHyper } from './camera-method.ts';
import { flowmap } from './flowmap.ts';
import { arcPath, sampleCamera } from './sample-paths.ts';
import { filmScene, room } from './sample-videos.ts';

const frames = 10;
const path = arcPath(frames, 20);
const camera = sampleCamera(200);
const shape = [frames, camera.height, camera.width, 1];
const names = path.map((_, f) => `shot-${f}.jpg`);
const settings: SettingValues = { frames: 60, descents: 120, observations: 1500 };

let device: CpuDevice;
let film: FitInput;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 1 });
  const values = filmScene(room, camera, path);
  film = { name: 'walk', kind: 'video', shape, values, fullScale: 255, frameNames: names };
});
afterAll(() => device.dispose());

const load = (input: FitInput, own: SettingValues = settings, members = 2) =>
  flowmap.load(input, Array<SettingValues>(members).fill(own), { device, seed: 0 });

const filesOf = async (problem: Problem, member: number) =>
  (await problem.files?.(member, async ({ width, height }) => Uint8Array.of(width, height))) ?? [];

/** Drives a problem to its end, as the engine does; the member that ended lowest. */
function drive(problem: Problem): number {
  const ends = problem.members.map(() => Infinity);
  let active = problem.members.map((_, member) => member);
  while (active.length > 0) {
    const evaluations = problem.evaluate(active.map(member => ({ member, hyper: cameraHyper })));
    active = active.filter((member, k) => {
      ends[member] = evaluations[k].validation ?? Infinity;
      return evaluations[k].converged !== true;
    });
    for (const member of active) problem.advance?.(member, cameraHyper);
  }
  return ends.indexOf(Math.min(...ends));
}

describe('the fit flowmap', () => {
  it('finds the cameras of a film of a room, and hands them on under the names of its frames', async () => {
    const truth = path.map((worldFromCam, f) => ({ worldFromCam, camera, imageFile: names[f], timestamp: undefined }));
    const problem = await load({ ...film, truth });
    const best = drive(problem);
    const history = { iterations: [], loss: [], validation: [] };
    const measures = problem.measure(best, { iteration: 0, hyper: cameraHyper, history, when: 'final' });
    expect(measures.focalPixels).toBeGreaterThan(0.97 * camera.fx);
    expect(measures.focalPixels).toBeLessThan(1.03 * camera.fx);
    expect(measures.residualPixels).toBeLessThan(0.3);
    const files = Object.fromEntries((await filesOf(problem, best)).map(({ name, bytes }) => [name, bytes]));
    const model = ['cameras', 'images', 'points3D'].map(name => [`${name}.txt`, files[`colmap/${name}.txt`]]);
    const cameras = pathOfColmap(decodeColmapText(Object.fromEntries(model), 'colmap'), 'colmap');
    expect(cameras.map(({ imageFile }) => imageFile)).toEqual(names);
    const errors = trajectoryErrors(
      cameras.map(({ worldFromCam }) => worldFromCam),
      path,
    );
    expect(errors.auc10).toBeGreaterThan(0.95);
    expect(errors.atePercentOfPath).toBeLessThan(0.5);

    // The true cameras were no part of the fit: they are laid over it, and tell how far off it is.
    expect(measures.atePercent).toBeCloseTo(errors.atePercentOfPath ?? Number.NaN, 6);
    expect(measures.trueFocalPixels).toBeCloseTo(camera.fx, 9);
    expect(Number(measures.focalPixels)).toBeCloseTo(camera.fx * (1 + Number(measures.focalErrorPercent) / 100), 9);
    const centresOf = (id: string) => realValues(problem.view(id, best), 'worldFromCam').filter((_, k) => k % 4 === 3);
    const [fitted, known] = [centresOf('cameras'), centresOf('true-cameras')];
    const length = Math.hypot(...[0, 1, 2].map(k => fitted[fitted.length - 3 + k] - fitted[k]));
    expect(Math.max(...fitted.map((value, k) => Math.abs(value - known[k])))).toBeLessThan(0.02 * length);

    const points = problem.view('points', best);
    expect(points.positions.shape).toEqual(points.colours.shape);
    const confidence = realValues(points, 'confidence').toSorted();
    expect(confidence.length).toBe(points.positions.shape[0]);
    expect(confidence[0]).toBeGreaterThanOrEqual(0);
    expect(confidence[confidence.length >> 1]).toBeGreaterThan(0.5);
    expect(confidence[confidence.length - 1]).toBeLessThanOrEqual(1);
    const tracks = problem.view('tracks', 0);
    const places = tracks.positions.values;
    expect(tracks.starts.values[tracks.starts.values.length - 1]).toBe(tracks.frames.values.length);
    expect(Math.max(...places.filter((_, k) => k % 2 === 0))).toBeLessThan(camera.width);
    expect(Math.max(...places.filter((_, k) => k % 2 === 1))).toBeLessThan(camera.height);
    expect(problem.view('cameras', best).worldFromCam.shape).toEqual([frames, 3, 4]);
    expect([...files['scene.glb'].subarray(0, 4)]).toEqual([...'glTF'].map(letter => letter.charCodeAt(0)));
    expect(problem.view('frames', 0, 3).values.shape).toEqual([1, camera.height, camera.width, 1]);
    problem.dispose();
  });

  it('takes every so many frames of a long video, and names what it took', async () => {
    const problem = await load(film, { ...settings, frames: 5 });
    expect(problem.summary).toMatchObject({ frames: 5 });
    const files = await filesOf(problem, 0);
    const transforms = files.find(({ name }) => name === 'transforms.json');
    const { frames: named } = JSON.parse(new TextDecoder().decode(transforms?.bytes));
    expect(named.map(({ file_path }: { file_path: string }) => file_path)).toEqual(names.filter((_, f) => f % 2 === 0));
    problem.dispose();
  });

  it('refuses true cameras of another video', async () => {
    const truth = path.slice(1).map(worldFromCam => ({
      ...{ worldFromCam, camera, imageFile: undefined, timestamp: undefined },
    }));
    await expect(load({ ...film, truth })).rejects.toThrow('0 of 10 frames have a true camera (by order)');
    expect(device.allocatedBytes).toBe(0);
  });

  it('refuses what is no video, two frames, and a standing picture, with the reason', async () => {
    const size = camera.width * camera.height;
    const picture: FitInput = {
      ...film,
      kind: 'picture',
      shape: shape.slice(1),
      values: film.values.subarray(0, size),
    };
    await expect(load(picture)).rejects.toThrow('this is one picture');
    const two = { ...film, shape: [2, ...shape.slice(1)], values: film.values.subarray(0, 2 * size) };
    await expect(load(two)).rejects.toThrow('2 frames are too few');
    const still = new Float32Array(film.values.length);
    for (let f = 0; f < frames; f++) still.set(film.values.subarray(0, size), f * size);
    await expect(load({ ...film, values: still })).rejects.toThrow('hardly moves');
    const blank = new Float32Array(film.values.length).fill(0.5);
    await expect(load({ ...film, values: blank })).rejects.toThrow('points could be followed');
    expect(device.allocatedBytes).toBe(0);
  });
});
