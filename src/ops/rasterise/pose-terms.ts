// What the pose terms take and give, the same for the kernel and its reference: the crop they compare with, the scales
// and weights of one evaluation, and the numbers of one member.

import type { Camera } from '../../geometry/camera.ts';

/** What was observed of one object, cut out and drawn at the size of `camera`. */
export interface PoseCrop {
  readonly camera: Camera;
  /** [height, width], signed distance to the mask's contour in pixels, negative inside. */
  readonly distance: Float32Array;
  /** [height, width], 1 where the mask is known, 0 where it says nothing (other objects' labels). */
  readonly care: Float32Array;
  /** [height, width], z-depth in and around the mask, 0 unknown; undefined without a depth picture. */
  readonly depth: Float32Array | undefined;
  /** [height, width, 3], 0 to 1; undefined where colours are not compared. */
  readonly colours?: Float32Array | undefined;
  /** [point, 4]: x, y in pixels, outward normal, about one point for each pixel of the contour. */
  readonly contour: Float32Array;
  /** Pixels inside the mask, and those of them with a depth. */
  readonly maskArea: number;
  readonly depthCount: number;
  /** Pixels of the whole picture, in pixels of the crop. */
  readonly frameArea: number;
}

export interface TermSettings {
  /** descent: border force and depth gradient. second-order: distances between rim and contour, and normal equations.
   * published: antialiased L1 terms averaged over the frame. */
  readonly form: 'descent' | 'second-order' | 'published';
  /** Pixels over which the border force rises to 1, or the scale of rim distances. */
  readonly silhouetteScale: number;
  /** Of the depth term, in the unit of the mesh. */
  readonly depthScale: number;
  readonly maskWeight: number;
  readonly depthWeight: number;
  /** Left out: 0. Takes a crop and a mesh with colours. */
  readonly colourWeight?: number;
  /** Where depth residuals of the score end, and from where on a measured point is an occluder. */
  readonly scoreDepth: number;
  /** Weight of contour-to-rim distances, and where they end in pixels. */
  readonly contourWeight: number;
  readonly contourReach: number;
}

/** One member's numbers, all float64. */
export interface PoseTerms {
  readonly loss: number;
  readonly mask: number;
  readonly depth: number;
  /** Share of the colours' variance inside the mask that the model does not explain, mean over the channels. */
  readonly colour: number;
  /** Mask L1 over mask area + mean capped depth residual, for ranking. */
  readonly score: number;
  /** The mask's part of the score. */
  readonly maskShare: number;
  readonly coveredPixels: number;
  readonly differentPixels: number;
  readonly depthPixels: number;
  readonly rimSamples: number;
  /** [6]: by a rotation vector about the object's centre (left-multiplied), then by translation. */
  readonly gradient: Float64Array;
  /** [6, 6] of the second-order form: J^T W J. */
  readonly hessian: Float64Array;
}

/** What one term adds to gradient and normal equations in one tile of the crop, weight included. */
export interface TileTerms {
  /** [6], as of PoseTerms. */
  readonly gradient: Float64Array;
  /** [6, 6] */
  readonly hessian: Float64Array;
}

/** The second-order form of mask and depth by tiles: tileSide rows of as many, from the upper left; of several pictures one
 * after another. */
export interface PoseTiles {
  readonly mask: readonly TileTerms[];
  readonly depth: readonly TileTerms[];
}

/** Tiles a side of a crop. */
export const tileSide = 8;
/** Doubles per tile that the kernel writes. */
const tileDoubles = 27;
/** Doubles per member that the kernel writes where tiles are asked for. */
export const tilesDoubles = 2 * tileSide ** 2 * tileDoubles;

/** Reads [2, tiles, 27] as the kernel writes them. */
export function readTiles(results: Float64Array): PoseTiles {
  const all = Array.from({ length: 2 * tileSide ** 2 }, (_, t) => {
    const at = t * tileDoubles;
    return { gradient: results.slice(at, at + 6), hessian: fullMatrix(results, at + 6) };
  });
  return { mask: all.slice(0, tileSide ** 2), depth: all.slice(tileSide ** 2) };
}

/** [6, 6] of an upper triangle by rows. */
function fullMatrix(results: Float64Array, at: number): Float64Array {
  const matrix = new Float64Array(36);
  let k = at;
  for (let i = 0; i < 6; i++) {
    for (let j = i; j < 6; j++) {
      matrix[6 * i + j] = results[k];
      matrix[6 * j + i] = results[k++];
    }
  }
  return matrix;
}

/** Doubles per member that the kernel writes. */
export const resultDoubles = 40;

/** Reads the numbers of member `index`. */
export function readTerms(results: Float64Array, index: number): PoseTerms {
  const at = index * resultDoubles;
  return {
    loss: results[at],
    mask: results[at + 1],
    depth: results[at + 2],
    score: results[at + 3],
    maskShare: results[at + 35],
    colour: results[at + 36],
    coveredPixels: results[at + 4],
    differentPixels: results[at + 5],
    depthPixels: results[at + 6],
    rimSamples: results[at + 7],
    gradient: results.slice(at + 8, at + 14),
    hessian: fullMatrix(results, at + 14),
  };
}
