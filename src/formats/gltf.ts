// Reads triangle meshes from glTF 2.0: .glb, and .gltf with embedded or neighbouring buffers (Khronos specification 2.0).
// Nodes are placed, everything drawable becomes one mesh in the file's metres and axes. Pure, any process.
import type { Mesh, MeshTexture } from '../geometry/mesh.ts';
import { cofactors3, determinant3, rotate, rotationFromQuatWxyz } from '../geometry/rotation.ts';
import { srgbFromLinear } from '../numerics/srgb.ts';
import { LabError } from '../protocol/lab-error.ts';
import { checkedMesh, meshError, missingVertex, truncatedMesh, vertexWithoutPlace } from './check-mesh.ts';
import type { ReadNeighbour } from './obj.ts';

interface GltfDocument {
  readonly scene?: number;
  readonly scenes?: readonly { readonly nodes?: readonly number[] }[];
  readonly nodes?: readonly GltfNode[];
  readonly meshes?: readonly { readonly primitives: readonly GltfPrimitive[] }[];
  readonly accessors?: readonly GltfAccessor[];
  readonly bufferViews?: readonly GltfView[];
  readonly buffers?: readonly { readonly uri?: string; readonly byteLength: number }[];
  readonly materials?: readonly GltfMaterial[];
  readonly textures?: readonly { readonly source?: number }[];
  readonly images?: readonly { readonly uri?: string; readonly name?: string; readonly bufferView?: number }[];
  readonly extensionsRequired?: readonly string[];
}

interface GltfNode {
  readonly mesh?: number;
  readonly children?: readonly number[];
  readonly matrix?: readonly number[];
  readonly translation?: readonly number[];
  readonly rotation?: readonly number[];
  readonly scale?: readonly number[];
}

interface GltfPrimitive {
  readonly attributes: Readonly<Record<string, number>>;
  readonly indices?: number;
  readonly material?: number;
  readonly mode?: number;
}

interface GltfView {
  readonly buffer: number;
  readonly byteOffset?: number;
  readonly byteLength: number;
  readonly byteStride?: number;
}

interface GltfAccessor {
  readonly bufferView?: number;
  readonly byteOffset?: number;
  readonly componentType: number;
  readonly normalized?: boolean;
  readonly count: number;
  readonly type: string;
  readonly sparse?: {
    readonly count: number;
    readonly indices: { readonly bufferView: number; readonly byteOffset?: number; readonly componentType: number };
    readonly values: { readonly bufferView: number; readonly byteOffset?: number };
  };
}

interface GltfTextureInfo {
  readonly index: number;
  readonly texCoord?: number;
  readonly extensions?: {
    readonly KHR_texture_transform?: {
      readonly offset?: readonly number[];
      readonly rotation?: number;
      readonly scale?: readonly number[];
      readonly texCoord?: number;
    };
  };
}

interface GltfMaterial {
  readonly pbrMetallicRoughness?: {
    readonly baseColorFactor?: readonly number[];
    readonly baseColorTexture?: GltfTextureInfo;
  };
}

/** What a .glb file and its chunks begin with. */
export const glbWords = { magic: 0x46546c67, json: 0x4e4f534a, binary: 0x004e4942 } as const;
const componentBytes: Readonly<Record<number, number>> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };
const components: Readonly<Record<string, number>> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
const mostNodes = 100_000;
/** Numbers of one accessor: 100 million vertices. */
const mostNumbers = 3e8;
/** What can be passed over without showing a wrong shape. */
const readable = new Set([
  'KHR_mesh_quantization',
  'KHR_texture_transform',
  'KHR_materials_unlit',
  'KHR_lights_punctual',
]);

/** How many millimetres a unit of glTF is: the specification says metres. */
export const gltfUnitMillimetres = 1000;

/**
 * The triangles of the default scene. Linear colours become sRGB; of several base colour textures the one on most
 * triangles is kept, and the others noted. Skins and morphs stay in their rest pose. Throws a LabError of code 'input' with
 * `where` = `name`, also for compressed meshes.
 */
export function decodeGltf(bytes: Uint8Array, name: string, readNeighbour: ReadNeighbour = () => undefined): Mesh {
  const { document, binary } = readContainer(bytes, name);
  for (const extension of document.extensionsRequired ?? []) {
    if (readable.has(extension)) continue;
    throw meshError(
      name,
      `The glTF file needs the extension ${extension}, which cannot be read.`,
      'Export it without compression: gltf-transform copy in.glb out.glb does that.',
    );
  }
  const source = { document, binary, name, readNeighbour, buffers: new Map<number, Uint8Array>() };
  try {
    return readScene(source);
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    // A number that refers to nothing surfaces as an undefined value.
    throw meshError(
      name,
      `The glTF file refers to a part that it does not have (${thrown instanceof Error ? thrown.message : thrown}).`,
      'Export the mesh again; the Khronos glTF validator names the fault.',
    );
  }
}

interface Source {
  readonly document: GltfDocument;
  readonly binary: Uint8Array | undefined;
  readonly name: string;
  readonly readNeighbour: ReadNeighbour;
  readonly buffers: Map<number, Uint8Array>;
}

function readContainer(
  bytes: Uint8Array,
  name: string,
): { readonly document: GltfDocument; readonly binary: Uint8Array | undefined } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint32(0, true) !== glbWords.magic)
    return { document: parse(bytes, name), binary: undefined };
  if (bytes.length < 12 || view.getUint32(8, true) > bytes.length) {
    throw truncatedMesh(
      name,
      `it has ${bytes.length} bytes${bytes.length < 12 ? '' : `, and announces ${view.getUint32(8, true)}`}`,
    );
  }
  if (view.getUint32(4, true) !== 2) {
    throw meshError(name, `The glTF version is ${view.getUint32(4, true)}; 2 can be read.`, 'Export it as glTF 2.0.');
  }
  let document: GltfDocument | undefined;
  let binary: Uint8Array | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at, true);
    const kind = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) throw truncatedMesh(name, `the chunk at byte ${at} is cut off`);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (kind === glbWords.json) document = parse(content, name);
    else if (kind === glbWords.binary) binary = content;
    at += 8 + length;
  }
  if (document === undefined) throw truncatedMesh(name, 'there is no JSON chunk');
  return { document, binary };
}

function parse(bytes: Uint8Array, name: string): GltfDocument {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof document === 'object' && document !== null && 'asset' in document) return document as GltfDocument;
  } catch {
    // Reported below, like JSON that is something else.
  }
  throw meshError(name, 'The file is not glTF: no JSON with an "asset".', 'Give a .glb or .gltf file of glTF 2.0.');
}

/** What the primitives are collected in; attributes that only some have are filled up. */
interface Collected {
  readonly positions: number[];
  readonly normals: number[];
  readonly colours: number[];
  readonly uvs: number[];
  readonly triangles: number[];
  hasNormals: boolean;
  hasColours: boolean;
}

function readScene(source: Source): Mesh {
  const { document, name } = source;
  const out: Collected = {
    positions: [],
    normals: [],
    colours: [],
    uvs: [],
    triangles: [],
    hasNormals: true,
    hasColours: false,
  };
  /** Triangles per image. */
  const uses = new Map<number, number>();
  let others = 0;
  let visits = 0;
  const visit = (index: number, parent: Float64Array, depth: number): void => {
    const node = document.nodes![index];
    if (depth > 100 || visits++ > mostNodes) {
      throw meshError(name, 'The nodes of the glTF file form a loop.', 'Export the mesh again.');
    }
    const world = multiply4(parent, localMatrix(node));
    if (node.mesh !== undefined) {
      for (const primitive of document.meshes![node.mesh].primitives) {
        const image = imageOf(document, primitive);
        const before = out.triangles.length;
        others += addPrimitive(source, primitive, world, out);
        if (image !== undefined) uses.set(image, (uses.get(image) ?? 0) + out.triangles.length - before);
      }
    }
    for (const child of node.children ?? []) visit(child, world, depth + 1);
  };
  const identity = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  for (const root of document.scenes?.[document.scene ?? 0]?.nodes ?? []) visit(root, identity, 0);
  const notes: string[] = [];
  if (others > 0) notes.push(`${others} parts of points or lines were left out.`);
  const [image] = [...uses].sort((a, b) => b[1] - a[1])[0] ?? [];
  const texture = image === undefined ? undefined : readTexture(source, image);
  if (uses.size > 1) {
    notes.push(`The mesh has ${uses.size} textures; "${texture?.name}", on most of it, is used for all of it.`);
  }
  return checkedMesh(
    {
      positions: Float32Array.from(out.positions),
      triangles: Uint32Array.from(out.triangles),
      normals: out.hasNormals && out.normals.length > 0 ? Float32Array.from(out.normals) : undefined,
      colours: out.hasColours && texture === undefined ? Float32Array.from(out.colours) : undefined,
      textureCoordinates: texture === undefined ? undefined : Float32Array.from(out.uvs),
      texture,
      notes,
    },
    name,
  );
}

/** 1 where the primitive has no triangles to draw. */
function addPrimitive(source: Source, primitive: GltfPrimitive, world: Float64Array, out: Collected): number {
  const { document, name } = source;
  const mode = primitive.mode ?? 4;
  if (mode < 4) return 1;
  const position = readAccessor(source, primitive.attributes.POSITION);
  const vertices = position.length / 3;
  const first = out.positions.length / 3;
  const normal = read('NORMAL');
  const colour = read('COLOR_0');
  const material = primitive.material === undefined ? undefined : document.materials![primitive.material];
  const pbr = material?.pbrMetallicRoughness;
  const info = pbr?.baseColorTexture;
  const transform = info?.extensions?.KHR_texture_transform;
  const uv = read(`TEXCOORD_${transform?.texCoord ?? info?.texCoord ?? 0}`);
  const factor = pbr?.baseColorFactor ?? [1, 1, 1];
  if (colour !== undefined || pbr?.baseColorFactor !== undefined) out.hasColours = true;
  if (normal === undefined) out.hasNormals = false;
  const colourWidth = colour === undefined ? 0 : colour.length / vertices;
  const linear = linearPart(world);
  // How normals turn, but for their length.
  const turned = cofactors3(linear);
  for (let i = 0; i < vertices; i++) {
    const xyz = position.subarray(3 * i, 3 * i + 3);
    if (!Number.isFinite(xyz[0] + xyz[1] + xyz[2])) {
      throw vertexWithoutPlace(name, i, `accessor ${primitive.attributes.POSITION}`, xyz);
    }
    // Column-major, as in the file.
    for (let k = 0; k < 3; k++) {
      out.positions.push(world[k] * xyz[0] + world[4 + k] * xyz[1] + world[8 + k] * xyz[2] + world[12 + k]);
    }
    const n = normal === undefined ? [0, 0, 0] : rotate(turned, normal.subarray(3 * i, 3 * i + 3));
    const length = Math.hypot(n[0], n[1], n[2]) || 1;
    for (let k = 0; k < 3; k++) {
      out.normals.push(n[k] / length);
      out.colours.push(srgbFromLinear(factor[k] * (colour === undefined ? 1 : colour[colourWidth * i + k])));
    }
    out.uvs.push(...transformUv(uv === undefined ? 0 : uv[2 * i], uv === undefined ? 0 : uv[2 * i + 1], transform));
  }
  const corners =
    primitive.indices === undefined
      ? Array.from({ length: vertices }, (_, i) => i)
      : readAccessor(source, primitive.indices);
  const mirrored = determinant3(linear) < 0;
  const add = (a: number, b: number, c: number): void => {
    const astray = [a, b, c].find(corner => corner >= vertices);
    if (astray !== undefined) throw missingVertex(name, `accessor ${primitive.indices}`, astray, vertices);
    out.triangles.push(first + a, first + (mirrored ? c : b), first + (mirrored ? b : c));
  };
  if (mode === 4) for (let i = 0; i + 2 < corners.length; i += 3) add(corners[i], corners[i + 1], corners[i + 2]);
  for (let i = 0; mode > 4 && i + 2 < corners.length; i++) {
    if (mode === 6) add(corners[0], corners[i + 1], corners[i + 2]);
    else if (i % 2 === 0) add(corners[i], corners[i + 1], corners[i + 2]);
    else add(corners[i], corners[i + 2], corners[i + 1]);
  }
  return 0;

  function read(attribute: string): Float64Array | undefined {
    const index = primitive.attributes[attribute];
    return index === undefined ? undefined : readAccessor(source, index);
  }
}

/** All numbers of an accessor; normalised integers as −1…1 or 0…1. */
function readAccessor(source: Source, index: number): Float64Array {
  const accessor = source.document.accessors![index];
  const { componentType, count, normalized = false } = accessor;
  const width = components[accessor.type];
  const size = componentBytes[componentType];
  if (width === undefined || size === undefined) {
    throw meshError(
      source.name,
      `Accessor ${index} of the glTF file has type ${accessor.type} ${componentType}, which no attribute of a mesh has.`,
      'Export the mesh again.',
    );
  }
  if (!(count * width <= mostNumbers)) {
    throw meshError(
      source.name,
      `Accessor ${index} of the glTF file announces ${count} elements.`,
      'Export the mesh again, or a smaller one.',
    );
  }
  let out: Float64Array;
  if (accessor.bufferView === undefined) out = new Float64Array(width * count);
  else out = readNumbers(accessor.bufferView, accessor.byteOffset ?? 0, componentType, count, width, normalized);
  const { sparse } = accessor;
  if (sparse !== undefined) {
    const { indices, values } = sparse;
    const at = readNumbers(indices.bufferView, indices.byteOffset ?? 0, indices.componentType, sparse.count, 1, false);
    const put = readNumbers(values.bufferView, values.byteOffset ?? 0, componentType, sparse.count, width, normalized);
    at.forEach((element, i) => {
      out.set(put.subarray(width * i, width * (i + 1)), width * element);
    });
  }
  return out;

  function readNumbers(
    viewIndex: number,
    offset: number,
    type: number,
    elements: number,
    perElement: number,
    isNormalised: boolean,
  ): Float64Array {
    const { byteStride } = source.document.bufferViews![viewIndex];
    const data = viewBytes(source, viewIndex);
    const bytesEach = componentBytes[type];
    const stride = byteStride ?? bytesEach * perElement;
    const need = offset + (elements - 1) * stride + bytesEach * perElement;
    if (elements > 0 && !(need <= data.length)) {
      throw truncatedMesh(source.name, `accessor ${index} needs ${need} bytes of a view of ${data.length}`);
    }
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const numbers = new Float64Array(elements * perElement);
    const largest = { 5120: 127, 5121: 255, 5122: 32767, 5123: 65535, 5125: 2 ** 32 - 1 }[type] ?? 1;
    for (let i = 0; i < numbers.length; i++) {
      const at = offset + Math.floor(i / perElement) * stride + (i % perElement) * bytesEach;
      const value = numberAt(view, at, type);
      numbers[i] = isNormalised ? Math.max(-1, value / largest) : value;
    }
    return numbers;
  }
}

function numberAt(view: DataView, at: number, type: number): number {
  switch (type) {
    case 5120:
      return view.getInt8(at);
    case 5121:
      return view.getUint8(at);
    case 5122:
      return view.getInt16(at, true);
    case 5123:
      return view.getUint16(at, true);
    case 5125:
      return view.getUint32(at, true);
    default:
      return view.getFloat32(at, true);
  }
}

function viewBytes(source: Source, index: number): Uint8Array {
  const { buffer, byteOffset = 0, byteLength } = source.document.bufferViews![index];
  const bytes = bufferBytes(source, buffer);
  if (byteOffset + byteLength > bytes.length) {
    throw truncatedMesh(
      source.name,
      `view ${index} ends at byte ${byteOffset + byteLength} of a buffer of ${bytes.length}`,
    );
  }
  return bytes.subarray(byteOffset, byteOffset + byteLength);
}

function bufferBytes(source: Source, index: number): Uint8Array {
  const known = source.buffers.get(index);
  if (known !== undefined) return known;
  const { uri } = source.document.buffers![index];
  const bytes = uri === undefined ? source.binary : readUri(uri, source.readNeighbour);
  if (bytes === undefined) {
    throw meshError(
      source.name,
      uri === undefined ? 'The glTF file has no binary chunk.' : `The buffer file "${shown(uri)}" is missing.`,
      'Put the .bin file beside the .gltf file, or export a .glb, which holds everything.',
    );
  }
  source.buffers.set(index, bytes);
  return bytes;
}

function readUri(uri: string, readNeighbour: ReadNeighbour): Uint8Array | undefined {
  const embedded = /^data:[^,]*;base64,(.*)$/s.exec(uri);
  if (embedded === null) return readNeighbour(decodeURIComponent(uri));
  return Uint8Array.from(atob(embedded[1]), character => character.charCodeAt(0));
}

function imageOf(document: GltfDocument, { material }: GltfPrimitive): number | undefined {
  const info =
    material === undefined ? undefined : document.materials![material].pbrMetallicRoughness?.baseColorTexture;
  return info === undefined ? undefined : document.textures![info.index].source;
}

function readTexture(source: Source, image: number): MeshTexture {
  const { uri, name, bufferView } = source.document.images![image];
  if (bufferView !== undefined) {
    return { name: name ?? `image ${image}`, bytes: viewBytes(source, bufferView).slice() };
  }
  if (uri?.startsWith('data:')) {
    return { name: name ?? `image ${image}`, bytes: readUri(uri, source.readNeighbour) };
  }
  return { name: decodeURIComponent(uri ?? '') };
}

function shown(uri: string): string {
  return uri.length > 80 ? `${uri.slice(0, 60)}…` : uri;
}

/** KHR_texture_transform: translation · rotation · scale. */
function transformUv(
  u: number,
  v: number,
  transform: NonNullable<GltfTextureInfo['extensions']>['KHR_texture_transform'],
): [number, number] {
  if (transform === undefined) return [u, v];
  const { offset = [0, 0], rotation = 0, scale = [1, 1] } = transform;
  const [x, y] = [u * scale[0], v * scale[1]];
  const [c, s] = [Math.cos(rotation), Math.sin(rotation)];
  return [c * x + s * y + offset[0], -s * x + c * y + offset[1]];
}

/** Column-major [4, 4]. */
function localMatrix({ matrix, translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }: GltfNode) {
  if (matrix !== undefined) return Float64Array.from(matrix);
  const [x, y, z, w] = rotation;
  const turn = rotationFromQuatWxyz([w, x, y, z]);
  const column = (k: number) => [0, 3, 6].map(row => turn[row + k] * scale[k]);
  return Float64Array.of(...column(0), 0, ...column(1), 0, ...column(2), 0, ...translation, 1);
}

function multiply4(a: Float64Array, b: Float64Array): Float64Array {
  const c = new Float64Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < 4; k++) c[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return c;
}

/** The upper left part of a column-major [4, 4], row-major [3, 3]. */
function linearPart(m: Float64Array): Float64Array {
  return Float64Array.of(m[0], m[4], m[8], m[1], m[5], m[9], m[2], m[6], m[10]);
}
