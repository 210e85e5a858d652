// What a worker thread does all its life: wait for a job on the board, run its chunks, wait again. Knows neither Node's
// workers nor the web's; the host starts it with a message from createCpuDevice.

import { jobBoard, type KernelExports, runChunks, Word } from './job-board.ts';

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Scratch memory of this worker. */
  readonly scratch: number;
  /** Generation of the board when the worker was started. */
  readonly generation: number;
}

/** Loads polled before sleeping: about the time between two jobs of one iteration. */
const SPINS = 20000;

/** Blocks the thread until the device is disposed. `ready` is called once; failures of a kernel go to `report`. */
export function runWorker(start: WorkerStart, ready: () => void, report: (message: string) => void): void {
  const instance = new WebAssembly.Instance(start.module, { env: { memory: start.memory } });
  const exports = instance.exports as unknown as KernelExports;
  exports.setScratch(start.scratch);
  const board = jobBoard(start.memory.buffer);
  const { words } = board;
  let seen = start.generation;
  ready();
  for (;;) {
    let generation = Atomics.load(words, Word.generation);
    for (let spin = 0; generation === seen && spin < SPINS; spin++) generation = Atomics.load(words, Word.generation);
    if (generation === seen) {
      Atomics.wait(words, Word.generation, seen);
      continue;
    }
    seen = generation;
    if (Atomics.load(words, Word.stop) === 1) return;
    try {
      runChunks(board, exports, generation);
    } catch (thrown) {
      report(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}
