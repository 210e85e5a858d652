import { describe, expect, it } from 'vitest';
import { LabError } from '../protocol/lab-error.ts';
import { decodeStl } from './stl.ts';

/** A tetrahedron: four triangles over four places. */
const places = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const faces = [
  [0, 2, 1],
  [0, 1, 3],
  [1, 2, 3],
  [2, 0, 3],
];

function binary(head = ''): Uint8Array {
  const out = new Uint8Array(84 + 50 * faces.length);
  out.set(new TextEncoder().encode(head));
  const view = new DataView(out.buffer);
  view.setUint32(80, faces.length, true);
  faces.forEach((face, f) => {
    face.forEach((corner, c) => {
      places[corner].forEach((value, k) => {
        view.setFloat32(84 + 50 * f + 12 + 12 * c + 4 * k, value, true);
      });
    });
  });
  return out;
}

function ascii(): string {
  const facets = faces.map(
    face =>
      `facet normal 0 0 0\n outer loop\n${face.map(corner => `  vertex ${places[corner].join(' ')}\n`).join('')} endloop\nendfacet\n`,
  );
  return `solid tetrahedron\n${facets.join('')}endsolid\n`;
}

function failure(bytes: Uint8Array): LabError {
  try {
    decodeStl(bytes, 'part.stl');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    const error = thrown as LabError;
    expect([error.code, error.where]).toEqual(['input', 'part.stl']);
    expect(error.tip).toBeTruthy();
    return error;
  }
  throw new Error('The file was read.');
}

describe('STL', () => {
  it.each([
    ['ASCII', new TextEncoder().encode(ascii())],
    ['binary', binary()],
    ['binary that begins with "solid"', binary('solid by some program')],
  ])('reads %s and makes equal places one vertex', (_, bytes) => {
    const { positions, triangles } = decodeStl(bytes, 'a.stl');
    expect(positions.length / 3).toBe(4);
    const corners = [...triangles].map(i => [...positions.subarray(3 * i, 3 * i + 3)]);
    expect(corners).toEqual(faces.flat().map(corner => places[corner]));
  });

  it('names line or byte of what it cannot use', () => {
    const nan = binary();
    new DataView(nan.buffer).setFloat32(84 + 12 + 4, Number.NaN, true);
    expect(failure(nan).message).toMatch(/Vertex 0 \(byte 100\)/);
    expect(failure(new TextEncoder().encode(ascii().replace('vertex 1 0 0', 'vertex 1 x 0'))).message).toMatch(
      /Vertex 2 \(line 6\)/,
    );
    expect(failure(new TextEncoder().encode(ascii().slice(0, 150))).message).toMatch(/truncated/);
    expect(failure(new TextEncoder().encode('solid nothing\nendsolid\n')).message).toMatch(/no vertices/);
    expect(failure(new Uint8Array(3)).message).toMatch(/3 bytes/);
    for (let length = 0; length < binary().length; length += 7) failure(binary().subarray(0, length));
  });
});
