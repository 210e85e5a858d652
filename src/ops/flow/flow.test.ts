// Optical flow: known motions, occlusion, exposure, the kernel against its readable twin, threads, bad sizes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { composeFlow } from './compose-flow.ts';
import { type FlowField, type FlowPair, type FlowPreset, flowBytes, flowPresets } from './flow.ts';
import { createFlowSolver } from './flow-cpu.ts';
import { decodeFlowPair, encodeFlowPair } from './flow-pair-bytes.ts';
import { flowReference } from './flow-reference.ts';
import { createTexture, drawTexture, type PlaceMap, similarity } from './moving-texture.ts';

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
});
afterAll(() => device.dispose());

const [width, height] = [168, 123];
const still: PlaceMap = (x, y) => [x, y];

function flowOf(first: Float32Array, second: Float32Array, preset: FlowPreset, on = device) {
  const solver = createFlowSolver(on, width, height, flowPresets[preset]);
  const fields = solver.solve(first, second);
  solver.dispose();
  return fields;
}

function sameBits(one: FlowPair, other: FlowPair): boolean {
  return Buffer.compare(encodeFlowPair(one), encodeFlowPair(other)) === 0;
}

/** The upper left part of a picture. */
function upperLeft(values: Float32Array, w: number, h: number): Float32Array {
  return Float32Array.from({ length: w * h }, (_, p) => values[Math.floor(p / w) * width + (p % w)]);
}

/** Mean and greatest end-point error over the pixels that stay `margin` pixels inside. */
function errors({ flow }: FlowField, truth: PlaceMap, margin = 4) {
  let [sum, count, largest] = [0, 0, 0];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [x, y] = truth(j + 0.5, i + 0.5);
      if (Math.min(i, j, height - 1 - i, width - 1 - j) < margin) continue;
      if (x < margin || y < margin || x > width - margin || y > height - margin) continue;
      const p = 2 * (i * width + j);
      const error = Math.hypot(j + 0.5 + flow[p] - x, i + 0.5 + flow[p + 1] - y);
      sum += error;
      count++;
      largest = Math.max(largest, error);
    }
  }
  return { mean: sum / count, largest };
}

const motions = {
  'a shift by parts of a pixel': similarity([0, 0], 0, 1, [2.37, -1.62]),
  'a shift by many pixels': similarity([0, 0], 0, 1, [-17.4, 9.8]),
  'a rotation by 5°': similarity([80, 60], 5, 1, [0, 0]),
  'a zoom by 8 %': similarity([90, 55], 0, 1.08, [1, 0]),
};

describe('known motions', () => {
  const texture = createTexture(3);
  const first = drawTexture(texture, width, height, still);
  // Mean errors in pixels: a twentieth to a tenth of a pixel of the preset's finest level, borders included.
  const bounds: Record<FlowPreset, number> = { fast: 0.4, medium: 0.15, fine: 0.1 };
  for (const [name, { forward, inverse }] of Object.entries(motions)) {
    const second = drawTexture(texture, width, height, inverse);
    it.each(['fast', 'medium', 'fine'] as const)(`${name}, %s`, preset => {
      const fields = flowOf(first, second, preset);
      expect(errors(fields.forward, forward, 8).mean).toBeLessThan(bounds[preset]);
      expect(errors(fields.backward, inverse, 8).mean).toBeLessThan(bounds[preset]);
    });
  }

  it('no motion is no flow, certain everywhere', () => {
    const { forward } = flowOf(first, first, 'medium');
    expect(Math.max(...forward.flow.map(Math.abs))).toBeLessThan(1e-3);
    expect(Math.min(...forward.confidence)).toBeGreaterThan(0.999);
  });

  it('a change of exposure changes neither the flow nor its confidence much', () => {
    const { forward, inverse } = motions['a shift by parts of a pixel'];
    const brighter = drawTexture(texture, width, height, inverse).map(value => value + 0.1);
    const fields = flowOf(first, brighter, 'medium');
    expect(errors(fields.forward, forward, 8).mean).toBeLessThan(0.15);
    const middle = (height >> 1) * width;
    expect(Math.min(...fields.forward.confidence.subarray(middle + 10, middle + width - 10))).toBeGreaterThan(0.7);
  });
});

describe('a start', () => {
  it('finds a motion that is too large to be found from nothing, and comes from shorter flows', () => {
    const step = similarity([80, 60], 7, 1, [17, -6]);
    const texture = createTexture(6);
    const twice: PlaceMap = (x, y) => step.inverse(...step.inverse(x, y));
    const [a, b, c] = [still, step.inverse, twice].map(source => drawTexture(texture, width, height, source));
    const solver = createFlowSolver(device, width, height, flowPresets.medium, 'level');
    const [ab, bc] = [solver.solve(a, b), solver.solve(b, c)];
    const { grid } = solver;
    const start = {
      forward: composeFlow(ab.forward.flow, bc.forward.flow, grid, 2),
      backward: composeFlow(bc.backward.flow, ab.backward.flow, grid, 2),
    };
    const found = solver.solve(a, c, start).forward;
    const alone = solver.solve(a, c).forward;
    solver.dispose();
    // Cells whose way stays inside the picture.
    const error = (field: FlowField, test: number) => {
      const all: number[] = [];
      for (let i = 10; i < grid.height - 10; i++) {
        for (let j = 5; j < grid.width - 10; j++) {
          const place = [2 * j + 1, 2 * i + 1] as const;
          const middle = step.forward(...place);
          const [x, y] = step.forward(...middle);
          if ([x, middle[0]].some(v => v < test || v > width - test)) continue;
          if ([y, middle[1]].some(v => v < test || v > height - test)) continue;
          const p = 2 * (i * grid.width + j);
          all.push(Math.hypot(place[0] + field.flow[p] - x, place[1] + field.flow[p + 1] - y));
        }
      }
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    };
    expect(error(found, 12)).toBeLessThan(0.3);
    expect(error(alone, 12)).toBeGreaterThan(2);
  });

  it('composes shifts and rotations exactly where the flow is linear', () => {
    const grid = { width: 20, height: 12 };
    const flowOfMap = (map: PlaceMap) =>
      Float32Array.from({ length: 2 * 240 }, (_, k) => {
        const [j, i] = [(k >> 1) % 20, Math.floor((k >> 1) / 20)];
        // Cells of two pixels.
        const place = [2 * j + 1, 2 * i + 1] as const;
        return map(...place)[k % 2] - place[k % 2];
      });
    const [one, other] = [similarity([20, 12], 3, 1, [1, 0.5]), similarity([18, 10], -2, 1.02, [0, 1])];
    const composed = composeFlow(flowOfMap(one.forward), flowOfMap(other.forward), grid, 2);
    const expected = flowOfMap((x, y) => other.forward(...one.forward(x, y)));
    for (let i = 3; i < 9; i++) {
      for (let j = 3; j < 17; j++) {
        const p = 2 * (i * 20 + j);
        expect(composed[p]).toBeCloseTo(expected[p], 4);
        expect(composed[p + 1]).toBeCloseTo(expected[p + 1], 4);
      }
    }
  });
});

describe('confidence', () => {
  it('is 0 where the flow leaves the picture, low where something is hidden, high elsewhere', () => {
    const [behind, before] = [createTexture(11), createTexture(12)];
    // A square of 50 pixels moves 8 to the right over a still ground.
    const scene = (shift: number) => (x: number, y: number) =>
      x - shift > 50 && x - shift < 100 && y > 40 && y < 90 ? before(x - shift, y) : behind(x, y);
    const { forward } = flowOf(
      drawTexture(scene(0), width, height, still),
      drawTexture(scene(8), width, height, still),
      'medium',
    );
    const mean = (x0: number, x1: number, y0: number, y1: number) => {
      let sum = 0;
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += forward.confidence[y * width + x];
      return sum / ((x1 - x0) * (y1 - y0));
    };
    expect(mean(56, 94, 46, 84)).toBeGreaterThan(0.9);
    expect(mean(10, 40, 10, 110)).toBeGreaterThan(0.9);
    // The ground right of the square, which it will cover.
    expect(mean(101, 107, 46, 84)).toBeLessThan(0.2);

    const texture = createTexture(3);
    const { inverse } = motions['a shift by many pixels'];
    const moved = flowOf(
      drawTexture(texture, width, height, still),
      drawTexture(texture, width, height, inverse),
      'medium',
    );
    const middle = (height >> 1) * width;
    expect(Math.max(...moved.forward.confidence.subarray(middle, middle + 16))).toBe(0);
    expect(Math.min(...moved.forward.confidence.subarray(middle + 24, middle + width - 8))).toBeGreaterThan(0.9);
  });
});

describe('the kernel', () => {
  const { inverse } = similarity([80, 60], 4, 1.03, [3.3, -2.1]);
  const texture = createTexture(5);
  const first = drawTexture(texture, width, height, still);
  const second = drawTexture(texture, width, height, inverse);

  // Small and short, as the twin is slow; rows that are no whole vectors, and for the second two bands of rows.
  it.each([
    ['medium', flowPresets.medium],
    ['of whole pictures, with two warps', { ...flowPresets.fine, renewals: 2, sweeps: 2 }],
  ] as const)('finds what its readable twin finds: %s', (_, settings) => {
    const [w, h] = [167, 50];
    const [a, b] = [first, second].map(values => upperLeft(values, w, h));
    const solver = createFlowSolver(device, w, h, settings);
    const got = solver.solve(a, b);
    solver.dispose();
    const expected = flowReference(a, b, w, h, settings);
    for (const direction of ['forward', 'backward'] as const) {
      const differences = got[direction].flow.map((value, i) => Math.abs(value - expected[direction].flow[i]));
      differences.sort();
      // float32 against float64: a search may end one step earlier, which only the refinement evens out.
      expect(differences[Math.floor(0.5 * differences.length)]).toBeLessThan(1e-4);
      expect(differences[Math.floor(0.99 * differences.length)]).toBeLessThan(1e-2);
      const doubts = got[direction].confidence.map((value, i) => Math.abs(value - expected[direction].confidence[i]));
      doubts.sort();
      expect(doubts[Math.floor(0.99 * doubts.length)]).toBeLessThan(0.02);
    }
  });

  it('gives the same bits for any number of threads, alone or both ways, and on a second use', async () => {
    const expected = flowOf(first, second, 'medium');
    // Also where the search begins outside the picture, so that no patch finds anything.
    const outside = new Float32Array(2 * width * height).fill(5000);
    const lost = (on: CpuDevice) => {
      const solver = createFlowSolver(on, width, height, flowPresets.medium);
      const pair = solver.solve(first, second, { forward: outside, backward: outside });
      solver.dispose();
      return pair;
    };
    const expectedLost = lost(device);
    for (const threads of [1, 3]) {
      const other = await openNodeDevice({ threads });
      expect(sameBits(flowOf(first, second, 'medium', other), expected)).toBe(true);
      expect(sameBits(lost(other), expectedLost)).toBe(true);
      other.dispose();
    }
    const solver = createFlowSolver(device, width, height, flowPresets.medium);
    solver.solve(second, first);
    const { flow } = expected.forward;
    expect(solver.forward(first, second).every((value, i) => value === flow[i])).toBe(true);
    const reversed = { forward: expected.backward, backward: expected.forward };
    expect(sameBits(solver.solve(second, first), reversed)).toBe(true);
    solver.dispose();
  });

  it('leaves the flow on the grid of its finest level where that is asked for', () => {
    const whole = flowOf(first, second, 'medium');
    const solver = createFlowSolver(device, width, height, flowPresets.medium, 'level');
    const { forward } = solver.solve(first, second);
    solver.dispose();
    expect([forward.width, forward.height]).toEqual([84, 61]);
    // A cell has its centre between four pixels; bilinear enlargement gives their mean within the bend of the flow.
    for (const [i, j] of [
      [20, 30],
      [40, 70],
    ]) {
      const around = [0, 1, width, width + 1].map(o => whole.forward.flow[2 * (2 * i * width + 2 * j + o)]);
      const mean = around.reduce((sum, value) => sum + value, 0) / 4;
      expect(Math.abs(forward.flow[2 * (i * 84 + j)] - mean)).toBeLessThan(0.03);
    }
  });

  it.each(['fast', 'medium', 'fine'] as const)('takes the memory foretold and gives it back, %s', preset => {
    const before = device.allocatedBytes;
    const solver = createFlowSolver(device, width, height, flowPresets[preset]);
    const taken = device.allocatedBytes - before;
    // The foretold bytes hold the pictures and the results outside the device too; borders weigh more in a small picture.
    expect(taken).toBeGreaterThan(0.4 * flowBytes(width, height, flowPresets[preset]));
    expect(taken).toBeLessThan(1.3 * flowBytes(width, height, flowPresets[preset]));
    solver.dispose();
    expect(device.allocatedBytes).toBe(before);
  });
});

describe('a pair of flows as bytes', () => {
  it('comes back with the same bits, and not from damaged bytes', () => {
    const field = (seed: number): FlowField => {
      const random = createRandom(seed, 'field');
      const flow = Float32Array.from({ length: 2 * 5 * 4 }, () => 3 * random.normal());
      return { width: 5, height: 4, flow, confidence: Float32Array.from({ length: 5 * 4 }, () => random.uniform()) };
    };
    const pair = { forward: field(1), backward: field(2) };
    const bytes = encodeFlowPair(pair);
    expect(decodeFlowPair(bytes)).toEqual(pair);
    expect(decodeFlowPair(bytes.subarray(0, bytes.length - 4))).toBeUndefined();
    expect(decodeFlowPair(new Uint8Array(3))).toBeUndefined();
  });
});

describe('pictures without flow', () => {
  it('are refused with their size', () => {
    expect(() => createFlowSolver(device, 15, 200, flowPresets.medium)).toThrow(/15 × 200/);
    expect(() => createFlowSolver(device, 200, 9000, flowPresets.medium)).toThrow(
      expect.objectContaining({ code: 'input', tip: expect.stringMatching(/Scale/) }),
    );
  });

  it('have none where nothing can be seen: a grey wall', () => {
    const wall = new Float32Array(width * height).fill(0.5);
    const { forward } = flowOf(wall, wall, 'medium');
    expect(forward.flow.every(value => value === 0)).toBe(true);
  });
});
