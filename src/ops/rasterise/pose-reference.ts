// The pose terms of one member in plain loops and float64: the readable twin of kernels/rasterise.ts, for tests and for
// reading. No near-plane clipping: a triangle with a vertex behind the camera is left out.

import { antialiasedMask } from './antialiasing-reference.ts';
import type { MeshColours, Texture } from './mesh-colours.ts';
import {
  type PoseCrop,
  type PoseTerms,
  type PoseTiles,
  type TermSettings,
  type TileTerms,
  tileSide,
} from './pose-terms.ts';
import type { RenderMesh } from './render-mesh.ts';

export interface Drawn {
  /** [height, width], −1 none. */
  readonly ids: Int32Array;
  /** [height, width], z-depth. */
  readonly depth: Float64Array;
  /** [vertex, 3]: pixel x, y, z-depth. */
  readonly screen: Float64Array;
  /** [triangle]: twice the signed area in the picture; negative faces the camera. */
  readonly areas: Float64Array;
}

/** Draws the mesh at `pose` [12] (row-major [R|t] of the centred object): the nearest triangle at each pixel centre. */
export function drawReference(mesh: RenderMesh, crop: Pick<PoseCrop, 'camera'>, pose: ArrayLike<number>): Drawn {
  const { width, height, fx, fy, cx, cy } = crop.camera;
  const { positions: p, triangles } = mesh;
  const screen = new Float64Array(p.length);
  for (let v = 0; v < p.length; v += 3) {
    const [x, y, z] = [0, 4, 8].map(
      k => pose[k] * p[v] + pose[k + 1] * p[v + 1] + pose[k + 2] * p[v + 2] + pose[k + 3],
    );
    screen.set([(fx * x) / z + cx, (fy * y) / z + cy, z], v);
  }
  const ids = new Int32Array(width * height).fill(-1);
  const depth = new Float64Array(width * height).fill(Infinity);
  const areas = new Float64Array(triangles.length / 3);
  for (let t = 0; t < areas.length; t++) {
    const corners = [0, 1, 2].map(k => 3 * triangles[3 * t + k]);
    const [xs, ys, zs] = [0, 1, 2].map(axis => corners.map(v => screen[v + axis]));
    if (Math.min(...zs) <= 0) continue;
    const area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0]);
    areas[t] = area;
    if (area === 0 || (mesh.closed && area > 0)) continue;
    for (let y = Math.max(0, Math.floor(Math.min(...ys))); y < Math.min(height, Math.max(...ys)); y++) {
      for (let x = Math.max(0, Math.floor(Math.min(...xs))); x < Math.min(width, Math.max(...xs)); x++) {
        const [px, py] = [x + 0.5, y + 0.5];
        const u = ((ys[1] - ys[2]) * (px - xs[2]) + (xs[2] - xs[1]) * (py - ys[2])) / area;
        const v = ((ys[2] - ys[0]) * (px - xs[2]) + (xs[0] - xs[2]) * (py - ys[2])) / area;
        if (u < 0 || v < 0 || u + v > 1) continue;
        // Inverse depth is linear in the picture.
        const z = 1 / (u / zs[0] + v / zs[1] + (1 - u - v) / zs[2]);
        if (z >= depth[y * width + x]) continue;
        depth[y * width + x] = z;
        ids[y * width + x] = t;
      }
    }
  }
  return { ids, depth, screen, areas };
}

/** pose [12] as in drawReference. The texture is read as it is. Tiles are filled in the second-order form. */
export function evaluateReference(
  mesh: RenderMesh,
  crop: PoseCrop,
  pose: ArrayLike<number>,
  settings: TermSettings,
  colours?: MeshColours,
): PoseTerms & { readonly tiles: PoseTiles } {
  const { width, height, fx, fy, cx, cy } = crop.camera;
  const drawn = drawReference(mesh, crop, pose);
  const { ids, depth, screen, areas } = drawn;
  const second = settings.form === 'second-order';
  const published = settings.form === 'published';
  const { silhouetteScale, depthScale, maskWeight, depthWeight, scoreDepth, colourWeight = 0 } = settings;
  const gradient = new Float64Array(6);
  const hessian = new Float64Array(36);
  const tiles = { mask: emptyTiles(), depth: emptyTiles() };
  const tileAt = (x: number, y: number) => {
    const place = (value: number, size: number) =>
      Math.max(0, Math.min(tileSide - 1, Math.floor((value * tileSide) / size)));
    return place(y, height) * tileSide + place(x, width);
  };
  const t = [pose[3], pose[7], pose[11]];
  /** Adds a residual whose slope by the camera point is `slope`; `weight` is that of its square. */
  const addRow = (point: number[], slope: number[], weight: number, residual: number, tile?: TileTerms) => {
    const arm = point.map((value, axis) => value - t[axis]);
    const row = [...cross(arm, slope), ...slope];
    for (const sums of [{ gradient, hessian }, ...(tile === undefined ? [] : [tile])]) {
      for (let i = 0; i < 6; i++) {
        sums.gradient[i] += weight * residual * row[i];
        for (let j = 0; second && j < 6; j++) sums.hessian[6 * i + j] += weight * row[i] * row[j];
      }
    }
  };
  /** The slope by a camera point of its pixel position along (gx, gy). */
  const screenSlope = ([x, y, z]: number[], gx: number, gy: number) => {
    const [sx, sy] = [(gx * fx) / z, (gy * fy) / z];
    return [sx, sy, -(sx * x + sy * y) / z];
  };
  const geman = (residual: number, scale: number) => residual ** 2 / (residual ** 2 + scale ** 2);
  /** rho'(r) / r */
  const gemanWeight = (residual: number, scale: number) => (2 * scale ** 2) / (residual ** 2 + scale ** 2) ** 2;

  let [energy, depthLoss, depthScore] = [0, 0, 0];
  let [covered, different, seen] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const inMask = crop.distance[i] < 0;
    const rise = crop.care[i] * Math.min(Math.abs(crop.distance[i]) / silhouetteScale, 1);
    const measured = crop.depth?.[i] ?? 0;
    const known = crop.care[i] > 0.5 ? 1 : 0;
    if (ids[i] < 0) {
      if (!inMask) continue;
      energy += rise;
      different += known;
      depthLoss += measured > 0 ? 1 : 0;
      continue;
    }
    covered++;
    const gap = depth[i] - measured;
    const hidden = !published && measured > 0 && gap > scoreDepth;
    if (!inMask) {
      if (hidden) continue;
      energy += rise;
      different += known;
      continue;
    }
    if (measured === 0) continue;
    if (hidden) {
      depthLoss += 1;
      continue;
    }
    const ray = [((i % width) + 0.5 - cx) / fx, (Math.floor(i / width) + 0.5 - cy) / fy, 1];
    const n = [0, 1, 2].map(k => mesh.normals[3 * ids[i] + k]);
    const normal = [0, 4, 8].map(k => pose[k] * n[0] + pose[k + 1] * n[1] + pose[k + 2] * n[2]);
    const facing = dot(normal, ray);
    depthScore += Math.min(Math.abs(gap) / scoreDepth, 1);
    seen++;
    if (published) {
      depthLoss += Math.abs(gap);
      const point = ray.map(value => value * depth[i]);
      // The surface's depth along the ray of a pixel.
      const slope = normal.map(value => value / facing);
      addRow(point, slope, depthWeight / crop.frameArea, Math.sign(gap));
      continue;
    }
    const residual = gap * facing;
    depthLoss += geman(residual, depthScale);
    const point = ray.map(value => value * measured);
    const tile = tiles.depth[tileAt((i % width) + 0.5, Math.floor(i / width) + 0.5)];
    addRow(point, normal, (depthWeight / crop.depthCount) * gemanWeight(residual, depthScale), residual, tile);
  }
  let mask = energy / Math.max(1, crop.maskArea);

  const points = Math.max(1, crop.contour.length / 4);
  const rims: number[][] = [];
  let rimLoss = 0;
  const samples = published ? [] : rimSamples(mesh, screen, areas, ids, width, height);
  const outermost = new Map<number, number>();
  for (const { pixel, outward } of samples) {
    outermost.set(pixel, Math.max(outward, outermost.get(pixel) ?? -Infinity));
  }
  for (const { x, y, z, normal, length, pixel, outward } of samples) {
    // A fold just inside the rim would seem to be a rim too small.
    if (outward < (outermost.get(pixel) ?? 0) - 0.15) continue;
    const known = bilinear(i => crop.care[i], width, height, x, y).value;
    if (known <= 0) continue;
    const { value: phi, slope } = bilinear(i => crop.distance[i], width, height, x, y);
    const measured = crop.depth?.[pixel] ?? 0;
    if (phi > 0 && measured > 0 && z - measured > scoreDepth) continue;
    const point = [((x - cx) / fx) * z, ((y - cy) / fy) * z, z];
    const weight = known * length;
    if (second) {
      const share = weight / points;
      rimLoss += share * geman(phi, silhouetteScale);
      const curvature = maskWeight * share * gemanWeight(phi, silhouetteScale);
      addRow(point, screenSlope(point, slope[0], slope[1]), curvature, phi, tiles.mask[tileAt(x, y)]);
    } else {
      const force = Math.min(Math.max(phi / silhouetteScale, -1), 1);
      const share = (maskWeight * weight) / Math.max(1, crop.maskArea);
      addRow(point, screenSlope(point, normal[0], normal[1]), share, force);
    }
    rims.push([x, y, z]);
  }
  if (second) {
    const weight = settings.contourWeight / points;
    for (let c = 0; c < crop.contour.length; c += 4) {
      const [x, y, nx, ny] = crop.contour.subarray(c, c + 4);
      let nearest: number[] | undefined;
      let least = settings.contourReach ** 2;
      for (const rim of rims) {
        const squared = (rim[0] - x) ** 2 + (rim[1] - y) ** 2;
        if (squared <= least) [nearest, least] = [rim, squared];
      }
      if (nearest === undefined) {
        rimLoss += weight;
        continue;
      }
      const [rx, ry, z] = nearest;
      const residual = nx * (rx - x) + ny * (ry - y);
      rimLoss += weight * geman(residual, silhouetteScale);
      const point = [((rx - cx) / fx) * z, ((ry - cy) / fy) * z, z];
      const curvature = maskWeight * weight * gemanWeight(residual, silhouetteScale);
      addRow(point, screenSlope(point, nx, ny), curvature, residual, tiles.mask[tileAt(x, y)]);
    }
    mask = rimLoss;
  }
  if (published) {
    const { loss, forces } = antialiasedMask(mesh, crop, drawn);
    mask = loss / crop.frameArea;
    for (const { vertex, force } of forces) {
      const [x, y, z] = screen.subarray(3 * vertex, 3 * vertex + 3);
      const point = [((x - cx) / fx) * z, ((y - cy) / fy) * z, z];
      addRow(point, screenSlope(point, force[0], force[1]), maskWeight / crop.frameArea, 1);
    }
  }
  let colour = 0;
  if (colours !== undefined && colourWeight > 0) {
    const pixels: { point: number[]; ray: number[]; normal: number[]; model: ModelColour; seen: number[] }[] = [];
    for (let i = 0; i < width * height; i++) {
      if (ids[i] < 0 || crop.distance[i] >= 0 || crop.care[i] < 0.5) continue;
      const measured = crop.depth?.[i] ?? 0;
      if (measured > 0 && depth[i] - measured > scoreDepth) continue;
      const ray = [((i % width) + 0.5 - cx) / fx, (Math.floor(i / width) + 0.5 - cy) / fy, 1];
      const normal = turned(pose, mesh.normals.subarray(3 * ids[i], 3 * ids[i] + 3));
      if (Math.abs(dot(normal, ray)) < 0.1) continue;
      const point = ray.map(value => value * depth[i]);
      const arm = point.map((value, axis) => value - t[axis]);
      const own = [0, 1, 2].map(k => pose[k] * arm[0] + pose[4 + k] * arm[1] + pose[8 + k] * arm[2]);
      const seen = [0, 1, 2].map(k => crop.colours?.[3 * i + k] ?? 0);
      pixels.push({ point, ray, normal, model: modelColour(colours, ids[i], own), seen });
    }
    for (let k = 0; k < 3; k++) {
      const mean = (of: (pixel: (typeof pixels)[number]) => number) =>
        pixels.reduce((sum, pixel) => sum + of(pixel), 0) / pixels.length;
      const [model, seen] = [mean(pixel => pixel.model.value[k]), mean(pixel => pixel.seen[k])];
      const modelVariance = mean(pixel => (pixel.model.value[k] - model) ** 2);
      const covariance = mean(pixel => (pixel.model.value[k] - model) * (pixel.seen[k] - seen));
      const variance = mean(pixel => (pixel.seen[k] - seen) ** 2);
      const gain = modelVariance > 1e-4 && covariance > 0 ? covariance / modelVariance : 0;
      const scale = 3 * (variance + 0.0025);
      colour += mean(pixel => (gain * (pixel.model.value[k] - model) + seen - pixel.seen[k]) ** 2) / scale;
      for (const { point, ray, normal, model: own, seen: target } of gain > 0 ? pixels : []) {
        const slope = turned(pose, own.slopes[k]).map(value => gain * value);
        const along = dot(slope, ray) / dot(normal, ray);
        const weight = (2 * colourWeight) / (scale * pixels.length);
        addRow(
          point,
          slope.map((value, axis) => along * normal[axis] - value),
          weight,
          gain * (own.value[k] - model) + seen - target[k],
        );
      }
    }
  }
  const meanDepth = crop.depthCount > 0 ? depthLoss / (published ? crop.frameArea : crop.depthCount) : 0;
  const maskShare = different / Math.max(1, crop.maskArea);
  const depthShare = seen > 0 ? depthScore / seen : crop.depthCount > 0 ? 1 : 0;
  return {
    loss: maskWeight * mask + depthWeight * meanDepth + colourWeight * colour,
    mask,
    depth: meanDepth,
    colour,
    score: maskShare + depthShare,
    maskShare,
    coveredPixels: covered,
    differentPixels: different,
    depthPixels: seen,
    rimSamples: rims.length,
    gradient,
    hessian,
    tiles,
  };
}

function emptyTiles(): TileTerms[] {
  return Array.from({ length: tileSide ** 2 }, () => ({
    gradient: new Float64Array(6),
    hessian: new Float64Array(36),
  }));
}

interface ModelColour {
  /** [3] */
  readonly value: readonly number[];
  /** [3][3], of each channel by the object's point. */
  readonly slopes: readonly (readonly number[])[];
}

/** Colour of triangle `id` at `point`, object axes about the centre. */
function modelColour({ maps, texture }: MeshColours, id: number, point: readonly number[]): ModelColour {
  const functions = [0, 1, 2].map(k => {
    const map = maps.subarray(12 * id + 4 * k, 12 * id + 4 * k + 4);
    return { value: dot(map, point) + map[3], slope: [map[0], map[1], map[2]] };
  });
  if (texture === undefined) {
    return { value: functions.map(({ value }) => value), slopes: functions.map(({ slope }) => slope) };
  }
  const [u, v] = functions;
  const channels = [0, 1, 2].map(k => texelMix(texture, k, u.value, v.value));
  return {
    value: channels.map(({ value }) => value),
    slopes: channels.map(({ byU, byV }) => u.slope.map((value, axis) => byU * value + byV * v.slope[axis])),
  };
}

/** One channel of a texture at (u, v) from 0 to 1, bilinear between texel centres. */
function texelMix({ width, height, values }: Texture, channel: number, u: number, v: number) {
  const { value, slope } = bilinear(i => values[3 * i + channel], width, height, u * width, v * height);
  return { value, byU: slope[0] * width, byV: slope[1] * height };
}

/** An object's direction in camera axes. */
function turned(pose: ArrayLike<number>, n: ArrayLike<number>): number[] {
  return [0, 4, 8].map(k => pose[k] * n[0] + pose[k + 1] * n[1] + pose[k + 2] * n[2]);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

interface RimSample {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** [2], outward in the picture. */
  readonly normal: readonly [number, number];
  /** Pixels of the edge that this sample stands for. */
  readonly length: number;
  /** The empty pixel beyond it, and how far towards that pixel's centre the sample lies. */
  readonly pixel: number;
  readonly outward: number;
}

/** Points of edges whose triangles lie on one side of them in the picture, with nothing of the object beyond. */
function rimSamples(
  mesh: RenderMesh,
  screen: Float64Array,
  areas: Float64Array,
  ids: Int32Array,
  width: number,
  height: number,
): RimSample[] {
  const samples: RimSample[] = [];
  for (let e = 0; e < mesh.edges.length; e += 4) {
    const [a, b, ...around] = mesh.edges.subarray(e, e + 4);
    const sides = around.filter(f => f !== 0).map(f => Math.sign(f) * areas[Math.abs(f) - 1]);
    if (sides[0] === 0 || (sides.length === 2 && sides[0] * sides[1] <= 0)) continue;
    const from = screen.subarray(3 * a, 3 * a + 3);
    const to = screen.subarray(3 * b, 3 * b + 3);
    if (from[2] <= 0 || to[2] <= 0) continue;
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy);
    if (!(length > 1e-9)) continue;
    const [nx, ny] = [(Math.sign(sides[0]) * dy) / length, (-Math.sign(sides[0]) * dx) / length];
    const pieces = Math.ceil(length);
    for (let k = 0; k < pieces; k++) {
      const share = (k + 0.5) / pieces;
      const [x, y] = [from[0] + share * dx, from[1] + share * dy];
      const [i, j] = [Math.floor(x + 0.75 * nx), Math.floor(y + 0.75 * ny)];
      if (i < 0 || j < 0 || i >= width || j >= height || ids[j * width + i] !== -1) continue;
      const z = 1 / (1 / from[2] + share * (1 / to[2] - 1 / from[2]));
      const outward = (x - i - 0.5) * nx + (y - j - 0.5) * ny;
      samples.push({ x, y, z, normal: [nx, ny], length: length / pieces, pixel: j * width + i, outward });
    }
  }
  return samples;
}

function cross([a, b, c]: number[], [x, y, z]: number[]): number[] {
  return [b * z - c * y, c * x - a * z, a * y - b * x];
}

/** Value and slope of a map [height, width] with pixel centres at one half; outside, the nearest value. */
function bilinear(map: (index: number) => number, width: number, height: number, x: number, y: number) {
  const u = Math.min(Math.max(x - 0.5, 0), width - 1 - 1e-9);
  const v = Math.min(Math.max(y - 0.5, 0), height - 1 - 1e-9);
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const [a, b] = [u - i, v - j];
  const at = j * width + i;
  const [m00, m10, m01, m11] = [map(at), map(at + 1), map(at + width), map(at + width + 1)];
  return {
    value: (1 - b) * (m00 + a * (m10 - m00)) + b * (m01 + a * (m11 - m01)),
    slope: [(1 - b) * (m10 - m00) + b * (m11 - m01), (1 - a) * (m01 - m00) + a * (m11 - m10)],
  };
}
