// The frames of an image view as planes in depth order: one texture of many layers, one draw call for all planes and one
// for the section where the stack is cut open. New data goes into the texture in place.

import {
  Box3,
  BufferAttribute,
  DataArrayTexture,
  DoubleSide,
  Group,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LinearFilter,
  Mesh,
  NearestFilter,
  RedFormat,
  RGBAFormat,
  ShaderMaterial,
  Vector2,
  Vector3,
} from 'three';
import type { ImageView, ViewData } from '../../src/protocol/views.ts';
import { type PictureLayers, pictureLayers, writePictureBytes } from './picture-bytes.ts';
import {
  type Cut,
  cutBetweenPixels,
  farthestFirst,
  layPlanes,
  type PlaneLayout,
  pickPlane,
  planeOfFrame,
  shownFrames,
  uncut,
} from './plane-layout.ts';
import type { Picked, Pointer, SceneLayer, SceneState } from './scene-layer.ts';

const vertexShader = `
  attribute vec3 corner;
  attribute vec3 across;
  attribute vec3 along;
  attribute vec3 first;
  attribute vec3 sweepU;
  attribute vec3 sweepV;
  attribute vec4 edge;
  attribute float alpha;
  varying vec3 texel;
  varying vec2 place;
  varying vec4 border;
  varying float cover;
  void main() {
    vec2 uv = position.xy;
    place = uv;
    texel = first + uv.x * sweepU + uv.y * sweepV;
    border = edge;
    cover = alpha;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(corner + uv.x * across + uv.y * along, 1.0);
  }`;

const fragmentShader = `
  precision highp sampler2DArray;
  uniform sampler2DArray map;
  uniform float grey;
  uniform vec2 cut;
  uniform float lineWidth;
  varying vec3 texel;
  varying vec2 place;
  varying vec4 border;
  varying float cover;
  void main() {
    if (texel.x > cut.x + 1e-4 || texel.y < cut.y - 1e-4) discard;
    vec4 colour = texture(map, texel);
    vec3 shown = grey > 0.5 ? colour.rrr : colour.rgb;
    vec2 width = fwidth(place);
    vec2 inside = min(place, 1.0 - place) / max(width, vec2(1e-6));
    float line = 1.0 - smoothstep(lineWidth * border.a - 0.5, lineWidth * border.a + 0.5, min(inside.x, inside.y));
    gl_FragColor = vec4(mix(shown, border.rgb, line * step(0.01, border.a)), max(cover, line * border.a));
  }`;

/** Attributes of an instance: place in space, place in the texture, look. */
const attributes = { corner: 3, across: 3, along: 3, first: 3, sweepU: 3, sweepV: 3, edge: 4, alpha: 1 } as const;
type Attribute = keyof typeof attributes;

/** Red, green, blue as they are told apart on a dark and on a light ground. */
const channelColours = [0xe03131, 0x2f9e44, 0x3b82f6];

export class PictureStack implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  readonly #view: ImageView;
  readonly #frames: readonly number[];
  readonly #geometry = new InstancedBufferGeometry();
  readonly #material: ShaderMaterial;
  readonly #mesh: Mesh;
  #texture: DataArrayTexture | undefined;
  #layers: PictureLayers | undefined;
  #data: ViewData | undefined;
  #state: SceneState | undefined;
  #layout: PlaneLayout;
  #perFrame = 1;
  #cut: Cut = uncut;
  #drawn = '';

  constructor(view: ImageView) {
    this.#view = view;
    this.#frames = shownFrames(view.frames);
    this.#layout = layPlanes('stack', this.#frames.length, view, 1);
    this.#geometry.setAttribute(
      'position',
      new BufferAttribute(Float32Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0), 3),
    );
    this.#geometry.setIndex([0, 1, 2, 0, 2, 3]);
    this.#geometry.instanceCount = 0;
    this.#material = new ShaderMaterial({
      vertexShader,
      fragmentShader,
      side: DoubleSide,
      uniforms: {
        map: { value: undefined },
        grey: { value: 1 },
        cut: { value: new Vector2(1, 0) },
        lineWidth: { value: 2 },
      },
    });
    this.#mesh = new Mesh(this.#geometry, this.#material);
    this.#mesh.frustumCulled = false;
    this.object.add(this.#mesh);
  }

  /** Frames that have a plane. */
  get frames(): readonly number[] {
    return this.#frames;
  }

  get planesPerFrame(): number {
    return this.#perFrame;
  }

  get layout(): PlaneLayout {
    return this.#layout;
  }

  update(data: ViewData, state: SceneState): void {
    this.#data = data;
    this.#fill(state.look.channels);
  }

  restyle(state: SceneState): void {
    const before = this.#state?.look;
    this.#state = state;
    const { look } = state;
    if (before !== undefined && before.channels !== look.channels) this.#fill(look.channels);
    const apart = look.channels === 'apart' && this.#view.channels > 1;
    this.#perFrame = apart ? this.#view.channels : 1;
    this.#layout = layPlanes(look.arrangement, this.#frames.length * this.#perFrame, this.#view, look.spacing);
    this.#cut = cutBetweenPixels(look.cut, look.cutAt, this.#layers ?? this.#view);
    (this.#material.uniforms.cut.value as Vector2).set(this.#cut.u, this.#cut.v);
    // Switching to blending recompiles nothing, it only changes the order of drawing.
    this.#material.transparent = look.opacity < 1;
    this.#material.depthWrite = look.opacity >= 1;
    this.#measure();
    this.#drawn = '';
  }

  prepare(eye: { readonly z: number }): void {
    if (this.#layers === undefined || this.#state === undefined) return;
    const order = farthestFirst(this.#layout, eye.z);
    // Without blending the nearest goes first: what it hides is never shaded.
    if (!this.#material.transparent) order.reverse();
    const key = order.join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#writeInstances(order, this.#state);
  }

  pick({ ray }: Pointer): Picked | undefined {
    if (this.#layers === undefined) return undefined;
    const hit = pickPlane(this.#layout, ray.origin.toArray(), ray.direction.toArray(), this.#cut);
    if (hit === undefined) return undefined;
    return {
      kind: 'frame',
      frame: this.#frames[Math.floor(hit.plane / this.#perFrame)],
      column: Math.min(this.#view.width - 1, Math.floor(hit.u * this.#view.width)),
      row: Math.min(this.#view.height - 1, Math.floor(hit.v * this.#view.height)),
    };
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#texture?.dispose();
  }

  #fill(channels: 'together' | 'apart'): void {
    if (this.#data === undefined) return;
    // Fewer frames than were declared: what there is.
    const shown = this.#frames.filter(frame => frame < this.#data!.values.shape[0]);
    const layers = pictureLayers(this.#data.values, shown, channels);
    const old = this.#layers;
    const same =
      old !== undefined &&
      old.width === layers.width &&
      old.height === layers.height &&
      old.layers === layers.layers &&
      old.components === layers.components;
    if (!same) {
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
    writePictureBytes(this.#data, shown, this.#view.range, layers, this.#texture!.image.data as Uint8Array);
    this.#texture!.needsUpdate = true;
  }

  #measure(): void {
    const { corners, width, height } = this.#layout;
    this.box.makeEmpty();
    const point = new Vector3();
    for (let at = 0; at < corners.length; at += 3) {
      point.fromArray(corners, at);
      this.box.expandByPoint(point);
      point.x += width;
      point.y += height;
      this.box.expandByPoint(point);
    }
  }

  #writeInstances(order: readonly number[], { look, colours, frame }: SceneState): void {
    const { corners, width, height, step } = this.#layout;
    const planes = order.length;
    const section = look.cut !== 'none' && look.arrangement === 'stack' && planes > 1;
    const count = planes + (section ? 1 : 0);
    const instances = Object.fromEntries(
      Object.entries(attributes).map(([name, size]) => [name, this.#instances(name as Attribute, size, count)]),
    ) as Record<Attribute, Float32Array>;
    const current = planeOfFrame(this.#frames, frame);
    const put = (name: Attribute, instance: number, values: readonly number[]) =>
      instances[name].set(values, instance * attributes[name]);
    order.forEach((plane, instance) => {
      const isCurrent = this.#frames.length > 1 && Math.floor(plane / this.#perFrame) === current;
      const colour = isCurrent
        ? colours.accent
        : this.#perFrame === channelColours.length
          ? channelColours[plane % this.#perFrame]
          : colours.line;
      put('corner', instance, [...corners.subarray(3 * plane, 3 * plane + 3)]);
      put('across', instance, [width, 0, 0]);
      put('along', instance, [0, height, 0]);
      put('first', instance, [0, 0, plane]);
      put('sweepU', instance, [1, 0, 0]);
      put('sweepV', instance, [0, 1, 0]);
      put('edge', instance, [...rgb(colour), isCurrent ? 1.25 : this.#perFrame > 1 ? 1 : 0.3]);
      put('alpha', instance, [isCurrent ? 1 : look.opacity]);
    });
    if (section) {
      const depth = step * (planes - 1);
      const byColumns = look.cut === 'columns';
      const [x, y, z] = corners;
      const { u, v } = this.#cut;
      const pixels = this.#layers ?? this.#view;
      // The last column, or the first row, that is left.
      const column = u - 0.5 / pixels.width;
      const row = v + 0.5 / pixels.height;
      put('corner', planes, byColumns ? [x + u * width, y, z] : [x, y + v * height, z]);
      put('across', planes, byColumns ? [0, 0, depth] : [width, 0, 0]);
      put('along', planes, byColumns ? [0, height, 0] : [0, 0, depth]);
      put('first', planes, byColumns ? [column, 0, 0] : [0, row, 0]);
      put('sweepU', planes, byColumns ? [0, 0, planes - 1] : [1, 0, 0]);
      put('sweepV', planes, byColumns ? [0, 1, 0] : [0, 0, planes - 1]);
      put('edge', planes, [...rgb(colours.accent), 0.6]);
      put('alpha', planes, [1]);
    }
    this.#geometry.instanceCount = count;
  }

  /** The values of an instanced attribute with room for `count`. */
  #instances(name: Attribute, size: number, count: number): Float32Array {
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

function rgb(colour: number): [number, number, number] {
  return [((colour >> 16) & 255) / 255, ((colour >> 8) & 255) / 255, (colour & 255) / 255];
}
