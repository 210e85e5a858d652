// A mesh with the colours of its vertices, at the pose of its object.

import { Box3, BufferAttribute, BufferGeometry, DoubleSide, Group, Mesh, MeshLambertMaterial } from 'three';
import { realValues, type ViewData } from '../../src/protocol/views.ts';
import { rigid } from './open-cv.ts';
import { colourBytes, setAttribute } from './scene-geometry.ts';
import type { SceneLayer } from './scene-layer.ts';

export class ObjectMesh implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  readonly #geometry = new BufferGeometry();
  // Faces shade themselves: no normals to compute when a mesh moves.
  readonly #material = new MeshLambertMaterial({ flatShading: true, side: DoubleSide });
  readonly #ownBox = new Box3();
  #positions: ArrayLike<number> | undefined;

  constructor() {
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
    if (data.colours !== undefined) setAttribute(this.#geometry, 'color', colourBytes(realValues(data, 'colours')), 3);
    const coloured = data.colours !== undefined;
    if (this.#material.vertexColors !== coloured) {
      this.#material.vertexColors = coloured;
      this.#material.needsUpdate = true;
    }
    this.object.matrix.identity();
    if (data.worldFromObject !== undefined) this.object.matrix.copy(rigid(realValues(data, 'worldFromObject')));
    this.object.matrixWorldNeedsUpdate = true;
    this.box.copy(this.#ownBox).applyMatrix4(this.object.matrix);
    this.#material.color.set(coloured ? 0xffffff : 0xb0b8c0);
  }

  restyle(): void {}

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}

function equal(a: ArrayLike<number> | undefined, b: ArrayLike<number>): boolean {
  if (a === undefined || a.length !== b.length) return false;
  for (let k = 0; k < b.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
