// The pose terms: kernel against reference, and both against closed forms and exact differences where these exist;
// pose-gradients.test.ts has the slopes of whole bodies.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { cutCrop, observationMaps } from '../../fits/pose/crop.ts';
import { photograph } from '../../fits/pose/photograph.ts';
import { type CentredPose, movePose, poseOf, unitlessGradient } from '../../fits/pose/pose-steps.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { blobMesh, boxMesh, cylinderMesh, torusMesh } from '../../geometry/primitives.ts';
import { rotationAbout } from '../../geometry/rotation.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { type MeshColours, meshColours, smallerTexture, texelDensity } from './mesh-colours.ts';
import { createPoseRenderer, type PoseRenderer, uploadMesh } from './pose-cpu.ts';
import { drawReference, evaluateReference } from './pose-reference.ts';
import type { PoseCrop, PoseTerms, TermSettings, TileTerms } from './pose-terms.ts';
import { prepareMesh, type RenderMesh } from './render-mesh.ts';

const bodies: [string, () => Mesh][] = [
  ['box', () => boxMesh(60, 80, 40)],
  ['cylinder', () => cylinderMesh(33, 90, 96, 64)],
  ['torus', () => torusMesh(40, 14, 64, 32)],
  ['blob', () => blobMesh(45, 0.15, 64, 40)],
];
/** 384 pixels a side, whose crops at 64 are exactly six times coarser. */
const whole = { width: 384, height: 384, fx: 1400, fy: 1400, cx: 192, cy: 192 };
const square = { x: 0, y: 0, width: 384, height: 384 };
const settings: TermSettings = {
  form: 'descent',
  silhouetteScale: 4,
  depthScale: 4,
  maskWeight: 1,
  depthWeight: 1,
  scoreDepth: 6,
  contourWeight: 0.5,
  contourReach: 12,
};

function poseAt(axis: readonly number[], degrees: number, x: number, y: number, z: number): CentredPose {
  const r = rotationAbout(axis, (degrees * Math.PI) / 180);
  return Float64Array.of(r[0], r[1], r[2], x, r[3], r[4], r[5], y, r[6], r[7], r[8], z);
}

const truth = poseAt([0.5, 1, 0.3], 40, 2, -3, 600);

/** What a camera would see of `mesh` at the truth. */
function observe(mesh: RenderMesh, size: number): PoseCrop {
  const { ids, depth } = drawReference(mesh, { camera: whole }, truth);
  const observation = {
    camera: whole,
    mask: Float32Array.from(ids, id => (id >= 0 ? 1 : 0)),
    depth: Float32Array.from(depth, z => (Number.isFinite(z) ? z : 0)),
  };
  return cutCrop(observationMaps(observation, square), square, size, { surface: 3, occluder: 6 });
}

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
});
afterAll(() => device.dispose());

function rendered(mesh: RenderMesh, crop: PoseCrop, use: (renderer: PoseRenderer) => void): void {
  const uploaded = uploadMesh(device, mesh);
  const renderer = createPoseRenderer(device, uploaded, crop, 32);
  use(renderer);
  renderer.dispose();
  uploaded.dispose();
}

describe.each(bodies)('%s', (_, make) => {
  const mesh = prepareMesh(make());
  const near = movePose(truth, [0.03, -0.02, 0.04, 0.03, -0.02, 0.04], mesh);

  it('is closed, and every edge of it has two triangles', () => {
    expect(mesh.closed).toBe(true);
    // Euler: V - E + F = 2 - 2 genus.
    const genus = make === bodies[2][1] ? 1 : 0;
    expect(mesh.positions.length / 3 - mesh.edges.length / 4 + mesh.triangles.length / 3).toBe(2 - 2 * genus);
  });

  it('gives the numbers of the reference', () => {
    const crop = observe(mesh, 64);
    rendered(mesh, crop, renderer => {
      // Published depths, in millimetres, are far above published masks: each alone.
      const cases = [
        { form: 'descent' },
        { form: 'second-order' },
        { form: 'published', maskWeight: 0 },
        { form: 'published', depthWeight: 0 },
      ] as const;
      for (const change of cases) {
        const { form } = change;
        const expected = evaluateReference(mesh, crop, near, { ...settings, ...change });
        const [got] = renderer.evaluate(near, { ...settings, ...change });
        // A pixel centre on an edge may fall to either side in float32.
        expect(Math.abs(got.coveredPixels - expected.coveredPixels)).toBeLessThanOrEqual(2);
        for (const key of ['loss', 'mask', 'depth', 'score'] as const) {
          expect(Math.abs(got[key] - expected[key]), `${form} ${key}`).toBeLessThan(0.01 * expected[key] + 1e-3);
        }
        const largest = Math.max(...unitlessGradient(expected.gradient, mesh).map(Math.abs));
        const got6 = unitlessGradient(got.gradient, mesh);
        unitlessGradient(expected.gradient, mesh).forEach((value, k) => {
          expect(Math.abs(got6[k] - value), `${form} gradient ${k}`).toBeLessThan(0.02 * largest);
        });
        const trace = [0, 7, 14, 21, 28, 35].map(i => Math.abs(expected.hessian[i]));
        expected.hessian.forEach((value, i) => {
          const scale = Math.sqrt(trace[Math.floor(i / 6)] * trace[i % 6]);
          expect(Math.abs(got.hessian[i] - value), `${form} hessian ${i}`).toBeLessThanOrEqual(0.02 * scale);
        });
      }
    });
  });

  it('comes from the tiles of the crop that the reference says, which make up the whole', () => {
    const crop = observe(mesh, 64);
    const form = { ...settings, form: 'second-order' } as const;
    rendered(mesh, crop, renderer => {
      const [whole] = renderer.evaluate(near, form);
      const got = renderer.tiles(near, form);
      const all = [...got.mask, ...got.depth];
      const largest = Math.max(...whole.gradient.map(Math.abs));
      whole.gradient.forEach((value, k) => {
        const sum = all.reduce((total, tile) => total + tile.gradient[k], 0);
        expect(Math.abs(sum - value)).toBeLessThan(1e-9 * largest);
      });
      whole.hessian.forEach((value, i) => {
        const sum = all.reduce((total, tile) => total + tile.hessian[i], 0);
        expect(Math.abs(sum - value)).toBeLessThan(1e-9 * whole.hessian[0]);
      });
      const { tiles } = evaluateReference(mesh, crop, near, form);
      const trace = (tile: TileTerms) => [0, 7, 14].reduce((sum, i) => sum + tile.hessian[i], 0);
      for (const term of ['mask', 'depth'] as const) {
        const most = Math.max(...tiles[term].map(trace));
        // A sample at the border of two tiles may go to either in float32.
        const off = tiles[term].filter((tile, t) => Math.abs(trace(tile) - trace(got[term][t])) > 0.05 * most);
        expect(off.length, term).toBeLessThanOrEqual(2);
        expect(tiles[term].filter(tile => trace(tile) > 0.05 * most).length, term).toBeGreaterThan(6);
      }
    });
  });

  it('counts nothing where other objects are known to be, and halves of the picture add up', () => {
    const crop = { ...observe(mesh, 64), contour: new Float32Array(0), depth: undefined, depthCount: 0 };
    const known = (isKnown: (x: number) => boolean): PoseCrop => ({
      ...crop,
      care: Float32Array.from(crop.care, (_, i) => (isKnown(i % 64) ? 1 : 0)),
    });
    const look = (seen: PoseCrop, form: 'descent' | 'second-order') => {
      let terms: PoseTerms | undefined;
      rendered(mesh, seen, renderer => {
        [terms] = renderer.evaluate(near, { ...settings, form });
      });
      return terms as PoseTerms;
    };
    for (const form of ['descent', 'second-order'] as const) {
      const [whole, none] = [
        look(crop, form),
        look(
          known(() => false),
          form,
        ),
      ];
      const [left, right] = [
        look(
          known(x => x < 30),
          form,
        ),
        look(
          known(x => x >= 30),
          form,
        ),
      ];
      expect(none).toMatchObject({
        mask: 0,
        rimSamples: 0,
        gradient: new Float64Array(6),
        hessian: new Float64Array(36),
      });
      expect(left.mask + right.mask).toBeCloseTo(whole.mask, 6);
      const largest = Math.max(...whole.gradient.map(Math.abs));
      whole.gradient.forEach((value, k) => {
        expect(Math.abs(left.gradient[k] + right.gradient[k] - value)).toBeLessThan(1e-5 * largest);
      });
      expect(Math.abs(left.gradient[3])).toBeGreaterThan(0.1 * Math.abs(whole.gradient[3]));
      expect(Math.abs(right.gradient[3])).toBeGreaterThan(0.1 * Math.abs(whole.gradient[3]));
    }
  });
});

describe.each([bodies[0], bodies[3]])('the published form of a %s', (_, make) => {
  const mesh = prepareMesh(make());

  it('has the slopes of central differences of its published mask and depth, while no pixel changes', () => {
    const crop = observe(mesh, 64);
    // Two millimetres along the ray, so that no depth is equal.
    const at = movePose(truth, [0.03, -0.02, 0.04, 0.02, -0.01, 0.02], mesh);
    const drawnAt = (step: ArrayLike<number>) => drawReference(mesh, crop, movePose(at, step, mesh)).ids;
    const ids = drawnAt(new Float64Array(6));
    for (const weights of [
      { maskWeight: 1, depthWeight: 0 },
      { maskWeight: 0, depthWeight: 1 },
    ]) {
      const form = { ...settings, ...weights, form: 'published' } as const;
      const loss = (step: ArrayLike<number>) => evaluateReference(mesh, crop, movePose(at, step, mesh), form).loss;
      const got = unitlessGradient(evaluateReference(mesh, crop, at, form).gradient, mesh);
      const largest = Math.max(...got.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      for (let k = 0; k < 6; k++) {
        const moved = (by: number) => Float64Array.from({ length: 6 }, (_, i) => (i === k ? by : 0));
        expect(drawnAt(moved(1e-7)), 'pixels stay').toEqual(ids);
        const slope = (loss(moved(1e-7)) - loss(moved(-1e-7))) / 2e-7;
        expect(Math.abs(got[k] - slope), `${JSON.stringify(weights)}, direction ${k}`).toBeLessThan(1e-3 * largest);
      }
    }
  });
});

describe('the depth term', () => {
  it('has the slopes of central differences where no pixel changes its triangle', () => {
    // One face of a box covers the whole mask, so that the loss is smooth in all six directions.
    const mesh = prepareMesh(boxMesh(200, 200, 20));
    const camera = { width: 32, height: 32, fx: 200, fy: 200, cx: 16, cy: 16 };
    const depth = Float32Array.from({ length: 1024 }, (_, i) => 590 + 0.2 * (i % 32) - 0.1 * Math.floor(i / 32));
    const crop: PoseCrop = {
      camera,
      distance: new Float32Array(1024).fill(-5),
      care: new Float32Array(1024).fill(1),
      depth,
      contour: new Float32Array(0),
      maskArea: 1024,
      depthCount: 1024,
      frameArea: 1024,
    };
    const pose = poseAt([1, 0.4, 0.2], 12, 3, -2, 603);
    // No occluders: where one begins the loss jumps.
    const open = { ...settings, scoreDepth: 1000 };
    const loss = (step: Float64Array) => evaluateReference(mesh, crop, movePose(pose, step, mesh), open).depth;
    rendered(mesh, crop, renderer => {
      const [terms] = renderer.evaluate(pose, open);
      expect(terms.coveredPixels).toBe(1024);
      const got = unitlessGradient(terms.gradient, mesh);
      const largest = Math.max(...got.map(Math.abs));
      for (let k = 0; k < 6; k++) {
        const [up, down] = [new Float64Array(6), new Float64Array(6)];
        up[k] = 1e-5;
        down[k] = -1e-5;
        const slope = (loss(up) - loss(down)) / 2e-5;
        expect(Math.abs(got[k] - slope), `direction ${k}`).toBeLessThan(1e-3 * largest);
      }
    });
  });
});

describe('the colour term', () => {
  const camera = { width: 48, height: 48, fx: 300, fy: 300, cx: 24, cy: 24 };
  const pose = poseAt([1, 0.4, 0.2], 12, 3, -2, 603);
  const body = boxMesh(200, 200, 20);
  const mesh = prepareMesh(body);
  const wave = (x: number, y: number, k: number) => 0.5 + 0.3 * Math.sin(0.9 * x + 0.5 * k) * Math.cos(0.7 * y - k);
  const texture = {
    width: 24,
    height: 24,
    values: Float32Array.from({ length: 1728 }, (_, i) => wave(Math.floor(i / 3) % 24, Math.floor(i / 72), i % 3)),
  };
  // Every vertex has another colour, so that all three channels have slopes all over the face.
  const painted = { ...body, colours: body.positions.map((value, i) => 0.5 + 0.002 * value + 0.1 * Math.sin(i)) };
  const cases: [string, MeshColours][] = [
    ['a texture', meshColours(body, mesh, texture) as MeshColours],
    ['colours of vertices', meshColours(painted, mesh, undefined) as MeshColours],
  ];
  const only = { ...settings, maskWeight: 0, depthWeight: 0, colourWeight: 1, scoreDepth: 1000 };

  it.each(cases)('has the slopes of central differences with %s, in kernel and reference', (_, colours) => {
    // The picture is what the model would look like turned by a degree and 2 mm to the side, brighter and paler.
    const crop: PoseCrop = {
      camera,
      distance: new Float32Array(2304).fill(-5),
      care: new Float32Array(2304).fill(1),
      depth: undefined,
      colours: Float32Array.from({ length: 6912 }, (_v, i) => {
        const [x, y] = [Math.floor(i / 3) % 48, Math.floor(i / 144)];
        return 0.2 + 0.5 * wave(0.19 * x + 3, 0.19 * y + 2, i % 3);
      }),
      contour: new Float32Array(0),
      maskArea: 2304,
      depthCount: 0,
      frameArea: 2304,
    };
    const loss = (step: Float64Array) =>
      evaluateReference(mesh, crop, movePose(pose, step, mesh), only, colours).colour;
    const uploaded = uploadMesh(device, mesh, colours);
    const renderer = createPoseRenderer(device, uploaded, crop, 1);
    for (const form of ['descent', 'second-order'] as const) {
      const expected = evaluateReference(mesh, crop, pose, { ...only, form }, colours);
      const [got] = renderer.evaluate(pose, { ...only, form });
      expect(got.colour).toBeCloseTo(expected.colour, 4);
      expect(got.loss).toBeCloseTo(expected.colour, 4);
      const [ours, twin] = [unitlessGradient(got.gradient, mesh), unitlessGradient(expected.gradient, mesh)];
      const largest = Math.max(...twin.map(Math.abs));
      expect(largest).toBeGreaterThan(0.01);
      for (let k = 0; k < 6; k++) {
        const [up, down] = [new Float64Array(6), new Float64Array(6)];
        up[k] = 1e-6;
        down[k] = -1e-6;
        const slope = (loss(up) - loss(down)) / 2e-6;
        expect(Math.abs(twin[k] - slope), `${form} ${k}`).toBeLessThan(2e-3 * largest);
        expect(Math.abs(ours[k] - slope), `${form} ${k}`).toBeLessThan(5e-3 * largest);
      }
      const trace = [0, 7, 14, 21, 28, 35].map(i => Math.abs(expected.hessian[i]));
      expected.hessian.forEach((value, i) => {
        expect(Math.abs(got.hessian[i] - value)).toBeLessThanOrEqual(
          5e-3 * Math.sqrt(trace[Math.floor(i / 6)] * trace[i % 6]),
        );
      });
    }
    renderer.dispose();
    uploaded.dispose();
  });
});

describe('the size at which a texture is read', () => {
  it('is that of its pixels: a texel is the mean of those it stands for', () => {
    // 24 texels on each face of 200 mm.
    const body = boxMesh(200, 200, 200);
    const mesh = prepareMesh(body);
    const random = createRandom(3, 'texture');
    const values = Float32Array.from({ length: 1728 }, () => random.uniform());
    const texture = { width: 24, height: 24, values };
    const colours = meshColours(body, mesh, texture) as MeshColours;
    expect(texelDensity(colours)).toBeCloseTo(24 / 200, 6);
    const smaller = smallerTexture(texture, 3);
    expect([smaller.width, smaller.height]).toEqual([8, 8]);
    const mean = (x: number, y: number, k: number) => {
      const places = [0, 1, 2].flatMap(v => [0, 1, 2].map(u => 3 * ((3 * y + v) * 24 + 3 * x + u) + k));
      return places.reduce((sum, i) => sum + values[i], 0) / 9;
    };
    expect(smaller.values[3 * (8 * 5 + 2) + 1]).toBeCloseTo(mean(2, 5, 1), 6);
    const camera = { width: 32, height: 32, fx: 200, fy: 200, cx: 16, cy: 16 };
    const pose = poseAt([1, 0.4, 0.2], 12, 3, -2, 903);
    const crop: PoseCrop = {
      camera,
      distance: new Float32Array(1024).fill(-5),
      care: new Float32Array(1024).fill(1),
      depth: undefined,
      colours: photograph(camera, [{ mesh: body, texture, camFromObject: poseOf(pose, mesh) }], { samples: 1 }).colours,
      contour: new Float32Array(0),
      maskArea: 1024,
      depthCount: 0,
      frameArea: 1024,
    };
    const only = { ...settings, maskWeight: 0, depthWeight: 0, colourWeight: 1, scoreDepth: 1000 };
    const uploaded = uploadMesh(device, mesh, colours);
    const lossAt = (pixelSpan: number) => {
      const renderer = createPoseRenderer(device, uploaded, crop, 1, { pixelSpan });
      const [{ colour }] = renderer.evaluate(pose, only);
      renderer.dispose();
      return colour;
    };
    const twin = (factor: number) => {
      const own = meshColours(body, mesh, smallerTexture(texture, factor));
      return evaluateReference(mesh, crop, pose, only, own).colour;
    };
    expect(Math.abs(twin(3) - twin(1))).toBeGreaterThan(0.05);
    // A pixel on 1 mm of the object reads the texture as it is, one on 25 mm three texels as one.
    expect(lossAt(1)).toBeCloseTo(twin(1), 4);
    expect(lossAt(25)).toBeCloseTo(twin(3), 4);
    uploaded.dispose();
  });
});

describe('drawing', () => {
  it('clips at the near plane: a wall through the camera still covers what lies before it', () => {
    const mesh = prepareMesh(boxMesh(20, 1000, 1000));
    const camera = { width: 32, height: 32, fx: 16, fy: 16, cx: 16, cy: 16 };
    const crop: PoseCrop = {
      camera,
      distance: new Float32Array(1024).fill(1),
      care: new Float32Array(1024).fill(1),
      depth: undefined,
      contour: new Float32Array(0),
      maskArea: 1,
      depthCount: 0,
      frameArea: 1024,
    };
    // The wall's face is the plane x = 10, from behind the camera to z = 500.
    rendered(mesh, crop, renderer => {
      const { triangles, depth } = renderer.draw(poseAt([0, 1, 0], 0, 20, 0, 0));
      const row = 16 * 32;
      for (let x = 0; x < 32; x++) {
        const slope = (x + 0.5 - 16) / 16;
        const z = 10 / slope;
        const covered = slope > 0 && z < 500;
        expect(triangles[row + x] >= 0, `pixel ${x}`).toBe(covered);
        if (covered) expect(depth[row + x]).toBeCloseTo(z, 2);
      }
    });
  });

  it('does not depend on threads, nor on who else is drawn', async () => {
    const mesh = prepareMesh(torusMesh(40, 14, 64, 32));
    const crop = observe(mesh, 64);
    const poses = new Float64Array(12 * 16);
    for (let m = 0; m < 16; m++) poses.set(movePose(truth, [0.01 * m, 0, -0.01 * m, 0.02, 0.01 * m, 0], mesh), 12 * m);
    const alone = await openNodeDevice({ threads: 1 });
    const uploaded = uploadMesh(alone, mesh);
    const one = createPoseRenderer(alone, uploaded, crop, 16);
    rendered(mesh, crop, renderer => {
      for (const form of ['descent', 'second-order', 'published'] as const) {
        const together = renderer.evaluate(poses, { ...settings, form });
        expect(one.evaluate(poses, { ...settings, form })).toEqual(together);
        expect(one.evaluate(poses.slice(12 * 7, 12 * 8), { ...settings, form })[0]).toEqual(together[7]);
      }
    });
    alone.dispose();
  });
});

describe('bad meshes', () => {
  it('are refused by name', () => {
    const { positions, triangles } = boxMesh(1, 1, 1);
    expect(() => prepareMesh({ positions, triangles: new Uint32Array(0) }, 'm.ply')).toThrow(/no triangle/);
    expect(() => prepareMesh({ positions: positions.map(() => Number.NaN), triangles })).toThrow(/not a finite/);
    expect(() => prepareMesh({ positions, triangles: Uint32Array.of(0, 1, 1) })).toThrow(/no triangle/);
    expect(() => prepareMesh({ positions, triangles: Uint32Array.of(0, 1, 99) })).toThrow(/not there/);
  });
});
