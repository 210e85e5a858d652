// Dense optical flow in plain loops and float64: the readable twin of kernels/flow-*.ts, for tests and for reading.

import {
  consistencyScale,
  type FlowField,
  type FlowPair,
  type FlowSettings,
  greyScale,
  patchCount,
  patchDamping,
  patchSide,
  relaxation,
  robustFloor,
  slopeFloor,
} from './flow.ts';
import { at, fill, type Plane, pyramid, sample } from './plane.ts';

/** Whole displacements that are tried on the coarsest level, and the share by which one must be better for each pixel. */
const reach = 6;
const far = 0.15;

/** Both components of a flow, in pixels of their own level. */
interface Components {
  readonly u: Plane;
  readonly v: Plane;
}

/**
 * Flow from `first` to `second` and back, both [height, width], grey, 0 to 1. Throws a LabError of code 'input' for sizes
 * without flow.
 */
export function flowReference(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  width: number,
  height: number,
  settings: FlowSettings,
): FlowPair {
  const [a, b] = [pyramid(first, width, height), pyramid(second, width, height)];
  const there = estimate(a, b, settings);
  const back = estimate(b, a, settings);
  // What the exposure changed between the two pictures is no sign of a wrong flow; the coarsest level tells it.
  const exposure = meanOf(b[b.length - 1]) - meanOf(a[a.length - 1]);
  return {
    forward: field(there, back, a[0], b[0], exposure),
    backward: field(back, there, b[0], a[0], -exposure),
  };
}

/** From coarse to fine: search, densify, refine; at the end brought to the size of the pictures. */
function estimate(first: Plane[], second: Plane[], settings: FlowSettings): Components {
  const coarsest = first.length - 1;
  const finest = Math.min(settings.finestLevel, coarsest);
  let flow: Components | undefined;
  for (let level = coarsest; level >= finest; level--) {
    const [a, b] = [first[level], second[level]];
    flow = refine(a, b, densify(a, b, search(a, b, flow, settings), settings), settings);
  }
  return { u: enlarge(flow!.u, first[0], 2 ** finest), v: enlarge(flow!.v, first[0], 2 ** finest) };
}

interface Patches {
  readonly columns: number;
  readonly rows: number;
  /** [row, column] displacements. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/**
 * Inverse search of every patch (section 2 of Kroeger et al.) from the best of some guesses: the coarser flow here and a patch
 * away, what the patch to the left found, and on the coarsest level all small whole displacements.
 */
function search(a: Plane, b: Plane, coarse: Components | undefined, settings: FlowSettings): Patches {
  const { patchStride, searchSteps } = settings;
  const columns = patchCount(a.width, patchStride);
  const rows = patchCount(a.height, patchStride);
  const patches = { columns, rows, u: new Float64Array(columns * rows), v: new Float64Array(columns * rows) };
  for (let row = 0; row < rows; row++) {
    const y = Math.min(row * patchStride, a.height - patchSide);
    for (let column = 0; column < columns; column++) {
      const x = Math.min(column * patchStride, a.width - patchSide);
      const patch = createPatch(a, b, x, y);
      const p = row * columns + column;
      const guesses = firstGuesses(x + patchSide / 2, y + patchSide / 2, coarse);
      if (column > 0) guesses.push([patches.u[p - 1], patches.v[p - 1], 0]);
      let [startU, startV] = guesses[0];
      let best: Comparison = { cost: Infinity, bx: 0, by: 0 };
      for (const [u, v, handicap] of guesses) {
        const found = patch.compare(u, v);
        if (found.cost * (1 + handicap) < best.cost) [best, startU, startV] = [found, u, v];
      }
      let [u, v] = [startU, startV];
      for (let step = 0; step < searchSteps; step++) {
        const [du, dv] = patch.step(best.bx, best.by);
        const next = patch.compare(u - du, v - dv);
        if (!(next.cost < best.cost)) break;
        [best, u, v] = [next, u - du, v - dv];
        if (du * du + dv * dv < 1e-4) break;
      }
      // A patch that ran away followed no texture.
      const ran = Math.hypot(u - startU, v - startV) > patchSide;
      patches.u[p] = ran ? startU : u;
      patches.v[p] = ran ? startV : v;
    }
  }
  return patches;
}

/** Guesses for the patch with its middle at (x, y): u, v, and the share by which it must be better than those before it. */
function firstGuesses(x: number, y: number, coarse: Components | undefined): [number, number, number][] {
  if (coarse === undefined) {
    const steps = Array.from({ length: 2 * reach + 1 }, (_, k) => k - reach);
    const around = steps.flatMap(v => steps.map((u): [number, number, number] => [u, v, far * Math.hypot(u, v)]));
    return [[0, 0, 0], ...around];
  }
  return [
    [0, 0],
    [-patchSide, 0],
    [patchSide, 0],
    [0, -patchSide],
    [0, patchSide],
  ].map(([dx, dy]) => {
    const [cx, cy] = [(x + dx) / 2, (y + dy) / 2];
    return [2 * sample(coarse.u, cx, cy), 2 * sample(coarse.v, cx, cy), 0];
  });
}

interface Comparison {
  readonly cost: number;
  readonly bx: number;
  readonly by: number;
}

/** The patch of `a` at (x, y), its mean taken out of every comparison. */
function createPatch(a: Plane, b: Plane, x: number, y: number) {
  const count = patchSide * patchSide;
  const [values, gx, gy] = [0, 0, 0].map(() => new Float64Array(count));
  let [sx, sy, xx, xy, yy] = [0, 0, 0, 0, 0];
  for (let k = 0; k < count; k++) {
    const [i, j] = [y + Math.floor(k / patchSide), x + (k % patchSide)];
    values[k] = at(a, i, j);
    gx[k] = (at(a, i, j + 1) - at(a, i, j - 1)) / 2;
    gy[k] = (at(a, i + 1, j) - at(a, i - 1, j)) / 2;
    sx += gx[k];
    sy += gy[k];
    xx += gx[k] * gx[k];
    xy += gx[k] * gy[k];
    yy += gy[k] * gy[k];
  }
  xx += patchDamping - (sx * sx) / count;
  yy += patchDamping - (sy * sy) / count;
  xy -= (sx * sy) / count;
  const determinant = xx * yy - xy * xy;
  return {
    /** Sum of squares and its slopes with the patch displaced by (u, v); infinite where it has left the picture. */
    compare(u: number, v: number): Comparison {
      const [px, py] = [x + u, y + v];
      if (!(px > -patchSide && py > -patchSide && px < a.width - 1 && py < a.height - 1))
        return { cost: Infinity, bx: 0, by: 0 };
      let [sum, squares, bx, by] = [0, 0, 0, 0];
      for (let k = 0; k < count; k++) {
        const value = sample(b, px + (k % patchSide) + 0.5, py + Math.floor(k / patchSide) + 0.5);
        const difference = value - values[k];
        sum += difference;
        squares += difference * difference;
        bx += difference * gx[k];
        by += difference * gy[k];
      }
      return { cost: squares - (sum * sum) / count, bx: bx - (sum * sx) / count, by: by - (sum * sy) / count };
    },
    step(bx: number, by: number): [number, number] {
      return [(yy * bx - xy * by) / determinant, (xx * by - xy * bx) / determinant];
    },
  };
}

/** At every pixel the mean of the patches over it, weighted by 1 / max(1, |difference|) (equation 3). */
function densify(a: Plane, b: Plane, patches: Patches, { patchStride }: FlowSettings): Components {
  const [u, v, weights] = [0, 0, 0].map(() => new Float64Array(a.width * a.height));
  for (let p = 0; p < patches.u.length; p++) {
    const x = Math.min((p % patches.columns) * patchStride, a.width - patchSide);
    const y = Math.min(Math.floor(p / patches.columns) * patchStride, a.height - patchSide);
    for (let k = 0; k < patchSide * patchSide; k++) {
      const [i, j] = [y + Math.floor(k / patchSide), x + (k % patchSide)];
      const difference = sample(b, j + patches.u[p] + 0.5, i + patches.v[p] + 0.5) - at(a, i, j);
      const weight = 1 / Math.max(1, Math.abs(difference));
      u[i * a.width + j] += weight * patches.u[p];
      v[i * a.width + j] += weight * patches.v[p];
      weights[i * a.width + j] += weight;
    }
  }
  const mean = (i: number, j: number, sums: Float64Array) => sums[i * a.width + j] / weights[i * a.width + j];
  return {
    u: fill(a.width, a.height, (i, j) => mean(i, j, u)),
    v: fill(a.width, a.height, (i, j) => mean(i, j, v)),
  };
}

/**
 * Minimises sum of brightness ψ(r0²) + gradient ψ(r1² + r2²) + smoothness ψ(|∇u|² + |∇v|²), ψ(s) = √(s + ε²), by lagged
 * weights and red-black over-relaxation. The residuals are linear in the flow and divided by their own slope, so that they
 * are distances in pixels (Zimmer et al. 2011).
 */
function refine(a: Plane, b: Plane, start: Components, settings: FlowSettings): Components {
  const { width, height } = a;
  let flow = start;
  for (let warp = 0; warp < settings.warps; warp++) {
    const rows = linearise(a, b, flow);
    const { u, v } = flow;
    const [U, V] = [u.values.slice(), v.values.slice()];
    const [right, down] = [new Float64Array(width * height), new Float64Array(width * height)];
    const system = [0, 0, 0, 0, 0].map(() => new Float64Array(width * height));
    const [xx, xy, yy, cx, cy] = system;
    for (let renewal = 0; renewal < settings.renewals; renewal++) {
      for (let p = 0; p < width * height; p++) {
        const [i, j] = [Math.floor(p / width), p % width];
        const [r, d] = [j + 1 < width ? p + 1 : p, i + 1 < height ? p + width : p];
        const squares = (U[r] - U[p]) ** 2 + (U[d] - U[p]) ** 2 + (V[r] - V[p]) ** 2 + (V[d] - V[p]) ** 2;
        const smooth = settings.smoothness / Math.sqrt(squares + robustFloor);
        right[p] = r === p ? 0 : smooth;
        down[p] = d === p ? 0 : smooth;
        for (const entries of system) entries[p] = 0;
        const residuals = rows.map(([x, y, z]) => x[p] * U[p] + y[p] * V[p] + z[p]);
        const bright = settings.brightness / Math.sqrt(residuals[0] ** 2 + robustFloor);
        const sloped = settings.gradient / Math.sqrt(residuals[1] ** 2 + residuals[2] ** 2 + robustFloor);
        rows.forEach(([x, y, z], row) => {
          const weight = row === 0 ? bright : sloped;
          xx[p] += weight * x[p] * x[p];
          xy[p] += weight * x[p] * y[p];
          yy[p] += weight * y[p] * y[p];
          cx[p] += weight * x[p] * z[p];
          cy[p] += weight * y[p] * z[p];
        });
      }
      for (let half = 0; half < 2 * settings.sweeps; half++) {
        for (let i = 0; i < height; i++) {
          for (let j = (i + half) % 2; j < width; j += 2) {
            const p = i * width + j;
            let [sum, us, vs] = [1e-6, 0, 0];
            const pull = (weight: number, q: number) => {
              sum += weight;
              us += weight * U[q];
              vs += weight * V[q];
            };
            if (j > 0) pull(right[p - 1], p - 1);
            if (j + 1 < width) pull(right[p], p + 1);
            if (i > 0) pull(down[p - width], p - width);
            if (i + 1 < height) pull(down[p], p + width);
            U[p] += relaxation * ((us - xy[p] * V[p] - cx[p]) / (xx[p] + sum) - U[p]);
            V[p] += relaxation * ((vs - xy[p] * U[p] - cy[p]) / (yy[p] + sum) - V[p]);
          }
        }
      }
    }
    flow = { u: { width, height, values: U }, v: { width, height, values: V } };
  }
  return flow;
}

/**
 * Residual rows x u + y v + z about `flow`, each divided by √(x² + y² + ζ²): of the brightness, and of its slopes along x
 * and y. Zero where the flow leaves the picture. Slopes are those of the mean of `a` and the warped `b`.
 */
function linearise(a: Plane, b: Plane, { u, v }: Components): [Float64Array, Float64Array, Float64Array][] {
  const { width, height } = a;
  const place = (i: number, j: number): [number, number] => [j + at(u, i, j) + 0.5, i + at(v, i, j) + 0.5];
  const warped = fill(width, height, (i, j) => sample(b, ...place(i, j)));
  const mean = fill(width, height, (i, j) => (at(warped, i, j) + at(a, i, j)) / 2);
  const change = fill(width, height, (i, j) => at(warped, i, j) - at(a, i, j));
  const rows = [0, 1, 2].map(
    () => [0, 1, 2].map(() => new Float64Array(width * height)) as [Float64Array, Float64Array, Float64Array],
  );
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [x, y] = place(i, j);
      if (!(x >= 0 && y >= 0 && x <= width && y <= height)) continue;
      const slopes: [number, number, number][] = [
        [
          (at(mean, i, j + 1) - at(mean, i, j - 1)) / 2,
          (at(mean, i + 1, j) - at(mean, i - 1, j)) / 2,
          at(change, i, j),
        ],
        [
          (at(mean, i, j + 2) - 2 * at(mean, i, j) + at(mean, i, j - 2)) / 4,
          crossSlope(mean, i, j),
          (at(change, i, j + 1) - at(change, i, j - 1)) / 2,
        ],
        [
          crossSlope(mean, i, j),
          (at(mean, i + 2, j) - 2 * at(mean, i, j) + at(mean, i - 2, j)) / 4,
          (at(change, i + 1, j) - at(change, i - 1, j)) / 2,
        ],
      ];
      const p = i * width + j;
      slopes.forEach(([sx, sy, sz], row) => {
        const length = Math.sqrt(sx * sx + sy * sy + slopeFloor);
        rows[row][0][p] = sx / length;
        rows[row][1][p] = sy / length;
        rows[row][2][p] = (sz - sx * at(u, i, j) - sy * at(v, i, j)) / length;
      });
    }
  }
  return rows;
}

function crossSlope(plane: Plane, i: number, j: number): number {
  return (at(plane, i + 1, j + 1) - at(plane, i + 1, j - 1) - at(plane, i - 1, j + 1) + at(plane, i - 1, j - 1)) / 4;
}

/** A plane of a level at the size of the pictures, its values in their pixels. */
function enlarge(plane: Plane, { width, height }: Plane, scale: number): Plane {
  return fill(width, height, (i, j) => scale * sample(plane, (j + 0.5) / scale, (i + 0.5) / scale));
}

function field(there: Components, back: Components, a: Plane, b: Plane, exposure: number): FlowField {
  const { width, height } = a;
  const flow = new Float32Array(2 * width * height);
  const confidence = new Float32Array(width * height);
  for (let p = 0; p < width * height; p++) {
    const [i, j] = [Math.floor(p / width), p % width];
    const [u, v] = [there.u.values[p], there.v.values[p]];
    flow.set([u, v], 2 * p);
    const [x, y] = [j + 0.5 + u, i + 0.5 + v];
    if (!(x >= 0 && y >= 0 && x <= width && y <= height)) continue;
    const round = (u + sample(back.u, x, y)) ** 2 + (v + sample(back.v, x, y)) ** 2;
    const difference = sample(b, x, y) - at(a, i, j) - exposure;
    const [gx, gy] = [(at(a, i, j + 1) - at(a, i, j - 1)) / 2, (at(a, i + 1, j) - at(a, i - 1, j)) / 2];
    const grey = difference ** 2 / (greyScale ** 2 + gx * gx + gy * gy);
    confidence[p] = Math.exp(-round / consistencyScale ** 2 - grey);
  }
  return { width, height, flow, confidence };
}

function meanOf({ values }: Plane): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
