// How far the cameras of one file or run are from those of another that is taken for the truth. For the command line; needs
// no engine.
import type { CameraPath, PathCamera } from '../formats/camera-path.ts';
import { median } from '../geometry/pose-metrics.ts';
import { type TrajectoryErrors, trajectoryErrors } from '../geometry/trajectory-metrics.ts';
import { readCameraPath } from '../media/read-camera-path.ts';
import { LabError } from '../protocol/lab-error.ts';

export interface CameraEvaluation extends TrajectoryErrors {
  /** What tells which frame belongs to which. */
  readonly matchedBy: 'image name' | 'timestamp' | 'order';
  /** Median over the frames of (focal length / true one − 1), in percent; undefined where a side has none. */
  readonly focalErrorPercent: number | undefined;
  readonly notes: readonly string[];
}

/** Both are paths on disk, see `readCameraPath`. Throws a LabError of code 'input' where fewer than three frames match. */
export async function evaluateCameras(estimate: string, truth: string): Promise<CameraEvaluation> {
  return compareCameras(await readCameraPath(estimate), await readCameraPath(truth));
}

export function compareCameras(estimate: CameraPath, truth: CameraPath): CameraEvaluation {
  const { pairs, matchedBy } = matchFrames(estimate, truth);
  if (pairs.length < 3) {
    throw new LabError({
      code: 'input',
      message: `${pairs.length} frames have a counterpart (by ${matchedBy}); at least 3 are needed.`,
      where: 'cameras',
      tip: 'Both files have to name the same images, have the same timestamps, or the same number of frames.',
    });
  }
  const errors = trajectoryErrors(
    pairs.map(([mine]) => mine.worldFromCam),
    pairs.map(([, known]) => known.worldFromCam),
  );
  const focals = pairs.flatMap(([{ camera: mine }, { camera: known }]) =>
    // Pictures of one video may have been scaled.
    mine === undefined || known === undefined ? [] : [100 * ((mine.fx / mine.width / known.fx) * known.width - 1)],
  );
  const left = Math.max(estimate.length, truth.length) - pairs.length;
  return {
    ...errors,
    matchedBy,
    focalErrorPercent: focals.length === 0 ? undefined : median(focals),
    notes: left === 0 ? [] : [`${left} frames have no counterpart and do not count.`],
  };
}

/** Seconds within which two timestamps are of the same frame, as in the tools of the TUM benchmark. */
const SAME_TIME = 0.02;

function matchFrames(
  estimate: CameraPath,
  truth: CameraPath,
): { readonly pairs: [PathCamera, PathCamera][]; readonly matchedBy: CameraEvaluation['matchedBy'] } {
  const named = byName(truth);
  const mine = byName(estimate);
  if (named !== undefined && mine !== undefined) {
    const pairs = [...mine].flatMap(([name, camera]): [PathCamera, PathCamera][] => {
      const known = named.get(name);
      return known === undefined ? [] : [[camera, known]];
    });
    if (pairs.length > 0) return { pairs, matchedBy: 'image name' };
  }
  const timed = (path: CameraPath) => path.every(({ timestamp }) => timestamp !== undefined);
  if (timed(estimate) && timed(truth)) {
    const pairs = estimate.flatMap((camera): [PathCamera, PathCamera][] => {
      const away = ({ timestamp }: PathCamera) => Math.abs(timestamp! - camera.timestamp!);
      const nearest = truth.reduce((best, other) => (away(other) < away(best) ? other : best));
      return away(nearest) <= SAME_TIME ? [[camera, nearest]] : [];
    });
    return { pairs, matchedBy: 'timestamp' };
  }
  const pairs =
    estimate.length === truth.length ? estimate.map((camera, i): [PathCamera, PathCamera] => [camera, truth[i]]) : [];
  return { pairs, matchedBy: 'order' };
}

/** Cameras by the name of their image without folder and ending; undefined where it does not tell them apart. */
function byName(path: CameraPath): Map<string, PathCamera> | undefined {
  const names = new Map<string, PathCamera>();
  for (const camera of path) {
    if (camera.imageFile === undefined) return undefined;
    const stem = camera.imageFile
      .replaceAll('\\', '/')
      .split('/')
      .at(-1)!
      .replace(/\.[^.]+$/, '');
    names.set(stem, camera);
  }
  return names.size === path.length ? names : undefined;
}
