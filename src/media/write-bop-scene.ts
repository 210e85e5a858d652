// Writes a scene that is in memory as a BOP scene folder with its models: what `readPoseScene` reads, and other programs
// of the field too. The Node variant.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBopScene } from '../formats/bop-scene.ts';
import { encodePly } from '../formats/ply.ts';
import type { LoadedPoseScene } from '../formats/pose-scene.ts';
import { encodePng } from './encode-picture.ts';

/**
 * Fills `folder` with scene_camera.json, scene_gt.json, rgb/, depth/, mask_visib/ and models/. Depth is rounded to the
 * frame's step. An existing folder is written over, file by file.
 */
export async function writeBopScene(folder: string, { scene, models, pixels }: LoadedPoseScene): Promise<void> {
  for (const inner of ['rgb', 'depth', 'mask_visib', 'models']) await mkdir(join(folder, inner), { recursive: true });
  const { camera, truth, modelsInfo } = encodeBopScene(scene);
  await writeFile(join(folder, 'scene_camera.json'), camera);
  await writeFile(join(folder, 'scene_gt.json'), truth);
  await writeFile(join(folder, 'models/models_info.json'), modelsInfo);
  for (const { objectId, mesh, texture } of models.values()) {
    const name = `obj_${pad(objectId)}`;
    const named = { ...mesh, texture: texture && { name: `${name}.png` } };
    await writeFile(join(folder, 'models', `${name}.ply`), encodePly(named));
    if (texture !== undefined) {
      await writeFile(join(folder, 'models', `${name}.png`), await encodePng({ ...texture, channels: 3 }, 8));
    }
  }
  for (const [index, frame] of scene.frames.entries()) {
    const { image, depthMillimetres, masks } = pixels[index];
    const { width, height } = frame.camera;
    const file = `${pad(frame.imageId)}.png`;
    await writeFile(join(folder, 'rgb', file), await encodePng({ width, height, channels: 3, values: image }, 8));
    if (depthMillimetres !== undefined) {
      const values = depthMillimetres.map(z => Math.round(z / frame.millimetresPerDepthStep) / 65535);
      await writeFile(join(folder, 'depth', file), await encodePng({ width, height, channels: 1, values }, 16));
    }
    // BOP counts masks by position in scene_gt, which holds only instances with a pose.
    let position = 0;
    for (const [i, { camFromObject }] of frame.instances.entries()) {
      if (camFromObject === undefined) continue;
      const mask = masks[i];
      const name = `${pad(frame.imageId)}_${pad(position++)}.png`;
      if (mask === undefined) continue;
      await writeFile(
        join(folder, 'mask_visib', name),
        await encodePng({ width, height, channels: 1, values: mask }, 8),
      );
    }
  }
}

function pad(id: number): string {
  return String(id).padStart(6, '0');
}
