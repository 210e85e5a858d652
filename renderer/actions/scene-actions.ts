// Looking at the 3-D scene.

import type { ViewDescription } from '../../src/protocol/views.ts';
import { placeSceneEye, theScene } from '../scene/scene-holder.ts';
import { setSceneLook, useSceneLook } from '../scene/scene-look.ts';
import { useCursor } from '../state/cursor.ts';
import { currentRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { guarded } from '../state/problems.ts';
import {
  draftFromPlaced,
  isPlacing,
  runFromPlaced,
  startNames,
  togglePlacing,
  useStartPlan,
} from '../state/start-plan.ts';
import { saveBlob } from '../widgets/save-blob.ts';
import type { Action } from './action.ts';

const shown = () => theScene() !== undefined;
const placing = () => shown() && isPlacing();

/** Whether the run on show has a view of this kind. */
function has(kind: ViewDescription['kind']): boolean {
  return currentRun(useLab.getState())?.details.problem?.views.some(view => view.kind === kind) === true;
}

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

function toggleThrough(): void {
  const scene = theScene();
  const { current } = useLab.getState();
  if (scene !== undefined) scene.toggleThrough();
  if (scene !== undefined || current.kind !== 'run') return;
  setSceneLook({ show: 'space' });
  showPanel('scene');
  placeSceneEye(current.run, { kind: 'camera', camera: useCursor.getState().frame });
}

export const sceneActions: readonly Action[] = [
  {
    id: 'scene.place-start',
    title: 'Place the start of the next run by hand, or let go of it',
    group: 'Steer',
    keywords: '3-d gizmo drag move turn pose object initial',
    shortcut: 'G',
    enabled: () => startNames() !== undefined && has('mesh'),
    run: () => {
      showPanel('scene');
      setSceneLook({ show: 'space' });
      togglePlacing();
    },
  },
  {
    id: 'scene.run-from-here',
    title: 'Run from the start that was placed',
    group: 'Run',
    keywords: '3-d gizmo pose begin',
    enabled: placing,
    run: runFromPlaced,
  },
  {
    id: 'scene.prepare-from-here',
    title: 'Prepare a run from the start that was placed…',
    group: 'Run',
    keywords: '3-d gizmo pose draft settings',
    enabled: placing,
    run: draftFromPlaced,
  },
  {
    id: 'scene.tool-move',
    title: 'Move what is held in the scene',
    group: 'Steer',
    keywords: '3-d gizmo translate shift',
    shortcut: 'W',
    enabled: placing,
    run: () => useStartPlan.setState({ tool: 'move' }),
  },
  {
    id: 'scene.tool-turn',
    title: 'Turn what is held in the scene',
    group: 'Steer',
    keywords: '3-d gizmo rotate',
    shortcut: 'E',
    enabled: placing,
    run: () => useStartPlan.setState({ tool: 'turn' }),
  },
  {
    id: 'scene.through',
    title: 'Look through the camera of this frame, or leave it',
    group: 'Look',
    keywords: '3-d photo overlay view',
    shortcut: 'V',
    enabled: () => has('cameras'),
    run: toggleThrough,
  },
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
