// How much of an object is to be seen where it was put, and how well that covers its mask. Pure, any process.

import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';

export interface Visibility {
  /** Intersection over union of drawing and mask, over pixels where the mask says something and nothing known hides the object. */
  readonly overlap: number;
  /** Share of the drawn pixels that lie behind other objects, by their labels or by the measured depth. */
  readonly hiddenShare: number;
  /** Share of the depths measured in the drawn part of the mask that are those of the drawing; undefined where there is none. */
  readonly depthAgreement: number | undefined;
}

/**
 * `depth` [height, width] of the object drawn in the crop, 0 where it is not; what is measured `occluderDepth` before it
 * hides it, and no depth that is off by more is its own.
 */
export function visibilityOf(depth: Float32Array, crop: PoseCrop, occluderDepth: number): Visibility {
  let [both, either, drawn, hidden, compared, agreeing] = [0, 0, 0, 0, 0, 0];
  depth.forEach((z, i) => {
    const inMask = crop.distance[i] < 0;
    const measured = crop.depth?.[i] ?? 0;
    const isKnown = crop.care[i] > 0.5;
    if (z > 0) {
      drawn++;
      if (!inMask && (!isKnown || (measured > 0 && z - measured > occluderDepth))) {
        hidden++;
        return;
      }
    }
    if (!isKnown) return;
    if (inMask && z > 0 && measured > 0) {
      compared++;
      if (Math.abs(z - measured) <= occluderDepth) agreeing++;
    }
    if (inMask && z > 0) both++;
    if (inMask || z > 0) either++;
  });
  return {
    overlap: either === 0 ? 0 : both / either,
    hiddenShare: drawn === 0 ? 0 : hidden / drawn,
    depthAgreement: compared === 0 ? undefined : agreeing / compared,
  };
}
