// The `cpu` device: one shared WebAssembly memory with an allocator, and kernels dispatched in fixed chunks over the
// calling thread and its workers. Results do not depend on the number of threads: chunk bounds are fixed and every sum
// is taken in a fixed order. Runs in the engine's process; starting threads is handed in by the host.

import { LabError } from '../../protocol/lab-error.ts';
import { createAllocator } from './allocator.ts';
import {
  claimWord,
  jobBoard,
  type KernelExports,
  type KernelName,
  kernelNames,
  MAX_CHUNKS,
  NOTHING_LEFT,
  runChunks,
  Word,
} from './job-board.ts';
import type { WorkerStart } from './worker-loop.ts';

export interface CpuWorker {
  /** Stops the thread for good. */
  terminate(): void;
}

/** Starts a thread that calls runWorker(start); `onFailure` hears of a kernel's exception or the thread's death. */
export type WorkerSpawner = (
  start: WorkerStart,
  onReady: () => void,
  onFailure: (message: string) => void,
) => CpuWorker;

export interface CpuDeviceOptions {
  /** Compiled kernels, and which twin they are (recorded with a run: fused multiply-add changes the last bit). */
  readonly wasm: Uint8Array;
  readonly twin: 'simd' | 'relaxed-simd';
  /** Threads that compute, the caller's included. */
  readonly threads: number;
  readonly spawn?: WorkerSpawner | undefined;
  /** A job without progress for this long fails: its worker is taken for dead. */
  readonly stallSeconds?: number;
}

/** A block of device memory seen without a copy. Disposing it twice is an error of the caller and throws. */
export interface DeviceArray<View extends Float32Array | Float64Array | Uint8Array | Int32Array = Float32Array> {
  readonly byteOffset: number;
  readonly values: View;
  dispose(): void;
}

export interface CpuDevice {
  readonly id: 'cpu';
  readonly twin: 'simd' | 'relaxed-simd';
  readonly threads: number;
  readonly allocatedBytes: number;
  floats(count: number): DeviceArray;
  doubles(count: number): DeviceArray<Float64Array>;
  bytes(count: number): DeviceArray<Uint8Array>;
  words(count: number): DeviceArray<Int32Array>;
  /** Runs kernel(...args, chunk) for chunk = 0 … chunks − 1 and returns when all are done. Throws a `device` error. */
  dispatch(kernel: KernelName, args: readonly number[], chunks: number): void;
  /** Resolves when all workers wait for jobs. */
  readonly ready: Promise<void>;
  dispose(): void;
}

const PAGE = 65536;
const MAXIMUM_PAGES = 65536;
/** Threads beyond these cost scratch memory and gain nothing. */
export const MOST_THREADS = 64;
/** Scratch per thread: rows of the smoothness kernel and transform panels. Grown inputs are checked against it. */
export const SCRATCH_BYTES = 8 << 20;
const DATA_START = 65536;
const SPINS = 20000;

export function createCpuDevice(options: CpuDeviceOptions): CpuDevice {
  const { threads } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new LabError({
      code: 'setting',
      message: `${threads} threads asked for.`,
      where: 'threads',
      tip: `Use a whole number from 1 to ${MOST_THREADS}.`,
    });
  }
  const initialPages = Math.ceil((DATA_START + threads * SCRATCH_BYTES) / PAGE) + 16;
  const memory = new WebAssembly.Memory({ initial: initialPages, maximum: MAXIMUM_PAGES, shared: true });
  const allocator = createAllocator(DATA_START + threads * SCRATCH_BYTES, initialPages * PAGE, bytes => {
    const pages = Math.ceil(bytes / PAGE);
    try {
      return (memory.grow(pages) + pages) * PAGE;
    } catch (cause) {
      throw new LabError({
        code: 'memory',
        message: `The cpu device cannot get ${formatMegabytes(bytes)} more; it holds ${formatMegabytes(memory.buffer.byteLength)} of at most 4096 MB.`,
        tip: 'Use a smaller input, a lower rank or fewer members.',
        cause,
      });
    }
  });
  const module = new WebAssembly.Module(options.wasm as BufferSource);
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  exports.setScratch(DATA_START);
  const board = jobBoard(memory.buffer);
  const { words } = board;
  const stallMilliseconds = (options.stallSeconds ?? 20) * 1000;

  let failure: string | undefined;
  let disposed = false;
  const workers: CpuWorker[] = [];
  const readiness: Promise<void>[] = [];
  for (let worker = 1; worker < threads; worker++) {
    const { spawn } = options;
    if (spawn === undefined)
      throw new LabError({ code: 'device', message: 'More than one thread needs a way to start workers.' });
    readiness.push(
      new Promise<void>(resolve => {
        const start = { module, memory, scratch: DATA_START + worker * SCRATCH_BYTES, generation: 0 };
        workers.push(
          spawn(start, resolve, message => {
            failure ??= message;
            resolve();
          }),
        );
      }),
    );
  }

  const fail = (message: string): never => {
    failure ??= message;
    throw new LabError({
      code: 'device',
      message: `A kernel of the cpu device failed: ${failure}`,
      where: 'device cpu',
      tip: 'Resume the run from its last checkpoint; with --threads 1 the message is more exact.',
    });
  };

  const waitForChunks = (chunks: number): void => {
    let done = Atomics.load(words, Word.done);
    let spins = 0;
    let since = 0;
    while (done < chunks) {
      if (spins++ > SPINS) {
        const now = performance.now();
        if (since === 0) since = now;
        if (now - since > stallMilliseconds) fail('a worker thread stopped answering');
        Atomics.wait(words, Word.done, done, 50);
      }
      const next = Atomics.load(words, Word.done);
      if (next !== done) since = 0;
      done = next;
    }
  };

  const view = <View extends Float32Array | Float64Array | Uint8Array | Int32Array>(
    type: new (buffer: ArrayBufferLike, offset: number, length: number) => View,
    elementBytes: number,
    count: number,
  ): DeviceArray<View> => {
    const byteOffset = allocator.allocate(count * elementBytes);
    const values = new type(memory.buffer, byteOffset, count);
    values.fill(0);
    return { byteOffset, values, dispose: () => allocator.free(byteOffset) };
  };

  return {
    id: 'cpu',
    twin: options.twin,
    threads,
    get allocatedBytes() {
      return allocator.allocatedBytes;
    },
    floats: count => view(Float32Array, 4, count),
    doubles: count => view(Float64Array, 8, count),
    bytes: count => view(Uint8Array, 1, count),
    words: count => view(Int32Array, 4, count),
    dispatch(kernel, args, chunks) {
      if (disposed) fail('the device was disposed');
      if (failure !== undefined) fail(failure);
      if (chunks > MAX_CHUNKS) fail(`${kernel} was given ${chunks} chunks, more than ${MAX_CHUNKS}`);
      if (chunks <= 0) return;
      if (threads === 1 || chunks === 1) {
        try {
          const run = exports[kernel];
          for (let chunk = 0; chunk < chunks; chunk++) run(...args, chunk);
        } catch (thrown) {
          fail(thrown instanceof Error ? thrown.message : String(thrown));
        }
        return;
      }
      const generation = (words[Word.generation] + 1) | 0;
      // From here on a worker late for the job before can claim nothing, whatever it reads of the words below.
      Atomics.store(words, Word.claim, claimWord(generation, NOTHING_LEFT));
      words[Word.kernel] = kernelNames.indexOf(kernel);
      words[Word.argumentCount] = args.length;
      words[Word.chunks] = chunks;
      board.args.set(args);
      Atomics.store(words, Word.done, 0);
      Atomics.store(words, Word.claim, claimWord(generation, 0));
      Atomics.store(words, Word.generation, generation);
      Atomics.notify(words, Word.generation);
      let message: string | undefined;
      try {
        runChunks(board, exports, generation);
      } catch (thrown) {
        message = thrown instanceof Error ? thrown.message : String(thrown);
      }
      while (message !== undefined && Atomics.load(words, Word.done) < chunks) {
        // This thread's kernel threw: let the rest of the job drain before reporting, so that no worker still writes.
        try {
          runChunks(board, exports, generation);
        } catch {
          continue;
        }
        break;
      }
      waitForChunks(chunks);
      if (Atomics.load(words, Word.failed) === 1) fail(message ?? `${kernel} threw in a worker thread`);
    },
    ready: Promise.all(readiness).then(() => {
      if (failure !== undefined) fail(failure);
    }),
    dispose() {
      if (disposed) return;
      disposed = true;
      Atomics.store(words, Word.stop, 1);
      Atomics.add(words, Word.generation, 1);
      Atomics.notify(words, Word.generation);
      for (const worker of workers) worker.terminate();
    },
  };
}

function formatMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1048576)} MB`;
}
