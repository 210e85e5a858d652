import { describe, expect, it } from 'vitest';
import type { Mesh } from '../geometry/mesh.ts';
import { blobMesh, boxMesh } from '../geometry/primitives.ts';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeMesh } from './mesh-file.ts';
import { encodePly } from './ply.ts';

const seed = 20261124;
const text = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`);
const mesh: Mesh = blobMesh(10, 0.2, 8, 5);
const vertices = Array.from({ length: mesh.positions.length / 3 }, (_, i) => [
  ...mesh.positions.subarray(3 * i, 3 * i + 3),
]);
const faces = Array.from({ length: mesh.triangles.length / 3 }, (_, i) => [
  ...mesh.triangles.subarray(3 * i, 3 * i + 3),
]);

function asciiPly(): Uint8Array {
  return text([
    'ply',
    'format ascii 1.0',
    `element vertex ${vertices.length}`,
    ...['x', 'y', 'z'].map(axis => `property float ${axis}`),
    `element face ${faces.length}`,
    'property list uchar int vertex_indices',
    'end_header',
    ...vertices.map(v => v.join(' ')),
    ...faces.map(f => `3 ${f.join(' ')}`),
  ]);
}

function obj(): Uint8Array {
  return text([
    'mtllib a.mtl',
    ...vertices.map(v => `v ${v.join(' ')}`),
    ...vertices.map((_, i) => `vt ${(i % 5) / 5} ${(i % 3) / 3}`),
    'usemtl a',
    ...faces.map(f => `f ${f.map(i => `${i + 1}/${i + 1}`).join(' ')}`),
  ]);
}

function stl(): Uint8Array {
  const out = new Uint8Array(84 + 50 * faces.length);
  const view = new DataView(out.buffer);
  view.setUint32(80, faces.length, true);
  faces.flat().forEach((vertex, i) => {
    const at = 84 + 50 * Math.floor(i / 3) + 12 + 12 * (i % 3);
    vertices[vertex].forEach((value, k) => {
      view.setFloat32(at + 4 * k, value, true);
    });
  });
  return out;
}

function glb(): Uint8Array {
  const buffer = new Uint8Array(mesh.positions.byteLength + mesh.triangles.byteLength);
  buffer.set(new Uint8Array(mesh.positions.buffer));
  buffer.set(new Uint8Array(mesh.triangles.buffer), mesh.positions.byteLength);
  const document = JSON.stringify({
    asset: { version: '2.0' },
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1 }] }],
    accessors: [
      { bufferView: 0, componentType: 5126, count: vertices.length, type: 'VEC3' },
      { bufferView: 1, componentType: 5125, count: 3 * faces.length, type: 'SCALAR' },
    ],
    bufferViews: [
      { buffer: 0, byteLength: mesh.positions.byteLength },
      { buffer: 0, byteOffset: mesh.positions.byteLength, byteLength: mesh.triangles.byteLength },
    ],
    buffers: [{ byteLength: buffer.length }],
  });
  const json = new TextEncoder().encode(document.padEnd(Math.ceil(document.length / 4) * 4));
  const out = new Uint8Array(12 + 8 + json.length + 8 + buffer.length);
  const view = new DataView(out.buffer);
  [0x46546c67, 2, out.length, json.length, 0x4e4f534a].forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  out.set(json, 20);
  view.setUint32(20 + json.length, buffer.length, true);
  view.setUint32(24 + json.length, 0x004e4942, true);
  out.set(buffer, 28 + json.length);
  return out;
}

describe('damaged mesh files', () => {
  const files: readonly (readonly [string, Uint8Array])[] = [
    ['a.ply', encodePly({ ...mesh, texture: { name: 't.png' } })],
    ['b.ply', asciiPly()],
    ['c.obj', obj()],
    ['d.stl', stl()],
    ['e.glb', glb()],
  ];

  it.each(files)('%s whole has the triangles of the mesh', (name, bytes) => {
    const read = decodeMesh(bytes, name);
    const corner = (m: Mesh, i: number) => [...m.positions.subarray(3 * m.triangles[i], 3 * m.triangles[i] + 3)];
    expect(read.triangles.length).toBe(mesh.triangles.length);
    for (let i = 0; i < mesh.triangles.length; i++) {
      corner(mesh, i).forEach((value, k) => {
        expect(corner(read, i)[k]).toBeCloseTo(value, 5);
      });
    }
  });

  it.each(files)(`%s with bytes changed, cut or doubled: a usable mesh or a LabError (seed ${seed})`, (name, bytes) => {
    const random = createRandom(seed, name);
    let refused = 0;
    for (let trial = 0; trial < 400; trial++) {
      let damaged = bytes.slice();
      const hits = 1 + random.integer(trial % 4 === 0 ? 20 : 2);
      for (let i = 0; i < hits; i++) damaged[random.integer(damaged.length)] = random.integer(256);
      if (trial % 5 === 0) damaged = damaged.subarray(0, random.integer(damaged.length));
      if (trial % 7 === 0) damaged = Uint8Array.from([...damaged, ...damaged]);
      const label = `seed ${seed}, ${name}, trial ${trial}`;
      try {
        const { positions, triangles } = decodeMesh(damaged, name);
        expect(positions.every(Number.isFinite), label).toBe(true);
        expect(triangles.length, label).toBeGreaterThan(0);
        expect(
          triangles.every(vertex => 3 * vertex < positions.length),
          label,
        ).toBe(true);
      } catch (thrown) {
        if (!(thrown instanceof LabError)) throw new Error(label, { cause: thrown });
        expect([thrown.code, thrown.where], label).toEqual(['input', name]);
        expect(thrown.tip, label).toBeTruthy();
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('a box keeps its 12 triangles through PLY', () => {
    expect(decodeMesh(encodePly(boxMesh(1, 2, 3)), 'box.ply').triangles.length).toBe(36);
  });
});
