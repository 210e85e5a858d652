// What the camera fit shows: the frames, and in the scene the cameras with the points of the tracks. The scale is free; the
// median depth of the points is 1.

import { unproject } from '../../geometry/camera.ts';
import { matrix3x4, transformPoint } from '../../geometry/rigid.ts';
import { someTracks, type TrackObservations } from '../../ops/reproject/observations.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
import type { ViewData, ViewDescription } from '../../protocol/views.ts';
import { posesOf } from './camera-exports.ts';
import { middle } from './middle.ts';
import type { ChosenVideo } from './problem.ts';

/** A run records hundreds of clouds. */
const MOST_POINTS = 1500;
/** Points further than this many median depths are not shown: they would make all else small. */
const FURTHEST = 30;

export interface CameraViews {
  readonly descriptions: readonly ViewDescription[];
  data(id: string, state: CameraState, frame: number | undefined): ViewData;
}

/** `colourOf`: red, green, blue (0 … 255) at a pixel of a frame. */
export function createCameraViews(
  { width, height, channels, frames }: ChosenVideo,
  observations: TrackObservations,
  colourOf: (frame: number, u: number, v: number) => readonly number[],
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
    { kind: 'points', id: 'points', title: 'Points', help: 'Where the followed points are.', ...moves },
    { kind: 'cameras', id: 'cameras', title: 'Cameras', help: 'Where each frame was taken from.', ...moves },
    {
      ...{ kind: 'series', id: 'focal', title: 'Focal length', changes: 'with-iterations' },
      ...{ measure: 'focalPixels', label: 'Focal length (pixels)', scale: 'linear' },
    },
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
    data(id, state, frame) {
      if (id === 'frames') return pictures(frame);
      const scale = Math.exp(-middle(state.logDepths));
      const poses = posesOf(state, scale);
      const focal = Math.exp(state.logFocal) * unit;
      if (id === 'cameras') {
        const count = poses.length;
        return {
          worldFromCam: {
            shape: [count, 3, 4],
            values: Float32Array.from(poses.flatMap(pose => [...matrix3x4(pose)])),
          },
          intrinsics: { shape: [count, 4], values: repeated([focal, focal, width / 2, height / 2], count) },
          sizes: { shape: [count, 2], values: repeated([width, height], count) },
        };
      }
      const camera = { width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
      const near = places.flatMap((place, i) => {
        const depth = scale * Math.exp(state.logDepths[shown.source[i]]);
        if (!(depth < FURTHEST)) return [];
        const position = transformPoint(poses[shown.anchorFrames[i]], unproject(camera, ...place, depth));
        return [{ position: [...position], colour: colours[i] }];
      });
      return {
        positions: { shape: [near.length, 3], values: Float32Array.from(near.flatMap(({ position }) => position)) },
        colours: { shape: [near.length, 3], values: Uint8Array.from(near.flatMap(({ colour }) => [...colour])) },
      };
    },
  };
}

function repeated(values: readonly number[], count: number): Float32Array {
  return Float32Array.from({ length: count * values.length }, (_, i) => values[i % values.length]);
}
