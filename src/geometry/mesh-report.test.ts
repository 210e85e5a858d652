import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { decimateMesh } from './decimate.ts';
import type { Mesh } from './mesh.ts';
import { canCullBackFaces, meshDiameter, reportMesh, rmsRadius } from './mesh-report.ts';
import { blobMesh, boxMesh, cylinderMesh, joinMeshes, lathe, torusMesh } from './primitives.ts';
import { weldVertices } from './weld.ts';

const seed = 55;

describe('mesh report', () => {
  it('knows a box: diameter is the diagonal, closed, facing outwards, volume', () => {
    const report = reportMesh(boxMesh(3, 4, 12));
    expect(report).toMatchObject({
      vertices: 24,
      triangles: 12,
      diameter: 13,
      boundingBox: { min: [-1.5, -2, -6], max: [1.5, 2, 6] },
      closed: true,
      consistentlyOriented: true,
      volume: 144,
      degenerateTriangles: 0,
    });
    expect(canCullBackFaces(report)).toBe(true);
    // All corners are half a diagonal away.
    expect(rmsRadius(boxMesh(3, 4, 12), [0, 0, 0])).toBe(6.5);
  });

  it('knows bodies of revolution by their volumes', () => {
    const cylinder = reportMesh(cylinderMesh(10, 30, 96, 8));
    const polygon = 0.5 * 96 * Math.sin((2 * Math.PI) / 96);
    expect(cylinder).toMatchObject({ closed: true, consistentlyOriented: true, degenerateTriangles: 0 });
    expect(cylinder.volume).toBeCloseTo(polygon * 100 * 30, 1);
    expect(cylinder.diameter).toBeCloseTo(Math.hypot(20, 30), 4);
    const torus = reportMesh(torusMesh(20, 5, 64, 32));
    expect(torus).toMatchObject({ closed: true, consistentlyOriented: true });
    // Pappus: area of the 32-gon times the way of its centroid along the 64-gon, whose mean area factor is n/2π sin 2π/n.
    const section = 0.5 * 32 * Math.sin((2 * Math.PI) / 32) * 25;
    expect(torus.volume).toBeCloseTo(section * 20 * 64 * Math.sin((2 * Math.PI) / 64), 0);
    expect(canCullBackFaces(reportMesh(blobMesh(40, 0.3, 32, 16)))).toBe(true);
  });

  it('sees a hole, a turned triangle, an inside-out mesh and triangles without area', () => {
    const box = boxMesh(1, 1, 1);
    const { triangles } = box;
    expect(reportMesh({ ...box, triangles: triangles.slice(3) })).toMatchObject({
      closed: false,
      consistentlyOriented: true,
    });
    const turned = triangles.slice();
    [turned[0], turned[1]] = [turned[1], turned[0]];
    expect(reportMesh({ ...box, triangles: turned })).toMatchObject({ closed: true, consistentlyOriented: false });
    const insideOut = reportMesh({ ...box, triangles: triangles.slice().reverse() });
    expect(insideOut).toMatchObject({ closed: true, consistentlyOriented: true, volume: -1 });
    expect(canCullBackFaces(insideOut)).toBe(false);
    const degenerate = Uint32Array.of(...triangles, 0, 0, 1, 5, 5, 5);
    expect(reportMesh({ ...box, triangles: degenerate })).toMatchObject({ closed: true, degenerateTriangles: 2 });
  });

  it(`finds the diameter that all pairs give (seed ${seed})`, () => {
    const random = createRandom(seed, 'diameter');
    for (let trial = 0; trial < 30; trial++) {
      const n = 3 + random.integer(60);
      const positions = Float32Array.from(
        { length: 3 * n },
        () => random.normal() * (trial % 2 ? 1 : random.uniform()),
      );
      const mesh: Mesh = { positions, triangles: Uint32Array.from({ length: 3 * n }, (_, i) => i % n) };
      let most = 0;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) {
          const d = [0, 1, 2].map(k => positions[3 * i + k] - positions[3 * j + k]);
          most = Math.max(most, Math.hypot(...d));
        }
      }
      expect(meshDiameter(mesh), `seed ${seed}, trial ${trial}`).toBeCloseTo(most, 6);
    }
  });

  it('does not count a vertex that no triangle uses', () => {
    const box = boxMesh(3, 4, 12);
    const positions = Float32Array.of(...box.positions, 1000, 0, 0);
    expect(meshDiameter({ ...box, positions })).toBe(13);
  });
});

describe('welding', () => {
  it('finds equal places, and takes −0 for 0', () => {
    const { representative, count } = weldVertices(Float32Array.of(1, 2, 3, 0, 0, 0, 1, 2, 3, -0, 0, -0, 3, 2, 1));
    expect([...representative]).toEqual([0, 1, 0, 1, 4]);
    expect(count).toBe(3);
  });
});

describe('decimation', () => {
  it('keeps volume and closedness of a blob within 2 % at a fifth of its triangles', async () => {
    const blob = blobMesh(40, 0.3, 128, 64);
    const { mesh, error } = await decimateMesh(blob, 3000);
    const [before, after] = [reportMesh(blob), reportMesh(mesh)];
    expect(after.triangles).toBeLessThanOrEqual(3600);
    expect(after.triangles).toBeGreaterThan(2400);
    expect(after).toMatchObject({ closed: true, consistentlyOriented: true, degenerateTriangles: 0 });
    expect(Math.abs(after.volume / before.volume - 1)).toBeLessThan(0.02);
    expect(Math.abs(after.diameter / before.diameter - 1)).toBeLessThan(0.02);
    expect(error).toBeLessThan(1);
    expect(mesh.textureCoordinates).toBeUndefined();
  });

  it('is deterministic, leaves small meshes alone, and keeps texture coordinates where asked', async () => {
    const can = cylinderMesh(30, 100, 200, 60);
    const [first, second] = await Promise.all([decimateMesh(can, 2000, 'keep'), decimateMesh(can, 2000, 'keep')]);
    expect(first).toEqual(second);
    const { positions, textureCoordinates } = first.mesh;
    expect(textureCoordinates!.length / 2).toBe(positions.length / 3);
    // On the side, u is the angle and v follows the height.
    for (let i = 0; i < positions.length / 3; i++) {
      const [x, y, z] = positions.subarray(3 * i, 3 * i + 3);
      if (Math.abs(z) > 49) continue;
      const u = (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1;
      const difference = Math.abs(u - textureCoordinates![2 * i]);
      expect(Math.min(difference, 1 - difference)).toBeLessThan(1e-4);
    }
    const box = boxMesh(1, 2, 3);
    expect((await decimateMesh(box, 12)).mesh).toBe(box);
  });

  it('thins out a soup of triangles that share no corners', async () => {
    const random = createRandom(seed, 'soup');
    const centres = Array.from({ length: 4000 }, () => [0, 1, 2].map(() => 100 * random.normal()));
    const positions = Float32Array.from(centres.flatMap(c => [...c, c[0] + 1, c[1], c[2], c[0], c[1] + 1, c[2]]));
    const soup = { positions, triangles: Uint32Array.from({ length: 12000 }, (_, i) => i) };
    const { mesh } = await decimateMesh(soup, 1000);
    expect(mesh.triangles.length / 3).toBeLessThan(2000);
    expect(mesh.triangles.length / 3).toBeGreaterThan(0);
  });

  it('joins bodies', () => {
    const joined = joinMeshes([boxMesh(1, 1, 1), cylinderMesh(1, 1, 12, 1)]);
    expect(reportMesh(joined)).toMatchObject({ closed: true, consistentlyOriented: true });
    // A washer: outside up, inside down.
    const washer = lathe(
      [
        [1, 0],
        [2, 0],
        [2, 1],
        [1, 1],
        [1, 0],
      ],
      64,
    );
    const { volume, closed } = reportMesh(washer);
    expect(closed).toBe(true);
    expect(volume).toBeCloseTo(0.5 * 64 * Math.sin((2 * Math.PI) / 64) * 3, 4);
  });
});
