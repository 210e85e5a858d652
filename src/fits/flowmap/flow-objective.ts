// The objective of mode `flow` (Smith et al. 2024, arXiv 2404.15259, section 4, with explicit depth): dense depth and the focal
// length are all there is. The motion between neighbours is the weighted Procrustes alignment of their depth along the flow, and
// the gradient goes through it in closed form.

import { type CameraGradient, type DepthFlowSettings, nodesAt } from '../../ops/depth-flow/depth-flow.ts';
import { type Procrustes, procrustes, procrustesGradient } from '../../ops/procrustes/procrustes.ts';
import { chainGradient, identityCameras, type WorldFromCams } from '../../ops/reproject/chained-poses.ts';
import { type CameraState, createGradient, type Reprojector } from '../../ops/reproject/reproject.ts';
import type { DenseDepth } from './dense-depth.ts';

export interface FlowLoss {
  /** Sum of the loss of ops/depth-flow and of the tracks'. */
  readonly loss: number;
  readonly flow: number;
  readonly smoothness: number;
  readonly consistency: number;
  /** Mean Cauchy loss of the chosen sightings, pixels². */
  readonly tracks: number;
  readonly behind: number;
  readonly byFocal: number;
}

export interface FlowObjective {
  /** Cameras and depths of the tracks as they follow from depth [frame, node] and the log focal length. */
  unfold(grids: Float32Array, logFocal: number): CameraState;
  /** Mean Cauchy loss of all sightings of tracks at the scale `delta`, pixels², with the cameras of `unfold`. */
  tracksLoss(grids: Float32Array, logFocal: number, delta: number): number;
  /** `chosen`: sightings of tracks that count; the gradient by the grids goes to `gradient`. */
  evaluate(
    grids: Float32Array,
    logFocal: number,
    settings: DepthFlowSettings,
    chosen: ArrayLike<number>,
    gradient: Float32Array,
  ): FlowLoss;
}

/** Pixels of a depth map between correspondences of an alignment, along both axes. */
const STEP = 6;
const FEWEST = 8;

/** A pixel of a depth map with its share in a place between pixels. */
interface Corner {
  readonly pixel: number;
  readonly share: number;
}

/** A pixel of a frame and where flow leads from it in the frame before: depth has no part in it, so it is read once. */
interface Match {
  readonly pixel: number;
  /** In pixels of the depth map. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly corners: readonly Corner[];
  readonly weight: number;
}

/** How camera i + 1 stands to camera i, and the points that say so: p of the later frame, q of the earlier one. */
interface Motion {
  readonly found: Procrustes;
  readonly matches: readonly Match[];
  readonly p: Float64Array;
  readonly q: Float64Array;
  readonly weights: Float64Array;
}

const still = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0] };

/** `picture`: the size in whose pixels the flow of `dense` is counted. */
export function createFlowObjective(
  { observations, gradient: trackGradient, loss: trackLoss }: Reprojector,
  dense: DenseDepth,
  picture: { readonly width: number; readonly height: number },
): FlowObjective {
  const { frames, width, height } = dense;
  const [scaleX, scaleY] = [width / picture.width, height / picture.height];
  const unit = Math.sqrt(picture.width * picture.height);
  const byTracks = createGradient(observations);
  const byCameras: CameraGradient = { twists: new Float64Array(6 * frames), logFocal: new Float64Array(1) };
  const noMotion = new Float64Array(6 * (frames - 1));

  /** Ray of a place in a depth map, where z is 1. */
  const rayAt = (x: number, y: number, focal: number): readonly number[] => [
    (x / scaleX - picture.width / 2) / (unit * focal),
    (y / scaleY - picture.height / 2) / (unit * focal),
    1,
  ];
  const around = (x: number, y: number): Corner[] => {
    const [column, row] = [nodesAt(x - 0.5, 1, width), nodesAt(y - 0.5, 1, height)];
    return [
      { pixel: row.near * width + column.near, share: (1 - row.share) * (1 - column.share) },
      { pixel: row.near * width + column.far, share: (1 - row.share) * column.share },
      { pixel: row.far * width + column.near, share: row.share * (1 - column.share) },
      { pixel: row.far * width + column.far, share: row.share * column.share },
    ];
  };
  const sampled = (map: ArrayLike<number>, corners: readonly Corner[]) =>
    corners.reduce((sum, { pixel, share }) => sum + share * map[pixel], 0);
  const anchors = Array.from({ length: observations.tracks }, (_, t) => {
    const [u, v] = observations.anchors.subarray(2 * t, 2 * t + 2);
    return around((u * unit + picture.width / 2) * scaleX, (v * unit + picture.height / 2) * scaleY);
  });

  const known = new Map<number, readonly Match[]>();
  /** Of a frame with the one before it; none where flow is not measured yet. */
  const matchesOf = (frame: number): readonly Match[] => {
    const kept = known.get(frame);
    if (kept !== undefined) return kept;
    const edge = dense.flowBack(frame);
    if (edge === undefined) return [];
    // Each of them may be a copy of a whole map.
    const { flow, weights } = edge;
    const found: Match[] = [];
    for (let y = STEP >> 1; y < height; y += STEP) {
      for (let x = STEP >> 1; x < width; x += STEP) {
        const pixel = y * width + x;
        const u = x + 0.5 + scaleX * flow[2 * pixel];
        const v = y + 0.5 + scaleY * flow[2 * pixel + 1];
        const weight = weights[pixel];
        if (!(weight > 0 && u > 0 && v > 0 && u < width && v < height)) continue;
        found.push({ pixel, from: [x + 0.5, y + 0.5], to: [u, v], corners: around(u, v), weight });
      }
    }
    known.set(frame, found);
    return found;
  };
  const motionInto = (frame: number, maps: readonly Float32Array[], focal: number): Motion | undefined => {
    const matches = matchesOf(frame);
    if (matches.length < FEWEST) return undefined;
    const [p, q] = [new Float64Array(3 * matches.length), new Float64Array(3 * matches.length)];
    matches.forEach(({ pixel, from, to, corners }, i) => {
      const [near, far] = [Math.exp(maps[frame][pixel]), Math.exp(sampled(maps[frame - 1], corners))];
      const [rayP, rayQ] = [rayAt(...from, focal), rayAt(...to, focal)];
      for (let k = 0; k < 3; k++) {
        p[3 * i + k] = near * rayP[k];
        q[3 * i + k] = far * rayQ[k];
      }
    });
    const weights = Float64Array.from(matches, ({ weight }) => weight);
    return { p, q, weights, found: procrustes(p, q, weights), matches };
  };

  const follow = (grids: Float32Array, logFocal: number) => {
    const maps = Array.from({ length: frames }, (_, f) => dense.logDepth(grids, f));
    const motions = Array.from({ length: frames - 1 }, (_, i) => motionInto(i + 1, maps, Math.exp(logFocal)));
    const worldFromCams = chained(motions.map(motion => motion?.found ?? still));
    const logDepths = Float64Array.from(anchors, (corners, t) => sampled(maps[observations.anchorFrames[t]], corners));
    return { motions, state: { worldFromCams, logDepths, logFocal } };
  };

  /** Adds to the gradients [frame] by log depth what an alignment passes on; returns its part by the log focal length. */
  const passOn = (
    { found, matches, p, q, weights }: Motion,
    frame: number,
    byMotion: Float64Array,
    byMaps: readonly Float64Array[],
  ): number => {
    // A turn R ← R exp(ω) has the slope g: so has any G with vex(RᵀG − GᵀR) = g, such as R [g]× / 2.
    const [x, y, z] = byMotion.subarray(0, 3);
    const skew = [0, -z, y, z, 0, -x, -y, x, 0];
    const r = found.rotation;
    const byRotation = Float64Array.from({ length: 9 }, (_, k) => {
      const [row, column] = [3 * Math.floor(k / 3), k % 3];
      return (r[row] * skew[column] + r[row + 1] * skew[3 + column] + r[row + 2] * skew[6 + column]) / 2;
    });
    const by = procrustesGradient(p, q, weights, found, byRotation, byMotion.subarray(3, 6));
    let byFocal = 0;
    /** A point is depth times (x / f, y / f, 1). */
    const alongRay = (gradient: Float64Array, points: Float64Array, i: number): number => {
      const across = gradient[3 * i] * points[3 * i] + gradient[3 * i + 1] * points[3 * i + 1];
      byFocal -= across;
      return across + gradient[3 * i + 2] * points[3 * i + 2];
    };
    matches.forEach(({ pixel, corners }, i) => {
      byMaps[frame][pixel] += alongRay(by.p, p, i);
      const far = alongRay(by.q, q, i);
      for (const corner of corners) byMaps[frame - 1][corner.pixel] += corner.share * far;
    });
    return byFocal;
  };

  return {
    unfold: (grids, logFocal) => follow(grids, logFocal).state,
    tracksLoss: (grids, logFocal, delta) => trackLoss(follow(grids, logFocal).state, delta).loss,
    evaluate(grids, logFocal, settings, chosen, gradient) {
      const { motions, state } = follow(grids, logFocal);
      const found = dense.evaluate(state, grids, settings, gradient, byCameras);
      const tracks = trackGradient(state, chosen, settings.delta, byTracks);
      const twists = byCameras.twists.map((value, k) => value + byTracks.twists[k]);
      let byFocal = byCameras.logFocal[0] + byTracks.logFocal[0];
      const byMaps = Array.from({ length: frames }, () => new Float64Array(width * height));
      anchors.forEach((corners, t) => {
        const map = byMaps[observations.anchorFrames[t]];
        for (const { pixel, share } of corners) map[pixel] += share * byTracks.logDepths[t];
      });
      // About a motion of nothing the exponential map is its own derivative: twists, as the alignment takes them.
      const byMotions = new Float64Array(noMotion.length);
      chainGradient(noMotion, state.worldFromCams, twists, byMotions);
      motions.forEach((motion, i) => {
        if (motion !== undefined) byFocal += passOn(motion, i + 1, byMotions.subarray(6 * i, 6 * i + 6), byMaps);
      });
      byMaps.forEach((map, f) => {
        dense.addToGradient(map, f, gradient);
      });
      return { ...found, tracks: tracks.loss, loss: found.loss + tracks.loss, byFocal };
    },
  };
}

/** worldFromCam [frame, 12] of the motions camFromNextCam, the first camera as world. */
function chained(
  motions: readonly { readonly rotation: ArrayLike<number>; readonly translation: ArrayLike<number> }[],
): WorldFromCams {
  const cams = identityCameras(motions.length + 1);
  motions.forEach(({ rotation: r, translation: t }, i) => {
    for (let row = 0; row < 3; row++) {
      const at = 12 * i + 4 * row;
      const [a, b, c, d] = cams.subarray(at, at + 4);
      for (let k = 0; k < 3; k++) cams[at + 12 + k] = a * r[k] + b * r[3 + k] + c * r[6 + k];
      cams[at + 15] = a * t[0] + b * t[1] + c * t[2] + d;
    }
  });
  return cams;
}
