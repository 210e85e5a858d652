// A mesh from a file of any format that can be read, told by its first bytes and its ending. Pure, any process.
import type { Mesh } from '../geometry/mesh.ts';
import { meshError } from './check-mesh.ts';
import { decodeGltf, gltfUnitMillimetres } from './gltf.ts';
import { decodeObj, type ReadNeighbour } from './obj.ts';
import { decodePly } from './ply.ts';
import { decodeStl } from './stl.ts';

export const meshExtensions: ReadonlySet<string> = new Set(['.ply', '.obj', '.stl', '.glb', '.gltf']);

/**
 * The mesh in `bytes`; `readNeighbour` hands out the files it refers to (materials, buffers), not its texture. Throws a
 * LabError of code 'input' with `where` = `name`.
 */
export function decodeMesh(bytes: Uint8Array, name: string, readNeighbour?: ReadNeighbour): Mesh {
  if (bytes.length === 0) throw meshError(name, 'The mesh file is empty (0 bytes).', 'Copy or export the mesh again.');
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 6));
  const extension = /\.[^./\\]*$/.exec(name)?.[0].toLowerCase() ?? '';
  if (/^ply[\r\n]/.test(head)) return decodePly(bytes, name);
  if (head.startsWith('glTF') || extension === '.gltf' || extension === '.glb') {
    return decodeGltf(bytes, name, readNeighbour);
  }
  if (extension === '.ply') return decodePly(bytes, name);
  if (extension === '.obj') return decodeObj(bytes, name, readNeighbour);
  if (extension === '.stl') return decodeStl(bytes, name);
  throw meshError(
    name,
    `Meshes that end in "${extension}" cannot be read.`,
    'Give a PLY, OBJ, STL or glTF (.glb, .gltf) file; Blender and MeshLab export them.',
  );
}

/** Millimetres per unit, where the format itself says so. */
export function statedMeshUnit(name: string): number | undefined {
  return /\.(glb|gltf)$/i.test(name) ? gltfUnitMillimetres : undefined;
}
