// A picture and its coarser levels in device memory, as the kernels of flow and tracks read them: float32 grey levels with a
// border in which the edge goes on.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FlowLevel } from './flow.ts';

/** Pixels around a picture, as kernels/flow-levels.ts has them. */
export const BORDER = 16;
/** Pixels of a chunk: few enough to share out, many enough to be worth handing over. */
const CHUNK_PIXELS = 4096;

export interface DevicePicture extends FlowLevel {
  /** Pixels from row to row. */
  readonly stride: number;
  /** Address of pixel (0, 0). */
  readonly origin: number;
  /** [height + 2 border, stride]; pixel (0, 0) is a border away from both edges. */
  readonly values: Float32Array;
}

export interface DevicePyramid {
  /** From the picture itself to the coarsest. */
  readonly levels: readonly DevicePicture[];
  /** Grey [height, width], 0 to 1. Throws an `internal` error for another number of values. */
  take(grey: Float32Array): void;
  dispose(): void;
}

/** Rows of one chunk of a picture. */
export function bandRows(width: number, height: number): number {
  return Math.max(1, Math.min(height, Math.ceil(CHUNK_PIXELS / width)));
}

export function createPyramid(device: CpuDevice, sizes: readonly FlowLevel[]): DevicePyramid {
  const [{ width, height }] = sizes;
  const input = device.floats(width * height);
  const pictures = sizes.map(size => {
    const stride = Math.ceil(size.width / 4) * 4 + 2 * BORDER;
    const memory = device.floats(stride * (size.height + 2 * BORDER));
    return { ...size, stride, memory, origin: memory.byteOffset + 4 * BORDER * (stride + 1) };
  });
  return {
    levels: pictures.map(({ memory, ...picture }) => ({ ...picture, values: memory.values })),
    take(grey) {
      if (grey.length !== input.values.length) {
        throw new LabError({
          code: 'internal',
          message: `A picture of ${width} × ${height} pixels was expected, not ${grey.length} values.`,
        });
      }
      input.values.set(grey);
      pictures.forEach((picture, l) => {
        const finer = pictures[l - 1];
        const source = finer === undefined ? [input.byteOffset, width, 0] : [finer.origin, finer.stride, 1];
        const band = bandRows(picture.width, picture.height);
        device.dispatch(
          'flowPictureChunk',
          [...source, picture.origin, picture.width, picture.height, picture.stride, band],
          Math.ceil(picture.height / band),
        );
      });
    },
    dispose() {
      for (const { memory } of pictures) memory.dispose();
      input.dispose();
    },
  };
}
