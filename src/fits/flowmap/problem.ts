// The problem of `flowmap`: picks frames, follows points through them, refuses videos that hold no cameras, and hands the
// members of the search to the engine.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { readMask } from '../../formats/observation-mask.ts';
import { matrix4x4 } from '../../geometry/rigid.ts';
import type { Texture } from '../../ops/rasterise/mesh-colours.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import { residualLengths } from '../../ops/reproject/reproject.ts';
import { createReprojector } from '../../ops/reproject/reproject-cpu.ts';
import { createPointTracker, trackSettings } from '../../ops/tracks/tracker.ts';
import type { Tracks } from '../../ops/tracks/tracks.ts';
import { createTrackOperators } from '../../ops/tracks/tracks-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput, LoadContext, Measures, NetworkDepth, Problem, SettingValues } from '../fit.ts';
import { encodeCameras, type FrameSource, fittedCameras, frameFile, posesOf } from './camera-exports.ts';
import { cameraHyper, cameraMethodSettings, createCameraMethod } from './camera-method.ts';
import { createCameraViews } from './camera-views.ts';
import { createDenseDepth, depthMapSize } from './dense-depth.ts';
import { depthFileOf, encodeDepth, type FittedDepth, fittedDepth } from './depth-exports.ts';
import { resampled } from './depth-prior.ts';
import { createFlowMethod } from './flow-method.ts';
import { createFlowObjective } from './flow-objective.ts';
import { greyFrame } from './grey-frame.ts';
import { knownCameras } from './known-cameras.ts';
import { middle } from './middle.ts';
import { sceneGlb } from './scene-glb.ts';
import { agreementOf, doubts, focalCurve, mirroredSolution, refusals } from './verdicts.ts';

/** Frames of a video that are fitted. */
export interface ChosenVideo {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Positions in the file or folder, counted from 0, and [frame] pixels [height, width, channels], 0 to 1. */
  readonly positions: readonly number[];
  readonly frames: readonly (Float32Array | Float64Array)[];
  /** [frame] marks [height, width], 1 where the scene may be looked at; undefined: everywhere. */
  readonly observed?: readonly Uint8Array[] | undefined;
  readonly sources: readonly FrameSource[];
}

/** Throws `input` errors: no video, or one that holds no cameras, with the reason. */
export async function loadCameras(
  input: FitInput,
  members: readonly SettingValues[],
  { device, cache, seed, mask, network, note }: LoadContext,
): Promise<Problem> {
  const [settings] = members;
  const video = chooseFrames(input, settings, mask);
  if (video.positions.length < Number(input.shape[0])) {
    note?.(`${video.positions.length} of ${input.shape[0]} frames are taken: one of ${strideOf(input, settings)}.`);
  }
  const known = input.truth && knownCameras(input.truth, video.sources, video.width);
  const tracks = followPoints(device, video);
  const observations = observationsFromTracks(tracks, video.frames.length, video);
  const [refusal] = refusals(observations, video.positions);
  if (refusal !== undefined) {
    throw new LabError({ code: 'input', message: refusal.text, where: input.name, tip: refusal.tip });
  }
  const unit = Math.sqrt(video.width * video.height);
  const focal = settings.focal === undefined ? undefined : Number(settings.focal) / unit;
  const reprojector = createReprojector(device, observations, Number(settings.observations));
  const depthDescents = Number(settings.depthDescents);
  const inverse = depthDescents > 0 && network !== undefined ? await networkDepths(video, network) : undefined;
  const prior = inverse && { inverse, observations };
  const isJoint = settings.method === 'flow';
  const dense = isJoint || depthDescents > 0 ? createDenseDepth(device, video, cache, prior) : undefined;
  const methodSettings = {
    ...cameraMethodSettings,
    ...(focal === undefined ? { focals: startsOf(input, unit) } : { focals: [focal], focalKnown: true }),
    ...{ descents: Number(settings.descents), observations: Number(settings.observations), depthDescents },
    members: members.length,
    seed,
  };
  const method =
    isJoint && dense !== undefined
      ? createFlowMethod(
          createFlowObjective(reprojector, dense, video),
          dense,
          observations.trackOf.length,
          methodSettings,
        )
      : createCameraMethod(reprojector, methodSettings, dense);
  const colourOf = (frame: number, u: number, v: number): number[] => {
    const { width, height, channels } = video;
    const [x, y] = [Math.min(width - 1, Math.floor(u)), Math.min(height - 1, Math.floor(v))];
    const at = channels * (y * width + x);
    return [0, 1, 2].map(c => Math.round(255 * video.frames[frame][at + Math.min(c, channels - 1)]));
  };
  const depthOf = (member: number): FittedDepth | undefined => {
    const grids = method.gridsOf(member);
    return dense === undefined || grids === undefined ? undefined : fittedDepth(dense, grids, method.stateOf(member));
  };
  const fitted = (member: number) =>
    fittedCameras(observations, method.stateOf(member), video, video.sources, colourOf);
  const views = createCameraViews(video, observations, colourOf, {
    ...{ known, maps: dense },
    focal: focal === undefined ? 'found' : 'given',
  });

  return {
    members: method.members.map(({ label, blocks }) => ({
      ...{ label, blocks, hyperDefaults: cameraHyper, rateScale: 1, maximumIterations: method.passes },
      ignores: [
        ...(focal === undefined ? [] : ['focalRate']),
        ...(dense === undefined ? denseSettings : []),
        ...(prior === undefined || isJoint ? ['networkWeight'] : []),
        ...(isJoint ? ['learningRate'] : []),
      ],
    })),
    summary: {
      title: `${video.frames.length} frames, ${observations.tracks} tracks`,
      frames: video.frames.length,
      width: video.width,
      height: video.height,
      tracks: observations.tracks,
      observations: observations.trackOf.length,
    },
    terms: method.terms,
    validationIs: 'rank',
    validationEvery: 1,
    evaluate(requests) {
      const began = performance.now();
      const evaluations = method.evaluate(requests);
      const milliseconds = (performance.now() - began) / requests.length;
      return evaluations.map(evaluation => ({ ...evaluation, milliseconds }));
    },
    advance: method.advance,
    measure(member, { when }): Measures {
      const state = method.stateOf(member);
      const figures = {
        residualPixels: middle(residualLengths(observations, state)),
        focalPixels: Math.exp(state.logFocal) * unit,
        lossAtOnePixel: reprojector.loss(state, 1).loss,
        ...known?.figures(posesOf(state), Math.exp(state.logFocal) * unit, when),
      };
      // What the verdict asks for is the agreement of members that were searched for and polished.
      if (when === 'running' || isJoint || !method.isBest(member)) return figures;
      const curve = focal === undefined ? focalCurve(observations, state) : undefined;
      const agreement = agreementOf(method.members.map((_, m) => method.standing(m)));
      const found = doubts(observations, state, {
        ...{ ...agreement, curve },
        mirrored: mirroredSolution(observations, state),
      });
      return {
        ...figures,
        agreeing: agreement.agreeing,
        ...(agreement.mirroring > 0 ? { mirroring: agreement.mirroring } : {}),
        ...(dense === undefined || prior === undefined ? {} : { networkFrames: dense.agreeing(state) }),
        verdict: found[0]?.kind ?? 'sound',
        ...(found.length > 0 ? { doubts: found.map(({ text }) => text).join(' ') } : {}),
        ...(curve === undefined
          ? {}
          : {
              focalLowPixels: curve.range[0] * figures.focalPixels,
              focalHighPixels: curve.range[1] * figures.focalPixels,
              focalCurvePixels: curve.focals.map(value => value * unit),
              focalCurveLosses: curve.losses,
            }),
      };
    },
    views: views.descriptions,
    view: (id, member, frame) => views.data(id, method.stateOf(member), depthOf(member), frame),
    records: (id, member, when) => views.records(id, depthOf(member), when),
    exports(member) {
      const { camera, path } = fitted(member);
      const matrices = path.flatMap(({ worldFromCam }) => [...matrix4x4(worldFromCam)]);
      return [
        { name: 'world_from_cam', shape: [path.length, 4, 4], values: Float32Array.from(matrices) },
        { name: 'intrinsics', shape: [4], values: Float32Array.of(camera.fx, camera.fy, camera.cx, camera.cy) },
      ];
    },
    async files(member, encodePicture) {
      const [cameras, depth] = [fitted(member), depthOf(member)];
      const files = {
        ...encodeCameras(cameras, depth && depthFileOf),
        ...(depth === undefined ? {} : await encodeDepth(depth, cameras, colourOf, encodePicture)),
        'scene.glb': await sceneGlb(cameras, frame => photoOf(video, frame), encodePicture),
      };
      return Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
    },
    dispose() {
      dense?.dispose();
      reprojector.dispose();
    },
  };
}

/** Live settings that act on dense depth alone. */
const denseSettings = ['smoothness', 'consistency', 'longestGap'];

/** What the camera wrote into the file is a guess; it takes the place of the middle one of ours. */
function startsOf({ focalLengthPixels }: FitInput, unit: number): readonly number[] {
  const [first, ...others] = cameraMethodSettings.focals;
  return [focalLengthPixels === undefined ? first : focalLengthPixels / unit, ...others];
}

function strideOf({ shape }: FitInput, { frames }: SettingValues): number {
  return Math.max(1, Math.ceil(shape[0] / Number(frames)));
}

function chooseFrames(input: FitInput, settings: SettingValues, mask: FitInput | undefined): ChosenVideo {
  const { kind, shape, values, name, frameNames, seconds, indices } = input;
  if (kind !== 'video' || shape.length !== 4) {
    throw new LabError({
      code: 'input',
      message: `Cameras are found in a video; this is ${kind === 'picture' ? 'one picture' : 'no video'}.`,
      where: name,
      tip: 'Give a folder with the frames of a video, numbered in their order.',
    });
  }
  const [count, height, width, channels] = shape;
  const stride = strideOf(input, settings);
  const taken = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
  const positionOf = (f: number) => indices?.[f] ?? f;
  const size = height * width * channels;
  const marks = mask === undefined ? undefined : readMask(mask, [count, height, width, 1], ['rows']).observed;
  if (mask !== undefined && marks?.every(mark => mark === 0)) {
    throw new LabError({
      code: 'input',
      message: 'The mask hides every pixel of every frame.',
      where: mask.name,
      tip: 'Make it white (not 0) where the scene stands still, black where something moves.',
    });
  }
  return {
    ...{ width, height, channels, positions: taken.map(positionOf) },
    observed: marks && taken.map(f => marks.subarray(height * width * f, height * width * (f + 1))),
    frames: taken.map(f => values.subarray(size * f, size * (f + 1))),
    sources: taken.map(f => ({
      imageFile: frameNames?.[f] ?? frameFile(positionOf(f)),
      timestamp: seconds?.[f],
    })),
  };
}

/** What the network says of each frame, on the depth map. */
async function networkDepths(video: ChosenVideo, network: NetworkDepth): Promise<Float32Array[]> {
  const { width, height, channels, frames } = video;
  const found: Float32Array[] = [];
  for (const values of frames) {
    const picture = {
      width,
      height,
      channels: channels < 3 ? (1 as const) : (3 as const),
      values: Float32Array.from(values),
    };
    const answer = await network(picture);
    found.push(resampled(answer.values, answer, depthMapSize(video)));
  }
  return found;
}

function photoOf({ width, height, channels, frames }: ChosenVideo, frame: number): Texture {
  const values = new Float32Array(3 * width * height);
  const pixels = frames[frame];
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) values[3 * p + c] = pixels[channels * p + Math.min(c, channels - 1)];
  }
  return { width, height, values };
}

function followPoints(device: CpuDevice, video: ChosenVideo): Tracks {
  const { width, height, frames, observed } = video;
  const tracker = createPointTracker(createTrackOperators(device, width, height), trackSettings(width, height));
  const grey = new Float32Array(width * height);
  try {
    for (const f of frames.keys()) {
      greyFrame(video, f, grey);
      tracker.add(grey, observed?.[f]);
    }
    return tracker.finish();
  } finally {
    tracker.dispose();
  }
}
