// Fewer triangles for the same surface, by quadric error (Garland and Heckbert 1997) in meshoptimizer's WebAssembly:
// the same bits on every machine. Vertices that stay keep their place and attributes. Any process.
import { MeshoptSimplifier } from 'meshoptimizer/simplifier';
import type { Mesh } from './mesh.ts';
import { weldVertices } from './weld.ts';

export interface Decimation {
  readonly mesh: Mesh;
  /** Largest distance from the original surface that was allowed to arise, in the mesh's unit (an estimate). */
  readonly error: number;
}

/**
 * The mesh with about `targetTriangles` triangles, or itself where it has no more. Attributes follow their vertices;
 * texture seams are kept where `seams` is 'keep', and given up for the shape where it is 'drop' (then colours and texture
 * coordinates are left out).
 */
export async function decimateMesh(
  mesh: Mesh,
  targetTriangles: number,
  seams: 'keep' | 'drop' = 'drop',
): Promise<Decimation> {
  if (mesh.triangles.length <= 3 * targetTriangles) return { mesh, error: 0 };
  await MeshoptSimplifier.ready;
  const source = seams === 'keep' ? mesh : welded(mesh);
  const simplify = (flags: ('Permissive' | 'Prune')[]) =>
    MeshoptSimplifier.simplify(source.triangles, source.positions, 3, 3 * targetTriangles, 1, flags);
  let [triangles, relativeError] = simplify([]);
  // Seams and borders can hold on to far more triangles than wanted.
  if (triangles.length > 3.6 * targetTriangles) [triangles, relativeError] = simplify(['Permissive', 'Prune']);
  if (triangles.length > 3.6 * targetTriangles || triangles.length === 0) {
    [triangles, relativeError] = MeshoptSimplifier.simplifySloppy(
      source.triangles,
      source.positions,
      3,
      // The type lacks `undefined`.
      null,
      3 * targetTriangles,
      1,
    );
  }
  if (triangles.length === 0) return { mesh, error: 0 };
  const error = relativeError * MeshoptSimplifier.getScale(source.positions, 3);
  return { mesh: compact(source, triangles), error };
}

/** One vertex per place, positions only. */
function welded(mesh: Mesh): Mesh {
  const { representative } = weldVertices(mesh.positions);
  return { positions: mesh.positions, triangles: mesh.triangles.map(vertex => representative[vertex]) };
}

/** Only the vertices that triangles use, in their order. */
function compact(mesh: Mesh, triangles: Uint32Array): Mesh {
  const index = new Int32Array(mesh.positions.length / 3).fill(-1);
  const origin: number[] = [];
  for (const vertex of triangles) index[vertex] = 0;
  index.forEach((used, vertex) => {
    if (used === 0) index[vertex] = origin.push(vertex) - 1;
  });
  const gather = (source: Float32Array | undefined, width: number) =>
    source &&
    Float32Array.from(
      { length: width * origin.length },
      (_, i) => source[width * origin[Math.floor(i / width)] + (i % width)],
    );
  return {
    ...mesh,
    positions: gather(mesh.positions, 3)!,
    triangles: triangles.map(vertex => index[vertex]),
    normals: gather(mesh.normals, 3),
    colours: gather(mesh.colours, 3),
    textureCoordinates: gather(mesh.textureCoordinates, 2),
  };
}
