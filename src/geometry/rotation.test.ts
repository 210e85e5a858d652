import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import {
  angleBetween,
  determinant3,
  expSo3,
  identityRotation,
  logSo3,
  multiplyRotations,
  nearestRotation,
  quatWxyzFromRotation,
  rotate,
  rotationAbout,
  rotationFromQuatWxyz,
  transposed,
} from './rotation.ts';

const seed = 90125;

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, note = ''): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i]), `${note} [${i}]: ${actual[i]}, expected ${expected[i]}`).toBeLessThan(
      tolerance,
    );
  }
}

function randomVector(random: ReturnType<typeof createRandom>, length: number): Float64Array {
  const v = Float64Array.of(random.normal(), random.normal(), random.normal());
  const norm = Math.hypot(...v);
  return v.map(value => (value / norm) * length);
}

describe('rotations', () => {
  it('turns a quarter about z: x goes to y, y to −x', () => {
    const r = expSo3([0, 0, Math.PI / 2]);
    expectClose(r, [0, -1, 0, 1, 0, 0, 0, 0, 1], 1e-15);
    expectClose(rotate(r, [2, 3, 4]), [-3, 2, 4], 1e-14);
    expectClose(quatWxyzFromRotation(r), [Math.SQRT1_2, 0, 0, Math.SQRT1_2], 1e-15);
  });

  it('turns a third about (1, 1, 1): the axes go round', () => {
    const r = rotationAbout([5, 5, 5], (2 * Math.PI) / 3);
    expectClose(r, [0, 0, 1, 1, 0, 0, 0, 1, 0], 1e-15);
    expectClose(quatWxyzFromRotation(r), [0.5, 0.5, 0.5, 0.5], 1e-15);
  });

  it(`exp and log undo each other from tiny angles to half a turn (seed ${seed})`, () => {
    const random = createRandom(seed, 'exp-log');
    for (const angle of [0, 1e-300, 1e-12, 1e-6, 0.01, 1, 3, Math.PI - 1e-6, Math.PI - 1e-12]) {
      for (let trial = 0; trial < 20; trial++) {
        const omega = randomVector(random, angle);
        expectClose(logSo3(expSo3(omega)), omega, 1e-14 + 1e-14 * angle, `seed ${seed}, angle ${angle}`);
      }
    }
    const halfTurn = expSo3([0, Math.PI, 0]);
    expectClose(logSo3(halfTurn).map(Math.abs), [0, Math.PI, 0], 1e-14);
  });

  it(`exp to first and second order is its Taylor series (seed ${seed})`, () => {
    const random = createRandom(seed, 'taylor');
    const omega = randomVector(random, 1e-5);
    const [x, y, z] = omega;
    const cross = [0, -z, y, z, 0, -x, -y, x, 0];
    const square = multiplyRotations(Float64Array.from(cross), Float64Array.from(cross));
    const series = identityRotation().map((one, i) => one + cross[i] + square[i] / 2);
    expectClose(expSo3(omega), series, 1e-15);
  });

  it(`quaternions and matrices agree, whatever the sign and length (seed ${seed})`, () => {
    const random = createRandom(seed, 'quaternion');
    for (let trial = 0; trial < 200; trial++) {
      const q = Array.from({ length: 4 }, () => random.normal());
      const r = rotationFromQuatWxyz(q);
      expectClose(multiplyRotations(r, transposed(r)), identityRotation(), 1e-14, `seed ${seed}, trial ${trial}`);
      expect(determinant3(r)).toBeCloseTo(1, 12);
      const norm = Math.hypot(...q) * (q[0] < 0 ? -1 : 1);
      expectClose(
        quatWxyzFromRotation(r),
        q.map(value => value / norm),
        1e-14,
        `seed ${seed}, trial ${trial}`,
      );
    }
  });

  it('measures the angle between rotations with all digits, near zero and near half a turn too', () => {
    const base = expSo3([0.3, -1.2, 0.7]);
    for (const angle of [1e-9, 1e-4, 0.5, Math.PI - 1e-9]) {
      const turned = multiplyRotations(base, rotationAbout([1, 2, 3], angle));
      expect(Math.abs(angleBetween(base, turned) - angle)).toBeLessThan(2e-15 + 1e-14 * angle);
      expect(angleBetween(turned, base)).toBeCloseTo(angle, 13);
    }
  });

  it(`takes the nearest rotation: the symmetric factor of a polar decomposition drops out (seed ${seed})`, () => {
    const random = createRandom(seed, 'polar');
    for (let trial = 0; trial < 50; trial++) {
      const r = expSo3(randomVector(random, 3 * random.uniform()));
      const turn = expSo3(randomVector(random, 3 * random.uniform()));
      const [a, b, c] = [0.5 + random.uniform(), 0.5 + random.uniform(), 0.5 + random.uniform()];
      const stretch = multiplyRotations(
        multiplyRotations(turn, Float64Array.of(a, 0, 0, 0, b, 0, 0, 0, c)),
        transposed(turn),
      );
      expectClose(nearestRotation(multiplyRotations(r, stretch)), r, 1e-12, `seed ${seed}, trial ${trial}`);
    }
  });

  it('refuses a matrix that mirrors or flattens, and says which file', () => {
    for (const m of [
      [1, 0, 0, 0, 1, 0, 0, 0, -1],
      [1, 0, 0, 0, 1, 0, 0, 0, 0],
      [Number.NaN, 0, 0, 0, 1, 0, 0, 0, 1],
    ]) {
      expect(() => nearestRotation(m, 'scene_gt.json')).toThrow(
        expect.objectContaining({
          code: 'input',
          where: 'scene_gt.json',
          message: expect.stringContaining('determinant'),
        }),
      );
    }
  });
});
