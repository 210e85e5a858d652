// Links that reproduce a view: run, cursor, front panels and the camera of the 3-D scene in the fragment of the address,
// which no server sees. Without the token: this browser knows it, and nobody else should.

import { type PanelId, panelIds } from '../panels/panel-list.ts';
import { eyeOfText, type SceneEye, textOfEye } from '../scene/scene-eye.ts';
import type { Cursor } from './cursor.ts';
import type { Current } from './lab.ts';

export interface LinkedView {
  readonly run: string;
  readonly cursor: Cursor;
  /** In front of their tabs. */
  readonly panels: readonly PanelId[];
  /** From where the 3-D scene is seen; undefined: as it opens. */
  readonly eye: SceneEye | undefined;
}

export type ViewToLink = Pick<LinkedView, 'cursor' | 'panels' | 'eye'>;

export function linkToView(
  address: string,
  current: Current,
  { cursor: { iteration, frame, member }, panels, eye }: ViewToLink,
): string {
  const url = new URL(address);
  url.searchParams.delete('token');
  url.hash =
    current.kind === 'run'
      ? new URLSearchParams({
          run: current.run,
          at: String(iteration),
          frame: String(frame),
          member: String(member),
          panels: panels.join(' '),
          ...(eye === undefined ? {} : { eye: textOfEye(eye) }),
        }).toString()
      : '';
  return url.href;
}

export function linkedView(address: string): LinkedView | undefined {
  const fragment = new URLSearchParams(new URL(address).hash.slice(1));
  const run = fragment.get('run');
  if (run === null || run === '') return undefined;
  const whole = (name: string): number | undefined => {
    const value = Number(fragment.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 ? value : undefined;
  };
  return {
    run,
    cursor: { iteration: whole('at') ?? 'now', frame: whole('frame') ?? 0, member: whole('member') ?? 'best' },
    panels: panelIds.filter(id => (fragment.get('panels') ?? '').split(' ').includes(id)),
    eye: eyeOfText(fragment.get('eye') ?? ''),
  };
}
