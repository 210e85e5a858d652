// The scene that is on the screen, for the actions of the palette. The panel registers it here while it can be seen.

import { standingChanged } from '../state/standing.ts';
import type { SceneView } from './scene-view.ts';

let scene: SceneView | undefined;

export function registerScene(shown: SceneView | undefined): void {
  scene = shown;
  standingChanged();
}

export function theScene(): SceneView | undefined {
  return scene;
}
