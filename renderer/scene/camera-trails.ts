// Feeds a view of cameras into a scene together with where they stood in earlier states of the member on show, which are
// pulled from the records of the run one after the other. The trails end at the cursor.

import { type CamerasView, realValues, type ViewData } from '../../src/protocol/views.ts';
import { Redraw } from '../plots/redraw.ts';
import { bestMember } from '../state/best-member.ts';
import { useCursor } from '../state/cursor.ts';
import { theBridge, useLab } from '../state/lab.ts';
import type { ComposedFeed } from './composed-feed.ts';
import { trailSnapshots } from './trail-snapshots.ts';

const MOST_STATES = 32;

/** Adds `trails` [state, camera, 3]: centres of the cameras, oldest first; NaN in states that have other cameras. */
export function feedCameras(run: string, { id }: CamerasView, onData: (data: ViewData) => void): ComposedFeed {
  /** [camera, 3] by what they are of. */
  const known = new Map<string, Float32Array>();
  let newest: ViewData | undefined;
  let on = false;
  let pulling = false;
  let disposed = false;

  const wanted = () => {
    const opened = useLab.getState().open[run];
    if (opened === undefined) return [];
    const cursor = useCursor.getState();
    const member = cursor.member === 'best' ? bestMember(opened) : cursor.member;
    const iterations = opened.details.snapshots
      .filter(each => each.member === member && (cursor.iteration === 'now' || each.iteration <= cursor.iteration))
      .map(({ iteration }) => iteration);
    return trailSnapshots(iterations, MOST_STATES).map(at => ({
      member,
      at,
      key: `${opened.version} ${member} ${at}`,
    }));
  };

  const redraw = new Redraw(() => {
    if (newest === undefined) return;
    const count = newest.worldFromCam.shape[0];
    const states = wanted().flatMap(({ key }) => known.get(key) ?? []);
    const values = new Float32Array(3 * count * states.length).fill(Number.NaN);
    states.forEach((centres, state) => {
      if (centres.length === 3 * count) values.set(centres, 3 * count * state);
    });
    onData({ ...newest, trails: { shape: [states.length, count, 3], values } });
  });

  const pull = async (): Promise<void> => {
    const next = wanted().find(({ key }) => !known.has(key));
    if (disposed || !on || pulling || newest === undefined || next === undefined) return;
    pulling = true;
    const { member, at, key } = next;
    try {
      const frame = await theBridge().frame('view', { run, view: id, member, at });
      // Nothing where the view itself was asked for at the same moment: with the next news of the run.
      if (frame === undefined) return;
      known.set(key, centresOf(frame.data));
      redraw.request('calmly');
    } catch {
      // A trail is no more than a line behind what is shown; the view itself says what went wrong.
      known.set(key, new Float32Array(0));
    } finally {
      pulling = false;
    }
    void pull();
  };

  const ends = [
    useLab.subscribe((state, before) => {
      if (state.open[run]?.details.snapshots !== before.open[run]?.details.snapshots) void pull();
    }),
    useCursor.subscribe(() => {
      redraw.request('soon');
      void pull();
    }),
  ];
  return {
    pulled(data) {
      newest = data;
      redraw.request('soon');
      void pull();
    },
    switchTo(next) {
      on = next;
      redraw.switchTo(on);
      void pull();
    },
    dispose() {
      disposed = true;
      redraw.dispose();
      for (const end of ends) end();
    },
  };
}

function centresOf(data: ViewData): Float32Array {
  const poses = realValues(data, 'worldFromCam');
  return Float32Array.from({ length: poses.length / 4 }, (_, k) => poses[12 * Math.floor(k / 3) + 4 * (k % 3) + 3]);
}
