// Pulls the data of the views on show into a scene: nothing while the panel is hidden, large stacks more slowly than small
// ones, and all of it slowly where the fit's own processor has to draw, so that watching does not slow the fit.

import type { LabError } from '../../src/protocol/lab-error.ts';
import type { ViewData } from '../../src/protocol/views.ts';
import { useCursor } from '../state/cursor.ts';
import { useLab } from '../state/lab.ts';
import { feedView, type ViewFeed, type Wanted } from '../state/view-feed.ts';
import { feedCameras } from './camera-trails.ts';
import type { ComposedFeed } from './composed-feed.ts';
import { feedPoses } from './poses-feed.ts';
import type { SceneViewDescription } from './scene-layer.ts';
import type { SceneView } from './scene-view.ts';
import { graphics } from './webgl.ts';

/** All planes together. */
const STACK_PIXELS = 2 ** 20;
const DEPTH_PIXELS = 2 ** 17;
/** While a run is running. */
const VALUES_PER_SECOND = 4e6;
/** Measured: without a graphics card a picture costs 30 to 50 ms of a core. */
const SOFTWARE_REST_MILLISECONDS = 750;

/** What to ask for of a view. */
export function wantedOf(run: string, view: SceneViewDescription): Wanted {
  if (view.kind === 'image') {
    const mostPixels = Math.max(1024, Math.floor(STACK_PIXELS / view.frames));
    return { run, view: view.id, frame: undefined, mostPixels };
  }
  if (view.kind === 'depth') return { run, view: view.id, frame: 'cursor', mostPixels: DEPTH_PIXELS };
  return { run, view: view.id, frame: undefined };
}

export interface SceneFeeds {
  switchTo(on: boolean): void;
  dispose(): void;
}

export function feedScene(
  run: string,
  views: readonly SceneViewDescription[],
  scene: SceneView,
  onError: (view: string, error: LabError | undefined) => void,
): SceneFeeds {
  let feeds: readonly ViewFeed[] | undefined;
  let on = false;
  const rests = new Set<ReturnType<typeof setTimeout>>();

  /** Of views that are made of more than what is pulled. */
  const composed = new Map<string, ComposedFeed>();
  for (const view of views) {
    const show = (data: ViewData) => scene.setFrame(view.id, data);
    if (view.kind === 'poses') composed.set(view.id, feedPoses(run, view, show));
    const isTruth = views.some(other => other.kind === 'cameras' && other.reference === view.id);
    if (view.kind === 'cameras' && view.changes === 'with-iterations' && !isTruth)
      composed.set(view.id, feedCameras(run, view, show));
  }

  const begin = (view: SceneViewDescription): ViewFeed => {
    const together = composed.get(view.id);
    const feed: ViewFeed = feedView(
      wantedOf(run, view),
      ({ data }) => {
        onError(view.id, undefined);
        if (together === undefined) scene.setFrame(view.id, data);
        else together.pulled(data);
        const live = useLab.getState().open[run]?.details.entry.state === 'running';
        if (!live || useCursor.getState().iteration !== 'now') return;
        const values = Object.values(data).reduce((sum, array) => sum + array.values.length, 0);
        // The feed may be this very call's: it exists once the call has returned.
        queueMicrotask(() => feed.switchTo(false));
        const rest = setTimeout(
          () => {
            rests.delete(rest);
            feed.switchTo(on);
          },
          (1000 * values) / VALUES_PER_SECOND + (graphics() === 'software' ? SOFTWARE_REST_MILLISECONDS : 0),
        );
        rests.add(rest);
      },
      error => {
        const isEarly = error.code === 'state';
        if (isEarly) scene.clear(view.id);
        onError(view.id, isEarly ? undefined : error);
      },
    );
    return feed;
  };

  const awake = (): void => {
    for (const rest of rests) clearTimeout(rest);
    rests.clear();
    for (const feed of [...(feeds ?? []), ...composed.values()]) feed.switchTo(on);
  };
  // Who moves the cursor does not wait for a rest to end.
  const unfollow = useCursor.subscribe(awake);

  return {
    switchTo(next) {
      on = next;
      if (on) feeds ??= views.map(begin);
      awake();
    },
    dispose() {
      on = false;
      unfollow();
      for (const rest of rests) clearTimeout(rest);
      for (const feed of [...(feeds ?? []), ...composed.values()]) feed.dispose();
    },
  };
}
