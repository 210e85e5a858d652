// The cpu device: memory without leaks, and failures that become errors instead of hangs.

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openNodeDevice } from '../../host/node-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { type CpuDevice, createCpuDevice } from './cpu-device.ts';
import { BOARD_OFFSET, Word } from './job-board.ts';

let device: CpuDevice | undefined;
afterEach(() => device?.dispose());

describe('memory', () => {
  it('is given back whole, and what is freed is used again', async () => {
    device = await openNodeDevice({ threads: 1 });
    const first = device.floats(1000);
    const { byteOffset } = first;
    first.values.fill(7);
    first.dispose();
    expect(device.allocatedBytes).toBe(0);
    const second = device.floats(1000);
    expect(second.byteOffset).toBe(byteOffset);
    expect(second.values.every(value => value === 0)).toBe(true);
    second.dispose();
    expect(() => second.dispose()).toThrow();
  });

  it('keeps views valid while it grows', async () => {
    device = await openNodeDevice({ threads: 1 });
    const small = device.floats(4);
    small.values.set([1, 2, 3, 4]);
    const large = device.floats(32 << 20);
    large.values[large.values.length - 1] = 5;
    expect([...small.values]).toEqual([1, 2, 3, 4]);
    large.dispose();
    small.dispose();
  });

  it('refuses what no WebAssembly memory holds, with the sizes', async () => {
    device = await openNodeDevice({ threads: 1 });
    expect(() => (device as CpuDevice).floats(2 ** 30 - 16)).toThrow(/at most 4096 MB/);
  });
});

describe('a failing kernel', () => {
  const outside = 0xfffffff0;
  it.each([1, 2, 4])('is an error of the run with %d threads, not a hang', async threads => {
    device = await openNodeDevice({ threads });
    // Tubes far outside the memory: every chunk traps.
    expect(() => device?.dispatch('transformChunk', [outside, 4096, 2, outside, 16 * 4096], 16)).toThrow(
      expect.objectContaining({ code: 'device' }),
    );
    expect(() => device?.dispatch('transformChunk', [0, 1, 1, 0, 1], 1)).toThrow(/failed/);
  });
});

describe('dispatch', () => {
  it('runs every chunk exactly once, job after job, with more threads than cores', async () => {
    device = await openNodeDevice({ threads: 6 });
    const chunkTubes = 4096;
    const tubes = device.floats(40 * chunkTubes);
    const double = device.words(5);
    new Float32Array(double.values.buffer, double.byteOffset, 5)[4] = 2;
    const random = createRandom(1, 'dispatch');
    const expected = new Float32Array(40).fill(1);
    tubes.values.fill(1);
    for (let job = 0; job < 20000; job++) {
      const chunks = 1 + random.integer(40);
      // Short and long jobs take turns, so that a worker late for one sees the words of another.
      const positions = (chunks - 1) * chunkTubes + 1;
      device.dispatch(
        'transformChunk',
        [tubes.byteOffset, tubes.values.length, 1, double.byteOffset, positions],
        chunks,
      );
      for (let chunk = 0; chunk < chunks; chunk++) expected[chunk] *= 2;
      if (job % 50 < 49) continue;
      const last = (chunk: number) => tubes.values[chunk * chunkTubes];
      expect(
        Array.from(expected, (_, chunk) => last(chunk)),
        `job ${job}`,
      ).toEqual([...expected]);
      tubes.values.fill(1);
      expected.fill(1);
    }
    tubes.dispose();
    double.dispose();
  });
});

/** Claims one chunk, as a worker does, and dies with it. */
const dyingWorker = `
  const { workerData, parentPort } = require('node:worker_threads');
  const words = new Int32Array(workerData.buffer, workerData.boardOffset, 16);
  parentPort.postMessage('ready');
  for (;;) {
    const claim = Atomics.load(words, workerData.claim);
    if (claim === 0 || (claim & 0xffff) >= words[workerData.chunks]) continue;
    if (Atomics.compareExchange(words, workerData.claim, claim, claim + 1) === claim) break;
  }
`;

describe('a worker that dies', () => {
  it('with a chunk in its hands is an error of the run, not a hang', async () => {
    const dying = createCpuDevice({
      wasm: readFileSync('dist/kernels/simd.wasm'),
      twin: 'simd',
      threads: 2,
      stallSeconds: 0.2,
      spawn: ({ memory }, onReady) => {
        const workerData = { buffer: memory.buffer, boardOffset: BOARD_OFFSET, ...Word };
        const worker = new Worker(dyingWorker, { eval: true, workerData });
        worker.on('message', onReady);
        return { terminate: () => void worker.terminate() };
      },
    });
    await dying.ready;
    const tubes = dying.floats(64 * 4096 * 16);
    const matrix = dying.floats(256);
    const job = () =>
      dying.dispatch('transformChunk', [tubes.byteOffset, 64 * 4096, 16, matrix.byteOffset, 64 * 4096], 64);
    // On a busy machine the thread may come too late for the first job.
    const untilItDies = () => {
      for (let attempt = 0; attempt < 500; attempt++) job();
    };
    expect(untilItDies).toThrow(/a worker thread stopped answering/);
    expect(job).toThrow(expect.objectContaining({ code: 'device' }));
    dying.dispose();
  });
});
