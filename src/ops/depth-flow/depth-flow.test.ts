// Dense depth from flow: gradients against central differences, the kernel against its readable twin, and known answers.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { chainPoses, identityCameras, moveCameras } from '../reproject/chained-poses.ts';
import { pixelsPerUnit } from '../reproject/observations.ts';
import {
  type CameraGradient,
  type DepthFlowEdge,
  type DepthFlowProblem,
  type DepthFlowSettings,
  type DepthFlowState,
  depthFlowEdges,
  depthFlowSettings,
  gridLevels,
  gridNodes,
  logDepthPicture,
  onDepthMap,
} from './depth-flow.ts';
import { createDepthFlow } from './depth-flow-cpu.ts';
import { logDepthMaps, plainDepthFlow } from './depth-flow-reference.ts';

const settings: DepthFlowSettings = { delta: 4, smoothness: 5, consistency: 2, longestGap: 2 };
const picture = { width: 52, height: 36 };

/** Three frames, random in everything: odd sizes, weights of 0, flows out of the picture, a point behind a camera or two. */
function randomProblem(): { problem: DepthFlowProblem; state: DepthFlowState } {
  const random = createRandom(12, 'depth-flow');
  const [frames, width, height] = [3, 13, 9];
  const pixels = width * height;
  const floats = (length: number, value: () => number) => Float32Array.from({ length }, value);
  const pairs = [
    [0, 1],
    [1, 0],
    [1, 2],
    [2, 1],
    [0, 2],
  ];
  const edges = pairs.reverse().map(([source, target]) => ({
    source,
    target,
    flow: floats(2 * pixels, () => 6 * random.normal()),
    weights: floats(pixels, () => Math.max(0, random.uniform() - 0.2)),
  }));
  const problem = {
    ...{ frames, width, height, picture, principal: [24, 19] as const, cells: [4, 3, 2], edges },
    greys: Array.from({ length: frames }, () => floats(pixels, () => random.uniform())),
  };
  const worldFromCams = identityCameras(frames);
  chainPoses(
    Float64Array.from({ length: 6 * (frames - 1) }, () => 0.12 * random.normal()),
    worldFromCams,
  );
  const grids = floats(frames * gridNodes(problem), () => 0.2 * random.normal());
  return { problem, state: { worldFromCams, logFocal: 0.1, grids } };
}

/** The same, the first camera far ahead of the others: it has most points behind it. */
function hiddenProblem() {
  const { problem, state } = randomProblem();
  const worldFromCams = state.worldFromCams.slice();
  worldFromCams[11] += 1.05;
  return { problem, state: { ...state, worldFromCams } };
}

const cameraGradient = (frames: number): CameraGradient => ({
  twists: new Float64Array(6 * frames).fill(3),
  logFocal: Float64Array.of(3),
});

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, share: number, what: string): void {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  expect(largest).toBeGreaterThan(0);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    expect(error, `${what} [${i}]: ${actual[i]}, expected ${expected[i]}`).toBeLessThan(share * largest);
  }
}

describe('the readable twin', () => {
  it.each([
    ['all terms', settings],
    ['flow alone', { ...settings, smoothness: 0, consistency: 0 }],
    ['smoothness above all', { ...settings, smoothness: 1e4, consistency: 0 }],
    ['consistency above all', { ...settings, smoothness: 0, consistency: 1e4 }],
    ['neighbours alone', { ...settings, longestGap: 1 }],
  ])('has the slope of central differences: %s', (what, terms) => {
    const { problem, state } = randomProblem();
    const objective = plainDepthFlow(problem);
    const grids = Float64Array.from(state.grids);
    const gradient = new Float64Array(grids.length);
    const unused = new Float64Array(grids.length);
    objective.evaluate({ ...state, grids }, terms, gradient);
    const step = 1e-6;
    const differences = grids.map((value, node) => {
      const lossAt = (moved: number) => {
        grids[node] = moved;
        return objective.evaluate({ ...state, grids }, terms, unused).loss;
      };
      const difference = (lossAt(value + step) - lossAt(value - step)) / (2 * step);
      grids[node] = value;
      return difference;
    });
    expectNear(gradient, differences, 1e-6, what);
  });

  it.each([
    ['all terms', settings],
    ['consistency above all', { ...settings, smoothness: 0, consistency: 1e4 }],
  ])('has the slope of central differences by cameras and focal length: %s', (what, terms) => {
    const { problem, state } = randomProblem();
    const objective = plainDepthFlow(problem);
    const byCameras = cameraGradient(problem.frames);
    const unused = new Float64Array(state.grids.length);
    objective.evaluate(state, terms, unused, byCameras);
    const step = 1e-6;
    const slopeOf = (moved: (by: number) => DepthFlowState) =>
      (objective.evaluate(moved(step), terms, unused).loss - objective.evaluate(moved(-step), terms, unused).loss) /
      (2 * step);
    const differences = Array.from({ length: 6 * problem.frames }, (_, k) =>
      slopeOf(by => {
        const twists = new Float64Array(6 * problem.frames);
        twists[k] = by;
        return { ...state, worldFromCams: moveCameras(state.worldFromCams, twists) };
      }),
    );
    expectNear(byCameras.twists, differences, 1e-6, what);
    const byFocal = slopeOf(by => ({ ...state, logFocal: state.logFocal + by }));
    expect(Math.abs(byCameras.logFocal[0] - byFocal)).toBeLessThan(1e-6 * Math.abs(byFocal));
  });

  it('enlarges grids as planes: a node is the value in the middle of its cell', () => {
    const problem = { ...randomProblem().problem, cells: [4] };
    const [level] = gridLevels(problem);
    // A plane through the nodes is a plane between them.
    const plane = (x: number, y: number) => 0.3 * x - 0.2 * y;
    const frame = Array.from({ length: level.width * level.height }, (_, node) =>
      plane(4 * ((node % level.width) + 0.5), 4 * (Math.floor(node / level.width) + 0.5)),
    );
    const maps = logDepthMaps(problem, [...frame, ...frame, ...frame]);
    for (const [x, y] of [
      [2, 2],
      [5, 3],
      [12, 7],
    ]) {
      expect(maps[y * problem.width + x]).toBeCloseTo(plane(x + 0.5, y + 0.5), 12);
    }
    // Outside the nodes the border goes on.
    expect(maps[0]).toBeCloseTo(plane(2, 2), 12);
    // The same plane on twice as many pixels.
    const fine = logDepthPicture(problem, Float64Array.from(frame), 26, 18);
    for (const [x, y] of [
      [4, 4],
      [11, 7],
      [20, 12],
    ]) {
      expect(fine[y * 26 + x]).toBeCloseTo(plane((x + 0.5) / 2, (y + 0.5) / 2), 6);
    }
  });
});

/** Two cameras side by side before a wall at depth 2: all that is true is that the picture moves by −baseline focal / depth. */
function wall(depth: number, weight = 1): { problem: DepthFlowProblem; state: DepthFlowState } {
  const [width, height] = [16, 12];
  const size = { width: 64, height: 48 };
  const baseline = 0.1;
  const shift = (-baseline * Math.sqrt(64 * 48)) / 2;
  const edge = (source: number, target: number, u: number): DepthFlowEdge => ({
    ...{ source, target, weights: new Float32Array(width * height).fill(weight) },
    flow: Float32Array.from({ length: 2 * width * height }, (_, k) => (k % 2 === 0 ? u : 0)),
  });
  const greys = [new Float32Array(width * height), new Float32Array(width * height)];
  const edges = [edge(0, 1, shift), edge(1, 0, -shift)];
  const problem = { frames: 2, width, height, picture: size, cells: [8], edges, greys };
  const worldFromCams = identityCameras(2);
  worldFromCams[15] = baseline;
  const grids = new Float64Array(2 * gridNodes(problem)).fill(Math.log(depth));
  return { problem, state: { worldFromCams, logFocal: 0, grids } };
}

describe('a wall', () => {
  it('costs nothing at its depth, and Cauchy of the parallax that is missing elsewhere', () => {
    const at = (depth: number) => {
      const { problem, state } = wall(depth, 0.5);
      return plainDepthFlow(problem).evaluate(state, settings, new Float64Array(state.grids.length));
    };
    // Flow is rounded to float32.
    expect(at(2).loss).toBeLessThan(1e-8);
    const missing = pixelsPerUnit * (0.1 / 2 - 0.1 / 4);
    const { delta } = settings;
    expect(at(4)).toMatchObject({ smoothness: 0, behind: 0 });
    expect(at(4).flow).toBeCloseTo(delta ** 2 * Math.log(1 + (missing / delta) ** 2), 4);
    expect(at(4).consistency).toBeCloseTo(0, 10);
  });

  it('is found by descent from twice its depth', () => {
    const { problem, state } = wall(4);
    const objective = plainDepthFlow(problem);
    const gradient = new Float64Array(state.grids.length);
    const grids = Float64Array.from(state.grids);
    for (let i = 0; i < 60; i++) {
      objective.evaluate({ ...state, grids }, depthFlowSettings, gradient);
      for (let n = 0; n < grids.length; n++) grids[n] -= 0.08 * 0.93 ** i * Math.sign(gradient[n]);
    }
    for (const value of logDepthMaps(problem, grids)) expect(Math.exp(value)).toBeCloseTo(2, 1);
  });

  it('behind the other camera is counted, and pulls nowhere', () => {
    const { problem, state } = wall(2);
    const worldFromCams = state.worldFromCams.slice();
    worldFromCams[12 + 11] = 3;
    const gradient = new Float64Array(state.grids.length);
    const alone = { ...problem, edges: problem.edges.slice(0, 1) };
    const terms = { ...settings, smoothness: 0 };
    const loss = plainDepthFlow(alone).evaluate({ ...state, worldFromCams }, terms, gradient);
    expect(loss.behind).toBe(16 * 12);
    expect(loss.flow).toBeCloseTo(settings.delta ** 2 * Math.log(1 + (pixelsPerUnit / settings.delta) ** 2), 8);
    expect(gradient.every(value => value === 0)).toBe(true);
  });
});

describe('the kernel', () => {
  let devices: CpuDevice[] = [];
  beforeAll(async () => {
    devices = [await openNodeDevice({ threads: 1 }), await openNodeDevice({ threads: 3 })];
  });
  afterAll(() => {
    for (const device of devices) device.dispose();
  });

  it.each([
    ['all in sight', randomProblem(), 2e-5],
    // Points that almost lie in the plane of the other camera lose digits in float32.
    ['much behind a camera', hiddenProblem(), 2e-4],
    ['a wall of whole vectors', wall(3), 2e-5],
  ])('agrees with its readable twin, whatever the threads: %s', (_, { problem, state }, share) => {
    const expected = new Float64Array(state.grids.length);
    const known = cameraGradient(problem.frames);
    const loss = plainDepthFlow(problem).evaluate(state, settings, expected, known);
    const gradients = devices.map(device => {
      const objective = createDepthFlow(device, problem);
      const gradient = new Float32Array(state.grids.length);
      objective.evaluate(state, settings, gradient.fill(7));
      const byCameras = cameraGradient(problem.frames);
      const found = objective.evaluate(state, settings, gradient, byCameras);
      expectNear(byCameras.twists, known.twists, share, 'twist');
      const focalError = Math.abs(byCameras.logFocal[0] - known.logFocal[0]);
      expect(focalError).toBeLessThan(share * Math.max(...known.twists.map(Math.abs)));
      objective.dispose();
      expect(device.allocatedBytes).toBe(0);
      expect(found.behind).toBe(loss.behind);
      for (const term of ['loss', 'flow', 'smoothness', 'consistency'] as const) {
        expect(Math.abs(found[term] - loss[term]), term).toBeLessThan(1e-5 * Math.abs(loss.loss) + 1e-6);
      }
      return gradient;
    });
    expectNear(gradients[0], expected, share, 'gradient');
    expect(gradients[1]).toEqual(gradients[0]);
  });

  it('gives back the flow that it was given', () => {
    const { problem } = randomProblem();
    const objective = createDepthFlow(devices[0], problem);
    for (const { source, target, flow, weights } of objective.edges) {
      const given = problem.edges.find(edge => edge.source === source && edge.target === target);
      expect([...weights]).toEqual([...given!.weights]);
      for (let k = 0; k < flow.length; k++) expect(Math.abs(flow[k] - given!.flow[k])).toBeLessThan(1e-4);
    }
    expect(objective.edges).toHaveLength(problem.edges.length);
    objective.dispose();
  });

  it('leaves out flow over too many frames, as if it were not there', () => {
    const { problem, state } = randomProblem();
    const short = { ...problem, edges: problem.edges.filter(({ source, target }) => Math.abs(target - source) < 2) };
    const expected = new Float64Array(state.grids.length);
    const loss = plainDepthFlow(short).evaluate(state, settings, expected);
    const objective = createDepthFlow(devices[0], problem);
    const gradient = new Float32Array(state.grids.length);
    const found = objective.evaluate(state, { ...settings, longestGap: 1 }, gradient);
    objective.dispose();
    expect(found.behind).toBe(loss.behind);
    expect(Math.abs(found.loss - loss.loss)).toBeLessThan(1e-5 * loss.loss);
    expectNear(gradient, expected, 2e-5, 'gradient');
  });

  it('has points behind a camera to tell of', () => {
    const { problem, state } = hiddenProblem();
    const gradient = new Float64Array(state.grids.length);
    const { behind } = plainDepthFlow(problem).evaluate(state, settings, gradient);
    expect(behind).toBeGreaterThan(20);
  });
});

describe('flow of a video', () => {
  it('is taken to the pixels of the depth map in both directions', () => {
    const field = (value: number) => ({
      ...{ width: 8, height: 4, confidence: new Float32Array(32).fill(0.5) },
      flow: Float32Array.from({ length: 64 }, (_, k) => (k % 2 === 0 ? value + ((k >> 1) % 8) : -value)),
    });
    const [there, back] = depthFlowEdges([
      onDepthMap({ first: 1, second: 3, forward: field(1), backward: field(9) }, 4, 2),
    ]);
    expect([there.source, there.target, back.source, back.target]).toEqual([1, 3, 3, 1]);
    // Each pixel is the mean of two columns, x and x + 1.
    expect([...there.flow.subarray(0, 8)]).toEqual([1.5, -1, 3.5, -1, 5.5, -1, 7.5, -1]);
    expect([...back.flow.subarray(8, 10)]).toEqual([9.5, -9]);
    expect([...there.weights]).toEqual(new Array(8).fill(0.5));
  });
});

describe('bad input', () => {
  const { problem } = wall(2);
  const broken = (changes: Partial<DepthFlowEdge>) => ({ ...problem, edges: [{ ...problem.edges[0], ...changes }] });
  const pixels = problem.width * problem.height;
  it.each([
    ['a frame that does not exist', broken({ target: 2 }), 'from frame 0 to frame 2 of 2'],
    ['a frame that flows to itself', broken({ target: 0 }), 'from frame 0 to frame 0 of 2'],
    ['flow of another size', broken({ flow: new Float32Array(8) }), '8 values and 192 weights on 16 × 12 pixels'],
    ['negative weights', broken({ weights: new Float32Array(pixels).fill(-1) }), 'negative or not finite'],
    ['flow that is no number', broken({ flow: new Float32Array(2 * pixels).fill(NaN) }), 'not finite'],
    ['a depth map of one row', { ...problem, height: 1 }, '16 × 1 pixels'],
    ['broken cells', { ...problem, cells: [8, 2.5] }, 'cells of 2.5 pixels'],
    ['a picture too few', { ...problem, greys: [] }, '2 grey pictures of 16 × 12 pixels'],
  ])('is refused: %s', (_, bad, message) => {
    expect(() => plainDepthFlow(bad)).toThrow(
      expect.objectContaining({ code: 'input', message: expect.stringContaining(message) }),
    );
  });
});
