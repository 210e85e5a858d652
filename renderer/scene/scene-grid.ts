// The grid on the floor of the scene, and what its steps mean in words.

import { type Box3, BufferGeometry, LineBasicMaterial, LineSegments } from 'three';
import { type GridAxis, gridLines, niceStep, wholeSteps } from './grid-lines.ts';
import type { PlaneLayout } from './plane-layout.ts';
import { setAttribute } from './scene-geometry.ts';

const PARTS = 5;

export interface GridPlan {
  readonly x: GridAxis;
  readonly z: GridAxis;
  readonly y: number;
  /** '50 px × 10 frames' */
  readonly label: string;
}

/** Under a stack of pictures: steps of pixels along x, of frames along z. */
export function stackGrid(
  box: Box3,
  picture: { readonly width: number; readonly height: number },
  frames: readonly number[],
  { step }: PlaneLayout,
  planesPerFrame: number,
): GridPlan {
  const long = Math.max(picture.width, picture.height);
  const pixels = Math.max(1, niceStep(picture.width, PARTS));
  const x = wholeSteps(box.min.x, box.max.x, pixels / long, box.min.x);
  if (frames.length === 1 || step <= 0) {
    const middle = (box.min.z + box.max.z) / 2;
    const half = Math.max(1, Math.ceil(((box.max.z - box.min.z) / 2 + 0.1) / x.step)) * x.step;
    return {
      x: wider(x),
      z: { from: middle - half, to: middle + half, step: x.step },
      y: box.max.y,
      label: `${pixels} px`,
    };
  }
  const stride = frames[1] - frames[0];
  const steps = Math.max(1, niceStep(frames.length * stride, PARTS));
  const z = wholeSteps(box.min.z, box.max.z, (steps / stride) * step * planesPerFrame, box.min.z);
  return {
    x: wider(x),
    z: wider(z),
    y: box.max.y,
    label: `${pixels} px × ${steps} ${steps === 1 ? 'frame' : 'frames'}`,
  };
}

/** So that the floor is seen beside what stands on it. */
function wider({ from, to, step }: GridAxis): GridAxis {
  const more = Math.ceil((to - from) / step / 4) * step;
  return { from: from - more, to: to + more, step };
}

/** Under things in space: the same step both ways. */
export function spaceGrid(box: Box3, extent: number, unit: string): GridPlan {
  const step = niceStep(extent, PARTS);
  return {
    x: wholeSteps(box.min.x - step, box.max.x + step, step),
    z: wholeSteps(box.min.z - step, box.max.z + step, step),
    y: box.max.y,
    label: `${Number(step.toPrecision(3))} ${unit}`,
  };
}

export class SceneGrid {
  readonly object: LineSegments;
  readonly #geometry = new BufferGeometry();
  readonly #material = new LineBasicMaterial();
  #shown = '';

  constructor() {
    this.object = new LineSegments(this.#geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.visible = false;
  }

  show(plan: GridPlan | undefined, colour: number): void {
    this.object.visible = plan !== undefined;
    this.#material.color.set(colour);
    const key = JSON.stringify(plan);
    if (plan === undefined || key === this.#shown) return;
    this.#shown = key;
    const lines = gridLines(plan.x, plan.z, plan.y);
    setAttribute(this.#geometry, 'position', lines, 3);
    this.#geometry.setDrawRange(0, lines.length / 3);
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}
