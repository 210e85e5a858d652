import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { chainPoses, identityCameras } from '../../ops/reproject/chained-poses.ts';
import { observationsFromTracks, pixelsPerUnit } from '../../ops/reproject/observations.ts';
import { type CameraState, residualLengths } from '../../ops/reproject/reproject.ts';
import { areMirrored, mirrored } from './mirrored.ts';

const seed = 1832;

/** Two frames whose sideways motion is `size` of the depth, with perfect tracks of points on a relief of that size too. */
function problem(size: number) {
  const random = createRandom(seed, 'relief');
  const tracks = 41;
  const motions = Float64Array.of(0.3 * size, 0.5 * size, 0.2 * size, size, -0.7 * size, 0);
  const worldFromCams = identityCameras(2);
  chainPoses(motions, worldFromCams);
  const logDepths = Float64Array.from({ length: tracks }, () => 0.5 * (random.uniform() - 0.5));
  const starts = Uint32Array.from({ length: tracks + 1 }, (_, t) => 2 * t);
  const frames = Uint16Array.from({ length: 2 * tracks }, (_, o) => o % 2);
  const positions = Float32Array.from({ length: 4 * tracks }, () => 50 + 60 * random.uniform());
  const state: CameraState = { worldFromCams, logDepths, logFocal: 0 };
  const blank = observationsFromTracks({ starts, frames, positions }, 2, { width: 160, height: 160 });
  // Where the points are seen in the second frame, by the definition of the residual.
  const [c, t] = [worldFromCams.subarray(12), [15, 19, 23].map(k => worldFromCams[k])];
  for (let k = 0; k < tracks; k++) {
    const depth = Math.exp(logDepths[k]);
    const x = [0, 1, 2].map(i => (i < 2 ? depth * blank.anchors[2 * k + i] : depth) - t[i]);
    const y = [0, 1, 2].map(i => c[i] * x[0] + c[4 + i] * x[1] + c[8 + i] * x[2]);
    blank.positions.set([y[0] / y[2], y[1] / y[2]], 2 * k);
  }
  return { observations: blank, state };
}

describe('a scene turned inside out', () => {
  it('looks the same to first order in the motion', () => {
    const worst = (size: number) => {
      const { observations, state } = problem(size);
      expect(Math.max(...residualLengths(observations, state))).toBeLessThan(1e-9);
      return Math.max(...residualLengths(observations, mirrored(observations, state)));
    };
    // A motion of a hundredth moves points by pixels. What the mirror leaves falls with its square, but for the field of view,
    // in which a turn and a shift differ: points lie within a quarter of the focal length.
    const moved = 0.01 * pixelsPerUnit;
    expect(worst(0.01)).toBeLessThan(0.2 * moved);
  });

  it('shifts the other way, and comes back when it is turned again', () => {
    const { observations, state } = problem(0.05);
    const once = mirrored(observations, state);
    const twice = mirrored(observations, once);
    expect(areMirrored(once, state)).toBe(true);
    expect(areMirrored(twice, state)).toBe(false);
    twice.logDepths.forEach((value, t) => {
      expect(value).toBeCloseTo(state.logDepths[t], 10);
    });
    twice.worldFromCams.forEach((value, k) => {
      expect(value).toBeCloseTo(state.worldFromCams[k], 10);
    });
  });
});
