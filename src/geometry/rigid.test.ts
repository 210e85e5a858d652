import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import {
  type CamFromObject,
  compose,
  flipCameraAxes,
  invert,
  matrix3x4,
  matrix4x4,
  rigid,
  rigidFromMatrix,
  scaleTranslation,
  transformPoint,
  transformPoints,
  type WorldFromCam,
} from './rigid.ts';
import { expSo3 } from './rotation.ts';

const seed = 4711;
const quarterAboutZ = [0, -1, 0, 1, 0, 0, 0, 0, 1];

describe('rigid transforms', () => {
  it('maps, composes and inverts a case worked out by hand', () => {
    const camFromObject: CamFromObject = rigid(Float64Array.from(quarterAboutZ), Float64Array.of(1, 2, 3));
    // (1, 0, 0) turns to (0, 1, 0), then moves to (1, 3, 3).
    expect([...transformPoint(camFromObject, [1, 0, 0])]).toEqual([1, 3, 3]);
    expect([...transformPoints(camFromObject, new Float32Array([1, 0, 0, 0, 1, 0]))]).toEqual([1, 3, 3, 0, 2, 3]);
    expect([...transformPoint(invert(camFromObject), [1, 3, 3])]).toEqual([1, 0, 0]);
    const worldFromCam: WorldFromCam = rigid(Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), Float64Array.of(10, 20, 30));
    expect([...transformPoint(compose(worldFromCam, camFromObject), [1, 0, 0])]).toEqual([11, 23, 33]);
    expect([...matrix3x4(camFromObject)]).toEqual([0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3]);
    expect([...matrix4x4(camFromObject)].slice(12)).toEqual([0, 0, 0, 1]);
    expect([...scaleTranslation(camFromObject, 1000).translation]).toEqual([1000, 2000, 3000]);
  });

  it('refuses at compile time to compose frames that do not meet', () => {
    const camFromObject: CamFromObject = rigid(Float64Array.from(quarterAboutZ), Float64Array.of(1, 2, 3));
    // @ts-expect-error object and cam do not meet
    compose(camFromObject, camFromObject);
    expect([...compose(invert(camFromObject), camFromObject).translation]).toEqual([0, 0, 0]);
  });

  it(`composition is application one after the other, and matrices read back (seed ${seed})`, () => {
    const random = createRandom(seed, 'rigid');
    const draw = <To extends string, From extends string>() =>
      rigid<To, From>(
        expSo3([random.normal(), random.normal(), random.normal()]),
        Float64Array.of(random.normal(), random.normal(), random.normal()),
      );
    for (let trial = 0; trial < 100; trial++) {
      const [aFromB, bFromC] = [draw<'a', 'b'>(), draw<'b', 'c'>()];
      const point = [random.normal(), random.normal(), random.normal()];
      const once = transformPoint(compose(aFromB, bFromC), point);
      const twice = transformPoint(aFromB, transformPoint(bFromC, point));
      const back = transformPoint(invert(aFromB), transformPoint(aFromB, point));
      const read = rigidFromMatrix<'a', 'b'>(matrix4x4(aFromB));
      for (let i = 0; i < 3; i++) {
        expect(once[i], `seed ${seed}, trial ${trial}`).toBeCloseTo(twice[i], 12);
        expect(back[i], `seed ${seed}, trial ${trial}`).toBeCloseTo(point[i], 12);
        expect(read.translation[i]).toBe(aFromB.translation[i]);
      }
      read.rotation.forEach((value, i) => {
        expect(value).toBeCloseTo(aFromB.rotation[i], 13);
      });
    }
  });

  it('changes between OpenCV and OpenGL axes: what is below and ahead is at −y and −z', () => {
    const camFromObject: CamFromObject = rigid(Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), Float64Array.of(1, 2, 3));
    const inOpenGl = compose(flipCameraAxes, camFromObject);
    expect([...inOpenGl.translation]).toEqual([1, -2, -3]);
    expect([...compose(flipCameraAxes, inOpenGl).translation]).toEqual([1, 2, 3]);
  });
});
