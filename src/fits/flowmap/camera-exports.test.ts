import { describe, expect, it } from 'vitest';
import { pathOfColmap } from '../../formats/colmap.ts';
import { decodeColmapBinary } from '../../formats/colmap-binary.ts';
import { decodeColmapText } from '../../formats/colmap-text.ts';
import { decodeKitti } from '../../formats/kitti.ts';
import { decodeTransformsJson } from '../../formats/transforms-json.ts';
import { decodeTum } from '../../formats/tum.ts';
import { project } from '../../geometry/camera.ts';
import { transformPoint } from '../../geometry/rigid.ts';
import { trajectoryErrors } from '../../geometry/trajectory-metrics.ts';
import { observationsFromTracks } from '../../ops/reproject/observations.ts';
import { encodeCameras, fittedCameras } from './camera-exports.ts';
import { roomArc, trueState } from './track-fixtures.ts';

const scene = roomArc({ frames: 12, points: 20, noise: 0 });
const observations = observationsFromTracks(scene.tracks, 12, scene.camera);
const names = scene.truth.map((_, i) => ({ imageFile: `images/${String(i).padStart(4, '0')}.png`, timestamp: i / 10 }));

describe('exports of cameras', () => {
  const fitted = fittedCameras(observations, trueState(scene, observations), scene.camera, names);
  const files = encodeCameras(fitted);
  const textFiles = Object.fromEntries(
    ['cameras', 'images', 'points3D'].map(n => [`${n}.txt`, files[`colmap/${n}.txt`]]),
  );
  const binaryFiles = Object.fromEntries(
    ['cameras', 'images', 'points3D'].map(n => [`${n}.bin`, files[`colmap/${n}.bin`]]),
  );

  it('are the true path up to scale in every format, and agree with each other', () => {
    const paths = [
      decodeTum(files['poses.tum'], 'tum'),
      decodeKitti(files['poses.kitti'], 'kitti'),
      decodeTransformsJson(files['transforms.json'], 'transforms'),
      pathOfColmap(decodeColmapText(textFiles, 'text'), 'text'),
      pathOfColmap(decodeColmapBinary(binaryFiles, 'binary'), 'binary'),
    ].map(path => path.map(({ worldFromCam }) => worldFromCam));
    for (const path of paths) {
      expect(trajectoryErrors(path, scene.truth).ate).toBeLessThan(1e-9);
      path.forEach((pose, f) => {
        const known = paths[0][f];
        for (let k = 0; k < 9; k++) expect(Math.abs(pose.rotation[k] - known.rotation[k])).toBeLessThan(1e-6);
        for (let k = 0; k < 3; k++) expect(Math.abs(pose.translation[k] - known.translation[k])).toBeLessThan(1e-6);
      });
    }
  });

  it('have points that project onto their sightings, at a median depth of 1', () => {
    const { images, points } = decodeColmapBinary(binaryFiles, 'binary');
    expect(points.length).toBeGreaterThan(50);
    const depths: number[] = [];
    for (const { position, track, id } of points) {
      for (let i = 0; i < track.length; i += 2) {
        const image = images[track[i] - 1];
        expect(image.pointIds[track[i + 1]]).toBe(id);
        const inCamera = transformPoint(image.camFromWorld, position);
        const [u, v] = project(fitted.camera, inCamera);
        // The tracks are float32.
        expect(Math.abs(u - image.keyPoints[2 * track[i + 1]])).toBeLessThan(1e-3);
        expect(Math.abs(v - image.keyPoints[2 * track[i + 1] + 1])).toBeLessThan(1e-3);
        if (i === 0) depths.push(inCamera[2]);
      }
    }
    const middle = depths.sort((a, b) => a - b)[depths.length >> 1];
    expect(Math.abs(middle - 1)).toBeLessThan(0.2);
  });
});
