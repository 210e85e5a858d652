// A transform in device memory, forward and inverse, as the kernels read it (kernels/mode3-transforms.ts).

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import type { Transform } from './transform.ts';

export interface DeviceTransform {
  /** Addresses of the two records. */
  readonly forward: number;
  readonly inverse: number;
  dispose(): void;
}

/** Written out in the kernels, so stored as a plain matrix. */
const WRITTEN_OUT = 4;
const HEADER_WORDS = 4;
const EXACT = 1e-12;

export function createDeviceTransform(device: CpuDevice, transform: Transform): DeviceTransform {
  const parts: DeviceArray<Int32Array>[] = [];
  const write = (words: number, fill: (ints: Int32Array, floats: Float32Array) => void): number => {
    const part = device.words(words);
    parts.push(part);
    fill(part.values, new Float32Array(part.values.buffer, part.byteOffset, words));
    return part.byteOffset;
  };
  const { k } = transform;
  const plain = (matrix: Float64Array) => write(HEADER_WORDS + k * k, (_, floats) => floats.set(matrix, HEADER_WORDS));
  const dispose = () => {
    for (const part of parts) part.dispose();
  };
  if (k <= WRITTEN_OUT) return { forward: plain(transform.forward), inverse: plain(transform.inverse), dispose };
  const folding = foldingOf(transform);
  const { first, second, evenPlanes, oddPlanes } = folding;
  const [even, odd] = [evenPlanes.length, oddPlanes.length];
  const folded = (forward: boolean) =>
    write(HEADER_WORDS + 2 * even + k + even * even + odd * odd, (ints, floats) => {
      ints.set([even, odd, forward ? 1 : 0, 0, ...first, ...second, ...evenPlanes, ...oddPlanes]);
      let at = HEADER_WORDS + 2 * even + k;
      for (const planes of [evenPlanes, oddPlanes]) {
        for (let i = 0; i < planes.length; i++) {
          for (let j = 0; j < planes.length; j++) {
            floats[at++] = forward
              ? transform.forward[planes[i] * k + first[j]]
              : transform.inverse[first[i] * k + planes[j]];
          }
        }
      }
    });
  return { forward: folded(true), inverse: folded(false), dispose };
}

/** Positions of a tube in pairs under which every plane is even or odd; pairs of two come first. */
interface Folding {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly evenPlanes: readonly number[];
  readonly oddPlanes: readonly number[];
}

/** The pairing of the cosine transform (t, k - 1 - t), of the Fourier transform (t, k - t), or none. */
function foldingOf({ forward, k }: Transform): Folding {
  const all = Array.from({ length: k }, (_, t) => t);
  for (const partner of [(t: number) => k - 1 - t, (t: number) => (k - t) % k]) {
    const parity = (plane: number, sign: number) =>
      all.every(t => Math.abs(forward[plane * k + t] - sign * forward[plane * k + partner(t)]) < EXACT);
    const evenPlanes = all.filter(plane => parity(plane, 1));
    const oddPlanes = all.filter(plane => parity(plane, -1));
    const first = [...all.filter(t => t < partner(t)), ...all.filter(t => t === partner(t))];
    if (evenPlanes.length === first.length && evenPlanes.length + oddPlanes.length === k)
      return { first, second: first.map(partner), evenPlanes, oddPlanes };
  }
  return { first: all, second: all, evenPlanes: all, oddPlanes: [] };
}
