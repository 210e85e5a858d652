import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FramePixels, LoadedPoseScene, PoseModel } from '../formats/pose-scene.ts';
import { project } from '../geometry/camera.ts';
import { meshDiameter, reportMesh } from '../geometry/mesh-report.ts';
import { boxMesh } from '../geometry/primitives.ts';
import { rigid, transformPoints } from '../geometry/rigid.ts';
import { encodePng } from './encode-picture.ts';
import { loadPoseScene, readPoseFrame, readPoseModel, readPoseScene } from './read-pose-scene.ts';
import { writeBopScene } from './write-bop-scene.ts';

/** A grey box in front of a 32 × 24 camera, with exact 8-bit colours and depth in whole steps. */
function tinyScene(): LoadedPoseScene {
  const camera = { width: 32, height: 24, fx: 30, fy: 30, cx: 16, cy: 12 };
  const mesh = boxMesh(40, 30, 20);
  const texture = { width: 2, height: 2, values: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]) };
  const masks = [Float32Array.from({ length: 32 * 24 }, (_, i) => (i % 32 > 10 && i % 32 < 20 ? 1 : 0))];
  const pixels: FramePixels = {
    camera,
    image: Float32Array.from({ length: 3 * 32 * 24 }, (_, i) => Math.fround((i % 256) / 255)),
    depthMillimetres: Float32Array.from({ length: 32 * 24 }, (_, i) => (i % 7 === 0 ? 0 : 500 + (i % 100) / 2)),
    masks,
    labels: undefined,
  };
  const model: PoseModel = { objectId: 2, name: 'object 2', mesh, texture, notes: [] };
  return {
    scene: {
      name: '000005',
      sceneId: 5,
      unit: 'millimetres',
      notes: [],
      objects: [
        {
          objectId: 2,
          name: 'object 2',
          meshFile: join('models', 'obj_000002.ply'),
          textureFile: undefined,
          textureOrigin: undefined,
          millimetresPerMeshUnit: 1,
          diameterMillimetres: Math.hypot(40, 30, 20),
          symmetries: [],
          symmetryAxes: [],
        },
      ],
      frames: [
        {
          imageId: 11,
          imageFile: 'rgb/000011.png',
          depthFile: 'depth/000011.png',
          millimetresPerDepthStep: 0.5,
          labelFile: undefined,
          camera,
          worldFromCam: undefined,
          instances: [
            {
              objectId: 2,
              label: undefined,
              maskFile: 'mask_visib/000011_000000.png',
              camFromObject: rigid(Float64Array.of(1, 0, 0, 0, 0, -1, 0, 1, 0), Float64Array.of(1, 2, 500)),
              visibleShare: undefined,
            },
          ],
        },
      ],
    },
    models: new Map([[2, model]]),
    pixels: [pixels],
  };
}

describe('pose scenes on disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-pose-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('come back as they were written, as BOP', async () => {
    const written = tinyScene();
    const scene = join(folder, '000005');
    await writeBopScene(scene, written);
    const read = await loadPoseScene(scene);
    expect(read.scene).toEqual(written.scene);
    expect(read.pixels).toEqual(written.pixels);
    const model = read.models.get(2)!;
    expect(model.texture).toEqual(written.models.get(2)!.texture);
    expect(model.mesh.positions).toEqual(written.models.get(2)!.mesh.positions);
    expect(model.mesh.textureCoordinates).toEqual(written.models.get(2)!.mesh.textureCoordinates);
  });

  it('say what is wrong with a folder, a picture, a mesh', async () => {
    const scene = join(folder, '000006');
    await writeBopScene(scene, tinyScene());
    await expect(readPoseScene(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'input' });
    await expect(readPoseScene(folder)).rejects.toMatchObject({ tip: expect.stringContaining('000005') });
    const { scene: read } = await readPoseScene(scene);
    const small = await encodePng({ width: 16, height: 12, channels: 1, values: new Float32Array(192) }, 16);
    await writeFile(join(scene, 'mask_visib/000011_000000.png'), small);
    await expect(readPoseFrame(scene, read.frames[0])).rejects.toMatchObject({
      message: 'The mask is 16 × 12 but the image is 32 × 24.',
      where: join(scene, 'mask_visib/000011_000000.png'),
    });
    await rm(join(scene, 'models/obj_000002.png'));
    const model = await readPoseModel(scene, read.objects[0]);
    expect(model.texture).toBeUndefined();
    expect(model.notes).toEqual(['The texture obj_000002.png is missing, so the mesh is drawn in one colour.']);
    await rm(join(scene, 'models/obj_000002.ply'));
    await expect(readPoseModel(scene, read.objects[0])).rejects.toMatchObject({
      message: expect.stringContaining('mesh file is missing'),
    });
    await expect(readPoseModel(scene, { ...read.objects[0], meshFile: undefined })).rejects.toMatchObject({
      message: 'Object 2 (object 2) has no mesh.',
    });
    const frame = { ...read.frames[0], camera: { ...read.frames[0].camera, width: 64 } };
    await expect(readPoseFrame(scene, frame)).rejects.toMatchObject({
      message: 'The image is 32 × 24 but its camera matrix is for 64 × 24.',
    });
  });
});

const data = ['../shared/data', '/work/shared/data'].find(path => existsSync(path));
const sets = [
  ['obj_ycbv', undefined, 5, 2],
  ['obj_lmo', undefined, 6, 8],
  ['obj_hope_scene2', undefined, 2, 1],
  ['obj_chessboard_opencv', 25, 13, 1],
] as const;

describe.skipIf(data === undefined)('development sets (skipped where ../shared/data is absent)', () => {
  it.each(sets)(
    '%s: masks have the pixels that the set states, and lie where the true pose puts the mesh',
    async (...set) => {
      const [name, unit, frames, meshes] = set;
      const { scene, models, pixels } = await loadPoseScene(join(data!, name), unit);
      const stated = JSON.parse(await readFile(join(data!, name, 'scene.json'), 'utf8'));
      expect(scene.frames.length).toBe(frames);
      expect(models.size).toBe(meshes);
      for (const [index, frame] of scene.frames.entries()) {
        frame.instances.forEach(({ objectId, camFromObject }, i) => {
          const mesh = models.get(objectId)?.mesh;
          if (mesh === undefined) return;
          const mask = pixels[index].masks[i]!;
          // What is seen of an object lies in the box around its vertices, but for a few pixels of labels made by hand.
          const points = transformPoints(camFromObject!, mesh.positions);
          const { camera } = frame;
          const box = [Infinity, Infinity, -Infinity, -Infinity];
          for (let k = 0; k < points.length; k += 3) {
            const [u, v] = project(camera, points.subarray(k, k + 3));
            box[0] = Math.min(box[0], u);
            box[1] = Math.min(box[1], v);
            box[2] = Math.max(box[2], u);
            box[3] = Math.max(box[3], v);
          }
          let [inside, area] = [0, 0];
          mask.forEach((value, pixel) => {
            if (value === 0) return;
            area++;
            const [x, y] = [(pixel % camera.width) + 0.5, Math.floor(pixel / camera.width) + 0.5];
            if (x > box[0] - 2 && y > box[1] - 2 && x < box[2] + 2 && y < box[3] + 2) inside++;
          });
          const label = `${name} frame ${index} object ${objectId}`;
          expect(area, label).toBe(stated.frames[index].objects[i].mask_px);
          expect(inside / area, label).toBeGreaterThan(0.98);
        });
      }
    },
  );

  it('obj_ycbv: depth in the mask is the distance of the object; the mesh is 0.1 m large', async () => {
    const { scene, folder } = await readPoseScene(join(data!, 'obj_ycbv'));
    const [frame] = scene.frames;
    const pixels = await readPoseFrame(folder, frame);
    const { diameter } = reportMesh((await readPoseModel(folder, scene.objects[0])).mesh);
    expect(diameter).toBeGreaterThan(80);
    expect(diameter).toBeLessThan(160);
    frame.instances.forEach(({ camFromObject }, i) => {
      const inMask = [...pixels.depthMillimetres!]
        .filter((z, k) => z > 0 && pixels.masks[i]![k] > 0)
        .sort((a, b) => a - b);
      const median = inMask[inMask.length >> 1];
      expect(Math.abs(median - camFromObject!.translation[2])).toBeLessThan(60);
    });
  });

  it('obj_lmo: diameters are what the authors of the set state', async () => {
    const { scene, folder } = await readPoseScene(join(data!, 'obj_lmo'));
    for (const object of scene.objects) {
      const { mesh } = await readPoseModel(folder, object);
      expect(meshDiameter(mesh), object.name).toBeCloseTo(object.diameterMillimetres!, 2);
    }
  });
});
