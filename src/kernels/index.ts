// Entry of the AssemblyScript build: every kernel the pool may call. Each takes its chunk number last.

export { packPlain, packTransposed, productChunk } from './slice-products';
export { setScratch, transformChunk } from './mode3-transforms';
export { residualChunk, rightGradientChunk, synthesisChunk } from './completion';
export { measureAdjointChunk, measureChunk } from './sensing';
