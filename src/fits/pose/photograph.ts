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
  const triangleOf = new Int32Array(rays);
  const facing = new Float32Array(rays);
  const colours = new Float32Array(3 * rays);
  const points = bodies.map(({ mesh, camFromObject }) => transformPoints(camFromObject, mesh.positions));

  bodies.forEach(({ mesh: { triangles } }, index) => {
    const xyz = points[index];
    for (let t = 0; t < triangles.length; t += 3) {
      const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
      const normal = normalOf(xyz, a, b, c);
      const plane = normal[0] * xyz[a] + normal[1] * xyz[a + 1] + normal[2] * xyz[a + 2];
      if (Number.isNaN(plane)) continue;
      const isAhead = xyz[a + 2] >= nearMillimetres && xyz[b + 2] >= nearMillimetres && xyz[c + 2] >= nearMillimetres;
      const pieces = isAhead ? [[a, b, c].map(at => xyz.subarray(at, at + 3))] : clipNear(xyz, a, b, c);
      for (const piece of pieces) drawTriangle(piece, normal, plane, index, t);
    }
  });
  const toLight = light === undefined ? undefined : normalised(light);
  const colour = new Float64Array(3);
  for (let ray = 0; ray < rays; ray++) {
    if (owner[ray] < 0) for (let k = 0; k < 3; k++) colour[k] = background[k];
    else shade(ray);
    for (let k = 0; k < 3; k++) colours[3 * ray + k] = Math.min(1, colour[k]);
  }
  return reduce();

  /** Writes the colour of what a ray has met. */
  function shade(ray: number): void {
    const body = bodies[owner[ray]];
    const xyz = points[owner[ray]];
    const { triangles } = body.mesh;
    const t = triangleOf[ray];
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const normal = normalOf(xyz, a, b, c);
    // Barycentrics in the projection along the longest axis of the normal.
    const [nx, ny, nz] = [Math.abs(normal[0]), Math.abs(normal[1]), Math.abs(normal[2])];
    const axis = nx >= ny && nx >= nz ? 0 : ny >= nz ? 1 : 2;
    const i = (axis + 1) % 3;
    const j = (axis + 2) % 3;
    const z = 1 / inverseDepth[ray];
    const x = (((ray % width) + 0.5) / samples - camera.cx) * (z / camera.fx);
    const y = ((Math.floor(ray / width) + 0.5) / samples - camera.cy) * (z / camera.fy);
    const pi = (i === 0 ? x : i === 1 ? y : z) - xyz[a + i];
    const pj = (j === 0 ? x : j === 1 ? y : z) - xyz[a + j];
    const [bi, bj, ci, cj] = [
      xyz[b + i] - xyz[a + i],
      xyz[b + j] - xyz[a + j],
      xyz[c + i] - xyz[a + i],
      xyz[c + j] - xyz[a + j],
    ];
    const whole = bi * cj - ci * bj;
    const [q, r] = [(pi * cj - ci * pj) / whole, (bi * pj - pi * bj) / whole];
    paint(body, triangles[t], triangles[t + 1], triangles[t + 2], q, r);
    if (toLight === undefined) return;
    const side = normal[0] * xyz[a] + normal[1] * xyz[a + 1] + normal[2] * xyz[a + 2] > 0 ? -1 : 1;
    const lit = side * (normal[0] * toLight[0] + normal[1] * toLight[1] + normal[2] * toLight[2]);
    const factor = ambient + (1 - ambient) * Math.max(0, lit);
    for (let k = 0; k < 3; k++) colour[k] *= factor;
  }

  /** The colour of the surface at weights 1 − q − r, q, r of three vertices. */
  function paint({ mesh, texture }: Body, a: number, b: number, c: number, q: number, r: number): void {
    const p = 1 - q - r;
    const { textureCoordinates: uv, colours: own } = mesh;
    if (texture !== undefined && uv !== undefined) {
      const u = p * uv[2 * a] + q * uv[2 * b] + r * uv[2 * c];
      const v = p * uv[2 * a + 1] + q * uv[2 * b + 1] + r * uv[2 * c + 1];
      sampleTexture(texture, u, v, colour);
    } else if (own !== undefined) {
      for (let k = 0; k < 3; k++) colour[k] = p * own[3 * a + k] + q * own[3 * b + k] + r * own[3 * c + k];
    } else colour.fill(0.6);
  }

  /** Keeps a triangle in front of the camera for the rays that meet it first; n · p = `plane` is its plane. */
  function drawTriangle(
    piece: readonly ArrayLike<number>[],
    normal: readonly number[],
    plane: number,
    index: number,
    triangle: number,
  ): void {
    // In units of rays, the first at 0.
    const [x0, x1, x2] = piece.map(point => ((camera.fx * point[0]) / point[2] + camera.cx) * samples - 0.5);
    const [y0, y1, y2] = piece.map(point => ((camera.fy * point[1]) / point[2] + camera.cy) * samples - 0.5);
    const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (area === 0) return;
    const sign = area > 0 ? 1 : -1;
    const left = Math.max(0, Math.ceil(Math.min(x0, x1, x2)));
    const right = Math.min(width - 1, Math.floor(Math.max(x0, x1, x2)));
    const top = Math.max(0, Math.ceil(Math.min(y0, y1, y2)));
    const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1, y2)));
    const [dx0, dy0] = [sign * (y0 - y1), sign * (x1 - x0)];
    const [dx1, dy1] = [sign * (y1 - y2), sign * (x2 - x1)];
    const [dx2, dy2] = [sign * (y2 - y0), sign * (x0 - x2)];
    const [nx, ny, nz] = normal;
    for (let y = top; y <= bottom; y++) {
      const Y = ((y + 0.5) / samples - camera.cy) / camera.fy;
      for (let x = left; x <= right; x++) {
        if (dx0 * (x - x0) + dy0 * (y - y0) < 0) continue;
        if (dx1 * (x - x1) + dy1 * (y - y1) < 0) continue;
        if (dx2 * (x - x2) + dy2 * (y - y2) < 0) continue;
        // The ray (X, Y, 1) meets the plane at depth d / (n · ray).
        const X = ((x + 0.5) / samples - camera.cx) / camera.fx;
        const along = nx * X + ny * Y + nz;
        const inverse = along / plane;
        const ray = y * width + x;
        if (!(inverse > inverseDepth[ray])) continue;
        inverseDepth[ray] = inverse;
        owner[ray] = index;
        triangleOf[ray] = triangle;
        facing[ray] = Math.abs(along) / Math.sqrt(X * X + Y * Y + 1);
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
function clipNear(xyz: Float64Array, ...corners: readonly [number, number, number]): ArrayLike<number>[][] {
  const triangle = corners.map(at => xyz.subarray(at, at + 3));
  const kept: ArrayLike<number>[] = [];
  triangle.forEach((from, k) => {
    const to = triangle[(k + 1) % 3];
    if (from[2] >= nearMillimetres) kept.push(from);
    if (from[2] >= nearMillimetres === to[2] >= nearMillimetres) return;
    const share = (nearMillimetres - from[2]) / (to[2] - from[2]);
    kept.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]), nearMillimetres]);
  });
  if (kept.length < 3) return [];
  const [a, b, c, d] = kept;
  return kept.length === 3
    ? [[a, b, c]]
    : [
        [a, b, c],
        [a, c, d],
      ];
}

/** Bilinear between texel centres, written to `out` [3]; beyond the texture it goes on from the other side. */
export function sampleTexture({ width, height, values }: TexturePixels, u: number, v: number, out: Float64Array): void {
  const [x, y] = [u * width - 0.5, v * height - 0.5];
  const [s, t] = [x - Math.floor(x), y - Math.floor(y)];
  const left = modulo(Math.floor(x), width);
  const top = modulo(Math.floor(y), height) * width;
  const right = (left + 1) % width;
  const bottom = (top + width) % (width * height);
  for (let k = 0; k < 3; k++) {
    const above = (1 - s) * values[3 * (top + left) + k] + s * values[3 * (top + right) + k];
    const below = (1 - s) * values[3 * (bottom + left) + k] + s * values[3 * (bottom + right) + k];
    out[k] = (1 - t) * above + t * below;
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** Unit normal of three points that begin at a, b, c; NaN without an area. */
function normalOf(p: Float64Array, a: number, b: number, c: number): readonly [number, number, number] {
  const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
  const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}

function normalised(v: readonly number[]): number[] {
  const length = Math.hypot(...v);
  return v.map(value => value / length);
}
