// Every layer lets go of all it made, shows what its kind says, and keeps its buffers while data of the same size comes.

import {
  type BufferGeometry,
  type DataArrayTexture,
  Matrix4,
  type Mesh,
  type MeshLambertMaterial,
  type Object3D,
  PerspectiveCamera,
  Ray,
  type ShaderMaterial,
  Vector3,
} from 'three';
import { describe, expect, it } from 'vitest';
import type { ImageView, ViewData } from '../../src/protocol/views.ts';
import { createLayer } from './create-layer.ts';
import { memberPosesAt } from './member-poses.ts';
import { vertexDistances } from './object-mesh.ts';
import type { SceneLayer, SceneState, SceneViewDescription } from './scene-layer.ts';
import { firstLook } from './scene-look.ts';

const base = { title: '', changes: 'never' } as const;
const image: ImageView = {
  ...base,
  id: 'image',
  kind: 'image',
  frames: 3,
  height: 2,
  width: 4,
  channels: 3,
  range: [0, 1],
};
const floats = (shape: readonly number[], ...values: readonly number[]) => ({
  shape,
  values: Float32Array.from(values),
});

const cameras: ViewData = {
  worldFromCam: floats([1, 3, 4], 1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 3),
  intrinsics: floats([1, 4], 10, 10, 5, 5),
  sizes: floats([1, 2], 10, 10),
};
const views: readonly { readonly view: SceneViewDescription; readonly data: ViewData; readonly more: ViewData }[] = [
  {
    view: image,
    data: { values: floats([3, 2, 4, 3], ...new Array(72).fill(0.5)) },
    more: { values: floats([3, 1, 2, 3], ...new Array(18).fill(1)) },
  },
  {
    view: { ...base, id: 'depth', kind: 'depth', frames: 1, height: 2, width: 2, unit: 'm' },
    data: { values: floats([1, 2, 2], 1, 2, 3, 4) },
    more: { values: floats([1, 2, 2], 1, 0, 0, 4) },
  },
  {
    view: { ...base, id: 'points', kind: 'points', unit: 'm' },
    data: { positions: floats([2, 3], 1, 2, 3, 4, 5, 6), colours: { shape: [2, 3], values: new Uint8Array(6) } },
    more: { positions: floats([1, 3], 1, 2, 3) },
  },
  { view: { ...base, id: 'cameras', kind: 'cameras', unit: 'm' }, data: cameras, more: cameras },
  {
    view: { ...base, id: 'mesh', kind: 'mesh', unit: 'm' },
    data: {
      positions: floats([3, 3], 0, 0, 0, 1, 0, 0, 0, 1, 0),
      triangles: { shape: [1, 3], values: Uint32Array.of(0, 1, 2) },
      worldFromObject: floats([3, 4], 1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30),
    },
    more: {
      positions: floats([4, 3], 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0),
      triangles: { shape: [2, 3], values: Uint32Array.of(0, 1, 2, 1, 3, 2) },
    },
  },
  {
    view: { ...base, id: 'poses', kind: 'poses', unit: 'm', measure: 'pose', box: [0, 0, 0, 1, 1, 1] },
    data: {
      worldFromObject: floats([3, 4], 1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30),
      ...memberPosesAt({
        rows: [
          { iteration: 0, member: 0, pose: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 5] },
          { iteration: 3, member: 0, pose: [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 5] },
        ],
        ...{ measure: 'pose', members: 2, iteration: 'now', shown: 1, ended: new Set<number>(), centre: [0, 0, 0] },
      }),
    },
    more: { worldFromObject: floats([3, 4], 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2) },
  },
];

const state = (change: Partial<SceneState> = {}): SceneState => ({
  look: firstLook,
  colours: { background: 0, grid: 0, line: 0x808080, accent: 0xff0000, truth: 0x00ff00 },
  frame: 0,
  cameras: undefined,
  poses: new Map(),
  held: undefined,
  through: undefined,
  reach: 0.1,
  extent: 1,
  ...change,
});

interface Disposable {
  addEventListener(type: 'dispose', listener: () => void): void;
}

/** What of a layer lies on the card once it has been drawn. */
function resources({ object }: SceneLayer): Set<Disposable> {
  const found = new Set<Disposable>();
  object.traverse((part: Object3D) => {
    const { geometry, material } = part as Mesh;
    if (geometry === undefined) return;
    found.add(geometry as BufferGeometry);
    found.add(material as ShaderMaterial);
    const map = (material as ShaderMaterial).uniforms?.map?.value as DataArrayTexture | undefined;
    if (map !== undefined) found.add(map as unknown as Disposable);
  });
  return found;
}

function feed(layer: SceneLayer, data: ViewData, now = state()): void {
  layer.update(data, now);
  layer.restyle(now);
  layer.prepare?.({ z: -5 });
}

describe.each(views)('layer of kind $view.kind', ({ view, data, more }) => {
  it('lets go of everything, also of what data of other sizes made', () => {
    const layer = createLayer(view, 'stacked');
    const held = new Set<Disposable>();
    const released = new Set<Disposable>();
    for (const each of [data, more, data]) {
      feed(layer, each);
      for (const resource of resources(layer)) {
        if (held.has(resource)) continue;
        held.add(resource);
        resource.addEventListener('dispose', () => released.add(resource));
      }
    }
    expect(held.size).toBeGreaterThanOrEqual(2);
    layer.dispose();
    expect(released).toEqual(held);
  });

  it('makes nothing new for data of the same size', () => {
    const layer = createLayer(view, 'stacked');
    feed(layer, data);
    const before = resources(layer);
    let disposals = 0;
    for (const resource of before) resource.addEventListener('dispose', () => disposals++);
    feed(layer, data);
    expect(resources(layer)).toEqual(before);
    expect(disposals).toBe(0);
    layer.dispose();
  });

  it('has a box around its data', () => {
    const layer = createLayer(view, 'stacked');
    expect(view.kind === 'image' || layer.box.isEmpty()).toBe(true);
    feed(layer, data);
    expect(layer.box.isEmpty()).toBe(false);
    layer.dispose();
  });
});

it('puts a mesh where its object is', () => {
  const layer = createLayer(views[4].view, 'stacked');
  feed(layer, views[4].data);
  expect(layer.box.min.toArray()).toEqual([10, 20, 30]);
  expect(layer.box.max.toArray()).toEqual([11, 21, 30]);
});

it('puts a mesh where its poses view or the hand of the user has it', () => {
  const [shape] = [views[4].data];
  const { worldFromObject: _own, ...still } = shape;
  const layer = createLayer({ ...base, id: 'mesh', kind: 'mesh', unit: 'm', poses: 'poses' }, 'stacked');
  feed(layer, still);
  expect(layer.object.visible).toBe(false);
  const poses = new Map([['poses', { worldFromObject: floats([3, 4], 0, -1, 0, 5, 1, 0, 0, 6, 0, 0, 1, 7) }]]);
  feed(layer, still, state({ poses }));
  // A quarter turn about z takes the corner (1, 0, 0) to (0, 1, 0), and (0, 1, 0) to (-1, 0, 0).
  expect(layer.box.min.toArray()).toEqual([4, 6, 7]);
  expect(layer.box.max.toArray()).toEqual([5, 7, 7]);
  feed(layer, still, state({ poses, held: { view: 'mesh', pose: new Matrix4().makeTranslation(1, 2, 3) } }));
  expect(layer.box.min.toArray()).toEqual([1, 2, 3]);
});

it('hides measured points while an object is held and seen through a camera', () => {
  const layer = createLayer(views[2].view, 'stacked');
  const held = { view: 'mesh', pose: new Matrix4() };
  for (const [now, seen] of [
    [state(), true],
    [state({ held }), true],
    [state({ through: 0 }), true],
    [state({ held, through: 0 }), false],
  ] as const) {
    feed(layer, views[2].data, now);
    expect(layer.object.visible).toBe(seen);
  }
});

it('colours a mesh by the distance of each vertex from its true place, whose mean is the ADD', () => {
  const positions = [0, 0, 0, 2, 0, 0, 0, 1, 0];
  const turned = new Matrix4().makeRotationZ(Math.PI).setPosition(0, 3, 0);
  // Half a turn about the origin moves a point at distance r by 2 r; the shift by 3 adds along y.
  const distances = vertexDistances(positions, turned, new Matrix4());
  for (const [k, distance] of [3, 5, 1].entries()) expect(distances[k]).toBeCloseTo(distance, 6);
  const truth = floats([3, 4], 1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 33);
  const layer = createLayer(views[4].view, 'stacked');
  const shown = state({ look: { ...firstLook, meshColours: 'error' } });
  feed(layer, { ...views[4].data, trueWorldFromObject: truth }, shown);
  expect(layer.legend).toMatchObject({ low: 0, high: 3, unit: 'm' });
  feed(layer, views[4].data, shown);
  expect(layer.legend).toBeUndefined();
});

it('lets go of the texture of a mesh, also of one that another replaced', () => {
  const layer = createLayer(views[4].view, 'stacked');
  const gone = new Set<object>();
  const textures: object[] = [];
  for (const side of [2, 4]) {
    const texture = { shape: [side, side, 3], values: new Uint8Array(3 * side * side) };
    feed(layer, { ...views[4].data, texture, textureCoordinates: floats([3, 2], 0, 0, 1, 0, 0, 1) });
    const { map } = (layer.object.children[0] as Mesh).material as MeshLambertMaterial;
    map?.addEventListener('dispose', () => gone.add(map));
    if (map !== null) textures.push(map);
  }
  layer.dispose();
  expect(textures).toHaveLength(2);
  expect(gone).toEqual(new Set(textures));
});

it('sends a click on a plane to its frame, column and row', () => {
  const layer = createLayer(image, 'stacked');
  feed(layer, views[0].data);
  const ray = { origin: new Vector3(0.2, 0.1, 5), direction: new Vector3(0, 0, -1) };
  // From behind, the last frame is the nearest; the picture is 1 wide and 0.5 high: column 4 · 0.7, row 2 · 0.7.
  const pointer = { ray, x: 0, y: 0, width: 1, height: 1, camera: { matrixWorldInverse: new Matrix4() } };
  expect(layer.pick?.(pointer as unknown as Parameters<NonNullable<SceneLayer['pick']>>[0])).toEqual({
    kind: 'frame',
    frame: 2,
    column: 2,
    row: 1,
  });
});

it('sends a click on the box of a pose to its member', () => {
  const layer = createLayer(views[5].view, 'stacked');
  const pose = (x: number) => [1, 0, 0, x, 0, 1, 0, 0, 0, 0, 1, 5];
  const rows = [0, 1].map(member => ({ iteration: 0, member, pose: pose(4 * member) }));
  const members = memberPosesAt({
    ...{ rows, measure: 'pose', members: 2, iteration: 'now', shown: 0, ended: new Set<number>(), centre: [0, 0, 0] },
  });
  feed(layer, { worldFromObject: floats([3, 4], ...pose(0)), ...members });
  // At depth 5 this camera shows x from -5 to 5 over 200 pixels: one unit is 20 pixels. It looks along z of the data.
  const camera = new PerspectiveCamera(90, 1, 0.1, 100);
  camera.updateMatrixWorld();
  const pick = (x: number, y: number) =>
    layer.pick?.({ ray: new Ray(), x: 100 + 20 * x, y: 100 + 20 * y, width: 200, height: 200, camera });
  expect(pick(0.5, 0)).toEqual({ kind: 'member', index: 0 });
  expect(pick(4.5, 0)).toEqual({ kind: 'member', index: 1 });
  expect(pick(2.5, 0)).toBeUndefined();
});

it('shows the pictures of cameras only where there is one for each', () => {
  const planes = (layer: SceneLayer) =>
    ((layer.object as Mesh).geometry as unknown as { instanceCount: number }).instanceCount;
  const single = createLayer({ ...image, frames: 1 }, 'at-cameras');
  feed(single, { values: floats([1, 2, 4, 3], ...new Array(24).fill(1)) }, state({ cameras }));
  expect(planes(single)).toBe(1);
  const three = createLayer(image, 'at-cameras');
  feed(three, views[0].data, state({ cameras }));
  expect(planes(three)).toBe(0);
});

it('draws depth through the camera of its frame', () => {
  const layer = createLayer(views[1].view, 'stacked');
  feed(layer, { values: floats([1, 1, 1], 2) }, state({ cameras }));
  // A picture of one pixel: its centre is the camera's axis, 2 in front of (1, 2, 3).
  expect(layer.box.min.toArray()).toEqual([1, 2, 5]);
  expect(layer.legend).toMatchObject({ low: 2, high: 2, unit: 'm' });
  layer.restyle(state({ cameras, through: 0 }));
  expect(layer.object.visible).toBe(false);
  expect(layer.legend).toBeUndefined();
});

it('means the camera whose picture is clicked, the nearest where several lie behind each other', () => {
  const layer = createLayer({ ...image, frames: 2 }, 'at-cameras');
  const pair: ViewData = {
    // Side by side, looking along z; the second one further on.
    worldFromCam: floats([2, 3, 4], 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0.1, 0, 1, 0, 0, 0, 0, 1, 5),
    intrinsics: floats([2, 4], 10, 10, 5, 5, 10, 10, 5, 5),
    sizes: floats([2, 2], 10, 10, 10, 10),
  };
  feed(layer, { values: floats([2, 2, 4, 3], ...new Array(48).fill(1)) }, state({ cameras: pair, reach: 1 }));
  const camera = new PerspectiveCamera();
  const pick = (x: number) =>
    layer.pick?.({
      ray: new Ray(new Vector3(x, 0, -10), new Vector3(0, 0, 1)),
      ...{ x: 0, y: 0, width: 1, height: 1, camera },
    });
  // Half as wide as they are far: to 0.5 on both sides.
  expect(pick(0.4)).toEqual({ kind: 'camera', index: 0 });
  expect(pick(0.55)).toEqual({ kind: 'camera', index: 1 });
  expect(pick(0.65)).toBeUndefined();
});

it('takes the size of the scene from the surer half of its points', () => {
  const layer = createLayer(views[2].view, 'stacked');
  const positions = floats([4, 3], 0, 0, 0, 1, 2, 3, 90, 90, 90, -90, 0, 0);
  feed(layer, { positions, confidence: floats([4], 0.9, 0.8, 0.1, 0.2) });
  expect([layer.box.min.toArray(), layer.box.max.toArray()]).toEqual([
    [0, 0, 0],
    [1, 2, 3],
  ]);
  feed(layer, { positions });
  expect(layer.box.max.toArray()).toEqual([90, 90, 90]);
});

it('draws trails through earlier states up to where the cameras are, but none of true cameras', () => {
  const earlier = { ...cameras, trails: floats([2, 1, 3], -1, 0, 0, 0, 1, 0) };
  const linesOf = (layer: SceneLayer, of: number) =>
    Array.from((layer.object.children[of] as Mesh).geometry.getAttribute('position').array);
  const [own, truth] = [createLayer(views[3].view, 'stacked'), createLayer(views[3].view, 'stacked', 'truth')];
  feed(own, earlier);
  feed(truth, cameras);
  expect(linesOf(own, 2)).toEqual([-1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 2, 3]);
  expect(linesOf(truth, 2)).toEqual([]);
  // Those of the truth end nearer to their camera, at z = 3.
  const far = (layer: SceneLayer) => Math.max(...linesOf(layer, 0).filter((_, k) => k % 3 === 2)) - 3;
  expect(far(truth)).toBeLessThan(far(own));
  feed(truth, cameras, state({ through: 0 }));
  expect(truth.object.visible).toBe(false);
});
