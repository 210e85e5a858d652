// A development set of a still scene seen by a moving camera with depth and poses (shared/data/sfm_*): its frames, and where
// a place of one frame truly is in another.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePicture } from '../../src/media/decode-picture.ts';
import { greyPicture } from '../../src/media/grey-picture.ts';

export interface StaticScene {
  readonly width: number;
  readonly height: number;
  /** [frame], grey [height, width], 0 to 1. */
  readonly frames: readonly Float32Array[];
  /** [frame], z-depth [height, width] in metres; 0 where it is unknown. */
  readonly depths: readonly ArrayLike<number>[];
  /**
   * Place in frame `to` of the pixel place (x, y) of frame `from`, centres at .5; undefined without depth, outside, or where the
   * depth there says that something stands before it.
   */
  project(from: number, to: number, x: number, y: number): readonly [number, number] | undefined;
}

interface SceneFile {
  readonly frames: readonly {
    readonly file: string;
    readonly depth: string;
    readonly K: readonly (readonly number[])[];
    readonly cam_to_world: readonly (readonly number[])[];
  }[];
}

/** Share of the depth by which a point may lie behind what is measured there. */
const behind = 0.03;

export async function readStaticScene(folder: string, most = Infinity): Promise<StaticScene> {
  const scene = JSON.parse(readFileSync(join(folder, 'scene.json'), 'utf8')) as SceneFile;
  const read = async (file: string) => decodePicture(readFileSync(join(folder, file)), file);
  const cameras = scene.frames.slice(0, most);
  const pictures = await Promise.all(cameras.map(({ file }) => read(file)));
  // Stored steps of a millimetre; only ratios matter here.
  const depths = await Promise.all(cameras.map(async ({ depth }) => (await read(depth)).values.map(v => 65.535 * v)));
  const { width, height } = pictures[0];
  const depthAt = (frame: number, x: number, y: number) => depths[frame][Math.floor(y) * width + Math.floor(x)];
  return {
    width,
    height,
    frames: pictures.map(greyPicture),
    depths,
    project(from, to, x, y) {
      const z = depthAt(from, x, y);
      if (!(z > 0)) return undefined;
      // The files put pixel centres at whole numbers.
      const [a, b] = [cameras[from], cameras[to]];
      const ray = [(x - 0.5 - a.K[0][2]) / a.K[0][0], (y - 0.5 - a.K[1][2]) / a.K[1][1], 1].map(value => value * z);
      const world = [0, 1, 2].map(
        r => [0, 1, 2].reduce((sum, c) => sum + a.cam_to_world[r][c] * ray[c], 0) + a.cam_to_world[r][3],
      );
      const away = world.map((value, r) => value - b.cam_to_world[r][3]);
      const [px, py, pz] = [0, 1, 2].map(c => [0, 1, 2].reduce((sum, r) => sum + b.cam_to_world[r][c] * away[r], 0));
      const [u, v] = [(b.K[0][0] * px) / pz + b.K[0][2] + 0.5, (b.K[1][1] * py) / pz + b.K[1][2] + 0.5];
      if (!(pz > 0 && u >= 0 && v >= 0 && u < width && v < height)) return undefined;
      const measured = depthAt(to, u, v);
      return measured > 0 && Math.abs(pz - measured) < behind * pz ? [u, v] : undefined;
    },
  };
}
