// Entry of the AssemblyScript build: every kernel the pool may call. Each takes its chunk number last.

export { packGradientChunk, packSynthesisChunk, residualChunk, rightGradientChunk, synthesisChunk } from './completion';
export { depthEnlargeChunk, depthCamerasChunk, depthGatherChunk, depthLossChunk } from './depth-flow';
export { flowConfidenceChunk, flowEnlargeChunk, flowPictureChunk } from './flow-levels';
export { flowLineariseChunk, flowMergeChunk, flowRelaxChunk, flowRelaxSeamChunk, flowWeightsChunk } from './flow-refine';
export { flowDenseChunk, flowSearchChunk } from './flow-search';
export { alignChunk, cornerChunk, followChunk, templateChunk } from './flow-tracks';
export { setScratch, transformChunk } from './mode3-transforms';
export { poseChunk } from './rasterise';
export { reduceTracksChunk, reprojectGradientChunk, reprojectLossChunk } from './reproject';
export { measureAdjointChunk, measureChunk } from './sensing';
export { thresholdChunk } from './singular-values';
export { packPlain, packTransposed, productChunk } from './slice-products';
export { dampedInverseChunk, preconditionChunk } from './preconditioner';
