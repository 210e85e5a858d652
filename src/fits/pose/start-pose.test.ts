// Starts as six numbers: against hand-made poses, and in the order in which sources of a start count.

import { beforeAll, describe, expect, it } from 'vitest';
import { averageDistance } from '../../geometry/pose-metrics.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { angleBetween, radiansPerDegree, rotationAbout } from '../../geometry/rotation.ts';
import { type ObservedObject, observeObject } from './observe.ts';
import { makeSampleScene } from './sample-scene.ts';
import { startOf } from './start-pose.ts';

const open = { startTurn: 0, startShift: 0 };
let object: ObservedObject;
beforeAll(() => {
  object = observeObject(makeSampleScene({ frames: 1, seed: 1, width: 160 }), 0, 2);
});
const pose = (degrees: number, axis: number[], translation: number[]): CamFromObject =>
  rigid(rotationAbout(axis, degrees * radiansPerDegree), Float64Array.from(translation));

describe('a start', () => {
  it('is what a file says, else what the scene says, else upright behind the mask', () => {
    const file = pose(90, [0, 0, 1], [1, 2, 500]);
    const { camFromObject, values } = startOf(object, file, open, 0);
    expect(camFromObject).toBe(file);
    // A quarter turn about z is the rotation vector (0, 0, 90°).
    expect(values.startTurnX).toBeCloseTo(0, 9);
    expect(values.startTurnZ).toBeCloseTo(90, 9);
    expect([values.startX, values.startY, values.startZ]).toEqual([1, 2, 500]);
    expect(startOf(object, undefined, open, 0).camFromObject).toBe(object.truth);
    const blind = startOf({ ...object, truth: undefined }, undefined, open, 0);
    expect(blind.source).toMatch(/middle of the mask/);
    // The mask tells the place to within the size of the object.
    expect(averageDistance(object.model.mesh.positions, blind.camFromObject, object.truth!)).toBeLessThan(120);
  });

  it('is what is set: all six numbers, or some of them in place of those of its source', () => {
    const all = { startTurnX: 180, startTurnY: 0, startTurnZ: 0, startX: -5, startY: 7, startZ: 900 };
    const set = startOf(object, undefined, { ...open, ...all }, 0).camFromObject;
    // Half a turn about x.
    const error = [1, 0, 0, 0, -1, 0, 0, 0, -1].map((value, i) => Math.abs(value - set.rotation[i]));
    expect(Math.max(...error)).toBeLessThan(1e-12);
    expect([...set.translation]).toEqual([-5, 7, 900]);
    const file = pose(30, [1, 2, 3], [1, 2, 500]);
    const moved = startOf(object, file, { ...open, startZ: 750 }, 0).camFromObject;
    expect([...moved.translation]).toEqual([1, 2, 750]);
    expect(angleBetween(moved.rotation, file.rotation)).toBeLessThan(1e-12);
  });

  it('says where its errors are measured from it too, and how to move it away', () => {
    const file = pose(30, [1, 2, 3], [1, 2, 500]);
    expect(startOf(object, undefined, open, 0).source).toMatch(
      /scene states, which errors.*too; startTurn and startShift/,
    );
    expect(startOf(object, undefined, { startTurn: 40, startShift: 16 }, 0).source).toMatch(
      /scene states, which errors.*too, turned by 40° and moved by 16 mm$/,
    );
    expect(startOf(object, file, open, 0).source).not.toMatch(/errors/);
    expect(startOf(object, undefined, { ...open, startZ: 750 }, 0).source).not.toMatch(/errors/);
  });

  it('is turned and shifted away by exactly what is asked for, whatever it is, the same for a seed', () => {
    const file = pose(30, [1, 2, 3], [1, 2, 500]);
    const away = { startTurn: 40, startShift: 16 };
    const start = startOf(object, file, away, 3).camFromObject;
    expect(angleBetween(start.rotation, file.rotation) / radiansPerDegree).toBeCloseTo(40, 9);
    expect(Math.hypot(...start.translation.map((value, k) => value - file.translation[k]))).toBeCloseTo(16, 9);
    expect(startOf(object, file, away, 3).camFromObject).toEqual(start);
    expect(startOf(object, file, away, 4).camFromObject).not.toEqual(start);
  });

  it('cannot be found in an empty mask', () => {
    const mask = new Float32Array(object.observation.mask.length);
    const empty = { ...object, truth: undefined, observation: { ...object.observation, mask } };
    expect(() => startOf(empty, undefined, open, 0)).toThrow(/mask is empty/);
  });
});
