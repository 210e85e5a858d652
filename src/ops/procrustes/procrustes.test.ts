import { describe, expect, it } from 'vitest';
import { determinant3, expSo3, rotate } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import { procrustes, procrustesGradient } from './procrustes.ts';

const seed = 31;

/** A loss that is linear in the result has any gradient by R and t that we like. */
function checkGradient(p: Float64Array, q: Float64Array, weights: Float64Array, tolerance: number): void {
  const random = createRandom(seed, 'loss');
  const byRotation = Float64Array.from({ length: 9 }, () => random.normal());
  const byTranslation = Float64Array.from({ length: 3 }, () => random.normal());
  const loss = (a: Float64Array, b: Float64Array, w: Float64Array) => {
    const { rotation, translation } = procrustes(a, b, w);
    let sum = 0;
    for (let k = 0; k < 9; k++) sum += byRotation[k] * rotation[k];
    for (let k = 0; k < 3; k++) sum += byTranslation[k] * translation[k];
    return sum;
  };
  const gradient = procrustesGradient(p, q, weights, procrustes(p, q, weights), byRotation, byTranslation);
  const h = 1e-5;
  const compare = (values: Float64Array, analytic: Float64Array, at: (moved: Float64Array) => number, what: string) => {
    const numeric = values.map((value, i) => (at(values.with(i, value + h)) - at(values.with(i, value - h))) / (2 * h));
    const scale = Math.max(...numeric.map(Math.abs), 1e-3);
    numeric.forEach((value, i) => {
      expect(Math.abs(analytic[i] - value) / scale, `${what} ${i}: ${analytic[i]}, expected ${value}`).toBeLessThan(
        tolerance,
      );
    });
  };
  compare(p, gradient.p, moved => loss(moved, q, weights), 'p');
  compare(q, gradient.q, moved => loss(p, moved, weights), 'q');
  compare(weights, gradient.weights, moved => loss(p, q, moved), 'weight');
}

function randomSet(count: number, noise: number, flatten: (axis: number) => number = () => 1) {
  const random = createRandom(seed, 'points');
  const rotation = expSo3([0.4, -0.7, 0.3]);
  const p = Float64Array.from({ length: 3 * count }, (_, i) => flatten(i % 3) * random.normal());
  const q = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const turned = rotate(rotation, p.subarray(3 * i, 3 * i + 3));
    for (let k = 0; k < 3; k++) q[3 * i + k] = turned[k] + [1, -2, 0.5][k] + noise * random.normal();
  }
  const weights = Float64Array.from({ length: count }, () => 0.2 + random.uniform());
  return { p, q, weights, rotation };
}

describe('weighted Procrustes', () => {
  it('finds the motion that the points were moved by', () => {
    const { p, q, weights, rotation } = randomSet(8, 0);
    const found = procrustes(p, q, weights);
    found.rotation.forEach((value, k) => {
      expect(value).toBeCloseTo(rotation[k], 12);
    });
    [1, -2, 0.5].forEach((value, k) => {
      expect(found.translation[k]).toBeCloseTo(value, 12);
    });
  });

  it('lets points of weight 0 say nothing', () => {
    const { p, q, weights } = randomSet(8, 0.1);
    const all = procrustes(p, q, weights.with(3, 0));
    const moved = procrustes(p.with(9, 100), q.with(10, -50), weights.with(3, 0));
    expect([...moved.rotation]).toEqual([...all.rotation]);
  });

  it('never mirrors, however the points lie', () => {
    const { p, weights } = randomSet(8, 0);
    const mirrored = p.map((value, i) => (i % 3 === 2 ? -value : value));
    expect(determinant3(procrustes(p, mirrored, weights).rotation)).toBeCloseTo(1, 12);
  });

  it(`has the gradient of its result with noisy points (seed ${seed})`, () => {
    const { p, q, weights } = randomSet(7, 0.3);
    checkGradient(p, q, weights, 5e-5);
  });

  it('has it where all singular values are the same: the axes onto themselves', () => {
    const axes = Float64Array.of(1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1);
    checkGradient(axes, axes.slice(), new Float64Array(6).fill(1), 5e-5);
  });

  it('has it for points in a plane, whose moments have rank 2', () => {
    const { p, q, weights } = randomSet(7, 0, axis => (axis === 2 ? 0 : 1));
    checkGradient(p, q, weights, 5e-5);
  });

  it('has it where the points are mirrored', () => {
    const { p, q, weights } = randomSet(9, 0.1, axis => [3, 2, 0.5][axis]);
    checkGradient(
      p,
      q.map((value, i) => (i % 3 === 2 ? -value : value)),
      weights,
      5e-5,
    );
  });

  it('is finite for points on a line, which leave a turn open', () => {
    const { p, q, weights } = randomSet(7, 0, axis => (axis === 0 ? 1 : 0));
    const result = procrustes(p, q, weights);
    const gradient = procrustesGradient(p, q, weights, result, new Float64Array(9).fill(1), [1, 2, 3]);
    expect([...gradient.p, ...gradient.q, ...gradient.weights].every(Number.isFinite)).toBe(true);
  });
});
