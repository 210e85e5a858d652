import { describe, expect, it } from 'vitest';
import { project } from '../geometry/camera.ts';
import { type CamFromObject, compose, flipCameraAxes, rigid, transformPoint } from '../geometry/rigid.ts';
import { expSo3 } from '../geometry/rotation.ts';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeBopResults, encodeBopResults } from './bop-results.ts';
import { decodeBopScene, encodeBopScene } from './bop-scene.ts';
import { decodeCameraFile } from './camera-file.ts';
import { focalLengthFromExif } from './exif.ts';
import type { PoseScene, ScenePose } from './pose-scene.ts';
import { decodeSceneJson } from './scene-json.ts';
import { decodeStartFile, encodePoseJson } from './start-file.ts';

const seed = 2310;
const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));
const size = { width: 640, height: 480 };

function failure(read: () => unknown): LabError {
  try {
    read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    const error = thrown as LabError;
    expect(error.tip).toBeTruthy();
    expect(error.where).toBeTruthy();
    return error;
  }
  throw new Error('The file was read.');
}

/** x to the right goes to z ahead: a turn by −90° about y, then 1.5 units ahead. */
const quarter = [
  [0, 0, -1, 0.1],
  [0, 1, 0, 0.2],
  [1, 0, 0, 1.5],
  [0, 0, 0, 1],
];

const sceneFile = (change: Record<string, unknown> = {}) => ({
  name: 'desk',
  units: 'metres',
  depth: { encoding: 'uint16 png, 0 = no measurement', scale_to_units: 0.0001 },
  objects: [
    {
      obj_id: 3,
      name: 'mug',
      mesh: 'models/mug.ply',
      uv_origin: 'bottom-left',
      symmetries: {
        symmetries_discrete: [[-1, 0, 0, 0.002, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]],
        symmetries_continuous: [{ axis: [0, 0, 2], offset: [0.001, 0, 0] }],
      },
    },
    { obj_id: 9, name: 'pose only', mesh: null },
  ],
  frames: [
    {
      file: 'images/a.png',
      mask: 'masks/a.png',
      depth: 'depth/a.png',
      ...size,
      K: [
        [600, 0, 319.5],
        [0, 600, 239.5],
        [0, 0, 1],
      ],
      objects: [{ obj_id: 3, name: 'mug', mask_value: 3, mask_px: 100, obj_to_cam: quarter }],
    },
    { file: 'images/b.png', ...size, K: [600, 0, 319.5, 0, 600, 239.5, 0, 0, 1] },
  ],
  ...change,
});

describe('scene.json', () => {
  it('becomes millimetres, half-pixel centres and camFromObject', () => {
    const scene = decodeSceneJson(json(sceneFile()), 'scene.json');
    const [frame, second] = scene.frames;
    expect(scene.objects.map(({ objectId, meshFile }) => [objectId, meshFile])).toEqual([
      [3, 'models/mug.ply'],
      [9, undefined],
    ]);
    expect(scene.objects[0].millimetresPerMeshUnit).toBe(1000);
    expect(frame).toMatchObject({ imageId: 0, imageFile: 'images/a.png', labelFile: 'masks/a.png' });
    expect(frame.millimetresPerDepthStep).toBeCloseTo(0.1, 12);
    expect([frame.camera.cx, frame.camera.cy]).toEqual([320, 240]);
    const { camFromObject, label } = frame.instances[0];
    expect(label).toBe(3);
    // The object's x axis points ahead: (10 mm, 0, 0) lies at (100, 200, 1510) mm.
    const point = transformPoint(camFromObject!, [10, 0, 0]);
    [100, 200, 1510].forEach((value, k) => {
      expect(point[k]).toBeCloseTo(value, 9);
    });
    const [u, v] = project(frame.camera, point);
    expect(u).toBeCloseTo(320 + (600 * 100) / 1510, 9);
    expect(v).toBeCloseTo(240 + (600 * 200) / 1510, 9);
    expect(second).toMatchObject({ imageId: 1, labelFile: undefined, depthFile: undefined, instances: [] });
    expect(scene.objects[0].symmetries[0].translation[0]).toBe(2);
    expect([...scene.objects[0].symmetryAxes[0].direction, ...scene.objects[0].symmetryAxes[0].point]).toEqual([
      0, 0, 1, 1, 0, 0,
    ]);
  });

  it('asks for the unit where the scene has none, and only then uses it', () => {
    const squares = json(sceneFile({ units: 'chessboard squares (physical size not stated by the source)' }));
    expect(failure(() => decodeSceneJson(squares, 'scene.json'))).toMatchObject({
      code: 'setting',
      message: expect.stringContaining('chessboard squares'),
      tip: expect.stringContaining('--unit-mm'),
    });
    const scene = decodeSceneJson(squares, 'scene.json', 25);
    expect(scene.frames[0].instances[0].camFromObject!.translation[2]).toBe(37.5);
    expect(scene.objects[0].millimetresPerMeshUnit).toBe(25);
    const metres = decodeSceneJson(json(sceneFile()), 'scene.json', 25);
    expect(metres.frames[0].instances[0].camFromObject!.translation[2]).toBe(1500);
    expect(metres.notes).toEqual([expect.stringContaining('25 mm per unit was not used')]);
  });

  it.each([
    ['millimetres', 1],
    ['mm', 1],
    ['centimeters', 10],
    ['m', 1000],
    ['meters', 1000],
  ])('knows that %s are %d mm', (units, expected) => {
    expect(decodeSceneJson(json(sceneFile({ units })), 's').objects[0].millimetresPerMeshUnit).toBe(expected);
  });

  it('names the place of what is wrong, and keeps paths inside', () => {
    const broken = sceneFile();
    broken.frames[0].K = [
      [600, 0, 319.5],
      [0, 600, 239.5],
    ];
    expect(failure(() => decodeSceneJson(json(broken), 'scene.json')).message).toMatch(/frames\.0\.K.*3 × 3 numbers/);
    expect(failure(() => decodeSceneJson(json(sceneFile({ frames: [] })), 'scene.json')).message).toMatch(
      /frames: there are no frames/,
    );
    expect(failure(() => decodeSceneJson(bytes('{"name":'), 'scene.json')).message).toMatch(/not JSON/);
    for (const mesh of ['../../etc/passwd', '/etc/passwd', 'C:\\secret.ply', 'models\\..\\..\\x.ply']) {
      const file = json(sceneFile({ objects: [{ obj_id: 1, mesh }] }));
      expect(failure(() => decodeSceneJson(file, 'scene.json')).message).toMatch(/outside its folder/);
    }
    const flipped = quarter.map((row, i) => (i === 0 ? row.map(value => -value) : row));
    const [frame] = sceneFile().frames;
    const mirrored = sceneFile({ frames: [{ ...frame, objects: [{ obj_id: 3, obj_to_cam: flipped }] }] });
    expect(failure(() => decodeSceneJson(json(mirrored), 'scene.json')).where).toMatch(/frames\.0/);
  });
});

describe('BOP scenes', () => {
  const scene: PoseScene = {
    name: '000002',
    sceneId: 2,
    unit: 'millimetres',
    notes: [],
    objects: [
      {
        objectId: 4,
        name: 'object 4',
        meshFile: 'models/obj_000004.ply',
        textureFile: undefined,
        textureOrigin: undefined,
        millimetresPerMeshUnit: 1,
        diameterMillimetres: 120.5,
        symmetries: [rigid(Float64Array.of(-1, 0, 0, 0, -1, 0, 0, 0, 1), Float64Array.of(1, 2, 0))],
        symmetryAxes: [{ direction: Float64Array.of(0, 0, 1), point: Float64Array.of(5, 0, 0) }],
      },
    ],
    frames: [
      {
        imageId: 7,
        imageFile: 'rgb/000007.png',
        depthFile: 'depth/000007.png',
        millimetresPerDepthStep: 0.1,
        labelFile: undefined,
        camera: { ...size, fx: 600, fy: 601, cx: 320, cy: 240 },
        worldFromCam: rigid(Float64Array.of(0, -1, 0, 1, 0, 0, 0, 0, 1), Float64Array.of(10, 20, 30)),
        instances: [
          {
            objectId: 4,
            label: undefined,
            maskFile: 'mask_visib/000007_000000.png',
            camFromObject: rigid(Float64Array.of(1, 0, 0, 0, 0, -1, 0, 1, 0), Float64Array.of(1, 2, 500)),
            visibleShare: 0.75,
          },
        ],
      },
    ],
  };
  const files = (written: ReturnType<typeof encodeBopScene>) => ({
    name: '000002',
    sceneId: 2,
    camera: { name: 'scene_camera.json', bytes: written.camera },
    truth: { name: 'scene_gt.json', bytes: written.truth },
    truthInfo: { name: 'scene_gt_info.json', bytes: json({ 7: [{ visib_fract: 0.75 }] }) },
    modelsInfo: { name: 'models_info.json', bytes: written.modelsInfo },
    images: new Map([[7, { file: 'rgb/000007.png', ...size }]]),
    depths: new Map([[7, 'depth/000007.png']]),
    masks: new Map([['7 0', 'mask_visib/000007_000000.png']]),
    meshes: new Map([[4, 'models/obj_000004.ply']]),
  });

  it('read back what was written', () => {
    expect(decodeBopScene(files(encodeBopScene(scene)))).toEqual(scene);
  });

  it('are written as BOP states them: integer pixel centres, worldToCam, row-major R, millimetres', () => {
    const { camera, truth } = encodeBopScene(scene);
    const [entry] = Object.values(JSON.parse(new TextDecoder().decode(camera))) as Record<string, number[]>[];
    expect(entry.cam_K).toEqual([600, 0, 319.5, 0, 601, 239.5, 0, 0, 1]);
    // The camera stands at (10, 20, 30), so the world's origin is at −Rᵀ (10, 20, 30).
    expect(entry.cam_t_w2c).toEqual([-20, 10, -30]);
    expect(JSON.parse(new TextDecoder().decode(truth))).toEqual({
      7: [{ cam_R_m2c: [1, 0, 0, 0, 0, -1, 0, 1, 0], cam_t_m2c: [1, 2, 500], obj_id: 4 }],
    });
  });

  it('leave out images that are not there, and name what is wrong', () => {
    const written = encodeBopScene(scene);
    const without = decodeBopScene({ ...files(written), images: new Map() });
    expect(without.frames).toEqual([]);
    expect(without.notes).toEqual([expect.stringContaining('1 images of scene_camera.json')]);
    const truth = {
      name: 'scene_gt.json',
      bytes: json({ 7: [{ obj_id: 4, cam_R_m2c: [1, 0], cam_t_m2c: [0, 0, 1] }] }),
    };
    const error = failure(() => decodeBopScene({ ...files(written), truth }));
    expect(error.where).toBe('scene_gt.json');
    expect(error.message).toMatch(/7\.0\.cam_R_m2c.*9 numbers/);
  });
});

describe('BOP results', () => {
  /** By the rules of bop_toolkit's load_bop_results, written apart from our reader. */
  function loadBopResults(text: string) {
    const rows = [];
    // Lines as Python's text files have them: an empty one, or a carriage return in the last column, would be an error there.
    for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
      if (index === 0 && line.includes('scene_id,im_id,obj_id,score,R,t,time')) continue;
      if (line.includes('\r')) throw new Error(`A line ends with a carriage return: ${line}`);
      const elements = line.split(',');
      if (elements.length !== 7) throw new Error(`A line does not have 7 comma-separated elements: ${line}`);
      rows.push({
        scene_id: Number.parseInt(elements[0], 10),
        im_id: Number.parseInt(elements[1], 10),
        obj_id: Number.parseInt(elements[2], 10),
        score: Number.parseFloat(elements[3]),
        R: elements[4].split(' ').map(Number.parseFloat),
        t: elements[5].split(' ').map(Number.parseFloat),
        time: Number.parseFloat(elements[6]),
      });
    }
    return rows;
  }

  it(`are read by an independent reader and by ours, to the last bit (seed ${seed})`, () => {
    const random = createRandom(seed, 'results');
    const poses = Array.from(
      { length: 40 },
      (_, i): ScenePose => ({
        sceneId: 1 + (i % 3),
        imageId: random.integer(1000),
        objectId: random.integer(30),
        score: i % 4 === 0 ? -1 : random.uniform(),
        camFromObject: rigid(
          expSo3([random.normal(), random.normal(), random.normal()]),
          Float64Array.of(100 * random.normal(), 100 * random.normal(), 1000 * random.uniform()),
        ),
        seconds: i % 5 === 0 ? -1 : random.uniform(),
      }),
    );
    const written = encodeBopResults(poses);
    const independent = loadBopResults(new TextDecoder().decode(written));
    expect(independent.length).toBe(40);
    independent.forEach((row, i) => {
      expect([row.scene_id, row.im_id, row.obj_id, row.score]).toEqual([
        poses[i].sceneId,
        poses[i].imageId,
        poses[i].objectId,
        poses[i].score,
      ]);
      expect(row.R).toEqual([...poses[i].camFromObject.rotation]);
      expect(row.t).toEqual([...poses[i].camFromObject.translation]);
    });
    decodeBopResults(written, 'poses.csv').forEach((pose, i) => {
      expect(pose.camFromObject.translation).toEqual(poses[i].camFromObject.translation);
      pose.camFromObject.rotation.forEach((value, k) => {
        expect(value).toBeCloseTo(poses[i].camFromObject.rotation[k], 14);
      });
      expect(pose.score).toBe(poses[i].score);
    });
    // As a spreadsheet saves it.
    const saved = bytes(new TextDecoder().decode(written).replaceAll('\n', '\r\n'));
    expect(decodeBopResults(saved, 'poses.csv')).toEqual(decodeBopResults(written, 'poses.csv'));
  });

  it('carry scene_id and score as they are written, beyond what a number holds', () => {
    const rest = '1,2,0.12345678901234567890,1 0 0 0 1 0 0 0 1,0 0 500,-1';
    const table = `scene_id,im_id,obj_id,score,R,t,time\n9007199254740993,${rest}\n7,${rest.replace(/0\.\d+/, '1.0')}\n`;
    const [long, short] = decodeBopResults(bytes(table), 'a');
    expect([short.sceneId, long.sceneId]).toEqual([7, '9007199254740993']);
    expect(new TextDecoder().decode(encodeBopResults([long, short]))).toBe(table);
  });

  it('have one time per image', () => {
    const pose: ScenePose = {
      sceneId: 1,
      imageId: 2,
      objectId: 3,
      score: 1,
      camFromObject: rigid(expSo3([0, 0, 0]), Float64Array.of(0, 0, 500)),
      seconds: 0.25,
    };
    const poses = [pose, { ...pose, seconds: 0.5 }, { ...pose, imageId: 3 }, { ...pose, imageId: 4, seconds: -1 }];
    const times = decodeBopResults(encodeBopResults(poses), 'a').map(({ seconds }) => seconds);
    expect(times).toEqual([0.5, 0.5, 0.25, -1]);
  });

  it('tell OpenCV from OpenGL: a pose with flipped axes puts the object behind the camera', () => {
    const camFromObject: CamFromObject = rigid(expSo3([0.3, 0.2, 0.1]), Float64Array.of(10, 20, 500));
    const wrong = compose(flipCameraAxes, camFromObject);
    const read = decodeBopResults(
      encodeBopResults([{ sceneId: 1, imageId: 1, objectId: 1, score: 1, camFromObject: wrong, seconds: -1 }]),
      'a',
    );
    expect(transformPoint(read[0].camFromObject, [0, 0, 0])[2]).toBeLessThan(0);
    expect(transformPoint(camFromObject, [0, 0, 0])[2]).toBeGreaterThan(0);
  });

  it('name the row of what is wrong', () => {
    const head = 'scene_id,im_id,obj_id,score,R,t,time\n';
    const identity = '1 0 0 0 1 0 0 0 1';
    const read = (text: string) => failure(() => decodeBopResults(bytes(text), 'starts.csv')).message;
    expect(read(`${head}1,2,3,1,${identity},0 0 500,-1\n1,2,3,1,1 0 0,0 0 500,-1`)).toMatch(/Row 3 has R "1 0 0"; 9/);
    expect(read(`${head}1,2,3,1,${identity},0 500,-1`)).toMatch(/Row 2 has t/);
    expect(read(`${head}1,two,3,1,${identity},0 0 500,-1`)).toMatch(/Row 2 has im_id "two"/);
    expect(read(`${head}1,2,3,1,2 0 0 0 1 0 0 0 1,0 0 500,-1`)).toMatch(/Row 2 has an R of determinant 2/);
    expect(read(`${head}1,2,3,"high, surely",${identity},0 0 500,-1`)).toMatch(
      /Row 2 has score "high, surely"; a number/,
    );
    expect(read(`${head}1.5,2,3,1,${identity},0 0 500,-1`)).toMatch(/Row 2 has scene_id "1.5"; a whole number/);
    expect(read('scene_id,im_id,score\n1,2,3')).toMatch(/no column obj_id, R, t; it has scene_id,im_id,score/);
  });
});

describe('camera files', () => {
  const openCv = `%YAML:1.0
---
calibration_time: "today"
image_width: 640
image_height: 480
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 6.0e+02, 0., 3.195e+02, 0.,
       601., 2.395e+02, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -2.6e-01, 0., 0., 0., 0. ]
`;
  const xml = `<?xml version="1.0"?><opencv_storage><image_width>640</image_width><image_height>480</image_height>
<camera_matrix type_id="opencv-matrix"><rows>3</rows><cols>3</cols><dt>d</dt>
<data>600. 0. 319.5 0. 601. 239.5 0. 0. 1.</data></camera_matrix></opencv_storage>`;
  const ros = `image_width: 640
image_height: 480
camera_name: head
camera_matrix:
  rows: 3
  cols: 3
  data: [600, 0, 319.5, 0, 601, 239.5, 0, 0, 1]
`;
  const expected = { ...size, fx: 600, fy: 601, cx: 320, cy: 240 };

  it.each([
    ['OpenCV YAML', bytes(openCv)],
    ['OpenCV XML', bytes(xml)],
    ['ROS YAML', bytes(ros)],
    ['BOP camera.json', json({ fx: 600, fy: 601, cx: 319.5, cy: 239.5, width: 640, height: 480, depth_scale: 0.1 })],
    ['scene_camera.json of one image', json({ 12: { cam_K: [600, 0, 319.5, 0, 601, 239.5, 0, 0, 1] } })],
    [
      'scene_camera.json of several images',
      json({
        3: { cam_K: [600, 0, 319.5, 0, 601, 239.5, 0, 0, 1] },
        4: { cam_K: [1, 0, 1, 0, 1, 1, 0, 0, 1] },
      }),
    ],
    [
      'rows of K',
      json([
        [600, 0, 319.5],
        [0, 601, 239.5],
        [0, 0, 1],
      ]),
    ],
  ])('reads %s with half a pixel added', (_, content) => {
    expect(decodeCameraFile(content, 'camera', size, 3).camera).toEqual(expected);
  });

  it('takes over the depth scale, and warns of distortion', () => {
    const bop = json({ fx: 600, fy: 601, cx: 319.5, cy: 239.5, depth_scale: 0.1 });
    expect(decodeCameraFile(bop, 'camera.json', size).millimetresPerDepthStep).toBe(0.1);
    expect(decodeCameraFile(bytes(openCv), 'camera.yaml', size).notes).toEqual([expect.stringContaining('distortion')]);
    expect(decodeCameraFile(bytes(xml), 'camera.xml', size).notes).toEqual([]);
  });

  it('refuses a calibration for another size, and files without one', () => {
    const other = failure(() => decodeCameraFile(bytes(ros), 'c.yaml', { width: 320, height: 240 }));
    expect(other.message).toMatch(/calibrated for 640 × 480 pixels, but the image has 320 × 240/);
    expect(failure(() => decodeCameraFile(bytes('hello: 3'), 'c.yaml', size)).message).toMatch(/no camera matrix/);
    const several = json({ 3: { cam_K: [1, 0, 1, 0, 1, 1, 0, 0, 1] }, 4: { cam_K: [1, 0, 1, 0, 1, 1, 0, 0, 1] } });
    expect(failure(() => decodeCameraFile(several, 'scene_camera.json', size, 7)).message).toMatch(/none for image 7/);
  });

  it('finds a 35 mm focal length in EXIF of both byte orders', () => {
    for (const isLittle of [true, false]) {
      const exif = new Uint8Array(6 + 8 + 18 + 18);
      exif.set(new TextEncoder().encode('Exif'));
      const view = new DataView(exif.buffer, 6);
      view.setUint16(0, isLittle ? 0x4949 : 0x4d4d);
      view.setUint16(2, 42, isLittle);
      view.setUint32(4, 8, isLittle);
      view.setUint16(8, 1, isLittle);
      view.setUint16(10, 0x8769, isLittle);
      view.setUint16(12, 4, isLittle);
      view.setUint32(14, 1, isLittle);
      view.setUint32(18, 26, isLittle);
      view.setUint16(26, 1, isLittle);
      view.setUint16(28, 0xa405, isLittle);
      view.setUint16(30, 3, isLittle);
      view.setUint32(32, 1, isLittle);
      view.setUint16(36, 28, isLittle);
      // 28 mm on a diagonal of √(36² + 24²) mm; 3000 × 4000 pixels have a diagonal of 5000.
      expect(focalLengthFromExif(exif, 3000, 4000)).toBeCloseTo((28 / Math.sqrt(36 ** 2 + 24 ** 2)) * 5000, 9);
      for (let length = 0; length < 44; length++)
        expect(focalLengthFromExif(exif.subarray(0, length), 3, 4)).toBeUndefined();
    }
  });
});

describe('start files', () => {
  const matrix = [
    [0, 0, -1, 10],
    [0, 1, 0, 20],
    [1, 0, 0, 500],
    [0, 0, 0, 1],
  ];
  it.each([
    ['text', bytes(matrix.map(row => row.join(' ')).join('\n'))],
    ['text as NumPy prints it', bytes(`[[0. 0. -1. 10.]\n [0. 1. 0. 20.]\n [1. 0. 0. 500.]\n [0. 0. 0. 1.]]`)],
    ['rows in JSON', json(matrix)],
    ['one list in JSON', json(matrix.flat())],
    ['a record', json({ obj_to_cam: matrix })],
    ['R and t', json({ R: [0, 0, -1, 0, 1, 0, 1, 0, 0], t: [10, 20, 500] })],
  ])('reads %s', (_, content) => {
    const [start] = decodeStartFile(content, 'start');
    expect([...start.camFromObject.translation]).toEqual([10, 20, 500]);
    expect([...start.camFromObject.rotation]).toEqual([0, 0, -1, 0, 1, 0, 1, 0, 0]);
    expect(start.objectId).toBeUndefined();
  });

  it('reads which object and image a pose is for, from BOP files and our own', () => {
    const truth = json({ 5: [{ obj_id: 8, cam_R_m2c: [1, 0, 0, 0, 1, 0, 0, 0, 1], cam_t_m2c: [0, 0, 700] }] });
    expect(decodeStartFile(truth, 'scene_gt.json')).toMatchObject([{ imageId: 5, objectId: 8 }]);
    const csv = bytes('scene_id,im_id,obj_id,score,R,t,time\n1,5,8,1,1 0 0 0 1 0 0 0 1,0 0 700,-1\n');
    expect(decodeStartFile(csv, 'starts.csv')).toMatchObject([{ imageId: 5, objectId: 8 }]);
    const pose: CamFromObject = rigid(expSo3([0.1, 0.2, 0.3]), Float64Array.of(1, 2, 300));
    const [read] = decodeStartFile(encodePoseJson(pose, 5, 8), 'pose.json');
    expect(read).toMatchObject({ imageId: 5, objectId: 8 });
    expect(read.camFromObject.translation).toEqual(pose.translation);
  });

  it('written as JSON hold both directions, each the inverse of the other, with unit and axes', () => {
    const pose: CamFromObject = rigid(expSo3([0.1, 0.2, 0.3]), Float64Array.of(1, 2, 300));
    const document = JSON.parse(new TextDecoder().decode(encodePoseJson(pose, 5, 8)));
    expect(document).toMatchObject({ unit: 'millimetres', axes: expect.stringContaining('OpenCV') });
    const [forward, back] = [document.camFromObject, document.objectFromCam] as number[][][];
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const product = forward[i].reduce((sum, value, k) => sum + value * back[k][j], 0);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
    // x of the object's origin in the camera.
    expect(forward[0][3]).toBe(1);
    expect(forward[3]).toEqual([0, 0, 0, 1]);
  });

  it('refuses what is no pose, and a matrix that is written column by column', () => {
    const transposed = matrix[0].map((_, column) => matrix.map(row => row[column]));
    expect(failure(() => decodeStartFile(json(transposed), 'start.json')).message).toMatch(/last row.*10 20 500 1/);
    for (const content of [bytes('hello'), json({ a: 1 }), bytes('1 2 3'), bytes('')]) {
      expect(failure(() => decodeStartFile(content, 'start')).message).toMatch(/holds no pose/);
    }
  });
});
