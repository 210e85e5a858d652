import { afterAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../mode3-transform/transform.ts';
import { createCompletionData, createCompletionFactors, type Smoothness } from './completion-cpu.ts';
import { evaluateReference, type ReferenceProblem } from './completion-reference.ts';

const none: Smoothness = { weight: 0, epsilon: 0.1, directions: 2, channels: 'separate' };
const devices: CpuDevice[] = [];
for (const twin of ['simd', 'relaxed-simd'] as const) {
  for (const threads of [1, 2, 3]) devices.push(await openNodeDevice({ threads, twin }));
}
afterAll(() => {
  for (const device of devices) device.dispose();
});

/** A random problem; unobserved values are NaN, to prove that they are never read. */
function makeProblem(rows: number, columns: number, k: number, rank: number, id: TransformId, smoothness: Smoothness) {
  const random = createRandom(7, `${rows}x${columns}x${k}x${rank}${id}`);
  const mask = Uint8Array.from({ length: rows * columns * k }, () => random.integer(3));
  const y = Float32Array.from(mask, m => (m === 0 ? Number.NaN : random.normal()));
  const normals = (n: number) => Float32Array.from({ length: n }, () => 0.5 * random.normal());
  const left = normals(rows * rank * k);
  const right = normals(columns * rank * k);
  const problem: ReferenceProblem = {
    rows,
    columns,
    rank,
    transform: createTransform(id, k, { seed: 3 }),
    y,
    mask,
    smoothness,
  };
  return { problem, y, mask, left, right };
}

function onDevice(device: CpuDevice, made: ReturnType<typeof makeProblem>) {
  const { rows, columns, rank, transform, smoothness } = made.problem;
  const data = createCompletionData(device, rows, columns, transform.k, made.y, made.mask);
  const factors = createCompletionFactors(device, rows, columns, rank, transform);
  factors.left.values.set(made.left);
  factors.right.values.set(made.right);
  const losses = factors.evaluate(data, smoothness);
  const result = {
    losses,
    gradLeft: factors.gradLeft.values.slice(),
    gradRight: factors.gradRight.values.slice(),
    x: data.x.values.slice(),
  };
  factors.dispose();
  data.dispose();
  return result;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++)
    worst = Math.max(worst, Math.abs(a[i] - b[i]) || (Number.isNaN(a[i]) ? Infinity : 0));
  return worst;
}

const shapes: [number, number, number, number, TransformId][] = [
  [1, 1, 1, 1, 'identity'],
  [5, 9, 2, 3, 'dft'],
  [17, 33, 3, 7, 'dft'],
  [33, 18, 3, 8, 'dct'],
  [20, 21, 4, 10, 'dft'],
  [18, 16, 4, 5, 'dct'],
  [19, 23, 7, 4, 'dft'],
  [35, 13, 11, 9, 'dct'],
  [16, 16, 5, 16, 'random-orthogonal'],
];
const terms: Smoothness[] = [
  none,
  { weight: 0.3, epsilon: 0.2, directions: 2, channels: 'separate' },
  { weight: 0.3, epsilon: 0.2, directions: 2, channels: 'joint' },
  { weight: 0.3, epsilon: 0.2, directions: 3, channels: 'separate' },
];

describe('completion objective on the cpu device', () => {
  it.each(shapes)('agrees with the float64 reference at %i x %i x %i, rank %i, %s', (...shape) => {
    for (const smoothness of terms) {
      const made = makeProblem(...shape, smoothness);
      const expected = evaluateReference(made.problem, Float64Array.from(made.left), Float64Array.from(made.right));
      for (const device of devices) {
        const got = onDevice(device, made);
        // float32 sums of up to a few thousand squares.
        expect(Math.abs(got.losses.training - expected.training)).toBeLessThan(1e-5 * (1 + expected.training));
        expect(Math.abs(got.losses.validation - expected.validation)).toBeLessThan(1e-5 * (1 + expected.validation));
        expect(Math.abs(got.losses.smoothness - expected.smoothness)).toBeLessThan(1e-5 * (1 + expected.smoothness));
        // float32 sums of up to 35 products of size one, transformed by matrices of norm up to sqrt(k)
        expect(largestDifference(got.gradLeft, expected.gradLeft)).toBeLessThan(2e-4);
        expect(largestDifference(got.gradRight, expected.gradRight)).toBeLessThan(2e-4);
      }
    }
  });

  it('gives the same bits for any number of threads', () => {
    const made = makeProblem(67, 45, 3, 13, 'dft', terms[1]);
    for (const twin of ['simd', 'relaxed-simd'] as const) {
      const [one, ...others] = devices.filter(device => device.twin === twin).map(device => onDevice(device, made));
      for (const other of others) expect(other).toEqual(one);
    }
  });

  it('frees all it takes', () => {
    for (const device of devices) expect(device.allocatedBytes).toBe(0);
  });
});

describe('completion reference', () => {
  it.each(shapes)('has gradients equal to central differences at %i x %i x %i, rank %i, %s', (...shape) => {
    for (const smoothness of terms) {
      const { problem, left, right } = makeProblem(...shape, smoothness);
      const l = Float64Array.from(left);
      const r = Float64Array.from(right);
      const value = () => {
        const { training, smoothness: sum } = evaluateReference(problem, l, r);
        return training + smoothness.weight * sum;
      };
      const { gradLeft, gradRight } = evaluateReference(problem, l, r);
      const { k, scale, slices } = problem.transform;
      const weightOf = (plane: number) => slices.findLast(slice => slice.plane <= plane)!.weight;
      const random = createRandom(1, 'probes');
      for (const [values, gradient] of [
        [l, gradLeft],
        [r, gradRight],
      ]) {
        for (let probe = 0; probe < 6; probe++) {
          const i = random.integer(values.length);
          const h = 1e-6;
          const kept = values[i];
          values[i] = kept + h;
          const up = value();
          values[i] = kept - h;
          const down = value();
          values[i] = kept;
          // By Parseval the derivative by a stored half-spectrum value carries weight / scale.
          const plane = Math.floor(i / (values.length / k));
          const expected = (gradient[i] * weightOf(plane)) / scale;
          expect(Math.abs((up - down) / (2 * h) - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
        }
      }
    }
  });
});
