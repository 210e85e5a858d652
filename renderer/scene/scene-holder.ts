// The scene that is on the screen, for the actions of the palette and for links. The panel registers it here while it can
// be seen.

import { standingChanged } from '../state/standing.ts';
import type { SceneEye } from './scene-eye.ts';
import type { SceneView } from './scene-view.ts';

let scene: SceneView | undefined;
let shownRun: string | undefined;
/** Asked for before the scene of its run was on the screen. */
let awaited: { readonly run: string; readonly eye: SceneEye } | undefined;

/** `run` is the one it shows; `shown` undefined: it cannot be seen any more. */
export function registerScene(run: string, shown: SceneView | undefined): void {
  scene = shown;
  shownRun = shown === undefined ? undefined : run;
  if (shown !== undefined && awaited?.run === run) {
    shown.placeEye(awaited.eye);
    awaited = undefined;
  }
  standingChanged();
}

export function theScene(): SceneView | undefined {
  return scene;
}

/** Sees the scene of a run from `eye`, as soon as it is on the screen. */
export function placeSceneEye(run: string, eye: SceneEye): void {
  if (shownRun === run) scene?.placeEye(eye);
  else awaited = { run, eye };
}
