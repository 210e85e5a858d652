// Flow from each frame to the next one as pictures: as it was measured, and as depth and cameras induce it. What the two do
// not agree in is what the fit could not explain.

import { compose, invert, matrix3x4, type WorldFromCam } from '../../geometry/rigid.ts';
import type { TrackObservations } from '../../ops/reproject/observations.ts';
import type { ImageView, ViewDescription } from '../../protocol/views.ts';

export interface MapSize {
  readonly width: number;
  readonly height: number;
}

/** Views of maps of this size; flow of `fullLength` pixels of the frames has full colour. */
export function flowViews({ width, height }: MapSize, frames: number, fullLength: number): readonly ViewDescription[] {
  const shared: Omit<ImageView, 'id' | 'title'> = {
    ...{ kind: 'image', changes: 'with-iterations', frames, width, height, channels: 2, unit: 'px' },
    ...{ colours: 'flow', range: [0, fullLength] },
  };
  return [
    {
      ...{ id: 'flow', title: 'Measured flow', ...shared },
      help: 'How the picture moves to the next frame, in pixels of the video; the last frame has none.',
    },
    {
      ...{ id: 'induced-flow', title: 'Induced flow', reference: 'flow', ...shared },
      help: 'How it would move by the depth and the cameras that were found.',
    },
  ];
}

/** Rounded up: the length, in pixels, that nine of ten steps of tracks from frame to frame stay below; at least 1. */
export function usualMotion(observations: TrackObservations, unit: number): number {
  const { tracks, starts, anchorFrames, anchors, frameOf, positions } = observations;
  const steps: number[] = [];
  for (let t = 0; t < tracks; t++) {
    let [frame, x, y] = [anchorFrames[t], anchors[2 * t], anchors[2 * t + 1]];
    for (let o = starts[t]; o < starts[t + 1]; o++) {
      const [u, v] = [positions[2 * o], positions[2 * o + 1]];
      if (frameOf[o] === frame + 1) steps.push(unit * Math.hypot(u - x, v - y));
      [frame, x, y] = [frameOf[o], u, v];
    }
  }
  steps.sort((a, b) => a - b);
  return Math.max(1, Math.ceil(steps[Math.floor(0.9 * steps.length)] ?? 1));
}

/**
 * Flow [height, width, 2] in pixels of pictures of `picture` size from the centre of each pixel of a depth map, whose pixels
 * tile them, to where the camera `worldFromNext` sees what the camera `worldFromCam` sees there at z-depth `depth`
 * [height, width]. Both have the focal length `focal` in pixels and their axis in the middle. NaN where that is behind the
 * second camera, or no depth is known.
 */
export function inducedFlow(
  depth: Float32Array,
  { width, height }: MapSize,
  worldFromCam: WorldFromCam,
  worldFromNext: WorldFromCam,
  focal: number,
  picture: MapSize,
): Float32Array {
  const m = matrix3x4(compose(invert(worldFromNext), worldFromCam));
  const flow = new Float32Array(2 * width * height).fill(Number.NaN);
  for (let p = 0; p < width * height; p++) {
    const z = depth[p];
    if (!(z > 0)) continue;
    // Pixels from the middle of the picture.
    const u = (((p % width) + 0.5) / width - 0.5) * picture.width;
    const v = ((Math.floor(p / width) + 0.5) / height - 0.5) * picture.height;
    const [x, y] = [(z * u) / focal, (z * v) / focal];
    const nextZ = m[8] * x + m[9] * y + m[10] * z + m[11];
    if (!(nextZ > 0)) continue;
    flow[2 * p] = (focal * (m[0] * x + m[1] * y + m[2] * z + m[3])) / nextZ - u;
    flow[2 * p + 1] = (focal * (m[4] * x + m[5] * y + m[6] * z + m[7])) / nextZ - v;
  }
  return flow;
}
