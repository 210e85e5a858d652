// Mode `flow`: its gradient goes through the alignments, and a descent unfolds cameras.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { depthFlowSettings } from '../../ops/depth-flow/depth-flow.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import { plainReprojector } from '../../ops/reproject/reproject.ts';
import { posesOf } from './camera-exports.ts';
import { cameraHyper } from './camera-method.ts';
import { createDenseDepth } from './dense-depth.ts';
import { createFlowMethod } from './flow-method.ts';
import { createFlowObjective } from './flow-objective.ts';
import { arcPath, sampleCamera } from './sample-paths.ts';
import { filmScene, room } from './sample-videos.ts';
import { sceneOf } from './track-fixtures.ts';

const frames = 4;
const path = arcPath(frames, 10);
const camera = sampleCamera(64);
const { width, height } = camera;
const size = width * height;
/** Tracks of the fixtures are those of another camera of the same focal length over √(width · height). */
const scene = sceneOf(path, { points: 40, noise: 0 }, random => {
  const p = [8 * random.uniform() - 4, 3 * random.uniform() - 1.5, 4];
  return p;
});
const reprojector = plainReprojector(observationsFromTracks(scene.tracks, frames, scene.camera));

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 1 });
});
afterAll(() => device.dispose());

function open() {
  const film = filmScene({ ...room, spheres: [] }, camera, path);
  const pictures = Array.from({ length: frames }, (_, f) => film.subarray(f * size, (f + 1) * size));
  const video = { width, height, channels: 1, positions: [...pictures.keys()], frames: pictures, sources: [] };
  const dense = createDenseDepth(device, video);
  dense.measure(frames - 1);
  /** [frame] how often its flow was copied off the device. */
  const reads = new Uint32Array(frames);
  const flowBack = (frame: number) => {
    reads[frame]++;
    return dense.flowBack(frame);
  };
  return { dense, reads, objective: createFlowObjective(reprojector, { ...dense, flowBack }, video) };
}

describe('mode flow', () => {
  it('has the slope of differences along any direction, by depth and by focal length', () => {
    const { dense, objective } = open();
    const random = createRandom(5, 'flow');
    const grids = Float32Array.from({ length: dense.length }, () => 0.05 * random.normal());
    const chosen = Uint32Array.from({ length: 200 }, (_, i) => i);
    // A wide scale: the loss is in float32, and has to be smooth over a step.
    const settings = { ...depthFlowSettings, delta: 20 };
    const gradient = new Float32Array(dense.length);
    const logFocal = 0.2;
    const { byFocal } = objective.evaluate(grids, logFocal, settings, chosen, gradient);
    const unused = new Float32Array(dense.length);
    const lossAt = (moved: Float32Array, focal: number) =>
      objective.evaluate(moved, focal, settings, chosen, unused).loss;
    for (let trial = 0; trial < 3; trial++) {
      // Along the gradient first, then elsewhere.
      const direction = gradient.map(value => (trial === 0 ? 1 : random.normal()) * value);
      const length = Math.hypot(...direction);
      const step = 2e-3 / Math.max(...direction.map(value => Math.abs(value / length)));
      const along = (by: number) =>
        lossAt(
          grids.map((value, n) => value + (by * direction[n]) / length),
          logFocal,
        );
      const slope = (along(step) - along(-step)) / (2 * step);
      const expected = direction.reduce((sum, value, n) => sum + (value * gradient[n]) / length, 0);
      expect(Math.abs(slope - expected)).toBeLessThan(0.02 * Math.hypot(...gradient));
    }
    const slope = (lossAt(grids, logFocal + 1e-3) - lossAt(grids, logFocal - 1e-3)) / 2e-3;
    expect(Math.abs(slope - byFocal)).toBeLessThan(0.02 * Math.abs(byFocal));
    dense.dispose();
  });

  it('unfolds the turns of the cameras from nothing', () => {
    const { dense, objective, reads } = open();
    const settings = { descents: 60, observations: 200, finalRate: 0.02, focals: [1.1], focalKnown: true };
    const sightings = reprojector.observations.trackOf.length;
    const method = createFlowMethod(objective, dense, sightings, { ...settings, members: 1, seed: 0 });
    const losses: number[] = [];
    const measuring = frames - 1;
    const hyper = { ...cameraHyper, consistency: 5 };
    for (let pass = 0; pass < method.passes; pass++) {
      const [{ loss, converged }] = method.evaluate([{ member: 0, hyper }]);
      losses.push(loss);
      expect(converged === true).toBe(pass === method.passes - 1);
      if (converged !== true) method.advance(0, hyper);
    }
    expect(method.isBest(0)).toBe(true);
    expect(method.stateOf(0)).toBe(method.stateOf(0));
    expect([...reads]).toEqual([0, 1, 1, 1]);
    expect(losses).toHaveLength(measuring + settings.descents + 1);
    expect(losses[losses.length - 1]).toBeLessThan(0.5 * losses[measuring]);
    // Cameras that stood still would be wrong by 5 degrees in the middle; their directions dense flow alone hardly tells.
    expect(trajectoryErrors(posesOf(method.stateOf(0)), path).rotationDegrees).toBeLessThan(2);
    dense.dispose();
    expect(device.allocatedBytes).toBe(0);
  });
});
