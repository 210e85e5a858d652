import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { alignSimilarity, bestRotation, movePoseBySimilarity, transformBySimilarity } from './alignment.ts';
import { rigid, transformPoint } from './rigid.ts';
import { determinant3, expSo3, multiplyRotations } from './rotation.ts';

const seed = 1991;

describe('alignment', () => {
  it(`finds the similarity that the points were moved by (seed ${seed})`, () => {
    const random = createRandom(seed, 'points');
    const from = Array.from({ length: 30 }, () => random.normal());
    const known = { scale: 2.5, rigid: rigid<'a', 'b'>(expSo3([0.3, -2, 1]), Float64Array.of(4, -5, 6)) };
    const to = Array.from({ length: 10 }, (_, i) => [
      ...transformBySimilarity(known, from.slice(3 * i, 3 * i + 3)),
    ]).flat();
    const found = alignSimilarity<'a', 'b'>(from, to);
    expect(found.scale).toBeCloseTo(2.5, 12);
    found.rigid.rotation.forEach((value, k) => {
      expect(value).toBeCloseTo(known.rigid.rotation[k], 12);
    });
    found.rigid.translation.forEach((value, k) => {
      expect(value).toBeCloseTo(known.rigid.translation[k], 11);
    });
  });

  it('turns a flat triangle over onto its mirror image, as Umeyama 1991 (section IV) cannot within the plane', () => {
    const from = [0, 0, 0, 1, 0, 0, 0, 2, 0];
    const to = [0, 0, 0, -1, 0, 0, 0, 2, 0];
    const { rigid: planar } = alignSimilarity(from, to);
    expect(determinant3(planar.rotation)).toBeCloseTo(1, 12);
    // In three dimensions half a turn about the second axis does it exactly.
    [-1, 0, 0, 0, 1, 0, 0, 0, -1].forEach((value, k) => {
      expect(planar.rotation[k]).toBeCloseTo(value, 12);
    });
  });

  it('of a mirrored matrix beats all rotations near it', () => {
    const random = createRandom(seed, 'mirror');
    const m = Array.from({ length: 9 }, () => random.normal());
    if (determinant3(m) > 0) for (let k = 6; k < 9; k++) m[k] = -m[k];
    const score = (r: Float64Array) => r.reduce((sum, value, k) => sum + value * m[k], 0);
    const best = bestRotation(m);
    expect(determinant3(best)).toBeCloseTo(1, 12);
    for (let trial = 0; trial < 200; trial++) {
      const turn = expSo3([0, 1, 2].map(() => 2 * random.normal()));
      expect(score(multiplyRotations(best, turn))).toBeLessThanOrEqual(score(best) + 1e-12);
    }
  });

  it('refuses different numbers of points, and points without a place', () => {
    expect(() => alignSimilarity([0, 0, 0], [0, 0, 0, 1, 1, 1])).toThrow('1 points cannot be aligned to 2');
    expect(() => alignSimilarity([0, 0, Number.NaN], [0, 0, 0])).toThrow('finite');
  });

  it('moves a pose with its points', () => {
    const similarity = { scale: 3, rigid: rigid<'a', 'b'>(expSo3([1, 0, 0.5]), Float64Array.of(1, 2, 3)) };
    const pose = rigid<'b', 'cam'>(expSo3([0, 1, 0]), Float64Array.of(-1, 0, 2));
    const moved = movePoseBySimilarity(similarity, pose);
    // A point one unit before the camera is three units before the moved one.
    const expected = transformBySimilarity(similarity, transformPoint(pose, [0, 0, 1]));
    transformPoint(moved, [0, 0, 3]).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k], 12);
    });
  });
});
