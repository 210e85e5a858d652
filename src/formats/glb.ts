// Writes placed meshes, points and cameras as one glTF 2.0 binary (.glb, Khronos specification 2.0) for Blender and web
// viewers. Here cameras look along +z with y down; the file has metres, y up and cameras along −z. Pure, any process.
import type { Camera } from '../geometry/camera.ts';
import type { Mesh } from '../geometry/mesh.ts';
import {
  compose,
  flipCameraAxes,
  type Rigid,
  rigid,
  type WorldFromCam,
  type WorldFromObject,
} from '../geometry/rigid.ts';
import { quatWxyzFromRotation } from '../geometry/rotation.ts';
import { linearFromSrgb } from '../numerics/srgb.ts';
import { glbWords } from './gltf.ts';

export interface GlbMeshNode {
  readonly name: string;
  /** Places the mesh; the world has the axes of an OpenCV camera. */
  readonly worldFromNode: WorldFromObject;
  /** Its colours are written where there is no texture. */
  readonly mesh: Mesh;
  /** A PNG file, for the mesh's texture coordinates. */
  readonly texturePng?: Uint8Array | undefined;
  /** unlit: shown in the colours of its texture as they are, as a photo should be. */
  readonly shading: 'lit' | 'unlit';
}

export interface GlbCameraNode {
  readonly name: string;
  readonly worldFromCam: WorldFromCam;
  /** Its principal point is kept in `extras` only: glTF has centred cameras. */
  readonly camera: Camera;
}

export interface GlbPointsNode {
  readonly name: string;
  /** [n, 3] in the world, n ≥ 1 */
  readonly positions: Float32Array;
  /** [n, 3] red, green, blue, 0 to 1 as stored (sRGB) */
  readonly colours: Float32Array;
}

export interface GlbScene {
  readonly name: string;
  /** How long the unit of all lengths is; what has no scale takes 1. */
  readonly metresPerUnit: number;
  readonly meshes: readonly GlbMeshNode[];
  readonly points: readonly GlbPointsNode[];
  readonly cameras: readonly GlbCameraNode[];
}

const componentFloat = 5126;
const componentUint32 = 5125;
const targetVertices = 34962;
const targetIndices = 34963;

/** Primitives of single points. */
const modePoints = 0;

/** The file. Each mesh becomes one node, each cloud and camera another, all at the top. */
export function encodeGlb({ name, metresPerUnit, meshes, points, cameras }: GlbScene): Uint8Array {
  const binary: Uint8Array[] = [];
  let bytes = 0;
  const bufferViews: object[] = [];
  const accessors: object[] = [];
  const images: object[] = [];
  const addView = (content: ArrayBufferView, target: number | undefined): number => {
    const part = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    const view = { buffer: 0, byteOffset: bytes, byteLength: part.length };
    binary.push(part, new Uint8Array(-part.length & 3));
    bytes += part.length + (-part.length & 3);
    return bufferViews.push(target === undefined ? view : { ...view, target }) - 1;
  };
  const addVertices = (values: Float32Array, width: 2 | 3): number =>
    accessors.push({
      bufferView: addView(values, targetVertices),
      componentType: componentFloat,
      count: values.length / width,
      type: `VEC${width}`,
    }) - 1;

  const addPositions = (values: Float32Array): number => {
    const metres = values.map(value => value * metresPerUnit);
    const accessor = addVertices(metres, 3);
    // The specification asks for them here alone.
    Object.assign(accessors[accessor], bounds(metres));
    return accessor;
  };

  const parts = meshes.map(({ name: meshName, mesh, texturePng, shading }, material) => {
    const texture = mesh.textureCoordinates && texturePng;
    const attributes = {
      POSITION: addPositions(mesh.positions),
      ...(mesh.normals && { NORMAL: addVertices(unitVectors(mesh.normals), 3) }),
      ...(texture && mesh.textureCoordinates && { TEXCOORD_0: addVertices(mesh.textureCoordinates, 2) }),
      ...(!texture && mesh.colours && { COLOR_0: addVertices(mesh.colours.map(linearFromSrgb), 3) }),
    };
    const indices =
      accessors.push({
        bufferView: addView(mesh.triangles, targetIndices),
        componentType: componentUint32,
        count: mesh.triangles.length,
        type: 'SCALAR',
      }) - 1;
    const image =
      texture && images.push({ name: meshName, mimeType: 'image/png', bufferView: addView(texture, undefined) }) - 1;
    const plain = mesh.colours ? {} : { baseColorFactor: [0.5, 0.5, 0.5, 1] };
    return {
      mesh: { name: meshName, primitives: [{ attributes, indices, material }] },
      material: {
        name: meshName,
        doubleSided: true,
        pbrMetallicRoughness: {
          ...(image === undefined ? plain : { baseColorTexture: { index: image } }),
          metallicFactor: 0,
          roughnessFactor: 0.9,
        },
        ...(shading === 'unlit' && { extensions: { KHR_materials_unlit: {} } }),
      },
    };
  });
  const clouds = points.map(({ name: cloudName, positions, colours }, cloud) => {
    const attributes = {
      POSITION: addPositions(positions),
      COLOR_0: addVertices(colours.map(linearFromSrgb), 3),
    };
    const material = meshes.length + cloud;
    return {
      mesh: { name: cloudName, primitives: [{ attributes, mode: modePoints, material }] },
      material: { name: cloudName, extensions: { KHR_materials_unlit: {} } },
    };
  });
  const nodes = [
    ...meshes.map(({ name: nodeName, worldFromNode }, mesh) => ({
      name: nodeName,
      ...placed(compose(flipWorld, worldFromNode), metresPerUnit),
      mesh,
    })),
    ...points.map(({ name: nodeName }, cloud) => ({
      name: nodeName,
      ...placed(flipWorld, metresPerUnit),
      mesh: meshes.length + cloud,
    })),
    ...cameras.map(({ name: nodeName, worldFromCam }, camera) => ({
      name: nodeName,
      ...placed(compose(flipWorld, compose(worldFromCam, flipCameraAxes)), metresPerUnit),
      camera,
    })),
  ];
  const isUnlit = points.length > 0 || meshes.some(({ shading }) => shading === 'unlit');
  const drawn = [...parts, ...clouds];
  const document = {
    asset: { version: '2.0', generator: 'Descent Lab' },
    ...(isUnlit && { extensionsUsed: ['KHR_materials_unlit'] }),
    scene: 0,
    scenes: [{ name, ...filled({ nodes: nodes.map((_, node) => node) }) }],
    ...filled({
      nodes,
      cameras: cameras.map(describeCamera),
      meshes: drawn.map(({ mesh }) => mesh),
      materials: drawn.map(({ material }) => material),
      textures: images.map((_, source) => ({ source })),
      images,
      accessors,
      bufferViews,
    }),
    ...(bytes > 0 && { buffers: [{ byteLength: bytes }] }),
  };
  return container(new TextEncoder().encode(JSON.stringify(document)), binary, bytes);
}

/** y and z of the world change their sign. */
const flipWorld: Rigid<'world', 'world'> = rigid(flipCameraAxes.rotation, flipCameraAxes.translation);

function placed<Node extends string>({ rotation, translation }: Rigid<'world', Node>, metresPerUnit: number) {
  const [w, x, y, z] = quatWxyzFromRotation(rotation);
  return { translation: Array.from(translation, value => value * metresPerUnit), rotation: [x, y, z, w] };
}

/** Without the lists that are empty, which the specification does not allow. */
function filled<Lists extends Record<string, readonly unknown[]>>(lists: Lists): Partial<Lists> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<Lists>;
}

function describeCamera({ name, camera: { width, height, fx, fy, cx, cy } }: GlbCameraNode) {
  return {
    name,
    type: 'perspective',
    perspective: { aspectRatio: (width * fy) / (height * fx), yfov: 2 * Math.atan(height / 2 / fy), znear: 0.001 },
    extras: { width, height, fx, fy, cx, cy, firstPixelCentre: [0.5, 0.5] },
  };
}

function bounds(positions: Float32Array): { readonly min: number[]; readonly max: number[] } {
  const min = [Infinity, Infinity, Infinity];
  const max = [-Infinity, -Infinity, -Infinity];
  positions.forEach((value, i) => {
    min[i % 3] = Math.min(min[i % 3], value);
    max[i % 3] = Math.max(max[i % 3], value);
  });
  return { min, max };
}

function unitVectors(vectors: Float32Array): Float32Array {
  return vectors.map((value, i) => {
    const at = i - (i % 3);
    const length = Math.hypot(vectors[at], vectors[at + 1], vectors[at + 2]);
    return length > 0 ? value / length : i % 3 === 2 ? 1 : 0;
  });
}

function container(json: Uint8Array, binary: readonly Uint8Array[], bytes: number): Uint8Array {
  const jsonBytes = json.length + (-json.length & 3);
  const total = 12 + 8 + jsonBytes + (bytes > 0 ? 8 + bytes : 0);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  [glbWords.magic, 2, total, jsonBytes, glbWords.json].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  out.set(json, 20);
  out.fill(0x20, 20 + json.length, 20 + jsonBytes);
  if (bytes === 0) return out;
  view.setUint32(20 + jsonBytes, bytes, true);
  view.setUint32(24 + jsonBytes, glbWords.binary, true);
  let at = 28 + jsonBytes;
  for (const part of binary) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
