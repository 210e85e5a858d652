import { describe, expect, it } from 'vitest';
import { trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import { type CameraState, plainReprojector } from '../../ops/reproject/reproject.ts';
import type { Tracks } from '../../ops/tracks/tracks.ts';
import { posesOf } from './camera-exports.ts';
import { cameraMethodSettings } from './camera-method.ts';
import { type CameraSearchResult, searchCameras } from './camera-search.ts';
import type { DenseDepth } from './dense-depth.ts';
import { arcPath } from './sample-paths.ts';
import {
  forwardDrive,
  pureRotation,
  roomArc,
  sceneOf,
  type TrackScene,
  trueState,
  wallWalk,
} from './track-fixtures.ts';
import { agreementOf, doubts, focalCurve, mirroredSolution, refusals } from './verdicts.ts';

/** Fewer random observations than a video needs: these scenes have fewer tracks. */
const settings = { ...cameraMethodSettings, observations: 800 };
const few = { frames: 16, points: 24 };

const observe = ({ tracks, truth, camera }: TrackScene) =>
  plainReprojector(observationsFromTracks(tracks, truth.length, camera));

function focalError({ camera }: TrackScene, { logFocal }: CameraState): number {
  return Math.abs((Math.exp(logFocal) * Math.sqrt(camera.width * camera.height)) / camera.fx - 1);
}

/** Tracks of one video from two. */
function joined(a: Tracks, b: Tracks): Tracks {
  return {
    starts: Uint32Array.from([...a.starts, ...b.starts.subarray(1).map(start => start + a.frames.length)]),
    frames: Uint16Array.from([...a.frames, ...b.frames]),
    positions: Float32Array.from([...a.positions, ...b.positions]),
  };
}

const evidenceOf = ({ members }: CameraSearchResult) => ({
  ...agreementOf(members.map(({ standing }) => standing)),
  ...{ curve: undefined, mirrored: undefined },
});

describe('camera search', () => {
  it('finds cameras and focal length on an arc through a room, with noise and wrong tracks', () => {
    const scene = roomArc({ ...few, noise: 0.3, outliers: 0.1 });
    const reprojector = observe(scene);
    expect(refusals(reprojector.observations)).toEqual([]);
    const result = searchCameras(reprojector, { ...settings, members: 4 });
    const errors = trajectoryErrors(posesOf(result.state), scene.truth);
    expect(focalError(scene, result.state)).toBeLessThan(0.03);
    expect(errors.atePercentOfPath).toBeLessThan(1);
    expect(errors.auc10).toBeGreaterThan(0.9);
    // Twice the noise of each coordinate, as the picture has half the size, times √(2 ln 2).
    expect(result.medianResidual).toBeLessThan(2 * 0.3 * Math.sqrt(2 * Math.log(2)) * 1.15);
    const curve = focalCurve(reprojector.observations, result.state);
    expect(Math.min(...curve.losses)).toBe(curve.losses[4]);
    const mirrored = mirroredSolution(reprojector.observations, result.state);
    expect(doubts(reprojector.observations, result.state, { ...evidenceOf(result), curve, mirrored })).toEqual([]);
  });

  it('finds a forward drive exactly where tracks are exact, and the same cameras from every start', () => {
    const scene = forwardDrive({ ...few, noise: 0 });
    const result = searchCameras(observe(scene), { ...settings, members: 4 });
    const errors = trajectoryErrors(posesOf(result.state), scene.truth);
    // The tracks are float32: a hundred-thousandth of a pixel.
    expect(focalError(scene, result.state)).toBeLessThan(1e-3);
    expect(errors.auc10).toBeGreaterThan(0.999);
    expect(evidenceOf(result).agreeing).toBeGreaterThan(1);
  });

  it('turns the scene over that members came to inside out: their agreement is with its mirror, and depth is for one', () => {
    const scene = roomArc({ frames: 10, points: 16, noise: 0.2 });
    let starts = 0;
    const dense: DenseDepth = {
      ...{ width: 2, height: 2, frames: scene.truth.length, length: 1, measure() {} },
      start() {
        starts++;
        return new Float32Array(1);
      },
      evaluate: () => ({ loss: 0, flow: 0, smoothness: 0, consistency: 0, behind: 0 }),
      ...{ agreeing: () => 0, logDepth: () => new Float32Array(4), addToGradient() {}, flowBack: () => undefined },
      ...{ behindShare: () => 0, depth: () => new Float32Array(4), flow: () => undefined },
      ...{ confidence: () => new Float32Array(4), dispose() {} },
    };
    const short = { ...settings, observations: 400, members: 2, depthDescents: 2 };
    const result = searchCameras(observe(scene), short, () => {}, dense);
    expect(trajectoryErrors(posesOf(result.state), scene.truth).auc10).toBeGreaterThan(0.95);
    expect(evidenceOf(result)).toMatchObject({ members: 2, agreeing: 0, mirroring: 1 });
    expect(result.members[1].loss).toBeGreaterThan(5 * result.loss);
    expect(starts).toBe(1);
    expect(result.grids).toHaveLength(1);
  });

  it('keeps a focal length that is known', () => {
    const scene = roomArc({ ...few, noise: 0.3 });
    const focal = scene.camera.fx / Math.sqrt(scene.camera.width * scene.camera.height);
    const known = { ...settings, focals: [focal], focalKnown: true, members: 2 };
    const result = searchCameras(observe(scene), known);
    expect(result.state.logFocal).toBeCloseTo(Math.log(focal), 6);
    expect(trajectoryErrors(posesOf(result.state), scene.truth).auc10).toBeGreaterThan(0.95);
  });

  it('comes to the same bits again', () => {
    const reprojector = observe(roomArc({ frames: 6, points: 12 }));
    const short = { ...settings, descents: 20, finalSteps: 3 };
    expect(searchCameras(reprojector, short)).toEqual(searchCameras(reprojector, short));
  });
});

describe('videos that hold no cameras are refused with the reason', () => {
  const refused = (scene: TrackScene) => refusals(observe(scene).observations)[0];

  it('a camera that only turns, with noisy tracks', () => {
    expect(refused(pureRotation({ frames: 20, noise: 0.3 }))).toMatchObject({
      kind: 'pure-rotation',
      text: expect.stringContaining('only turns'),
    });
  });

  it('a camera that stands still', () => {
    expect(refused(pureRotation({ frames: 12, degrees: 0, tilt: 0, noise: 0.1 })).kind).toBe('no-motion');
  });

  it('two frames, and a dozen points', () => {
    expect(refused(roomArc({ frames: 2 })).kind).toBe('too-few-frames');
    expect(refused(roomArc({ frames: 4, points: 4 })).kind).toBe('too-few-tracks');
  });

  it('photographs from far apart, whose points are soon lost', () => {
    const { tracks, ...scene } = roomArc({ frames: 7, degrees: 120, points: 30 });
    // Three sightings of each point.
    const keep = (o: number, t: number) => o - tracks.starts[t] < 3;
    const starts = [0];
    const kept: number[] = [];
    for (let t = 0; t + 1 < tracks.starts.length; t++) {
      for (let o = tracks.starts[t]; o < tracks.starts[t + 1]; o++) if (keep(o, t)) kept.push(o);
      starts.push(kept.length);
    }
    const short = {
      starts: Uint32Array.from(starts),
      frames: Uint16Array.from(kept, o => tracks.frames[o]),
      positions: Float32Array.from(kept.flatMap(o => [tracks.positions[2 * o], tracks.positions[2 * o + 1]])),
    };
    expect(refused({ ...scene, tracks: short })).toMatchObject({
      kind: 'wide-baseline',
      text: expect.stringContaining('lost after 3.0 frames'),
    });
  });

  it('a jump between two frames', () => {
    const { tracks, ...scene } = roomArc({ frames: 20 });
    // No track goes on from frame 9 to frame 10.
    const starts = [0];
    const frames: number[] = [];
    const positions: number[] = [];
    for (let t = 0; t + 1 < tracks.starts.length; t++) {
      const isBefore = tracks.frames[tracks.starts[t]] < 10;
      for (let o = tracks.starts[t]; o < tracks.starts[t + 1]; o++) {
        if (isBefore && tracks.frames[o] >= 10) break;
        frames.push(tracks.frames[o]);
        positions.push(tracks.positions[2 * o], tracks.positions[2 * o + 1]);
      }
      starts.push(frames.length);
    }
    const parts = {
      starts: Uint32Array.from(starts),
      frames: Uint16Array.from(frames),
      positions: Float32Array.from(positions),
    };
    const verdict = refused({ ...scene, tracks: parts });
    expect(verdict).toMatchObject({ kind: 'cut', text: expect.stringContaining('frame 9 with frame 10') });
  });
});

describe('doubts about a result', () => {
  it('name members that all went elsewhere: nobody descends, and one step of polish brings no two together', () => {
    const reprojector = observe(roomArc({ ...few, noise: 0.3 }));
    const astray = { ...settings, descents: 0, polishSteps: 1, polishRounds: 1, members: 3 };
    const result = searchCameras(reprojector, { ...astray, curricula: ['time'] });
    const found = doubts(reprojector.observations, result.state, evidenceOf(result));
    expect(found).toContainEqual(expect.objectContaining({ kind: 'disagreement' }));
  });

  it('name a focal length that the video does not tell: a straight walk past a wall', () => {
    // A flat wall seen by a camera that only shifts: focal length and depth are one number.
    const scene = wallWalk({ ...few, noise: 0.2 });
    const reprojector = observe(scene);
    const result = searchCameras(reprojector, { ...settings, members: 2 });
    const curve = focalCurve(reprojector.observations, result.state);
    const found = doubts(reprojector.observations, result.state, { ...evidenceOf(result), curve });
    expect(found.map(({ kind }) => kind)).toContain('focal-not-observable');
  });

  it('name the scene turned inside out where perspective is weak: a long lens, and a short way', () => {
    // A relief of a tenth of its distance, in a view of 8°, seen from within 4°: affine but for a hundredth.
    const truth = arcPath(8, 4);
    const scene = sceneOf(truth, { points: 40, noise: 0.5, focal: 7 }, random =>
      [0, 1, 2].map(() => 0.24 * (random.uniform() - 0.5)),
    );
    const { observations } = observe(scene);
    const state = trueState(scene, observations);
    const mirrored = mirroredSolution(observations, state);
    expect(mirrored.isOther).toBe(true);
    const found = doubts(observations, state, { members: 6, agreeing: 6, mirroring: 0, curve: undefined, mirrored });
    expect(found).toMatchObject([{ kind: 'mirrored', text: expect.stringContaining('turned inside out') }]);
  });

  it('count sightings of a thing that moves as a whole, over more than half of the picture', () => {
    // To a camera that stands before it, a thing that moves looks as if the camera moved past it on a path of its own.
    const [room, thing] = [
      roomArc({ ...few, points: 12, noise: 0.3 }),
      forwardDrive({ ...few, points: 16, noise: 0.3, seed: 2 }),
    ];
    const both = observe({ ...room, tracks: joined(room.tracks, thing.tracks) });
    const result = searchCameras(both, { ...settings, members: 1 });
    const found = doubts(both.observations, result.state, evidenceOf(result));
    expect(found).toContainEqual(
      expect.objectContaining({ kind: 'outliers', text: expect.stringContaining('something large moves') }),
    );
  });

  it('count sightings that fit no camera', () => {
    const scene = roomArc({ ...few, noise: 0.3, outliers: 0.6 });
    const reprojector = observe(scene);
    const result = searchCameras(reprojector, { ...settings, members: 1 });
    const found = doubts(reprojector.observations, result.state, evidenceOf(result));
    expect(found.map(({ kind }) => kind)).toContain('outliers');
  });
});
