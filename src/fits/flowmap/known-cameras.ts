// True cameras of a video, where they are known, beside the fitted ones: laid over them by a similarity, since the scale of a
// fit is free, and as figures. The fit itself never sees them.

import type { CameraPath } from '../../formats/camera-path.ts';
import { matchFrames } from '../../formats/frame-match.ts';
import { alignSimilarity, movePoseBySimilarity } from '../../geometry/alignment.ts';
import type { Camera } from '../../geometry/camera.ts';
import { median } from '../../geometry/pose-metrics.ts';
import type { WorldFromCam } from '../../geometry/rigid.ts';
import { centreErrors, trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { Measures } from '../fit.ts';
import type { FrameSource } from './camera-exports.ts';

export interface KnownCameras {
  /** Of the frames that have a true camera: undefined where its intrinsics are unknown. In pixels of the video. */
  readonly cameras: readonly (Camera | undefined)[];
  /** The true cameras, in the world and the unit of the fitted ones. */
  laidOver(fitted: readonly WorldFromCam[]): WorldFromCam[];
  /** running: what takes time in proportion to the frames alone. */
  figures(fitted: readonly WorldFromCam[], focal: number, when: 'running' | 'final'): Measures;
}

/** A path of fewer cameras fits any other. */
const FEWEST = 3;

/**
 * `sources` are the frames of the fit, of pictures of `width` pixels. Throws an `input` error with `where` = 'truth' where
 * fewer than three of them have a true camera.
 */
export function knownCameras(truth: CameraPath, sources: readonly FrameSource[], width: number): KnownCameras {
  const named = sources.map((source, frame) => ({ ...source, frame }));
  const { pairs, by } = matchFrames(named, truth);
  if (pairs.length < FEWEST) {
    throw new LabError({
      code: 'input',
      message: `${pairs.length} of ${sources.length} frames have a true camera (by ${by}); at least ${FEWEST} are needed.`,
      where: 'truth',
      tip: 'The file has to name the same images, have the times of the frames in seconds, or as many cameras as frames are taken.',
    });
  }
  const poses = pairs.map(([, { worldFromCam }]) => worldFromCam);
  const cameras = pairs.map(([, { camera }]) => camera && scaledTo(camera, width));
  const focals = cameras.flatMap(camera => (camera === undefined ? [] : [camera.fx]));
  const trueFocal = focals.length === 0 ? undefined : median(focals);
  const matched = (fitted: readonly WorldFromCam[]) => pairs.map(([{ frame }]) => fitted[frame]);
  const centresOf = (path: readonly WorldFromCam[]) => path.flatMap(({ translation }) => [...translation]);
  return {
    cameras,
    laidOver(fitted) {
      const fittedFromTruth = alignSimilarity<'world', 'world'>(centresOf(poses), centresOf(matched(fitted)));
      return poses.map(pose => movePoseBySimilarity(fittedFromTruth, pose));
    },
    figures(fitted, focal, when) {
      const own = matched(fitted);
      const whole = when === 'final' ? trajectoryErrors(own, poses) : undefined;
      const { atePercentOfPath } = whole ?? centreErrors(own, poses);
      return {
        ...(atePercentOfPath === undefined ? {} : { atePercent: atePercentOfPath }),
        ...(whole && { cameraRotationErrorDegrees: whole.rotationDegrees, auc10: 100 * whole.auc10 }),
        ...(trueFocal === undefined
          ? {}
          : { trueFocalPixels: trueFocal, focalErrorPercent: 100 * (focal / trueFocal - 1) }),
      };
    },
  };
}

/** As it would be for pictures of another size. */
function scaledTo(camera: Camera, width: number): Camera {
  const factor = width / camera.width;
  const { fx, fy, cx, cy } = camera;
  return {
    ...{ width, height: camera.height * factor },
    ...{ fx: fx * factor, fy: fy * factor, cx: cx * factor, cy: cy * factor },
  };
}
