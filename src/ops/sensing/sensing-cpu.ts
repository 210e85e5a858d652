// The sensing objective on the cpu device: f(U) = 1/4 |A(U * U^T) - y|^2 with its gradient. The dense measurements A are
// streamed by the pool's kernels; the slice products are small and done here in float64. `sensing-reference.ts` is its
// readable twin.

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import { transformTubesReference } from '../completion/completion-reference.ts';
import type { Transform } from '../mode3-transform/transform.ts';

/** Measurements in device memory, shared by all members of a run, with the workspace of one evaluation. */
export interface SensingData {
  readonly n: number;
  readonly k: number;
  readonly count: number;
  /** A, [count, k * n * n]: row i holds A_i as [k, n, n]. */
  readonly measurements: DeviceArray;
  /** [count] */
  readonly y: DeviceArray<Float64Array>;
  /** Tensor of the member synthesised last, [k, n, n]. */
  readonly x: DeviceArray;
  /** A(x) - y of the member evaluated last, [count]. */
  readonly residuals: DeviceArray;
  /** A*(residuals), [k, n, n], not symmetrised. */
  readonly z: DeviceArray;
  /** Writes A(x) to residuals. */
  measure(): void;
  /** Writes z. */
  adjoint(): void;
  dispose(): void;
}

/** The factor U of one member. Slice s holds [n, width] from slice.plane * n * rank on; width = 2 rank if complex. */
export interface SensingFactor {
  readonly n: number;
  readonly rank: number;
  readonly transform: Transform;
  readonly values: DeviceArray;
  /** In the transform domain, without any 1/k: U_hat -= eta gradient is descent of the spatial U by its own gradient. */
  readonly gradient: DeviceArray;
  /** Writes data.x. */
  synthesise(data: SensingData): void;
  /** Writes data.x, data.residuals, data.z and the gradient. */
  evaluate(data: SensingData): { readonly loss: number };
  dispose(): void;
}

/** Chunks of the kernels, see kernels/sensing.ts. */
const CHUNK_MEASUREMENTS = 32;
const CHUNK_COLUMNS = 256;

/** Bytes of the measurement tensors alone, [measurements, k * n * n] in float32. */
export function measurementBytes(n: number, k: number, measurements: number): number {
  return 4 * measurements * n * n * k;
}

/** Copies measurements [count, k * n * n] and y [count] to the device. Throws `memory` when they do not fit. */
export function createSensingData(
  device: CpuDevice,
  n: number,
  k: number,
  measurements: Float32Array,
  y: ArrayLike<number>,
): SensingData {
  const size = n * n * k;
  const count = y.length;
  if (measurements.length !== count * size)
    throw new RangeError(`${count} measurements of ${n} x ${n} x ${k} need ${count * size} values of A`);
  const a = device.floats(count * size);
  a.values.set(measurements);
  const target = device.doubles(count);
  target.values.set(y);
  const x = device.floats(size);
  const residuals = device.floats(count);
  const z = device.floats(size);
  const parts = [a, target, x, residuals, z];
  const stream = (kernel: 'measureChunk' | 'measureAdjointChunk', from: DeviceArray, to: DeviceArray, chunks: number) =>
    device.dispatch(kernel, [a.byteOffset, from.byteOffset, to.byteOffset, count, size], Math.ceil(chunks));
  return {
    n,
    k,
    count,
    measurements: a,
    y: target,
    x,
    residuals,
    z,
    measure: () => stream('measureChunk', x, residuals, count / CHUNK_MEASUREMENTS),
    adjoint: () => stream('measureAdjointChunk', residuals, z, size / CHUNK_COLUMNS),
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}

/** A factor of rank `rank`, zero until the caller fills it. */
export function createSensingFactor(device: CpuDevice, n: number, rank: number, transform: Transform): SensingFactor {
  const { k } = transform;
  const values = device.floats(n * rank * k);
  const gradient = device.floats(n * rank * k);
  const synthesise = (data: SensingData): void => {
    const planes = new Float64Array(n * n * k);
    for (const { plane, complex } of transform.slices) {
      const u = values.values.subarray(plane * n * rank);
      const product = planes.subarray(plane * n * n);
      if (complex) complexSquare(u, n, rank, product);
      else realSquare(u, n, rank, product);
    }
    data.x.values.set(transformTubesReference(planes, transform.inverse, k));
  };
  return {
    n,
    rank,
    transform,
    values,
    gradient,
    synthesise,
    evaluate(data) {
      synthesise(data);
      data.measure();
      const { y, residuals, z, count } = data;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const difference = residuals.values[i] - y.values[i];
        residuals.values[i] = difference;
        sum += difference * difference;
      }
      data.adjoint();
      const hat = transformTubesReference(Float64Array.from(z.values), transform.forward, k);
      for (const { plane, complex } of transform.slices) {
        const u = values.values.subarray(plane * n * rank);
        const g = gradient.values.subarray(plane * n * rank);
        symmetriseSlice(hat, plane * n * n, n, complex);
        if (complex) complexProduct(hat.subarray(plane * n * n), u, n, rank, g);
        else realProduct(hat.subarray(plane * n * n), u, n, rank, g);
      }
      return { loss: sum / 4 };
    },
    dispose() {
      values.dispose();
      gradient.dispose();
    },
  };
}

/** Replaces the slice S [n, n], and the imaginary one behind it, by (S + S^H) / 2. */
function symmetriseSlice(planes: Float64Array, start: number, n: number, complex: boolean): void {
  for (let part = 0; part < (complex ? 2 : 1); part++) {
    const sign = part === 0 ? 1 : -1;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const lower = start + (part * n + i) * n + j;
        const upper = start + (part * n + j) * n + i;
        const half = (planes[lower] + sign * planes[upper]) / 2;
        planes[lower] = half;
        planes[upper] = sign * half;
      }
    }
  }
}

/** out [n, n] = U U^T */
function realSquare(u: Float32Array, n: number, rank: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < rank; c++) sum += u[i * rank + c] * u[j * rank + c];
      out[i * n + j] = sum;
      out[j * n + i] = sum;
    }
  }
}

/** out [2, n, n] = real and imaginary part of U U^H */
function complexSquare(u: Float32Array, n: number, rank: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let real = 0;
      let imaginary = 0;
      for (let c = 0, a = 2 * i * rank, b = 2 * j * rank; c < rank; c++, a++, b++) {
        real += u[a] * u[b] + u[a + rank] * u[b + rank];
        imaginary += u[a + rank] * u[b] - u[a] * u[b + rank];
      }
      out[i * n + j] = real;
      out[j * n + i] = real;
      out[(n + i) * n + j] = imaginary;
      out[(n + j) * n + i] = -imaginary;
    }
  }
}

/** out = S U, S [n, n] */
function realProduct(s: Float64Array, u: Float32Array, n: number, rank: number, out: Float32Array): void {
  const row = new Float64Array(rank);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let p = 0; p < n; p++) {
      const factor = s[i * n + p];
      for (let c = 0; c < rank; c++) row[c] += factor * u[p * rank + c];
    }
    out.set(row, i * rank);
  }
}

/** out = S U, S [2, n, n] */
function complexProduct(s: Float64Array, u: Float32Array, n: number, rank: number, out: Float32Array): void {
  const row = new Float64Array(2 * rank);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let p = 0; p < n; p++) {
      const real = s[i * n + p];
      const imaginary = s[(n + i) * n + p];
      for (let c = 0, at = 2 * p * rank; c < rank; c++, at++) {
        row[c] += real * u[at] - imaginary * u[at + rank];
        row[c + rank] += real * u[at + rank] + imaginary * u[at];
      }
    }
    out.set(row, 2 * i * rank);
  }
}
