// The proximal map of the tubal nuclear norm on the cpu device: singular values of every slice of the transform domain
// are lowered by tau. Lu et al., Tensor Robust PCA with a new tensor nuclear norm, TPAMI 2020, theorem 4.2.

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import type { Transform } from '../mode3-transform/transform.ts';
import { createDeviceTransform } from '../mode3-transform/transform-cpu.ts';

export interface Thresholded {
  /** (1 / scale) sum over slices of weight times the slice's nuclear norm, afterwards. */
  readonly nuclearNorm: number;
  /** Singular values left in every stored slice. */
  readonly ranks: readonly number[];
}

export interface Threshold {
  /** x [k, rows, columns] becomes argmin tau TNN(z) + scale/2 |z - x|^2 / scale, in place. */
  apply(x: DeviceArray, tau: number): Thresholded;
  dispose(): void;
}

const SLICE_WORDS = 3;
/** Positions per chunk of the transform kernel. */
const CHUNK_TUBES = 4096;

/** Bytes of device memory one threshold takes. */
export function thresholdBytes(rows: number, columns: number, transform: Transform): number {
  return transform.slices.reduce((sum, { complex }) => sum + 8 * workDoubles(rows, columns, complex), 0);
}

export function createThreshold(device: CpuDevice, rows: number, columns: number, transform: Transform): Threshold {
  const { k, slices, scale } = transform;
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const { forward, inverse } = own(createDeviceTransform(device, transform));
  const stats = own(device.doubles(2 * slices.length));
  const table = own(device.words(SLICE_WORDS * slices.length));
  slices.forEach(({ plane, complex }, s) => {
    const work = own(device.doubles(workDoubles(rows, columns, complex)));
    table.values.set([plane, complex ? 1 : 0, work.byteOffset], SLICE_WORDS * s);
  });
  const positions = rows * columns;
  const transformBy = (x: DeviceArray, matrix: number) => {
    const args = [x.byteOffset, positions, k, matrix, positions];
    device.dispatch('transformChunk', args, Math.ceil(positions / CHUNK_TUBES));
  };
  return {
    apply(x, tau) {
      transformBy(x, forward);
      const args = [table.byteOffset, x.byteOffset, rows, columns, tau, stats.byteOffset];
      device.dispatch('thresholdChunk', args, slices.length);
      transformBy(x, inverse);
      let nuclearNorm = 0;
      slices.forEach(({ weight }, s) => {
        nuclearNorm += (weight * stats.values[2 * s]) / scale;
      });
      return { nuclearNorm, ranks: slices.map((_, s) => stats.values[2 * s + 1]) };
    },
    dispose() {
      for (const part of owned) part.dispose();
    },
  };
}

function workDoubles(rows: number, columns: number, complex: boolean): number {
  const parts = complex ? 2 : 1;
  const [r, c] = [parts * rows, parts * columns];
  const small = Math.min(r, c);
  return r * c + c + 2 * small * small + 4 * small + 8;
}
