// How far depth maps are from true ones when their scale is free: the usual figures of the field (Eigen et al. 2014). Pure.

export interface DepthErrors {
  /** Pixels that both sides know. */
  readonly pixels: number;
  /** truth ≈ scale · estimate: the median of their ratios. */
  readonly scale: number;
  /** Mean of |scale · estimate − truth| / truth. */
  readonly absRel: number;
  /** Share of the pixels that are off by less than a factor of 1.25. */
  readonly delta125: number;
}

/**
 * Over pixels of all frames, with one scale for all of them, or the given one. Depths that are not above 0 are unknown.
 * Undefined where no pixel is known on both sides.
 */
export function depthErrors(
  estimates: ArrayLike<number>,
  truths: ArrayLike<number>,
  givenScale?: number,
): DepthErrors | undefined {
  const ratios = new Float64Array(truths.length);
  let pixels = 0;
  for (let p = 0; p < truths.length; p++) {
    if (isKnown(estimates[p]) && isKnown(truths[p])) ratios[pixels++] = truths[p] / estimates[p];
  }
  if (pixels === 0) return undefined;
  const known = ratios.subarray(0, pixels).sort();
  const scale = givenScale ?? known[pixels >> 1];
  let [sum, near] = [0, 0];
  for (const ratio of known) {
    const off = scale / ratio;
    sum += Math.abs(off - 1);
    if (Math.max(off, 1 / off) < 1.25) near++;
  }
  return { pixels, scale, absRel: sum / pixels, delta125: near / pixels };
}

/** What the lab takes for sure. */
export const LEAST_CONFIDENCE = 0.4;

export interface ConfidentDepthErrors extends DepthErrors {
  /** Of all pixels, those whose confidence is above `LEAST_CONFIDENCE`. */
  readonly share: number;
}

/** As `depthErrors`, over the pixels whose confidence is above `LEAST_CONFIDENCE` alone: the scale is theirs too. */
export function confidentDepthErrors(
  estimates: ArrayLike<number>,
  truths: ArrayLike<number>,
  confidences: ArrayLike<number>,
): ConfidentDepthErrors | undefined {
  let sure = 0;
  const kept = Float64Array.from({ length: truths.length }, (_, p) => {
    if (!(confidences[p] > LEAST_CONFIDENCE)) return 0;
    sure++;
    return estimates[p];
  });
  const errors = depthErrors(kept, truths);
  return errors && { ...errors, share: sure / truths.length };
}

function isKnown(depth: number): boolean {
  return depth > 0 && depth < Infinity;
}
