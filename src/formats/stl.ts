// Reads triangle meshes from STL, ASCII and binary. The format repeats each corner; equal places become one vertex again.
// Pure, any process.
import type { Mesh } from '../geometry/mesh.ts';
import { weldVertices } from '../geometry/weld.ts';
import { checkedMesh, meshError, truncatedMesh, vertexWithoutPlace } from './check-mesh.ts';

const headBytes = 84;
const triangleBytes = 50;

/** The mesh of an STL file. Throws a LabError of code 'input' with `where` = `name` that names line or byte. */
export function decodeStl(bytes: Uint8Array, name: string): Mesh {
  const corners = isBinary(bytes) ? readBinary(bytes, name) : readText(bytes, name);
  const { representative, count } = weldVertices(corners);
  const positions = new Float32Array(3 * count);
  const compact = new Int32Array(representative.length);
  let next = 0;
  const triangles = representative.map((first, i) => {
    if (first === i) {
      positions.set(corners.subarray(3 * i, 3 * i + 3), 3 * next);
      compact[i] = next++;
    }
    return compact[first];
  });
  return checkedMesh({ positions, triangles }, name);
}

/** Some binary files begin with "solid" too; their length is what its count says. */
function isBinary(bytes: Uint8Array): boolean {
  const isText = /^\s*solid/.test(new TextDecoder().decode(bytes.subarray(0, 80)));
  if (bytes.length < headBytes) return !isText;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(80, true);
  return !isText || bytes.length === headBytes + triangleBytes * count;
}

function readBinary(bytes: Uint8Array, name: string): Float32Array {
  if (bytes.length < headBytes) {
    throw meshError(
      name,
      `The file has ${bytes.length} bytes and does not begin with "solid"; a binary STL has ${headBytes} or more.`,
      'Give an STL mesh, or copy it again.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(80, true);
  if (headBytes + triangleBytes * count > bytes.length) {
    throw truncatedMesh(
      name,
      `${count} triangles need ${headBytes + triangleBytes * count} bytes, but there are ${bytes.length}`,
    );
  }
  const corners = new Float32Array(9 * count);
  for (let i = 0; i < corners.length; i++) {
    const at = headBytes + triangleBytes * Math.floor(i / 9) + 12 + 4 * (i % 9);
    corners[i] = view.getFloat32(at, true);
    if (!Number.isFinite(corners[i])) {
      const first = i - (i % 3);
      throw vertexWithoutPlace(name, first / 3, `byte ${at}`, corners.subarray(first, first + 3));
    }
  }
  return corners;
}

function readText(bytes: Uint8Array, name: string): Float32Array {
  const corners: number[] = [];
  const lines = new TextDecoder().decode(bytes).split('\n');
  lines.forEach((text, index) => {
    const words = text.trim().split(/\s+/);
    if (words[0] !== 'vertex') return;
    const xyz = words.slice(1, 4).map(Number);
    const place = `line ${index + 1}`;
    if (xyz.length < 3) throw truncatedMesh(name, `${place} has a vertex of ${xyz.length} coordinates`);
    if (!Number.isFinite(xyz[0] + xyz[1] + xyz[2])) throw vertexWithoutPlace(name, corners.length / 3, place, xyz);
    corners.push(...xyz);
  });
  if (corners.length % 9 !== 0 || !lines.some(text => text.trim().startsWith('endsolid'))) {
    throw truncatedMesh(name, `line ${lines.length} is the last and not "endsolid"`);
  }
  return Float32Array.from(corners);
}
