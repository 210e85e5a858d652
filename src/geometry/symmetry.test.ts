import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import type { Mesh } from './mesh.ts';
import { blobMesh, boxMesh, cylinderMesh, joinMeshes, lathe, torusMesh } from './primitives.ts';
import { type ObjectFromObject, rigid, transformPoint, transformPoints } from './rigid.ts';
import { angleBetween, expSo3, rotationAbout } from './rotation.ts';
import { createSurfaceDistance } from './surface-distance.ts';
import { describeSymmetries, findSymmetries, isSymmetric } from './symmetry.ts';

const seed = 77;
/** The mesh somewhere else, so that no axis is an axis of coordinates. */
function placed(mesh: Mesh): { readonly mesh: Mesh; readonly map: ObjectFromObject } {
  const map: ObjectFromObject = rigid(expSo3([0.4, -0.7, 0.3]), Float64Array.of(20, -10, 5));
  return { mesh: { ...mesh, positions: Float32Array.from(transformPoints(map, mesh.positions)) }, map };
}

/** A bar of `sides` sides. */
const prism = (sides: number) =>
  lathe(
    [
      [0, -40],
      [10, -40],
      [10, 40],
      [0, 40],
    ],
    sides,
  );

describe('distance to a surface', () => {
  it(`is the least over all triangles, and unknown beyond the limit (seed ${seed})`, () => {
    const random = createRandom(seed, 'surface');
    const box = boxMesh(20, 30, 40);
    const { distance } = createSurfaceDistance(box, 5);
    for (let trial = 0; trial < 300; trial++) {
      const [x, y, z] = [36, 46, 56].map(side => side * (random.uniform() - 0.5));
      const gaps = [Math.abs(x) - 10, Math.abs(y) - 15, Math.abs(z) - 20];
      // Inside the nearest face counts, outside what sticks out.
      const expected = Math.max(...gaps) <= 0 ? -Math.max(...gaps) : Math.hypot(...gaps.map(gap => Math.max(0, gap)));
      if (expected < 5) expect(distance(x, y, z), `trial ${trial}`).toBeCloseTo(expected, 4);
      else expect(distance(x, y, z)).toBe(Infinity);
    }
  });
});

describe('symmetries', () => {
  it.each([
    ['a box of three lengths', boxMesh(60, 80, 40), 3],
    ['a square bar', boxMesh(20, 20, 80), 7],
    ['a cube', boxMesh(50, 50, 50), 23],
    ['a bar of three sides', prism(3), 5],
    ['a bar of six sides', prism(6), 11],
    ['a blob', blobMesh(45, 0.15, 64, 40), 0],
    ['a box with a knob', joinMeshes([boxMesh(60, 80, 40), boxMesh(5, 5, 50)]), 3],
    ['a box with a knob at a corner', joinMeshes([boxMesh(60, 80, 40), placed(boxMesh(9, 9, 60)).mesh]), 0],
  ])('of %s are the turns of its group', (_, original, count) => {
    const { mesh } = placed(original);
    const { symmetries, symmetryAxes } = findSymmetries(mesh);
    expect(symmetryAxes).toEqual([]);
    expect(symmetries.length).toBe(count);
    for (const map of symmetries) {
      // Corners land on corners.
      const moved = transformPoints(map, mesh.positions);
      for (let i = 0; i < moved.length; i += 3) {
        let least = Infinity;
        for (let j = 0; j < moved.length; j += 3) {
          least = Math.min(least, Math.hypot(...[0, 1, 2].map(k => moved[i + k] - mesh.positions[j + k])));
        }
        expect(least).toBeLessThan(0.05);
      }
      // The group is closed: what two of them make together is the identity or one of them.
      for (const other of symmetries) {
        const product = transformPoint(map, transformPoint(other, [7, 11, 13]));
        const known = [[7, 11, 13], ...symmetries.map(each => transformPoint(each, [7, 11, 13]))];
        expect(Math.min(...known.map(p => Math.hypot(...[0, 1, 2].map(k => p[k] - product[k]))))).toBeLessThan(0.2);
      }
    }
  });

  it.each([
    ['a torus', torusMesh(40, 14, 64, 32), 'both ends'],
    ['a cylinder', cylinderMesh(33, 90, 96, 8), 'both ends'],
    ['a cylinder whose moments agree', cylinderMesh(20, 20 * Math.sqrt(3), 96, 8), 'both ends'],
    [
      'a cone',
      lathe(
        [
          [0, 0],
          [30, 0],
          [0, 70],
        ],
        64,
      ),
      'one end',
    ],
  ])('of %s are an axis', (_, original, ends) => {
    const { mesh, map } = placed(original);
    const { symmetries, symmetryAxes } = findSymmetries(mesh);
    expect(symmetryAxes.length).toBe(1);
    const [{ direction, point }] = symmetryAxes;
    const axis = [2, 5, 8].map(k => map.rotation[k]);
    expect(Math.abs(direction.reduce((sum, value, k) => sum + value * axis[k], 0))).toBeCloseTo(1, 6);
    // The point is on the line through the placed origin.
    const offset = point.map((value, k) => value - map.translation[k]);
    const along = offset.reduce((sum, value, k) => sum + value * axis[k], 0);
    expect(Math.hypot(...offset.map((value, k) => value - along * axis[k]))).toBeLessThan(1e-3);
    expect(symmetries.length).toBe(ends === 'both ends' ? 1 : 0);
  });

  it('of a sphere are all turns, and of a mug those about its axis only until it has a handle', () => {
    expect(findSymmetries(blobMesh(30, 0, 64, 32)).symmetryAxes.length).toBe(3);
    const mug = cylinderMesh(40, 90, 96, 8);
    const handle = { ...boxMesh(15, 6, 60), textureCoordinates: undefined };
    const beside = { ...handle, positions: handle.positions.map((value, i) => value + (i % 3 === 0 ? 47 : 0)) };
    const report = findSymmetries(joinMeshes([mug, beside]));
    expect(report.symmetryAxes).toEqual([]);
    // Half a turn about the axis through the handle.
    expect(report.symmetries.length).toBe(1);
    expect(angleBetween(report.symmetries[0].rotation, rotationAbout([1, 0, 0], Math.PI))).toBeLessThan(0.01);
  });

  it('allow a hundredth of the diameter and no more', () => {
    const box = boxMesh(60, 80, 40);
    const dented = (depth: number) => ({
      ...box,
      positions: box.positions.map((value, i) => (i % 3 === 2 && i < 3 && value < 0 ? value + depth : value)),
    });
    const [slight, deep] = [0.4, 6].map(depth => findSymmetries(dented(depth)));
    expect(slight.symmetries.length).toBe(3);
    expect(deep.symmetries.length).toBeLessThan(3);
    expect(isSymmetric(findSymmetries(box, 1e-4))).toBe(true);
  });

  it('are told in a phrase', () => {
    expect(describeSymmetries(findSymmetries(blobMesh(45, 0.15, 64, 40)))).toBeUndefined();
    expect(describeSymmetries(findSymmetries(cylinderMesh(33, 90, 96, 8)))).toBe(
      'any turn about its z axis, and half turns across',
    );
    expect(describeSymmetries(findSymmetries(boxMesh(60, 80, 40)))).toBe('4 poses look the same');
  });
});
