import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/lab.ts';
import type { CameraPath } from '../formats/camera-path.ts';
import { encodeKitti } from '../formats/kitti.ts';
import { encodeTransformsJson } from '../formats/transforms-json.ts';
import { encodeTum } from '../formats/tum.ts';
import { movePoseBySimilarity } from '../geometry/alignment.ts';
import { rigid } from '../geometry/rigid.ts';
import { expSo3 } from '../geometry/rotation.ts';
import { readCameraPath } from '../media/read-camera-path.ts';
import { compareCameras, evaluateCameras } from './camera-evaluation.ts';

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (name: string) => join(folder.path, name);

const truth: CameraPath = Array.from({ length: 6 }, (_, i) => ({
  worldFromCam: rigid(expSo3([0.1 * i, 0.2, -0.05 * i]), Float64Array.of(i, 0.2 * i * i, Math.cos(i))),
  imageFile: `images/${i}.png`,
  timestamp: 100 + i,
  camera: { width: 320, height: 240, fx: 300, fy: 300, cx: 160, cy: 120 },
}));
const similarity = { scale: 3, rigid: rigid<'world', 'world'>(expSo3([1, 0, 2]), Float64Array.of(1, 2, 3)) };
/** In another world and unit, at twice the size, with a focal length 10 % too long, in another order. */
const estimate: CameraPath = truth
  .map(({ worldFromCam, imageFile, timestamp }) => ({
    worldFromCam: movePoseBySimilarity(similarity, worldFromCam),
    ...{ imageFile: imageFile?.replace('images/', 'frames/').replace('png', 'jpg'), timestamp },
    camera: { width: 640, height: 480, fx: 660, fy: 660, cx: 320, cy: 240 },
  }))
  .reverse();

describe('evaluation of cameras', () => {
  it('matches images by name, whatever their order, folder and size', () => {
    const errors = compareCameras(estimate, truth);
    expect(errors).toMatchObject({ frames: 6, matchedBy: 'image name', notes: [] });
    expect(errors.ate).toBeLessThan(1e-9);
    expect(errors.focalErrorPercent).toBeCloseTo(10, 10);
  });

  it('matches timestamps where there are no names, and the order where there is nothing', () => {
    const nameless = (path: CameraPath) => path.map(camera => ({ ...camera, imageFile: undefined }));
    expect(compareCameras(nameless(estimate), nameless(truth))).toMatchObject({ matchedBy: 'timestamp', frames: 6 });
    const bare = nameless(truth).map(camera => ({ ...camera, timestamp: undefined, camera: undefined }));
    const errors = compareCameras(nameless(truth), bare);
    expect(errors).toMatchObject({ matchedBy: 'order', frames: 6, focalErrorPercent: undefined });
    expect(errors.ate).toBeLessThan(1e-9);
  });

  it('says what was left out, and refuses what does not match', () => {
    expect(compareCameras(estimate.slice(0, 4), truth).notes).toEqual([
      '2 frames have no counterpart and do not count.',
    ]);
    const bare = (path: CameraPath) => path.map(camera => ({ ...camera, imageFile: undefined, timestamp: undefined }));
    expect(() => compareCameras(bare(estimate.slice(0, 4)), bare(truth))).toThrow('0 frames have a counterpart');
  });

  it('reads every form from disk, and finds the cameras in the folder of a run', async () => {
    mkdirSync(at('run/exports'), { recursive: true });
    writeFileSync(at('run/exports/transforms.json'), encodeTransformsJson(estimate));
    writeFileSync(at('truth.txt'), encodeTum(truth));
    writeFileSync(at('kitti.txt'), encodeKitti(truth));
    expect(await readCameraPath(at('kitti.txt'))).toHaveLength(6);
    expect(await evaluateCameras(at('kitti.txt'), at('truth.txt'))).toMatchObject({ matchedBy: 'order', frames: 6 });
    expect(await evaluateCameras(at('run'), at('run/exports'))).toMatchObject({ matchedBy: 'image name', frames: 6 });
  });

  it('knows the times of a run beside its names, so that a part of a video finds its place in a file of times', async () => {
    const part = truth.slice(2, 5);
    const names = part.map((camera, i) => ({ ...camera, imageFile: `frame-0000${i}.png` }));
    mkdirSync(at('part/exports'), { recursive: true });
    writeFileSync(at('part/exports/transforms.json'), encodeTransformsJson(names));
    writeFileSync(at('part/exports/poses.tum'), encodeTum(part));
    writeFileSync(at('times.txt'), encodeTum(truth));
    const errors = await evaluateCameras(at('part'), at('times.txt'));
    expect(errors).toMatchObject({ matchedBy: 'timestamp', frames: 3 });
    expect(errors.ate).toBeLessThan(1e-9);
    // Numbers in place of times say nothing, nor does the path of other cameras.
    const untimed = part.map(camera => ({ ...camera, timestamp: undefined }));
    for (const other of [untimed, truth.slice(0, 3)]) {
      writeFileSync(at('part/exports/poses.tum'), encodeTum(other));
      await expect(evaluateCameras(at('part'), at('times.txt'))).rejects.toThrow('0 frames have a counterpart');
    }
  });

  it('refuses files and folders without cameras by what they hold', async () => {
    mkdirSync(at('empty'));
    writeFileSync(at('words.txt'), 'one two three');
    await expect(readCameraPath(at('empty'))).rejects.toThrow('holds no cameras');
    await expect(readCameraPath(at('nowhere'))).rejects.toThrow('no such file');
    await expect(readCameraPath(at('words.txt'))).rejects.toThrow('holds 3 values');
  });
});

describe.skipIf(!existsSync('../shared/data'))('development sets (skipped where ../shared/data is absent)', () => {
  it.each(['sfm_7scenes_redkitchen', 'sfm_tartanair_hospital', 'sfm_herzjesu_p8', 'sfm_temple_sparse_ring'])(
    'have cameras that can be read: %s',
    async name => {
      const cameras = await readCameraPath(`../shared/data/${name}/scene.json`);
      expect(compareCameras(cameras, cameras).auc10).toBeCloseTo(1, 5);
    },
  );
});
