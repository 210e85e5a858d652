// Distance from points to the surface of a mesh, for points that are near it: triangles lie in a grid of cells that they
// come near to, so that a question looks at a few of them. Pure, deterministic, any process.
import type { Mesh } from './mesh.ts';
import { degenerateTriangles } from './mesh-report.ts';

export interface SurfaceDistance {
  /** Distance from (x, y, z) to the nearest triangle in the mesh's unit; Infinity where it is more than the limit. */
  distance(x: number, y: number, z: number): number;
}

const cellsAlong = 40;

/** Of a mesh with at least one triangle, up to the distance `limit` > 0. Triangles without area are left out. */
export function createSurfaceDistance(mesh: Mesh, limit: number): SurfaceDistance {
  const { positions: p, triangles } = mesh;
  const isDegenerate = degenerateTriangles(mesh);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const vertex of triangles) {
    for (let k = 0; k < 3; k++) {
      low[k] = Math.min(low[k], p[3 * vertex + k] - limit);
      high[k] = Math.max(high[k], p[3 * vertex + k] + limit);
    }
  }
  const cell = Math.max(...high.map((value, k) => value - low[k])) / cellsAlong;
  const count = high.map((value, k) => Math.max(1, Math.ceil((value - low[k]) / cell)));
  const cells = new Map<number, number[]>();
  for (let t = 0; t < triangles.length; t += 3) {
    if (isDegenerate[t / 3] === 1) continue;
    const corners = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const [from, to] = [-1, 1].map(side =>
      low.map((least, k) => {
        const ends = corners.map(at => p[at + k]);
        const end = side < 0 ? Math.min(...ends) - limit : Math.max(...ends) + limit;
        return Math.min(count[k] - 1, Math.floor((end - least) / cell));
      }),
    );
    for (let z = from[2]; z <= to[2]; z++) {
      for (let y = from[1]; y <= to[1]; y++) {
        for (let x = from[0]; x <= to[0]; x++) {
          const key = (z * count[1] + y) * count[0] + x;
          const known = cells.get(key);
          if (known === undefined) cells.set(key, [t]);
          else known.push(t);
        }
      }
    }
  }
  return {
    distance(x, y, z) {
      const [i, j, k] = [x, y, z].map((value, axis) => Math.floor((value - low[axis]) / cell));
      if (i < 0 || j < 0 || k < 0 || i >= count[0] || j >= count[1] || k >= count[2]) return Infinity;
      let least = limit * limit;
      for (const t of cells.get((k * count[1] + j) * count[0] + i) ?? []) {
        const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
        least = Math.min(least, squaredDistanceToTriangle(p, a, b, c, x, y, z));
      }
      return least < limit * limit ? Math.sqrt(least) : Infinity;
    },
  };
}

/** By the Voronoi regions of the triangle's corners and sides (Ericson 2005, section 5.1.5). */
function squaredDistanceToTriangle(
  p: Float32Array,
  a: number,
  b: number,
  c: number,
  x: number,
  y: number,
  z: number,
): number {
  const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
  const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
  const [wx, wy, wz] = [x - p[a], y - p[a + 1], z - p[a + 2]];
  const d1 = ux * wx + uy * wy + uz * wz;
  const d2 = vx * wx + vy * wy + vz * wz;
  const [uu, uv, vv] = [ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz];
  const [d3, d4, d5, d6] = [d1 - uu, d2 - uv, d1 - uv, d2 - vv];
  const at = (q: number, r: number): number => {
    const [dx, dy, dz] = [wx - q * ux - r * vx, wy - q * uy - r * vy, wz - q * uz - r * vz];
    return dx * dx + dy * dy + dz * dz;
  };
  if (d1 <= 0 && d2 <= 0) return at(0, 0);
  if (d3 >= 0 && d4 <= d3) return at(1, 0);
  if (d6 >= 0 && d5 <= d6) return at(0, 1);
  const vc = d1 * d4 - d3 * d2;
  if (vc <= 0 && d1 >= 0 && d3 <= 0) return at(d1 / (d1 - d3), 0);
  const vb = d5 * d2 - d1 * d6;
  if (vb <= 0 && d2 >= 0 && d6 <= 0) return at(0, d2 / (d2 - d6));
  const va = d3 * d6 - d5 * d4;
  if (va <= 0 && d4 >= d3 && d5 >= d6) {
    const share = (d4 - d3) / (d4 - d3 + (d5 - d6));
    return at(1 - share, share);
  }
  const whole = va + vb + vc;
  return at(vb / whole, vc / whole);
}
