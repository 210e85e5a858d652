// Planes with pictures on them: one texture of many layers, one draw call for all planes, wherever they stand. New data
// goes into the texture in place.

import {
  BufferAttribute,
  DataArrayTexture,
  DoubleSide,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LinearFilter,
  Mesh,
  NearestFilter,
  RedFormat,
  RGBAFormat,
  ShaderMaterial,
  Vector2,
} from 'three';
import type { ImageView, ViewData } from '../../src/protocol/views.ts';
import { type PictureLayers, pictureLayers, writePictureBytes } from './picture-bytes.ts';
import type { Cut } from './plane-layout.ts';

type Triple = readonly [number, number, number] | readonly number[];

/** Where one plane stands, what of the texture it shows, and its look. */
export interface PlanePlacement {
  /** Of row 0, column 0, and the sides from there. */
  readonly corner: Triple;
  readonly across: Triple;
  readonly along: Triple;
  /** Column, row (0…1) and layer of the texture at the corner, and their change along the sides. */
  readonly first: Triple;
  readonly sweepAcross: Triple;
  readonly sweepAlong: Triple;
  readonly edge: number;
  /** 0 none, 1 a firm line, more a broader one. */
  readonly edgeStrength: number;
  readonly alpha: number;
}

const vertexShader = `
  attribute vec3 corner;
  attribute vec3 across;
  attribute vec3 along;
  attribute vec3 first;
  attribute vec3 sweepAcross;
  attribute vec3 sweepAlong;
  attribute vec4 edge;
  attribute float alpha;
  varying vec3 texel;
  varying vec2 place;
  varying vec4 border;
  varying float cover;
  void main() {
    vec2 uv = position.xy;
    place = uv;
    texel = first + uv.x * sweepAcross + uv.y * sweepAlong;
    border = edge;
    cover = alpha;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(corner + uv.x * across + uv.y * along, 1.0);
  }`;

const fragmentShader = `
  precision highp sampler2DArray;
  uniform sampler2DArray map;
  uniform float grey;
  uniform vec2 cut;
  varying vec3 texel;
  varying vec2 place;
  varying vec4 border;
  varying float cover;
  void main() {
    if (texel.x > cut.x + 1e-4 || texel.y < cut.y - 1e-4) discard;
    vec4 colour = texture(map, texel);
    vec3 shown = grey > 0.5 ? colour.rrr : colour.rgb;
    vec2 inside = min(place, 1.0 - place) / max(fwidth(place), vec2(1e-6));
    float width = 2.0 * border.a;
    float line = 1.0 - smoothstep(width - 0.5, width + 0.5, min(inside.x, inside.y));
    line *= min(1.0, border.a);
    gl_FragColor = vec4(mix(shown, border.rgb, line), max(cover, line));
  }`;

const attributes = {
  corner: 3,
  across: 3,
  along: 3,
  first: 3,
  sweepAcross: 3,
  sweepAlong: 3,
  edge: 4,
  alpha: 1,
} as const;
type Attribute = keyof typeof attributes;

export class PicturePlanes {
  readonly object: Mesh;
  readonly #geometry = new InstancedBufferGeometry();
  readonly #material = new ShaderMaterial({
    vertexShader,
    fragmentShader,
    side: DoubleSide,
    uniforms: { map: { value: undefined }, grey: { value: 1 }, cut: { value: new Vector2(1, 0) } },
  });
  #texture: DataArrayTexture | undefined;
  #layers: PictureLayers | undefined;

  constructor() {
    const corners = Float32Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0);
    this.#geometry.setAttribute('position', new BufferAttribute(corners, 3));
    this.#geometry.setIndex([0, 1, 2, 0, 2, 3]);
    this.#geometry.instanceCount = 0;
    this.object = new Mesh(this.#geometry, this.#material);
    this.object.frustumCulled = false;
  }

  /** Size of the texture; undefined while there is no data. */
  get layers(): PictureLayers | undefined {
    return this.#layers;
  }

  get blended(): boolean {
    return this.#material.transparent;
  }

  /** Puts the frames `frames` of a view into the texture. */
  fill(data: ViewData, { range }: ImageView, frames: readonly number[], channels: 'together' | 'apart'): void {
    // Fewer frames than were declared: what there is.
    const shown = frames.filter(frame => frame < data.values.shape[0]);
    const layers = pictureLayers(data.values, shown, channels);
    if (this.#texture === undefined || !same(this.#layers, layers)) {
      this.#texture?.dispose();
      const size = layers.width * layers.height * layers.layers * layers.components;
      const texture = new DataArrayTexture(new Uint8Array(size), layers.width, layers.height, layers.layers);
      texture.format = layers.components === 1 ? RedFormat : RGBAFormat;
      texture.unpackAlignment = 1;
      texture.magFilter = NearestFilter;
      texture.minFilter = LinearFilter;
      this.#texture = texture;
      this.#layers = layers;
      this.#material.uniforms.map.value = texture;
      this.#material.uniforms.grey.value = layers.components === 1 ? 1 : 0;
    }
    writePictureBytes(data, shown, range, layers, this.#texture.image.data as Uint8Array);
    this.#texture.needsUpdate = true;
  }

  style(opacity: number, { u, v }: Cut): void {
    (this.#material.uniforms.cut.value as Vector2).set(u, v);
    this.#material.transparent = opacity < 1;
    this.#material.depthWrite = opacity >= 1;
  }

  /** Sets all planes, in the order in which they are drawn. */
  place(planes: readonly PlanePlacement[]): void {
    const values = Object.fromEntries(
      Object.entries(attributes).map(([name, size]) => [name, this.#values(name as Attribute, size, planes.length)]),
    ) as Record<Attribute, Float32Array>;
    planes.forEach((plane, k) => {
      for (const name of ['corner', 'across', 'along', 'first', 'sweepAcross', 'sweepAlong'] as const)
        values[name].set(plane[name], 3 * k);
      values.edge.set([...rgb(plane.edge), plane.edgeStrength], 4 * k);
      values.alpha[k] = plane.alpha;
    });
    this.#geometry.instanceCount = planes.length;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#texture?.dispose();
  }

  /** The values of an instanced attribute with room for `count`. */
  #values(name: Attribute, size: number, count: number): Float32Array {
    const old = this.#geometry.getAttribute(name) as InstancedBufferAttribute | undefined;
    if (old?.count === count) {
      old.needsUpdate = true;
      return old.array as Float32Array;
    }
    if (old !== undefined) this.#geometry.dispose();
    const attribute = new InstancedBufferAttribute(new Float32Array(size * count), size);
    this.#geometry.setAttribute(name, attribute);
    return attribute.array as Float32Array;
  }
}

function same(a: PictureLayers | undefined, b: PictureLayers): boolean {
  return a?.width === b.width && a.height === b.height && a.layers === b.layers && a.components === b.components;
}

function rgb(colour: number): readonly number[] {
  return [((colour >> 16) & 255) / 255, ((colour >> 8) & 255) / 255, (colour & 255) / 255];
}
