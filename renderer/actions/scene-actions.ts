// Looking at the 3-D scene.

import { theScene } from '../scene/scene-holder.ts';
import { setSceneLook, useSceneLook } from '../scene/scene-look.ts';
import { useCursor } from '../state/cursor.ts';
import { currentRun, useLab } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';
import { saveBlob } from '../widgets/save-blob.ts';
import type { Action } from './action.ts';

const shown = () => theScene() !== undefined;

/** Saves a picture of the scene under the name of the run. */
async function saveScreenshot(): Promise<void> {
  const blob = await theScene()?.screenshot();
  if (blob === undefined) return;
  const details = currentRun(useLab.getState())?.details;
  const { iteration } = useCursor.getState();
  const at = iteration === 'now' ? (details?.progress?.iteration ?? details?.entry.iteration ?? 0) : iteration;
  const name = (details?.entry.name ?? 'run').replace(/[^\p{L}\p{N}_.-]+/gu, '-');
  saveBlob(blob, `${name}-scene-${at}.png`);
}

export const sceneActions: readonly Action[] = [
  {
    id: 'scene.fit',
    title: 'Fit the scene into view',
    group: 'Look',
    keywords: '3-d zoom all frame',
    enabled: shown,
    run: () => theScene()?.fit(),
  },
  {
    id: 'scene.reset',
    title: 'Reset the view of the scene',
    group: 'Look',
    keywords: '3-d camera home start',
    enabled: shown,
    run: () => theScene()?.reset(),
  },
  {
    id: 'scene.front',
    title: 'Scene from the front',
    group: 'Look',
    keywords: '3-d view along z',
    enabled: shown,
    run: () => theScene()?.look('front'),
  },
  {
    id: 'scene.top',
    title: 'Scene from the top',
    group: 'Look',
    keywords: '3-d view along y above plan',
    enabled: shown,
    run: () => theScene()?.look('top'),
  },
  {
    id: 'scene.side',
    title: 'Scene from the side',
    group: 'Look',
    keywords: '3-d view along x right',
    enabled: shown,
    run: () => theScene()?.look('side'),
  },
  {
    id: 'scene.explode',
    title: 'Explode the stack of pictures, or stack them again',
    group: 'Look',
    keywords: '3-d planes frames spread apart',
    enabled: shown,
    run: () => setSceneLook({ arrangement: useSceneLook.getState().arrangement === 'stack' ? 'exploded' : 'stack' }),
  },
  {
    id: 'scene.screenshot',
    title: 'Save the scene as a PNG',
    group: 'Look',
    keywords: '3-d screenshot picture image export',
    enabled: shown,
    run: () => guarded(saveScreenshot),
  },
];
