// What a mesh is like, as a user and the renderer need to know it: size, and whether its surface has an inside.
// Pure, any process.
import type { Mesh } from './mesh.ts';
import { weldVertices } from './weld.ts';

export interface MeshReport {
  readonly vertices: number;
  readonly triangles: number;
  /** Largest distance between two vertices of triangles, in the mesh's unit. */
  readonly diameter: number;
  readonly boundingBox: { readonly min: readonly number[]; readonly max: readonly number[] };
  /** Every edge has two triangles, edges counted between places, so that texture seams do not open it. */
  readonly closed: boolean;
  /** No edge is run through twice in the same direction: neighbours agree on which side is outside. */
  readonly consistentlyOriented: boolean;
  /** For a closed and consistently oriented mesh: positive where triangles face outwards. In the mesh's unit, cubed. */
  readonly volume: number;
  /** Triangles without area: two corners at one place, or three on a line. */
  readonly degenerateTriangles: number;
}

/** Facts about a mesh. Degenerate triangles are left out of the search for edges. */
export function reportMesh(mesh: Mesh): MeshReport {
  const { positions, triangles } = mesh;
  const { representative } = weldVertices(positions);
  const isDegenerate = degenerateTriangles(mesh);
  const { closed, consistentlyOriented } = inspectEdges(triangles, representative, isDegenerate);
  return {
    vertices: positions.length / 3,
    triangles: triangles.length / 3,
    diameter: meshDiameter(mesh),
    boundingBox: boundingBox(mesh),
    closed,
    consistentlyOriented,
    volume: signedVolume(mesh),
    degenerateTriangles: isDegenerate.reduce((sum, one) => sum + one, 0),
  };
}

/** Whether triangles that face away may be skipped: they all do, seen from outside, only behind others. */
export function canCullBackFaces({ closed, consistentlyOriented, volume }: MeshReport): boolean {
  return closed && consistentlyOriented && volume > 0;
}

/** The box around the vertices that triangles use, each [3]. */
export function boundingBox(mesh: Mesh): { readonly min: readonly number[]; readonly max: readonly number[] } {
  const min = [Infinity, Infinity, Infinity];
  const max = [-Infinity, -Infinity, -Infinity];
  for (const vertex of mesh.triangles) {
    for (let k = 0; k < 3; k++) {
      const value = mesh.positions[3 * vertex + k];
      if (value < min[k]) min[k] = value;
      if (value > max[k]) max[k] = value;
    }
  }
  return { min, max };
}

/** The middle of the bounding box [3]: the point that a pose turns about. */
export function boundingBoxCentre(mesh: Mesh): Float64Array {
  const { min, max } = boundingBox(mesh);
  return Float64Array.from(min, (low, k) => (low + max[k]) / 2);
}

/** 1 for each triangle [triangle] whose area is below 1e-12 of its longest side squared. */
export function degenerateTriangles({ positions: p, triangles }: Mesh): Uint8Array {
  const out = new Uint8Array(triangles.length / 3);
  for (let i = 0; i < out.length; i++) {
    const [a, b, c] = [3 * triangles[3 * i], 3 * triangles[3 * i + 1], 3 * triangles[3 * i + 2]];
    const u = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
    const v = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
    const w = [v[0] - u[0], v[1] - u[1], v[2] - u[2]];
    const area = Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]);
    const longest = Math.max(Math.hypot(...u), Math.hypot(...v), Math.hypot(...w));
    if (!(area > 1e-12 * longest * longest)) out[i] = 1;
  }
  return out;
}

/**
 * The largest distance between two vertices that triangles use. Exact, unless more than 2^26 pairs remain after the
 * bounds (a million vertices on a sphere): then a lower bound, from which no single exchange of an end leads further.
 */
export function meshDiameter(mesh: Mesh): number {
  const points = usedPoints(mesh);
  const count = points.length / 3;
  if (count < 2) return 0;
  const { min, max } = boundingBox(mesh);
  const centre = min.map((low, k) => (low + max[k]) / 2);
  const radius = new Float64Array(count);
  for (let i = 0; i < count; i++) radius[i] = distance(points, 3 * i, centre, 0);
  // Far points first: two of them cannot be further apart than their distances from the centre together.
  const order = Uint32Array.from(radius.keys()).sort((a, b) => radius[b] - radius[a]);
  let best = spanAlongDirections(points);
  let pairs = 2 ** 26;
  for (let i = 0; i < count && 2 * radius[order[i]] > best && pairs > 0; i++) {
    for (let j = i + 1; j < count && radius[order[i]] + radius[order[j]] > best; j++) {
      const d = distance(points, 3 * order[i], points, 3 * order[j]);
      if (d > best) best = d;
      pairs--;
    }
  }
  return best;
}

/**
 * A good lower bound: of the pairs that are furthest apart along each of 60 directions the best one, whose ends then
 * change to the point furthest from the other until that gains nothing.
 */
function spanAlongDirections(points: Float32Array): number {
  const directions = 60;
  let [best, end] = [0, 0];
  for (let n = 0; n < directions; n++) {
    // Half a sphere in a Fibonacci spiral.
    const z = (n + 0.5) / directions;
    const angle = n * Math.PI * (3 - Math.sqrt(5));
    const ring = Math.sqrt(1 - z * z);
    const [x, y] = [ring * Math.cos(angle), ring * Math.sin(angle)];
    let [low, high, lowAt, highAt] = [Infinity, -Infinity, 0, 0];
    for (let i = 0; i < points.length; i += 3) {
      const s = points[i] * x + points[i + 1] * y + points[i + 2] * z;
      if (s < low) {
        low = s;
        lowAt = i;
      }
      if (s > high) {
        high = s;
        highAt = i;
      }
    }
    const span = distance(points, lowAt, points, highAt);
    if (span > best) [best, end] = [span, highAt];
  }
  for (;;) {
    let [furthest, at] = [best, -1];
    for (let i = 0; i < points.length; i += 3) {
      const d = distance(points, end, points, i);
      if (d > furthest) {
        furthest = d;
        at = i;
      }
    }
    if (at < 0) return best;
    [best, end] = [furthest, at];
  }
}

/** Root mean square distance of the vertices from `centre` [3]. */
export function rmsRadius(mesh: Mesh, centre: ArrayLike<number>): number {
  const points = usedPoints(mesh);
  let sum = 0;
  for (let i = 0; i < points.length; i += 3) sum += distance(points, i, centre, 0) ** 2;
  return Math.sqrt(sum / (points.length / 3));
}

/** Positions [n, 3] of the vertices that triangles use, each place once, in the order of the vertices. */
export function usedPoints({ positions, triangles }: Mesh): Float32Array {
  const { representative } = weldVertices(positions);
  const isUsed = new Uint8Array(positions.length / 3);
  for (const vertex of triangles) isUsed[representative[vertex]] = 1;
  const out = new Float32Array(3 * isUsed.reduce((sum, one) => sum + one, 0));
  let at = 0;
  for (let i = 0; i < isUsed.length; i++) {
    if (isUsed[i] === 0) continue;
    out.set(positions.subarray(3 * i, 3 * i + 3), at);
    at += 3;
  }
  return out;
}

function distance(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const [x, y, z] = [a[i] - b[j], a[i + 1] - b[j + 1], a[i + 2] - b[j + 2]];
  return Math.sqrt(x * x + y * y + z * z);
}

/** Gauss's theorem over the triangles as they are; for an open mesh without meaning. */
function signedVolume({ positions: p, triangles }: Mesh): number {
  let sum = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [3 * triangles[i], 3 * triangles[i + 1], 3 * triangles[i + 2]];
    sum +=
      p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) +
      p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2]) +
      p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c]);
  }
  return sum / 6;
}

function inspectEdges(
  triangles: Uint32Array,
  representative: Uint32Array,
  isDegenerate: Uint8Array,
): { readonly closed: boolean; readonly consistentlyOriented: boolean } {
  // An edge from low to high place is a key; +1 and −1 are its directions, packed as float64 integers and sorted.
  const places = representative.length;
  const edges = new Float64Array(triangles.length);
  let count = 0;
  for (let i = 0; i < isDegenerate.length; i++) {
    if (isDegenerate[i]) continue;
    for (let k = 0; k < 3; k++) {
      const from = representative[triangles[3 * i + k]];
      const to = representative[triangles[3 * i + ((k + 1) % 3)]];
      edges[count++] = 2 * (Math.min(from, to) * places + Math.max(from, to)) + (from < to ? 0 : 1);
    }
  }
  const sorted = edges.subarray(0, count).sort();
  let [closed, consistentlyOriented] = [count > 0, true];
  for (let i = 0; i < count; ) {
    const edge = Math.floor(sorted[i] / 2);
    let [forward, backward] = [0, 0];
    for (; i < count && Math.floor(sorted[i] / 2) === edge; i++) {
      if (sorted[i] % 2 === 0) forward++;
      else backward++;
    }
    // An edge where four sheets meet, two of each direction, still has an inside.
    if ((forward + backward) % 2 !== 0) closed = false;
    if (forward > 1 || backward > 1) if (forward !== backward) consistentlyOriented = false;
  }
  return { closed, consistentlyOriented };
}
