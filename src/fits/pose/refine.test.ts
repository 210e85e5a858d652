// Crops and headless refinement: distances against brute force, errors by name, and each mode on a body with exact truth.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { perturbPose } from '../../geometry/perturbed-starts.ts';
import { averageDistance } from '../../geometry/pose-metrics.ts';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, compose, type Rigid, rigid } from '../../geometry/rigid.ts';
import { rotate, rotationAbout } from '../../geometry/rotation.ts';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import { drawReference } from '../../ops/rasterise/pose-reference.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import { cutCrop, observationMaps } from './crop.ts';
import { centredPose } from './pose-steps.ts';
import type { PoseMeshes } from './pose-target.ts';
import { refinePublished } from './published.ts';
import { refineByDescent, refinePose } from './refine.ts';

const camera = { width: 320, height: 240, fx: 400, fy: 400, cx: 160, cy: 120 };

describe('signed distances', () => {
  it('are those to the nearest pixel of the other kind, less half a pixel', () => {
    const random = createRandom(5, 'mask');
    const small = { width: 20, height: 16, fx: 1, fy: 1, cx: 0, cy: 0 };
    const mask = Float32Array.from({ length: 320 }, () => (random.uniform() < 0.3 ? 1 : 0));
    const { distance, width, left, top } = observationMaps(
      { camera: small, mask },
      { x: 0, y: 0, width: 20, height: 16 },
    );
    for (let i = 0; i < 320; i++) {
      const [x, y] = [i % 20, Math.floor(i / 20)];
      let least = Infinity;
      for (let j = 0; j < 320; j++) {
        if (mask[j] !== mask[i]) least = Math.min(least, Math.hypot((j % 20) - x, Math.floor(j / 20) - y));
      }
      const expected = (mask[i] > 0.5 ? -1 : 1) * (least - 0.5);
      expect(distance[(y - top) * width + x - left]).toBeCloseTo(expected, 4);
    }
  });

  it('stay near the picture, however far the square reaches, and go on growing beyond', () => {
    const small = { width: 20, height: 16, fx: 1, fy: 1, cx: 0, cy: 0 };
    const mask = new Float32Array(320);
    const [column, row] = [12, 7];
    mask[row * 20 + column] = 1;
    const square = { x: -100, y: -120, width: 240, height: 240 };
    const maps = observationMaps({ camera: small, mask }, square);
    expect(maps.distance.length).toBeLessThanOrEqual(40 * 36);
    // A pixel of the crop is one of the picture.
    const { distance, care } = cutCrop(maps, square, 240, { surface: 1, occluder: 1 });
    const wrong: number[][] = [];
    for (let i = 0; i < distance.length; i++) {
      const [x, y] = [(i % 240) + square.x, Math.floor(i / 240) + square.y];
      const away = Math.hypot(x - column, y - row);
      const exact = away === 0 ? -0.5 : away - 0.5;
      const isInPicture = x >= 0 && y >= 0 && x < 20 && y < 16;
      const [least, most] = [exact - 1e-4, isInPicture ? exact + 1e-4 : 1.5 * exact];
      const isRight = care[i] === (isInPicture ? 1 : 0) && distance[i] > least && distance[i] < most;
      if (!isRight) wrong.push([x, y, distance[i], exact]);
    }
    expect(wrong).toEqual([]);
  });

  it('of a disc are its radius, at any size of the crop', () => {
    const mask = new Float32Array(320 * 240);
    for (let i = 0; i < mask.length; i++) {
      mask[i] = Math.hypot((i % 320) + 0.5 - 160, Math.floor(i / 320) + 0.5 - 120) < 60 ? 1 : 0;
    }
    const square = { x: 80, y: 40, width: 160, height: 160 };
    for (const size of [64, 96, 160]) {
      const crop = cutCrop(observationMaps({ camera, mask }, square), square, size, { surface: 1, occluder: 1 });
      const scale = 160 / size;
      expect(crop.maskArea * scale ** 2).toBeCloseTo(Math.PI * 3600, -3);
      for (let c = 0; c < crop.contour.length; c += 4) {
        const [x, y, nx, ny] = crop.contour.subarray(c, c + 4);
        const [dx, dy] = [(x - size / 2) * scale, (y - size / 2) * scale];
        expect(Math.abs(Math.hypot(dx, dy) - 60)).toBeLessThan(0.8);
        // Normals of a binary mask are those of its staircase, to 45 degrees.
        expect((nx * dx + ny * dy) / Math.hypot(dx, dy)).toBeGreaterThan(0.7);
      }
    }
  });
});

describe('refinement', () => {
  const box = boxMesh(70, 110, 45);
  const mesh = prepareMesh(box);
  const truth = rigid<'cam', 'object'>(rotationAbout([0.4, 1, 0.2], 0.9), Float64Array.of(12, -8, 520));
  const seenFrom = (pose: CamFromObject) => {
    const { ids, depth } = drawReference(mesh, { camera }, centredPose(pose, mesh));
    return { camera, mask: Float32Array.from(ids, id => (id >= 0 ? 1 : 0)), z: depth };
  };
  const { mask, z: depth } = seenFrom(truth);
  const random = createRandom(2, 'depth noise');
  const observation = {
    camera,
    mask,
    depth: Float32Array.from(depth, z => (Number.isFinite(z) ? z + random.normal() : 0)),
  };
  const start = perturbPose(truth, { rotationDegrees: 20, translationMillimetres: 12 }, createRandom(4, 'start'));
  const error = (pose: typeof truth) => averageDistance(box.positions, pose, truth);
  let device: CpuDevice;
  let meshes: PoseMeshes;
  beforeAll(async () => {
    device = await openNodeDevice({ threads: 2 });
    const uploaded = uploadMesh(device, mesh);
    meshes = { full: uploaded, reduced: uploaded };
  });
  afterAll(() => device.dispose());

  it('by polish ends within a third of a pixel, by descent within one, and the published rule gets nearer', () => {
    // One pixel is 520 / 400 = 1.3 mm.
    expect(error(start)).toBeGreaterThan(12);
    const polished = refinePose(device, meshes, observation, start);
    expect(error(polished.pose)).toBeLessThan(0.43);
    expect(error(refineByDescent(device, meshes, observation, start).pose)).toBeLessThan(1.3);
    expect(error(refinePublished(device, meshes, observation, start).pose)).toBeLessThan(error(start));
    expect(polished.members[0].pose).toEqual(polished.pose);
  });

  it('works from the mask alone', () => {
    const { pose } = refinePose(device, meshes, { ...observation, depth: undefined }, start);
    expect(error(pose)).toBeLessThan(2.6);
  });

  it('has less to guess with a second view of known camera than with one, without depth', () => {
    // A camera that looks at the object from 70 degrees to the side.
    const turn = rotationAbout([0, 1, 0], (70 * Math.PI) / 180);
    const about = rotate(turn, truth.translation);
    const second: Rigid<'cam', 'cam'> = rigid(
      turn,
      truth.translation.map((value, k) => value - about[k]),
    );
    const other = seenFrom(compose(second, truth));
    const views = [
      { camera, mask },
      { camera, mask: other.mask, camFromFirst: second },
    ];
    const [one, two] = [refinePose(device, meshes, views.slice(0, 1), start), refinePose(device, meshes, views, start)];
    const away = (pose: CamFromObject) => Math.abs(pose.translation[2] - truth.translation[2]);
    expect(away(two.pose)).toBeLessThan(away(one.pose) / 2);
    expect(error(two.pose)).toBeLessThan(error(one.pose) / 2);
    expect(error(two.pose)).toBeLessThan(0.43);
  });

  it('is not drawn to the border of what hides the object, where that is a known object', () => {
    const plate = prepareMesh(boxMesh(60, 120, 4));
    const uploaded = uploadMesh(device, plate);
    const before = rigid<'cam', 'object'>(rotationAbout([0, 0, 1], 0.2), Float64Array.of(52, 0, 420));
    const hidden = drawReference(plate, { camera }, centredPose(before, plate)).ids;
    const visible = { camera, mask: mask.map((value, i) => (hidden[i] >= 0 ? 0 : value)) };
    // Most of it is to be seen, but by no means all.
    const share = visible.mask.reduce((sum, value) => sum + value, 0) / mask.reduce((sum, value) => sum + value, 0);
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.9);
    const occluders = [{ mesh: uploaded, camFromObject: before }];
    const blind = refinePose(device, meshes, visible, start);
    const knowing = refinePose(device, meshes, { ...visible, occluders }, start);
    expect(error(knowing.pose)).toBeLessThan(error(blind.pose) / 2);
    expect(error(knowing.pose)).toBeLessThan(2.6);
    uploaded.dispose();
  });

  it('says what is wrong with its input', () => {
    const empty = { ...observation, mask: new Float32Array(320 * 240) };
    expect(() => refinePose(device, meshes, empty, start)).toThrow(/mask is empty/);
    const behind = rigid<'cam', 'object'>(truth.rotation, Float64Array.of(0, 0, -500));
    expect(() => refinePose(device, meshes, observation, behind)).toThrow(/behind the camera/);
    const aside = rigid<'cam', 'object'>(truth.rotation, Float64Array.of(50_000, 0, 450));
    expect(() => refinePose(device, meshes, observation, aside)).toThrow(/more than 16 times the image of 320 × 240/);
  });
});
