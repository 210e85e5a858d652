// The pictures that cameras took, each at the far end of its frustum; seen through a camera, its picture lies behind the
// scene, so that both can be compared. Shown where an image view has a frame for every camera.

import { Box3, type Object3D, Vector3 } from 'three';
import { type ImageView, realValues, type ViewData } from '../../src/protocol/views.ts';
import { frustumCorners, type Intrinsics } from './frustum.ts';
import { rigid } from './open-cv.ts';
import { PicturePlanes, type PlanePlacement } from './picture-planes.ts';
import { shownFrames, uncut } from './plane-layout.ts';
import type { SceneLayer, SceneState } from './scene-layer.ts';

export class CameraPictures implements SceneLayer {
  /** The cameras say how large the scene is. */
  readonly box = new Box3();
  readonly #view: ImageView;
  readonly #frames: readonly number[];
  readonly #planes = new PicturePlanes();

  constructor(view: ImageView) {
    this.#view = view;
    this.#frames = shownFrames(view.frames);
  }

  get object(): Object3D {
    return this.#planes.object;
  }

  update(data: ViewData): void {
    this.#planes.fill(data, this.#view, this.#frames, 'together');
  }

  restyle(state: SceneState): void {
    const { cameras, look, through } = state;
    this.#planes.style(look.opacity, uncut);
    const fitting = cameras?.worldFromCam.shape[0] === this.#view.frames && this.#planes.layers !== undefined;
    const planes = this.#frames.flatMap((frame, layer) =>
      fitting && (through === undefined || frame === through) ? [placement(cameras, frame, layer, state)] : [],
    );
    this.#planes.place(planes);
  }

  dispose(): void {
    this.#planes.dispose();
  }
}

function placement(
  cameras: ViewData,
  camera: number,
  layer: number,
  { look, colours, extent, reach, frame, through }: SceneState,
): PlanePlacement {
  const [width, height] = realValues(cameras, 'sizes').subarray(2 * camera);
  const intrinsics = [...realValues(cameras, 'intrinsics').subarray(4 * camera, 4 * camera + 4)];
  // Behind everything, or at the end of the frustum.
  const depth = through === undefined ? reach : Math.max(reach, 8 * extent);
  const worldFromCam = rigid(realValues(cameras, 'worldFromCam'), camera);
  const corners = frustumCorners(intrinsics as unknown as Intrinsics, width, height, depth);
  const point = (k: number) => new Vector3().fromArray(corners, 3 * k).applyMatrix4(worldFromCam);
  const topLeft = point(0);
  return {
    corner: topLeft.toArray(),
    across: point(1).sub(topLeft).toArray(),
    along: point(3).sub(topLeft).toArray(),
    first: [0, 0, layer],
    sweepAcross: [1, 0, 0],
    sweepAlong: [0, 1, 0],
    edge: camera === frame ? colours.accent : colours.line,
    edgeStrength: camera === frame ? 1 : 0.3,
    alpha: look.opacity,
  };
}
