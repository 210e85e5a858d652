// A plain z-buffer renderer: triangle by triangle, pixel by pixel, in float64. It photographs the samples, draws overlays,
// and is what the fast kernel is compared with; it is not made for speed. Pure, any process.
import type { TexturePixels } from '../../formats/pose-scene.ts';
import type { Camera } from '../../geometry/camera.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { type CamFromObject, transformPoints } from '../../geometry/rigid.ts';

/** Something to be photographed: texture before vertex colours before mid grey. */
export interface Body {
  /** Millimetres. */
  readonly mesh: Mesh;
  readonly texture?: TexturePixels | undefined;
  readonly camFromObject: CamFromObject;
}

export interface PhotographSettings {
  /** Rays per pixel and axis, odd, so that one goes through the pixel's centre. */
  readonly samples: 1 | 3 | 5;
  /** Towards the light, camera axes [3]; undefined: colours as they are, without shading. */
  readonly light?: readonly number[] | undefined;
  /** Red, green, blue of what no body covers. */
  readonly background?: readonly number[] | undefined;
}

export interface Photograph {
  /** [height, width, 3], 0 to 1, mean over the rays of a pixel */
  readonly colours: Float32Array;
  /** [height, width], z-depth in millimetres at the pixel's centre; 0 where there is nothing */
  readonly depthMillimetres: Float32Array;
  /** [height, width], position in `bodies` of what the pixel's centre shows; −1 for nothing */
  readonly owner: Int32Array;
  /** [height, width], cosine between the surface at the pixel's centre and the ray to it, 0 to 1 */
  readonly facing: Float32Array;
}

const nearMillimetres = 1;
const ambient = 0.35;

/** What `camera` sees of the bodies. Triangles are drawn from both sides, and cut at 1 mm before the camera. */
export function photograph(camera: Camera, bodies: readonly Body[], settings: PhotographSettings): Photograph {
  const { samples, light, background = [0, 0, 0] } = settings;
  const [width, height] = [camera.width * samples, camera.height * samples];
  const rays = width * height;
  const inverseDepth = new Float64Array(rays);
  const owner = new Int32Array(rays).fill(-1);
  const facing = new Float32Array(rays);
  const colours = new Float32Array(3 * rays);
  for (let i = 0; i < colours.length; i++) colours[i] = background[i % 3];
  const toLight = light === undefined ? undefined : normalised(light);

  bodies.forEach((body, index) => {
    const points = transformPoints(body.camFromObject, body.mesh.positions);
    const { triangles } = body.mesh;
    for (let t = 0; t < triangles.length; t += 3) {
      const corners = [0, 1, 2].map(k => {
        const vertex = triangles[t + k];
        return { vertex, xyz: points.subarray(3 * vertex, 3 * vertex + 3) };
      });
      const [a, b, c] = corners.map(({ xyz }) => xyz);
      const normal = normalised([
        (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1]),
        (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2]),
        (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]),
      ]);
      if (Number.isNaN(normal[0])) continue;
      // Seen from behind, the other side is shown.
      const side = normal[0] * a[0] + normal[1] * a[1] + normal[2] * a[2] > 0 ? -1 : 1;
      const lit = toLight === undefined ? 1 : side * dot(normal, toLight);
      const shade = toLight === undefined ? 1 : ambient + (1 - ambient) * Math.max(0, lit);
      const [u, v, w] = corners.map(({ vertex }) => vertex);
      const plane = dot(normal, a);
      for (const triangle of clipNear([a, b, c])) {
        drawTriangle(triangle, (x, y, ray) => {
          // The ray (X, Y, 1) meets the plane n · p = d at depth d / (n · ray).
          const [X, Y] = [(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy];
          const along = normal[0] * X + normal[1] * Y + normal[2];
          const inverse = along / plane;
          if (!(inverse > inverseDepth[ray])) return;
          inverseDepth[ray] = inverse;
          owner[ray] = index;
          facing[ray] = Math.abs(along) / Math.hypot(X, Y, 1);
          const z = 1 / inverse;
          const [p, q] = barycentrics(a, b, c, normal, X * z, Y * z, z);
          const colour = colourAt(body, [u, v, w], [1 - p - q, p, q]);
          for (let k = 0; k < 3; k++) colours[3 * ray + k] = Math.min(1, colour[k] * shade);
        });
      }
    }
  });
  return reduce();

  /** Calls `hit` for each ray within a triangle in front of the camera, with its place in pixels of the picture. */
  function drawTriangle(xyz: readonly ArrayLike<number>[], hit: (x: number, y: number, ray: number) => void): void {
    const px = xyz.map(point => (camera.fx * point[0]) / point[2] + camera.cx);
    const py = xyz.map(point => (camera.fy * point[1]) / point[2] + camera.cy);
    const area = (px[1] - px[0]) * (py[2] - py[0]) - (px[2] - px[0]) * (py[1] - py[0]);
    if (area === 0) return;
    const first = (low: number) => Math.max(0, Math.ceil(low * samples - 0.5));
    const last = (high: number, most: number) => Math.min(most - 1, Math.floor(high * samples - 0.5));
    const [left, right] = [first(Math.min(...px)), last(Math.max(...px), width)];
    const [top, bottom] = [first(Math.min(...py)), last(Math.max(...py), height)];
    for (let row = top; row <= bottom; row++) {
      const y = (row + 0.5) / samples;
      for (let column = left; column <= right; column++) {
        const x = (column + 0.5) / samples;
        let isInside = true;
        for (let k = 0; k < 3; k++) {
          const next = (k + 1) % 3;
          const edge = (px[next] - px[k]) * (y - py[k]) - (x - px[k]) * (py[next] - py[k]);
          if (edge * area < 0) isInside = false;
        }
        if (isInside) hit(x, y, row * width + column);
      }
    }
  }

  function reduce(): Photograph {
    const pixels = camera.width * camera.height;
    const out = {
      colours: new Float32Array(3 * pixels),
      depthMillimetres: new Float32Array(pixels),
      owner: new Int32Array(pixels),
      facing: new Float32Array(pixels),
    };
    const middle = (samples - 1) / 2;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const [x, y] = [pixel % camera.width, Math.floor(pixel / camera.width)];
      const corner = y * samples * width + x * samples;
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let i = 0; i < samples; i++) {
          for (let j = 0; j < samples; j++) sum += colours[3 * (corner + i * width + j) + k];
        }
        out.colours[3 * pixel + k] = sum / (samples * samples);
      }
      const centre = corner + middle * width + middle;
      out.owner[pixel] = owner[centre];
      out.facing[pixel] = facing[centre];
      out.depthMillimetres[pixel] = inverseDepth[centre] > 0 ? 1 / inverseDepth[centre] : 0;
    }
    return out;
  }
}

/** The part in front of the near plane as one or two triangles; none where all is behind. */
function clipNear(triangle: readonly ArrayLike<number>[]): ArrayLike<number>[][] {
  const kept: ArrayLike<number>[] = [];
  triangle.forEach((from, k) => {
    const to = triangle[(k + 1) % 3];
    if (from[2] >= nearMillimetres) kept.push(from);
    if (from[2] >= nearMillimetres === to[2] >= nearMillimetres) return;
    const share = (nearMillimetres - from[2]) / (to[2] - from[2]);
    kept.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]), nearMillimetres]);
  });
  if (kept.length < 3) return [];
  return kept.length === 3
    ? [kept]
    : [
        [kept[0], kept[1], kept[2]],
        [kept[0], kept[2], kept[3]],
      ];
}

/** Weights of b and c for the point (x, y, z) in the plane of a triangle with the given unit normal. */
function barycentrics(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  c: ArrayLike<number>,
  normal: readonly number[],
  x: number,
  y: number,
  z: number,
): [number, number] {
  const axis = [0, 1, 2].reduce((best, k) => (Math.abs(normal[k]) > Math.abs(normal[best]) ? k : best), 0);
  const [i, j] = [(axis + 1) % 3, (axis + 2) % 3];
  const point = [x, y, z];
  const whole = (b[i] - a[i]) * (c[j] - a[j]) - (c[i] - a[i]) * (b[j] - a[j]);
  const toB = (point[i] - a[i]) * (c[j] - a[j]) - (c[i] - a[i]) * (point[j] - a[j]);
  const toC = (b[i] - a[i]) * (point[j] - a[j]) - (point[i] - a[i]) * (b[j] - a[j]);
  return [toB / whole, toC / whole];
}

function colourAt({ mesh, texture }: Body, vertices: readonly number[], weights: readonly number[]): readonly number[] {
  const mix = (values: Float32Array, size: number, k: number) =>
    vertices.reduce((sum, vertex, i) => sum + weights[i] * values[size * vertex + k], 0);
  if (texture !== undefined && mesh.textureCoordinates !== undefined) {
    return sampleTexture(texture, mix(mesh.textureCoordinates, 2, 0), mix(mesh.textureCoordinates, 2, 1));
  }
  if (mesh.colours === undefined) return [0.6, 0.6, 0.6];
  const { colours } = mesh;
  return [0, 1, 2].map(k => mix(colours, 3, k));
}

/** Bilinear between texel centres; beyond the texture it goes on from the other side. */
export function sampleTexture(
  { width, height, values }: TexturePixels,
  u: number,
  v: number,
): [number, number, number] {
  const [x, y] = [u * width - 0.5, v * height - 0.5];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [s, t] = [x - left, y - top];
  const out: [number, number, number] = [0, 0, 0];
  for (const [dx, dy, weight] of [
    [0, 0, (1 - s) * (1 - t)],
    [1, 0, s * (1 - t)],
    [0, 1, (1 - s) * t],
    [1, 1, s * t],
  ]) {
    const column = (((left + dx) % width) + width) % width;
    const row = (((top + dy) % height) + height) % height;
    for (let k = 0; k < 3; k++) out[k] += weight * values[3 * (row * width + column) + k];
  }
  return out;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function normalised(v: readonly number[]): number[] {
  const length = Math.hypot(...v);
  return v.map(value => value / length);
}
