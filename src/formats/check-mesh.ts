// What every mesh reader refuses, in one wording: meshes without triangles, with corners that do not exist, with
// coordinates that are no numbers. Degenerate triangles pass; the mesh report counts them. Pure, any process.
import type { Mesh } from '../geometry/mesh.ts';
import { LabError } from '../protocol/lab-error.ts';

export function meshError(name: string, message: string, tip: string): LabError {
  return new LabError({ code: 'input', message, tip, where: name });
}

/** The file ends before what its header announces. */
export function truncatedMesh(name: string, message: string): LabError {
  return meshError(name, `The mesh file is truncated: ${message}.`, 'Copy or export the mesh again.');
}

/** `vertex` as the format counts; `place` says where the file has it: 'line 12'. */
export function vertexWithoutPlace(name: string, vertex: number, place: string, xyz: ArrayLike<number>): LabError {
  return meshError(
    name,
    `Vertex ${vertex} (${place}) is at (${xyz[0]}, ${xyz[1]}, ${xyz[2]}), which is no place.`,
    'Remove the vertices without coordinates and export the mesh again.',
  );
}

/** `vertex` counts from 0. */
export function missingVertex(name: string, place: string, vertex: number, vertices: number): LabError {
  return meshError(
    name,
    `A face (${place}) has vertex ${vertex}, but there are ${vertices}, counted from 0.`,
    'Export the mesh again; the file is damaged or was written by a faulty program.',
  );
}

/** The mesh itself, where it can be drawn. Throws a LabError of code 'input' that names the first offender. */
export function checkedMesh(mesh: Mesh, name: string): Mesh {
  const { positions, triangles } = mesh;
  const vertices = positions.length / 3;
  if (vertices === 0) throw meshError(name, 'The mesh has no vertices.', 'Export the mesh again.');
  if (triangles.length === 0) {
    throw meshError(
      name,
      `The mesh has ${vertices} vertices but no faces: it is a cloud of points.`,
      'Export it as a surface, or reconstruct one (in MeshLab: Filters, Remeshing, Surface Reconstruction).',
    );
  }
  const broken = positions.findIndex(value => !Number.isFinite(value));
  if (broken >= 0) {
    const vertex = Math.floor(broken / 3);
    throw vertexWithoutPlace(name, vertex, 'counted from 0', positions.subarray(3 * vertex, 3 * vertex + 3));
  }
  const astray = triangles.findIndex(index => index >= vertices);
  if (astray >= 0) throw missingVertex(name, `triangle ${Math.floor(astray / 3)}`, triangles[astray], vertices);
  return mesh;
}
