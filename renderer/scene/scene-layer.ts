// What the scene asks of each thing it shows. A layer owns its geometries, materials and textures, takes data as it
// arrives, and lets go of everything in `dispose`. Which layer shows a view is decided by the view's kind alone.

import type { Box3, Camera, Matrix4, Object3D, Ray } from 'three';
import type {
  CamerasView,
  DepthView,
  ImageView,
  MeshView,
  PointsView,
  PosesView,
  ViewData,
  ViewDescription,
} from '../../src/protocol/views.ts';
import type { SceneLook } from './scene-look.ts';

/** Views that stand in one space, in the axes of OpenCV and in one unit. */
export type SpaceView = DepthView | PointsView | CamerasView | MeshView | PosesView;
export type SceneViewDescription = ImageView | SpaceView;

export function isSpaceView(view: ViewDescription): view is SpaceView {
  return ['depth', 'points', 'cameras', 'mesh', 'poses'].includes(view.kind);
}

/** Colours of lines, as 0xrrggbb. */
export interface SceneColours {
  readonly background: number;
  readonly grid: number;
  readonly line: number;
  readonly accent: number;
  /** Of what others should come to equal. */
  readonly truth: number;
}

/** What all layers of a scene know. */
export interface SceneState {
  readonly look: SceneLook;
  readonly colours: SceneColours;
  readonly frame: number;
  /** The data of the cameras, where a view has some. */
  readonly cameras: ViewData | undefined;
  /** Data of the poses views, by id. */
  readonly poses: ReadonlyMap<string, ViewData>;
  /** An object that the user holds: its mesh view, and worldFromObject where it is held. */
  readonly held: { readonly view: string; readonly pose: Matrix4 } | undefined;
  /** The camera that the scene is seen through. */
  readonly through: number | undefined;
  /** How far in front of their cameras frusta end and pictures stand. */
  readonly reach: number;
  /** Longest side of what is shown. */
  readonly extent: number;
}

export interface Pointer {
  /** In the axes of the data. */
  readonly ray: Ray;
  /** In pixels of the page, from the top left of the scene. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly camera: Camera;
}

export type Picked =
  | { readonly kind: 'frame'; readonly frame: number; readonly column: number; readonly row: number }
  | { readonly kind: 'camera'; readonly index: number }
  | { readonly kind: 'member'; readonly index: number };

/** What the colours of a layer mean. */
export interface SceneLegend {
  readonly label: string;
  readonly map: string;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
}

export type LayerRole = 'itself' | 'truth';

export interface SceneLayer {
  readonly object: Object3D;
  /** In the axes of the data; empty while there is none. */
  readonly box: Box3;
  /** Of what is drawn at present. */
  readonly legend?: SceneLegend | undefined;
  /** New data of its view; `restyle` follows. */
  update(data: ViewData, state: SceneState): void;
  /** The look, the frame or the extent changed. */
  restyle(state: SceneState): void;
  /** Before each drawing; `eye` in the axes of the data. */
  prepare?(eye: { readonly z: number }): void;
  pick?(pointer: Pointer): Picked | undefined;
  dispose(): void;
}
