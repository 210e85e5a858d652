import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import type { Tracks } from '../tracks/tracks.ts';
import { chainGradient, chainPoses, identityCameras, moveCameras } from './chained-poses.ts';
import { observationsFromTracks, pixelsPerUnit } from './observations.ts';
import {
  type CameraState,
  createGradient,
  depthSteps,
  plainReprojector,
  reducedEquations,
  reprojectionGradient,
  reprojectionLoss,
} from './reproject.ts';
import { createReprojector } from './reproject-cpu.ts';

const seed = 4711;
const size = { width: 320, height: 240 };

/** Five frames, a dozen tracks of different length, random cameras near one another. */
function randomProblem() {
  const random = createRandom(seed, 'reproject');
  const frames = 5;
  const starts = [0];
  const frameOf: number[] = [];
  const positions: number[] = [];
  for (let track = 0; track < 12; track++) {
    const first = random.integer(3);
    const last = first + 1 + random.integer(frames - first - 1);
    for (let frame = first; frame <= last; frame++) {
      if (frame === first + 1 && frame < last && track % 3 === 0) continue;
      frameOf.push(frame);
      positions.push(320 * random.uniform(), 240 * random.uniform());
    }
    starts.push(frameOf.length);
  }
  const tracks: Tracks = {
    starts: Uint32Array.from(starts),
    frames: Uint16Array.from(frameOf),
    positions: Float32Array.from(positions),
  };
  const observations = observationsFromTracks(tracks, frames, size);
  const motions = Float64Array.from({ length: 6 * (frames - 1) }, () => 0.15 * random.normal());
  const logDepths = Float64Array.from({ length: observations.tracks }, () => 0.3 * random.normal() + 0.5);
  return { observations, motions, logDepths, logFocal: 0.2, frames };
}

function stateOf(motions: Float64Array, logDepths: Float64Array, logFocal: number): CameraState {
  const worldFromCams = identityCameras(motions.length / 6 + 1);
  chainPoses(motions, worldFromCams);
  return { worldFromCams, logDepths, logFocal };
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, share: number, what: string): void {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    expect(error, `${what} [${i}]: ${actual[i]}, expected ${expected[i]}`).toBeLessThan(share * largest);
  }
}

describe('observations of tracks', () => {
  it('are centred, free of the size, and leave out what was seen once', () => {
    const tracks: Tracks = {
      starts: Uint32Array.of(0, 1, 3),
      frames: Uint16Array.of(0, 1, 3),
      positions: Float32Array.of(5, 5, 160, 120, 240, 60),
    };
    const observations = observationsFromTracks(tracks, 4, size);
    const unit = Math.sqrt(320 * 240);
    expect(observations).toMatchObject({ tracks: 1, longestGap: 2 });
    expect([...observations.anchors]).toEqual([0, 0]);
    expect([...observations.positions]).toEqual([80 / unit, -60 / unit]);
    expect([...observations.source]).toEqual([1]);
  });

  it('are refused where frames of a track do not rise or exist', () => {
    const tracks = (frame: number): Tracks => ({
      starts: Uint32Array.of(0, 2),
      frames: Uint16Array.of(1, frame),
      positions: new Float32Array(4),
    });
    expect(() => observationsFromTracks(tracks(1), 4, size)).toThrow('from frame 1 to frame 1 of 4');
    expect(() => observationsFromTracks(tracks(4), 4, size)).toThrow('from frame 1 to frame 4 of 4');
  });
});

describe('reprojection', () => {
  it('predicts a shifted camera: a point at depth 2, the camera one to the right', () => {
    // At focal length 1 (of the unit), the point moves by −1 / 2 of the unit; it was seen standing still.
    const tracks: Tracks = {
      starts: Uint32Array.of(0, 2),
      frames: Uint16Array.of(0, 1),
      positions: Float32Array.of(160, 120, 160, 120),
    };
    const observations = observationsFromTracks(tracks, 2, size);
    const state = stateOf(Float64Array.of(0, 0, 0, 1, 0, 0), Float64Array.of(Math.log(2)), 0);
    const squared = (pixelsPerUnit / 2) ** 2;
    expect(reprojectionLoss(observations, state, 3).loss).toBeCloseTo(9 * Math.log(1 + squared / 9), 10);
  });

  it('counts what is behind the camera, which pulls nowhere', () => {
    const tracks: Tracks = {
      starts: Uint32Array.of(0, 2),
      frames: Uint16Array.of(0, 1),
      positions: Float32Array.of(100, 100, 120, 90),
    };
    const observations = observationsFromTracks(tracks, 2, size);
    const state = stateOf(Float64Array.of(0, 0, 0, 0, 0, 3), Float64Array.of(0), 0);
    const gradient = createGradient(observations);
    expect(reprojectionGradient(observations, state, [0], 1, gradient).behind).toBe(1);
    expect([...gradient.twists, ...gradient.logDepths, ...gradient.logFocal].every(value => value === 0)).toBe(true);
  });

  it(`has the gradient of its loss by motions, depths and focal length (seed ${seed})`, () => {
    const { observations, motions, logDepths, logFocal } = randomProblem();
    const chosen = Array.from(observations.trackOf.keys()).flatMap(o => (o % 3 === 0 ? [o, o] : [o]));
    const delta = 40;
    const gradient = createGradient(observations);
    const parameters = Float64Array.of(...motions, ...logDepths, logFocal);
    const split = (all: Float64Array) =>
      stateOf(all.slice(0, motions.length), all.slice(motions.length, -1), all[all.length - 1]);
    const lossAt = (all: Float64Array) =>
      reprojectionGradient(observations, split(all), chosen, delta, createGradient(observations)).loss;
    const state = split(parameters);
    reprojectionGradient(observations, state, chosen, delta, gradient);
    const byMotions = new Float64Array(motions.length);
    chainGradient(motions, state.worldFromCams, gradient.twists, byMotions);
    const numeric = parameters.map((value, i) => {
      const h = 1e-6;
      const moved = (by: number) => lossAt(parameters.with(i, value + by));
      return (moved(h) - moved(-h)) / (2 * h);
    });
    expectNear(byMotions, numeric.slice(0, motions.length), 1e-7, 'motion');
    expectNear(gradient.logDepths, numeric.slice(motions.length, -1), 1e-7, 'depth');
    expectNear(gradient.logFocal, numeric.slice(-1), 1e-7, 'focal length');
  });

  it('keeps that gradient finite and right at motions without a turn', () => {
    const { observations, motions, logDepths, logFocal } = randomProblem();
    const still = motions.map((value, i) => (i % 6 < 3 ? 0 : value));
    const state = stateOf(still, logDepths, logFocal);
    const chosen = Uint32Array.from(observations.trackOf.keys());
    const gradient = createGradient(observations);
    reprojectionGradient(observations, state, chosen, 20, gradient);
    const byMotions = new Float64Array(motions.length);
    chainGradient(still, state.worldFromCams, gradient.twists, byMotions);
    const numeric = still.map((value, i) => {
      const moved = (by: number) =>
        reprojectionLoss(observations, stateOf(still.with(i, value + by), logDepths, logFocal), 20).loss;
      return (moved(1e-6) - moved(-1e-6)) / 2e-6;
    });
    expectNear(byMotions, numeric, 1e-7, 'motion');
  });

  it('solves the same normal equations as all unknowns at once', () => {
    const { observations, motions, logDepths, logFocal, frames } = randomProblem();
    const state = stateOf(motions, logDepths, logFocal);
    const delta = 1e6;
    const { tracks } = observations;
    const unknowns = 6 * frames + 1 + tracks;
    // At a scale this wide the loss is the sum of squares, so its second differences along the residuals' own linearisation
    // are those of Gauss-Newton: residuals by differences.
    const moved = (step: Float64Array): CameraState => ({
      worldFromCams: moveCameras(state.worldFromCams, step.slice(0, 6 * frames)),
      logDepths: logDepths.map((value, t) => value + step[6 * frames + 1 + t]),
      logFocal: logFocal + step[6 * frames],
    });
    const residuals = (at: CameraState) => residualVector(observations, at);
    const columns = Array.from({ length: unknowns }, (_, i) => {
      const step = (by: number) => residuals(moved(new Float64Array(unknowns).with(i, by)));
      const [plus, minus] = [step(1e-6), step(-1e-6)];
      return plus.map((value, k) => (value - minus[k]) / 2e-6);
    });
    const r = residuals(state);
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
    // Eliminate the depths of the dense equations by hand.
    const head = 6 * frames + 1;
    const full = columns.map(a => columns.map(b => dot(a, b)));
    const right = columns.map(a => -dot(a, r));
    const reduced = Array.from({ length: head }, (_, i) =>
      Array.from({ length: head }, (_, j) => {
        let value = full[i][j];
        for (let t = head; t < unknowns; t++) value -= (full[i][t] * full[t][j]) / full[t][t];
        return value;
      }),
    );
    const reducedRight = Array.from({ length: head }, (_, i) => {
      let value = right[i];
      for (let t = head; t < unknowns; t++) value -= (full[i][t] * right[t]) / full[t][t];
      return value;
    });
    const equations = reducedEquations(observations, state, delta, 0);
    const { size: n, reach, values } = equations.cameras;
    const scale = Math.max(...reduced.flat().map(Math.abs));
    for (let i = 0; i < n; i++) {
      for (let j = Math.max(0, i - reach); j <= i; j++) {
        expect(Math.abs(values[i * (reach + 1) + j - i + reach] - reduced[i][j]) / scale).toBeLessThan(1e-6);
      }
    }
    expectNear(equations.focalColumn, reduced[n].slice(0, n), 1e-6, 'focal column');
    expectNear([equations.focalFocal], [reduced[n][n]], 1e-6, 'focal curvature');
    expectNear([...equations.right, equations.focalRight], reducedRight, 1e-6, 'right-hand side');
    // Back-substitution: the depth rows of the dense equations hold.
    const random = createRandom(seed, 'steps');
    const cameraSteps = Float64Array.from({ length: n }, () => random.normal());
    const steps = depthSteps(observations, equations, cameraSteps, 0.3);
    const expected = steps.map((_, t) => {
      let value = right[head + t] - full[head + t][n] * 0.3;
      for (let i = 0; i < n; i++) value -= full[head + t][i] * cameraSteps[i];
      return value / full[head + t][head + t];
    });
    expectNear(steps, expected, 1e-6, 'depth step');
  });
});

describe('reprojection on the cpu device', () => {
  const devices: CpuDevice[] = [];
  beforeAll(async () => {
    for (const twin of ['simd', 'relaxed-simd'] as const)
      for (const threads of [1, 2]) devices.push(await openNodeDevice({ twin, threads }));
  });
  afterAll(() => {
    for (const device of devices) device.dispose();
  });

  it('has the losses and equations of its readable twin, and the same bits for any number of threads', () => {
    const { observations, motions, logDepths, logFocal } = randomProblem();
    // One point is behind its later cameras, one at infinity pulls nowhere.
    const state = stateOf(motions, logDepths.with(0, -9).with(1, 60), logFocal);
    const plain = plainReprojector(observations);
    const expected = plain.reduce(state, 5, 0.1);
    const results = devices.map(device => {
      const reprojector = createReprojector(device, observations);
      const reduced = reprojector.reduce(state, 5, 0.1);
      expect(reprojector.loss(state, 5).loss).toBeCloseTo(plain.loss(state, 5).loss, 8);
      expect(reprojector.loss(state, 5).behind).toBe(expected.behind);
      const chosen = Uint32Array.from({ length: 40 }, (_, i) => (7 * i) % observations.trackOf.length);
      const [mine, known] = [createGradient(observations), createGradient(observations)];
      const loss = reprojector.gradient(state, chosen, 5, mine);
      expect(loss.loss).toBeCloseTo(plain.gradient(state, chosen, 5, known).loss, 8);
      for (const name of ['twists', 'logDepths', 'logFocal'] as const) expectNear(mine[name], known[name], 1e-12, name);
      reprojector.dispose();
      expect(reduced.loss).toBeCloseTo(expected.loss, 8);
      expectNear(reduced.cameras.values, expected.cameras.values, 1e-12, 'cameras');
      expectNear(reduced.focalColumn, expected.focalColumn, 1e-12, 'focal column');
      expectNear([reduced.focalFocal], [expected.focalFocal], 1e-12, 'focal');
      expectNear([...reduced.right, reduced.focalRight], [...expected.right, expected.focalRight], 1e-12, 'right');
      for (const name of ['inverseDepths', 'depthRight', 'depthFocal', 'depthCameras'] as const)
        expectNear(reduced[name], expected[name], 1e-12, name);
      return reduced;
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[3]).toEqual(results[2]);
    for (const device of devices) expect(device.allocatedBytes).toBe(0);
  });
});

/** Residuals [2 observation] in pixels, straight from the definition. */
function residualVector(
  { trackOf, frameOf, anchorFrames, anchors, positions }: ReturnType<typeof observationsFromTracks>,
  { worldFromCams: c, logDepths, logFocal }: CameraState,
): number[] {
  const focal = Math.exp(logFocal);
  return [...trackOf].flatMap((track, o) => {
    const depth = Math.exp(logDepths[track]);
    const a = 12 * anchorFrames[track];
    const j = 12 * frameOf[o];
    const x = [(depth * anchors[2 * track]) / focal, (depth * anchors[2 * track + 1]) / focal, depth];
    const world = [0, 1, 2].map(
      row => c[a + 4 * row] * x[0] + c[a + 4 * row + 1] * x[1] + c[a + 4 * row + 2] * x[2] + c[a + 4 * row + 3],
    );
    const y = [0, 1, 2].map(k =>
      [0, 1, 2].reduce((sum, row) => sum + c[j + 4 * row + k] * (world[row] - c[j + 4 * row + 3]), 0),
    );
    return [0, 1].map(k => pixelsPerUnit * ((focal * y[k]) / y[2] - positions[2 * o + k]));
  });
}
