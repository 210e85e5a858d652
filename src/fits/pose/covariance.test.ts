// Covariances of poses: against linear least squares by hand and by simulation, for open directions, and calibrated on
// pictures with exact truth.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { perturbPose } from '../../geometry/perturbed-starts.ts';
import { boxMesh, cylinderMesh, joinMeshes } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { expSo3, identityRotation } from '../../geometry/rotation.ts';
import { findSymmetries } from '../../geometry/symmetry.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom, type RandomSource } from '../../numerics/random.ts';
import { uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import { drawReference } from '../../ops/rasterise/pose-reference.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import { createPoseAssessor } from './assessment.ts';
import { normalisedError, poseCovariance, poseError, type TermEvidence } from './covariance.ts';
import { centredPose } from './pose-steps.ts';
import { createPoseTarget } from './pose-target.ts';
import { polishSettings, refinePose } from './refine.ts';

const seed = 411;
const mesh = prepareMesh(boxMesh(60, 80, 40));
const at: CamFromObject = rigid(identityRotation(), Float64Array.of(0, 0, 500));
const degrees = 180 / Math.PI;

/** Evidence of n residuals rows · x + noise of deviation sigma, as a robust term of scale s, large beside sigma, sees them. */
function linearTerm(rows: readonly Float64Array[], sigma: number, s: number, weight: number): TermEvidence {
  const hessian = new Float64Array(36);
  for (const row of rows) {
    for (let i = 0; i < 36; i++)
      hessian[i] += (weight * 2 * row[Math.floor(i / 6)] * row[i % 6]) / rows.length / s ** 2;
  }
  return { hessian, residual: sigma ** 2 / (sigma ** 2 + s ** 2), weight, independent: rows.length };
}

const randomRows = (random: RandomSource, count: number, scales: readonly number[]) =>
  Array.from({ length: count }, () => Float64Array.from(scales, scale => scale * random.normal()));

describe('covariance', () => {
  it('of one term is that of least squares, σ² (JᵀJ)⁻¹, in degrees and millimetres', () => {
    // Each residual sees one number: ten see each.
    const scales = [30, 40, 50, 1, 2, 0.5];
    const rows = Array.from({ length: 60 }, (_, n) =>
      Float64Array.from(scales, (scale, k) => (k === n % 6 ? scale : 0)),
    );
    const covariance = poseCovariance([linearTerm(rows, 0.3, 10, 0.7)], at, mesh)!;
    scales.forEach((scale, k) => {
      const deviation = (0.3 / scale / Math.sqrt(10)) * (k < 3 ? degrees : 1);
      expect(Math.sqrt(covariance.matrix[7 * k]) / deviation).toBeCloseTo(1, 3);
    });
    expect(covariance.alongMillimetres / (0.3 / 0.5 / Math.sqrt(10))).toBeCloseTo(1, 3);
    expect(covariance.acrossMillimetres / Math.hypot(0.3 / Math.sqrt(10), 0.15 / Math.sqrt(10))).toBeCloseTo(1, 3);
    const turns = [30, 40, 50].map(scale => (0.3 / scale / Math.sqrt(10)) * degrees);
    expect(covariance.rotationDegrees / Math.hypot(...turns)).toBeCloseTo(1, 3);
  });

  it(`of two terms whose weights are not those of their noise is that of many trials (seed ${seed})`, () => {
    const random = createRandom(seed, 'trials');
    const terms = [
      { rows: randomRows(random, 40, [30, 40, 50, 1, 2, 0.5]), sigma: 0.2, s: 4, weight: 1 },
      { rows: randomRows(random, 25, [20, 10, 60, 2, 1, 1]), sigma: 0.9, s: 9, weight: 3 },
    ];
    const evidence = terms.map(({ rows, sigma, s, weight }) => linearTerm(rows, sigma, s, weight));
    const covariance = poseCovariance(evidence, at, mesh)!;
    // Estimates of x = 0 by weighted least squares are linear in the noise: (Σ w JᵀJ)⁻¹ Σ w Jᵀ noise.
    let squares = 0;
    const trials = 600;
    for (let trial = 0; trial < trials; trial++) {
      const normal = evidence[0].hessian.map((value, i) => value + evidence[1].hessian[i]);
      const side = new Float64Array(6);
      for (const { rows, sigma, s, weight } of terms) {
        for (const row of rows) {
          const noise = sigma * random.normal();
          for (let k = 0; k < 6; k++) side[k] += (weight * 2 * row[k] * noise) / rows.length / s ** 2;
        }
      }
      const error = gauss(normal, side).map((value, k) => value * (k < 3 ? degrees : 1));
      squares += normalisedError(covariance, error) ** 2;
    }
    // The mean of 600 χ² of six degrees over six has a deviation of √(2 / 3600).
    expect(Math.abs(squares / trials - 1)).toBeLessThan(5 * Math.sqrt(2 / 3600) + 0.01);
  });

  it('says any turn and a diameter of what nothing holds, and leaves a known axis of symmetry out of the deviation', () => {
    const scales = [30, 40, 0, 1, 2, 0];
    const rows = Array.from({ length: 60 }, (_, n) =>
      Float64Array.from(scales, (scale, k) => (k === n % 6 ? scale : 0)),
    );
    const term = linearTerm(rows, 0.3, 10, 1);
    const open = poseCovariance([term], at, mesh)!;
    expect(Math.sqrt(open.matrix[14])).toBeCloseTo(180 / Math.sqrt(3), 3);
    expect(open.alongMillimetres).toBeCloseTo(mesh.diameter, 3);
    const axis = { direction: Float64Array.of(0, 0, 1), point: new Float64Array(3) };
    const known = poseCovariance([term], at, mesh, [axis])!;
    expect(Math.sqrt(known.matrix[14])).toBeCloseTo(180 / Math.sqrt(3), 3);
    const turns = [30, 40].map(scale => (0.3 / scale / Math.sqrt(10)) * degrees);
    expect(known.rotationDegrees / Math.hypot(...turns)).toBeCloseTo(1, 3);
    expect(poseCovariance([], at, mesh)).toBeUndefined();
  });
});

/** x with A x = b, by elimination without pivots. */
function gauss(a: Float64Array, b: Float64Array): Float64Array {
  const [m, x] = [a.slice(), b.slice()];
  for (let k = 0; k < 6; k++) {
    for (let i = 0; i < 6; i++) {
      if (i === k) continue;
      const share = m[6 * i + k] / m[6 * k + k];
      for (let j = 0; j < 6; j++) m[6 * i + j] -= share * m[6 * k + j];
      x[i] -= share * x[k];
    }
  }
  return x.map((value, k) => value / m[7 * k]);
}

describe('calibration', () => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openNodeDevice({ threads: 2 });
  });
  afterAll(() => device.dispose());
  const camera = { width: 160, height: 120, fx: 300, fy: 300, cx: 80, cy: 60 };
  /** Few members from near by: the end is what counts. */
  const settings = {
    ...polishSettings,
    members: 2,
    stages: polishSettings.stages.slice(-4).map(stage => ({ ...stage, members: 2 })),
  };
  const bodies = [
    ['a box with a knob', joinMeshes([boxMesh(60, 80, 40), boxMesh(10, 10, 70)])],
    ['a cylinder', cylinderMesh(30, 80, 64, 4)],
  ] as const;

  it.each(bodies)('of %s: errors are within a factor 2 of what is expected, with depth and without', (_, body) => {
    const prepared = prepareMesh(body);
    const uploaded = uploadMesh(device, prepared);
    const meshes = { full: uploaded, reduced: uploaded };
    const symmetries = findSymmetries(body);
    const { symmetryAxes } = symmetries;
    for (const noise of [1.5, undefined]) {
      const random = createRandom(seed, `calibration ${noise}`);
      let squares = 0;
      const pictures = 8;
      for (let picture = 0; picture < pictures; picture++) {
        const turn = [2 * random.normal(), 2 * random.normal(), 2 * random.normal()];
        const place = Float64Array.of(10 * random.normal(), 8 * random.normal(), 480 + 40 * random.uniform());
        const truth: CamFromObject = rigid(expSo3(turn), place);
        const { ids, depth } = drawReference(prepared, { camera }, centredPose(truth, prepared));
        const observation = {
          camera,
          mask: Float32Array.from(ids, id => (id >= 0 ? 1 : 0)),
          depth:
            noise === undefined
              ? undefined
              : Float32Array.from(depth, z => (z < Infinity ? z + noise * random.normal() : 0)),
        };
        const start = perturbPose(truth, { rotationDegrees: 3, translationMillimetres: 2 }, random);
        const { pose } = refinePose(device, meshes, observation, start, settings);
        const target = createPoseTarget(device, meshes, [observation], start, 1);
        const { covariance, visibility } = createPoseAssessor(target, symmetries).assess(pose);
        target.dispose();
        expect(visibility.overlap).toBeGreaterThan(0.95);
        expect(visibility.hiddenShare).toBeLessThan(0.02);
        const error = poseError(pose, truth, prepared);
        // The turn about an axis of symmetry is none.
        for (const { direction } of symmetryAxes) {
          const axis = [0, 3, 6].map(k => direction.reduce((sum, value, j) => sum + truth.rotation[k + j] * value, 0));
          const about = axis.reduce((sum, value, k) => sum + value * error[k], 0);
          for (let k = 0; k < 3; k++) error[k] -= about * axis[k];
        }
        squares += normalisedError(covariance!, error) ** 2;
      }
      const normalised = Math.sqrt(squares / pictures);
      expect(normalised, `${noise ? 'mask and depth' : 'mask'}: ${normalised}`).toBeLessThan(2);
      expect(normalised, `${noise ? 'mask and depth' : 'mask'}: ${normalised}`).toBeGreaterThan(0.5);
    }
    uploaded.dispose();
  });
});
