// Every action of the window, in the order of the palette and the cheat sheet.

import type { Action } from './action.ts';
import { imageActions } from './image-actions.ts';
import { libraryActions } from './library-actions.ts';
import { lookActions } from './look-actions.ts';
import { plotActions } from './plot-actions.ts';
import { runActions } from './run-actions.ts';
import { sceneActions } from './scene-actions.ts';
import { steerActions } from './steer-actions.ts';
import { windowActions } from './window-actions.ts';

export const actions: readonly Action[] = [
  ...runActions,
  ...steerActions,
  ...lookActions,
  ...plotActions,
  ...imageActions,
  ...sceneActions,
  ...libraryActions,
  ...windowActions,
];

/** The action of this id; a typing mistake in an id is a defect. */
export function actionOf(id: string): Action {
  const action = actions.find(candidate => candidate.id === id);
  if (action === undefined) throw new Error(`There is no action "${id}".`);
  return action;
}

/** Runs the action unless the present state does not allow it. */
export function perform(id: string): void {
  const action = actionOf(id);
  if (action.enabled()) void action.run();
}
