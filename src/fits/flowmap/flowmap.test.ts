import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { pathOfColmap } from '../../formats/colmap.ts';
import { decodeColmapText } from '../../formats/colmap-text.ts';
import { median } from '../../geometry/pose-metrics.ts';
import { rigidFromMatrix, type WorldFromCam } from '../../geometry/rigid.ts';
import { trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { realValues } from '../../protocol/views.ts';
import type { FitInput, MeasureContext, NetworkDepth, Problem, SettingValues } from '../fit.ts';
import { cameraHyper } from './camera-method.ts';
import { flowmap } from './flowmap.ts';
import { arcPath, sampleCamera, tripodPath } from './sample-paths.ts';
import { ballRoom, filmScene, room } from './sample-videos.ts';
import { reprojectionErrors } from './track-fixtures.ts';

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

const load = (input: FitInput, own: SettingValues = settings, members = 2, mask?: FitInput) =>
  flowmap.load(input, Array<SettingValues>(members).fill(own), { device, seed: 0, mask });

const finalLook: MeasureContext = {
  iteration: 0,
  hyper: cameraHyper,
  history: { iterations: [], loss: [], validation: [] },
  when: 'final',
};

const filesOf = async (problem: Problem, member: number) =>
  (await problem.files?.(member, async ({ width, height }) => Uint8Array.of(width, height), cameraHyper)) ?? [];

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
    const measures = problem.measure(best, finalLook);
    expect(measures.focalPixels).toBeGreaterThan(0.97 * camera.fx);
    expect(measures.focalPixels).toBeLessThan(1.03 * camera.fx);
    expect(measures.residualPixels).toBeLessThan(0.3);
    const files = Object.fromEntries((await filesOf(problem, best)).map(({ name, bytes }) => [name, bytes]));
    const model = ['cameras', 'images', 'points3D'].map(name => [`${name}.txt`, files[`colmap/${name}.txt`]]);
    const reconstruction = decodeColmapText(Object.fromEntries(model), 'colmap');
    const cameras = pathOfColmap(reconstruction, 'colmap');
    expect(median(Array.from(reprojectionErrors(reconstruction)))).toBeLessThan(0.3);
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
    const namesOf = async (input: FitInput) => {
      const problem = await load(input, { ...settings, frames: 5 });
      expect(problem.summary).toMatchObject({ frames: 5 });
      const files = await filesOf(problem, 0);
      problem.dispose();
      const transforms = files.find(({ name }) => name === 'transforms.json');
      const { frames: named } = JSON.parse(new TextDecoder().decode(transforms?.bytes));
      return named.map(({ file_path }: { file_path: string }) => file_path);
    };
    expect(await namesOf(film)).toEqual(names.filter((_, f) => f % 2 === 0));
    // Frames of a file are named by their place in it, whatever part of it was read.
    const part = { ...film, frameNames: undefined, indices: path.map((_, f) => 8 + 3 * f) };
    expect(await namesOf(part)).toEqual([8, 14, 20, 26, 32].map(n => `frame-000${String(n).padStart(2, '0')}.png`));
  });

  it('asks a depth network about every frame, and lets its pull be turned', async () => {
    const asked: number[][] = [];
    const network: NetworkDepth = async ({ width, height, channels, values }) => {
      asked.push([width, height, channels, values.length]);
      return { width: 4, height: 3, values: Float32Array.from({ length: 12 }, (_, i) => i) };
    };
    const context = { device, seed: 0, network };
    const withNetwork = await flowmap.load(film, [{ ...settings, depthDescents: 2 }], context);
    expect(asked).toEqual(Array(frames).fill([camera.width, camera.height, 1, camera.width * camera.height]));
    expect(withNetwork.members[0].ignores).not.toContain('networkWeight');
    withNetwork.dispose();
    // Without dense depth there is nothing to ask for.
    const pointsOnly = await flowmap.load(film, [{ ...settings, depthDescents: 0 }], context);
    expect(asked).toHaveLength(frames);
    expect(pointsOnly.members[0].ignores).toContain('networkWeight');
    pointsOnly.dispose();
  });

  it('refuses true cameras of another video', async () => {
    const truth = path.slice(1).map(worldFromCam => ({
      ...{ worldFromCam, camera, imageFile: undefined, timestamp: undefined },
    }));
    await expect(load({ ...film, truth })).rejects.toThrow('0 of 10 frames have a true camera (by order)');
    expect(device.allocatedBytes).toBe(0);
  });

  it('refuses what is no video, one frame or two, and a standing picture, with the reason', async () => {
    const size = camera.width * camera.height;
    const picture: FitInput = {
      ...film,
      kind: 'picture',
      shape: shape.slice(1),
      values: film.values.subarray(0, size),
    };
    await expect(load(picture)).rejects.toThrow('this is one picture');
    const one = { ...film, shape: [1, ...shape.slice(1)], values: film.values.subarray(0, size) };
    await expect(load(one)).rejects.toThrow('One frame is too few');
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

describe('films that a still scene does not explain', () => {
  const size = camera.width * camera.height;
  const filmOf = (poses: readonly WorldFromCam[], scene = room): FitInput => ({
    ...film,
    shape: [poses.length, ...shape.slice(1)],
    values: filmScene(scene, camera, poses),
    frameNames: undefined,
  });

  it('a camera on a tripod is refused', async () => {
    await expect(load(filmOf(tripodPath(frames, 20)))).rejects.toThrow('The camera only turns');
  });

  it('a jump between two places is refused, with the frames that it lies between', async () => {
    // From two sides of the room.
    const round = arcPath(200, 358);
    const jump = filmOf([...round.slice(0, 5), ...round.slice(100, 105)]);
    const counted = { ...jump, indices: Array.from({ length: 10 }, (_, f) => 8 + 2 * f) };
    await expect(load(counted)).rejects.toMatchObject({
      message: expect.stringMatching(/connects? frame 16 with frame 18: the picture jumps, blurs.* or something moves/),
      tip: expect.stringContaining('up to 16 or from 18 on'),
    });
  });

  it('blurred frames in the middle are refused', async () => {
    const values = film.values.slice();
    for (const f of [4, 5]) values.set(blurred(film.values.subarray(size * f, size * (f + 1)), 15), size * f);
    await expect(load({ ...film, values })).rejects.toThrow(
      /connects? frame [345] with frame [456]: the picture jumps, blurs/,
    );
  });

  it('a wall without texture is refused, however noisy', async () => {
    const random = createRandom(5, 'noise');
    const values = film.values.map(() => 0.5 + 0.01 * random.normal());
    await expect(load({ ...film, values })).rejects.toThrow(/points could be followed|has no texture/);
  });

  /** [height, width], the mean over squares of 2 · `radius` + 1 pixels, as far as they lie in the picture. */
  function blurred(values: FitInput['values'], radius: number): Float64Array {
    const { width, height } = camera;
    const along = (from: ArrayLike<number>, step: number, length: number, place: (p: number) => number) =>
      Float64Array.from({ length: size }, (_, p) => {
        const [first, last] = [Math.max(0, place(p) - radius), Math.min(length - 1, place(p) + radius)];
        let sum = 0;
        for (let at = first; at <= last; at++) sum += from[p + (at - place(p)) * step];
        return sum / (last - first + 1);
      });
    const rows = along(values, 1, width, p => p % width);
    return along(rows, width, height, p => Math.floor(p / width));
  }

  it('a ball that passes spoils the cameras, and a mask of it gives them back', async () => {
    const poses = arcPath(frames, 20);
    const moving = filmOf(poses, ballRoom);
    const still = filmScene(ballRoom, camera, poses, (_, surface) => (surface < 0 ? 0 : 1));
    const resultWith = async (hidden: FitInput | undefined) => {
      const problem = await load(moving, { ...settings, depthDescents: 0 }, 2, hidden);
      const best = drive(problem);
      const found = problem.exports(best).find(({ name }) => name === 'world_from_cam')?.values ?? new Float32Array(0);
      problem.dispose();
      const fitted = poses.map((_, f) =>
        rigidFromMatrix<'world', 'cam'>(Array.from(found.slice(16 * f, 16 * f + 16)), `frame ${f}`),
      );
      return trajectoryErrors(fitted, poses);
    };
    const bare = await resultWith(undefined);
    const masked = await resultWith({ ...moving, name: 'mask', values: still });
    expect(masked.auc10).toBeGreaterThan(0.93);
    expect(masked.auc10).toBeGreaterThan(bare.auc10 + 0.02);
  });

  it('a mask that hides everything, or has another size, is refused', async () => {
    const nothing: FitInput = { ...film, name: 'mask', values: new Float32Array(film.values.length) };
    await expect(load(film, settings, 2, nothing)).rejects.toThrow('hides every pixel');
    const small: FitInput = { ...nothing, kind: 'picture', shape: [9, 9, 1], values: new Float32Array(81) };
    await expect(load(film, settings, 2, small)).rejects.toThrow('does not fit');
  });
});
