// Tiny networks, written byte by byte, as a user's depth network: what they answer, and which are refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LabError } from '../protocol/lab-error.ts';
import { loadOnnxRuntime, openDepthNetwork } from './depth-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'depth-network-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const put = (bytes: Uint8Array): string => {
  const path = join(folder, `${files++}.onnx`);
  writeFileSync(path, bytes);
  return path;
};

type Field = readonly [number, number | string | Uint8Array | Field[]];

/** Protocol buffers: whole numbers as varints, everything else with its length before it. */
function message(fields: readonly Field[]): Uint8Array {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)]);
  return Uint8Array.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [...varint(number << 3), ...varint(value)];
      const bytes =
        typeof value === 'string'
          ? new TextEncoder().encode(value)
          : value instanceof Uint8Array
            ? value
            : message(value);
      return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

type Shape = readonly (number | string)[];
const FLOAT = 1;

/** Fields by their numbers in onnx.proto: ValueInfoProto. */
function value(name: string, shape: Shape): Field[] {
  const dims = shape.map((side): Field => [1, [typeof side === 'number' ? [1, side] : [2, side]]]);
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, FLOAT],
            [2, dims],
          ],
        ],
      ],
    ],
  ];
}

/** TensorProto */
function tensor(name: string, shape: readonly number[], values: readonly number[]): Field[] {
  const raw = new Uint8Array(Float32Array.from(values).buffer);
  return [...shape.map((side): Field => [1, side]), [2, FLOAT], [8, name], [9, raw]];
}

/** A network of one node. */
function model(
  operation: string,
  inputs: readonly (readonly [string, Shape])[],
  output: Shape,
  constants: readonly Field[][] = [],
  names: readonly string[] = [],
): Uint8Array {
  const node: Field[] = [
    ...[...inputs.map(([name]) => name), ...names].map((name): Field => [1, name]),
    [2, 'y'],
    [4, operation],
  ];
  const graph: Field[] = [
    [1, node],
    [2, 'g'],
    ...constants.map((constant): Field => [5, constant]),
    ...inputs.map(([name, shape]): Field => [11, value(name, shape)]),
    [12, value('y', output)],
  ];
  return message([
    [1, 8],
    [7, graph],
    [
      8,
      [
        [1, ''],
        [2, 13],
      ],
    ],
  ]);
}

/** Weights of red, green and blue as the network is given them, and a constant. */
function mix(shape: Shape, weights: readonly number[], constant: number): Uint8Array {
  const constants = [tensor('w', [1, 3, 1, 1], weights), tensor('b', [1], [constant])];
  return model('Conv', [['x', shape]], [1, 1, shape[2], shape[3]], constants, ['w', 'b']);
}

/** Undoes the normalisation of green: the network answers how green a pixel is, 0 to 1. */
const green = (shape: Shape) => mix(shape, [0, 0.224, 0], 0.456);

const [width, height] = [64, 48];
const picture = {
  ...{ width, height, channels: 3 as const },
  values: Float32Array.from({ length: 3 * width * height }, (_, i) =>
    i % 3 === 1 ? (Math.floor(i / 3) % width) / width : 0.3,
  ),
};

async function errorOf(promise: Promise<unknown>): Promise<LabError> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (thrown: LabError) => thrown,
  );
}

const runtime = loadOnnxRuntime();

it.skipIf(runtime !== undefined)('a depth network without the package says what to install', async () => {
  const error = await errorOf(openDepthNetwork(put(green([1, 3, 28, 42]))));
  expect(error).toMatchObject({ code: 'input', tip: expect.stringContaining('npm install onnxruntime-node') });
});

describe.skipIf(runtime === undefined)('a depth network (skipped where onnxruntime-node is not installed)', () => {
  it.each([
    ['of one size', [1, 3, 28, 42], [42, 28]],
    ['of any size: multiples of 14, at most 518', ['n', 3, 'h', 'w'], [518, 392]],
  ] as const)('%s gets the picture as it wants it', async (_, shape, [wide, high]) => {
    const network = await openDepthNetwork(put(green(shape)));
    const answer = await network.predict(picture);
    expect(answer).toMatchObject({ width: wide, height: high });
    for (const x of [0.25, 0.5, 0.75]) {
      const [column, row] = [Math.floor(x * wide), high >> 1];
      // Half a pixel of the picture, and a level of 8 bits.
      const there = ((column + 0.5) / wide) * width - 0.5;
      expect(Math.abs(answer.values[row * wide + column] - there / width)).toBeLessThan(0.5 / width + 1 / 255);
    }
    expect(await network.predict(picture)).toEqual(answer);
    await network.dispose();
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no network', new TextEncoder().encode('hello'), /cannot be opened as an ONNX network/],
    ['a network of grey pictures', model('Relu', [['x', [1, 1, 28, 28]]], [1, 1, 28, 28]), /shape \[1, 1, 28, 28\]/],
    [
      'a network of two pictures',
      model(
        'Add',
        [
          ['x', [1, 3, 28, 28]],
          ['z', [1, 3, 28, 28]],
        ],
        [1, 3, 28, 28],
      ),
      /takes 2 inputs/,
    ],
  ])('refuses %s when it is opened', async (_, bytes, text) => {
    const error = await errorOf(openDepthNetwork(put(bytes)));
    expect(error.message).toMatch(text);
    expect(error).toMatchObject({ code: 'input', tip: expect.any(String) });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['the same everywhere', mix([1, 3, 28, 42], [0, 0, 0], 0.5), /0.5 at every pixel/],
    ['not a number', mix([1, 3, 28, 42], [0, 0.2, 0], Number.NaN), /NaN, which is no depth/],
    ['no picture', model('GlobalAveragePool', [['x', [1, 3, 28, 42]]], [1, 3, 1, 1]), /shape \[1, 3, 1, 1\]/],
  ])('refuses an answer that is %s', async (_, bytes, text) => {
    const network = await openDepthNetwork(put(bytes));
    expect((await errorOf(network.predict(picture))).message).toMatch(text);
    await network.dispose();
  });
});
