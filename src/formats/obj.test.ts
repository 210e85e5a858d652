import { describe, expect, it } from 'vitest';
import { LabError } from '../protocol/lab-error.ts';
import { decodeObj } from './obj.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const files = (content: Record<string, string>) => (path: string) =>
  content[path] === undefined ? undefined : bytes(content[path]);
const square = 'v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n';

function failure(text: string): LabError {
  try {
    decodeObj(bytes(text), 'part.obj');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    const error = thrown as LabError;
    expect([error.code, error.where]).toEqual(['input', 'part.obj']);
    expect(error.tip).toBeTruthy();
    return error;
  }
  throw new Error('The file was read.');
}

describe('OBJ', () => {
  it('reads polygons, comments, line ends of Windows and lines that go on', () => {
    const mesh = decodeObj(bytes(`# a square\r\n${square.replaceAll('\n', '\r\n')}f 1 2 \\\r\n 3 4`), 'a.obj');
    expect([...mesh.positions].length).toBe(12);
    expect(mesh.triangles.length).toBe(6);
    expect(mesh.textureCoordinates).toBeUndefined();
  });

  it('counts negative indices back from where the face stands', () => {
    const { positions, triangles } = decodeObj(bytes(`${square}f -4 -3 -2\nv 9 9 9\nf -5 -3 -1`), 'a.obj');
    const corner = (i: number) => [...positions.subarray(3 * triangles[i], 3 * triangles[i] + 3)];
    expect([0, 1, 2].map(corner)).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
    ]);
    expect([3, 4, 5].map(corner)).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [9, 9, 9],
    ]);
  });

  it('splits vertices along texture seams only, turns v down and finds the texture behind its options', () => {
    const text = `mtllib my can.mtl\n${square}vt 0 0\nvt 1 0\nvt 1 1\nvt 0.5 0.25\nusemtl can\nf 1/1 2/2 3/3\nf 1/4 3/3 4/1`;
    const mesh = decodeObj(
      bytes(text),
      'a.obj',
      files({ 'my can.mtl': 'newmtl can\nKd 0.5 0.5 0.5\nmap_Kd -s 1 1 1 -clamp on textures\\my can.png' }),
    );
    expect(mesh.texture).toEqual({ name: 'textures/my can.png' });
    expect([...mesh.triangles]).toEqual([0, 1, 2, 3, 2, 4]);
    expect([...mesh.textureCoordinates!]).toEqual([0, 1, 1, 1, 1, 0, 0.5, 0.75, 0, 1]);
    expect(mesh.colours).toBeUndefined();
  });

  it('reads vertex colours, and paints with the materials where there is nothing else', () => {
    const coloured = decodeObj(bytes('v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 0.5\nf 1 2 3'), 'a.obj');
    expect([...coloured.colours!]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0.5]);
    const painted = decodeObj(
      bytes(`mtllib m.mtl\n${square}usemtl red\nf 1 2 3\nusemtl blue\nf 1 3 4`),
      'a.obj',
      files({ 'm.mtl': 'newmtl red\nKd 1 0 0\nnewmtl blue\nKd 0 0 1' }),
    );
    const colour = (i: number) => [
      ...painted.colours!.subarray(3 * painted.triangles[i], 3 * painted.triangles[i] + 3),
    ];
    expect([0, 1, 2].map(colour)).toEqual(new Array(3).fill([1, 0, 0]));
    expect([3, 4, 5].map(colour)).toEqual(new Array(3).fill([0, 0, 1]));
  });

  it('says what it leaves out: a missing material file, a second texture', () => {
    const lost = decodeObj(bytes(`mtllib gone.mtl\n${square}usemtl a\nf 1 2 3`), 'a.obj');
    expect(lost.notes).toEqual([expect.stringContaining('"gone.mtl" is missing')]);
    const two = decodeObj(
      bytes(`mtllib m.mtl\n${square}vt 0 0\nusemtl a\nf 1/1 2/1 3/1\nusemtl b\nf 1/1 2/1 3/1 4/1`),
      'a.obj',
      files({ 'm.mtl': 'newmtl a\nmap_Kd a.png\nnewmtl b\nmap_Kd b.png' }),
    );
    expect(two.texture).toEqual({ name: 'b.png' });
    expect(two.notes).toEqual([expect.stringContaining('2 textures')]);
  });

  it('names line and tip of what it cannot use', () => {
    expect(failure('').message).toMatch(/empty/);
    expect(failure(square).message).toMatch(/4 vertices but no faces/);
    expect(failure(`${square}v 1 nan 2\nf 1 2 3`).message).toMatch(/Vertex 5 \(line 5\)/);
    expect(failure(`${square}f 1 2 9`).message).toMatch(
      /line 5\) has "9" among its vertices, but there are 4, counted from 1/,
    );
    expect(failure(`${square}f 1 2 0`).message).toMatch(/line 5\) has "0" among its vertices/);
    expect(failure(`${square}f 1/1 2/1 3/1`).message).toMatch(/line 5\).*texture coordinates, but there are 0/);
    expect(failure(`${square}f one two three`).message).toMatch(/line 5\) has "one"/);
    expect(failure('v 1 2').message).toMatch(/truncated: line 1/);
  });
});
