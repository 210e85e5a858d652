// The part of a picture that a pose is fitted in: a square over mask and projected start, redrawn at a few dozen pixels,
// with the signed distance to the mask's contour and the depth inside the mask. Pure, any process.

import { type Camera, cropCamera, type PixelRectangle } from '../../geometry/camera.ts';
import type { CamFromObject, Rigid } from '../../geometry/rigid.ts';
import type { DeviceMesh } from '../../ops/rasterise/pose-cpu.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import { LabError } from '../../protocol/lab-error.ts';

/** What one picture says about one object; all maps are [camera.height, camera.width]. */
export interface PoseObservation {
  readonly camera: Camera;
  /** Of several pictures of one object at rest: this camera from the first one's, in the unit of the mesh. */
  readonly camFromFirst?: Rigid<'cam', 'cam'>;
  /** 0 to 1; inside above one half. */
  readonly mask: Float32Array;
  /** Above one half where another object is known to stand: there the mask says nothing. */
  readonly others?: Float32Array | undefined;
  /** z-depth in the unit of the mesh, 0 unknown. */
  readonly depth?: Float32Array | undefined;
  /** [camera.height, camera.width, 3], 0 to 1. */
  readonly image?: Float32Array | undefined;
  /** Other objects whose poses in this picture are known: they hide what lies behind them. */
  readonly occluders?: readonly Occluder[];
}

export interface Occluder {
  readonly mesh: DeviceMesh;
  readonly camFromObject: CamFromObject;
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

/** The square of whole pixels around both bounds, its side larger than theirs by the share `margin`. */
export function cropSquare(bounds: readonly (readonly number[])[], margin: number): PixelRectangle {
  const left = Math.min(...bounds.map(b => b[0]));
  const top = Math.min(...bounds.map(b => b[1]));
  const right = Math.max(...bounds.map(b => b[2]));
  const bottom = Math.max(...bounds.map(b => b[3]));
  const side = Math.ceil(Math.max(right - left, bottom - top, 8) * (1 + margin));
  return {
    x: Math.floor((left + right - side) / 2),
    y: Math.floor((top + bottom - side) / 2),
    width: side,
    height: side,
  };
}

/** Distance maps of a whole picture, from which crops of any size are sampled. */
export interface ObservationMaps {
  readonly observation: PoseObservation;
  /** Rectangle of the picture that the maps cover, whole pixels; it may reach half a picture beyond the picture. */
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
 * half a pixel from either side. Where the mask meets another object or the picture's edge there is no contour. What lies
 * more than half the picture's longer side beyond the picture is left out: nothing is compared there.
 */
export function observationMaps(observation: PoseObservation, rectangle: PixelRectangle): ObservationMaps {
  const { camera, mask, others } = observation;
  const beyond = Math.ceil(Math.max(camera.width, camera.height) / 2);
  const left = Math.max(-beyond, Math.floor(rectangle.x) - 1);
  const top = Math.max(-beyond, Math.floor(rectangle.y) - 1);
  const width = Math.min(camera.width + beyond, Math.ceil(rectangle.x + rectangle.width) + 1) - left;
  const height = Math.min(camera.height + beyond, Math.ceil(rectangle.y + rectangle.height) + 1) - top;
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

/** Longer sides of the picture that the crop square may have: the mask is to have some of the pixels it is drawn at. */
const mostPictures = 16;

/**
 * Crop square over mask and start, and the maps inside it. Throws a LabError of code 'input' where the mask is empty, or
 * the start lies behind the camera or so far aside, or so near, that the mask would be a speck in the square.
 */
export function mapsAround(
  observation: PoseObservation,
  mesh: RenderMesh,
  start: CamFromObject,
): { readonly maps: ObservationMaps; readonly rectangle: PixelRectangle } {
  const seen = maskBounds(observation.mask, observation.camera.width);
  if (seen === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The mask is empty: no pixel of it is above one half.',
      where: 'mask',
      tip: 'Give the mask of the visible object, or the value it has in the label picture.',
    });
  }
  const drawn = projectedBounds(mesh, observation.camera, start);
  if (drawn === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The start pose puts the object behind the camera or through its centre.',
      where: 'start',
      tip: 'Poses map object to camera with z forward (OpenCV axes); check whether this one is its inverse, or in OpenGL axes.',
    });
  }
  const rectangle = cropSquare([seen, drawn], 0.35);
  const { width, height } = observation.camera;
  if (!(rectangle.width <= mostPictures * Math.max(width, height))) {
    throw new LabError({
      code: 'input',
      message: `Mask and object at the start pose span ${Math.round(rectangle.width).toLocaleString('en')} pixels, more than ${mostPictures} times the image of ${width} × ${height}.`,
      where: 'start',
      tip: 'The start is far aside of the camera or almost in it: check its translation, millimetres, and the units of mesh and pose; the mask gives a start too.',
    });
  }
  return { maps: observationMaps(observation, rectangle), rectangle };
}

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

/** What a crop may mix, in the unit of depth. */
export interface DepthBands {
  /** Depths that go into one pixel of the crop differ by at most this. */
  readonly surface: number;
  /** What stands this much before the mask's surface hides it: the mask's border there is not the object's. */
  readonly occluder: number;
}

/** The maps at `size` pixels a side, with the picture's colours where they are asked for. */
export function cutCrop(
  maps: ObservationMaps,
  rectangle: PixelRectangle,
  size: number,
  bands: DepthBands,
  colours = false,
): PoseCrop {
  const { observation, left, top, width, height } = maps;
  const { camera: whole, mask, depth } = observation;
  const camera = cropCamera(whole, rectangle, size, size);
  const scale = rectangle.width / size;
  const pixels = size * size;
  const distance = new Float32Array(pixels);
  const care = new Float32Array(pixels);
  const cut = depth === undefined ? undefined : new Float32Array(pixels);
  const reach = Math.max(1, Math.round((scale - 1) / 2));
  let maskArea = 0;
  let depthCount = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const u = rectangle.x + (x + 0.5) * scale;
      const v = rectangle.y + (y + 0.5) * scale;
      const [mu, mv] = [within(u - left - 0.5, width - 1), within(v - top - 0.5, height - 1)];
      const [iu, iv] = [Math.min(Math.floor(mu), width - 2), Math.min(Math.floor(mv), height - 2)];
      const [a, b] = [mu - iu, mv - iv];
      // Beyond the maps: at most as far as by way of their border.
      const further = Math.hypot(u - left - 0.5 - mu, v - top - 0.5 - mv);
      const p = iv * width + iu;
      const mix = (map: Float32Array) =>
        (1 - b) * ((1 - a) * map[p] + a * map[p + 1]) + b * ((1 - a) * map[p + width] + a * map[p + width + 1]);
      distance[i] = (mix(maps.distance) + further) / scale;
      care[i] = mix(maps.care);
      const inMask = distance[i] < 0;
      if (inMask) maskArea += care[i];
      if (cut === undefined || depth === undefined) continue;
      cut[i] = depthAt(depth, mask, whole, u, v, inMask, reach, bands.surface);
      if (inMask && cut[i] > 0) depthCount++;
    }
  }
  return {
    camera,
    distance,
    care,
    depth: cut,
    colours: colours ? coloursOf(observation, rectangle, size) : undefined,
    contour: contourPoints(distance, care, cut, size, bands.occluder),
    maskArea: Math.max(1, maskArea),
    depthCount,
    frameArea: (whole.width * whole.height) / scale ** 2,
  };
}

function within(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}

/** [size, size, 3]: means of the pixels that a pixel of the crop covers, or the one it lies in; black outside the picture. */
function coloursOf(
  { camera, image }: PoseObservation,
  rectangle: PixelRectangle,
  size: number,
): Float32Array | undefined {
  if (image === undefined) return undefined;
  const scale = rectangle.width / size;
  const out = new Float32Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    const top = within(Math.floor(rectangle.y + y * scale + 1e-6), camera.height);
    const bottom = within(Math.max(top + 1, Math.floor(rectangle.y + (y + 1) * scale + 1e-6)), camera.height);
    for (let x = 0; x < size; x++) {
      const left = within(Math.floor(rectangle.x + x * scale + 1e-6), camera.width);
      const right = within(Math.max(left + 1, Math.floor(rectangle.x + (x + 1) * scale + 1e-6)), camera.width);
      const count = Math.max(1, (bottom - top) * (right - left));
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) {
          for (let k = 0; k < 3; k++) out[3 * (y * size + x) + k] += image[3 * (v * camera.width + u) + k] / count;
        }
      }
    }
  }
  return out;
}

/**
 * Depth at (u, v) of a plane through the depths around it that lie on the same side of the mask and within `band` of the
 * nearest one, so that neither noise nor the place between pixels moves it; 0 where the nearest is unknown.
 */
function depthAt(
  depth: Float32Array,
  mask: Float32Array,
  { width, height }: Camera,
  u: number,
  v: number,
  inMask: boolean,
  reach: number,
  band: number,
): number {
  const [pu, pv] = [Math.floor(u), Math.floor(v)];
  if (pu < 0 || pv < 0 || pu >= width || pv >= height || mask[pv * width + pu] > 0.5 !== inMask) return 0;
  const middle = depth[pv * width + pu];
  if (!(middle > 0)) return 0;
  let [n, sx, sy, sz, sxx, sxy, syy, sxz, syz] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let y = Math.max(0, pv - reach); y <= Math.min(height - 1, pv + reach); y++) {
    for (let x = Math.max(0, pu - reach); x <= Math.min(width - 1, pu + reach); x++) {
      const at = y * width + x;
      const z = depth[at] - middle;
      if (!(depth[at] > 0) || Math.abs(z) > band || mask[at] > 0.5 !== inMask) continue;
      const [dx, dy] = [x + 0.5 - u, y + 0.5 - v];
      n++;
      sx += dx;
      sy += dy;
      sz += z;
      sxx += dx * dx;
      sxy += dx * dy;
      syy += dy * dy;
      sxz += dx * z;
      syz += dy * z;
    }
  }
  const [xx, xy, yy] = [sxx - (sx * sx) / n, sxy - (sx * sy) / n, syy - (sy * sy) / n];
  const determinant = xx * yy - xy * xy;
  if (n < 4 || !(determinant > 0.1)) return middle;
  const [xz, yz] = [sxz - (sx * sz) / n, syz - (sy * sz) / n];
  const slopeX = (yy * xz - xy * yz) / determinant;
  const slopeY = (xx * yz - xy * xz) / determinant;
  return middle + (sz - slopeX * sx - slopeY * sy) / n;
}

/**
 * One point for each cell of four pixels that the contour crosses: [point, 4] x, y, outward normal. Without those where
 * what lies beyond stands `occluder` or more before the object.
 */
function contourPoints(
  distance: Float32Array,
  care: Float32Array,
  depth: Float32Array | undefined,
  size: number,
  occluder: number,
): Float32Array {
  const points: number[] = [];
  /** The first known depth inside or outside the mask, from (x, y) on along a direction, within three pixels; 0 none. */
  const depthAlong = (x: number, y: number, dx: number, dy: number, inMask: boolean): number => {
    for (let step = 0.5; depth !== undefined && step <= 3; step += 0.5) {
      const [column, row] = [Math.floor(x + step * dx), Math.floor(y + step * dy)];
      if (column < 0 || row < 0 || column >= size || row >= size) return 0;
      const at = row * size + column;
      if (depth[at] > 0 && distance[at] < 0 === inMask) return depth[at];
    }
    return 0;
  };
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
      const [px, py] = [x + 0.5 + sumX / count, y + 0.5 + sumY / count];
      const [nx, ny] = [slopeX / length, slopeY / length];
      const [within, beyond] = [depthAlong(px, py, -nx, -ny, true), depthAlong(px, py, nx, ny, false)];
      if (beyond > 0 && within - beyond > occluder) continue;
      points.push(px, py, nx, ny);
    }
  }
  return Float32Array.from(points);
}
