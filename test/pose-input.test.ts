// What is wrong with pose inputs in practice: each is named with what to do, before a run is started.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuDevice } from '../src/devices/cpu/cpu-device.ts';
import { resolveMembers } from '../src/engine/settings.ts';
import { pose } from '../src/fits/pose/pose.ts';
import { uploadPoseMeshes } from '../src/fits/pose/pose-meshes.ts';
import { makeSampleScene } from '../src/fits/pose/sample-scene.ts';
import { encodePly } from '../src/formats/ply.ts';
import { encodePoseJson } from '../src/formats/start-file.ts';
import { blobMesh } from '../src/geometry/primitives.ts';
import { type CamFromObject, rigid } from '../src/geometry/rigid.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { openInput } from '../src/host/open-input.ts';
import { encodePng } from '../src/media/encode-picture.ts';
import { temporaryFolder } from './lab.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
let device: CpuDevice;
let truth: CamFromObject;
const usual: Record<string, string> = {};

beforeAll(async () => {
  device = await openNodeDevice({ threads: 1 });
  const { scene, models, pixels } = makeSampleScene({ frames: 1, seed: 1, width: 320 });
  const [frame] = scene.frames;
  const index = frame.instances.findIndex(({ objectId }) => objectId === 2);
  truth = frame.instances[index].camFromObject!;
  const { mesh } = models.get(2)!;
  const { width, height, fx, fy, cx, cy } = frame.camera;
  const [{ image, depthMillimetres, masks }] = pixels;
  const grey = (values: Float32Array, size = { width, height }) => encodePng({ ...size, channels: 1, values }, 8);
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(at(name), content);
    return at(name);
  };
  mkdirSync(at('half'));
  usual.image = write('photo.png', await encodePng({ width, height, channels: 3, values: image }, 8));
  usual.mask = write('mask.png', await grey(masks[index]!));
  const steps = depthMillimetres!.map(z => Math.round(10 * z) / 65535);
  usual.depth = write('depth.png', await encodePng({ width, height, channels: 1, values: steps }, 16));
  const k = { fx, fy, cx: cx - 0.5, cy: cy - 0.5, depth_scale: 0.1 };
  usual.camera = write('camera.json', JSON.stringify(k));
  write('camera-sized.json', JSON.stringify({ ...k, width: 2 * width, height: 2 * height }));
  write('camera-twice.json', JSON.stringify({ ...k, fx: 2 * fx, fy: 2 * fy, cx: 2 * cx - 0.5, cy: 2 * cy - 0.5 }));
  write('camera-deep.json', JSON.stringify({ ...k, depth_scale: 10 }));
  const { texture: _texture, ...plain } = mesh;
  usual.mesh = write('box.ply', encodePly(plain));
  write('textured.ply', encodePly({ ...mesh, texture: { name: 'gone.png' } }));
  usual.start = write('start.json', encodePoseJson(truth, 0, 2));
  const move = (translation: number[]) => encodePoseJson(rigid(truth.rotation, Float64Array.from(translation)), 0, 2);
  write('behind.json', move([0, 0, -600]));
  write('outside.json', move([3000, 0, 600]));
  write('no-mask.png', await grey(new Float32Array(width * height)));
  write('small-mask.png', await grey(new Float32Array(100).fill(1), { width: 10, height: 10 }));
  write('labels.png', await grey(masks[index]!.map(value => (value > 0.5 ? 7 : 3) / 255)));
  const ply = (vertices: string[], faces: string[]) =>
    [
      ...['ply', 'format ascii 1.0', `element vertex ${vertices.length}`],
      ...['property float x', 'property float y', 'property float z', `element face ${faces.length}`],
      ...['property list uchar int vertex_indices', 'end_header', ...vertices, ...faces, ''],
    ].join('\n');
  const corners = ['0 0 0', '90 0 0', '0 70 0', '0 0 40'];
  const faces = ['3 0 2 1', '3 0 1 3', '3 0 3 2', '3 1 2 3'];
  write('cloud.ply', ply(corners, []));
  write('nan.ply', ply(['0 0 nan', ...corners.slice(1)], faces));
  write('flat.ply', ply([...corners, '45 0 0'], [...faces, '3 0 4 1']));
  write('line.ply', ply(['0 0 0', '40 0 0', '90 0 0'], ['3 0 1 2', '3 2 1 0']));
  write('inverted.png', await grey(masks[index]!.map(value => 1 - value)));
  write('dot.png', await grey(masks[index]!.map((_, i) => (i === 160 + 120 * width ? 1 : 0))));
  write('depth-8.png', await grey(depthMillimetres!.map(z => z / 2000)));
  write('no-depth.png', await encodePng({ width, height, channels: 1, values: steps.map(() => 0) }, 16));
  const objects = [{ obj_id: 2, name: 'box', mesh: 'box.ply' }];
  const K = [fx, 0, cx - 0.5, 0, fy, cy - 0.5, 0, 0, 1];
  const obj_to_cam = [0, 1, 2].flatMap(row => [...truth.rotation.slice(3 * row, 3 * row + 3), truth.translation[row]]);
  const scenes = {
    'scene-labels': { mask: 'labels.png', objects: [{ obj_id: 2, mask_value: 3, obj_to_cam }] },
    'scene-masks': { objects: [{ obj_id: 2, mask: 'mask.png', obj_to_cam }] },
  };
  for (const [name, frame] of Object.entries(scenes)) {
    mkdirSync(at(name));
    for (const file of ['photo.png', 'labels.png', 'mask.png', 'box.ply'])
      copyFileSync(at(file), at(`${name}/${file}`));
    write(
      `${name}/scene.json`,
      JSON.stringify({ units: 'mm', objects, frames: [{ file: 'photo.png', width, height, K, ...frame }] }),
    );
  }
}, 60000);
afterAll(() => {
  device.dispose();
  folder.dispose();
});

/** The usual files but for some, as a run of the picture would take them. */
async function open(changes: Record<string, string>, given: Record<string, string> = {}) {
  const files = { ...usual, ...Object.fromEntries(Object.entries(changes).map(([id, name]) => [id, at(name)])) };
  const { image: input, mask, ...companions } = files;
  const members = resolveMembers(pose, { unitMillimetres: '1', object: '2', ...given }, {}, 1);
  const opened = await openInput(pose, { input, mask, companions, settings: members[0] }, () => {});
  return { data: opened.data, members };
}

/** A scene with nothing beside it. */
async function openScene(name: string, given: Record<string, string>) {
  const members = resolveMembers(pose, given, {}, 1);
  return openInput(pose, { input: at(name), settings: members[0] }, () => {});
}

async function warnings(changes: Record<string, string>, given: Record<string, string> = {}): Promise<string> {
  const { data, members } = await open(changes, given);
  return (await pose.inspect!(data, members[0])).warnings.join('\n');
}

async function load(changes: Record<string, string>, given: Record<string, string> = {}): Promise<string[]> {
  const { data, members } = await open(changes, given);
  const notes: string[] = [];
  (await pose.load(data, members, { device, seed: 0, note: text => notes.push(text) })).dispose();
  return notes;
}

describe('a good input', () => {
  it('has sizes in words, the start it would take, and nothing to warn of but its guesses', async () => {
    const { data, members } = await open({});
    const found = await pose.inspect!(data, members[0]);
    expect(found.warnings).toEqual([]);
    expect(found.derived.startZ).toBeCloseTo(truth.translation[2], 9);
    expect(found.facts.Start).toBe('a pose that was given');
    expect(found.facts['Distance at the start']).toMatch(/^\d+ mm$/);
    // The sample's own mask, at the sample's own pose.
    expect(Number.parseFloat(found.facts['Overlap of start and mask'])).toBeGreaterThan(60);
  });
});

describe('refused, by name', () => {
  it.each([
    ['a mesh with no faces', { mesh: 'cloud.ply' }, {}, /4 vertices but no faces/, /cloud\.ply/],
    ['NaN vertices', { mesh: 'nan.ply' }, {}, /Vertex 0 .* no place/, /nan\.ply/],
    ['a camera for another image size', { camera: 'camera-sized.json' }, {}, /640 × 480 .* 320 × 240/, /sized/],
    ['a mask of another size', { mask: 'small-mask.png' }, {}, /10 × 10 but the image is 320 × 240/, /small-mask/],
    ['an empty mask', { mask: 'no-mask.png' }, {}, /mask is empty/, /mask/],
    ['a label that is not there', { mask: 'labels.png' }, { label: '5' }, /no pixel of value 5; it has 3, 7/, /mask/],
    ['a start behind the camera', { start: 'behind.json' }, {}, /behind the camera/, /start/],
    ['a start behind the camera for its unit', {}, { unitMillimetres: '1000000' }, /by the depth image/, /unit/],
    ['a depth image of 8 bits', { depth: 'depth-8.png' }, {}, /depth image has 8 bits; 16 are needed/, /depth-8/],
    ['a mesh without any area', { mesh: 'line.ply' }, {}, /no triangle with an area.* all 2 lie on a line/, /line/],
    ['a frame that is not there', {}, { frame: '3' }, /no frame 3/, /photo/],
  ])('%s', async (_, changes, given, message, where) => {
    await expect(load(changes, given)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(message),
      where: expect.stringMatching(where),
      tip: expect.stringMatching(/./),
    });
  });
});

describe('settings and files that do not go together', () => {
  it('weights that leave nothing to fit', async () => {
    const nothing = { maskWeight: '0', depthWeight: '0' };
    await expect(load({}, nothing)).rejects.toMatchObject({
      code: 'setting',
      message: expect.stringMatching(/both 0/),
    });
    await expect(load({}, { ...nothing, colourWeight: '1' })).rejects.toMatchObject({ code: 'setting' });
    await load({}, { ...nothing, colourWeight: '1', method: 'descent' });
    await load({}, { maskWeight: '0' });
  });

  it('a picture without a mask', async () => {
    const { image: input, mesh } = usual;
    const [settings] = resolveMembers(pose, {}, {}, 1);
    await expect(openInput(pose, { input, companions: { mesh }, settings }, () => {})).rejects.toMatchObject({
      message: 'A picture and a mesh do not tell where the object is seen.',
      tip: expect.stringMatching(/--mask/),
    });
  });

  it('a label that is not there, without a start: it is named too', async () => {
    const { image: input, mesh, camera } = usual;
    const [settings] = resolveMembers(pose, { unitMillimetres: '1', label: '5' }, {}, 1);
    const named = { input, mask: at('labels.png'), companions: { mesh, camera }, settings };
    const { data } = await openInput(pose, named, () => {});
    await expect(pose.inspect!(data, settings)).rejects.toMatchObject({
      message: 'The label picture has no pixel of value 5; it has 3, 7.',
    });
  });

  it('a label, which chooses among those of a scene too', async () => {
    const pixelsOf = async (given: Record<string, string>) => {
      const [mask] = (await openScene('scene-labels', given)).data.scene!.pixels[0].masks;
      return mask!.reduce((sum, value) => sum + value, 0);
    };
    const background = await pixelsOf({});
    const object = await pixelsOf({ label: '7' });
    expect(object).toBeLessThan(0.3 * background);
    expect(object + background).toBe(320 * 240);
    await expect(openScene('scene-masks', { label: '7' })).rejects.toMatchObject({
      code: 'setting',
      message: 'The scene has no label picture of this frame, so label 7 has no meaning.',
    });
  });
});

describe('taken, and said', () => {
  it.each([
    ['degenerate triangles', { mesh: 'flat.ply' }, {}, /1 of 5 triangles have no area/],
    ['a unit off by 10', {}, { unitMillimetres: '10' }, /mesh is 10¹ too large: give its unit with --unit-mm/],
    ['a unit off by 1,000', {}, { unitMillimetres: '0.001' }, /mesh is 10³ too small: give its unit with --unit-mm/],
    ['a camera for another size that does not say so', { camera: 'camera-twice.json' }, {}, /one for 640 × 480 pixels/],
    ['a depth scale off by 100', { camera: 'camera-deep.json' }, {}, /depth is 10² too large: check its scale/],
    ['an object outside the image', { start: 'outside.json' }, {}, /object is outside the image/],
    ['a texture that is missing', { mesh: 'textured.ply' }, {}, /gone\.png is missing/],
    ['a mask that is inverted', { mask: 'inverted.png' }, {}, /looks inverted/],
    ['a mask of one pixel', { mask: 'dot.png' }, {}, /mask has a single pixel/],
    ['depth that is all zero', { depth: 'no-depth.png' }, {}, /depth image is empty/],
    ['a start that is behind the camera', { start: 'behind.json' }, {}, /mm behind the camera/],
  ])('%s', async (_, changes, given, message) => {
    expect(await warnings(changes, given)).toMatch(message);
  });

  it('to a run as notes, when it loads', async () => {
    const notes = await load({ mesh: 'flat.ply' });
    expect(notes.join('\n')).toMatch(/1 of 5 triangles/);
    expect(notes[0]).toMatch(/^Start: /);
  });

  it('and depth that is all zero is no part of the fit', async () => {
    const titleOf = async (changes: Record<string, string>) => {
      const { data, members } = await open(changes);
      const problem = await pose.load(data, members, { device, seed: 0 });
      problem.dispose();
      return problem.summary.title;
    };
    expect(await titleOf({})).toMatch(/mask and depth$/);
    expect(await titleOf({ depth: 'no-depth.png' })).toMatch(/, mask$/);
  });

  it('as much of a huge mesh as can be seen', async () => {
    const mesh = blobMesh(40, 0.2, 420, 300);
    expect(mesh.triangles.length / 3).toBeGreaterThan(200_000);
    writeFileSync(at('huge.ply'), encodePly(mesh));
    expect(await warnings({ mesh: 'huge.ply' })).toMatch(/thins it out to about 3,000/);
    const { full, reduced } = await uploadPoseMeshes(device, { mesh, name: 'huge', texture: undefined });
    expect(full.mesh.triangles.length / 3).toBeLessThan(210_000);
    expect(reduced.mesh.triangles.length / 3).toBeLessThan(4000);
    full.dispose();
    reduced.dispose();
  });
});
