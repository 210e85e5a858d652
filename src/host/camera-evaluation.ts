// How far the cameras of one file or run are from those of another that is taken for the truth. For the command line; needs
// no engine.
import type { CameraPath } from '../formats/camera-path.ts';
import { type FrameMatch, matchFrames } from '../formats/frame-match.ts';
import { median } from '../geometry/pose-metrics.ts';
import { type TrajectoryErrors, trajectoryErrors } from '../geometry/trajectory-metrics.ts';
import { readCameraPath } from '../media/read-camera-path.ts';
import { LabError } from '../protocol/lab-error.ts';

export interface CameraEvaluation extends TrajectoryErrors {
  /** What tells which frame belongs to which. */
  readonly matchedBy: FrameMatch<unknown, unknown>['by'];
  /** Median over the frames of (focal length / true one − 1), in percent; undefined where a side has none. */
  readonly focalErrorPercent: number | undefined;
  readonly notes: readonly string[];
}

/** Both are paths on disk, see `readCameraPath`. Throws a LabError of code 'input' where fewer than three frames match. */
export async function evaluateCameras(estimate: string, truth: string): Promise<CameraEvaluation> {
  return compareCameras(await readCameraPath(estimate), await readCameraPath(truth));
}

export function compareCameras(estimate: CameraPath, truth: CameraPath): CameraEvaluation {
  const { pairs, by: matchedBy } = matchFrames(estimate, truth);
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
