import { describe, expect, it } from 'vitest';
import { cropCamera, project } from '../../geometry/camera.ts';
import { blobMesh, boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid, transformPoint } from '../../geometry/rigid.ts';
import { expSo3, identityRotation } from '../../geometry/rotation.ts';
import { photograph, sampleTexture } from './photograph.ts';

const camera = { width: 64, height: 48, fx: 100, fy: 100, cx: 32, cy: 24 };
const ahead = (z: number): CamFromObject => rigid(identityRotation(), Float64Array.of(0, 0, z));

describe('photograph', () => {
  it('of a box face on: its near face at its depth, 20 × 10 pixels', () => {
    // Face at z = 500, 100 × 50 mm: 100 · 100 / 500 = 20 by 10 pixels around the principal point.
    const { depthMillimetres, owner, colours } = photograph(
      camera,
      [{ mesh: boxMesh(100, 50, 40), camFromObject: ahead(520) }],
      { samples: 1, background: [0, 0, 1] },
    );
    for (let y = 0; y < 48; y++) {
      for (let x = 0; x < 64; x++) {
        const isInside = x >= 22 && x < 42 && y >= 19 && y < 29;
        expect(owner[64 * y + x], `${x}, ${y}`).toBe(isInside ? 0 : -1);
        expect(depthMillimetres[64 * y + x]).toBe(isInside ? 500 : 0);
        expect(colours[3 * (64 * y + x) + 2]).toBe(Math.fround(isInside ? 0.6 : 1));
      }
    }
  });

  it('shows the nearer of two bodies, whichever comes first', () => {
    const near = { mesh: boxMesh(20, 20, 20), camFromObject: ahead(300) };
    const far = { mesh: boxMesh(200, 200, 20), camFromObject: ahead(600) };
    const centre = 24 * 64 + 32;
    expect(photograph(camera, [near, far], { samples: 1 }).owner[centre]).toBe(0);
    expect(photograph(camera, [far, near], { samples: 1 }).owner[centre]).toBe(1);
    expect(photograph(camera, [far, near], { samples: 1 }).owner[24 * 64 + 20]).toBe(0);
  });

  it('draws a tilted plane at the depth of its equation, and the texture where its coordinates say', () => {
    const mesh = {
      positions: Float32Array.of(-100, -100, 0, 100, -100, 0, 100, 100, 0, -100, 100, 0),
      triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
      textureCoordinates: Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1),
    };
    // Red grows with u, green with v, in steps too fine to see.
    const side = 256;
    const values = Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const texel = Math.floor(i / 3);
      return [((texel % side) + 0.5) / side, (Math.floor(texel / side) + 0.5) / side, 0][i % 3];
    });
    const camFromObject: CamFromObject = rigid(expSo3([0.5, -0.3, 0.2]), Float64Array.of(5, -4, 700));
    const body = { mesh, texture: { width: side, height: side, values }, camFromObject };
    const { depthMillimetres, colours, owner } = photograph(camera, [body], { samples: 1 });
    for (const [x, y] of [
      [0, 0],
      [30, -20],
      [-45, 10],
    ]) {
      const point = transformPoint(camFromObject, [x, y, 0]);
      const [u, v] = project(camera, point);
      // A camera whose one pixel looks exactly at the point.
      const eye = cropCamera(camera, { x: u - 0.005, y: v - 0.005, width: 0.01, height: 0.01 }, 1, 1);
      const seen = photograph(eye, [body], { samples: 1 });
      expect(seen.depthMillimetres[0]).toBeCloseTo(point[2], 3);
      expect(seen.colours[0]).toBeCloseTo((x + 100) / 200, 5);
      expect(seen.colours[1]).toBeCloseTo((y + 100) / 200, 5);
    }
    expect(owner.some(value => value === 0)).toBe(true);
    expect(depthMillimetres.length * 3).toBe(colours.length);
  });

  it('cuts what reaches behind the camera', () => {
    // A floor 50 mm below the camera, from behind it to far ahead: seen below the horizon, at depth 50 / tan.
    const floor = {
      positions: Float32Array.of(-1e5, 50, -1000, 1e5, 50, -1000, 1e5, 50, 1e5, -1e5, 50, 1e5),
      triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
    };
    const { depthMillimetres, owner } = photograph(camera, [{ mesh: floor, camFromObject: ahead(0) }], { samples: 1 });
    expect(owner[23 * 64 + 32]).toBe(-1);
    for (const row of [24, 30, 47]) {
      expect(depthMillimetres[row * 64 + 32]).toBeCloseTo((50 * 100) / (row + 0.5 - 24), 1);
    }
  });

  it('with 3 × 3 rays: depth stays that of the centre, colours at the rim are mixed by covered area', () => {
    const body = {
      mesh: { ...boxMesh(101, 50, 40), colours: new Float32Array(72).fill(1) },
      camFromObject: ahead(520),
    };
    const fine = photograph(camera, [body], { samples: 3 });
    const plain = photograph(camera, [body], { samples: 1 });
    expect(fine.depthMillimetres).toEqual(plain.depthMillimetres);
    expect(fine.owner).toEqual(plain.owner);
    // The face is 20.2 pixels wide: a tenth of a pixel reaches into the next one, less than its first ray.
    expect(fine.colours[3 * (24 * 64 + 42)]).toBe(0);
    const wider = photograph(camera, [{ ...body, mesh: { ...body.mesh, positions: boxMesh(104, 50, 40).positions } }], {
      samples: 3,
    });
    // 0.4 pixels reach over the first third.
    expect(wider.colours[3 * (24 * 64 + 42)]).toBeCloseTo(1 / 3, 6);
  });

  it('shades by the cosine to the light, never a side that faces away', () => {
    const body = {
      mesh: { ...boxMesh(100, 50, 40), colours: new Float32Array(72).fill(1) },
      camFromObject: ahead(520),
    };
    const at = (light: readonly number[]) =>
      photograph(camera, [body], { samples: 1, light }).colours[3 * (24 * 64 + 32)];
    expect(at([0, 0, -1])).toBeCloseTo(1, 6);
    expect(at([0, 0, 1])).toBeCloseTo(0.35, 6);
    expect(at([0, Math.sqrt(3), -1])).toBeCloseTo(0.35 + 0.65 * 0.5, 6);
  });

  it('has no pinholes in a closed surface', () => {
    const { owner } = photograph(
      camera,
      [{ mesh: blobMesh(60, 0.2, 64, 32), camFromObject: rigid(expSo3([0.3, 1, 0.2]), Float64Array.of(0, 0, 400)) }],
      { samples: 3 },
    );
    for (let y = 0; y < 48; y++) {
      const row = [...owner.subarray(64 * y, 64 * y + 64)];
      const [first, last] = [row.indexOf(0), row.lastIndexOf(0)];
      if (first >= 0) expect(row.slice(first, last + 1).every(value => value === 0)).toBe(true);
    }
  });
});

describe('texture', () => {
  it('is exact at texel centres, halfway between them the mean, and goes round', () => {
    const texture = { width: 2, height: 1, values: Float32Array.of(1, 0, 0, 0, 1, 0) };
    const sample = (u: number, v: number) => {
      const out = new Float64Array(3);
      sampleTexture(texture, u, v, out);
      return [...out];
    };
    expect(sample(0.25, 0.5)).toEqual([1, 0, 0]);
    expect(sample(0.75, 0.5)).toEqual([0, 1, 0]);
    expect(sample(0.5, 0.5)).toEqual([0.5, 0.5, 0]);
    expect(sample(1, 0.5)).toEqual([0.5, 0.5, 0]);
    expect(sample(1.25, -2.5)).toEqual([1, 0, 0]);
  });
});
