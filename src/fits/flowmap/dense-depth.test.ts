// Dense depth of a film of a room whose depth is known, with the true cameras: where it starts, how near it comes, and masks.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { project, unproject } from '../../geometry/camera.ts';
import { depthErrors } from '../../geometry/depth-metrics.ts';
import { compose, invert, matrix3x4, transformPoint } from '../../geometry/rigid.ts';
import { rotate } from '../../geometry/rotation.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { depthFlowSettings } from '../../ops/depth-flow/depth-flow.ts';
import { identityCameras } from '../../ops/reproject/chained-poses.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
import { adam } from '../../optimizers/adam.ts';
import type { ResultCache } from '../fit.ts';
import { createDenseDepth, type DenseDepth, type DepthPrior } from './dense-depth.ts';
import { arcPath, sampleCamera } from './sample-paths.ts';
import { filmScene, room } from './sample-videos.ts';

const frames = 6;
const path = arcPath(frames, 12);
const camera = sampleCamera(160);
const { width, height } = camera;
const size = width * height;
const walls = { ...room, spheres: [] };

/** z-depth of the wall that a pixel of a frame sees, from inside the box. */
function trueDepth(frame: number, u: number, v: number): number {
  const pose = path[frame];
  const direction = rotate(pose.rotation, unproject(camera, u, v, 1));
  const [low, high] = walls.box;
  return Math.min(...[0, 1, 2].map(k => ((direction[k] > 0 ? high[k] : low[k]) - pose.translation[k]) / direction[k]));
}

const truth = Float32Array.from({ length: frames * size }, (_, i) => {
  const p = i % size;
  return trueDepth(Math.floor(i / size), (p % width) + 0.5, Math.floor(p / width) + 0.5);
});

/** Points of every frame but the last, seen in all that follow and hold them. */
const observations = (() => {
  const [starts, seenIn, positions]: number[][] = [[0], [], []];
  for (let first = 0; first + 1 < frames; first++) {
    for (let v = 12; v < height; v += 24) {
      for (let u = 12; u < width; u += 24) {
        const world = transformPoint(path[first], unproject(camera, u, v, trueDepth(first, u, v)));
        for (let f = first; f < frames; f++) {
          const [x, y] = project(camera, transformPoint(invert(path[f]), world));
          if (!(x > 0 && y > 0 && x < width && y < height)) break;
          seenIn.push(f);
          positions.push(x, y);
        }
        starts.push(seenIn.length);
      }
    }
  }
  const tracks = {
    ...{ starts: Uint32Array.from(starts), frames: Uint16Array.from(seenIn) },
    positions: Float32Array.from(positions),
  };
  return observationsFromTracks(tracks, frames, camera);
})();
const state: CameraState = {
  worldFromCams: Float64Array.from(path.flatMap(pose => [...matrix3x4(compose(invert(path[0]), pose))])),
  logDepths: Float64Array.from({ length: observations.tracks }, (_, t) => {
    const [u, v] = [0, 1].map(k => observations.anchors[2 * t + k] * Math.sqrt(size) + [width, height][k] / 2);
    return Math.log(trueDepth(observations.anchorFrames[t], u, v));
  }),
  logFocal: Math.log(camera.fx / Math.sqrt(size)),
};

let device: CpuDevice;
let film: Float32Array;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 1 });
  film = filmScene(walls, camera, path);
});
afterAll(() => device.dispose());

function open(observed?: readonly Uint8Array[], cache?: ResultCache, on = device, prior?: DepthPrior): DenseDepth {
  const pictures = Array.from({ length: frames }, (_, f) => film.subarray(f * size, (f + 1) * size));
  const video = {
    width,
    height,
    channels: 1,
    positions: [...pictures.keys()],
    frames: pictures,
    sources: [],
    observed,
  };
  return createDenseDepth(on, video, cache, prior);
}

const depthOf = (dense: DenseDepth, grids: Float32Array) =>
  Array.from({ length: frames }, (_, f) => [...dense.depth(grids, f)]).flat();

describe('dense depth', () => {
  it('starts near the tracks, and descends to the depth of the room', () => {
    const dense = open();
    const grids = dense.start(observations, state);
    const before = depthErrors(depthOf(dense, grids), truth, 1);
    const gradient = new Float32Array(grids.length);
    const moments = adam.init(grids.length);
    const live = { learningRate: 0.02, beta1: 0.9, beta2: 0.99, epsilon: 1e-12 };
    const random = createRandom(0, '');
    const losses = Array.from({ length: 60 }, (_, i) => {
      const { loss } = dense.evaluate(state, grids, depthFlowSettings, gradient);
      const falling = { ...live, learningRate: live.learningRate * (1 - i / 60) };
      adam.update(grids, gradient, moments, falling, { step: i + 1, loss, gradientNormSquared: 0, random });
      return loss;
    });
    const after = depthErrors(depthOf(dense, grids), truth, 1);
    expect(before?.absRel).toBeLessThan(0.15);
    expect(after?.absRel).toBeLessThan(0.04);
    expect(after!.absRel).toBeLessThan(0.6 * before!.absRel);
    expect(losses[59]).toBeLessThan(0.5 * losses[0]);
    // Flow between frames of a well-textured room is sure nearly everywhere.
    const sure = dense.confidence(state, grids, 2).filter(value => value > 0.4).length;
    expect(sure).toBeGreaterThan(0.7 * size);
    dense.dispose();
    expect(device.allocatedBytes).toBe(0);
  });

  it('is sure of nothing where no camera moved', () => {
    const dense = open();
    const grids = dense.start(observations, state);
    dense.measure(frames - 1);
    const still = { ...state, worldFromCams: identityCameras(frames) };
    expect(dense.confidence(still, grids, 2).every(value => value === 0)).toBe(true);
    dense.dispose();
  });

  it('knows nothing where a mask hides the picture', () => {
    const hidden = (p: number) => p % width < 40;
    const marks = Uint8Array.from({ length: size }, (_, p) => (hidden(p) ? 0 : 1));
    const dense = open(Array.from({ length: frames }, () => marks));
    const grids = dense.start(observations, state);
    dense.measure(frames - 1);
    const [depth, confidence] = [dense.depth(grids, 1), dense.confidence(state, grids, 1)];
    for (let p = 0; p < size; p++) {
      expect(depth[p] > 0).toBe(!hidden(p));
      if (hidden(p)) expect(confidence[p]).toBe(0);
    }
    expect(confidence.some(value => value > 0.5)).toBe(true);
    dense.dispose();
  });

  it('starts from what a network says of each frame, where the tracks agree, and is held near it', () => {
    // Of a scale and a shift of its own in each frame; the last one says the opposite.
    const inverse = Array.from({ length: frames }, (_, f) =>
      truth.slice(f * size, (f + 1) * size).map(z => (f === frames - 1 ? -1 : f + 1) / z + 0.3 * f),
    );
    const dense = open(undefined, undefined, device, { inverse, observations });
    const grids = dense.start(observations, state);
    expect(dense.agreeing(state)).toBe(frames - 1);
    const told = depthErrors(depthOf(dense, grids).slice(0, -size), truth.slice(0, -size), 1);
    expect(told?.absRel).toBeLessThan(0.02);
    const plain = open();
    expect(dense.depth(grids, frames - 1)).toEqual(plain.depth(plain.start(observations, state), frames - 1));

    const gradient = new Float32Array(grids.length);
    const lossAt = (network: number) => dense.evaluate(state, grids, { ...depthFlowSettings, network }, gradient).loss;
    const free = lossAt(0);
    expect(lossAt(3)).toBe(free);
    const away = grids.map(value => value + 0.1);
    const pulled = dense.evaluate(state, away, { ...depthFlowSettings, network: 3 }, gradient).loss;
    const left = dense.evaluate(state, away, depthFlowSettings, gradient).loss;
    // √(0.1² + 0.01²) − 0.01 at each node of the frames that agree.
    expect(pulled - left).toBeCloseTo((3 * (Math.hypot(0.1, 0.01) - 0.01) * (frames - 1)) / frames, 4);
    dense.dispose();
    plain.dispose();
  });

  it('takes flow that was measured before from the cache, with the same bits', () => {
    const kept = new Map<string, Uint8Array>();
    const cache: ResultCache = {
      get: key => kept.get(key.join()),
      put: (key, bytes) => void kept.set(key.join(), bytes),
      digest: values => createHash('sha256').update(values).digest('hex'),
    };
    const confidencesOf = (dense: DenseDepth) => {
      dense.measure(frames - 1);
      const grids = dense.start(observations, state);
      const found = Array.from({ length: frames }, (_, f) => dense.confidence(state, grids, f));
      dense.dispose();
      return found;
    };
    const fresh = confidencesOf(open(undefined, cache));
    expect(kept.size).toBe(frames - 1);
    const idle: CpuDevice = {
      ...device,
      dispatch: () => {
        throw new Error('measured again');
      },
    };
    expect(confidencesOf(open(undefined, cache, idle))).toEqual(fresh);
    // One that is lost is measured again, from what it begins with.
    kept.delete([...kept.keys()][3]);
    expect(confidencesOf(open(undefined, cache))).toEqual(fresh);
    expect(kept.size).toBe(frames - 1);
  });
});
