// Reads and writes triangle meshes as PLY (Turk 1994): ASCII, binary little and big endian. Pure, any process.
import type { Mesh } from '../geometry/mesh.ts';
import { checkedMesh, meshError, missingVertex, truncatedMesh, vertexWithoutPlace } from './check-mesh.ts';
import { triangulate } from './triangulate.ts';

const scalarBytes = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
} as const;
type Scalar = keyof typeof scalarBytes;

const scalarNames: Readonly<Record<string, Scalar>> = {
  char: 'int8',
  uchar: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  int: 'int32',
  uint: 'uint32',
  float: 'float32',
  double: 'float64',
  ...(Object.fromEntries(Object.keys(scalarBytes).map(name => [name, name])) as Record<Scalar, Scalar>),
};

interface Property {
  readonly name: string;
  readonly type: Scalar;
  /** Type of the length in front of a list; undefined for a single value. */
  readonly countType: Scalar | undefined;
}

interface Element {
  readonly name: string;
  readonly count: number;
  readonly properties: Property[];
}

interface Header {
  readonly format: 'ascii' | 'binary_little_endian' | 'binary_big_endian';
  readonly elements: readonly Element[];
  readonly texture: string | undefined;
  /** Byte and line at which the data begin; lines count from 1. */
  readonly end: number;
  readonly lines: number;
}

/** Reads value after value, and can say where it is. */
interface ValueReader {
  next(type: Scalar): number;
  place(): string;
  /** Bytes left. */
  left(): number;
}

const uvNames = [
  ['texture_u', 'texture_v'],
  ['s', 't'],
  ['u', 'v'],
  ['texture_s', 'texture_t'],
] as const;
const colourNames = [
  ['red', 'green', 'blue'],
  ['r', 'g', 'b'],
  ['diffuse_red', 'diffuse_green', 'diffuse_blue'],
] as const;

/**
 * The mesh of a PLY file: faces under `vertex_indices` or `vertex_index`, polygons triangulated; normals, colours (0…255
 * or 0…1), texture coordinates per vertex (`s t`, `u v`, `texture_u texture_v`) or per corner (`texcoord`), v turned to
 * run down; the texture's name from a comment `TextureFile`. Throws a LabError of code 'input' with `where` = `name`.
 */
export function decodePly(bytes: Uint8Array, name: string): Mesh {
  const header = readHeader(bytes, name);
  const reader = header.format === 'ascii' ? readText(bytes, header, name) : readBinary(bytes, header, name);
  let vertices: VertexTable | undefined;
  let faces: FaceTable | undefined;
  for (const element of header.elements) {
    requireSpace(element, header, reader, name);
    if (element.name === 'vertex') vertices = readVertices(element, reader, name);
    else if (element.name === 'face') faces = readFaces(element, vertices, reader, name);
    else skipElement(element, reader);
  }
  if (vertices === undefined) {
    throw meshError(name, 'The PLY file has no element "vertex".', 'Export the mesh again.');
  }
  return checkedMesh(assemble(vertices, faces, header.texture), name);
}

/**
 * A binary little-endian PLY file: positions, and whatever of normals, colours (8 bits) and texture coordinates there is;
 * v is written to run up, as PLY readers expect. `comments` come behind the texture's name.
 */
export function encodePly(mesh: Mesh, comments: readonly string[] = []): Uint8Array {
  const { positions, triangles, normals, colours, textureCoordinates, texture } = mesh;
  const vertices = positions.length / 3;
  const faces = triangles.length / 3;
  const lines = ['ply', 'format binary_little_endian 1.0'];
  if (texture !== undefined) lines.push(`comment TextureFile ${texture.name}`);
  lines.push(...comments.map(text => `comment ${text}`), `element vertex ${vertices}`);
  const floats = ['x', 'y', 'z', ...(normals ? ['nx', 'ny', 'nz'] : [])];
  lines.push(...floats.map(property => `property float ${property}`));
  if (colours) lines.push(...['red', 'green', 'blue'].map(property => `property uchar ${property}`));
  if (textureCoordinates) lines.push('property float texture_u', 'property float texture_v');
  lines.push(`element face ${faces}`, 'property list uchar int vertex_indices', 'end_header', '');
  const head = new TextEncoder().encode(lines.join('\n'));
  const vertexBytes = 4 * floats.length + (colours ? 3 : 0) + (textureCoordinates ? 8 : 0);
  const out = new Uint8Array(head.length + vertices * vertexBytes + faces * 13);
  out.set(head);
  const view = new DataView(out.buffer);
  let at = head.length;
  const putFloat = (value: number) => {
    view.setFloat32(at, value, true);
    at += 4;
  };
  for (let i = 0; i < vertices; i++) {
    for (let k = 0; k < 3; k++) putFloat(positions[3 * i + k]);
    if (normals) for (let k = 0; k < 3; k++) putFloat(normals[3 * i + k]);
    if (colours) for (let k = 0; k < 3; k++) out[at++] = Math.round(255 * Math.min(1, Math.max(0, colours[3 * i + k])));
    if (textureCoordinates) {
      putFloat(textureCoordinates[2 * i]);
      putFloat(1 - textureCoordinates[2 * i + 1]);
    }
  }
  for (let i = 0; i < faces; i++) {
    out[at++] = 3;
    for (let k = 0; k < 3; k++, at += 4) view.setInt32(at, triangles[3 * i + k], true);
  }
  return out;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  const text = String.fromCharCode(...bytes.subarray(0, 4));
  if (!/^ply[\r\n]/.test(text)) {
    throw meshError(name, 'The file does not begin with "ply".', 'Give a PLY mesh, or the right file ending.');
  }
  let format: Header['format'] | undefined;
  let texture: string | undefined;
  const elements: Element[] = [];
  let at = 0;
  for (let line = 1; ; line++) {
    let end = bytes.indexOf(10, at);
    if (end < 0 && line === 1) end = bytes.indexOf(13, at);
    if (end < 0) throw truncatedMesh(name, `the header has no "end_header" (${bytes.length} bytes)`);
    const words = new TextDecoder().decode(bytes.subarray(at, end)).trim().split(/\s+/);
    at = end + 1;
    const [keyword] = words;
    if (keyword === 'end_header') {
      if (format === undefined) throw headerError(name, line, 'no format was named');
      return { format, elements, texture, end: at, lines: line };
    }
    if (keyword === 'format') {
      if (words[1] !== 'ascii' && words[1] !== 'binary_little_endian' && words[1] !== 'binary_big_endian') {
        throw headerError(name, line, `the format "${words[1]}" is not known`);
      }
      format = words[1];
    } else if (keyword === 'comment' && /^TextureFile/i.test(words[1] ?? '')) {
      texture = words.slice(2).join(' ').replaceAll('\\', '/') || undefined;
    } else if (keyword === 'element') {
      const count = Number(words[2]);
      if (words.length !== 3 || !Number.isInteger(count) || count < 0) {
        throw headerError(name, line, `"${words.join(' ')}" is not "element NAME COUNT"`);
      }
      elements.push({ name: words[1], count, properties: [] });
    } else if (keyword === 'property') {
      const element = elements.at(-1);
      const isList = words[1] === 'list';
      const type = scalarNames[words[isList ? 3 : 1]];
      const countType = isList ? scalarNames[words[2]] : undefined;
      if (element === undefined || type === undefined || (isList && countType === undefined)) {
        throw headerError(name, line, `"${words.join(' ')}" is not a property of an element`);
      }
      element.properties.push({ name: words[isList ? 4 : 2] ?? '', type, countType });
    }
  }
}

function headerError(name: string, line: number, message: string) {
  return meshError(name, `Line ${line} of the PLY header: ${message}.`, 'Export the mesh again as PLY.');
}

/** Refuses counts that the file cannot hold before anything is allocated for them. */
function requireSpace(element: Element, { format }: Header, reader: ValueReader, name: string): void {
  const isText = format === 'ascii';
  const row = element.properties.reduce(
    (sum, { type, countType }) => sum + (isText ? 2 : scalarBytes[countType ?? type]),
    0,
  );
  // The last value of a text needs no space behind it.
  const need = element.count * row - (isText ? 1 : 0);
  if (need > reader.left()) {
    throw truncatedMesh(
      name,
      `${element.count} of "${element.name}" need ${need} bytes or more from ${reader.place()} on, but ${reader.left()} are left`,
    );
  }
}

function readBinary(bytes: Uint8Array, header: Header, name: string): ValueReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = header.format === 'binary_little_endian';
  let at = header.end;
  const read: Record<Scalar, (offset: number) => number> = {
    int8: offset => view.getInt8(offset),
    uint8: offset => view.getUint8(offset),
    int16: offset => view.getInt16(offset, isLittle),
    uint16: offset => view.getUint16(offset, isLittle),
    int32: offset => view.getInt32(offset, isLittle),
    uint32: offset => view.getUint32(offset, isLittle),
    float32: offset => view.getFloat32(offset, isLittle),
    float64: offset => view.getFloat64(offset, isLittle),
  };
  return {
    next(type) {
      const offset = at;
      at += scalarBytes[type];
      if (at > bytes.length) throw truncatedMesh(name, `a ${type} at byte ${offset} of ${bytes.length} is cut off`);
      return read[type](offset);
    },
    place: () => `byte ${at}`,
    left: () => bytes.length - at,
  };
}

function readText(bytes: Uint8Array, header: Header, name: string): ValueReader {
  let at = header.end;
  let line = header.lines + 1;
  const decoder = new TextDecoder();
  const skipSpace = () => {
    while (at < bytes.length && bytes[at] <= 32) if (bytes[at++] === 10) line++;
  };
  return {
    next() {
      skipSpace();
      const start = at;
      while (at < bytes.length && bytes[at] > 32) at++;
      if (start === at) throw truncatedMesh(name, `line ${line} is the last, and more numbers were announced`);
      const word = decoder.decode(bytes.subarray(start, at));
      const value = Number(word);
      if (Number.isNaN(value) && !/^[+-]?nan/i.test(word)) {
        if (/^[+-]?inf/i.test(word)) return word[0] === '-' ? -Infinity : Infinity;
        throw meshError(
          name,
          `Line ${line} holds "${word}" where a number should be.`,
          'Export the mesh again as PLY.',
        );
      }
      return value;
    },
    place() {
      skipSpace();
      return `line ${line}`;
    },
    left: () => bytes.length - at,
  };
}

interface VertexTable {
  readonly positions: Float32Array;
  readonly normals: Float32Array | undefined;
  readonly colours: Float32Array | undefined;
  /** v up, as in the file */
  readonly uv: Float32Array | undefined;
}

function readVertices(element: Element, reader: ValueReader, name: string): VertexTable {
  const { count, properties } = element;
  const column = (wanted: string) => properties.findIndex(property => property.name === wanted);
  const columns = (wanted: readonly string[]) => {
    const found = wanted.map(column);
    return found.includes(-1) ? undefined : found;
  };
  const xyz = columns(['x', 'y', 'z']);
  if (xyz === undefined) {
    throw meshError(name, 'The vertices of the PLY file have no x, y and z.', 'Export the mesh again as PLY.');
  }
  const normalColumns = columns(['nx', 'ny', 'nz']);
  const colourColumns = colourNames.map(columns).find(found => found !== undefined);
  const uvColumns = uvNames.map(columns).find(found => found !== undefined);
  const make = (found: number[] | undefined) => found && new Float32Array(count * found.length);
  const positions = new Float32Array(3 * count);
  const [normals, colours, uv] = [make(normalColumns), make(colourColumns), make(uvColumns)];
  const colourType = colourColumns && properties[colourColumns[0]].type;
  const white = colourType === 'uint8' ? 255 : colourType === 'uint16' ? 65535 : 1;
  const row = new Float64Array(properties.length);
  for (let i = 0; i < count; i++) {
    const place = reader.place();
    for (let k = 0; k < properties.length; k++) {
      const { type, countType } = properties[k];
      if (countType === undefined) row[k] = reader.next(type);
      else for (let n = reader.next(countType); n > 0; n--) reader.next(type);
    }
    const [x, y, z] = xyz.map(k => row[k]);
    if (!Number.isFinite(x + y + z)) throw vertexWithoutPlace(name, i, place, [x, y, z]);
    positions.set([x, y, z], 3 * i);
    if (normals) for (let k = 0; k < 3; k++) normals[3 * i + k] = row[normalColumns![k]];
    if (colours) for (let k = 0; k < 3; k++) colours[3 * i + k] = row[colourColumns![k]] / white;
    if (uv) for (let k = 0; k < 2; k++) uv[2 * i + k] = row[uvColumns![k]];
  }
  return { positions, normals, colours, uv };
}

interface FaceTable {
  readonly triangles: number[];
  /** Texture coordinates per corner of `triangles`, v up; empty where the file has none. */
  readonly cornerUv: number[];
}

function readFaces(element: Element, vertices: VertexTable | undefined, reader: ValueReader, name: string): FaceTable {
  const indexColumn = element.properties.findIndex(
    ({ name: property, countType }) =>
      countType !== undefined && (property === 'vertex_indices' || property === 'vertex_index'),
  );
  if (indexColumn < 0 && element.count > 0) {
    throw meshError(
      name,
      'The faces of the PLY file have no list "vertex_indices" or "vertex_index".',
      'Export the mesh again as PLY.',
    );
  }
  const uvColumn = element.properties.findIndex(
    ({ name: property, countType }) => countType !== undefined && property === 'texcoord',
  );
  if (vertices === undefined) {
    throw meshError(name, 'The PLY file has its faces before its vertices.', 'Export the mesh again as PLY.');
  }
  const { positions } = vertices;
  const triangles: number[] = [];
  const cornerUv: number[] = [];
  const local: number[] = [];
  for (let face = 0; face < element.count; face++) {
    const place = reader.place();
    let corners: number[] = [];
    let uv: number[] = [];
    element.properties.forEach(({ type, countType }, k) => {
      if (countType === undefined) {
        reader.next(type);
        return;
      }
      const length = reader.next(countType);
      if (!Number.isInteger(length) || length < 0 || length > reader.left()) {
        throw truncatedMesh(name, `face ${face} (${place}) announces a list of ${length} values`);
      }
      const list = Array.from({ length }, () => reader.next(type));
      if (k === indexColumn) corners = list;
      else if (k === uvColumn) uv = list;
    });
    const astray = corners.find(corner => !(corner >= 0 && 3 * corner < positions.length));
    if (astray !== undefined) throw missingVertex(name, `face ${face}, ${place}`, astray, positions.length / 3);
    local.length = 0;
    triangulate(positions, corners, local);
    for (const corner of local) {
      triangles.push(corners[corner]);
      if (uvColumn >= 0) cornerUv.push(uv[2 * corner] ?? 0, uv[2 * corner + 1] ?? 0);
    }
  }
  return { triangles, cornerUv };
}

function skipElement(element: Element, reader: ValueReader): void {
  for (let i = 0; i < element.count; i++) {
    for (const { type, countType } of element.properties) {
      for (let n = countType === undefined ? 1 : reader.next(countType); n > 0; n--) reader.next(type);
    }
  }
}

function assemble(vertices: VertexTable, faces: FaceTable | undefined, texture: string | undefined): Mesh {
  const { positions, normals, colours, uv } = vertices;
  const shared = { texture: texture === undefined ? undefined : { name: texture } };
  const triangles = Uint32Array.from(faces?.triangles ?? []);
  if (faces === undefined || faces.cornerUv.length === 0) {
    return { positions, triangles, normals, colours, textureCoordinates: uv?.map(flipOdd), ...shared };
  }
  // Texture coordinates of corners: a vertex becomes as many as it has different ones.
  const remap = new Map<string, number>();
  const origin: number[] = [];
  const coordinates: number[] = [];
  triangles.forEach((vertex, i) => {
    const [u, v] = [faces.cornerUv[2 * i], faces.cornerUv[2 * i + 1]];
    const key = `${vertex} ${u} ${v}`;
    let index = remap.get(key);
    if (index === undefined) {
      index = origin.length;
      remap.set(key, index);
      origin.push(vertex);
      coordinates.push(u, 1 - v);
    }
    triangles[i] = index;
  });
  const gather = (source: Float32Array | undefined) =>
    source &&
    Float32Array.from({ length: 3 * origin.length }, (_, i) => source[3 * origin[Math.floor(i / 3)] + (i % 3)]);
  return {
    positions: gather(positions)!,
    triangles,
    normals: gather(normals),
    colours: gather(colours),
    textureCoordinates: Float32Array.from(coordinates),
    ...shared,
  };
}

function flipOdd(value: number, i: number): number {
  return i % 2 === 0 ? value : 1 - value;
}
