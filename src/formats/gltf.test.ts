import { describe, expect, it } from 'vitest';
import type { Mesh } from '../geometry/mesh.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeGltf } from './gltf.ts';
import { decodeMesh } from './mesh-file.ts';

/** A GLB around a document and the content of its buffer. */
function glb(document: Record<string, unknown>, buffer: Uint8Array): Uint8Array {
  const pad = (length: number) => Math.ceil(length / 4) * 4;
  const json = new TextEncoder().encode(JSON.stringify({ asset: { version: '2.0' }, ...document }));
  const out = new Uint8Array(12 + 8 + pad(json.length) + 8 + pad(buffer.length)).fill(32);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0x46546c67, true);
  view.setUint32(4, 2, true);
  view.setUint32(8, out.length, true);
  view.setUint32(12, pad(json.length), true);
  view.setUint32(16, 0x4e4f534a, true);
  out.set(json, 20);
  const at = 20 + pad(json.length);
  view.setUint32(at, pad(buffer.length), true);
  view.setUint32(at + 4, 0x004e4942, true);
  out.set(buffer, at + 8);
  return out;
}

/** A triangle with 16-bit indices, then four bytes of a texture; positions interleaved with texture coordinates. */
function triangle(): { document: Record<string, unknown>; buffer: Uint8Array } {
  const buffer = new Uint8Array(3 * 20 + 8 + 4);
  const view = new DataView(buffer.buffer);
  const rows = [
    [0, 0, 0, 0.25, 0],
    [1, 0, 0, 0.5, 0.5],
    [0, 1, 0, 1, 1],
  ];
  rows.flat().forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  [0, 1, 2].forEach((value, i) => {
    view.setUint16(60 + 2 * i, value, true);
  });
  buffer.set([1, 2, 3, 4], 68);
  return {
    buffer,
    document: {
      scene: 0,
      scenes: [{ nodes: [0] }],
      nodes: [{ mesh: 0 }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0, TEXCOORD_0: 1 }, indices: 2, material: 0 }] }],
      accessors: [
        { bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' },
        { bufferView: 0, byteOffset: 12, componentType: 5126, count: 3, type: 'VEC2' },
        { bufferView: 1, componentType: 5123, count: 3, type: 'SCALAR' },
      ],
      bufferViews: [
        { buffer: 0, byteLength: 60, byteStride: 20 },
        { buffer: 0, byteOffset: 60, byteLength: 6 },
        { buffer: 0, byteOffset: 68, byteLength: 4 },
      ],
      buffers: [{ byteLength: 72 }],
      materials: [{ pbrMetallicRoughness: { baseColorTexture: { index: 0 } } }],
      textures: [{ source: 0 }],
      images: [{ bufferView: 2, mimeType: 'image/png', name: 'label' }],
    },
  };
}

const corners = ({ positions, triangles }: Mesh) =>
  [...triangles].map(i => [...positions.subarray(3 * i, 3 * i + 3)].map(value => Math.round(value * 1e6) / 1e6 + 0));

function failure(bytes: Uint8Array): LabError {
  try {
    decodeGltf(bytes, 'part.glb');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    const error = thrown as LabError;
    expect([error.code, error.where]).toEqual(['input', 'part.glb']);
    expect(error.tip).toBeTruthy();
    return error;
  }
  throw new Error('The file was read.');
}

describe('glTF', () => {
  it('reads interleaved attributes, texture coordinates as they are, and an embedded texture', () => {
    const { document, buffer } = triangle();
    const mesh = decodeMesh(glb(document, buffer), 'a.glb');
    expect(corners(mesh)).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect([...mesh.textureCoordinates!]).toEqual([0.25, 0, 0.5, 0.5, 1, 1]);
    expect(mesh.texture).toEqual({ name: 'label', bytes: Uint8Array.of(1, 2, 3, 4) });
  });

  it('reads a .gltf with its buffer as base64 or beside it', () => {
    const { document, buffer } = triangle();
    const text = (uri: string) =>
      new TextEncoder().encode(
        JSON.stringify({ asset: { version: '2.0' }, ...document, buffers: [{ byteLength: 72, uri }] }),
      );
    const base64 = btoa(String.fromCharCode(...buffer));
    const embedded = decodeMesh(text(`data:application/octet-stream;base64,${base64}`), 'a.gltf');
    const beside = decodeMesh(text('my%20part.bin'), 'a.gltf', path => (path === 'my part.bin' ? buffer : undefined));
    expect(embedded).toEqual(beside);
    expect(corners(embedded)[1]).toEqual([1, 0, 0]);
    expect(failure(text('gone.bin')).message).toMatch(/"gone.bin" is missing/);
  });

  it('places nodes: a quarter about z, twice as large, moved, within a parent that is moved', () => {
    const { document, buffer } = triangle();
    const nodes = [
      { translation: [100, 0, 0], children: [1] },
      { mesh: 0, translation: [10, 0, 0], rotation: [0, 0, Math.SQRT1_2, Math.SQRT1_2], scale: [2, 2, 2] },
    ];
    const mesh = decodeGltf(glb({ ...document, nodes }, buffer), 'a.glb');
    // (1, 0, 0) becomes 2 · (0, 1, 0) + (110, 0, 0).
    expect(corners(mesh)).toEqual([
      [110, 0, 0],
      [110, 2, 0],
      [108, 0, 0],
    ]);
  });

  it('turns triangles round where a node mirrors, so that outside stays outside', () => {
    const { document, buffer } = triangle();
    const matrix = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const mesh = decodeGltf(glb({ ...document, nodes: [{ mesh: 0, matrix }] }, buffer), 'a.glb');
    expect(corners(mesh)).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [-1, 0, 0],
    ]);
  });

  it('reads strips and fans with the same winding', () => {
    const { document } = triangle();
    const buffer = new Uint8Array(48);
    const square = [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0];
    square.forEach((value, i) => {
      new DataView(buffer.buffer).setFloat32(4 * i, value, true);
    });
    const read = (mode: number) =>
      decodeGltf(
        glb(
          {
            scenes: document.scenes,
            nodes: document.nodes,
            meshes: [{ primitives: [{ attributes: { POSITION: 0 }, mode }] }],
            accessors: [{ bufferView: 0, componentType: 5126, count: 4, type: 'VEC3' }],
            bufferViews: [{ buffer: 0, byteLength: 48 }],
            buffers: [{ byteLength: 48 }],
          },
          buffer,
        ),
        'a.glb',
      );
    expect([...read(5).triangles]).toEqual([0, 1, 2, 1, 3, 2]);
    expect([...read(6).triangles]).toEqual([0, 1, 2, 0, 2, 3]);
    expect(() => read(1)).toThrow(/no vertices/);
  });

  it('turns linear colours to sRGB: half the light is 0.735', () => {
    const { document, buffer } = triangle();
    const materials = [{ pbrMetallicRoughness: { baseColorFactor: [0.5, 1, 0, 1] } }];
    const { colours } = decodeGltf(glb({ ...document, materials }, buffer), 'a.glb');
    expect(colours![0]).toBeCloseTo(0.7354, 4);
    expect([...colours!.subarray(1, 3)]).toEqual([1, 0]);
  });

  it('names what it cannot use', () => {
    const { document, buffer } = triangle();
    const draco = failure(glb({ ...document, extensionsRequired: ['KHR_draco_mesh_compression'] }, buffer));
    expect(draco.message).toMatch(/KHR_draco_mesh_compression/);
    const astray = buffer.slice();
    new DataView(astray.buffer).setUint16(64, 9, true);
    expect(failure(glb(document, astray)).message).toMatch(/accessor 2\) has vertex 9, but there are 3/);
    const nan = buffer.slice();
    new DataView(nan.buffer).setFloat32(20, Number.NaN, true);
    expect(failure(glb(document, nan)).message).toMatch(/Vertex 1 \(accessor 0\)/);
    expect(failure(glb(document, buffer.subarray(0, 40))).message).toMatch(/truncated: view \d/);
    expect(failure(glb({ ...document, nodes: [{ mesh: 7 }] }, buffer)).message).toMatch(/refers to a part/);
    expect(failure(glb({ ...document, nodes: [{ mesh: 0, children: [0] }] }, buffer)).message).toMatch(/loop/);
    const doubling = Array.from({ length: 60 }, (_, i) => ({ children: i < 59 ? [i + 1, i + 1] : [] }));
    expect(failure(glb({ ...document, nodes: doubling }, buffer)).message).toMatch(/loop/);
    const endless = [{ componentType: 5126, count: 4e9, type: 'VEC3' }];
    const unindexed = [{ primitives: [{ attributes: { POSITION: 0 } }] }];
    expect(failure(glb({ ...document, accessors: endless, meshes: unindexed }, buffer)).message).toMatch(
      /Accessor 0 .* announces 4000000000 elements/,
    );
    expect(failure(glb({ ...document, scenes: [] }, buffer)).message).toMatch(/no vertices/);
    expect(failure(new TextEncoder().encode('{"a": 1}')).message).toMatch(/not glTF/);
    const whole = glb(document, buffer);
    for (let length = 0; length < whole.length; length += 5) failure(whole.subarray(0, length));
  });
});

describe('mesh files', () => {
  it('goes by the first bytes before the ending, and refuses what it does not know', () => {
    expect(() => decodeMesh(new Uint8Array(), 'a.ply')).toThrow(/empty/);
    expect(() => decodeMesh(new TextEncoder().encode('hello'), 'a.fbx')).toThrow(/".fbx" cannot be read/);
    expect(() => decodeMesh(new TextEncoder().encode('ply\nformat ascii 1.0\nend_header\n'), 'a.obj')).toThrow(
      /no element "vertex"/,
    );
  });
});
