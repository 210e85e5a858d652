import { describe, expect, it } from 'vitest';
import { type Camera, project } from '../geometry/camera.ts';
import { boxMesh } from '../geometry/primitives.ts';
import { rigid, transformPoint, type WorldFromCam, type WorldFromObject } from '../geometry/rigid.ts';
import { expSo3, identityRotation } from '../geometry/rotation.ts';
import { encodeGlb, type GlbScene } from './glb.ts';
import { decodeGltf } from './gltf.ts';

const camera: Camera = { width: 640, height: 480, fx: 600, fy: 610, cx: 320, cy: 240 };
const worldFromObject: WorldFromObject = rigid(expSo3([0.3, -0.8, 0.4]), Float64Array.of(30, -40, 500));
const worldFromCam: WorldFromCam = rigid(expSo3([0, 0.2, 0]), Float64Array.of(10, 0, -20));
const png = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 1, 2, 3]);
const box = boxMesh(60, 80, 40);
const coloured = {
  ...box,
  textureCoordinates: undefined,
  colours: box.positions.map(() => 0.5),
  normals: box.positions.map((_, i) => (i % 3 === 0 ? 2 : 0)),
};
const scene: GlbScene = {
  name: 'test',
  metresPerUnit: 0.001,
  points: [
    {
      name: 'cloud',
      positions: Float32Array.of(10, 20, 30, -40, 50, 60),
      colours: Float32Array.of(1, 0, 0, 0, 1, 0.5),
    },
  ],
  meshes: [
    {
      name: 'photo',
      worldFromNode: rigid(identityRotation(), new Float64Array(3)),
      mesh: box,
      texturePng: png,
      shading: 'unlit',
    },
    { name: 'box', worldFromNode: worldFromObject, mesh: coloured, shading: 'lit' },
  ],
  cameras: [{ name: 'camera', worldFromCam, camera }],
};

interface Document {
  asset: { version: string };
  extensionsUsed?: string[];
  scenes: { nodes?: number[] }[];
  nodes: { mesh?: number; camera?: number; translation: number[]; rotation: number[] }[];
  cameras: { perspective: { yfov: number; aspectRatio: number } }[];
  meshes: {
    primitives: { attributes: Record<string, number>; indices?: number; mode?: number; material: number }[];
  }[];
  materials: unknown[];
  accessors: {
    bufferView: number;
    count: number;
    type: 'SCALAR' | 'VEC2' | 'VEC3';
    componentType: number;
    min?: number[];
    max?: number[];
  }[];
  bufferViews: { byteOffset: number; byteLength: number; target?: number }[];
  buffers: { byteLength: number }[];
  images: { bufferView: number; mimeType: string }[];
}

/** By chapter 4 of the specification, apart from our reader. */
function open(bytes: Uint8Array): { readonly document: Document; readonly binary: DataView } {
  const view = new DataView(bytes.buffer);
  const word = (at: number) => view.getUint32(at, true);
  expect([word(0), word(4), word(8)]).toEqual([0x46546c67, 2, bytes.length]);
  const jsonBytes = word(12);
  expect(word(16)).toBe(0x4e4f534a);
  expect(jsonBytes % 4).toBe(0);
  const binaryBytes = word(20 + jsonBytes);
  expect(word(24 + jsonBytes)).toBe(0x004e4942);
  expect(28 + jsonBytes + binaryBytes).toBe(bytes.length);
  expect(binaryBytes % 4).toBe(0);
  const document = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonBytes)));
  return { document, binary: new DataView(bytes.buffer, 28 + jsonBytes, binaryBytes) };
}

describe('GLB files', () => {
  it('hold to the rules that the Khronos validator checks', () => {
    const { document, binary } = open(encodeGlb(scene));
    expect(document.asset.version).toBe('2.0');
    expect(document.extensionsUsed).toEqual(['KHR_materials_unlit']);
    expect(document.buffers).toEqual([{ byteLength: binary.byteLength }]);
    // No list is empty.
    for (const value of Object.values(document)) if (Array.isArray(value)) expect(value.length).toBeGreaterThan(0);
    for (const { byteOffset, byteLength } of document.bufferViews) {
      expect(byteOffset % 4).toBe(0);
      expect(byteOffset + byteLength).toBeLessThanOrEqual(binary.byteLength);
    }
    const widths = { SCALAR: 1, VEC2: 2, VEC3: 3 };
    for (const { bufferView, count, type, componentType } of document.accessors) {
      expect([5125, 5126]).toContain(componentType);
      expect(document.bufferViews[bufferView].byteLength).toBe(4 * widths[type] * count);
    }
    for (const mesh of document.meshes) {
      const [{ attributes, indices, mode, material }] = mesh.primitives;
      expect(document.materials[material]).toBeDefined();
      const vertices = document.accessors[attributes.POSITION].count;
      for (const [name, index] of Object.entries(attributes)) {
        const accessor = document.accessors[index];
        expect(accessor.count, name).toBe(vertices);
        expect(document.bufferViews[accessor.bufferView].target).toBe(34962);
      }
      if (indices === undefined) expect(mode).toBe(0);
      else {
        const { bufferView, count } = document.accessors[indices];
        expect(document.bufferViews[bufferView].target).toBe(34963);
        const corner = (i: number) => binary.getUint32(document.bufferViews[bufferView].byteOffset + 4 * i, true);
        for (let i = 0; i < count; i++) expect(corner(i)).toBeLessThan(vertices);
      }
      // min and max are those of the stored numbers, to the bit.
      const position = document.accessors[attributes.POSITION];
      const from = document.bufferViews[position.bufferView].byteOffset;
      for (let k = 0; k < 3; k++) {
        const stored = Array.from({ length: vertices }, (_, v) => binary.getFloat32(from + 12 * v + 4 * k, true));
        expect([position.min?.[k], position.max?.[k]]).toEqual([Math.min(...stored), Math.max(...stored)]);
      }
      if (attributes.NORMAL === undefined) continue;
      const normals = document.bufferViews[document.accessors[attributes.NORMAL].bufferView].byteOffset;
      for (let v = 0; v < vertices; v++) {
        const [x, y, z] = [0, 4, 8].map(k => binary.getFloat32(normals + 12 * v + k, true));
        expect(Math.hypot(x, y, z)).toBeCloseTo(1, 5);
      }
    }
    for (const { rotation } of document.nodes) expect(Math.hypot(...rotation)).toBeCloseTo(1, 12);
    const [image] = document.images;
    const { byteOffset, byteLength, target } = document.bufferViews[image.bufferView];
    expect([image.mimeType, target]).toEqual(['image/png', undefined]);
    expect(new Uint8Array(binary.buffer, binary.byteOffset + byteOffset, byteLength)).toEqual(png);
  });

  it('are in metres with y up: our reader finds every vertex at (x, −y, −z) / 1000 of the world', () => {
    const { positions, triangles } = decodeGltf(encodeGlb({ ...scene, meshes: scene.meshes.slice(1) }), 'box.glb');
    expect(triangles).toEqual(box.triangles);
    for (let i = 0; i < positions.length; i += 3) {
      const [x, y, z] = transformPoint(worldFromObject, box.positions.subarray(i, i + 3));
      [x, -y, -z].forEach((value, k) => {
        expect(positions[i + k]).toBeCloseTo(value / 1000, 6);
      });
    }
  });

  it('hold points in linear colours, turned into the axes of the file by their node', () => {
    const { document, binary } = open(encodeGlb({ ...scene, metresPerUnit: 2 }));
    const node = document.nodes[2];
    expect([node.translation, node.rotation.map(Math.abs)]).toEqual([
      [0, 0, 0],
      [1, 0, 0, 0],
    ]);
    const [{ attributes, mode }] = document.meshes[node.mesh!].primitives;
    expect(mode).toBe(0);
    const stored = (attribute: string) => {
      const { byteOffset } = document.bufferViews[document.accessors[attributes[attribute]].bufferView];
      return Array.from({ length: 6 }, (_, i) => binary.getFloat32(byteOffset + 4 * i, true));
    };
    expect(stored('POSITION')).toEqual([20, 40, 60, -80, 100, 120]);
    // IEC 61966-2-1: half of the stored range is 0.2140 of the light.
    [1, 0, 0, 0, 1, 0.21404].forEach((value, i) => {
      expect(stored('COLOR_0')[i]).toBeCloseTo(value, 5);
    });
  });

  it('keep colours through the linear space of the file, and pictures byte by byte', () => {
    const [photo, body] = scene.meshes.map(mesh => decodeGltf(encodeGlb({ ...scene, meshes: [mesh] }), 'a.glb'));
    expect(photo.texture).toMatchObject({ bytes: png });
    expect(photo.textureCoordinates).toEqual(box.textureCoordinates);
    for (const value of body.colours ?? []) expect(value).toBeCloseTo(0.5, 5);
    expect(body.colours?.length).toBe(box.positions.length);
  });

  it('have a camera that sees what the camera sees: along −z of its node, y up, the same angles', () => {
    const { document } = open(encodeGlb(scene));
    const node = document.nodes.find(each => each.camera !== undefined)!;
    const { yfov, aspectRatio } = document.cameras[0].perspective;
    const [x, y, z, w] = node.rotation;
    const turn = expSo3([x, y, z].map(value => (2 * Math.acos(w) * value) / Math.hypot(x, y, z) || 0));
    const inCam = [40, -25, 500];
    const world = transformPoint(worldFromCam, inCam);
    const inFile = [world[0], -world[1], -world[2]].map((value, k) => value / 1000 - node.translation[k]);
    const local = [0, 1, 2].map(k => turn[k] * inFile[0] + turn[3 + k] * inFile[1] + turn[6 + k] * inFile[2]);
    // Normalised device coordinates of the glTF camera: x right, y up.
    const ndcY = local[1] / -local[2] / Math.tan(yfov / 2);
    const ndcX = local[0] / -local[2] / Math.tan(yfov / 2) / aspectRatio;
    const [u, v] = project(camera, inCam);
    expect(((ndcX + 1) / 2) * camera.width).toBeCloseTo(u, 6);
    expect(((1 - ndcY) / 2) * camera.height).toBeCloseTo(v, 6);
  });
});
