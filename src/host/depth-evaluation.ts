// How far the dense depth of a run is from that of a data set with depth. For the command line; needs no engine.

import { matchFrames } from '../formats/frame-match.ts';
import {
  type ConfidentDepthErrors,
  confidentDepthErrors,
  type DepthErrors,
  depthErrors,
} from '../geometry/depth-metrics.ts';
import { type PictureMap, readDepthMaps } from '../media/read-depth-maps.ts';

export { LEAST_CONFIDENCE } from '../geometry/depth-metrics.ts';

export interface DepthEvaluation {
  /** Frames that have depth on both sides. */
  readonly frames: number;
  /** One scale for all frames: the median ratio. */
  readonly all: DepthErrors;
  /** Of the pixels that the estimate is sure of, with a scale of their own. */
  readonly confident: ConfidentDepthErrors | undefined;
}

/** Both are paths as `readDepthMaps` takes them; undefined where either has no depth, or no frame in common. */
export async function evaluateDepth(estimate: string, truth: string): Promise<DepthEvaluation | undefined> {
  const untimed = { timestamp: undefined };
  const [ours, theirs] = await Promise.all(
    [estimate, truth].map(async path => (await readDepthMaps(path)).map(map => ({ ...map, ...untimed }))),
  );
  const { pairs } = matchFrames(ours, theirs);
  const [estimates, truths, confident]: Float32Array[][] = [[], [], []];
  for (const [mine, known] of pairs) {
    const [guess, real] = [await mine.read(), await known.read()];
    const { confidence } = mine;
    const at = (map: PictureMap) => onPixelsOf(real, map);
    truths.push(Float32Array.from(real.values));
    estimates.push(at(guess));
    if (confidence !== undefined) confident.push(at(confidence));
  }
  const [mine, known] = [joined(estimates), joined(truths)];
  const all = depthErrors(mine, known);
  if (all === undefined) return undefined;
  const sure = joined(confident);
  const found = sure.length === mine.length ? confidentDepthErrors(mine, known, sure) : undefined;
  return { frames: pairs.length, all, confident: found };
}

/** The nearest value for each pixel of `grid`; both show the same picture. */
function onPixelsOf(grid: PictureMap, map: PictureMap): Float32Array {
  const out = new Float32Array(grid.width * grid.height);
  for (let y = 0; y < grid.height; y++) {
    const row = map.width * Math.floor(((y + 0.5) * map.height) / grid.height);
    for (let x = 0; x < grid.width; x++) {
      out[y * grid.width + x] = map.values[row + Math.floor(((x + 0.5) * map.width) / grid.width)];
    }
  }
  return out;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
