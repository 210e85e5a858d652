// The frames of an image view as planes in depth order, or laid out otherwise, with a section where the stack is cut open.

import { Box3, type Object3D, Vector3 } from 'three';
import type { ImageView, ViewData } from '../../src/protocol/views.ts';
import { PicturePlanes, type PlanePlacement } from './picture-planes.ts';
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

/** Red, green, blue as they are told apart on a dark and on a light ground. */
const channelColours = [0xe03131, 0x2f9e44, 0x3b82f6];

export class PictureStack implements SceneLayer {
  readonly box = new Box3();
  readonly #view: ImageView;
  readonly #frames: readonly number[];
  readonly #planes = new PicturePlanes();
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
  }

  get object(): Object3D {
    return this.#planes.object;
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

  update(data: ViewData, { look }: SceneState): void {
    this.#data = data;
    this.#planes.fill(data, this.#view, this.#frames, look.channels);
  }

  restyle(state: SceneState): void {
    const { look } = state;
    const before = this.#state?.look.channels ?? look.channels;
    this.#state = state;
    if (this.#data !== undefined && before !== look.channels)
      this.#planes.fill(this.#data, this.#view, this.#frames, look.channels);
    this.#perFrame = look.channels === 'apart' ? this.#view.channels : 1;
    this.#layout = layPlanes(look.arrangement, this.#frames.length * this.#perFrame, this.#view, look.spacing);
    this.#cut = cutBetweenPixels(look.cut, look.cutAt, this.#planes.layers ?? this.#view);
    this.#planes.style(look.opacity, this.#cut);
    this.#measure();
    this.#drawn = '';
  }

  prepare(eye: { readonly z: number }): void {
    if (this.#planes.layers === undefined || this.#state === undefined) return;
    const order = farthestFirst(this.#layout, eye.z);
    // Without blending the nearest goes first: what it hides is never shaded.
    if (!this.#planes.blended) order.reverse();
    const key = order.join();
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#place(order, this.#state);
  }

  pick({ ray }: Pointer): Picked | undefined {
    if (this.#planes.layers === undefined) return undefined;
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
    this.#planes.dispose();
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

  #place(order: readonly number[], { look, colours, frame }: SceneState): void {
    const { corners, width, height } = this.#layout;
    const current = planeOfFrame(this.#frames, frame);
    const planes = order.map((plane): PlanePlacement => {
      const isCurrent = this.#frames.length > 1 && Math.floor(plane / this.#perFrame) === current;
      const ownColour = this.#perFrame === 1 ? colours.line : channelColours[plane % channelColours.length];
      return {
        corner: [...corners.subarray(3 * plane, 3 * plane + 3)],
        across: [width, 0, 0],
        along: [0, height, 0],
        first: [0, 0, plane],
        sweepAcross: [1, 0, 0],
        sweepAlong: [0, 1, 0],
        edge: isCurrent ? colours.accent : ownColour,
        edgeStrength: isCurrent ? 1.25 : this.#perFrame === 1 ? 0.3 : 1,
        alpha: isCurrent ? 1 : look.opacity,
      };
    });
    if (look.cut !== 'none' && look.arrangement === 'stack' && order.length > 1)
      planes.push(this.#section(look.cut, colours.accent));
    this.#planes.place(planes);
  }

  /** The plane that shows what the cut laid bare: one row or column of every frame. */
  #section(along: 'columns' | 'rows', edge: number): PlanePlacement {
    const { corners, width, height, step } = this.#layout;
    const [x, y, z] = corners;
    const { u, v } = this.#cut;
    const pixels = this.#planes.layers ?? this.#view;
    const last = corners.length / 3 - 1;
    const depth = [0, 0, step * last];
    const sweep = [0, 0, last];
    const look = { edge, edgeStrength: 0.6, alpha: 1 };
    if (along === 'columns')
      return {
        corner: [x + u * width, y, z],
        across: depth,
        along: [0, height, 0],
        // The last column that is left.
        first: [u - 0.5 / pixels.width, 0, 0],
        sweepAcross: sweep,
        sweepAlong: [0, 1, 0],
        ...look,
      };
    return {
      corner: [x, y + v * height, z],
      across: [width, 0, 0],
      along: depth,
      // The first row that is left.
      first: [0, v + 0.5 / pixels.height, 0],
      sweepAcross: [1, 0, 0],
      sweepAlong: sweep,
      ...look,
    };
  }
}
