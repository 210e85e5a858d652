// A triangle mesh prepared for drawing and for silhouettes: welded vertices about the object's centre, face normals, and
// edges with their two triangles. Pure, any process.

import type { Mesh } from '../../geometry/mesh.ts';
import { LabError } from '../../protocol/lab-error.ts';

export interface RenderMesh {
  /** [vertex, 3], relative to `centre`, in the unit of the mesh. Vertices at one place are one vertex. */
  readonly positions: Float32Array;
  /** [triangle, 3]; degenerate triangles are left out. */
  readonly triangles: Int32Array;
  /** [triangle, 3], outward unit normals. */
  readonly normals: Float32Array;
  /**
   * [edge, 4], sorted by their ends: a < b, then two triangles as ±(index + 1), positive where the triangle runs from a
   * to b; 0 for none. An edge of three or more triangles appears once for each.
   */
  readonly edges: Int32Array;
  /** Every edge has two triangles that run through it in opposite directions. */
  readonly closed: boolean;
  /** [3], of the bounding box. */
  readonly centre: Float64Array;
  /** Largest distance between two vertices, at most a thousandth too small. */
  readonly diameter: number;
  /** Root mean square distance of the vertices from the centre. */
  readonly radius: number;
  /** For each triangle, its index in the mesh as given. */
  readonly sources: Int32Array;
}

/**
 * `like` is the full mesh of a reduced one: it lends its centre and sizes, so that poses mean the same for both. Throws a
 * LabError of code 'input' for a mesh without area or with coordinates that are not finite.
 */
export function prepareMesh(
  mesh: Pick<Mesh, 'positions' | 'triangles'>,
  name = 'mesh',
  like?: Pick<RenderMesh, 'centre' | 'diameter' | 'radius'>,
): RenderMesh {
  const { positions: given, triangles: corners } = mesh;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < given.length; i++) {
    if (!Number.isFinite(given[i])) {
      throw new LabError({
        code: 'input',
        message: `Vertex ${Math.floor(i / 3)} of the mesh is not a finite number.`,
        where: name,
        tip: 'Export the mesh again, or remove the vertex.',
      });
    }
    low[i % 3] = Math.min(low[i % 3], given[i]);
    high[i % 3] = Math.max(high[i % 3], given[i]);
  }
  const centre = like?.centre ?? Float64Array.from(low, (value, axis) => (value + high[axis]) / 2);
  const known = new Map<string, number>();
  const welded = new Int32Array(given.length / 3);
  const places: number[] = [];
  for (let v = 0; v < welded.length; v++) {
    const key = `${given[3 * v]},${given[3 * v + 1]},${given[3 * v + 2]}`;
    let index = known.get(key);
    if (index === undefined) {
      index = places.length / 3;
      known.set(key, index);
      for (let axis = 0; axis < 3; axis++) places.push(given[3 * v + axis] - centre[axis]);
    }
    welded[v] = index;
  }
  const positions = Float32Array.from(places);
  const kept: number[] = [];
  const normals: number[] = [];
  const sources: number[] = [];
  for (let t = 0; t < corners.length / 3; t++) {
    const [a, b, c] = [welded[corners[3 * t]], welded[corners[3 * t + 1]], welded[corners[3 * t + 2]]];
    if (a === undefined || b === undefined || c === undefined) {
      throw new LabError({
        code: 'input',
        message: `Triangle ${t} of the mesh names a vertex that is not there.`,
        where: name,
        tip: 'Export the mesh again.',
      });
    }
    const normal = crossOf(positions, a, b, c);
    const length = Math.hypot(...normal);
    if (!(length > 0)) continue;
    kept.push(a, b, c);
    normals.push(...normal.map(value => value / length));
    sources.push(t);
  }
  if (kept.length === 0) {
    const count = corners.length / 3;
    throw new LabError({
      code: 'input',
      message: `The mesh has no triangle with an area${count === 0 ? '' : `: the corners of all ${count} lie on a line or at one place`}.`,
      where: name,
      tip:
        count === 0
          ? 'A point cloud has no surface: make a mesh of it first.'
          : 'Export the mesh again; coordinates written with too few digits, or scaled to nothing, look like this.',
    });
  }
  const triangles = Int32Array.from(kept);
  const { edges, closed } = findEdges(triangles);
  let squares = 0;
  for (const value of positions) squares += value * value;
  return {
    positions,
    triangles,
    normals: Float32Array.from(normals),
    edges,
    closed: closed && signedVolume(positions, triangles) > 0,
    centre,
    diameter: like?.diameter ?? diameterOf(positions),
    radius: like?.radius ?? Math.sqrt(squares / (positions.length / 3)),
    sources: Int32Array.from(sources),
  };
}

function crossOf(p: Float32Array, a: number, b: number, c: number): [number, number, number] {
  const [ux, uy, uz] = [0, 1, 2].map(k => p[3 * b + k] - p[3 * a + k]);
  const [vx, vy, vz] = [0, 1, 2].map(k => p[3 * c + k] - p[3 * a + k]);
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
}

function signedVolume(p: Float32Array, triangles: Int32Array): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const cross = crossOf(p, a, b, c);
    sum += p[3 * a] * cross[0] + p[3 * a + 1] * cross[1] + p[3 * a + 2] * cross[2];
  }
  return sum / 6;
}

function findEdges(triangles: Int32Array): { edges: Int32Array; closed: boolean } {
  const sides: [number, number, number][] = [];
  for (let t = 0; t < triangles.length / 3; t++) {
    for (let k = 0; k < 3; k++) {
      const [a, b] = [triangles[3 * t + k], triangles[3 * t + ((k + 1) % 3)]];
      sides.push(a < b ? [a, b, t + 1] : [b, a, -(t + 1)]);
    }
  }
  sides.sort((x, y) => x[0] - y[0] || x[1] - y[1] || Math.abs(x[2]) - Math.abs(y[2]));
  const edges: number[] = [];
  let closed = true;
  for (let from = 0; from < sides.length; ) {
    const [a, b] = sides[from];
    let to = from + 1;
    while (to < sides.length && sides[to][0] === a && sides[to][1] === b) to++;
    const around = sides.slice(from, to).map(([, , triangle]) => triangle);
    if (around.length === 2) edges.push(a, b, around[0], around[1]);
    else for (const triangle of around) edges.push(a, b, triangle, 0);
    if (around.length !== 2 || around[0] * around[1] > 0) closed = false;
    from = to;
  }
  return { edges: Int32Array.from(edges), closed };
}

/** The largest extent over many directions, then exactly between the vertices that were extreme in any of them. */
function diameterOf(p: Float32Array): number {
  const extreme = new Set<number>();
  const directions = 400;
  for (let d = 0; d < directions; d++) {
    // Spiral of Saff and Kuijlaars 1997 over half the sphere.
    const z = (d + 0.5) / directions;
    const r = Math.sqrt(1 - z * z);
    const angle = d * 2.399963229728653;
    const [x, y] = [r * Math.cos(angle), r * Math.sin(angle)];
    let [lowest, highest, lowAt, highAt] = [Infinity, -Infinity, 0, 0];
    for (let v = 0; v < p.length; v += 3) {
      const along = x * p[v] + y * p[v + 1] + z * p[v + 2];
      if (along < lowest) [lowest, lowAt] = [along, v];
      if (along > highest) [highest, highAt] = [along, v];
    }
    extreme.add(lowAt).add(highAt);
  }
  const list = [...extreme];
  let largest = 0;
  for (const a of list) {
    for (const b of list) {
      largest = Math.max(largest, Math.hypot(p[a] - p[b], p[a + 1] - p[b + 1], p[a + 2] - p[b + 2]));
    }
  }
  return largest;
}
