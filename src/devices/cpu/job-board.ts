// The words of shared memory through which the engine's thread hands chunks of a kernel to its workers, and the
// claiming of a chunk, which both sides share. No messages are sent while a fit runs.

/** Kernels by number: both sides must list the same names. The order is the protocol between them. */
export const kernelNames = [
  'packPlain',
  'packTransposed',
  'productChunk',
  'transformChunk',
  'packSynthesisChunk',
  'packGradientChunk',
  'synthesisChunk',
  'residualChunk',
  'rightGradientChunk',
  'measureChunk',
  'measureAdjointChunk',
  'thresholdChunk',
  'dampedInverseChunk',
  'preconditionChunk',
  'poseChunk',
  'flowPictureChunk',
  'flowSearchChunk',
  'flowDenseChunk',
  'flowLineariseChunk',
  'flowWeightsChunk',
  'flowRelaxChunk',
  'flowRelaxSeamChunk',
  'flowMergeChunk',
  'flowEnlargeChunk',
  'flowConfidenceChunk',
  'cornerChunk',
  'followChunk',
  'templateChunk',
  'alignChunk',
  'reprojectGradientChunk',
  'reprojectLossChunk',
  'reduceTracksChunk',
  'depthEnlargeChunk',
  'depthLossChunk',
  'depthCamerasChunk',
  'depthGatherChunk',
] as const;
export type KernelName = (typeof kernelNames)[number];
export type Kernel = (...args: number[]) => void;
export type KernelExports = Record<KernelName, Kernel> & { setScratch(address: number): void };

/** Word indices in the board. */
export const Word = { generation: 0, claim: 1, chunks: 2, done: 3, kernel: 4, argumentCount: 5, failed: 6, stop: 7 };
export const BOARD_OFFSET = 1024;
export const MAX_ARGUMENTS = 24;
export const MAX_CHUNKS = 0xfffe;
/** A chunk number that is never below the number of chunks. */
export const NOTHING_LEFT = 0xffff;

export interface JobBoard {
  readonly words: Int32Array;
  readonly args: Float64Array;
}

export function jobBoard(buffer: ArrayBufferLike): JobBoard {
  return {
    words: new Int32Array(buffer, BOARD_OFFSET, 16),
    args: new Float64Array(buffer, BOARD_OFFSET + 64, MAX_ARGUMENTS),
  };
}

/** The claim word carries the generation in its upper half, so a late worker can never take a chunk of a newer job. */
export function claimWord(generation: number, chunk: number): number {
  return ((generation & 0x7fff) << 16) | chunk;
}

/** Runs chunks of job `generation` until none is left. Every claimed chunk is counted as done, failed or not. */
export function runChunks(board: JobBoard, exports: KernelExports, generation: number): void {
  const { words } = board;
  const chunks = words[Word.chunks];
  const name = kernelNames[words[Word.kernel]];
  const args = Array.from(board.args.subarray(0, words[Word.argumentCount]));
  const kernel = exports[name];
  for (;;) {
    const claim = Atomics.load(words, Word.claim);
    const chunk = claim & 0xffff;
    if (claim >>> 16 !== (generation & 0x7fff) || chunk >= chunks) return;
    if (Atomics.compareExchange(words, Word.claim, claim, claimWord(generation, chunk + 1)) !== claim) continue;
    try {
      kernel(...args, chunk);
    } catch (thrown) {
      Atomics.store(words, Word.failed, 1);
      throw thrown;
    } finally {
      if (Atomics.add(words, Word.done, 1) + 1 === chunks) Atomics.notify(words, Word.done);
    }
  }
}
