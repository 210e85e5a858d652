// The part of a picture that a pose is fitted in: a square over mask and projected start, redrawn at a few dozen pixels,
// with the signed distance to the mask's contour and the depth inside the mask. Pure, any process.

import { type Camera, cropCamera, type PixelRectangle } from '../../geometry/camera.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';

/** What one picture says about one object; all maps are [camera.height, camera.width]. */
export interface PoseObservation {
  readonly camera: Camera;
  /** 0 to 1; inside above one half. */
  readonly mask: Float32Array;
  /** Above one half where another object is known to stand: there the mask says nothing. */
  readonly others?: Float32Array | undefined;
  /** z-depth in the unit of the mesh, 0 unknown. */
  readonly depth?: Float32Array | undefined;
}

/** Pixel bounds [left, top, right, bottom) of the mask; undefined where it is empty. */
export function maskBounds(mask: Float32Array, width: number): [number, number, number, number] | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] <= 0.5) continue;
    const x = i % width;
    const y = (i - x) / width;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return right < 0 ? undefined : [left, top, right, bottom];
}

/** Bounds of the object's projected vertices; undefined where any lies behind the camera. */
export function projectedBounds(
  mesh: RenderMesh,
  camera: Camera,
  { rotation: r, translation: t }: CamFromObject,
): [number, number, number, number] | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const { positions: p, centre } = mesh;
  for (let v = 0; v < p.length; v += 3) {
    const [x, y, z] = [p[v] + centre[0], p[v + 1] + centre[1], p[v + 2] + centre[2]];
    const depth = r[6] * x + r[7] * y + r[8] * z + t[2];
    if (!(depth > 1e-3 * mesh.diameter)) return undefined;
    const u = (camera.fx * (r[0] * x + r[1] * y + r[2] * z + t[0])) / depth + camera.cx;
    const w = (camera.fy * (r[3] * x + r[4] * y + r[5] * z + t[1])) / depth + camera.cy;
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, w);
    bottom = Math.max(bottom, w);
  }
  return [left, top, right, bottom];
}

/** The square around both bounds, its side larger than theirs by the share `margin`. */
export function cropSquare(bounds: readonly (readonly number[])[], margin: number): PixelRectangle {
  const left = Math.min(...bounds.map(b => b[0]));
  const top = Math.min(...bounds.map(b => b[1]));
  const right = Math.max(...bounds.map(b => b[2]));
  const bottom = Math.max(...bounds.map(b => b[3]));
  const side = Math.max(right - left, bottom - top, 8) * (1 + margin);
  return { x: (left + right - side) / 2, y: (top + bottom - side) / 2, width: side, height: side };
}

/** Distance maps of a whole picture, from which crops of any size are sampled. */
export interface ObservationMaps {
  readonly observation: PoseObservation;
  /** Rectangle of the picture that the maps cover, whole pixels; it may reach beyond the picture. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Signed distance in pixels of the picture. */
  readonly distance: Float32Array;
  readonly care: Float32Array;
}

/**
 * Signed distances inside `rectangle`, exact between pixel centres (Felzenszwalb and Huttenlocher 2012), with the contour
 * half a pixel from either side. Where the mask meets another object or the picture's edge there is no contour.
 */
export function observationMaps(observation: PoseObservation, rectangle: PixelRectangle): ObservationMaps {
  const { camera, mask, others } = observation;
  const left = Math.floor(rectangle.x) - 1;
  const top = Math.floor(rectangle.y) - 1;
  const width = Math.ceil(rectangle.x + rectangle.width) + 1 - left;
  const height = Math.ceil(rectangle.y + rectangle.height) + 1 - top;
  const inside = new Float64Array(width * height);
  const outside = new Float64Array(width * height);
  const care = new Float32Array(width * height);
  const isIn = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x + left, y + top];
      const i = y * width + x;
      const within = u >= 0 && v >= 0 && u < camera.width && v < camera.height;
      const at = v * camera.width + u;
      isIn[i] = within && mask[at] > 0.5 ? 1 : 0;
      care[i] = within && (isIn[i] === 1 || !(others !== undefined && others[at] > 0.5)) ? 1 : 0;
      outside[i] = isIn[i] === 1 ? 0 : FAR;
      inside[i] = isIn[i] === 0 && care[i] === 1 ? 0 : FAR;
    }
  }
  squaredDistances(outside, width, height);
  squaredDistances(inside, width, height);
  const farthest = width + height;
  const distance = new Float32Array(width * height);
  for (let i = 0; i < distance.length; i++) {
    const squared = isIn[i] === 1 ? inside[i] : outside[i];
    const length = Math.min(Math.sqrt(squared), farthest) - 0.5;
    distance[i] = isIn[i] === 1 ? -length : length;
  }
  return { observation, left, top, width, height, distance, care };
}

const FAR = 1e20;

/** In place: each value becomes the least of value + squared distance over the grid. */
function squaredDistances(grid: Float64Array, width: number, height: number): void {
  const longest = Math.max(width, height);
  const line = new Float64Array(longest);
  const hull = new Int32Array(longest);
  const bounds = new Float64Array(longest + 1);
  const pass = (start: number, step: number, n: number): void => {
    for (let i = 0; i < n; i++) line[i] = grid[start + i * step];
    let k = -1;
    for (let q = 0; q < n; q++) {
      if (line[q] >= FAR) continue;
      let from = -Infinity;
      while (k >= 0) {
        const p = hull[k];
        from = (line[q] + q * q - line[p] - p * p) / (2 * (q - p));
        if (from > bounds[k]) break;
        k--;
      }
      k++;
      hull[k] = q;
      bounds[k] = k === 0 ? -Infinity : from;
    }
    if (k < 0) return;
    let at = 0;
    for (let i = 0; i < n; i++) {
      while (at < k && bounds[at + 1] < i) at++;
      grid[start + i * step] = (i - hull[at]) ** 2 + line[hull[at]];
    }
  };
  for (let x = 0; x < width; x++) pass(x, width, height);
  for (let y = 0; y < height; y++) pass(y * width, 1, width);
}

/** The maps at `size` pixels a side. Depths that are averaged in one pixel differ by at most `depthBand`. */
export function cutCrop(maps: ObservationMaps, rectangle: PixelRectangle, size: number, depthBand: number): PoseCrop {
  const { observation, left, top, width } = maps;
  const { camera: whole, mask, depth } = observation;
  const camera = cropCamera(whole, rectangle, size, size);
  const scale = rectangle.width / size;
  const pixels = size * size;
  const distance = new Float32Array(pixels);
  const care = new Float32Array(pixels);
  const cut = depth === undefined ? undefined : new Float32Array(pixels);
  const reach = Math.max(0, Math.floor((scale - 1) / 2 + 1e-9));
  let maskArea = 0;
  let depthCount = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const u = rectangle.x + (x + 0.5) * scale;
      const v = rectangle.y + (y + 0.5) * scale;
      const [mu, mv] = [u - left - 0.5, v - top - 0.5];
      const [iu, iv] = [Math.floor(mu), Math.floor(mv)];
      const [a, b] = [mu - iu, mv - iv];
      const p = iv * width + iu;
      const mix = (map: Float32Array) =>
        (1 - b) * ((1 - a) * map[p] + a * map[p + 1]) + b * ((1 - a) * map[p + width] + a * map[p + width + 1]);
      distance[i] = mix(maps.distance) / scale;
      care[i] = mix(maps.care);
      if (distance[i] < 0) maskArea += care[i];
      if (cut === undefined || depth === undefined) continue;
      const [pu, pv] = [Math.floor(u), Math.floor(v)];
      const inMask = distance[i] < 0;
      const measured = (x0: number, y0: number) =>
        x0 >= 0 && y0 >= 0 && x0 < whole.width && y0 < whole.height && mask[y0 * whole.width + x0] > 0.5 === inMask
          ? depth[y0 * whole.width + x0]
          : 0;
      const middle = measured(pu, pv);
      if (!(middle > 0)) continue;
      let sum = 0;
      let count = 0;
      for (let dv = -reach; dv <= reach; dv++) {
        for (let du = -reach; du <= reach; du++) {
          const z = measured(pu + du, pv + dv);
          if (!(z > 0) || Math.abs(z - middle) > depthBand) continue;
          sum += z;
          count++;
        }
      }
      // The mean belongs to the middle of what was averaged, which is the pixel's own but for rounding.
      cut[i] = sum / count;
      if (inMask) depthCount++;
    }
  }
  return {
    camera,
    distance,
    care,
    depth: cut,
    contour: contourPoints(distance, care, size),
    maskArea: Math.max(1, maskArea),
    depthCount,
  };
}

/** One point for each cell of four pixels that the contour crosses: [point, 4] x, y, outward normal. */
function contourPoints(distance: Float32Array, care: Float32Array, size: number): Float32Array {
  const points: number[] = [];
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const i = y * size + x;
      const corners = [i, i + 1, i + size + 1, i + size];
      const values = corners.map(c => distance[c]);
      if (values.every(value => value > 0) || values.every(value => value <= 0)) continue;
      if (corners.some(c => care[c] < 0.99)) continue;
      const offsets = [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ];
      let [sumX, sumY, count] = [0, 0, 0];
      for (let k = 0; k < 4; k++) {
        const next = (k + 1) % 4;
        if (values[k] > 0 === values[next] > 0) continue;
        const share = values[k] / (values[k] - values[next]);
        sumX += offsets[k][0] + share * (offsets[next][0] - offsets[k][0]);
        sumY += offsets[k][1] + share * (offsets[next][1] - offsets[k][1]);
        count++;
      }
      const slopeX = (values[1] + values[2] - values[0] - values[3]) / 2;
      const slopeY = (values[3] + values[2] - values[0] - values[1]) / 2;
      const length = Math.hypot(slopeX, slopeY);
      if (length < 0.1) continue;
      points.push(x + 0.5 + sumX / count, y + 0.5 + sumY / count, slopeX / length, slopeY / length);
    }
  }
  return Float32Array.from(points);
}
