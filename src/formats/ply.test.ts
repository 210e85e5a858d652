import { describe, expect, it } from 'vitest';
import type { Mesh } from '../geometry/mesh.ts';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodePly, encodePly } from './ply.ts';

const text = (...lines: string[]) => new TextEncoder().encode(lines.join('\n'));
const seed = 7;

const asciiHead = (vertices: number, faces: number, extra: string[] = []) => [
  'ply',
  'format ascii 1.0',
  `element vertex ${vertices}`,
  'property float x',
  'property float y',
  'property float z',
  ...extra,
  `element face ${faces}`,
  'property list uchar int vertex_indices',
  'end_header',
];
const square = ['0 0 0', '1 0 0', '1 1 0', '0 1 0'];

/** A little or big endian file with doubles, a property between, and a quad under `vertex_index`. */
function binarySquare(isLittle: boolean): Uint8Array {
  const head = text(
    'ply',
    `format binary_${isLittle ? 'little' : 'big'}_endian 1.0`,
    'comment made by hand',
    'element vertex 4',
    'property double x',
    'property double y',
    'property short between',
    'property double z',
    'element face 1',
    'property uchar flags',
    'property list ushort uint vertex_index',
    'end_header',
    '',
  );
  const out = new Uint8Array(head.length + 4 * 26 + 3 + 16);
  out.set(head);
  const view = new DataView(out.buffer, head.length);
  let at = 0;
  for (const row of square) {
    const [x, y, z] = row.split(' ').map(Number);
    view.setFloat64(at, x, isLittle);
    view.setFloat64(at + 8, y, isLittle);
    view.setInt16(at + 16, -7, isLittle);
    view.setFloat64(at + 18, z, isLittle);
    at += 26;
  }
  view.setUint16(at + 1, 4, isLittle);
  for (let k = 0; k < 4; k++) view.setUint32(at + 3 + 4 * k, k, isLittle);
  return out;
}

function failure(bytes: Uint8Array): LabError {
  try {
    decodePly(bytes, 'part.ply');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    const error = thrown as LabError;
    expect(error.code).toBe('input');
    expect(error.where).toBe('part.ply');
    expect(error.tip).toBeTruthy();
    return error;
  }
  throw new Error('The file was read.');
}

describe('PLY', () => {
  it('reads ASCII with a polygon, colours, normals and CRLF line ends', () => {
    const extra = ['nx', 'ny', 'nz'].map(name => `property float ${name}`);
    extra.push(...['red', 'green', 'blue'].map(name => `property uchar ${name}`));
    const rows = square.map((row, i) => `${row} 0 0 1 ${51 * i} 255 0`);
    const lines = [...asciiHead(4, 1, extra), ...rows, '4 0 1 2 3'];
    for (const end of ['\n', '\r\n']) {
      const mesh = decodePly(new TextEncoder().encode(lines.join(end)), 'a.ply');
      expect([...mesh.positions]).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0]);
      // Two triangles that cover the square counter-clockwise.
      expect(mesh.triangles.length).toBe(6);
      expect(windingAreas(mesh)).toEqual([0.5, 0.5]);
      expect([...mesh.normals!.subarray(0, 3)]).toEqual([0, 0, 1]);
      expect([...mesh.colours!.subarray(9)]).toEqual([Math.fround(0.6), 1, 0]);
    }
  });

  it.each([true, false])('reads binary, little endian %s, with values it does not know in between', isLittle => {
    const mesh = decodePly(binarySquare(isLittle), 'a.ply');
    expect([...mesh.positions]).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0]);
    expect(windingAreas(mesh)).toEqual([0.5, 0.5]);
  });

  it.each([
    ['s', 't'],
    ['u', 'v'],
    ['texture_u', 'texture_v'],
  ])('reads texture coordinates %s %s with v turned down, and the texture from a comment', (u, v) => {
    const head = asciiHead(3, 1, [`property float ${u}`, `property float ${v}`]);
    head.splice(2, 0, 'comment TextureFile my can.png');
    const mesh = decodePly(text(...head, '0 0 0 0.25 0', '1 0 0 0.5 0.75', '0 1 0 1 1', '3 0 1 2'), 'a.ply');
    expect([...mesh.textureCoordinates!]).toEqual([0.25, 1, 0.5, 0.25, 1, 0]);
    expect(mesh.texture).toEqual({ name: 'my can.png' });
  });

  it('splits vertices that have different texture coordinates in different faces', () => {
    const head = asciiHead(4, 2);
    head.splice(-1, 0, 'property list uchar float texcoord');
    const mesh = decodePly(text(...head, ...square, '3 0 1 2 6 0 0 1 0 1 1', '3 0 2 3 6 0 0 0.5 0.5 0 1'), 'a.ply');
    // Vertex 0 has one pair, vertex 2 two, so five in all.
    expect(mesh.positions.length / 3).toBe(5);
    expect([...mesh.textureCoordinates!]).toEqual([0, 1, 1, 1, 1, 0, 0.5, 0.5, 0, 0]);
    expect([...mesh.triangles]).toEqual([0, 1, 2, 0, 3, 4]);
  });

  it(`writes what it reads (seed ${seed})`, () => {
    const random = createRandom(seed, 'ply');
    for (let trial = 0; trial < 20; trial++) {
      const vertices = 3 + random.integer(20);
      const floats = (n: number) => Float32Array.from({ length: n }, () => random.normal());
      const levels = Float32Array.from({ length: 3 * vertices }, () => Math.fround(random.integer(256) / 255));
      const mesh: Mesh = {
        positions: floats(3 * vertices),
        triangles: Uint32Array.from({ length: 3 * (1 + random.integer(9)) }, () => random.integer(vertices)),
        normals: trial % 2 ? floats(3 * vertices) : undefined,
        colours: trial % 3 ? levels : undefined,
        // Powers of two, which 1 − v keeps exactly.
        textureCoordinates: trial % 5 ? levels.subarray(0, 2 * vertices).map(v => Math.round(v * 64) / 64) : undefined,
        texture: trial % 5 ? { name: 'a b.png' } : undefined,
      };
      expect(decodePly(encodePly(mesh), 'a.ply'), `seed ${seed}, trial ${trial}`).toEqual(mesh);
    }
  });

  it('names line, vertex and tip of what it cannot use', () => {
    expect(failure(text(...asciiHead(4, 0), ...square)).message).toMatch(/4 vertices but no faces/);
    const nan = failure(text(...asciiHead(4, 1), '0 0 0', '1 nan 0', '1 1 0', '0 1 0', '3 0 1 2'));
    expect(nan.message).toMatch(/Vertex 1 \(line 11\) is at \(1, NaN, 0\)/);
    const astray = failure(text(...asciiHead(4, 1), ...square, '3 0 1 4'));
    expect(astray.message).toMatch(/face 0, line 14\) has vertex 4, but there are 4/);
    expect(failure(text(...asciiHead(4, 1), ...square, '3 0 -1 2')).message).toMatch(/has vertex -1/);
    expect(failure(text(...asciiHead(4, 1), ...square.slice(1), '3 0 1')).message).toMatch(/truncated.*line 13/);
    expect(failure(text(...asciiHead(4, 1), '0 zero 0', ...square.slice(1), '3 0 1 2')).message).toMatch(
      /Line 10 holds "zero"/,
    );
    expect(failure(text('ply', 'format ascii 1.0', 'element vertex many')).message).toMatch(/no "end_header"|Line 3/);
    expect(failure(text('plywood')).message).toMatch(/does not begin with "ply"/);
    expect(failure(text(...asciiHead(3_000_000_000, 1), '0 0 0')).message).toMatch(/truncated/);
  });

  it('never reads beyond a cut, at any byte', () => {
    const bytes = encodePly(decodePly(text(...asciiHead(4, 1), ...square, '4 0 1 2 3'), 'a.ply'));
    for (let length = 0; length < bytes.length; length++) failure(bytes.subarray(0, length));
  });

  it('keeps a degenerate triangle, which the report counts', () => {
    expect([...decodePly(text(...asciiHead(4, 2), ...square, '3 0 1 2', '3 1 1 1'), 'a.ply').triangles]).toEqual([
      0, 1, 2, 1, 1, 1,
    ]);
  });
});

/** Signed areas of the triangles in the plane z = 0. */
function windingAreas({ positions: p, triangles }: Mesh): number[] {
  const areas: number[] = [];
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [3 * triangles[i], 3 * triangles[i + 1], 3 * triangles[i + 2]];
    areas.push(((p[b] - p[a]) * (p[c + 1] - p[a + 1]) - (p[c] - p[a]) * (p[b + 1] - p[a + 1])) / 2);
  }
  return areas;
}
