// The scene turned inside out: where motions are small, image motion is linear in inverse depth, and cameras that shift the
// other way past a relief that is in front where it was behind look nearly the same, with turns that make up for it (Necker's
// reversal). Descent can end in either; each is a way to the other.
import { chainPoses, identityCameras, motionsBetween } from '../../ops/reproject/chained-poses.ts';
import type { TrackObservations } from '../../ops/reproject/observations.ts';
import type { CameraState } from '../../ops/reproject/reproject.ts';
import { middle } from './middle.ts';

/** What the mirror would put behind the horizon comes to lie so many times as far as its plane. */
const FURTHEST = 20;

/**
 * Mirrors inverse depths in that of a plane that each frame has at the median depth of its points. On the plane, a shift
 * (x, y) of the camera looks like a turn (−y, x) / depth; reversed shifts keep what is seen there with twice that turn more.
 */
export function mirrored({ frames, anchorFrames }: TrackObservations, state: CameraState): CameraState {
  const { logDepths, logFocal } = state;
  const all = middle(logDepths);
  const planes = Float64Array.from({ length: frames }, (_, f) => {
    const own = logDepths.filter((_, t) => anchorFrames[t] === f);
    return Math.exp(own.length === 0 ? all : middle(own));
  });
  const motions = motionsBetween(state.worldFromCams);
  for (let i = 0; i + 1 < frames; i++) {
    const m = 6 * i;
    const [x, y] = [motions[m + 3], motions[m + 4]];
    motions[m] -= (2 * y) / planes[i];
    motions[m + 1] += (2 * x) / planes[i];
    motions[m + 3] = -x;
    motions[m + 4] = -y;
  }
  const worldFromCams = identityCameras(frames);
  chainPoses(motions, worldFromCams);
  return {
    worldFromCams,
    logDepths: logDepths.map((value, t) => {
      const plane = planes[anchorFrames[t]];
      return -Math.log(Math.max(1 / (FURTHEST * plane), 2 / plane - Math.exp(-value)));
    }),
    logFocal,
  };
}

/** Whether the shifts of the two are opposite. */
export function areMirrored(a: CameraState, b: CameraState): boolean {
  const [one, other] = [a, b].map(({ worldFromCams }) => motionsBetween(worldFromCams));
  let product = 0;
  for (let i = 0; i < one.length; i += 6) for (let k = 3; k < 5; k++) product += one[i + k] * other[i + k];
  return product < 0;
}
