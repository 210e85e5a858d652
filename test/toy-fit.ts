// The smallest fit there can be, with one view of every kind: two numbers go to a target. It shows what any fit may
// declare; engine tests import it, and the window's tests bundle it for an engine's process (DESCENT_LAB_TEST_FITS).

import type { Fit } from '../src/fits/fit.ts';
import type { ViewData, ViewDescription } from '../src/protocol/views.ts';

const HEIGHT = 24;
const WIDTH = 32;
const FRAMES = 2;

const views: readonly ViewDescription[] = [
  {
    kind: 'image',
    id: 'picture',
    title: 'Toy picture',
    help: 'A disc where the two numbers are.',
    changes: 'with-iterations',
    frames: FRAMES,
    height: HEIGHT,
    width: WIDTH,
    channels: 3,
    range: [0, 255],
    reference: 'goal',
  },
  {
    kind: 'image',
    id: 'goal',
    title: 'Toy goal',
    changes: 'never',
    frames: FRAMES,
    height: HEIGHT,
    width: WIDTH,
    channels: 3,
    range: [0, 255],
  },
  {
    kind: 'image',
    id: 'flow',
    title: 'Toy flow',
    help: 'Everything turns about the upper left corner.',
    changes: 'never',
    frames: FRAMES,
    height: HEIGHT,
    width: WIDTH,
    channels: 2,
    range: [0, WIDTH],
    colours: 'flow',
    unit: 'px',
  },
  { kind: 'tracks', id: 'tracks', title: 'Toy tracks', changes: 'never', over: 'goal' },
  {
    kind: 'depth',
    id: 'depth',
    title: 'Toy depth',
    changes: 'with-iterations',
    frames: 1,
    height: HEIGHT,
    width: WIDTH,
    unit: 'm',
  },
  { kind: 'points', id: 'points', title: 'Toy points', changes: 'with-iterations', unit: 'm' },
  { kind: 'cameras', id: 'cameras', title: 'Toy cameras', changes: 'with-iterations', unit: 'm' },
  { kind: 'mesh', id: 'mesh', title: 'Toy mesh', changes: 'with-iterations', unit: 'm' },
  {
    kind: 'poses',
    id: 'poses',
    title: 'Toy poses',
    changes: 'with-iterations',
    unit: 'm',
    measure: 'pose',
    box: [0, 0, 0, 1, 1, 1],
  },
  {
    kind: 'heat-map',
    id: 'distance',
    title: 'Toy distances',
    changes: 'with-iterations',
    rowLabel: 'Number',
    columnLabel: 'Power',
    scale: 'linear',
  },
  {
    kind: 'series',
    id: 'numbers',
    title: 'Toy numbers',
    changes: 'with-iterations',
    measure: 'x',
    reference: 'targets',
    label: 'Value',
    scale: 'linear',
  },
  {
    kind: 'scatter',
    id: 'distance-over-first',
    title: 'Toy distance over the first number',
    changes: 'with-iterations',
    along: 'first',
    height: 'apart',
    alongLabel: 'First number',
    heightLabel: 'Distance to the target',
    curve: { along: 'x', height: 'targets' },
  },
];

/** Half the squared distance of two numbers to a target. */
export const toy: Fit = {
  id: 'toy',
  title: 'Two numbers to a target',
  takes: 'nothing',
  exportContent: 'x: the two numbers, float32 [2].',
  optimizer: 'sgd',
  presets: {},
  captions: { side: { below: 'The first number is below its target.', there: 'The first number is there.' } },
  settings: [
    {
      name: 'target',
      title: 'Target',
      type: 'number',
      default: 3,
      minimum: -100,
      maximum: 100,
      live: 'member',
      help: 'Where both numbers go.',
    },
    {
      name: 'learningRate',
      title: 'Learning rate',
      type: 'number',
      default: 0.1,
      minimum: 0,
      maximum: 10,
      live: 'live',
      help: 'Step over gradient.',
    },
    {
      name: 'iterations',
      title: 'Iterations at most',
      type: 'integer',
      default: 100,
      minimum: 1,
      maximum: 1000000,
      live: 'member',
      help: 'Nothing else ends it.',
    },
  ],
  samples: [
    {
      id: 'nothing',
      title: 'Nothing',
      teaches: 'A fit needs no data.',
      make: () => ({ name: 'nothing', kind: 'synthetic', shape: [], values: new Float32Array(0), fullScale: 1 }),
    },
  ],
  async load(_input, members, { device }) {
    const blocks = members.map(() => ({ values: device.floats(2), gradients: device.floats(2) }));
    const targetOf = (member: number) => Number(members[member].target);
    return {
      members: members.map(({ target, iterations }, m) => ({
        label: `target ${target}`,
        blocks: [{ name: 'x', group: 'all', values: blocks[m].values.values, gradients: blocks[m].gradients.values }],
        hyperDefaults: {},
        rateScale: 1,
        maximumIterations: Number(iterations),
      })),
      summary: { title: 'toy' },
      terms: ['distance'],
      evaluate: requests =>
        requests.map(({ member }) => {
          const { values, gradients } = blocks[member];
          gradients.values.set(values.values.map(x => x - targetOf(member)));
          const loss = gradients.values.reduce((sum, g) => sum + 0.5 * g * g, 0);
          return { loss, validation: undefined, terms: [loss] };
        }),
      measure(member) {
        const x = [...blocks[member].values.values];
        const target = targetOf(member);
        return {
          x,
          first: x[0],
          apart: Math.hypot(x[0] - target, x[1] - target),
          pose: poseOf(x),
          targets: [target, target],
          side: x[0] < target - 0.01 ? 'below' : 'there',
        };
      },
      views,
      view: (id, member, frame) =>
        toyView(id, id === 'goal' ? [targetOf(0), targetOf(0)] : [...blocks[member].values.values], frame),
      exports: member => [{ name: 'x', shape: [2], values: blocks[member].values.values }],
      dispose() {
        for (const { values, gradients } of blocks) {
          values.dispose();
          gradients.dispose();
        }
      },
    };
  },
};

export const fits: readonly Fit[] = [toy];

function toyView(id: string, [x, y]: readonly number[], frame: number | undefined): ViewData {
  switch (id) {
    case 'picture':
    case 'goal':
      return { values: picture(x, y, frame) };
    case 'flow':
      return { values: turn(frame) };
    case 'tracks':
      return {
        starts: { shape: [2], values: Uint32Array.of(0, FRAMES) },
        frames: { shape: [FRAMES], values: Uint16Array.from({ length: FRAMES }, (_, f) => f) },
        positions: { shape: [FRAMES, 2], values: Float32Array.from({ length: 2 * FRAMES }, (_, k) => 2 + 3 * k) },
      };
    case 'depth':
      return {
        values: {
          shape: [1, HEIGHT, WIDTH],
          values: Float32Array.from({ length: HEIGHT * WIDTH }, (_, i) => 1 + x * i),
        },
      };
    case 'points':
      return {
        positions: { shape: [3, 3], values: Float32Array.of(x, y, 2, x + 1, y, 2, x, y + 1, 2) },
        colours: { shape: [3, 3], values: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) },
        confidence: { shape: [3], values: Float32Array.of(1, 0.5, 0.25) },
      };
    case 'cameras':
      return {
        worldFromCam: { shape: [1, 3, 4], values: Float32Array.of(1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, -2) },
        intrinsics: { shape: [1, 4], values: Float32Array.of(40, 40, WIDTH / 2, HEIGHT / 2) },
        sizes: { shape: [1, 2], values: Float32Array.of(WIDTH, HEIGHT) },
      };
    case 'poses':
      return { worldFromObject: { shape: [3, 4], values: Float32Array.from(poseOf([x, y])) } };
    case 'mesh':
      return {
        positions: { shape: [4, 3], values: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1) },
        triangles: { shape: [4, 3], values: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3) },
        worldFromObject: { shape: [3, 4], values: Float32Array.of(1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, 3) },
      };
    default:
      return { values: { shape: [2, 3], values: Float32Array.of(x, x ** 2, x ** 3, y, y ** 2, y ** 3) } };
  }
}

function poseOf([x, y]: readonly number[]): number[] {
  return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, 3];
}

/** At each pixel the vector to it, a quarter turn on. */
function turn(frame: number | undefined): ViewData[string] {
  const frames = frame === undefined ? FRAMES : 1;
  const values = Float32Array.from({ length: frames * HEIGHT * WIDTH * 2 }, (_, k) => {
    const pixel = Math.floor(k / 2) % (HEIGHT * WIDTH);
    return k % 2 === 0 ? -Math.floor(pixel / WIDTH) : pixel % WIDTH;
  });
  return { shape: [frames, HEIGHT, WIDTH, 2], values };
}

function picture(x: number, y: number, frame: number | undefined): ViewData[string] {
  const frames = frame === undefined ? FRAMES : 1;
  const values = new Uint8Array(frames * HEIGHT * WIDTH * 3);
  for (let at = 0; at < values.length; at += 3) {
    const pixel = (at / 3) % (HEIGHT * WIDTH);
    const distance = Math.hypot((pixel % WIDTH) - WIDTH / 2 - x, Math.floor(pixel / WIDTH) - HEIGHT / 2 - y);
    values[at + (((frame ?? 0) + Math.floor(at / 3 / (HEIGHT * WIDTH))) % 3)] = distance < 5 ? 255 : 40;
  }
  return { shape: [frames, HEIGHT, WIDTH, 3], values };
}
