import { describe, expect, it } from 'vitest';
import { decodeBopResults } from '../../formats/bop-results.ts';
import { decodeCsv } from '../../formats/csv.ts';
import { decodeGltf } from '../../formats/gltf.ts';
import { decodeStartFile } from '../../formats/start-file.ts';
import { project } from '../../geometry/camera.ts';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid, transformPoint } from '../../geometry/rigid.ts';
import { expSo3 } from '../../geometry/rotation.ts';
import { type PoseResult, resultFiles } from './result-files.ts';

const camera = { width: 64, height: 48, fx: 60, fy: 60, cx: 30, cy: 25 };
const camFromObject: CamFromObject = rigid(expSo3([0.4, 0.3, 0.1]), Float64Array.of(20, -10, 600));
const box = boxMesh(60, 80, 40);
const beside: CamFromObject = rigid(camFromObject.rotation, Float64Array.of(0, 0, 700));
const result: PoseResult = {
  sceneId: 2,
  imageId: 7,
  model: {
    objectId: 3,
    name: 'box',
    mesh: box,
    texture: { width: 2, height: 2, values: new Float32Array(12) },
    notes: [],
  },
  camera,
  image: new Float32Array(3 * 64 * 48).fill(0.5),
  camFromObject,
  covariance: {
    matrix: Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? i + 1 : 0)),
    rotationDegrees: 0.4,
    alongMillimetres: 1.5,
    acrossMillimetres: 0.2,
    toMinimum: new Float64Array(6),
  },
  overlap: 0.93,
  seconds: 0.4,
  termNames: ['mask', 'depth'],
  members: [
    { member: 0, label: 'start', learningRate: 0.3, loss: 0.05, terms: [0.02, 0.03], camFromObject },
    { member: 1, label: 'turned 20°', learningRate: 0.1, loss: 0.5, terms: [0.2, 0.3], camFromObject: beside },
  ],
  clusters: [{ pose: camFromObject, score: 0.05, members: [0] }],
};
/** Stands for PNG files: what was encoded can be told by its first byte. */
const encodePicture = async ({ width, values }: { width: number; values: Float32Array }) =>
  Uint8Array.of(width, Math.round(100 * values[0]));

async function fileOf(name: string): Promise<Uint8Array> {
  const files = await resultFiles(result, encodePicture);
  expect(files.map(file => file.name)).toEqual([
    'poses.csv',
    'pose.json',
    'covariance.json',
    'members.csv',
    'scene.glb',
  ]);
  return files.find(file => file.name === name)!.bytes;
}
const textOf = async (name: string) => new TextDecoder().decode(await fileOf(name));

describe('files of a refined pose', () => {
  it('hold the pose as a row of BOP results and as a start file, which read back', async () => {
    expect(decodeBopResults(await fileOf('poses.csv'), 'poses.csv')).toMatchObject([
      {
        ...{ sceneId: 2, imageId: 7, objectId: 3, score: 0.93, seconds: 0.4 },
        camFromObject: { translation: camFromObject.translation },
      },
    ]);
    const [unknown] = await resultFiles({ ...result, seconds: undefined }, encodePicture);
    expect(decodeBopResults(unknown.bytes, 'poses.csv')[0].seconds).toBe(-1);
    const [read] = decodeStartFile(await fileOf('pose.json'), 'pose.json');
    expect(read).toMatchObject({ imageId: 7, objectId: 3 });
    expect(read.camFromObject.translation).toEqual(camFromObject.translation);
  });

  it('state the covariance with its order, units and axes', async () => {
    const document = JSON.parse(await textOf('covariance.json'));
    expect(document.covariance.length).toBe(6);
    expect(document.covariance.map((row: number[], i: number) => row[i])).toEqual([1, 8, 15, 22, 29, 36]);
    expect(document.units).toEqual([...new Array(3).fill('degrees'), ...new Array(3).fill('millimetres')]);
    expect(document.centreInObject).toEqual([0, 0, 0]);
    expect(document.centreInCamera).toEqual([20, -10, 600]);
    expect(document.standardDeviation.alongViewingRayMillimetres).toBe(1.5);
    const files = await resultFiles({ ...result, covariance: undefined }, encodePicture);
    expect(files.some(({ name }) => name === 'covariance.json')).toBe(false);
  });

  it('list the members with rate, loss, terms, cluster and pose', async () => {
    const { header, rows } = decodeCsv(await fileOf('members.csv'), 'members.csv');
    const column = (name: string) => rows.map(row => row[header.indexOf(name)]);
    expect(column('label')).toEqual(['start', 'turned 20°']);
    expect(column('learning_rate')).toEqual([0.3, 0.1]);
    expect(column('depth')).toEqual([0.03, 0.3]);
    expect(column('cluster')).toEqual([1, '']);
    expect(column('z_mm')).toEqual([600, 700]);
    [0.4, 0.3, 0.1].forEach((value, k) => {
      expect(Number(column(`rotation_${'xyz'[k]}_deg`)[0])).toBeCloseTo((value * 180) / Math.PI, 9);
    });
  });

  it('show the object in front of the photo, which fills what the camera sees', async () => {
    const { positions, triangles, notes } = decodeGltf(await fileOf('scene.glb'), 'scene.glb');
    // Metres, y up, z towards the viewer; the photo comes first.
    const inCamera = (i: number) => [
      1000 * positions[3 * i],
      -1000 * positions[3 * i + 1],
      -1000 * positions[3 * i + 2],
    ];
    const corners = [0, 1, 2, 3].map(i => project(camera, inCamera(i)).map(value => Number(value.toFixed(3))));
    expect(corners).toEqual([
      [0, 0],
      [64, 0],
      [64, 48],
      [0, 48],
    ]);
    const depths = Array.from({ length: positions.length / 3 - 4 }, (_, i) => inCamera(i + 4)[2]);
    expect(Math.max(...depths)).toBeLessThan(inCamera(0)[2]);
    box.positions.forEach((_, i) => {
      if (i % 3 !== 0) return;
      const expected = transformPoint(camFromObject, box.positions.subarray(i, i + 3));
      inCamera(4 + i / 3).forEach((value, k) => {
        expect(value).toBeCloseTo(expected[k], 3);
      });
    });
    // The photo's front faces the camera at the origin: its normal has positive z in the axes of the file.
    const [a, b, c] = [0, 1, 2].map(k => 3 * triangles[k]);
    const side = (p: number, q: number, k: number) => positions[q + k] - positions[p + k];
    expect(side(a, b, 0) * side(a, c, 1) - side(a, b, 1) * side(a, c, 0)).toBeGreaterThan(0);
    expect(notes?.join()).toMatch(/2 textures/);
  });

  it('hold pictures of at most 2048 pixels a side', async () => {
    const wide = { ...camera, width: 4100, height: 2 };
    const sizes: number[] = [];
    const image = Float32Array.from({ length: 3 * 4100 * 2 }, (_, i) => (Math.floor(i / 3) % 4100) / 4100);
    await resultFiles({ ...result, camera: wide, image }, async ({ width, height, values }) => {
      sizes.push(width);
      expect(values.length).toBe(3 * width * height);
      return new Uint8Array(4);
    });
    expect(sizes).toEqual([1366, 2]);
  });
});
