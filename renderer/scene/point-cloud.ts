// Points with their colours; the less sure ones can be left out without touching the data.

import { Box3, BufferGeometry, Points, ShaderMaterial, Vector3 } from 'three';
import { realValues, type ViewData } from '../../src/protocol/views.ts';
import { colourBytes, setAttribute } from './scene-geometry.ts';
import type { SceneLayer, SceneState } from './scene-layer.ts';
import { robustBounds } from './view-fit.ts';

const vertexShader = `
  attribute vec3 tint;
  attribute float confidence;
  uniform float size;
  uniform float least;
  varying vec3 shown;
  void main() {
    shown = tint;
    gl_Position = confidence < least ? vec4(2.0, 2.0, 2.0, 1.0) : projectionMatrix * modelViewMatrix * vec4(position, 1.0);
    gl_PointSize = size;
  }`;

const fragmentShader = `
  varying vec3 shown;
  void main() { gl_FragColor = vec4(shown, 1.0); }`;

/** The object of a point cloud, for layers that show points. */
export class PointCloud {
  readonly box = new Box3();
  readonly object: Points;
  readonly #geometry = new BufferGeometry();
  readonly #material = new ShaderMaterial({
    vertexShader,
    fragmentShader,
    uniforms: { size: { value: 2 }, least: { value: 0 } },
  });

  constructor() {
    this.object = new Points(this.#geometry, this.#material);
    this.object.frustumCulled = false;
  }

  /** `positions` n × 3, `colours` n × 3 bytes, `confidence` n × 0…1. */
  set(positions: Float32Array, colours: Uint8Array, confidence: Float32Array): void {
    setAttribute(this.#geometry, 'position', positions, 3);
    setAttribute(this.#geometry, 'tint', colours, 3);
    setAttribute(this.#geometry, 'confidence', confidence, 1);
    this.#geometry.setDrawRange(0, positions.length / 3);
    const bounds = robustBounds(surerHalf(positions, confidence));
    this.box.makeEmpty();
    if (bounds !== undefined) this.box.set(new Vector3(...bounds.slice(0, 3)), new Vector3(...bounds.slice(3)));
  }

  style({ look, held, through }: SceneState): void {
    // Points lie on the object of the photo, where the one in the user's hand is to be compared with it.
    this.object.visible = held === undefined || through === undefined;
    this.#material.uniforms.size.value = look.pointSize;
    this.#material.uniforms.least.value = look.confidence;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}

/** Those at least as sure as the middle one: they tell how large the scene is, whatever the others say. */
function surerHalf(positions: Float32Array, confidence: Float32Array): Float32Array {
  const middle = confidence.toSorted()[confidence.length >> 1];
  return positions.filter((_, k) => confidence[Math.floor(k / 3)] >= middle);
}

export class PointsLayer implements SceneLayer {
  readonly #cloud = new PointCloud();

  get object(): Points {
    return this.#cloud.object;
  }

  get box(): Box3 {
    return this.#cloud.box;
  }

  update(data: ViewData): void {
    const positions = realValues(data, 'positions');
    const count = positions.length / 3;
    this.#cloud.set(
      positions,
      data.colours === undefined ? new Uint8Array(3 * count).fill(150) : colourBytes(realValues(data, 'colours')),
      data.confidence === undefined ? new Float32Array(count).fill(1) : realValues(data, 'confidence'),
    );
  }

  restyle(state: SceneState): void {
    this.#cloud.style(state);
  }

  dispose(): void {
    this.#cloud.dispose();
  }
}
