// A user's own depth network, an ONNX file: looked at when it is opened, then asked for the inverse depth of pictures. Inference
// only, by the package onnxruntime-node where the user has installed it; the lab ships neither it nor a network. Node only.

import { createRequire } from 'node:module';
import sharp from 'sharp';
import { LabError } from '../protocol/lab-error.ts';
import type { PictureValues } from './picture.ts';

/** What is used of the package, so that nothing else depends on it. */
interface OnnxRuntime {
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}

interface Tensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly { readonly type: string; readonly shape: readonly (number | string)[] }[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export interface InverseDepth {
  readonly width: number;
  readonly height: number;
  /** [height, width]; the nearer, the larger; scale and shift are unknown. */
  readonly values: Float32Array;
}

export interface DepthNetwork {
  /** Of a picture of any size, which the answer covers. Throws an `input` error for an answer that is no depth. */
  predict(picture: PictureValues): Promise<InverseDepth>;
  dispose(): Promise<void>;
}

/** Means and deviations of red, green and blue that networks trained on ImageNet take, MiDaS and Depth Anything among them. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
/** Where a network takes any size: its longer side, and what sides are multiples of (the patches of Depth Anything). */
const SIDE = 518;
const PATCH = 14;

export function loadOnnxRuntime(): OnnxRuntime | undefined {
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as OnnxRuntime;
  } catch {
    // Not installed, or not for this machine.
    return undefined;
  }
}

/**
 * Opens a network that takes one picture [1, 3, height, width], float32, normalised as for ImageNet, and gives inverse depth
 * [1, height, width] or [1, 1, height, width]. Throws `input` errors where the package is missing, the file is no network, or the
 * network takes something else.
 */
export async function openDepthNetwork(path: string): Promise<DepthNetwork> {
  const refuse = (message: string, tip: string, cause?: unknown) =>
    new LabError({ code: 'input', message, tip, where: path, cause });
  const runtime = loadOnnxRuntime();
  if (runtime === undefined) {
    throw refuse(
      'A depth network needs the package onnxruntime-node, which is not installed.',
      'Install it beside the lab (npm install onnxruntime-node), or leave the network out.',
    );
  }
  // One thread: the same bits on every machine of a kind.
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 };
  const session = await runtime.InferenceSession.create(path, options).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(`The file cannot be opened as an ONNX network: ${reason}`, 'Export the network again.', cause);
  });
  try {
    const [height, width] = inputSize(session, refuse);
    return {
      predict: async picture => {
        const [high, wide] = [height ?? sideFor(picture, 'height'), width ?? sideFor(picture, 'width')];
        const input = new runtime.Tensor('float32', await normalised(picture, wide, high), [1, 3, high, wide]);
        const outputs = await session.run({ [session.inputNames[0]]: input }).catch((cause: unknown) => {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw refuse(`The network fails on a picture of ${wide} × ${high}: ${reason}`, 'Export it again.', cause);
        });
        return answerOf(outputs[session.outputNames[0]], refuse);
      },
      dispose: () => session.release(),
    };
  } catch (thrown) {
    await session.release();
    throw thrown;
  }
}

/** Hands the network at `path`, if there is one, to `use`, and gives it back afterwards. Throws as `openDepthNetwork`. */
export async function withDepthNetwork<T>(
  path: string | undefined,
  use: (predict: DepthNetwork['predict'] | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use(undefined);
  const network = await openDepthNetwork(path);
  try {
    return await use(network.predict);
  } finally {
    await network.dispose();
  }
}

type Refuse = (message: string, tip: string) => LabError;

/** Height and width; undefined where the network takes any. */
function inputSize({ inputNames, inputMetadata }: Session, refuse: Refuse): (number | undefined)[] {
  const tip = 'Give a network with one input [1, 3, height, width] of type float32, such as MiDaS or Depth Anything.';
  if (inputNames.length !== 1) throw refuse(`The network takes ${inputNames.length} inputs.`, tip);
  const [{ type, shape = [] }] = inputMetadata;
  const [count, channels, ...sides] = shape;
  const isOne = count === 1 || typeof count === 'string' || count < 1;
  if (type !== 'float32' || shape.length !== 4 || !isOne || channels !== 3) {
    throw refuse(`The network takes ${type} of shape [${shape.join(', ')}].`, tip);
  }
  return sides.map(side => (typeof side === 'number' && side > 0 ? side : undefined));
}

function sideFor(picture: PictureValues, side: 'width' | 'height'): number {
  const scale = SIDE / Math.max(picture.width, picture.height);
  return Math.max(PATCH, PATCH * Math.round((picture[side] * scale) / PATCH));
}

/** [3, height, width] */
async function normalised(picture: PictureValues, width: number, height: number): Promise<Float32Array> {
  const { channels, values } = picture;
  const bytes = Uint8Array.from({ length: 3 * picture.width * picture.height }, (_, i) =>
    Math.round(255 * values[channels === 3 ? i : Math.floor(i / 3)]),
  );
  const pixels = await sharp(bytes, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  const size = width * height;
  return Float32Array.from({ length: 3 * size }, (_, i) => {
    const c = Math.floor(i / size);
    return (pixels[3 * (i % size) + c] / 255 - MEAN[c]) / DEVIATION[c];
  });
}

function answerOf({ data, dims, type }: Tensor, refuse: Refuse): InverseDepth {
  const tip = 'Give a network whose first output is inverse depth [1, height, width].';
  const [width = 0, height = 0] = dims.toReversed();
  if (!(data instanceof Float32Array) || width < 2 || height < 2 || width * height !== data.length) {
    throw refuse(`The network gives ${type} of shape [${dims.join(', ')}].`, tip);
  }
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (!Number.isFinite(value)) throw refuse(`The network gives ${value}, which is no depth.`, tip);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) throw refuse(`The network gives ${low} at every pixel.`, tip);
  return { width, height, values: data };
}
