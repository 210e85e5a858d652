import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photograph } from '../fits/pose/photograph.ts';
import { decodeBopResults, encodeBopResults } from '../formats/bop-results.ts';
import { encodePly } from '../formats/ply.ts';
import { perturbPose } from '../geometry/perturbed-starts.ts';
import { averageDistance } from '../geometry/pose-metrics.ts';
import { boxMesh } from '../geometry/primitives.ts';
import {
  type CamFromObject,
  compose,
  invert,
  matrix4x4,
  type Rigid,
  rigid,
  type WorldFromCam,
} from '../geometry/rigid.ts';
import { expSo3, rotationAbout } from '../geometry/rotation.ts';
import { encodePng } from '../media/encode-picture.ts';
import { createRandom } from '../numerics/random.ts';
import { runPoseBatch } from './pose-batch.ts';

/** A box behind a post that hides one side of it, seen from two places; the post has no mask, and nothing has depth. */
const camera = { width: 240, height: 180, fx: 300, fy: 300, cx: 120, cy: 90 };
const box = boxMesh(100, 60, 80);
const post = boxMesh(30, 300, 30);
const first: CamFromObject = rigid(expSo3([0.4, 0.5, 0.1]), Float64Array.of(0, 0, 600));
const postFirst: CamFromObject = rigid(expSo3([0, 0, 0]), Float64Array.of(25, 0, 400));
const second: Rigid<'cam', 'cam'> = rigid(rotationAbout([0, 1, 0], -1.2), Float64Array.of(560, 0, 390));
const views = [
  { worldFromCam: rigid(expSo3([0, 0, 0]), new Float64Array(3)) as WorldFromCam, box: first, post: postFirst },
  {
    worldFromCam: rigid(invert(second).rotation, invert(second).translation) as WorldFromCam,
    box: compose(second, first),
    post: compose(second, postFirst),
  },
];

describe('a batch', () => {
  let folder: string;
  const starts = Array.from({ length: 2 }, (_, n) =>
    perturbPose(first, { rotationDegrees: 5, translationMillimetres: 5 }, createRandom(3, `start ${n}`)),
  );
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-batch-'));
    const { width, height, fx, fy, cx, cy } = camera;
    const pixels = width * height;
    await writeFile(join(folder, 'box.ply'), encodePly(box));
    await writeFile(join(folder, 'post.ply'), encodePly(post));
    const photo = { width, height, channels: 3, values: new Float32Array(3 * pixels) } as const;
    await writeFile(join(folder, 'photo.png'), await encodePng(photo, 8));
    for (const [v, view] of views.entries()) {
      const bodies = [view.box, view.post].map((camFromObject, b) => ({ mesh: [box, post][b], camFromObject }));
      const { owner } = photograph(camera, bodies, { samples: 1 });
      const values = Float32Array.from(owner, one => (one === 0 ? 1 : 0));
      await writeFile(join(folder, `mask-${v}.png`), await encodePng({ width, height, channels: 1, values }, 8));
    }
    const scene = {
      units: 'mm',
      objects: [
        { obj_id: 1, mesh: 'box.ply' },
        { obj_id: 2, mesh: 'post.ply' },
      ],
      frames: views.map((view, v) => ({
        ...{ file: 'photo.png', width, height, K: [fx, 0, cx - 0.5, 0, fy, cy - 0.5, 0, 0, 1] },
        cam_to_world: [...matrix4x4(view.worldFromCam)],
        objects: [
          { obj_id: 1, mask: `mask-${v}.png`, obj_to_cam: [...matrix4x4(view.box)] },
          { obj_id: 2, obj_to_cam: [...matrix4x4(view.post)] },
        ],
      })),
    };
    await writeFile(join(folder, 'scene.json'), JSON.stringify(scene));
    // im_id counts anew in each scene, and BOP's time is that of an image.
    const rows = starts.map((camFromObject, n) => ({
      ...{ sceneId: n, imageId: 0, objectId: 1, score: 1, camFromObject, seconds: -1 },
    }));
    await writeFile(join(folder, 'starts.csv'), encodeBopResults(rows));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Mean ADD of the rows, millimetres. */
  const errorWith = async (
    name: string,
    given: { views?: string; occluders?: string },
    table = 'starts.csv',
  ): Promise<number> => {
    const out = join(folder, name);
    const outcome = await runPoseBatch(
      out,
      {
        ...{ fit: 'pose', scene: folder, starts: resolve(folder, table), unitMillimetres: undefined },
        ...{ method: undefined, members: 8, seed: 0, views: given.views, occluders: given.occluders },
      },
      { threads: 1, onProgress: () => {}, onNote: () => {}, isLeft: () => false },
    );
    expect(outcome.failed.map(({ row }) => row.error)).toEqual([]);
    const poses = decodeBopResults(await readFile(join(out, 'exports', 'poses.csv')), 'poses.csv');
    const lines = (await readFile(join(out, 'rows.jsonl'), 'utf8')).trim().split('\n');
    const seconds = new Map(lines.map(line => JSON.parse(line)).map(row => [row.row, row.seconds]));
    expect(poses.map(pose => pose.seconds)).toEqual(poses.map((_, n) => seconds.get(n)));
    return (
      poses.reduce((sum, pose) => sum + averageDistance(box.positions, pose.camFromObject, first), 0) / poses.length
    );
  };

  it('of no rows is refused', async () => {
    const empty = join(folder, 'empty.csv');
    await writeFile(empty, encodeBopResults([]));
    await expect(errorWith('never', {}, empty)).rejects.toMatchObject({
      code: 'input',
      message: 'The table of starts has a header and no rows.',
      where: empty,
    });
  });

  it('draws what hides the object where it is told to, and fits several views together', async () => {
    const ignoring = await errorWith('ignore', {});
    const drawing = await errorWith('draw', { occluders: 'draw' });
    const together = await errorWith('together', { occluders: 'draw', views: '2' });
    expect(drawing).toBeLessThan(0.5 * ignoring);
    expect(together).toBeLessThan(0.5 * drawing);
  });
});
