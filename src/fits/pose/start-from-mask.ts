// A start where the user gives none: the object upright behind the middle of its mask, at the distance that the depth or
// its size tells. Only the rotation is left to be found. Pure, any process.
import { type Camera, unproject } from '../../geometry/camera.ts';
import { median } from '../../geometry/pose-metrics.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { rotate } from '../../geometry/rotation.ts';

/** z of the object up, x to the right, seen from the front. */
const upright = [1, 0, 0, 0, 0, -1, 0, 1, 0];

/**
 * `mask` [height, width], `depthMillimetres` [height, width] with 0 unknown; `centre` [3] is the middle of the object's
 * bounding box and `diameter` its size, millimetres. Undefined where the mask is empty.
 */
export function startFromMask(
  camera: Camera,
  mask: Float32Array,
  depthMillimetres: Float32Array | undefined,
  centre: ArrayLike<number>,
  diameter: number,
): CamFromObject | undefined {
  let [sumU, sumV, weight] = [0, 0, 0];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const depths: number[] = [];
  mask.forEach((value, i) => {
    if (value <= 0.5) return;
    const [x, y] = [i % camera.width, Math.floor(i / camera.width)];
    sumU += x + 0.5;
    sumV += y + 0.5;
    weight++;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
    if (depthMillimetres !== undefined && depthMillimetres[i] > 0) depths.push(depthMillimetres[i]);
  });
  if (weight === 0) return undefined;
  // The surface is about a quarter of the diameter before the middle. Seen from anywhere, an object is about 0.8 of its
  // diameter long.
  const bySize = (0.8 * camera.fx * diameter) / Math.hypot(right - left, bottom - top);
  const z = depths.length > 0 ? median(depths) + diameter / 4 : bySize;
  const middle = unproject(camera, sumU / weight, sumV / weight, z);
  const rotation = Float64Array.from(upright);
  const turned = rotate(rotation, centre);
  return rigid(
    rotation,
    middle.map((value, k) => value - turned[k]),
  );
}
