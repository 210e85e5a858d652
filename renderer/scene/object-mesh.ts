// A mesh with its texture, with the colours of its vertices, or with the distance of each vertex from where it truly is;
// at the pose of its object, or where the user holds it.

import {
  Box3,
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  DoubleSide,
  Group,
  LinearFilter,
  LinearMipmapLinearFilter,
  Matrix4,
  Mesh,
  MeshLambertMaterial,
  RepeatWrapping,
} from 'three';
import { type MeshView, realValues, type ViewArray, type ViewData } from '../../src/protocol/views.ts';
import { colourMap } from '../plots/colour-maps.ts';
import { niceStep } from './grid-lines.ts';
import { rigid } from './open-cv.ts';
import { colourBytes, setAttribute } from './scene-geometry.ts';
import type { SceneLayer, SceneLegend, SceneState } from './scene-layer.ts';

const ERROR_MAP = 'viridis';
/** Steps into which the range of errors is rounded up, so that the key holds still. */
const ERROR_STEPS = 4;

export class ObjectMesh implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  legend: SceneLegend | undefined;
  readonly #view: MeshView;
  readonly #geometry = new BufferGeometry();
  // Faces shade themselves: no normals to compute when a mesh moves.
  readonly #material = new MeshLambertMaterial({ flatShading: true, side: DoubleSide });
  readonly #ownBox = new Box3();
  readonly #pose = new Matrix4();
  #texture: DataTexture | undefined;
  #data: ViewData | undefined;
  #positions: Float32Array | undefined;
  #coloured = '';

  constructor(view: MeshView) {
    this.#view = view;
    const mesh = new Mesh(this.#geometry, this.#material);
    mesh.frustumCulled = false;
    this.object.add(mesh);
    this.object.matrixAutoUpdate = false;
  }

  update(data: ViewData): void {
    const positions = realValues(data, 'positions');
    // Most fits move an object and leave its shape alone: comparing is cheaper than uploading.
    if (!equal(this.#positions, positions)) {
      this.#positions = positions;
      setAttribute(this.#geometry, 'position', positions, 3);
      this.#ownBox.setFromArray(positions);
    }
    const triangles = Uint32Array.from(data.triangles.values as ArrayLike<number>);
    if (!equal(this.#geometry.index?.array, triangles)) {
      if (this.#geometry.index !== null) this.#geometry.dispose();
      this.#geometry.setIndex(new BufferAttribute(triangles, 1));
    }
    if (data.textureCoordinates !== undefined)
      setAttribute(this.#geometry, 'uv', realValues(data, 'textureCoordinates'), 2);
    if (data.texture !== undefined) this.#fillTexture(data.texture);
    this.#data = data;
    this.#coloured = '';
  }

  restyle(state: SceneState): void {
    const data = this.#data;
    if (data === undefined) return;
    const pose = poseOf(this.#view, data, state);
    // Its place may come later than its shape.
    this.object.visible = pose !== undefined || this.#view.poses === undefined;
    this.#pose.copy(pose ?? new Matrix4());
    this.object.matrix.copy(this.#pose);
    this.object.matrixWorldNeedsUpdate = true;
    this.box.makeEmpty();
    if (this.object.visible) this.box.copy(this.#ownBox).applyMatrix4(this.#pose);
    this.#colour(data, state);
    const { meshOpacity } = state.look;
    this.#material.transparent = meshOpacity < 1;
    this.#material.opacity = meshOpacity;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#texture?.dispose();
  }

  #colour(data: ViewData, { look }: SceneState): void {
    const truth = data.trueWorldFromObject === undefined ? undefined : rigid(realValues(data, 'trueWorldFromObject'));
    const asError = look.meshColours === 'error' && truth !== undefined;
    const key = asError ? this.#pose.elements.join() : 'own';
    if (key === this.#coloured) return;
    this.#coloured = key;
    const own = data.colours === undefined ? undefined : colourBytes(realValues(data, 'colours'));
    let colours = data.texture === undefined ? own : undefined;
    this.legend = undefined;
    if (asError) {
      const distances = vertexDistances(realValues(data, 'positions'), this.#pose, truth);
      const high = errorRange(distances);
      colours = mapped(distances, high);
      this.legend = { label: 'Distance from the truth', map: ERROR_MAP, low: 0, high, unit: this.#view.unit };
    }
    if (colours !== undefined) setAttribute(this.#geometry, 'color', colours, 3);
    const map = asError ? null : (this.#texture ?? null);
    const coloured = colours !== undefined;
    if (this.#material.vertexColors !== coloured || this.#material.map !== map) {
      this.#material.vertexColors = coloured;
      this.#material.map = map;
      this.#material.needsUpdate = true;
    }
    this.#material.color.set(coloured || map !== null ? 0xffffff : 0xb0b8c0);
  }

  /** Texels [height, width, 3]; the card wants four bytes of each. */
  #fillTexture({ shape, values }: ViewArray): void {
    const [height, width] = shape;
    const { width: oldWidth, height: oldHeight } = this.#texture?.image ?? {};
    if (this.#texture === undefined || oldWidth !== width || oldHeight !== height) {
      this.#texture?.dispose();
      const texture = new DataTexture(new Uint8Array(4 * width * height), width, height);
      texture.wrapS = RepeatWrapping;
      texture.wrapT = RepeatWrapping;
      texture.magFilter = LinearFilter;
      texture.minFilter = LinearMipmapLinearFilter;
      texture.generateMipmaps = true;
      this.#texture = texture;
    }
    const bytes = this.#texture.image.data as Uint8Array;
    for (let texel = 0; texel < width * height; texel++) {
      for (let c = 0; c < 3; c++) bytes[4 * texel + c] = values[3 * texel + c];
      bytes[4 * texel + 3] = 255;
    }
    this.#texture.needsUpdate = true;
  }
}

/** worldFromObject of a mesh: where it is held, where its poses view or its own data puts it; undefined: nowhere yet. */
export function poseOf({ id, poses }: MeshView, data: ViewData, state: Pick<SceneState, 'held' | 'poses'>) {
  if (state.held?.view === id) return state.held.pose;
  const from = poses === undefined ? data : state.poses.get(poses);
  return from?.worldFromObject === undefined ? undefined : rigid(realValues(from, 'worldFromObject'));
}

/** Distances of vertices [v, 3] under one pose from where they are under another: their mean is the ADD. */
export function vertexDistances(positions: ArrayLike<number>, pose: Matrix4, truth: Matrix4): Float32Array {
  // Of a point, the difference of the two maps is a map too.
  const m = pose.elements.map((value, k) => value - truth.elements[k]);
  return Float32Array.from({ length: positions.length / 3 }, (_, vertex) => {
    const [x, y, z] = [positions[3 * vertex], positions[3 * vertex + 1], positions[3 * vertex + 2]];
    return Math.hypot(
      m[0] * x + m[4] * y + m[8] * z + m[12],
      m[1] * x + m[5] * y + m[9] * z + m[13],
      m[2] * x + m[6] * y + m[10] * z + m[14],
    );
  });
}

function errorRange(distances: Float32Array): number {
  const most = distances.reduce((a, b) => Math.max(a, b), 0);
  if (!(most > 0)) return 1;
  const step = niceStep(most, ERROR_STEPS);
  return Number((Math.ceil(most / step - 1e-9) * step).toPrecision(6));
}

function mapped(distances: Float32Array, high: number): Uint8Array {
  const { table } = colourMap(ERROR_MAP);
  const colours = new Uint8Array(3 * distances.length);
  distances.forEach((distance, vertex) => {
    const level = 3 * Math.min(255, Math.round((255 * distance) / high));
    colours.set(table.subarray(level, level + 3), 3 * vertex);
  });
  return colours;
}

function equal(a: ArrayLike<number> | undefined, b: ArrayLike<number>): boolean {
  if (a === undefined || a.length !== b.length) return false;
  for (let k = 0; k < b.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
