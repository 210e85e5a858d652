// Dense optical flow between two pictures: what the kernel and its reference take and give, the presets, and the sizes of
// the pyramid. Dense inverse search (Kroeger et al. 2016, arXiv 1603.03590) with variational refinement (Brox et al. 2004).

import { LabError } from '../../protocol/lab-error.ts';

export interface FlowSettings {
  /** Level of the pyramid at which the search ends: 0 the picture itself, 1 half its size. */
  readonly finestLevel: number;
  /** Pixels between patches of 8 x 8. */
  readonly patchStride: number;
  /** At most so many Gauss–Newton steps per patch and level. */
  readonly searchSteps: number;
  /** Linearisations of the variational energy per level. */
  readonly warps: number;
  /** Renewals of the robust weights per linearisation, and red-black sweeps for each. */
  readonly renewals: number;
  readonly sweeps: number;
  /** Weights of the terms: total variation of the flow, constancy of brightness, constancy of its gradient. */
  readonly smoothness: number;
  readonly brightness: number;
  readonly gradient: number;
}

export const flowPresets = {
  fast: preset(2, 4, 6, 1, 4, 4),
  medium: preset(1, 3, 6, 1, 5, 5),
  fine: preset(0, 3, 6, 2, 5, 5),
} as const satisfies Record<string, FlowSettings>;

export type FlowPreset = keyof typeof flowPresets;

function preset(
  finestLevel: number,
  patchStride: number,
  searchSteps: number,
  warps: number,
  renewals: number,
  sweeps: number,
): FlowSettings {
  const terms = { smoothness: 20, brightness: 5, gradient: 10 };
  return { finestLevel, patchStride, searchSteps, warps, renewals, sweeps, ...terms };
}

/** Flow on a grid over the first picture. */
export interface FlowField {
  readonly width: number;
  readonly height: number;
  /** [height, width, 2]: (u, v) in pixels of the pictures; (x, y) of the first shows what (x + u, y + v) of the second does. */
  readonly flow: Float32Array;
  /**
   * [height, width], 0 to 1: exp(−(e / τ)²) of the forward–backward error e, times a photometric term, and 0 where the
   * flow leaves the picture.
   */
  readonly confidence: Float32Array;
}

/** Flow from one picture to another and back. */
export interface FlowPair {
  readonly forward: FlowField;
  readonly backward: FlowField;
}

/** Side of a patch. */
export const patchSide = 8;
/**
 * ζ² and ε² of the refinement: under the slopes that normalise a residual, the variance of a camera's noise in grey levels of
 * 255, and in every √(r² + ε²).
 */
export const slopeFloor = 4;
export const robustFloor = 1e-6;
/** Over-relaxation of the sweeps. */
export const relaxation = 1.6;
/** Added to the diagonal of a patch's normal matrix, what noise alone would give it: a patch without texture stays where it began. */
export const patchDamping = 128;
/** Scale of the forward–backward error in pixels, and of grey differences (of 255) beyond what a pixel's slope explains. */
export const consistencyScale = 1;
export const greyScale = 12;

export interface FlowLevel {
  readonly width: number;
  readonly height: number;
}

const SMALLEST_SIDE = 16;
const LARGEST_SIDE = 8192;

/**
 * Sizes from the picture itself to the coarsest level, each half of the one before it (an odd last row or column is left
 * out), while the shorter side keeps two patches. Throws a LabError of code 'input' for sizes that have no flow.
 */
export function flowLevels(width: number, height: number): FlowLevel[] {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (!(short >= SMALLEST_SIDE && long <= LARGEST_SIDE)) {
    throw new LabError({
      code: 'input',
      message: `Pictures of ${width} × ${height} pixels have no optical flow here: sides must be ${SMALLEST_SIDE} to ${LARGEST_SIDE}.`,
      where: 'picture',
      tip: short < SMALLEST_SIDE ? 'Give larger pictures.' : 'Scale the pictures down first.',
    });
  }
  const levels: FlowLevel[] = [];
  for (let l = 0; short >> l >= SMALLEST_SIDE; l++) levels.push({ width: width >> l, height: height >> l });
  return levels;
}

/** About what a solver and one result take, in bytes. */
export function flowBytes(width: number, height: number, { finestLevel }: FlowSettings): number {
  // Pictures and results at full size; two pyramids; forty planes at the levels that are searched.
  const floatsPerPixel = 16 + 2 * (4 / 3) + (40 * (4 / 3)) / 4 ** finestLevel;
  return 4 * width * height * floatsPerPixel;
}

/** First pixels of the patches along a side: every `stride`, and one that ends at the border. */
export function patchCount(side: number, stride: number): number {
  return Math.ceil((side - patchSide) / stride) + 1;
}
