// The pictures that cameras took, each at the far end of its frustum; seen through a camera, its picture lies behind the
// scene, so that both can be compared. Shown where an image view has a frame for every camera.

import { Box3, type Object3D, type Ray, Vector3 } from 'three';
import { type ImageView, realValues, type ViewData } from '../../src/protocol/views.ts';
import { frustumCorners, type Intrinsics } from './frustum.ts';
import { rigid } from './open-cv.ts';
import { PicturePlanes, type PlanePlacement } from './picture-planes.ts';
import { shownFrames, uncut } from './plane-layout.ts';
import type { Picked, Pointer, SceneLayer, SceneState } from './scene-layer.ts';

export class CameraPictures implements SceneLayer {
  /** The cameras say how large the scene is. */
  readonly box = new Box3();
  readonly #view: ImageView;
  readonly #frames: readonly number[];
  readonly #planes = new PicturePlanes();
  /** What is placed, and of which camera, while all of them are shown. */
  #placed: readonly { readonly camera: number; readonly plane: PlanePlacement }[] = [];

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
    const placed = this.#frames.flatMap((camera, layer) =>
      fitting && (through === undefined || camera === through)
        ? [{ camera, plane: placement(cameras, camera, layer, state) }]
        : [],
    );
    this.#planes.place(placed.map(({ plane }) => plane));
    this.#placed = through === undefined ? placed : [];
  }

  pick({ ray }: Pointer): Picked | undefined {
    let least = Infinity;
    let index: number | undefined;
    for (const { camera, plane } of this.#placed) {
      const distance = distanceAlong(ray, plane);
      if (distance < least) [least, index] = [distance, camera];
    }
    return index === undefined ? undefined : { kind: 'camera', index };
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

/** How far along the ray it meets the plane; Infinity where it passes by. */
function distanceAlong(ray: Ray, { corner, across, along }: PlanePlacement): number {
  const [origin, u, v] = [corner, across, along].map(triple => new Vector3().fromArray(triple));
  const normal = u.clone().cross(v);
  const offset = ray.origin.clone().sub(origin);
  const distance = -normal.dot(offset) / normal.dot(ray.direction);
  if (!(distance > 0)) return Infinity;
  const hit = offset.addScaledVector(ray.direction, distance);
  const [x, y] = [hit.dot(u) / u.lengthSq(), hit.dot(v) / v.lengthSq()];
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? distance : Infinity;
}
