// Opens the cpu device in Node: reads the compiled kernels, chooses the twin this machine can run, starts worker
// threads. Used by the engine's process and by tests.

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type CpuDevice, createCpuDevice, MOST_THREADS, type WorkerSpawner } from '../devices/cpu/cpu-device.ts';

export interface NodeDeviceOptions {
  /** Threads that compute; `defaultThreads` when left out. */
  readonly threads?: number | undefined;
  readonly twin?: 'simd' | 'relaxed-simd' | undefined;
  readonly stallSeconds?: number;
}

/** A device whose workers are ready. */
export async function openNodeDevice(options: NodeDeviceOptions = {}): Promise<CpuDevice> {
  const built = builtFolder();
  // Asked first in any case: asking switches relaxed SIMD on where Node has it behind a flag.
  const best = bestTwin();
  const twin = options.twin ?? best;
  const device = createCpuDevice({
    wasm: readFileSync(join(built, 'kernels', twin === 'simd' ? 'simd.wasm' : 'relaxed.wasm')),
    twin,
    threads: options.threads ?? defaultThreads(),
    spawn: spawnNodeWorker(join(built, 'cpu-worker.js')),
    ...(options.stallSeconds === undefined ? {} : { stallSeconds: options.stallSeconds }),
  });
  await device.ready;
  return device;
}

/** All cores, as far as a device takes them. */
export function defaultThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism());
}

/** The kernels this machine runs fastest. */
export function bestTwin(): 'simd' | 'relaxed-simd' {
  return canRunRelaxed(builtFolder()) ? 'relaxed-simd' : 'simd';
}

function canRunRelaxed(built: string): boolean {
  // Node 20 has relaxed SIMD behind a flag that may still be set now; later versions have it without.
  if (Number(process.versions.node.split('.')[0]) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(readFileSync(join(built, 'kernels', 'relaxed.wasm')));
}

function spawnNodeWorker(script: string): WorkerSpawner {
  return (start, onReady, onFailure) => {
    const worker = new Worker(script, { workerData: start });
    let stopped = false;
    worker.on('message', (message: { ready?: boolean; failure?: string }) => {
      if (message.failure !== undefined) return onFailure(message.failure);
      // From here on the thread sleeps between jobs and must not keep the process alive.
      worker.unref();
      onReady();
    });
    worker.on('error', error => onFailure(error.message));
    worker.on('exit', code => {
      if (!stopped) onFailure(`a worker thread ended with code ${code}`);
    });
    return {
      terminate() {
        stopped = true;
        void worker.terminate();
      },
    };
  };
}

/** dist/, seen from a bundle inside it or from the sources. */
function builtFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, 'kernels', 'simd.wasm'))) return folder;
    if (existsSync(join(folder, 'dist', 'kernels', 'simd.wasm'))) return join(folder, 'dist');
    const parent = dirname(folder);
    if (parent === folder) throw new Error('The compiled kernels are missing: run `npm run kernels`.');
    folder = parent;
  }
}
