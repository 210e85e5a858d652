// Gradients of the pose terms in all six directions against the slopes of the losses themselves, on simple bodies and on
// the meshes of the samples.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { cutCrop, observationMaps } from '../../fits/pose/crop.ts';
import { photograph } from '../../fits/pose/photograph.ts';
import { type CentredPose, movePose, poseOf, tangentUnits, unitlessGradient } from '../../fits/pose/pose-steps.ts';
import { bowlModel, boxModel, canModel, screwModel } from '../../fits/pose/sample-models.ts';
import type { PoseModel } from '../../formats/pose-scene.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { blobMesh, boxMesh, cylinderMesh, torusMesh } from '../../geometry/primitives.ts';
import { rotationAbout } from '../../geometry/rotation.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { type MeshColours, meshColours } from './mesh-colours.ts';
import { createPoseRenderer, type PoseRenderer, uploadMesh } from './pose-cpu.ts';
import type { PoseCrop, PoseTerms, TermSettings } from './pose-terms.ts';
import { prepareMesh, type RenderMesh } from './render-mesh.ts';

interface Bounds {
  /** Pixels a side of the crop, and of that for the silhouette. */
  readonly size: number;
  readonly silhouetteSize: number;
  /** What slopes may differ by, in shares of the largest. */
  readonly rim: number;
  readonly depth: number;
}

const plain: Bounds = { size: 64, silhouetteSize: 64, rim: 0.05, depth: 0.05 };
/**
 * Rims and shafts of the samples are hardly wider than a pixel at 64. The slopes of a thread change by a tenth with the length
 * of the step, and its facets are too small for one plane a pixel.
 */
const bodies: [string, Bounds, () => Mesh][] = [
  ['box', plain, () => boxMesh(60, 80, 40)],
  ['cylinder', plain, () => cylinderMesh(33, 90, 96, 64)],
  ['torus', plain, () => torusMesh(40, 14, 64, 32)],
  ['blob', plain, () => blobMesh(45, 0.15, 64, 40)],
  ['sample can', plain, () => canModel(1).mesh],
  ['sample box', plain, () => boxModel(2).mesh],
  ['sample bowl', { ...plain, size: 128, silhouetteSize: 128 }, () => bowlModel(3).mesh],
  ['sample screw', { size: 192, silhouetteSize: 384, rim: 0.11, depth: 0.14 }, () => screwModel(4).mesh],
];
/** Pixels a side of the picture, a whole multiple of those of the crops. */
const fine = 384;
const camera = { width: fine, height: fine, fx: 1400, fy: 1400, cx: fine / 2, cy: fine / 2 };
const square = { x: 0, y: 0, width: fine, height: fine };
const directions = [0, 1, 2, 3, 4, 5];
const samples = 9;

let device: CpuDevice;
beforeAll(async () => {
  device = await openNodeDevice({ threads: 2 });
});
afterAll(() => device.dispose());

function rendered<T>(
  mesh: RenderMesh,
  crop: PoseCrop,
  use: (renderer: PoseRenderer) => T,
  { colours, pixelSpan }: { colours?: MeshColours | undefined; pixelSpan?: number } = {},
): T {
  const uploaded = uploadMesh(device, mesh, colours);
  const renderer = createPoseRenderer(device, uploaded, crop, samples, { pixelSpan: pixelSpan ?? 0 });
  const result = use(renderer);
  renderer.dispose();
  uploaded.dispose();
  return result;
}

/** Steps by which the vertices move by a unit of length: a shift, or a turn by it over the radius. */
function lengthSteps(mesh: RenderMesh): (k: number) => number {
  const { turn, shift } = tangentUnits(mesh);
  return k => (k < 3 ? 1 / mesh.radius / turn : 1 / shift);
}

/** Slopes per unit of length of a loss, fitted over ± `reach`: pixels that come and go make it jump a little. */
function fittedSlopes(
  renderer: PoseRenderer,
  mesh: RenderMesh,
  pose: CentredPose,
  settings: TermSettings,
  reach: number,
  lossOf: (terms: PoseTerms) => number,
): number[] {
  const offsets = Array.from({ length: samples }, (_, s) => reach * ((2 * s) / (samples - 1) - 1));
  const unit = lengthSteps(mesh);
  return directions.map(k => {
    const poses = new Float64Array(12 * samples);
    offsets.forEach((offset, s) => {
      const step = new Float64Array(6);
      step[k] = offset * unit(k);
      poses.set(movePose(pose, step, mesh), 12 * s);
    });
    const products = renderer.evaluate(poses, settings).reduce((sum, terms, s) => sum + lossOf(terms) * offsets[s], 0);
    return products / offsets.reduce((sum, offset) => sum + offset * offset, 0);
  });
}

function gradientOf(renderer: PoseRenderer, mesh: RenderMesh, pose: CentredPose, settings: TermSettings): number[] {
  const unit = lengthSteps(mesh);
  const [{ gradient }] = renderer.evaluate(pose, settings);
  return Array.from(unitlessGradient(gradient, mesh), (value, k) => value * unit(k));
}

/** Draws at the fine size. */
function drawn(mesh: RenderMesh, pose: CentredPose) {
  const none: PoseCrop = {
    camera,
    distance: new Float32Array(fine * fine).fill(1),
    care: new Float32Array(fine * fine).fill(1),
    depth: undefined,
    contour: new Float32Array(0),
    maskArea: 1,
    depthCount: 0,
    frameArea: fine * fine,
  };
  return rendered(mesh, none, renderer => renderer.draw(pose));
}

describe.each(bodies)('%s', (_, { size: coarse, silhouetteSize, rim, depth: depthSlack }, make) => {
  const mesh = prepareMesh(make());
  /** The picture shows a body of this length a pixel. */
  const millimetre = mesh.diameter / 110;
  const r = rotationAbout([0.5, 1, 0.3], 0.7);
  const z = 5.5 * mesh.diameter;
  const truth = Float64Array.of(r[0], r[1], r[2], 0.01 * z, r[3], r[4], r[5], -0.01 * z, r[6], r[7], r[8], z);
  const near = movePose(truth, [0.03, -0.02, 0.04, 0.03, -0.02, 0.04], mesh);
  const settings: TermSettings = {
    form: 'descent',
    silhouetteScale: 4,
    depthScale: 4 * millimetre,
    maskWeight: 1,
    depthWeight: 1,
    scoreDepth: 6 * millimetre,
    contourWeight: 0.5,
    contourReach: 12,
  };
  let seen: ReturnType<typeof drawn>;
  beforeAll(() => {
    seen = drawn(mesh, truth);
  });
  const cut = (size: number, depth: Float32Array | undefined) => {
    const mask = Float32Array.from(seen.triangles, id => (id >= 0 ? 1 : 0));
    return cutCrop(observationMaps({ camera, mask, depth }, square), square, size, {
      surface: 3 * millimetre,
      occluder: 6 * millimetre,
    });
  };

  it('has the silhouette slope of a fit over 1 %, within 15 % in every direction that matters', () => {
    const only = { ...settings, depthWeight: 0 };
    const slopes = rendered(mesh, cut(fine, undefined), renderer =>
      fittedSlopes(
        renderer,
        mesh,
        near,
        { ...only, silhouetteScale: (fine / silhouetteSize) * only.silhouetteScale },
        millimetre,
        ({ mask }) => mask,
      ),
    );
    const got = rendered(mesh, cut(silhouetteSize, undefined), renderer => gradientOf(renderer, mesh, near, only));
    const largest = Math.max(...slopes.map(Math.abs));
    expect(largest * millimetre).toBeGreaterThan(0.003);
    for (const k of directions) {
      if (Math.abs(slopes[k]) < 0.1 * largest) continue;
      const most = 0.15 * Math.abs(slopes[k]);
      expect(Math.abs(got[k] - slopes[k]), `direction ${k}: ${got[k]} of ${slopes[k]}`).toBeLessThan(most);
    }
  });

  it('has the slope of its rim distances, to a small share of the largest', () => {
    const only: TermSettings = { ...settings, form: 'second-order', depthWeight: 0 };
    const [slopes, got] = rendered(mesh, cut(coarse, undefined), renderer => [
      fittedSlopes(renderer, mesh, near, only, millimetre, ({ mask }) => mask),
      gradientOf(renderer, mesh, near, only),
    ]);
    const largest = Math.max(...slopes.map(Math.abs));
    expect(largest * millimetre).toBeGreaterThan(0.003);
    for (const k of directions) {
      const most = rim * largest;
      expect(Math.abs(got[k] - slopes[k]), `direction ${k}: ${got[k]} of ${slopes[k]}`).toBeLessThan(most);
    }
  });

  it('has the depth slope of a fit over 0.3 % inside its surfaces, in both forms', () => {
    // Where surfaces begin or end within the steps the loss jumps: no depth is known there.
    const other = drawn(mesh, near);
    const isSmooth = (depth: Float32Array, i: number) => {
      for (let dy = -4; dy <= 4; dy += 2) {
        for (let dx = -4; dx <= 4; dx += 2) {
          const there = depth[i + dy * fine + dx] ?? 0;
          if (!(there > 0) || Math.abs(there - depth[i]) > 4 * millimetre) return false;
        }
      }
      return true;
    };
    const depth = seen.depth.map((value, i) => (isSmooth(seen.depth, i) && isSmooth(other.depth, i) ? value : 0));
    const crop = cut(coarse, depth);
    expect(crop.depthCount).toBeGreaterThan(40);
    // No occluders: where one begins the loss jumps.
    const open = { ...settings, maskWeight: 0, scoreDepth: 1000 * millimetre };
    for (const form of ['descent', 'second-order'] as const) {
      const [slopes, got] = rendered(mesh, crop, renderer => [
        fittedSlopes(renderer, mesh, near, { ...open, form }, 0.3 * millimetre, terms => terms.depth),
        gradientOf(renderer, mesh, near, { ...open, form }),
      ]);
      const largest = Math.max(...slopes.map(Math.abs));
      expect(largest * millimetre).toBeGreaterThan(0.003);
      for (const k of directions) {
        expect(Math.abs(got[k] - slopes[k]), `${form}, direction ${k}: ${got[k]} of ${slopes[k]}`).toBeLessThan(
          depthSlack * largest,
        );
      }
    }
  });
});

/** Bowl and screw are of one colour all over each part, which pulls nowhere: these get colours that change. */
function painted(model: PoseModel): PoseModel {
  const colours = model.mesh.positions.map((_, i, all) => {
    const [x, y, z] = all.subarray(i - (i % 3), i - (i % 3) + 3);
    return 0.5 + 0.4 * Math.sin([0.2 * x, 0.2 * y + 1, 0.2 * z + 0.1 * x][i % 3]);
  });
  return { ...model, mesh: { ...model.mesh, colours } };
}

describe.each([
  ['can', 64, canModel(1)],
  ['box', 64, boxModel(2)],
  ['bowl', 128, painted(bowlModel(3))],
  ['screw', 192, painted(screwModel(4))],
] as const)('colours of the sample %s', (_, size, model) => {
  it('have the slope of a fit over 0.05 % inside its surfaces, in both forms', () => {
    const mesh = prepareMesh(model.mesh);
    const millimetre = mesh.diameter / 110;
    const r = rotationAbout([0.5, 1, 0.3], 0.7);
    const z = 5.5 * mesh.diameter;
    const truth = Float64Array.of(r[0], r[1], r[2], 0.01 * z, r[3], r[4], r[5], -0.01 * z, r[6], r[7], r[8], z);
    const near = movePose(truth, [0.02, -0.01, 0.02, 0.01, -0.01, 0.02], mesh);
    const [seen, other] = [drawn(mesh, truth), drawn(mesh, near)];
    const body = { mesh: model.mesh, texture: model.texture, camFromObject: poseOf(truth, mesh) };
    const { colours: image } = photograph(camera, [body], { samples: 1 });
    const mask = Float32Array.from(seen.triangles, id => (id >= 0 ? 1 : 0));
    const bands = { surface: 3 * millimetre, occluder: 6 * millimetre };
    const crop = cutCrop(observationMaps({ camera, mask, image }, square), square, size, bands, true);
    const step = fine / size;
    // Where surfaces begin, end or meet within the steps the loss jumps: nothing is known there.
    const normalAt = (at: number) => mesh.normals.subarray(3 * other.triangles[at], 3 * other.triangles[at] + 3);
    const care = crop.care.map((_value, i) => {
      const [x, y] = [Math.floor(((i % size) + 0.5) * step), Math.floor((Math.floor(i / size) + 0.5) * step)];
      const middle = y * fine + x;
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++) {
          const at = (y + dy) * fine + x + dx;
          if (!(seen.depth[at] > 0 && other.depth[at] > 0)) return 0;
          if (Math.abs(other.depth[at] - other.depth[middle]) > 4 * millimetre) return 0;
          const [a, b] = [normalAt(at), normalAt(middle)];
          if (a[0] * b[0] + a[1] * b[1] + a[2] * b[2] < 0.9) return 0;
        }
      }
      return 1;
    });
    const only: TermSettings = {
      ...{
        form: 'descent',
        silhouetteScale: 4,
        depthScale: millimetre,
        maskWeight: 0,
        depthWeight: 0,
        colourWeight: 1,
      },
      ...{ scoreDepth: 1000 * millimetre, contourWeight: 0, contourReach: 12 },
    };
    const given = {
      colours: meshColours(model.mesh, mesh, model.texture),
      pixelSpan: z / crop.camera.fx,
    };
    // Between two texels the slope is one, from there to the next another: short steps.
    for (const form of ['descent', 'second-order'] as const) {
      const [slopes, got] = rendered(
        mesh,
        { ...crop, care },
        renderer => [
          fittedSlopes(renderer, mesh, near, { ...only, form }, 0.05 * millimetre, ({ colour }) => colour),
          gradientOf(renderer, mesh, near, { ...only, form }),
        ],
        given,
      );
      const largest = Math.max(...slopes.map(Math.abs));
      expect(largest * millimetre).toBeGreaterThan(0.003);
      for (const k of directions) {
        expect(Math.abs(got[k] - slopes[k]), `${form}, direction ${k}: ${got[k]} of ${slopes[k]}`).toBeLessThan(
          0.1 * largest,
        );
      }
    }
  });
});
