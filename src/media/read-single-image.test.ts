import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePly } from '../formats/ply.ts';
import { scaleMesh } from '../geometry/mesh.ts';
import { guessMeshUnit } from '../geometry/mesh-unit.ts';
import { boxMesh } from '../geometry/primitives.ts';
import { encodePng } from './encode-picture.ts';
import { readPoseFrame, readPoseModel } from './read-pose-scene.ts';
import { readSingleImage } from './read-single-image.ts';

const size = { width: 64, height: 48 };
/** 20 × 16 pixels of an object at 500 mm, seen with a focal length of 100 pixels: 128 mm from corner to corner. */
const inMask = (i: number) => i % 64 >= 20 && i % 64 < 40 && i / 64 >= 16 && i / 64 < 32;
const box = boxMesh(90, 70, 40);

describe('one image with its files', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-single-'));
    const grey = new Float32Array(3 * 64 * 48).fill(0.5);
    await writeFile(file('photo_0012.png'), await encodePng({ ...size, channels: 3, values: grey }, 8));
    const picture = (value: (i: number) => number) => Float32Array.from({ length: 64 * 48 }, (_, i) => value(i));
    const mask = picture(i => (inMask(i) ? 1 : 0));
    await writeFile(file('mask.png'), await encodePng({ ...size, channels: 1, values: mask }, 8));
    const labels = picture(i => (inMask(i) ? 7 : i % 64 < 5 ? 3 : 0) / 255);
    await writeFile(file('labels.png'), await encodePng({ ...size, channels: 1, values: labels }, 8));
    const depth = picture(i => (inMask(i) ? 5000 : 0) / 65535);
    await writeFile(file('depth.png'), await encodePng({ ...size, channels: 1, values: depth }, 16));
    await writeFile(file('camera.json'), '{"fx": 100, "fy": 100, "cx": 31.5, "cy": 23.5, "depth_scale": 0.1}');
    await writeFile(file('start.txt'), '1 0 0 5\n0 1 0 6\n0 0 1 520\n0 0 0 1\n');
    for (const [name, factor] of [
      ['mm', 1],
      ['cm', 0.1],
      ['m', 0.001],
    ] as const) {
      await writeFile(file(`${name}.ply`), encodePly(scaleMesh(box, factor)));
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('becomes a scene of one frame and one object, with its start', async () => {
    const { scene, start } = await readSingleImage({
      image: file('photo_0012.png'),
      mesh: file('mm.ply'),
      mask: file('mask.png'),
      depth: file('depth.png'),
      camera: file('camera.json'),
      start: file('start.txt'),
      unitMillimetres: 1,
    });
    expect(scene.notes).toEqual([]);
    expect([...start!.translation]).toEqual([5, 6, 520]);
    const [frame] = scene.frames;
    expect(frame.imageId).toBe(12);
    expect(frame.camera).toEqual({ ...size, fx: 100, fy: 100, cx: 32, cy: 24 });
    const pixels = await readPoseFrame(folder, frame);
    expect(pixels.depthMillimetres![20 * 64 + 25]).toBe(500);
    expect(pixels.masks[0]!.reduce((sum, value) => sum + value, 0)).toBe(320);
    const { mesh } = await readPoseModel(folder, scene.objects[0]);
    expect(mesh.positions).toEqual(box.positions);
  });

  it('takes a mask of zeros and ones, and asks for the label where there are several dark values', async () => {
    const read = async (name: string, value: (i: number) => number) => {
      const values = Float32Array.from({ length: 64 * 48 }, (_, i) => value(i) / 255);
      await writeFile(file(name), await encodePng({ ...size, channels: 1, values }, 8));
      const given = { image: file('photo_0012.png'), mesh: file('mm.ply'), mask: file(name), unitMillimetres: 1 };
      const { scene } = await readSingleImage({ ...given, camera: file('camera.json') });
      return (await readPoseFrame(folder, scene.frames[0])).masks[0]!.reduce((sum, each) => sum + each, 0);
    };
    expect(await read('ones.png', i => (inMask(i) ? 1 : 0))).toBe(320);
    await expect(read('dark.png', i => (inMask(i) ? 14 : i % 64 < 5 ? 8 : 0))).rejects.toMatchObject({
      message: 'The mask has no bright pixel, but the values 8, 14 of 255.',
      tip: expect.stringContaining('--label'),
      where: file('dark.png'),
    });
  });

  it('picks a label, and keeps the others as what may hide the object', async () => {
    const { scene } = await readSingleImage({
      image: file('photo_0012.png'),
      mesh: file('mm.ply'),
      mask: file('labels.png'),
      label: 7,
      camera: file('camera.json'),
      unitMillimetres: 1,
    });
    const { masks, labels } = await readPoseFrame(folder, scene.frames[0]);
    expect(masks[0]!.reduce((sum, value) => sum + value, 0)).toBe(320);
    expect([labels![0], labels![20 * 64 + 25], labels![10]]).toEqual([3, 7, 0]);
  });

  it.each([
    ['mm', 'millimetres', 1],
    ['cm', 'centimetres', 10],
    ['m', 'metres', 1000],
  ])('tells a mesh in %s by the size of the mask at the measured distance', async (name, words, expected) => {
    const { scene } = await readSingleImage({
      image: file('photo_0012.png'),
      mesh: file(`${name}.ply`),
      mask: file('mask.png'),
      depth: file('depth.png'),
      camera: file('camera.json'),
    });
    expect(scene.objects[0].millimetresPerMeshUnit).toBe(expected);
    expect(scene.notes).toEqual([expect.stringContaining(`taken to be in ${words}`)]);
  });

  it('says what it has guessed, and what is missing', async () => {
    const files = {
      image: file('photo_0012.png'),
      mesh: file('m.ply'),
      depth: file('depth.png'),
      mask: file('mask.png'),
    };
    const { scene, start } = await readSingleImage(files);
    expect(start).toBeUndefined();
    expect(scene.notes.join('\n')).toMatch(/camera is a guess from a field of view of 60°/);
    expect(scene.notes.join('\n')).toMatch(/a step is taken to be 1 mm/);
    await expect(readSingleImage({ ...files, camera: file('gone.yaml') })).rejects.toMatchObject({
      message: 'The camera file is missing or cannot be read.',
      where: file('gone.yaml'),
    });
    await writeFile(
      file('many.csv'),
      'scene_id,im_id,obj_id,score,R,t,time\n'.concat(
        ...['1', '1'].map(() => '1,5,1,1,1 0 0 0 1 0 0 0 1,0 0 700,-1\n'),
      ),
    );
    await expect(readSingleImage({ ...files, start: file('many.csv') })).rejects.toMatchObject({
      message: 'The start file holds 2 poses for one object.',
    });
  });
});

describe('unit of a mesh without any picture', () => {
  it.each([
    [0.12, 'metres'],
    [12, 'centimetres'],
    [120, 'millimetres'],
  ])('%d is in %s', (diameter, unit) => {
    expect(guessMeshUnit(diameter, undefined).unit).toBe(unit);
  });

  it('a single point has none', () => {
    for (const seen of [undefined, 120]) {
      const { millimetresPerUnit, reason } = guessMeshUnit(0, seen);
      expect(millimetresPerUnit).toBe(1);
      expect(reason).toMatch(/single point/);
    }
  });
});
