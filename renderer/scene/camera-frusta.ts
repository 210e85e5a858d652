// Cameras as frusta, with the path they took and the trails of each through earlier states; the one of the current frame
// stands out. True cameras are laid over others: in their own colour, smaller, and not to be looked through.

import { Box3, BufferGeometry, Group, Line, LineBasicMaterial, LineSegments, Vector3 } from 'three';
import { realValues, type ViewData } from '../../src/protocol/views.ts';
import { frustumSegments, type Intrinsics, SEGMENTS } from './frustum.ts';
import { rigid, threeFromOpenCv } from './open-cv.ts';
import { setAttribute } from './scene-geometry.ts';
import type { LayerRole, Picked, Pointer, SceneLayer, SceneState } from './scene-layer.ts';
import { nearestGroup } from './screen-pick.ts';

const REACH_PIXELS = 10;
/** Of the size of the frusta that they are laid over. */
const TRUTH_SIZE = 0.6;
/** Of the oldest and the newest piece of a trail, 0 … 255. */
const TRAIL_ALPHA = [15, 110] as const;

export class CameraFrusta implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  readonly #lines = new BufferGeometry();
  readonly #path = new BufferGeometry();
  readonly #trails = new BufferGeometry();
  readonly #lineMaterial = new LineBasicMaterial({ vertexColors: true });
  readonly #pathMaterial = new LineBasicMaterial({ transparent: true, opacity: 0.6 });
  readonly #trailMaterial = new LineBasicMaterial({ vertexColors: true, transparent: true, depthWrite: false });
  readonly #pathLine = new Line(this.#path, this.#pathMaterial);
  readonly #trailLines = new LineSegments(this.#trails, this.#trailMaterial);
  readonly #role: LayerRole;
  #data: ViewData | undefined;
  #shown: number | undefined;
  #built = '';
  #count = 0;

  constructor(role: LayerRole) {
    this.#role = role;
    for (const lines of [new LineSegments(this.#lines, this.#lineMaterial), ...[this.#pathLine, this.#trailLines]]) {
      lines.frustumCulled = false;
      this.object.add(lines);
    }
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

  restyle({ look, colours, reach: whole, frame, through }: SceneState): void {
    const isTruth = this.#role === 'truth';
    const reach = isTruth ? TRUTH_SIZE * whole : whole;
    const line = isTruth ? colours.truth : colours.line;
    this.#pathMaterial.color.set(line);
    // From inside a camera the others would stand before the eye.
    this.#shown = through;
    this.object.visible = !isTruth || through === undefined;
    this.#pathLine.visible = through === undefined;
    this.#trailLines.visible = !isTruth && through === undefined && look.trails === 'shown';
    this.#lines.setDrawRange(2 * SEGMENTS * (through ?? 0), through === undefined ? Infinity : 2 * SEGMENTS);
    const key = `${reach} ${line} ${colours.accent} ${frame}`;
    if (this.#data === undefined || key === this.#built) return;
    this.#built = key;
    this.#buildTrails(this.#data, colours.accent);
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
      const colour = camera === frame && !isTruth ? colours.accent : line;
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
    if (positions === undefined || this.#shown !== undefined || this.#role === 'truth') return undefined;
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
    this.#trails.dispose();
    this.#lineMaterial.dispose();
    this.#pathMaterial.dispose();
    this.#trailMaterial.dispose();
  }

  /** A piece for each camera from every state to the next one, the last one to where it is now. */
  #buildTrails(data: ViewData, colour: number): void {
    const [states = 0] = data.trails?.shape ?? [];
    const earlier = states === 0 ? new Float32Array(0) : realValues(data, 'trails');
    const centres = this.#path.getAttribute('position').array;
    const size = 3 * this.#count;
    const positions = new Float32Array(2 * size * states);
    const tints = new Uint8Array((8 * size * states) / 3);
    for (let state = 0; state < states; state++) {
      const share = states === 1 ? 1 : state / (states - 1);
      const alpha = TRAIL_ALPHA[0] + share * (TRAIL_ALPHA[1] - TRAIL_ALPHA[0]);
      for (let camera = 0; camera < this.#count; camera++) {
        for (const end of [0, 1]) {
          const at = 2 * (state * this.#count + camera) + end;
          const last = state + end === states;
          for (let k = 0; k < 3; k++) {
            positions[3 * at + k] = last ? centres[3 * camera + k] : earlier[size * (state + end) + 3 * camera + k];
          }
          tints.set([colour >> 16, (colour >> 8) & 255, colour & 255, alpha], 4 * at);
        }
      }
    }
    setAttribute(this.#trails, 'position', positions, 3);
    setAttribute(this.#trails, 'color', tints, 4);
  }
}
