// Entry of a Node worker thread of the cpu device; bundled to dist/cpu-worker.js.

import { parentPort, workerData } from 'node:worker_threads';
import { runWorker } from '../devices/cpu/worker-loop.ts';

const port = parentPort;
if (port !== null) {
  runWorker(
    workerData,
    () => port.postMessage({ ready: true }),
    message => port.postMessage({ failure: message }),
  );
}
