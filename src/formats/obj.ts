// Reads triangle meshes from Wavefront OBJ with their MTL materials. Pure, any process; whoever calls hands out the files
// that the mesh refers to.
import type { Mesh } from '../geometry/mesh.ts';
import { checkedMesh, meshError, truncatedMesh, vertexWithoutPlace } from './check-mesh.ts';
import { triangulate } from './triangulate.ts';

/** The bytes of a file named relative to the mesh; undefined where there is none. */
export type ReadNeighbour = (relativePath: string) => Uint8Array | undefined;

interface Material {
  /** Diffuse colour, 0 to 1. */
  readonly colour: readonly number[] | undefined;
  readonly texture: string | undefined;
}

/** One corner of a face: a vertex with what belongs to it there. −1: nothing. */
interface Corners {
  readonly vertex: number[];
  readonly uv: number[];
  readonly normal: number[];
  readonly material: number[];
}

/**
 * The mesh of an OBJ file: negative indices count back, polygons are triangulated, colours may follow a vertex, v is
 * turned to run down. Of several textures the one on most triangles is kept and the others noted; without a texture and
 * vertex colours the diffuse colours of the materials become vertex colours. Throws a LabError of code 'input' with
 * `where` = `name` that names the line.
 */
export function decodeObj(bytes: Uint8Array, name: string, readNeighbour: ReadNeighbour = () => undefined): Mesh {
  const file = readStatements(bytes, name);
  if (file.corners.vertex.length === 0) {
    // The check of the whole mesh words it; below, vertices that no face has are dropped.
    checkedMesh({ positions: Float32Array.from(file.positions), triangles: new Uint32Array() }, name);
  }
  const notes: string[] = [];
  const materials = readMaterials(file, readNeighbour, notes);
  const used = countUses(file.corners.material, materials.length);
  const textured = [...used.keys()].filter(index => materials[index].texture !== undefined && used[index] > 0);
  const names = [...new Set(textured.map(index => materials[index].texture!))];
  const weight = (texture: string) =>
    textured.reduce((sum, index) => sum + (materials[index].texture === texture ? used[index] : 0), 0);
  const texture = names.reduce<string | undefined>(
    (best, candidate) => (best === undefined || weight(candidate) > weight(best) ? candidate : best),
    undefined,
  );
  if (names.length > 1) {
    notes.push(`The mesh has ${names.length} textures; "${texture}", on most of it, is used for all of it.`);
  }
  const hasUv = texture !== undefined || file.corners.uv.some(index => index >= 0);
  const isPainted = texture === undefined && file.colours.length === 0 && materials.some(({ colour }) => colour);
  return checkedMesh(
    {
      ...assemble(file, hasUv, isPainted ? materials : undefined),
      texture: texture === undefined ? undefined : { name: texture },
      notes,
    },
    name,
  );
}

interface Statements {
  /** [vertex, 3] */
  readonly positions: number[];
  /** [vertex, 3] or empty */
  readonly colours: number[];
  /** [n, 2], v up */
  readonly uvs: number[];
  /** [n, 3] */
  readonly normals: number[];
  /** Three per triangle. */
  readonly corners: Corners;
  readonly libraries: string[];
  readonly materialNames: string[];
}

function readStatements(bytes: Uint8Array, name: string): Statements {
  const file: Statements = {
    positions: [],
    colours: [],
    uvs: [],
    normals: [],
    corners: { vertex: [], uv: [], normal: [], material: [] },
    libraries: [],
    materialNames: [],
  };
  const local: number[] = [];
  let material = -1;
  let line = 0;
  for (const statement of statementsOf(bytes)) {
    line = statement.line;
    const place = `line ${line}`;
    const words = statement.text.trim().split(/\s+/);
    const rest = () => statement.text.trim().slice(words[0].length).trim();
    switch (words[0]) {
      case 'v': {
        const xyz = words.slice(1, 4).map(Number);
        if (words.length < 4) throw truncatedMesh(name, `${place} has a vertex of ${words.length - 1} coordinates`);
        const vertex = file.positions.length / 3;
        if (!Number.isFinite(xyz[0] + xyz[1] + xyz[2])) throw vertexWithoutPlace(name, vertex + 1, place, xyz);
        file.positions.push(...xyz);
        // x y z r g b, or with a weight in front of the colour.
        if (words.length >= 7) {
          while (file.colours.length < 3 * vertex) file.colours.push(1);
          file.colours.push(...words.slice(-3).map(word => Math.min(1, Math.max(0, Number(word) || 0))));
        }
        break;
      }
      case 'vt':
        file.uvs.push(Number(words[1]) || 0, Number(words[2]) || 0);
        break;
      case 'vn':
        file.normals.push(...words.slice(1, 4).map(Number));
        break;
      case 'f': {
        const parts = words.slice(1).map(word => word.split('/'));
        const vertices = parts.map(([text]) => indexOf(text, file.positions.length / 3, 'vertices', place, name));
        const uvs = parts.map(([, text]) => indexOf(text, file.uvs.length / 2, 'texture coordinates', place, name));
        const normals = parts.map(([, , text]) => indexOf(text, file.normals.length / 3, 'normals', place, name));
        local.length = 0;
        triangulate(file.positions, vertices, local);
        for (const corner of local) {
          file.corners.vertex.push(vertices[corner]);
          file.corners.uv.push(uvs[corner]);
          file.corners.normal.push(normals[corner]);
          file.corners.material.push(material);
        }
        break;
      }
      case 'usemtl':
        material = file.materialNames.indexOf(rest());
        if (material < 0) material = file.materialNames.push(rest()) - 1;
        break;
      case 'mtllib':
        file.libraries.push(rest());
        break;
    }
  }
  if (line === 0) throw meshError(name, 'The OBJ file is empty.', 'Copy or export the mesh again.');
  if (file.colours.length > 0) while (file.colours.length < file.positions.length) file.colours.push(1);
  return file;
}

/** Lines without comments and empty ones; a line that ends in \ goes on in the next. */
function* statementsOf(bytes: Uint8Array): Generator<{ readonly text: string; readonly line: number }> {
  const decoder = new TextDecoder();
  let text = '';
  let line = 0;
  for (let at = 0; at < bytes.length; ) {
    let end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    text += decoder.decode(bytes.subarray(at, end)).replace(/\r$/, '');
    at = end + 1;
    line++;
    if (text.endsWith('\\')) {
      text = `${text.slice(0, -1)} `;
      continue;
    }
    if (!/^\s*(#|$)/.test(text)) yield { text, line };
    text = '';
  }
  if (text.trim() !== '') yield { text, line };
}

/** 0-based; −1 where nothing is written. */
function indexOf(text: string | undefined, count: number, what: string, place: string, name: string): number {
  if (text === undefined || text === '') return -1;
  const written = Number(text);
  const index = written < 0 ? count + written : written - 1;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw meshError(
    name,
    `A face (${place}) has "${text}" among its ${what}, but there are ${count}, counted from 1.`,
    'Export the mesh again; the file is damaged or was written by a faulty program.',
  );
}

/** By position in `materialNames`. */
function readMaterials(file: Statements, readNeighbour: ReadNeighbour, notes: string[]): Material[] {
  const found = new Map<string, Material>();
  for (const library of file.libraries) {
    const bytes = readNeighbour(library);
    if (bytes === undefined) notes.push(`The material file "${library}" is missing, so there is no texture.`);
    else for (const [name, material] of parseMtl(bytes)) found.set(name, material);
  }
  return file.materialNames.map(name => found.get(name) ?? { colour: undefined, texture: undefined });
}

function parseMtl(bytes: Uint8Array): Map<string, Material> {
  const materials = new Map<string, Material>();
  let current = '';
  for (const { text } of statementsOf(bytes)) {
    const [keyword, ...words] = text.trim().split(/\s+/);
    const before = materials.get(current);
    if (keyword === 'newmtl') {
      current = text.trim().slice(6).trim();
      materials.set(current, { colour: undefined, texture: undefined });
    } else if (keyword === 'Kd' && before !== undefined && words.length >= 3) {
      materials.set(current, { ...before, colour: words.slice(0, 3).map(Number) });
    } else if (keyword === 'map_Kd' && before !== undefined) {
      materials.set(current, { ...before, texture: textureName(words) });
    }
  }
  return materials;
}

/** Options with their numbers stand in front of the name: -o 0 0 -s 1 1 1 -clamp on can.png. */
function textureName(words: readonly string[]): string {
  let at = 0;
  while (at < words.length - 1 && words[at].startsWith('-')) {
    at++;
    while (at < words.length - 1 && (!Number.isNaN(Number(words[at])) || /^(on|off)$/.test(words[at]))) at++;
  }
  return words.slice(at).join(' ').replaceAll('\\', '/');
}

/** Corners per material. */
function countUses(corners: readonly number[], materials: number): number[] {
  const uses = new Array<number>(materials).fill(0);
  for (const material of corners) if (material >= 0) uses[material]++;
  return uses;
}

/** One vertex for each different corner, in the order of their first use. */
function assemble(file: Statements, hasUv: boolean, paint: readonly Material[] | undefined): Mesh {
  const { vertex, uv, normal, material } = file.corners;
  const hasNormals = normal.length > 0 && normal.every(index => index >= 0);
  // Corners of a vertex are a chain: first of each vertex, next of each corner.
  const first = new Int32Array(file.positions.length / 3).fill(-1);
  const next: number[] = [];
  const origin: number[] = [];
  const triangles = new Uint32Array(vertex.length);
  for (let i = 0; i < vertex.length; i++) {
    let found = first[vertex[i]];
    while (found >= 0 && !isSame(origin[found], i)) found = next[found];
    if (found < 0) {
      found = origin.push(i) - 1;
      next.push(first[vertex[i]]);
      first[vertex[i]] = found;
    }
    triangles[i] = found;
  }
  function isSame(a: number, b: number): boolean {
    return (
      (!hasUv || uv[a] === uv[b]) &&
      (!hasNormals || normal[a] === normal[b]) &&
      (paint === undefined || material[a] === material[b])
    );
  }
  const gather = (width: number, value: (corner: number, k: number) => number) =>
    Float32Array.from({ length: width * origin.length }, (_, i) => value(origin[Math.floor(i / width)], i % width));
  const colours = paint
    ? gather(3, (corner, k) => paint[material[corner]]?.colour?.[k] ?? 1)
    : file.colours.length > 0
      ? gather(3, (corner, k) => file.colours[3 * vertex[corner] + k])
      : undefined;
  return {
    positions: gather(3, (corner, k) => file.positions[3 * vertex[corner] + k]),
    triangles,
    normals: hasNormals ? gather(3, (corner, k) => file.normals[3 * normal[corner] + k]) : undefined,
    colours,
    textureCoordinates: hasUv
      ? gather(2, (corner, k) => {
          const value = uv[corner] < 0 ? 0 : file.uvs[2 * uv[corner] + k];
          return k === 0 ? value : 1 - value;
        })
      : undefined,
  };
}
