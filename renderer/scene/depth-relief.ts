// A depth map as points: through the camera of its frame where a view has cameras, else through an assumed one.

import type { Box3, Points } from 'three';
import { type DepthView, realValues, type ViewData } from '../../src/protocol/views.ts';
import type { Intrinsics } from './frustum.ts';
import { rigid } from './open-cv.ts';
import { PointCloud } from './point-cloud.ts';
import { assumedIntrinsics, backProject, scaledIntrinsics } from './relief.ts';
import type { SceneLayer, SceneLegend, SceneState } from './scene-layer.ts';

/** From near to far: steps of the viridis colour map. */
const ramp = [
  [253, 231, 37],
  [94, 201, 98],
  [33, 145, 140],
  [59, 82, 139],
  [68, 1, 84],
] as const;

export class DepthRelief implements SceneLayer {
  readonly #view: DepthView;
  readonly #cloud = new PointCloud();
  #range: readonly [number, number] | undefined;
  #data: ViewData | undefined;
  #cameras: ViewData | undefined;

  constructor(view: DepthView) {
    this.#view = view;
    this.object.matrixAutoUpdate = false;
  }

  get object(): Points {
    return this.#cloud.object;
  }

  get box(): Box3 {
    return this.#cloud.box;
  }

  /** From far to near, as the colours go. */
  get legend(): SceneLegend | undefined {
    if (this.#range === undefined || !this.object.visible) return undefined;
    const [nearest, farthest] = this.#range.map(depth => Number(depth.toPrecision(3)));
    return { label: this.#view.title, map: 'viridis', low: farthest, high: nearest, unit: this.#view.unit };
  }

  update(data: ViewData, state: SceneState): void {
    this.#data = data;
    this.#cameras = state.cameras;
    const [frames, height, width] = data.values.shape;
    const values = realValues(data, 'values');
    const frame = frames === 1 ? 0 : Math.min(frames - 1, state.frame);
    const depth = values.subarray(frame * width * height, (frame + 1) * width * height);
    const camera = this.#camera(state, width, height);
    const { positions, nearness, range } = backProject(
      depth,
      width,
      height,
      camera?.intrinsics ?? assumedIntrinsics(width, height),
    );
    this.#range = range;
    this.object.matrix.identity();
    if (camera !== undefined) this.object.matrix.copy(rigid(camera.worldFromCam, camera.index));
    this.object.matrixWorldNeedsUpdate = true;
    this.#cloud.set(positions, coloured(nearness), new Float32Array(nearness.length).fill(1));
    this.#cloud.box.applyMatrix4(this.object.matrix);
  }

  restyle(state: SceneState): void {
    if (this.#data !== undefined && state.cameras !== this.#cameras) this.update(this.#data, state);
    this.#cloud.style(state);
    // Over the photo that is looked at it would hide what it is to be compared with.
    if (state.through !== undefined) this.object.visible = false;
  }

  dispose(): void {
    this.#cloud.dispose();
  }

  /** The camera of the shown frame, when there is one for every frame. */
  #camera({ cameras, frame }: SceneState, width: number, height: number) {
    if (cameras === undefined || cameras.worldFromCam.shape[0] !== this.#view.frames) return undefined;
    const index = Math.min(this.#view.frames - 1, frame);
    const [cameraWidth, cameraHeight] = realValues(cameras, 'sizes').subarray(2 * index);
    const intrinsics = [
      ...realValues(cameras, 'intrinsics').subarray(4 * index, 4 * index + 4),
    ] as unknown as Intrinsics;
    return {
      index,
      worldFromCam: realValues(cameras, 'worldFromCam'),
      intrinsics: scaledIntrinsics(intrinsics, { width: cameraWidth, height: cameraHeight }, { width, height }),
    };
  }
}

function coloured(nearness: Float32Array): Uint8Array {
  const colours = new Uint8Array(3 * nearness.length);
  nearness.forEach((value, point) => {
    const at = Math.min(ramp.length - 1.001, value * (ramp.length - 1));
    const [low, part] = [Math.floor(at), at % 1];
    for (let c = 0; c < 3; c++) colours[3 * point + c] = ramp[low][c] + part * (ramp[low + 1][c] - ramp[low][c]);
  });
  return colours;
}
