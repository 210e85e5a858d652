// Dense depth from flow: log depth from its grids, the loss with its gradient by every pixel, and the gradient by the grids.
// One chunk is one frame throughout, so that no two threads write to the same place. Maps are float32 [height, stride], rows
// padded to whole vectors whose weights are 0. Readable twin: ops/depth-flow/depth-flow-reference.ts. AssemblyScript.

import { acrossFour } from './flow-levels';
import { scratchAddress } from './mode3-transforms';
import { multiplyAdd } from './slice-products';

/** All fields are doubles, written as one array by ops/depth-flow/depth-flow-cpu.ts. */
@unmanaged
export class DepthFlowJob {
  frames: f64;
  width: f64;
  height: f64;
  stride: f64;
  /** i32 [level, 4]: side of a cell in pixels, columns, rows, first node. */
  levels: f64;
  levelCount: f64;
  /** f32 [level, width, 2] and [level, height, 2]: node before a pixel's centre, and the share of the next. */
  acrossNodes: f64;
  downNodes: f64;
  nodes: f64;
  /** f32 [frame, nodes] */
  grids: f64;
  gradients: f64;
  /** f32 maps [frame]: log depth, 1 / depth, gradient by log depth. They may be read a row and a vector behind the last. */
  logDepths: f64;
  inverses: f64;
  slopes: f64;
  /** f32 maps [frame]: shares in smoothness of the steps to the right and down. */
  right: f64;
  down: f64;
  /** f32 maps [edge], edges in the order of their source: measured position in pixels of the 640 x 480 area, and weight. */
  measuredX: f64;
  measuredY: f64;
  weights: f64;
  /** f32 maps [edge], written here: weight times the slope of the consistency term. */
  pulls: f64;
  /** f32 [edge, 12] */
  rows: f64;
  /** i32 [edge]; i32 [frame, 2] the edges that leave a frame, from and to. */
  targets: f64;
  leaving: f64;
  /** i32 [frame, 2] from and to in i32 [edge]: the edges that arrive in a frame. */
  arriving: f64;
  arrivals: f64;
  /** Pixels of the 640 x 480 area from pixel to pixel, and the principal point there. */
  stepX: f64;
  stepY: f64;
  centreX: f64;
  centreY: f64;
  nearest: f64;
  softFloor: f64;
  /** Scale of Cauchy's loss, and what a point behind the camera costs. */
  delta: f64;
  behindLoss: f64;
  /** Factors of the gradients of the three terms. */
  flowShare: f64;
  smoothShare: f64;
  consistencyShare: f64;
  /** f64 [frame, 4], written here: sums of flow, smoothness and consistency, count behind. */
  sums: f64;
  /** f64 [edge, 12], written by depthCamerasChunk: gradient by the rows. */
  byRows: f64;
}

// @ts-ignore: decorator
@inline
function mapBytes(job: DepthFlowJob): usize {
  return <usize>(<i32>job.height * <i32>job.stride) << 2;
}

// @ts-ignore: decorator
@inline
function nodesOf(table: f64, level: i32, count: i32, pixel: i32): usize {
  return <usize>table + (<usize>(level * count + pixel) << 3);
}

/** Log depth of a frame, the sum of its grids enlarged, and its inverse depth. */
export function depthEnlargeChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<DepthFlowJob>(jobAt);
  const width = <i32>job.width;
  const height = <i32>job.height;
  const step = <usize>(<i32>job.stride) << 2;
  const bytes = mapBytes(job);
  const map = <usize>job.logDepths + bytes * chunk;
  const inverse = <usize>job.inverses + bytes * chunk;
  const line = scratchAddress();
  memory.fill(map, 0, bytes);
  for (let l = 0; l < <i32>job.levelCount; l++) {
    const level = <usize>job.levels + (<usize>l << 4);
    const columns = load<i32>(level, 4);
    const lastRow = load<i32>(level, 8) - 1;
    const grid = <usize>job.grids + (<usize>(chunk * <i32>job.nodes + load<i32>(level, 12)) << 2);
    for (let y = 0; y < height; y++) {
      const place = nodesOf(job.downNodes, l, height, y);
      const row = <i32>load<f32>(place);
      const share = load<f32>(place, 4);
      const above = grid + (<usize>(row * columns) << 2);
      const below = grid + (<usize>(min(lastRow, row + 1) * columns) << 2);
      for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
        const a = load<f32>(above + j);
        store<f32>(line + j, a + share * (load<f32>(below + j) - a));
      }
      // Behind the last node, whose share is 0.
      store<f32>(line + (<usize>columns << 2), 0);
      let across = nodesOf(job.acrossNodes, l, width, 0);
      let out = map + step * y;
      for (let x = 0; x < width; x++) {
        const node = line + (<usize><i32>load<f32>(across) << 2);
        const a = load<f32>(node);
        store<f32>(out, load<f32>(out) + a + load<f32>(across, 4) * (load<f32>(node, 4) - a));
        across += 8;
        out += 4;
      }
    }
  }
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(inverse + at, exponential(f32x4.neg(v128.load(map + at))));
  }
}

/**
 * Losses of a frame: its smoothness and the edges that leave it, with the gradient by its own log depth. What the
 * consistency term does to the frames where the edges arrive is left in `pulls`.
 */
export function depthLossChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<DepthFlowJob>(jobAt);
  const bytes = mapBytes(job);
  memory.fill(<usize>job.slopes + bytes * chunk, 0, bytes);
  const sums = <usize>job.sums + (<usize>chunk << 5);
  memory.fill(sums, 0, 32);
  smooth(job, chunk, sums);
  const leaving = <usize>job.leaving + (<usize>chunk << 3);
  const end = load<i32>(leaving, 4);
  for (let e = load<i32>(leaving); e < end; e++) compare(job, chunk, e, sums);
}

function smooth(job: DepthFlowJob, frame: i32, sums: usize): void {
  const height = <i32>job.height;
  const step = <usize>(<i32>job.stride) << 2;
  const bytes = mapBytes(job);
  const floor = f32x4.splat(<f32>job.softFloor);
  const squaredFloor = f32x4.mul(floor, floor);
  const factor = f32x4.splat(<f32>job.smoothShare);
  let total: f64 = 0;
  for (let y = 0; y < height; y++) {
    const offset = bytes * frame + step * y;
    let sum = f32x4.splat(0);
    for (let at: usize = offset; at < offset + step; at += 16) {
      const here = v128.load(<usize>job.logDepths + at);
      const slopes = <usize>job.slopes + at;
      for (let k = 0; k < 2; k++) {
        const next = k == 0 ? <usize>4 : step;
        const weight = v128.load(<usize>(k == 0 ? job.right : job.down) + at);
        const difference = f32x4.sub(v128.load(<usize>job.logDepths + at + next), here);
        const length = f32x4.sqrt(multiplyAdd(difference, difference, squaredFloor));
        sum = multiplyAdd(weight, f32x4.sub(length, floor), sum);
        const slope = f32x4.mul(f32x4.mul(factor, weight), f32x4.div(difference, length));
        v128.store(slopes, f32x4.sub(v128.load(slopes), slope));
        // Steps out of the frame weigh nothing, but another thread may be at work there.
        if (k == 0 ? at + 16 < offset + step : y + 1 < height) {
          v128.store(slopes + next, f32x4.add(v128.load(slopes + next), slope));
        } else if (k == 0) {
          const own = v128.load(slopes);
          v128.store(slopes, f32x4.add(own, v128.shuffle<f32>(f32x4.splat(0), slope, 0, 4, 5, 6)));
        }
      }
    }
    total += addLanes(sum);
  }
  store<f64>(sums, total, 8);
}

/** One edge: every pixel carried into the other frame, beside where the flow carries it. */
function compare(job: DepthFlowJob, frame: i32, edge: i32, sums: usize): void {
  const height = <i32>job.height;
  const stride = <i32>job.stride;
  const step = <usize>stride << 2;
  const bytes = mapBytes(job);
  const rows = <usize>job.rows + <usize>(48 * edge);
  const target = <usize>job.logDepths + bytes * load<i32>(<usize>job.targets + (<usize>edge << 2));
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const ax = v128.load32_splat(rows);
  const ay = v128.load32_splat(rows + 16);
  const az = v128.load32_splat(rows + 32);
  const inverseX = v128.load32_splat(rows + 12);
  const inverseY = v128.load32_splat(rows + 28);
  const inverseZ = v128.load32_splat(rows + 44);
  const delta = <f32>job.delta;
  const squaredDelta = f32x4.splat(delta * delta);
  const perSquare = f32x4.splat(<f32>1 / (delta * delta));
  const behindLoss = f32x4.splat(<f32>job.behindLoss);
  const flowShare = f32x4.splat(<f32>job.flowShare);
  const consistencyShare = f32x4.splat(<f32>job.consistencyShare);
  const nearest = f32x4.splat(<f32>job.nearest);
  const floor = f32x4.splat(<f32>job.softFloor);
  const squaredFloor = f32x4.mul(floor, floor);
  const stepX = f32x4.splat(<f32>job.stepX);
  const centreX = f32x4.splat(<f32>job.centreX);
  const stepY = <f32>job.stepY;
  const ownBytes = bytes * frame;
  const edgeBytes = bytes * edge;
  prepareLocate(job);
  let flowTotal: f64 = 0;
  let consistencyTotal: f64 = 0;
  let behindTotal: f64 = 0;
  for (let y = 0; y < height; y++) {
    const yy = (<f32>y + <f32>0.5) * stepY - <f32>job.centreY;
    const rowX = f32x4.splat(load<f32>(rows, 4) * yy + load<f32>(rows, 8));
    const rowY = f32x4.splat(load<f32>(rows, 20) * yy + load<f32>(rows, 24));
    const rowZ = f32x4.splat(load<f32>(rows, 36) * yy + load<f32>(rows, 40));
    let column = f32x4(0.5, 1.5, 2.5, 3.5);
    let flowSum = zero;
    let consistencySum = zero;
    let behindSum = zero;
    const weights = <usize>job.weights + edgeBytes + step * y;
    const measuredXs = <usize>job.measuredX + edgeBytes + step * y;
    const measuredYs = <usize>job.measuredY + edgeBytes + step * y;
    const pulls = <usize>job.pulls + edgeBytes + step * y;
    const inverses = <usize>job.inverses + ownBytes + step * y;
    const logDepths = <usize>job.logDepths + ownBytes + step * y;
    const slopesOfRow = <usize>job.slopes + ownBytes + step * y;
    for (let at: usize = 0; at < step; at += 16) {
      const weight = v128.load(weights + at);
      if (!v128.any_true(f32x4.gt(weight, zero))) {
        v128.store(pulls + at, zero);
        column = f32x4.add(column, f32x4.splat(4));
        continue;
      }
      const x = f32x4.sub(f32x4.mul(column, stepX), centreX);
      const inverse = v128.load(inverses + at);
      const ahead = multiplyAdd(az, x, rowZ);
      const depthRatio = multiplyAdd(inverseZ, inverse, ahead);
      const seen = f32x4.gt(depthRatio, nearest);
      const perDepth = f32x4.div(one, v128.bitselect(depthRatio, one, seen));
      const px = f32x4.mul(multiplyAdd(inverseX, inverse, multiplyAdd(ax, x, rowX)), perDepth);
      const py = f32x4.mul(multiplyAdd(inverseY, inverse, multiplyAdd(ay, x, rowY)), perDepth);
      const measuredX = v128.load(measuredXs + at);
      const measuredY = v128.load(measuredYs + at);
      const rx = f32x4.sub(px, measuredX);
      const ry = f32x4.sub(py, measuredY);
      const share = f32x4.mul(multiplyAdd(rx, rx, f32x4.mul(ry, ry)), perSquare);
      const spread = f32x4.add(one, share);
      const robustLoss = f32x4.mul(squaredDelta, logarithm(v128.bitselect(spread, one, seen)));
      flowSum = multiplyAdd(weight, v128.bitselect(robustLoss, behindLoss, seen), flowSum);
      behindSum = f32x4.add(behindSum, v128.and(one, v128.andnot(f32x4.gt(weight, zero), seen)));
      const along = multiplyAdd(
        rx, f32x4.sub(inverseX, f32x4.mul(px, inverseZ)),
        f32x4.mul(ry, f32x4.sub(inverseY, f32x4.mul(py, inverseZ))),
      );
      const pull = f32x4.mul(f32x4.mul(f32x4.mul(flowShare, weight), f32x4.mul(inverse, perDepth)), f32x4.div(along, spread));

      // The other frame's log depth where the flow arrives.
      locate(measuredX, measuredY);
      const p0 = target + (<usize>i32x4.extract_lane(cells, 0) << 2);
      const p1 = target + (<usize>i32x4.extract_lane(cells, 1) << 2);
      const p2 = target + (<usize>i32x4.extract_lane(cells, 2) << 2);
      const p3 = target + (<usize>i32x4.extract_lane(cells, 3) << 2);
      const above = acrossFour(p0, p1, p2, p3, shareX);
      const below = acrossFour(p0 + step, p1 + step, p2 + step, p3 + step, shareX);
      const there = multiplyAdd(shareY, f32x4.sub(below, above), above);
      const arrived = f32x4.add(v128.load(logDepths + at), logarithm(v128.bitselect(depthRatio, one, seen)));
      const difference = f32x4.sub(arrived, there);
      const length = f32x4.sqrt(multiplyAdd(difference, difference, squaredFloor));
      const counted = v128.and(weight, v128.and(seen, inside));
      consistencySum = multiplyAdd(counted, f32x4.sub(length, floor), consistencySum);
      const slope = f32x4.mul(f32x4.mul(consistencyShare, counted), f32x4.div(difference, length));
      v128.store(pulls + at, slope);

      const slopes = slopesOfRow + at;
      const change = f32x4.sub(f32x4.mul(slope, f32x4.mul(ahead, perDepth)), v128.and(pull, seen));
      v128.store(slopes, f32x4.add(v128.load(slopes), change));
      column = f32x4.add(column, f32x4.splat(4));
    }
    flowTotal += addLanes(flowSum);
    consistencyTotal += addLanes(consistencySum);
    behindTotal += addLanes(behindSum);
  }
  store<f64>(sums, load<f64>(sums) + flowTotal);
  store<f64>(sums, load<f64>(sums, 16) + consistencyTotal, 16);
  store<f64>(sums, load<f64>(sums, 24) + behindTotal, 24);
}

/** Gradient by the rows of the edges that leave a frame, after its losses: of the flow anew, of the consistency from `pulls`. */
export function depthCamerasChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<DepthFlowJob>(jobAt);
  const leaving = <usize>job.leaving + (<usize>chunk << 3);
  const end = load<i32>(leaving, 4);
  for (let e = load<i32>(leaving); e < end; e++) pullCameras(job, chunk, e);
}

function pullCameras(job: DepthFlowJob, frame: i32, edge: i32): void {
  const height = <i32>job.height;
  const step = <usize>(<i32>job.stride) << 2;
  const bytes = mapBytes(job);
  const rows = <usize>job.rows + <usize>(48 * edge);
  const out = <usize>job.byRows + <usize>(96 * edge);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const perSquare = f32x4.splat(<f32>(1 / (job.delta * job.delta)));
  const flowShare = f32x4.splat(<f32>job.flowShare);
  const nearest = f32x4.splat(<f32>job.nearest);
  const stepX = f32x4.splat(<f32>job.stepX);
  const centreX = f32x4.splat(<f32>job.centreX);
  memory.fill(out, 0, 96);
  for (let y = 0; y < height; y++) {
    const yy = (<f32>y + <f32>0.5) * <f32>job.stepY - <f32>job.centreY;
    const rowX = f32x4.splat(load<f32>(rows, 4) * yy + load<f32>(rows, 8));
    const rowY = f32x4.splat(load<f32>(rows, 20) * yy + load<f32>(rows, 24));
    const rowZ = f32x4.splat(load<f32>(rows, 36) * yy + load<f32>(rows, 40));
    const from = step * y;
    // Of each of the three pulls: times x, alone, and times 1 / depth; y is the same in the whole row.
    let ax = zero, a = zero, ai = zero, bx = zero, b = zero, bi = zero, cx = zero, c = zero, ci = zero;
    let column = f32x4(0.5, 1.5, 2.5, 3.5);
    for (let at: usize = 0; at < step; at += 16) {
      const weight = v128.load(<usize>job.weights + bytes * edge + from + at);
      const x = f32x4.sub(f32x4.mul(column, stepX), centreX);
      column = f32x4.add(column, f32x4.splat(4));
      if (!v128.any_true(f32x4.gt(weight, zero))) continue;
      const inverse = v128.load(<usize>job.inverses + bytes * frame + from + at);
      const depthRatio = multiplyAdd(v128.load32_splat(rows + 44), inverse, multiplyAdd(v128.load32_splat(rows + 32), x, rowZ));
      const seen = f32x4.gt(depthRatio, nearest);
      const perDepth = v128.and(seen, f32x4.div(one, v128.bitselect(depthRatio, one, seen)));
      const px = f32x4.mul(multiplyAdd(v128.load32_splat(rows + 12), inverse, multiplyAdd(v128.load32_splat(rows), x, rowX)), perDepth);
      const py = f32x4.mul(multiplyAdd(v128.load32_splat(rows + 28), inverse, multiplyAdd(v128.load32_splat(rows + 16), x, rowY)), perDepth);
      const rx = f32x4.sub(px, v128.load(<usize>job.measuredX + bytes * edge + from + at));
      const ry = f32x4.sub(py, v128.load(<usize>job.measuredY + bytes * edge + from + at));
      const share = f32x4.mul(multiplyAdd(rx, rx, f32x4.mul(ry, ry)), perSquare);
      const pull = f32x4.mul(f32x4.mul(flowShare, weight), f32x4.div(perDepth, f32x4.add(one, share)));
      const slope = f32x4.mul(v128.load(<usize>job.pulls + bytes * edge + from + at), perDepth);
      const pullX = f32x4.mul(pull, rx);
      const pullY = f32x4.mul(pull, ry);
      const pullZ = f32x4.sub(slope, multiplyAdd(pullX, px, f32x4.mul(pullY, py)));
      ax = multiplyAdd(pullX, x, ax);
      a = f32x4.add(a, pullX);
      ai = multiplyAdd(pullX, inverse, ai);
      bx = multiplyAdd(pullY, x, bx);
      b = f32x4.add(b, pullY);
      bi = multiplyAdd(pullY, inverse, bi);
      cx = multiplyAdd(pullZ, x, cx);
      c = f32x4.add(c, pullZ);
      ci = multiplyAdd(pullZ, inverse, ci);
    }
    addPull(out, ax, a, ai, <f64>yy);
    addPull(out + 32, bx, b, bi, <f64>yy);
    addPull(out + 64, cx, c, ci, <f64>yy);
  }
}

// @ts-ignore: decorator
@inline
function addPull(out: usize, timesX: v128, alone: v128, timesInverse: v128, y: f64): void {
  const sum = addLanes(alone);
  store<f64>(out, load<f64>(out) + addLanes(timesX));
  store<f64>(out, load<f64>(out, 8) + y * sum, 8);
  store<f64>(out, load<f64>(out, 16) + sum, 16);
  store<f64>(out, load<f64>(out, 24) + addLanes(timesInverse), 24);
}

/** Gradient of a frame by its grids, once the pulls of the edges that arrive in it are added. */
export function depthGatherChunk(jobAt: usize, chunk: i32): void {
  const job = changetype<DepthFlowJob>(jobAt);
  const bytes = mapBytes(job);
  const slopes = <usize>job.slopes + bytes * chunk;
  const arriving = <usize>job.arriving + (<usize>chunk << 3);
  const end = load<i32>(arriving, 4);
  for (let k = load<i32>(arriving); k < end; k++) {
    scatter(job, load<i32>(<usize>job.arrivals + (<usize>k << 2)), slopes);
  }
  reduce(job, chunk, slopes);
}

function scatter(job: DepthFlowJob, edge: i32, slopes: usize): void {
  const bytes = mapBytes(job);
  const step = <usize>(<i32>job.stride) << 2;
  const zero = f32x4.splat(0);
  const pulls = <usize>job.pulls + bytes * edge;
  const measuredX = <usize>job.measuredX + bytes * edge;
  const measuredY = <usize>job.measuredY + bytes * edge;
  prepareLocate(job);
  for (let at: usize = 0; at < bytes; at += 16) {
    const pull = v128.load(pulls + at);
    if (!v128.any_true(f32x4.ne(pull, zero))) continue;
    locate(v128.load(measuredX + at), v128.load(measuredY + at));
    const below = f32x4.mul(pull, shareY);
    const above = f32x4.sub(pull, below);
    const aboveRight = f32x4.mul(above, shareX);
    const aboveLeft = f32x4.sub(above, aboveRight);
    const belowRight = f32x4.mul(below, shareX);
    const belowLeft = f32x4.sub(below, belowRight);
    const p0 = slopes + (<usize>i32x4.extract_lane(cells, 0) << 2);
    take(p0, f32x4.extract_lane(aboveLeft, 0));
    take(p0 + 4, f32x4.extract_lane(aboveRight, 0));
    take(p0 + step, f32x4.extract_lane(belowLeft, 0));
    take(p0 + step + 4, f32x4.extract_lane(belowRight, 0));
    const p1 = slopes + (<usize>i32x4.extract_lane(cells, 1) << 2);
    take(p1, f32x4.extract_lane(aboveLeft, 1));
    take(p1 + 4, f32x4.extract_lane(aboveRight, 1));
    take(p1 + step, f32x4.extract_lane(belowLeft, 1));
    take(p1 + step + 4, f32x4.extract_lane(belowRight, 1));
    const p2 = slopes + (<usize>i32x4.extract_lane(cells, 2) << 2);
    take(p2, f32x4.extract_lane(aboveLeft, 2));
    take(p2 + 4, f32x4.extract_lane(aboveRight, 2));
    take(p2 + step, f32x4.extract_lane(belowLeft, 2));
    take(p2 + step + 4, f32x4.extract_lane(belowRight, 2));
    const p3 = slopes + (<usize>i32x4.extract_lane(cells, 3) << 2);
    take(p3, f32x4.extract_lane(aboveLeft, 3));
    take(p3 + 4, f32x4.extract_lane(aboveRight, 3));
    take(p3 + step, f32x4.extract_lane(belowLeft, 3));
    take(p3 + step + 4, f32x4.extract_lane(belowRight, 3));
  }
}

/** Adjoint of the enlargement: gradient by the grids of a frame. */
function reduce(job: DepthFlowJob, frame: i32, slopes: usize): void {
  const width = <i32>job.width;
  const height = <i32>job.height;
  const nodes = <i32>job.nodes;
  const step = <usize>(<i32>job.stride) << 2;
  const gradients = <usize>job.gradients + (<usize>(frame * nodes) << 2);
  const line = scratchAddress();
  memory.fill(gradients, 0, <usize>nodes << 2);
  for (let l = 0; l < <i32>job.levelCount; l++) {
    const level = <usize>job.levels + (<usize>l << 4);
    const columns = load<i32>(level, 4);
    const lastRow = load<i32>(level, 8) - 1;
    const grid = gradients + (<usize>load<i32>(level, 12) << 2);
    for (let y = 0; y < height; y++) {
      memory.fill(line, 0, <usize>(columns + 1) << 2);
      let across = nodesOf(job.acrossNodes, l, width, 0);
      let from = slopes + step * y;
      for (let x = 0; x < width; x++) {
        const node = line + (<usize><i32>load<f32>(across) << 2);
        const slope = load<f32>(from);
        const next = load<f32>(across, 4) * slope;
        store<f32>(node, load<f32>(node) + (slope - next));
        store<f32>(node, load<f32>(node, 4) + next, 4);
        across += 8;
        from += 4;
      }
      const place = nodesOf(job.downNodes, l, height, y);
      const row = <i32>load<f32>(place);
      const share = load<f32>(place, 4);
      const above = grid + (<usize>(row * columns) << 2);
      const below = grid + (<usize>(min(lastRow, row + 1) * columns) << 2);
      for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
        const value = load<f32>(line + j);
        store<f32>(above + j, load<f32>(above + j) + (<f32>1 - share) * value);
        store<f32>(below + j, load<f32>(below + j) + share * value);
      }
    }
  }
}

/** What `locate` needs of the job, splat once per edge. */
let perStepX: v128 = f32x4.splat(0), perStepY: v128 = f32x4.splat(0), originX: v128 = f32x4.splat(0), originY: v128 = f32x4.splat(0);
let lastX: v128 = f32x4.splat(0), lastY: v128 = f32x4.splat(0), strides: v128 = i32x4.splat(0);

function prepareLocate(job: DepthFlowJob): void {
  perStepX = f32x4.splat(<f32>(1 / job.stepX));
  perStepY = f32x4.splat(<f32>(1 / job.stepY));
  originX = f32x4.splat(<f32>(job.centreX / job.stepX - 0.5));
  originY = f32x4.splat(<f32>(job.centreY / job.stepY - 0.5));
  lastX = f32x4.splat(<f32>job.width - 1);
  lastY = f32x4.splat(<f32>job.height - 1);
  strides = i32x4.splat(<i32>job.stride);
}

/** Where positions lie in a depth map: the first of four pixels around each, shares of the second ones, and whether inside. */
let cells: v128 = i32x4.splat(0), shareX: v128 = f32x4.splat(0), shareY: v128 = f32x4.splat(0), inside: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline
function locate(measuredX: v128, measuredY: v128): void {
  const half = f32x4.splat(0.5);
  const x = multiplyAdd(measuredX, perStepX, originX);
  const y = multiplyAdd(measuredY, perStepY, originY);
  // The border goes on outside; four pixels always exist.
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const heldX = f32x4.max(zero, f32x4.min(lastX, x));
  const heldY = f32x4.max(zero, f32x4.min(lastY, y));
  inside = v128.and(
    f32x4.le(f32x4.abs(f32x4.sub(x, heldX)), half),
    f32x4.le(f32x4.abs(f32x4.sub(y, heldY)), half),
  );
  const j = f32x4.min(f32x4.floor(heldX), f32x4.sub(lastX, one));
  const i = f32x4.min(f32x4.floor(heldY), f32x4.sub(lastY, one));
  shareX = f32x4.sub(heldX, j);
  shareY = f32x4.sub(heldY, i);
  cells = i32x4.add(i32x4.mul(i32x4.trunc_sat_f32x4_s(i), strides), i32x4.trunc_sat_f32x4_s(j));
}

// @ts-ignore: decorator
@inline
function take(from: usize, value: f32): void {
  store<f32>(from, load<f32>(from) - value);
}

// @ts-ignore: decorator
@inline
function addLanes(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) +
    (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
  );
}

/** e^x to a relative error of about 1e-7: 2^n times a polynomial of degree 6 within half an octave. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  const held = f32x4.max(f32x4.splat(-87), f32x4.min(f32x4.splat(88), x));
  const n = f32x4.nearest(f32x4.mul(held, f32x4.splat(1.44269504)));
  // ln 2 in two parts, so that the difference keeps its last bits.
  const f = f32x4.sub(f32x4.sub(held, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let power = f32x4.splat(<f32>(1.0 / 720));
  power = multiplyAdd(power, f, f32x4.splat(<f32>(1.0 / 120)));
  power = multiplyAdd(power, f, f32x4.splat(<f32>(1.0 / 24)));
  power = multiplyAdd(power, f, f32x4.splat(<f32>(1.0 / 6)));
  power = multiplyAdd(power, f, f32x4.splat(0.5));
  power = multiplyAdd(power, f, f32x4.splat(1));
  power = multiplyAdd(power, f, f32x4.splat(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(power, scale);
}

/** ln x of positive numbers to an absolute error of about 1e-7: exponent, and the series of 2 artanh((m − 1) / (m + 1)). */
// @ts-ignore: decorator
@inline
function logarithm(x: v128): v128 {
  // Mantissas from √½ to √2.
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.shr_s(shifted, 23);
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const one = f32x4.splat(1);
  const t = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const square = f32x4.mul(t, t);
  let series = f32x4.splat(<f32>(2.0 / 9));
  series = multiplyAdd(series, square, f32x4.splat(<f32>(2.0 / 7)));
  series = multiplyAdd(series, square, f32x4.splat(<f32>(2.0 / 5)));
  series = multiplyAdd(series, square, f32x4.splat(<f32>(2.0 / 3)));
  series = multiplyAdd(series, square, f32x4.splat(2));
  return multiplyAdd(f32x4.convert_i32x4_s(exponent), f32x4.splat(0.69314718), f32x4.mul(series, t));
}
