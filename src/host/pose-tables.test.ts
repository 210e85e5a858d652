import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBopResults } from '../formats/bop-results.ts';
import { encodePly } from '../formats/ply.ts';
import type { ScenePose } from '../formats/pose-scene.ts';
import { perturbPose, shells } from '../geometry/perturbed-starts.ts';
import { boxMesh } from '../geometry/primitives.ts';
import {
  type CamFromObject,
  compose,
  flipCameraAxes,
  invert,
  type ObjectFromObject,
  rigid,
  scaleTranslation,
} from '../geometry/rigid.ts';
import { rotationAbout } from '../geometry/rotation.ts';
import { readPoseScene } from '../media/read-pose-scene.ts';
import { createRandom } from '../numerics/random.ts';
import { evaluatePoses, makeStarts, readStarts } from './pose-tables.ts';

const seed = 8;
const options = { unitMillimetres: undefined, symmetries: 'use' } as const;
/** Metres: a box of 60 × 80 × 100 mm that looks the same after half a turn about z, and an object without a mesh. */
const scene = {
  units: 'metres',
  objects: [
    {
      obj_id: 4,
      name: 'box',
      mesh: 'box.ply',
      symmetries: { symmetries_discrete: [[-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]] },
    },
    { obj_id: 5, name: 'pose only', mesh: null },
  ],
  frames: [0, 1].map(frame => ({
    file: 'none.png',
    width: 640,
    height: 480,
    K: [600, 0, 319.5, 0, 600, 239.5, 0, 0, 1],
    objects: [
      {
        obj_id: 4,
        dataset_visib_fract: frame === 0 ? 0.9 : 0.05,
        obj_to_cam: [0, -1, 0, 0.01, 1, 0, 0, 0, 0, 0, 1, 0.5],
      },
      { obj_id: 5, obj_to_cam: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1] },
    ],
  })),
};
const truth: CamFromObject = rigid(Float64Array.of(0, -1, 0, 1, 0, 0, 0, 0, 1), Float64Array.of(10, 0, 500));
const row = (camFromObject: CamFromObject, change: Partial<ScenePose> = {}): ScenePose => ({
  sceneId: 77,
  imageId: 0,
  objectId: 4,
  score: 0.5,
  camFromObject,
  seconds: -1,
  ...change,
});

describe('tables of poses', () => {
  let folder: string;
  const table = async (poses: readonly ScenePose[]) => {
    const path = join(folder, 'poses.csv');
    await writeFile(path, encodeBopResults(poses));
    return path;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-tables-'));
    await writeFile(join(folder, 'scene.json'), JSON.stringify(scene));
    await writeFile(join(folder, 'box.ply'), encodePly(boxMesh(0.06, 0.08, 0.1)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('starts: objects with mesh and truth that can be seen, each with streams of its own', async () => {
    const request = { shells, seed, perCase: 3, visibleShare: 0.1 };
    const starts = await readStarts(folder, undefined, request);
    expect(starts.map(({ imageId, objectId }) => [imageId, objectId])).toEqual(new Array(9).fill([0, 4]));
    const both = await readStarts(folder, undefined, { ...request, visibleShare: 0 });
    expect(both.length).toBe(18);
    expect(both.filter(({ imageId }) => imageId === 0)).toEqual(starts);
    expect((await readStarts(folder, undefined, { ...request, seed: seed + 1 }))[0]).not.toEqual(starts[0]);
    const { scene: read } = await readPoseScene(folder);
    expect(makeStarts(read, { ...request, perCase: 0 })).toEqual([]);
    await expect(readStarts(folder, undefined, { ...request, visibleShare: 1 })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/No object of the scene has a mesh, a true pose/),
    });
  });

  it('evaluation: the errors of starts are their shell, in millimetres although the scene is in metres', async () => {
    for (const shell of shells) {
      const random = createRandom(seed, 'rows');
      const poses = Array.from({ length: 5 }, () => row(perturbPose(truth, shell, random)));
      const { all, objects, poses: rows } = await evaluatePoses(folder, await table(poses), options);
      expect(all.cases).toBe(5);
      expect(all.medianRotationDegrees).toBeCloseTo(shell.rotationDegrees, 5);
      expect(all.medianTranslationMillimetres).toBeCloseTo(shell.translationMillimetres, 4);
      expect(objects.map(({ name }) => name)).toEqual(['box']);
      expect(rows[0].pose.sceneId).toBe(77);
    }
    // 3 mm along x and nothing else.
    const shifted = rigid<'cam', 'object'>(truth.rotation, Float64Array.of(13, 0, 500));
    const { all } = await evaluatePoses(folder, await table([row(shifted)]), options);
    expect(all.meanAdd).toBeCloseTo(3, 9);
  });

  it('evaluation: a pose that looks the same counts as true, unless symmetries are to be ignored', async () => {
    const half: ObjectFromObject = rigid(rotationAbout([0, 0, 1], Math.PI), new Float64Array(3));
    const path = await table([row(compose(truth, half))]);
    expect((await evaluatePoses(folder, path, options)).all.meanAdd).toBeCloseTo(0, 9);
    const strict = await evaluatePoses(folder, path, { ...options, symmetries: 'ignore' });
    // Corners are 50 mm from the axis.
    expect(strict.all.meanAdd).toBeCloseTo(100, 3);
    expect(strict.all.medianAddS).toBeCloseTo(0, 3);
    expect(strict.allBySymmetry).toBeUndefined();
  });

  it('evaluation: what only the shape says of symmetries counts beside, by ADD-S', async () => {
    // The scene states half a turn about z; the box has two more.
    const bare = { ...scene, objects: scene.objects.map(({ symmetries: _stated, ...object }) => object) };
    const other = await mkdtemp(join(tmpdir(), 'lab-tables-'));
    await writeFile(join(other, 'scene.json'), JSON.stringify(bare));
    await writeFile(join(other, 'box.ply'), encodePly(boxMesh(0.06, 0.08, 0.1)));
    const half: ObjectFromObject = rigid(rotationAbout([1, 0, 0], Math.PI), new Float64Array(3));
    const { all, allBySymmetry, objects } = await evaluatePoses(
      other,
      await table([row(compose(truth, half))]),
      options,
    );
    await rm(other, { recursive: true });
    // Corners are √(40² + 50²) mm from the axis.
    expect(all.meanAdd).toBeCloseTo(2 * Math.hypot(40, 50), 3);
    expect(all.recallTenthOfDiameter).toBe(0);
    expect(allBySymmetry?.meanAdd).toBeCloseTo(0, 3);
    expect(allBySymmetry?.medianRotationDegrees).toBeCloseTo(0, 3);
    expect(allBySymmetry).toMatchObject({ recallTenthOfDiameter: 1, recall5Degrees5Millimetres: 1 });
    expect(objects[0].bySymmetry).toEqual(allBySymmetry);
  });

  it.each<[string, (pose: CamFromObject) => CamFromObject, RegExp]>([
    ['in metres', pose => scaleTranslation(pose, 1e-3), /in metres: read so, 100 % .* not 0 %\. Multiply the trans/],
    ['in OpenGL axes', pose => compose(flipCameraAxes, pose), /in OpenGL axes.*Negate the second and third row/],
    ['inverted', pose => rigid(invert(pose).rotation, invert(pose).translation), /from camera to object/],
  ])('evaluation: a table that is %s is told as what it is', async (_, confuse, words) => {
    const random = createRandom(seed, 'confusions');
    const shell = { rotationDegrees: 3, translationMillimetres: 2 };
    const poses = Array.from({ length: 6 }, () => perturbPose(truth, shell, random));
    const { notes } = await evaluatePoses(folder, await table(poses.map(pose => row(confuse(pose)))), options);
    expect(notes.join('\n')).toMatch(words);
    const good = await evaluatePoses(folder, await table(poses.map(pose => row(pose))), options);
    expect(good.notes.join('\n')).not.toMatch(/look as if/);
  });

  it('evaluation: says which true poses have no row, and which have several', async () => {
    const both = [row(truth), row(truth, { imageId: 1 })];
    expect((await evaluatePoses(folder, await table(both), options)).notes).toEqual([]);
    const one = await evaluatePoses(folder, await table([row(truth), row(truth)]), options);
    expect(one.notes).toEqual([
      '1 of the 2 true poses of the scene have no row and are not counted, such as image 1, object 4.',
      '1 object has several rows in one image, such as image 0, object 4 with 2: each row is counted.',
    ]);
  });

  it('evaluation: leaves out and counts rows that cannot be compared, and compares the others', async () => {
    const known = [row(truth), row(truth, { imageId: 1 })];
    const unknown = [{ imageId: 9 }, { objectId: 9 }, { objectId: 5 }, { imageId: 8 }].map(each => row(truth, each));
    const { all, notes } = await evaluatePoses(
      folder,
      await table([unknown[0], ...known, ...unknown.slice(1)]),
      options,
    );
    expect(all).toMatchObject({ cases: 2, meanAdd: 0 });
    expect(notes).toEqual([
      'Left out: 2 of 6 rows are each for an image that the scene does not have, such as row 2 (image 9, object 4).',
      'Left out: 1 of 6 rows is for an object that the scene does not have, such as row 5 (image 0, object 9).',
      'Left out: 1 of 6 rows is for an object without a mesh, such as row 6 (image 0, object 5).',
    ]);
  });

  it('evaluation: refuses a table of which nothing can be compared', async () => {
    await expect(evaluatePoses(folder, await table([row(truth, { imageId: 9 })]), options)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(
        /^No row can .* 1 of 1 rows is for an image that the scene .*\(image 9, object 4\)/,
      ),
      tip: expect.stringMatching(/im_id of a scene\.json is the position/),
    });
    await expect(evaluatePoses(folder, await table([]), options)).rejects.toMatchObject({
      code: 'input',
      message: 'The table of poses has a header and no rows.',
      where: expect.stringMatching(/poses\.csv/),
    });
    await expect(evaluatePoses(folder, join(folder, 'gone.csv'), options)).rejects.toMatchObject({ code: 'input' });
  });
});
