// Paths of known cameras, for the sample videos and for tests: OpenCV axes, metres. Pure.
import type { Camera } from '../../geometry/camera.ts';
import { rigid, type WorldFromCam } from '../../geometry/rigid.ts';
import { multiplyRotations, rotationAbout } from '../../geometry/rotation.ts';

/** Focal length 1.1 √(width · height) unless given, 4 : 3. */
export function sampleCamera(width: number, focal = 1.1): Camera {
  const height = (3 * width) / 4;
  const f = focal * Math.sqrt(width * height);
  return { width, height, fx: f, fy: f, cx: width / 2, cy: height / 2 };
}

/** Radians about the vertical, then up or down. */
function upright(centre: readonly [number, number, number], yaw: number, pitch: number): WorldFromCam {
  return rigid(
    multiplyRotations(rotationAbout([0, 1, 0], yaw), rotationAbout([1, 0, 0], pitch)),
    Float64Array.from(centre),
  );
}

/** On an arc of so many degrees about the origin, 2.5 metres from it, looking inwards, with a slight bob. */
export function arcPath(frames: number, degrees: number): WorldFromCam[] {
  return Array.from({ length: frames }, (_, i) => {
    const angle = ((i / (frames - 1) - 0.5) * degrees * Math.PI) / 180;
    const bob = 0.15 * Math.sin(0.4 * i);
    return upright([2.5 * Math.sin(angle), bob, -2.5 * Math.cos(angle)], -angle + 0.02 * Math.sin(0.7 * i), bob / 4);
  });
}

/** Straight on along z, 0.4 metres a frame, with small turns. */
export function drivePath(frames: number): WorldFromCam[] {
  return Array.from({ length: frames }, (_, i) =>
    upright([0.3 * Math.sin(0.15 * i), 0.03 * Math.sin(0.9 * i), 0.4 * i], 0.05 * Math.sin(0.2 * i), 0),
  );
}

/** Along x, always facing z. */
export function sidewaysPath(frames: number): WorldFromCam[] {
  return Array.from({ length: frames }, (_, i) => upright([0.1 * i, 0.02 * Math.sin(i), 0], 0, 0));
}

/** On the spot, turning by so many degrees about the vertical and by `tilt` radians up and down. */
export function tripodPath(frames: number, degrees: number, tilt = 0.05): WorldFromCam[] {
  return Array.from({ length: frames }, (_, i) =>
    upright([0, 0, 0], ((i / (frames - 1) - 0.5) * degrees * Math.PI) / 180, tilt * Math.sin(0.3 * i)),
  );
}
