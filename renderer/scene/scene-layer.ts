// What the scene asks of each thing it shows. A layer owns its geometries, materials and textures, takes data as it
// arrives, and lets go of everything in `dispose`. Which layer shows a view is decided by the view's kind alone.

import type { Box3, Camera, Object3D, Ray } from 'three';
import type {
  CamerasView,
  DepthView,
  ImageView,
  MeshView,
  PointsView,
  ViewData,
  ViewDescription,
} from '../../src/protocol/views.ts';
import type { SceneLook } from './scene-look.ts';

/** Views that stand in one space, in the axes of OpenCV and in one unit. */
export type SpaceView = DepthView | PointsView | CamerasView | MeshView;
export type SceneViewDescription = ImageView | SpaceView;

export function isSpaceView(view: ViewDescription): view is SpaceView {
  return view.kind === 'depth' || view.kind === 'points' || view.kind === 'cameras' || view.kind === 'mesh';
}

/** Colours of lines, as 0xrrggbb. */
export interface SceneColours {
  readonly background: number;
  readonly grid: number;
  readonly line: number;
  readonly accent: number;
}

/** What all layers of a scene know. */
export interface SceneState {
  readonly look: SceneLook;
  readonly colours: SceneColours;
  readonly frame: number;
  /** The data of the cameras, where a view has some. */
  readonly cameras: ViewData | undefined;
  /** The camera that the scene is seen through. */
  readonly through: number | undefined;
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
  | { readonly kind: 'camera'; readonly index: number };

export interface SceneLayer {
  readonly object: Object3D;
  /** In the axes of the data; empty while there is none. */
  readonly box: Box3;
  /** New data of its view; `restyle` follows. */
  update(data: ViewData, state: SceneState): void;
  /** The look, the frame or the extent changed. */
  restyle(state: SceneState): void;
  /** Before each drawing; `eye` in the axes of the data. */
  prepare?(eye: { readonly z: number }): void;
  pick?(pointer: Pointer): Picked | undefined;
  dispose(): void;
}
