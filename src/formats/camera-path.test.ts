// One scene with a known, asymmetric path, written in every format of poses and read back: centre, viewing direction and a
// projected point agree.
import { describe, expect, it } from 'vitest';
import { type Camera, project } from '../geometry/camera.ts';
import { invert, rigid, transformPoint } from '../geometry/rigid.ts';
import { expSo3, rotate } from '../geometry/rotation.ts';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { CameraPath } from './camera-path.ts';
import { type ColmapReconstruction, colmapCamera, pathOfColmap } from './colmap.ts';
import { decodeColmapBinary, encodeColmapBinary } from './colmap-binary.ts';
import { decodeColmapText, encodeColmapText } from './colmap-text.ts';
import { decodeKitti, encodeKitti } from './kitti.ts';
import { encodePlyPoints } from './ply-points.ts';
import { decodeSceneCameras } from './scene-cameras.ts';
import { decodeTransformsJson, encodeTransformsJson } from './transforms-json.ts';
import { decodeTum, encodeTum } from './tum.ts';

const camera: Camera = { width: 640, height: 360, fx: 512.25, fy: 512.25, cx: 321.5, cy: 178.25 };
const point = Float64Array.of(0.3, -0.2, 6);
const path: CameraPath = Array.from({ length: 7 }, (_, i) => ({
  worldFromCam: rigid(
    expSo3([0.05 * i, 0.11 * i, -0.03 * i * i]),
    Float64Array.of(0.4 * i, -0.1 * i * i, Math.sin(i / 2)),
  ),
  imageFile: `images/${String(i).padStart(4, '0')}.jpg`,
  timestamp: 12.5 + i / 30,
  camera,
}));

function model(): ColmapReconstruction {
  const images = path.map(({ worldFromCam, imageFile }, i) => {
    const camFromWorld = invert(worldFromCam);
    return {
      ...{ id: i + 1, camFromWorld, cameraId: 1, name: imageFile! },
      keyPoints: Float64Array.of(...project(camera, transformPoint(camFromWorld, point)), 1.5, 2.5),
      pointIds: Float64Array.of(77, -1),
    };
  });
  const track = Uint32Array.from(images.flatMap(({ id }) => [id, 0]));
  return {
    cameras: [colmapCamera(1, camera)],
    images,
    points: [{ id: 77, position: point, colour: [10, 20, 30], error: 0.25, track }],
  };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (...lines: string[]) => new TextEncoder().encode(lines.join('\n'));
const sceneJson = () =>
  bytes(
    JSON.stringify({
      frames: path.map(({ worldFromCam: { rotation: r, translation: t }, imageFile }) => ({
        ...{ file: imageFile, width: camera.width, height: camera.height },
        K: [
          [camera.fx, 0, camera.cx - 0.5],
          [0, camera.fy, camera.cy - 0.5],
          [0, 0, 1],
        ],
        cam_to_world: [0, 1, 2].map(row => [...r.subarray(3 * row, 3 * row + 3), t[row]]).concat([[0, 0, 0, 1]]),
      })),
    }),
  );

const formats: readonly (readonly [string, () => CameraPath])[] = [
  ['TUM', () => decodeTum(encodeTum(path), 'poses.tum')],
  ['KITTI', () => decodeKitti(encodeKitti(path), 'poses.kitti')],
  ['transforms.json', () => decodeTransformsJson(encodeTransformsJson(path), 'transforms.json')],
  ['COLMAP text', () => pathOfColmap(decodeColmapText(encodeColmapText(model()), 'colmap'), 'colmap')],
  ['COLMAP binary', () => pathOfColmap(decodeColmapBinary(encodeColmapBinary(model()), 'colmap'), 'colmap')],
  ['scene.json', () => decodeSceneCameras(sceneJson(), 'scene.json')],
];

describe('formats of camera paths', () => {
  it.each(formats)('%s agrees with the path to 1e-6 in centre, direction and a projected point', (_, read) => {
    const back = read();
    expect(back).toHaveLength(path.length);
    back.forEach(({ worldFromCam, camera: lens = camera, imageFile, timestamp }, i) => {
      const known = path[i];
      const pairs = [
        [worldFromCam.translation, known.worldFromCam.translation],
        [rotate(worldFromCam.rotation, [0, 0, 1]), rotate(known.worldFromCam.rotation, [0, 0, 1])],
        [
          project(lens, transformPoint(invert(worldFromCam), point)),
          project(camera, transformPoint(invert(known.worldFromCam), point)),
        ],
      ];
      for (const [actual, expected] of pairs) {
        for (let k = 0; k < expected.length; k++) expect(Math.abs(actual[k] - expected[k])).toBeLessThan(1e-6);
      }
      if (imageFile !== undefined) expect(imageFile).toBe(known.imageFile);
      if (timestamp !== undefined) expect(timestamp).toBe(known.timestamp);
    });
  });

  it('have the axes that their readers expect: half a turn about y, and one metre to the right', () => {
    const single: CameraPath = [
      { ...path[0], worldFromCam: rigid(Float64Array.of(-1, 0, 0, 0, 1, 0, 0, 0, -1), Float64Array.of(1, 0, 0)) },
    ];
    expect(text(encodeKitti(single)).trim()).toBe('-1 0 0 1 0 1 0 0 0 0 -1 0');
    expect(text(encodeTum(single)).split('\n')[1]).toBe('12.5 1 0 0 0 1 0 0');
    // OpenGL axes: y and z of the camera change sign, the centre stays.
    const [{ transform_matrix }] = JSON.parse(text(encodeTransformsJson(single))).frames;
    expect(transform_matrix.map((row: number[]) => row.map(value => value + 0))).toEqual([
      [-1, 0, 0, 1],
      [0, -1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
  });

  it('keep points and tracks of COLMAP in both forms', () => {
    for (const back of [
      decodeColmapText(encodeColmapText(model()), 'm'),
      decodeColmapBinary(encodeColmapBinary(model()), 'm'),
    ]) {
      expect(back.cameras).toEqual(model().cameras);
      const [found] = back.points;
      expect(found).toMatchObject({ id: 77, error: 0.25 });
      expect([...Array.from(found.position), ...Array.from(found.colour)]).toEqual([...point, 10, 20, 30]);
      expect([...found.track]).toEqual([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0]);
      expect([...back.images[2].pointIds]).toEqual([77, -1]);
      expect([...back.images[2].keyPoints]).toEqual([...model().images[2].keyPoints]);
    }
  });

  it('write reconstructions of any size', () => {
    const { cameras, images, points } = model();
    const many = Array.from({ length: 3000 }, (_, id) => ({ ...points[0], id, position: [id, -id, 0.5 * id] }));
    const back = decodeColmapBinary(encodeColmapBinary({ cameras, images, points: many }), 'm');
    expect(back.points.map(({ id, position }) => [id, ...Array.from(position)])).toEqual(
      many.map(({ id, position }) => [id, ...position]),
    );
  });

  it('lay COLMAP binary files out as its readers expect', () => {
    const files = encodeColmapBinary(model());
    const view = new DataView(files['cameras.bin'].buffer);
    // Count, camera 1, model 0 (SIMPLE_PINHOLE), width, height, f, cx, cy.
    expect(view.byteLength).toBe(8 + 4 + 4 + 8 + 8 + 24);
    expect([view.getBigUint64(0, true), view.getUint32(8, true), view.getInt32(12, true)]).toEqual([1n, 1, 0]);
    expect([view.getBigUint64(16, true), view.getFloat64(32, true)]).toEqual([640n, 512.25]);
    const images = new DataView(files['images.bin'].buffer);
    // Image 1: id, quaternion w first; the name ends with a zero.
    expect([images.getUint32(8, true), images.getFloat64(12, true)]).toEqual([1, 1]);
    expect(images.getUint8(8 + 4 + 56 + 4 + 'images/0000.jpg'.length)).toBe(0);
    expect(images.getBigUint64(8 + 4 + 56 + 4 + 16 + 8 + 24 + 16, true)).toBe(0xffffffffffffffffn);
  });

  it('read an image of COLMAP without key points, whose second line is empty', () => {
    const files = {
      ...encodeColmapText(model()),
      'images.txt': bytes('# two lines each', '1 1 0 0 0 0 0 0 1 a b.jpg', '', '2 1 0 0 0 1 0 0 1 c.jpg', '', ''),
    };
    const { images } = decodeColmapText(files, 'm');
    expect(images.map(({ name, pointIds }) => [name, pointIds.length])).toEqual([
      ['a b.jpg', 0],
      ['c.jpg', 0],
    ]);
  });

  it('take intrinsics of transforms.json from its angle, and from single frames', () => {
    const matrix = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ];
    const file = {
      camera_angle_x: Math.PI / 2,
      w: 200,
      h: 100,
      frames: [
        { file_path: 'a', transform_matrix: matrix },
        { file_path: 'b', transform_matrix: matrix, fl_x: 300, cx: 90 },
      ],
    };
    const [a, b] = decodeTransformsJson(bytes(JSON.stringify(file)), 't');
    expect(a.camera!.fx).toBeCloseTo(100, 12);
    expect(b.camera).toMatchObject({ fx: 300, fy: 300, cx: 90, cy: 50 });
  });

  it.each([
    ['TUM', () => decodeTum(bytes('# t', '0 1 2 3 0 0 0'), 'f'), 'Line 2 has 7 numbers'],
    ['TUM', () => decodeTum(bytes('0 1 2 3 0 0 0 0'), 'f'), 'quaternion of length 0'],
    ['KITTI', () => decodeKitti(bytes('1 0 0 0 0 1 0 0 0 0 1'), 'f'), 'Line 1 has 11 numbers'],
    ['KITTI', () => decodeKitti(bytes('a b'), 'f'), 'where numbers should be'],
    ['transforms.json', () => decodeTransformsJson(bytes('{"frames":[]}'), 'f'), 'there are no frames'],
    [
      'scene.json',
      () => decodeSceneCameras(bytes('{"frames":[{"file":"a","width":1,"height":1,"K":[1,0,0,0,1,0,0,0,1]}]}'), 'f'),
      'cam_to_world',
    ],
    [
      'COLMAP text',
      () => decodeColmapText({ ...encodeColmapText(model()), 'cameras.txt': bytes('1 FISHEYE 4 4 1 2 3') }, 'f'),
      'camera model FISHEYE',
    ],
    ['COLMAP text', () => decodeColmapText({}, 'f'), 'cameras.txt is missing'],
  ])('of %s say what is wrong: %#', (_, read, message) => {
    expect(read).toThrow(LabError);
    expect(read).toThrow(message);
  });

  it('of COLMAP binary refuse files that are cut off at any byte', () => {
    const files = encodeColmapBinary(model());
    const random = createRandom(3, 'cuts');
    for (const [name, content] of Object.entries(files)) {
      for (let trial = 0; trial < 30; trial++) {
        const cut = { ...files, [name]: content.subarray(0, random.integer(content.length)) };
        expect(() => decodeColmapBinary(cut, 'f'), `${name}, ${cut[name].length} bytes`).toThrow('cut off');
      }
    }
  });

  it('write a cloud of points with colours and confidence as PLY', () => {
    const file = encodePlyPoints({ positions: [1, 2, 3, 4, 5, 6], colours: [1, 2, 3, 4, 5, 6], confidence: [0.5, 1] });
    const head = text(file).indexOf('end_header\n') + 11;
    expect(text(file.subarray(0, head))).toContain('element vertex 2');
    const view = new DataView(file.buffer, head);
    expect(view.byteLength).toBe(38);
    expect([view.getFloat32(19, true), view.getUint8(19 + 14), view.getFloat32(19 + 15, true)]).toEqual([4, 6, 1]);
  });
});
