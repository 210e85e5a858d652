// The colours of a mesh as the pose terms read them: on each triangle, texture coordinates or colours are an affine
// function of the point of the object, so that a pixel needs its point only. Pure, any process.

import type { Mesh } from '../../geometry/mesh.ts';
import type { RenderMesh } from './render-mesh.ts';

/** A picture on a mesh. */
export interface Texture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], 0 to 1 */
  readonly values: Float32Array;
}

export interface MeshColours {
  /**
   * [triangle, 3, 4]: three functions g · p + offset of a point p relative to the mesh's centre. With a texture: the place in
   * it, 0 to 1, to the right and down, and nothing; without: red, green, blue.
   */
  readonly maps: Float32Array;
  readonly texture: Texture | undefined;
}

/** Undefined where the mesh has neither a texture nor colours of its vertices. `render` is made of `mesh`. */
export function meshColours(mesh: Mesh, render: RenderMesh, texture: Texture | undefined): MeshColours | undefined {
  const uv = texture === undefined ? undefined : mesh.textureCoordinates;
  const attributes = uv ?? mesh.colours;
  if (attributes === undefined) return undefined;
  const width = uv === undefined ? 3 : 2;
  const { positions: p, triangles, sources } = render;
  const maps = new Float32Array(12 * sources.length);
  for (let t = 0; t < sources.length; t++) {
    const [a, b, c] = [0, 1, 2].map(k => 3 * triangles[3 * t + k]);
    const first = [0, 1, 2].map(k => p[b + k] - p[a + k]);
    const second = [0, 1, 2].map(k => p[c + k] - p[a + k]);
    const [ff, fs, ss] = [dot(first, first), dot(first, second), dot(second, second)];
    const determinant = ff * ss - fs * fs;
    const corners = [0, 1, 2].map(k => width * mesh.triangles[3 * sources[t] + k]);
    for (let channel = 0; channel < width && determinant > 0; channel++) {
      const [start, alongFirst, alongSecond] = corners.map(at => attributes[at + channel]);
      const [df, ds] = [alongFirst - start, alongSecond - start];
      const [x, y] = [(df * ss - ds * fs) / determinant, (ds * ff - df * fs) / determinant];
      const slope = first.map((value, k) => x * value + y * second[k]);
      maps.set([...slope, start - dot(slope, [p[a], p[a + 1], p[a + 2]])], 12 * t + 4 * channel);
    }
  }
  return { maps, texture: uv === undefined ? undefined : texture };
}

/** Texels per unit of length on the surface, of the triangles' mean area. */
export function texelDensity({ maps, texture }: MeshColours): number {
  if (texture === undefined) return 0;
  let sum = 0;
  for (let m = 0; m < maps.length; m += 12) {
    const [u, v] = [maps.subarray(m, m + 3), maps.subarray(m + 4, m + 7)];
    // The area in texels of a unit square is the determinant of the map in its plane.
    const area = Math.sqrt(Math.max(0, dot(u, u) * dot(v, v) - dot(u, v) ** 2));
    sum += Math.sqrt(area * texture.width * texture.height);
  }
  return sum / (maps.length / 12);
}

/** The texture made smaller by a whole factor, each texel the mean of those it covers. */
export function smallerTexture({ width, height, values }: Texture, factor: number): Texture {
  const [w, h] = [Math.max(1, Math.floor(width / factor)), Math.max(1, Math.floor(height / factor))];
  const out = new Float32Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    const [top, bottom] = [Math.floor((y * height) / h), Math.max(1, Math.floor(((y + 1) * height) / h))];
    for (let x = 0; x < w; x++) {
      const [left, right] = [Math.floor((x * width) / w), Math.max(1, Math.floor(((x + 1) * width) / w))];
      const sums = [0, 0, 0];
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) {
          for (let k = 0; k < 3; k++) sums[k] += values[3 * (v * width + u) + k];
        }
      }
      const count = (bottom - top) * (right - left);
      out.set(
        sums.map(sum => sum / count),
        3 * (y * w + x),
      );
    }
  }
  return { width: w, height: h, values: out };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
