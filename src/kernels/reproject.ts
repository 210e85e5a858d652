// Reprojection of point tracks and their normal equations with the depths eliminated. One chunk is a run of tracks with sums
// of its own, which the caller adds in the order of the chunks. Readable twin: ops/reproject/reproject.ts, which derives the
// formulas. AssemblyScript.

import { scratchAddress } from './mode3-transforms';
import { addScaled } from './vectors';

/** All fields are doubles, so that the device code can write them as one array; the order is ops/reproject's. */
@unmanaged
export class ReprojectJob {
  frames: f64;
  tracks: f64;
  chunks: f64;
  longestGap: f64;
  pixelsPerUnit: f64;
  /** i32 [track], [track + 1], [observation] */
  anchorFrames: f64;
  starts: f64;
  frameOf: f64;
  /** f64 [track, 2], [observation, 2] */
  anchors: f64;
  positions: f64;
  /** f64 [frame, 12] row-major [R|t]; f64 [track] */
  worldFromCams: f64;
  depths: f64;
  focal: f64;
  delta: f64;
  damping: f64;
  /** f64 [chunk, SUMS + 12 frames]: loss, count behind, curvature and right-hand side of the focal length; its column; right-hand sides. */
  sums: f64;
  /** f64 [chunk, 6 frames, 6 longestGap + 6] */
  bands: f64;
  /** f64 [track], [track], [track], [track, 6 longestGap + 6] */
  inverseDepths: f64;
  depthRight: f64;
  depthFocal: f64;
  depthCameras: f64;
  /** i32 [chosen] observations of the gradient, and f64 [chosen] where their derivatives by the depth go. */
  chosen: f64;
  chosenCount: f64;
  trackOf: f64;
  byDepth: f64;
}

const SUMS: i32 = 4;
const NEAREST: f64 = 1e-3;
/** Layout of a linearised observation, see the twin. */
const BY_DEPTH: i32 = 2;
const BY_FOCAL: i32 = 4;
const BY_FIRST: i32 = 6;
const BY_LATER: i32 = 18;

/** f64 [30] in the thread's scratch memory: the linearised observation at hand. */
let out: usize = 0;

// @ts-ignore: decorator
@inline
function get(k: i32): f64 {
  return load<f64>(out + (<usize>k << 3));
}

// @ts-ignore: decorator
@inline
function put(k: i32, value: f64): void {
  store<f64>(out + (<usize>k << 3), value);
}

// @ts-ignore: decorator
@inline
function at(base: f64, index: i32): f64 {
  return load<f64>(<usize>base + (<usize>index << 3));
}

/** Residual of an observation, and with `derivatives` all that it changes with; false behind the camera. */
function linearise(job: ReprojectJob, track: i32, first: i32, o: i32, derivatives: bool): bool {
  const a = <usize>job.worldFromCams + <usize>(96 * first);
  const j = <usize>job.worldFromCams + <usize>(96 * load<i32>(<usize>job.frameOf + (<usize>o << 2)));
  const depth = at(job.depths, track);
  const x = (depth * at(job.anchors, 2 * track)) / job.focal;
  const y = (depth * at(job.anchors, 2 * track + 1)) / job.focal;
  const a0 = load<f64>(a);
  const a1 = load<f64>(a, 8);
  const a2 = load<f64>(a, 16);
  const a4 = load<f64>(a, 32);
  const a5 = load<f64>(a, 40);
  const a6 = load<f64>(a, 48);
  const a8 = load<f64>(a, 64);
  const a9 = load<f64>(a, 72);
  const a10 = load<f64>(a, 80);
  const j0 = load<f64>(j);
  const j1 = load<f64>(j, 8);
  const j2 = load<f64>(j, 16);
  const j4 = load<f64>(j, 32);
  const j5 = load<f64>(j, 40);
  const j6 = load<f64>(j, 48);
  const j8 = load<f64>(j, 64);
  const j9 = load<f64>(j, 72);
  const j10 = load<f64>(j, 80);
  const wx = a0 * x + a1 * y + a2 * depth + load<f64>(a, 24) - load<f64>(j, 24);
  const wy = a4 * x + a5 * y + a6 * depth + load<f64>(a, 56) - load<f64>(j, 56);
  const wz = a8 * x + a9 * y + a10 * depth + load<f64>(a, 88) - load<f64>(j, 88);
  const px = j0 * wx + j4 * wy + j8 * wz;
  const py = j1 * wx + j5 * wy + j9 * wz;
  const pz = j2 * wx + j6 * wy + j10 * wz;
  if (!(pz > NEAREST * depth)) return false;
  const scale = job.pixelsPerUnit * job.focal;
  const inverse = 1 / pz;
  const u = px * inverse;
  const v = py * inverse;
  put(0, scale * u - job.pixelsPerUnit * at(job.positions, 2 * o));
  put(1, scale * v - job.pixelsPerUnit * at(job.positions, 2 * o + 1));
  if (!derivatives) return true;
  const s = scale * inverse;
  for (let row = 0; row < 2; row++) {
    const d0: f64 = row == 0 ? s : 0;
    const d1: f64 = row == 0 ? 0 : s;
    const d2: f64 = row == 0 ? -s * u : -s * v;
    const later = BY_LATER + 6 * row;
    put(later, d1 * pz - d2 * py);
    put(later + 1, d2 * px - d0 * pz);
    put(later + 2, d0 * py - d1 * px);
    put(later + 3, -d0);
    put(later + 4, -d1);
    put(later + 5, -d2);
    const w0 = d0 * j0 + d1 * j1 + d2 * j2;
    const w1 = d0 * j4 + d1 * j5 + d2 * j6;
    const w2 = d0 * j8 + d1 * j9 + d2 * j10;
    const e0 = w0 * a0 + w1 * a4 + w2 * a8;
    const e1 = w0 * a1 + w1 * a5 + w2 * a9;
    const e2 = w0 * a2 + w1 * a6 + w2 * a10;
    const firsts = BY_FIRST + 6 * row;
    put(firsts, e2 * y - e1 * depth);
    put(firsts + 1, e0 * depth - e2 * x);
    put(firsts + 2, e1 * x - e0 * y);
    put(firsts + 3, e0);
    put(firsts + 4, e1);
    put(firsts + 5, e2);
    put(BY_DEPTH + row, e0 * x + e1 * y + e2 * depth);
    put(BY_FOCAL + row, scale * (row == 0 ? u : v) - e0 * x - e1 * y);
  }
  return true;
}

// @ts-ignore: decorator
@inline
function firstTrack(job: ReprojectJob, chunk: i32): i32 {
  return <i32>((<i64>chunk * <i64>job.tracks) / <i64>job.chunks);
}

// @ts-ignore: decorator
@inline
function cauchy(squared: f64, delta: f64): f64 {
  return delta * delta * Math.log1p(squared / (delta * delta));
}

/** Sums of the robust loss and of what is behind the camera. */
export function reprojectLossChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<ReprojectJob>(jobAt);
  out = scratchAddress();
  const sums = <usize>job.sums + (<usize>chunk * <usize>(SUMS + 12 * <i32>job.frames) << 3);
  const delta = job.delta;
  const hidden = cauchy(job.pixelsPerUnit * job.pixelsPerUnit, delta);
  const last = firstTrack(job, chunk + 1);
  let loss: f64 = 0;
  let behind: f64 = 0;
  for (let track = firstTrack(job, chunk); track < last; track++) {
    const starts = <usize>job.starts + (<usize>track << 2);
    const first = load<i32>(<usize>job.anchorFrames + (<usize>track << 2));
    const end = load<i32>(starts, 4);
    for (let o = load<i32>(starts); o < end; o++) {
      if (linearise(job, track, first, o, false)) {
        const r0 = get(0);
        const r1 = get(1);
        loss += cauchy(r0 * r0 + r1 * r1, delta);
      } else {
        loss += hidden;
        behind += 1;
      }
    }
  }
  store<f64>(sums, loss);
  store<f64>(sums, behind, 8);
}

/**
 * Sums of the loss over a run of chosen observations, and of its gradient: by twists where the focal column else is, by the
 * log focal length where its right-hand side else is. Derivatives by depths are left for the caller to add up.
 */
export function reprojectGradientChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<ReprojectJob>(jobAt);
  out = scratchAddress();
  const unknowns = 6 * <i32>job.frames;
  const sums = <usize>job.sums + (<usize>chunk * <usize>(SUMS + 2 * unknowns) << 3);
  const twists = sums + (SUMS << 3);
  memory.fill(sums, 0, <usize>(SUMS + unknowns) << 3);
  const delta = job.delta;
  const square = delta * delta;
  const hidden = cauchy(job.pixelsPerUnit * job.pixelsPerUnit, delta);
  const count = <i32>job.chosenCount;
  const share = 2 / job.chosenCount;
  const last = <i32>((<i64>(chunk + 1) * <i64>count) / <i64>job.chunks);
  let loss: f64 = 0;
  let behind: f64 = 0;
  let byFocal: f64 = 0;
  for (let i = <i32>((<i64>chunk * <i64>count) / <i64>job.chunks); i < last; i++) {
    const o = load<i32>(<usize>job.chosen + (<usize>i << 2));
    const track = load<i32>(<usize>job.trackOf + (<usize>o << 2));
    const first = load<i32>(<usize>job.anchorFrames + (<usize>track << 2));
    const byDepth = <usize>job.byDepth + (<usize>i << 3);
    if (!linearise(job, track, first, o, true)) {
      loss += hidden;
      behind += 1;
      store<f64>(byDepth, 0);
      continue;
    }
    const squared = get(0) * get(0) + get(1) * get(1);
    loss += cauchy(squared, delta);
    const w = share / (1 + squared / square);
    const r0 = w * get(0);
    const r1 = w * get(1);
    const j = 6 * load<i32>(<usize>job.frameOf + (<usize>o << 2));
    for (let k = 0; k < 6; k++) {
      add(twists, 6 * first + k, r0 * get(BY_FIRST + k) + r1 * get(BY_FIRST + 6 + k));
      add(twists, j + k, r0 * get(BY_LATER + k) + r1 * get(BY_LATER + 6 + k));
    }
    store<f64>(byDepth, r0 * get(BY_DEPTH) + r1 * get(BY_DEPTH + 1));
    byFocal += r0 * get(BY_FOCAL) + r1 * get(BY_FOCAL + 1);
  }
  store<f64>(sums, loss);
  store<f64>(sums, behind, 8);
  store<f64>(sums, byFocal, 24);
}

/** Normal equations of a run of tracks, the depths eliminated. */
export function reduceTracksChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<ReprojectJob>(jobAt);
  out = scratchAddress();
  const unknowns = 6 * <i32>job.frames;
  const width = 6 * <i32>job.longestGap + 6;
  const sums = <usize>job.sums + (<usize>chunk * <usize>(SUMS + 2 * unknowns) << 3);
  const focalColumn = sums + (SUMS << 3);
  const right = focalColumn + (<usize>unknowns << 3);
  const band = <usize>job.bands + (<usize>chunk * <usize>(unknowns * width) << 3);
  memory.fill(sums, 0, <usize>(SUMS + 2 * unknowns) << 3);
  memory.fill(band, 0, <usize>(unknowns * width) << 3);
  const delta = job.delta;
  const square = delta * delta;
  const hidden = cauchy(job.pixelsPerUnit * job.pixelsPerUnit, delta);
  const lastTrack = firstTrack(job, chunk + 1);
  let loss: f64 = 0;
  let behind: f64 = 0;
  let focalFocal: f64 = 0;
  let focalRight: f64 = 0;
  for (let track = firstTrack(job, chunk); track < lastTrack; track++) {
    const starts = <usize>job.starts + (<usize>track << 2);
    const first = load<i32>(<usize>job.anchorFrames + (<usize>track << 2));
    const a = 6 * first;
    const end = load<i32>(starts, 4);
    const mixed = <usize>job.depthCameras + (<usize>track * <usize>width << 3);
    memory.fill(mixed, 0, <usize>width << 3);
    let curvature: f64 = 0;
    let pull: f64 = 0;
    let withFocal: f64 = 0;
    let last = 0;
    for (let o = load<i32>(starts); o < end; o++) {
      if (!linearise(job, track, first, o, true)) {
        loss += hidden;
        behind += 1;
        continue;
      }
      const r0 = get(0);
      const r1 = get(1);
      const squared = r0 * r0 + r1 * r1;
      loss += cauchy(squared, delta);
      const w = 1 / (1 + squared / square);
      const d0 = w * get(BY_DEPTH);
      const d1 = w * get(BY_DEPTH + 1);
      const f0 = w * get(BY_FOCAL);
      const f1 = w * get(BY_FOCAL + 1);
      curvature += d0 * get(BY_DEPTH) + d1 * get(BY_DEPTH + 1);
      pull -= d0 * r0 + d1 * r1;
      withFocal += f0 * get(BY_DEPTH) + f1 * get(BY_DEPTH + 1);
      focalFocal += f0 * get(BY_FOCAL) + f1 * get(BY_FOCAL + 1);
      focalRight -= f0 * r0 + f1 * r1;
      const j = 6 * load<i32>(<usize>job.frameOf + (<usize>o << 2));
      last = j - a;
      for (let k = 0; k < 6; k++) {
        const a0 = get(BY_FIRST + k);
        const a1 = get(BY_FIRST + 6 + k);
        const j0 = get(BY_LATER + k);
        const j1 = get(BY_LATER + 6 + k);
        add(mixed, k, d0 * a0 + d1 * a1);
        add(mixed, last + k, d0 * j0 + d1 * j1);
        add(focalColumn, a + k, f0 * a0 + f1 * a1);
        add(focalColumn, j + k, f0 * j0 + f1 * j1);
        add(right, a + k, -w * (a0 * r0 + a1 * r1));
        add(right, j + k, -w * (j0 * r0 + j1 * r1));
        // Row r of the band holds column c at c − r + width − 1.
        const rowA = band + (<usize>((a + k) * width + width - 1 - k) << 3);
        const rowJ = band + (<usize>((j + k) * width + width - 1 - k) << 3);
        const w0 = w * j0;
        const w1 = w * j1;
        const v0 = w * a0;
        const v1 = w * a1;
        for (let l = 0; l <= k; l++) {
          add(rowA, l, v0 * get(BY_FIRST + l) + v1 * get(BY_FIRST + 6 + l));
          add(rowJ, l, w0 * get(BY_LATER + l) + w1 * get(BY_LATER + 6 + l));
        }
        const rowMixed = rowJ - (<usize>last << 3);
        for (let l = 0; l < 6; l++) add(rowMixed, l, w0 * get(BY_FIRST + l) + w1 * get(BY_FIRST + 6 + l));
      }
    }
    store<f64>(<usize>job.depthRight + (<usize>track << 3), pull);
    store<f64>(<usize>job.depthFocal + (<usize>track << 3), withFocal);
    const isSeen = curvature > 1e-9;
    const inverse = isSeen ? 1 / (curvature * (1 + job.damping)) : 0;
    store<f64>(<usize>job.inverseDepths + (<usize>track << 3), inverse);
    if (!isSeen) continue;
    focalFocal -= withFocal * withFocal * inverse;
    focalRight -= withFocal * pull * inverse;
    for (let r = 0; r < last + 6; r++) {
      const factor = -inverse * load<f64>(mixed + (<usize>r << 3));
      if (factor == 0) continue;
      add(focalColumn, a + r, factor * withFocal);
      add(right, a + r, factor * pull);
      addScaled(band + (<usize>((a + r) * width + width - 1 - r) << 3), factor, mixed, r + 1);
    }
  }
  store<f64>(sums, loss);
  store<f64>(sums, behind, 8);
  store<f64>(sums, focalFocal, 16);
  store<f64>(sums, focalRight, 24);
}

// @ts-ignore: decorator
@inline
function add(base: usize, index: i32, value: f64): void {
  const where = base + (<usize>index << 3);
  store<f64>(where, load<f64>(where) + value);
}
