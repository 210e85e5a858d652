import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { createNearestPoint } from './nearest-point.ts';
import { perturbPose, shells } from './perturbed-starts.ts';
import {
  areaUnderCurve,
  countedBySymmetry,
  createPoseRuler,
  median,
  nearestEquivalent,
  poseErrors,
  summarisePoses,
} from './pose-metrics.ts';
import { boxMesh } from './primitives.ts';
import { type CamFromObject, compose, type ObjectFromObject, rigid } from './rigid.ts';
import { angleBetween, expSo3, identityRotation, multiplyRotations, rotationAbout } from './rotation.ts';

const seed = 1912;
const at = (...translation: number[]): CamFromObject => rigid(identityRotation(), Float64Array.from(translation));

describe('nearest point', () => {
  it(`is what a search through all gives, with points on a grid and twice at a place too (seed ${seed})`, () => {
    const random = createRandom(seed, 'nearest');
    for (let trial = 0; trial < 40; trial++) {
      const count = 1 + random.integer(trial < 20 ? 8 : 300);
      const points = Float32Array.from({ length: 3 * count }, () =>
        trial % 2 ? Math.round(2 * random.normal()) : random.normal(),
      );
      const tree = createNearestPoint(points);
      for (let question = 0; question < 20; question++) {
        const [x, y, z] = [2 * random.normal(), 2 * random.normal(), 2 * random.normal()];
        let best = Infinity;
        for (let i = 0; i < points.length; i += 3) {
          best = Math.min(best, Math.hypot(points[i] - x, points[i + 1] - y, points[i + 2] - z));
        }
        expect(tree.distance(x, y, z), `seed ${seed}, trial ${trial}`).toBeCloseTo(best, 12);
        expect(tree.distance(x, y, z, best + 0.1)).toBeCloseTo(best, 12);
        expect(tree.distance(x, y, z, best / 2)).toBeCloseTo(best / 2, 12);
      }
    }
  });
});

describe('pose errors', () => {
  it('of a shift are its length, by every measure but ADD-S, which is at most that', () => {
    const ruler = createPoseRuler(Float32Array.of(0, 0, 0, 100, 0, 0, 0, 200, 0), 224);
    const errors = poseErrors(ruler, at(3, 4, 500), at(0, 0, 500));
    expect(errors).toMatchObject({ addMillimetres: 5, rotationDegrees: 0, translationMillimetres: 5 });
    expect(errors.addSMillimetres).toBeCloseTo(5, 12);
    expect(errors.within5Degrees5Millimetres).toBe(true);
    expect(poseErrors(ruler, at(3, 4.01, 500), at(0, 0, 500)).within5Degrees5Millimetres).toBe(false);
    // A shift by the way from the first point to the second: one point lands on another.
    const landed = poseErrors(ruler, at(100, 0, 500), at(0, 0, 500));
    expect(landed.addMillimetres).toBe(100);
    // Distances 0 for the first, 100 for the second, √(100² + 200²) to the nearest, which is (0, 200), for the third: 100.
    expect(landed.addSMillimetres).toBeCloseTo((0 + 100 + 100) / 3, 12);
  });

  it('of half a turn of a box: ADD is twice the mean distance from the axis, ADD-S is zero', () => {
    const ruler = createPoseRuler(boxMesh(60, 80, 100).positions, Math.hypot(60, 80, 100));
    const turned: CamFromObject = rigid(rotationAbout([0, 0, 1], Math.PI), Float64Array.of(0, 0, 500));
    const errors = poseErrors(ruler, turned, at(0, 0, 500));
    // Every corner is 50 mm from the axis.
    expect(errors.addMillimetres).toBeCloseTo(100, 9);
    expect(errors.addSMillimetres).toBeCloseTo(0, 9);
    expect(errors.rotationDegrees).toBeCloseTo(180, 9);
    expect(errors.withinTenthOfDiameter).toBe(false);
  });

  it('by symmetry: ADD-S in the place of ADD, and the threshold with it', () => {
    const ruler = createPoseRuler(boxMesh(60, 80, 100).positions, 100);
    const turned: CamFromObject = rigid(rotationAbout([0, 0, 1], Math.PI), Float64Array.of(0, 0, 507));
    const errors = countedBySymmetry(poseErrors(ruler, turned, at(0, 0, 500)), ruler);
    // Each corner lies 7 mm behind another one's place.
    expect(errors.addMillimetres).toBeCloseTo(7, 5);
    expect(errors.withinTenthOfDiameter).toBe(true);
    expect(errors.within5Degrees5Millimetres).toBe(false);
    const far = poseErrors(ruler, at(0, 0, 510), at(0, 0, 500));
    // A tenth is not below a tenth.
    expect(countedBySymmetry(far, ruler).withinTenthOfDiameter).toBe(far.addSMillimetres < 10);
    // Against the equivalent pose the turn is none.
    const half: ObjectFromObject = rigid(rotationAbout([0, 0, 1], Math.PI), new Float64Array(3));
    const equal = nearestEquivalent(turned, at(0, 0, 500), { symmetries: [half], symmetryAxes: [] });
    expect(poseErrors(ruler, turned, equal).rotationDegrees).toBeCloseTo(0, 9);
    expect(poseErrors(ruler, turned, equal).translationMillimetres).toBeCloseTo(7, 9);
  });

  it('catch millimetres taken for metres: no threshold is met', () => {
    const ruler = createPoseRuler(boxMesh(60, 80, 100).positions, Math.hypot(60, 80, 100));
    const { addMillimetres, withinTenthOfDiameter } = poseErrors(ruler, at(0, 0, 0.5), at(0, 0, 500));
    expect(addMillimetres).toBeCloseTo(499.5, 6);
    expect(withinTenthOfDiameter).toBe(false);
    expect(areaUnderCurve([addMillimetres], 100)).toBe(0);
  });

  it('take the nearest of equivalent poses: half a turn, and any turn about an axis beside the origin', () => {
    const truth: CamFromObject = rigid(expSo3([0.4, -0.2, 0.9]), Float64Array.of(10, 20, 500));
    const half: ObjectFromObject = rigid(rotationAbout([0, 1, 0], Math.PI), Float64Array.of(2, 0, 4));
    const nudge: CamFromObject = rigid(
      multiplyRotations(expSo3([0.02, 0, 0]), compose(truth, half).rotation),
      Float64Array.of(0, 0, 500),
    );
    expect(nearestEquivalent(nudge, truth, { symmetries: [half], symmetryAxes: [] })).toEqual(compose(truth, half));
    expect(nearestEquivalent(truth, truth, { symmetries: [half], symmetryAxes: [] })).toEqual(truth);
    const axis = { direction: Float64Array.of(0, 0.6, 0.8), point: Float64Array.of(7, 0, 0) };
    for (const angle of [-3, -1, 0.1, 2.5]) {
      // x ↦ R (x − p) + p
      const r = rotationAbout(axis.direction, angle);
      const shift = axis.point.map((value, k) => value - (r[3 * k] * 7 + r[3 * k + 1] * 0 + r[3 * k + 2] * 0));
      const turned = compose(truth, rigid<'object', 'object'>(r, shift));
      const found = nearestEquivalent(turned, truth, { symmetries: [], symmetryAxes: [axis] });
      expect(angleBetween(found.rotation, turned.rotation)).toBeLessThan(1e-12);
      found.translation.forEach((value, k) => {
        expect(value).toBeCloseTo(turned.translation[k], 9);
      });
    }
  });
});

describe('figures over many poses', () => {
  it('area under the curve: the integral of the share below each threshold', () => {
    expect(areaUnderCurve([0, 0], 20)).toBe(1);
    expect(areaUnderCurve([5, 15, 25], 20)).toBeCloseTo((0.75 + 0.25 + 0) / 3, 12);
    const errors = [0.3, 4, 7.5, 11, 19, 40];
    let sum = 0;
    for (let i = 0; i < 1e5; i++) sum += errors.filter(error => error < (20 * (i + 0.5)) / 1e5).length / errors.length;
    expect(areaUnderCurve(errors, 20)).toBeCloseTo(sum / 1e5, 4);
  });

  it('medians and recalls', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    const ruler = createPoseRuler(boxMesh(60, 80, 100).positions, 100);
    const errors = [1, 3, 6, 50].map(shift => poseErrors(ruler, at(shift, 0, 500), at(0, 0, 500)));
    expect(summarisePoses(errors)).toMatchObject({
      cases: 4,
      meanAdd: 15,
      medianAdd: 4.5,
      recall5Degrees5Millimetres: 0.5,
      recallTenthOfDiameter: 0.75,
      // 1 − 1/20, 1 − 3/20, 1 − 6/20 and nothing; 1 − 1/100, …, 1 − 50/100.
      auc20: (0.95 + 0.85 + 0.7 + 0) / 4,
      auc100: (0.99 + 0.97 + 0.94 + 0.5) / 4,
      medianRotationDegrees: 0,
      medianTranslationMillimetres: 4.5,
    });
    expect(areaUnderCurve([200], 100)).toBe(0);
    // Exactly 5 mm and 5° are within, as the published rule has it.
    const edge = rigid<'cam', 'object'>(rotationAbout([0, 0, 1], (4.999 * Math.PI) / 180), Float64Array.of(5, 0, 500));
    expect(poseErrors(ruler, edge, at(0, 0, 500)).within5Degrees5Millimetres).toBe(true);
    const beyond = rigid<'cam', 'object'>(
      rotationAbout([0, 0, 1], (5.001 * Math.PI) / 180),
      Float64Array.of(5, 0, 500),
    );
    expect(poseErrors(ruler, beyond, at(0, 0, 500)).within5Degrees5Millimetres).toBe(false);
  });
});

describe('perturbed starts', () => {
  it(`lie exactly on their shell, in all directions, and follow from the seed (seed ${seed})`, () => {
    const truth: CamFromObject = rigid(expSo3([0.4, -0.2, 0.9]), Float64Array.of(10, 20, 500));
    for (const shell of shells) {
      const random = createRandom(seed, 'shell');
      const sum = [0, 0, 0];
      for (let trial = 0; trial < 300; trial++) {
        const start = perturbPose(truth, shell, random);
        const degrees = (angleBetween(start.rotation, truth.rotation) * 180) / Math.PI;
        expect(degrees).toBeCloseTo(shell.rotationDegrees, 10);
        const shift = start.translation.map((value, k) => value - truth.translation[k]);
        expect(Math.hypot(...shift)).toBeCloseTo(shell.translationMillimetres, 10);
        shift.forEach((value, k) => {
          sum[k] += value / shell.translationMillimetres / 300;
        });
      }
      // The mean of 300 directions has a standard deviation of 1 / √900 per axis; five of them.
      expect(Math.max(...sum.map(Math.abs))).toBeLessThan(5 / 30);
    }
    const [a, b] = [1, 1].map(() => perturbPose(truth, shells[2], createRandom(seed, 'one')));
    expect(a).toEqual(b);
    expect(perturbPose(truth, shells[2], createRandom(seed, 'two'))).not.toEqual(a);
  });
});
