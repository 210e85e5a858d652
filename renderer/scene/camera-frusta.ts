// Cameras as frusta, with the path they took; the one of the current frame stands out.

import { Box3, BufferGeometry, Group, Line, LineBasicMaterial, LineSegments, Vector3 } from 'three';
import { realValues, type ViewData } from '../../src/protocol/views.ts';
import { frustumSegments, type Intrinsics, SEGMENTS } from './frustum.ts';
import { rigid, threeFromOpenCv } from './open-cv.ts';
import { setAttribute } from './scene-geometry.ts';
import type { Picked, Pointer, SceneLayer, SceneState } from './scene-layer.ts';
import { nearestGroup } from './screen-pick.ts';

const REACH_PIXELS = 10;

export class CameraFrusta implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  readonly #lines = new BufferGeometry();
  readonly #path = new BufferGeometry();
  readonly #lineMaterial = new LineBasicMaterial({ vertexColors: true });
  readonly #pathMaterial = new LineBasicMaterial({ transparent: true, opacity: 0.6 });
  readonly #trail = new Line(this.#path, this.#pathMaterial);
  #data: ViewData | undefined;
  #shown: number | undefined;
  #built = '';
  #count = 0;

  constructor() {
    const lines = new LineSegments(this.#lines, this.#lineMaterial);
    lines.frustumCulled = false;
    this.#trail.frustumCulled = false;
    this.object.add(lines, this.#trail);
  }

  update(data: ViewData): void {
    this.#data = data;
    this.#built = '';
    const poses = realValues(data, 'worldFromCam');
    this.#count = data.worldFromCam.shape[0];
    const centres = Float32Array.from(
      { length: 3 * this.#count },
      (_, k) => poses[12 * Math.floor(k / 3) + 4 * (k % 3) + 3],
    );
    this.box.setFromArray(centres);
    setAttribute(this.#path, 'position', centres, 3);
  }

  restyle({ colours, reach, frame, through }: SceneState): void {
    this.#pathMaterial.color.set(colours.line);
    // From inside a camera the others would stand before the eye.
    this.#shown = through;
    this.#trail.visible = through === undefined;
    this.#lines.setDrawRange(2 * SEGMENTS * (through ?? 0), through === undefined ? Infinity : 2 * SEGMENTS);
    const key = `${reach} ${colours.line} ${frame}`;
    if (this.#data === undefined || key === this.#built) return;
    this.#built = key;
    const intrinsics = realValues(this.#data, 'intrinsics');
    const sizes = realValues(this.#data, 'sizes');
    const poses = realValues(this.#data, 'worldFromCam');
    const positions = new Float32Array(6 * SEGMENTS * this.#count);
    const tints = new Uint8Array(6 * SEGMENTS * this.#count);
    const point = new Vector3();
    for (let camera = 0; camera < this.#count; camera++) {
      const worldFromCam = rigid(poses, camera);
      const segments = frustumSegments(
        [...intrinsics.subarray(4 * camera, 4 * camera + 4)] as unknown as Intrinsics,
        sizes[2 * camera],
        sizes[2 * camera + 1],
        reach,
      );
      const colour = camera === frame ? colours.accent : colours.line;
      for (let k = 0; k < segments.length; k += 3) {
        const at = 6 * SEGMENTS * camera + k;
        point.fromArray(segments, k).applyMatrix4(worldFromCam).toArray(positions, at);
        tints.set([colour >> 16, (colour >> 8) & 255, colour & 255], at);
      }
    }
    setAttribute(this.#lines, 'position', positions, 3);
    setAttribute(this.#lines, 'color', tints, 3);
  }

  pick({ camera, x, y, width, height }: Pointer): Picked | undefined {
    const positions = this.#lines.getAttribute('position');
    if (positions === undefined || this.#shown !== undefined) return undefined;
    const screen = new Float32Array(2 * positions.count);
    const point = new Vector3();
    for (let k = 0; k < positions.count; k++) {
      point.fromBufferAttribute(positions, k).applyMatrix4(threeFromOpenCv).project(camera);
      screen[2 * k] = Math.abs(point.z) > 1 ? Number.NaN : ((point.x + 1) / 2) * width;
      screen[2 * k + 1] = ((1 - point.y) / 2) * height;
    }
    const index = nearestGroup(screen, SEGMENTS, x, y, REACH_PIXELS);
    return index === undefined ? undefined : { kind: 'camera', index };
  }

  dispose(): void {
    this.#lines.dispose();
    this.#path.dispose();
    this.#lineMaterial.dispose();
    this.#pathMaterial.dispose();
  }
}
