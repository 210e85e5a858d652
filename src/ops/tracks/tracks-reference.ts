// What a tracker does to pictures, in plain loops and float64: the readable twin of kernels/flow-tracks.ts.

import { at, fill, type Plane, pyramid, sample } from '../flow/plane.ts';
import type { TrackOperators } from './tracker.ts';
import { trackLevels } from './tracks-cpu.ts';

/** Samples along a side of a window; half of it to its middle. */
const side = 16;
const middle = (side - 1) / 2;
const samples = side * side;
const mostSteps = 12;
/** Half the square over which a corner's structure tensor is averaged. */
const cornerReach = 3;
/** Diagonal of a shift x, y and of an affine map, whose entries move a sample by up to `middle` pixels. */
const damping = [8, 8, 512, 512, 512, 512];

/** A window with its slopes by x and y, and what every comparison with it needs. */
interface Window {
  readonly values: readonly number[];
  readonly gx: readonly number[];
  readonly gy: readonly number[];
}

/** As `createTrackOperators`. */
export function createReferenceTrackOperators(width: number, height: number): TrackOperators<Plane[], Window> {
  return {
    width,
    height,
    take: grey => pyramid(grey, width, height).slice(0, trackLevels),
    release: () => {},
    corners: ([picture]) => cornerScores(picture),
    templates: ([picture], points) =>
      Array.from({ length: points.length / 2 }, (_, i) => takeWindow(picture, points[2 * i], points[2 * i + 1])),
    releaseTemplates: () => {},
    follow(from, to, points) {
      const found = new Float32Array(points.length);
      const errors = new Float32Array(points.length / 2).map((_, i) => {
        const [x, y] = points.subarray(2 * i, 2 * i + 2);
        found.set([x, y], 2 * i);
        const there = pursue(from, to, x, y);
        if (there === undefined) return Infinity;
        found.set(there, 2 * i);
        const back = pursue(to, from, ...there);
        return back === undefined ? Infinity : Math.hypot(back[0] - x, back[1] - y);
      });
      return { points: found, errors };
    },
    align: ([picture], templates, warps) =>
      Float32Array.from(templates, (template, i) => align(picture, template, warps.subarray(6 * i, 6 * i + 6))),
    dispose: () => {},
  };
}

/** Smaller eigenvalue of the mean of ∇I ∇Iᵀ over a square (Shi and Tomasi 1994). */
function cornerScores(picture: Plane): Float32Array {
  const { width, height } = picture;
  const { values } = fill(width, height, (i, j) => {
    let [xx, xy, yy] = [0, 0, 0];
    for (let r = i - cornerReach; r <= i + cornerReach; r++) {
      for (let c = j - cornerReach; c <= j + cornerReach; c++) {
        const [gx, gy] = [
          (at(picture, r, c + 1) - at(picture, r, c - 1)) / 2,
          (at(picture, r + 1, c) - at(picture, r - 1, c)) / 2,
        ];
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
      }
    }
    const count = (2 * cornerReach + 1) ** 2;
    return ((xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)) / count;
  });
  return Float32Array.from(values);
}

/** Offsets of sample k of a window from its middle. */
function offset(k: number): [number, number] {
  return [(k % side) - middle, Math.floor(k / side) - middle];
}

function takeWindow(picture: Plane, x: number, y: number): Window {
  const of = (value: (x: number, y: number) => number) =>
    Array.from({ length: samples }, (_, k) => value(x + offset(k)[0], y + offset(k)[1]));
  return {
    values: of((px, py) => sample(picture, px, py)),
    gx: of((px, py) => (sample(picture, px + 1, py) - sample(picture, px - 1, py)) / 2),
    gy: of((px, py) => (sample(picture, px, py + 1) - sample(picture, px, py - 1)) / 2),
  };
}

/** Lucas–Kanade from coarse to fine, the means of the windows taken out; undefined where the point leaves the picture. */
function pursue(from: Plane[], to: Plane[], x: number, y: number): [number, number] | undefined {
  let [u, v] = [0, 0];
  for (let level = from.length - 1; level >= 0; level--) {
    const share = 2 ** -level;
    const window = takeWindow(from[level], x * share, y * share);
    const slopes = [window.gx, window.gy].map(centred);
    const normal = normalMatrix(slopes, damping);
    [u, v] = [2 * u, 2 * v];
    for (let step = 0; step < mostSteps; step++) {
      const [px, py] = [x * share + u, y * share + v];
      if (!isInside(to[level], px, py)) return undefined;
      const differences = window.values.map(
        (value, k) => sample(to[level], px + offset(k)[0], py + offset(k)[1]) - value,
      );
      const [du, dv] = solve(
        normal,
        slopes.map(slope => dot(slope, differences)),
      );
      [u, v] = [u - du, v - dv];
      if (du * du + dv * dv < (level === 0 ? 1e-4 : 1e-3)) break;
    }
  }
  return isInside(to[0], x + u, y + v) ? [x + u, y + v] : undefined;
}

/**
 * Inverse compositional alignment under an affine map (Baker and Matthews 2004); the warped window is brought to the mean and the
 * contrast of the first one.
 */
function align(picture: Plane, window: Window, warp: Float32Array): number {
  let [x, y, a, b, c, d] = warp;
  const slopes = [
    window.gx,
    window.gy,
    window.gx.map((g, k) => g * offset(k)[0]),
    window.gx.map((g, k) => g * offset(k)[1]),
    window.gy.map((g, k) => g * offset(k)[0]),
    window.gy.map((g, k) => g * offset(k)[1]),
  ].map(centred);
  const normal = normalMatrix(slopes, damping);
  const template = centred(window.values);
  const contrast = Math.sqrt(Math.max(1e-3, dot(template, template) / samples));
  let correlation = -2;
  for (let step = 0; step <= mostSteps; step++) {
    if (!isInside(picture, x, y)) return -2;
    const warped = centred(
      window.values.map((_, k) => {
        const [dx, dy] = offset(k);
        return sample(picture, x + a * dx + b * dy, y + c * dx + d * dy);
      }),
    );
    const own = Math.sqrt(Math.max(1e-3, dot(warped, warped) / samples));
    correlation = dot(warped, template) / samples / (own * contrast);
    if (step === mostSteps) break;
    const differences = warped.map((value, k) => (value * contrast) / own - template[k]);
    const [tx, ty, e00, e01, e10, e11] = solve(
      normal,
      slopes.map(slope => dot(slope, differences)),
    );
    // The window's own small map, inverted: o ↦ (I + E)⁻¹ (o − t).
    const determinant = (1 + e00) * (1 + e11) - e01 * e10;
    if (!(determinant > 0.25)) return -2;
    [a, b, c, d] = [
      (a * (1 + e11) - b * e10) / determinant,
      (b * (1 + e00) - a * e01) / determinant,
      (c * (1 + e11) - d * e10) / determinant,
      (d * (1 + e00) - c * e01) / determinant,
    ];
    x -= a * tx + b * ty;
    y -= c * tx + d * ty;
    if (tx * tx + ty * ty < 1e-5) break;
  }
  warp.set([x, y, a, b, c, d]);
  return correlation;
}

function isInside({ width, height }: Plane, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map(value => value - mean);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k], 0);
}

function normalMatrix(slopes: readonly (readonly number[])[], diagonal: readonly number[]): number[][] {
  return slopes.map((one, m) => slopes.map((other, n) => dot(one, other) + (m === n ? diagonal[m] : 0)));
}

/** Gaussian elimination of a positive definite system. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, m) => [...row, right[m]]);
  const size = rows.length;
  for (let m = 0; m < size; m++) {
    for (let n = m + 1; n < size; n++) {
      const factor = rows[n][m] / rows[m][m];
      for (let q = m; q <= size; q++) rows[n][q] -= factor * rows[m][q];
    }
  }
  const solution = Array<number>(size).fill(0);
  for (let m = size - 1; m >= 0; m--) {
    let value = rows[m][size];
    for (let q = m + 1; q < size; q++) value -= rows[m][q] * solution[q];
    solution[m] = value / rows[m][m];
  }
  return solution;
}
