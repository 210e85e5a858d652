// What the camera fit shows: the frames, and in the scene the cameras with the points of the tracks, and the true cameras
// where they are known. The scale is free; the median depth of the points is 1.

import { type Camera, unproject } from '../../geometry/camera.ts';
import { matrix3x4, transformPoint, type WorldFromCam } from '../../geometry/rigid.ts';
import { someTracks, type TrackObservations } from '../../ops/reproject/observations.ts';
import { type CameraState, residualLengths } from '../../ops/reproject/reproject.ts';
import type { ViewData, ViewDescription } from '../../protocol/views.ts';
import type { MeasureContext } from '../fit.ts';
import { posesOf, SMALLEST_ANGLE, unitScale, widestAngle } from './camera-exports.ts';
import { densePoints, type FittedDepth } from './depth-exports.ts';
import { flowViews, inducedFlow, type MapSize, usualMotion } from './flow-views.ts';
import type { KnownCameras } from './known-cameras.ts';
import type { ChosenVideo } from './problem.ts';

/** A run records hundreds of clouds. */
const MOST_POINTS = 1500;
/** Drawn over the frames; a frame sees some hundreds of them. */
const MOST_TRACKS = 10_000;
/** Points further than this many median depths are not shown: they would make all else small. */
const FURTHEST = 30;
/** Points of dense depth, and how sure they have to be to be shown at all. */
const MOST_DENSE_POINTS = 20000;
const LEAST_CONFIDENCE = 0.2;

export interface CameraViews {
  readonly descriptions: readonly ViewDescription[];
  /** `depth` where a member has it so far; pictures of depth are unknown before. */
  data(id: string, state: CameraState, depth: FittedDepth | undefined, frame: number | undefined): ViewData;
  /** Whether there is something to record. Flow is large, and only recorded at the end. */
  records(id: string, depth: FittedDepth | undefined, when: MeasureContext['when']): boolean;
}

export interface CameraViewOptions {
  readonly known: KnownCameras | undefined;
  readonly focal: 'given' | 'found';
  /** The size of the maps of dense depth, if it is to come. */
  readonly maps: MapSize | undefined;
}

/** `colourOf`: red, green, blue (0 … 255) at a pixel of a frame. */
export function createCameraViews(
  { width, height, channels, frames }: ChosenVideo,
  observations: TrackObservations,
  colourOf: (frame: number, u: number, v: number) => readonly number[],
  { known, focal, maps }: CameraViewOptions,
): CameraViews {
  const unit = Math.sqrt(width * height);
  const shown = someTracks(observations, MOST_POINTS);
  const places = Array.from(shown.source, (_, i): [number, number] => [
    shown.anchors[2 * i] * unit + width / 2,
    shown.anchors[2 * i + 1] * unit + height / 2,
  ]);
  const colours = places.map(([u, v], i) => colourOf(shown.anchorFrames[i], u, v));
  const pictured = channels < 3 ? 1 : 3;
  const moves = { changes: 'with-iterations', unit: 'median depths' } as const;
  const descriptions: readonly ViewDescription[] = [
    {
      ...{ kind: 'image', id: 'frames', title: 'Frames', changes: 'never', frames: frames.length },
      ...{ height, width, channels: pictured, range: [0, 255] },
    },
    {
      ...{ kind: 'tracks', id: 'tracks', title: 'Followed points', changes: 'never', over: 'frames' },
      help: 'Where each point is that was followed through the video, and where it was in the twelve frames before.',
    },
    ...(maps === undefined
      ? []
      : [...depthViews(maps, frames.length), ...flowViews(maps, frames.length, usualMotion(observations, unit))]),
    {
      ...{ kind: 'points', id: 'points', title: 'Points', ...moves },
      help:
        'Where the followed points are. Confidence: how well its sightings agree, and how far apart they were made. With dense depth ' +
        'those of all frames, as sure as the flow there is.',
    },
    {
      ...{ kind: 'cameras', id: 'cameras', title: 'Cameras', help: 'Where each frame was taken from.', ...moves },
      ...(known === undefined ? {} : { reference: 'true-cameras' }),
    },
    ...trueViews(known),
    {
      ...{ kind: 'series', id: 'focal', title: 'Focal length', changes: 'with-iterations' },
      ...{ measure: 'focalPixels', label: 'Focal length (pixels)', scale: 'linear' },
      ...(known === undefined ? {} : { reference: 'trueFocalPixels' }),
    },
    ...(focal === 'found' ? [lossOverFocal] : []),
    {
      ...{ kind: 'series', id: 'residual', title: 'Median residual', changes: 'with-iterations' },
      ...{ measure: 'residualPixels', label: 'Residual (pixels of 640 × 480)', scale: 'log' },
    },
  ];

  const pictures = (frame: number | undefined): ViewData => {
    const wanted = frame === undefined ? frames : [frames[frame]];
    const size = width * height;
    const values = new Uint8Array(wanted.length * size * pictured);
    wanted.forEach((pixels, f) => {
      for (let p = 0; p < size; p++) {
        for (let c = 0; c < pictured; c++) {
          values[(f * size + p) * pictured + c] = Math.round(255 * pixels[p * channels + c]);
        }
      }
    });
    return { values: { shape: [wanted.length, height, width, pictured], values } };
  };

  return {
    descriptions,
    records(id, depth, when) {
      if (id === 'flow' || id === 'induced-flow') return depth !== undefined && when === 'final';
      return depth !== undefined || (id !== 'depth' && id !== 'confidence');
    },
    data(id, state, depth, frame) {
      if (id === 'frames') return pictures(frame);
      if (id === 'tracks') return tracksData(someTracks(observations, MOST_TRACKS), { width, height });
      const wanted = frame === undefined ? [...frames.keys()] : [frame];
      if (maps !== undefined && (id === 'depth' || id === 'confidence')) {
        const mapOf = id === 'depth' ? depth?.depth : depth?.confidence;
        return stackedMaps(mapOf, maps, wanted, id === 'depth' ? [] : [1]);
      }
      if (maps !== undefined && id === 'flow') return stackedMaps(depth?.flow, maps, wanted, [2]);
      const scale = unitScale(state);
      const poses = posesOf(state, scale);
      const focal = Math.exp(state.logFocal) * unit;
      if (maps !== undefined && id === 'induced-flow') {
        const flowOf = (known: FittedDepth) => (f: number) =>
          f + 1 < poses.length
            ? inducedFlow(known.depth(f), maps, poses[f], poses[f + 1], focal, { width, height })
            : undefined;
        return stackedMaps(depth && flowOf(depth), maps, wanted, [2]);
      }
      const camera = { width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
      if (id === 'cameras') return camerasData(poses.map(worldFromCam => ({ worldFromCam, camera })));
      if (id === 'true-cameras' && known !== undefined) {
        return camerasData(
          known.laidOver(poses).map((worldFromCam, f) => ({ worldFromCam, camera: known.cameras[f] ?? camera })),
        );
      }
      if (depth !== undefined) {
        const path = poses.map(worldFromCam => ({ worldFromCam }));
        const cloud = densePoints(depth, { camera, path }, colourOf, MOST_DENSE_POINTS, LEAST_CONFIDENCE);
        const shape = [cloud.confidence.length, 3];
        return {
          positions: { shape, values: Float32Array.from(cloud.positions) },
          colours: { shape, values: Uint8Array.from(cloud.colours) },
          confidence: { shape: shape.slice(0, 1), values: cloud.confidence },
        };
      }
      const confidence = confidenceOf(shown, state, poses);
      const near = places.flatMap((place, i) => {
        const depth = scale * Math.exp(state.logDepths[shown.source[i]]);
        if (!(depth < FURTHEST)) return [];
        const position = transformPoint(poses[shown.anchorFrames[i]], unproject(camera, ...place, depth));
        return [{ position: [...position], colour: colours[i], confidence: confidence(i, position) }];
      });
      return {
        positions: { shape: [near.length, 3], values: Float32Array.from(near.flatMap(({ position }) => position)) },
        colours: { shape: [near.length, 3], values: Uint8Array.from(near.flatMap(({ colour }) => [...colour])) },
        confidence: {
          shape: [near.length],
          values: Uint8Array.from(near, point => Math.round(255 * point.confidence)),
        },
        'confidence.scale': { shape: [2], values: Float64Array.of(0, 1 / 255) },
      };
    },
  };
}

const lossOverFocal: ViewDescription = {
  ...{ kind: 'scatter', id: 'loss-over-focal', title: 'Loss over focal length', changes: 'with-iterations' },
  ...{ along: 'focalPixels', height: 'lossAtOnePixel' },
  ...{ alongLabel: 'Focal length (pixels)', heightLabel: 'Mean Cauchy loss at 1 pixel (pixels²)' },
  curve: { along: 'focalCurvePixels', height: 'focalCurveLosses' },
  help:
    'Each point is a member. The curve is that of the best one at the end: the loss with the focal length held there and all else found anew. ' +
    'A flat one says that the video does not tell the focal length.',
};

/** Sightings of the tracks, first ones among them, in pixels. */
function tracksData(
  { tracks, starts, anchorFrames, anchors, frameOf, positions }: TrackObservations,
  { width, height }: Pick<ChosenVideo, 'width' | 'height'>,
): ViewData {
  const count = tracks + frameOf.length;
  const offsets = Uint32Array.from(starts, (start, t) => start + t);
  const frames = new Uint16Array(count);
  const places = new Float32Array(2 * count);
  const unit = Math.sqrt(width * height);
  const put = (at: number, frame: number, from: Float64Array, i: number): void => {
    frames[at] = frame;
    places.set([from[2 * i] * unit + width / 2, from[2 * i + 1] * unit + height / 2], 2 * at);
  };
  for (let t = 0; t < tracks; t++) {
    put(offsets[t], anchorFrames[t], anchors, t);
    for (let o = starts[t]; o < starts[t + 1]; o++) put(o + t + 1, frameOf[o], positions, o);
  }
  return {
    starts: { shape: [tracks + 1], values: offsets },
    frames: { shape: [count], values: frames },
    positions: { shape: [count, 2], values: places },
  };
}

function trueViews(known: KnownCameras | undefined): ViewDescription[] {
  if (known === undefined) return [];
  return [
    {
      ...{
        kind: 'cameras',
        id: 'true-cameras',
        title: 'True cameras',
        changes: 'with-iterations',
        unit: 'median depths',
      },
      help: 'As they are known, laid over the fitted ones by a similarity without reflection.',
    },
    {
      ...{ kind: 'series', id: 'ate', title: 'ATE', changes: 'with-iterations' },
      ...{ measure: 'atePercent', label: 'ATE (% of the true path)', scale: 'log' },
    },
  ];
}

function camerasData(path: readonly { readonly worldFromCam: WorldFromCam; readonly camera: Camera }[]): ViewData {
  const rows = (of: (entry: (typeof path)[number]) => ArrayLike<number>) =>
    Float32Array.from(path.flatMap(entry => Array.from(of(entry))));
  const count = path.length;
  return {
    worldFromCam: { shape: [count, 3, 4], values: rows(({ worldFromCam }) => matrix3x4(worldFromCam)) },
    intrinsics: { shape: [count, 4], values: rows(({ camera: { fx, fy, cx, cy } }) => [fx, fy, cx, cy]) },
    sizes: { shape: [count, 2], values: rows(({ camera: { width, height } }) => [width, height]) },
  };
}

/**
 * Of a point, 0 to 1: the mean Cauchy weight of its sightings at 1 pixel (of the 640 × 480 area), times a / (a + 1°) for the
 * widest angle a between its rays, which is what its depth hangs on.
 */
function confidenceOf(shown: TrackObservations, state: CameraState, poses: readonly WorldFromCam[]) {
  const { starts, frameOf, anchorFrames, source } = shown;
  const lengths = residualLengths(shown, { ...state, logDepths: Float64Array.from(source, t => state.logDepths[t]) });
  return (point: number, position: Float64Array): number => {
    const [from, to] = [starts[point], starts[point + 1]];
    let weight = 0;
    for (let o = from; o < to; o++) weight += 1 / (1 + lengths[o] ** 2);
    const seen = [anchorFrames[point], ...frameOf.subarray(from, to)];
    const angle = widestAngle(
      position,
      seen.map(frame => poses[frame].translation),
    );
    return ((weight / (to - from)) * angle) / (angle + SMALLEST_ANGLE);
  };
}

function depthViews(
  { width, height }: { readonly width: number; readonly height: number },
  frames: number,
): readonly ViewDescription[] {
  const moves = { changes: 'with-iterations', frames, width, height } as const;
  return [
    {
      ...{ kind: 'depth', id: 'depth', title: 'Depth', ...moves, unit: 'median depths' },
      help: 'How far away each pixel is along the view; known once the cameras are found.',
    },
    {
      ...{ kind: 'image', id: 'confidence', title: 'Confidence', ...moves, channels: 1, range: [0, 1] },
      help:
        'How sure the flow is that leaves each pixel, how well the depth explains it, and how much a pixel of it tells: low at edges ' +
        'of depth, and where the cameras hardly moved or smoothness alone tells the depth.',
    },
  ];
}
/** [frame, height, width] and the `further` axes; 0 where nothing is known. */
function stackedMaps(
  mapOf: ((frame: number) => Float32Array | undefined) | undefined,
  { width, height }: MapSize,
  wanted: readonly number[],
  further: readonly number[],
): ViewData {
  const size = further.reduce((product, extent) => product * extent, width * height);
  const values = new Float32Array(wanted.length * size);
  for (const [i, f] of wanted.entries()) {
    mapOf?.(f)?.forEach((value, p) => {
      values[i * size + p] = Number.isNaN(value) ? 0 : value;
    });
  }
  return { values: { shape: [wanted.length, height, width, ...further], values } };
}
