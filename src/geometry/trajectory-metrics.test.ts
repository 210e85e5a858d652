import { describe, expect, it } from 'vitest';
import { movePoseBySimilarity } from './alignment.ts';
import { rigid, type WorldFromCam } from './rigid.ts';
import { expSo3, multiplyRotations, radiansPerDegree, rotationAbout } from './rotation.ts';
import { trajectoryErrors } from './trajectory-metrics.ts';

const asymmetric: WorldFromCam[] = Array.from({ length: 9 }, (_, i) =>
  rigid(expSo3([0.1 * i, -0.05 * i, 0.02 * i * i]), Float64Array.of(i, 0.3 * i * i, Math.sin(i))),
);

describe('errors of a trajectory', () => {
  it('are none in another world of another scale', () => {
    const similarity = { scale: 0.2, rigid: rigid<'world', 'world'>(expSo3([1, 2, -1]), Float64Array.of(7, 8, 9)) };
    const errors = trajectoryErrors(
      asymmetric.map(pose => movePoseBySimilarity(similarity, pose)),
      asymmetric,
    );
    expect(errors.ate).toBeLessThan(1e-12);
    expect(errors.rotationDegrees).toBeLessThan(1e-6);
    expect(errors.truthFromEstimate.scale).toBeCloseTo(5, 12);
    expect(errors).toMatchObject({ rra5: 1, rta5: 1 });
    expect(errors.auc10).toBeCloseTo(1, 6);
  });

  it('have a mirrored path as a bad one', () => {
    const mirrored = asymmetric.map(({ rotation, translation: [x, y, z] }) =>
      rigid<'world', 'cam'>(rotation, Float64Array.of(x, y, -z)),
    );
    expect(trajectoryErrors(mirrored, asymmetric).ate).toBeGreaterThan(0.05);
  });

  it('of a square whose last corner is 2 too far along the diagonal, by hand', () => {
    // One camera of four, all looking the same way; relative rotations are exact.
    const square = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ].map(([x, z]) => rigid<'world', 'cam'>(expSo3([0, 0, 0]), Float64Array.of(x, 0, z)));
    const errors = trajectoryErrors(
      square.map(({ rotation }, i) =>
        rigid<'world', 'cam'>(
          rotation,
          Float64Array.of(
            ...[
              [1, 0, 0],
              [0, 0, 1],
              [-1, 0, 0],
              [0, 0, -3],
            ][i],
          ),
        ),
      ),
      square,
    );
    // Centred estimate: x ±1 twice, z 0.5, 1.5, 0.5, −2.5 around the mean −0.5: variance (2 + 0.25 + 2.25 + 0.25 + 6.25) / 4
    // = 2.75; covariance with the truth (2 + 1.5 + 2.5) / 4 = 1.5; scale 1.5 / 2.75; residual 1 − 1.5² / 2.75.
    expect(errors.truthFromEstimate.scale).toBeCloseTo(1.5 / 2.75, 12);
    expect(errors.ate).toBeCloseTo(Math.sqrt(1 - 2.25 / 2.75), 12);
    expect(errors.atePercentOfPath).toBeCloseTo((100 * Math.sqrt(1 - 2.25 / 2.75)) / (3 * Math.SQRT2), 10);
    expect(errors.rra5).toBe(1);
    // Of six baselines, those to the last corner turn by 26.57° twice and not at all once.
    expect(errors.rta5).toBeCloseTo(4 / 6, 12);
    expect(errors.auc30).toBeCloseTo((4 + 2 * (1 - Math.atan2(2, 4) / radiansPerDegree / 30)) / 6, 10);
  });

  it('count one camera turned by 3° in the rotation of all its pairs', () => {
    const turned = asymmetric.map((pose, i) =>
      i === 4
        ? rigid<'world', 'cam'>(
            multiplyRotations(pose.rotation, rotationAbout([0, 1, 0], 3 * radiansPerDegree)),
            pose.translation,
          )
        : pose,
    );
    const errors = trajectoryErrors(turned, asymmetric);
    expect(errors.ate).toBeLessThan(1e-12);
    expect(errors.rra5).toBe(1);
    // 8 of 36 pairs are 3° off in rotation, and at least as much in nothing else: directions turn by at most 3°.
    expect(errors.auc10).toBeCloseTo((28 + 8 * 0.7) / 36, 6);
    expect(errors.rotationDegrees).toBeLessThan(1e-6);
  });

  it('of cameras that stand still have no share of the path', () => {
    const still = asymmetric.map(({ rotation }) => rigid<'world', 'cam'>(rotation, new Float64Array(3)));
    expect(trajectoryErrors(asymmetric, still).atePercentOfPath).toBeUndefined();
  });
});
