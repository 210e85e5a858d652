// What is wrong with pose inputs in practice: each is named with what to do, before a run is started.

import { mkdirSync, writeFileSync } from 'node:fs';
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

describe('taken, and said', () => {
  it.each([
    ['degenerate triangles', { mesh: 'flat.ply' }, {}, /1 of 5 triangles have no area/],
    ['a unit off by 10', {}, { unitMillimetres: '10' }, /mesh is 10¹ too large: give its unit with --unit-mm/],
    ['a unit off by 1,000', {}, { unitMillimetres: '0.001' }, /mesh is 10³ too small: give its unit with --unit-mm/],
    ['a camera for another size that does not say so', { camera: 'camera-twice.json' }, {}, /one for 640 × 480 pixels/],
    ['a depth scale off by 100', { camera: 'camera-deep.json' }, {}, /depth is 10² too large: check its scale/],
    ['an object outside the image', { start: 'outside.json' }, {}, /object is outside the image/],
    ['a texture that is missing', { mesh: 'textured.ply' }, {}, /gone\.png is missing/],
    ['a start that is behind the camera', { start: 'behind.json' }, {}, /mm behind the camera/],
  ])('%s', async (_, changes, given, message) => {
    expect(await warnings(changes, given)).toMatch(message);
  });

  it('to a run as notes, when it loads', async () => {
    const notes = await load({ mesh: 'flat.ply' });
    expect(notes.join('\n')).toMatch(/1 of 5 triangles/);
    expect(notes[0]).toMatch(/^Start: /);
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
