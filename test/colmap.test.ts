// COLMAP itself reads what the camera fit writes, text and binary, and writes it back the same. Needs Debian's package
// `colmap`.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeCameras, fittedCameras } from '../src/fits/flowmap/camera-exports.ts';
import { roomArc, trueState } from '../src/fits/flowmap/track-fixtures.ts';
import { decodeColmapText } from '../src/formats/colmap-text.ts';
import { observationsFromTracks } from '../src/ops/reproject/observations.ts';
import { temporaryFolder } from './lab.ts';

const colmap = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('colmap', args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};
const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (...parts: string[]) => join(folder.path, ...parts);

describe.skipIf(spawnSync('colmap', ['help']).status !== 0)('COLMAP (skipped where its program is absent)', () => {
  const scene = roomArc({ frames: 8, points: 15, noise: 0 });
  const observations = observationsFromTracks(scene.tracks, 8, scene.camera);
  const fitted = fittedCameras(
    observations,
    trueState(scene, observations),
    scene.camera,
    scene.truth.map((_, f) => ({ imageFile: `frame-${f}.jpg`, timestamp: undefined })),
  );
  for (const [name, bytes] of Object.entries(encodeCameras(fitted))) {
    const ending = /^colmap\/.*\.(bin|txt)$/.exec(name)?.[1];
    if (ending === undefined) continue;
    const path = at(ending, name.slice('colmap/'.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  const { images, points } = fitted.reconstruction;

  it.each(['bin', 'txt'])('counts what was written as .%s', ending => {
    const { status, output } = colmap('model_analyzer', '--path', at(ending));
    expect(status, output).toBe(0);
    const sightings = points.reduce((sum, { track }) => sum + track.length / 2, 0);
    for (const line of [`Images: ${images.length}`, `Points: ${points.length}`, `Observations: ${sightings}`]) {
      expect(output).toContain(line);
    }
  });

  it.each(['bin', 'txt'])('gives the same cameras and points back from .%s', ending => {
    const out = at(`from-${ending}`);
    mkdirSync(out, { recursive: true });
    const paths = ['--input_path', at(ending), '--output_path', out, '--output_type', 'TXT'];
    const { status, output } = colmap('model_converter', ...paths);
    expect(status, output).toBe(0);
    const names = ['cameras.txt', 'images.txt', 'points3D.txt'];
    const back = decodeColmapText(Object.fromEntries(names.map(name => [name, readFileSync(join(out, name))])), out);
    expect(
      back.cameras.map(({ model, parameters }) => [model, parameters.map(value => Number(value.toFixed(6)))]),
    ).toEqual(
      fitted.reconstruction.cameras.map(({ model, parameters }) => [
        model,
        parameters.map(value => Number(value.toFixed(6))),
      ]),
    );
    expect(back.points.length).toBe(points.length);
    for (const image of images) {
      const found = back.images.find(({ name }) => name === image.name);
      found?.camFromWorld.rotation.forEach((value, k) => {
        expect(Math.abs(value - image.camFromWorld.rotation[k])).toBeLessThan(1e-6);
      });
      found?.camFromWorld.translation.forEach((value, k) => {
        expect(Math.abs(value - image.camFromWorld.translation[k])).toBeLessThan(1e-6);
      });
      expect(found?.pointIds.length, image.name).toBe(image.pointIds.length);
    }
  });
});
