// The baseline that papers forget: piecewise linear interpolation over the Delaunay triangulation of the observed
// positions, plane by plane. Outside their hull the nearest observed value is taken.

import Delaunator from 'delaunator';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { ignoresAll, type Solver, type SolverContext } from './solver.ts';

/** The baseline as a member of a race: done before its first iteration. */
export function createInterpolationSolver({ observations, layout }: SolverContext): Solver {
  const { values, mask, heldOut } = observations;
  const training = mask.map(m => (m === maskByte.training ? m : maskByte.unobserved));
  const filled = interpolateLinearly(values, training, layout.rows, layout.columns);
  let square = 0;
  for (let i = 0; i < values.length; i++) if (mask[i] === maskByte.validation) square += (filled[i] - values[i]) ** 2;
  const validation = heldOut === 0 ? undefined : square / 2;
  return {
    blocks: [],
    hyperDefaults: {},
    rateScale: 1,
    derived: {},
    ignores: ignoresAll,
    summary: {},
    evaluate: () => ({ loss: 0, validation, terms: [0, 0, 0], converged: true }),
    estimate: () => ({ values: filled, centre: 0 }),
    dispose() {},
  };
}

/** Fills the unobserved entries of values [k, rows, columns]; `observed` is non-zero where a value is known. */
export function interpolateLinearly(
  values: Float32Array,
  observed: Uint8Array,
  rows: number,
  columns: number,
): Float32Array {
  const size = rows * columns;
  // A plane of which nothing is known has nothing nearer than the mean of the others.
  const mean = meanOf(values, observed);
  const out = values.map((value, i) => (observed[i] === 0 ? mean : value));
  for (let start = 0; start < values.length; start += size) {
    fillPlane(out.subarray(start, start + size), observed.subarray(start, start + size), columns);
  }
  return out;
}

function meanOf(values: Float32Array, observed: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (observed[i] === 0) continue;
    sum += values[i];
    count++;
  }
  return sum / Math.max(1, count);
}

function fillPlane(plane: Float32Array, observed: Uint8Array, columns: number): void {
  const known: number[] = [];
  for (let i = 0; i < plane.length; i++) if (observed[i] !== 0) known.push(i);
  const done = observed.slice();
  if (known.length >= 3) {
    const points = Float64Array.from({ length: 2 * known.length }, (_, c) =>
      c % 2 === 0 ? known[c >> 1] % columns : Math.floor(known[c >> 1] / columns),
    );
    const { triangles } = new Delaunator(points);
    for (let t = 0; t < triangles.length; t += 3) {
      fillTriangle(plane, done, columns, known[triangles[t]], known[triangles[t + 1]], known[triangles[t + 2]]);
    }
  }
  spreadNearest(plane, done, columns);
}

function fillTriangle(plane: Float32Array, done: Uint8Array, columns: number, a: number, b: number, c: number): void {
  const [ax, bx, cx] = [a, b, c].map(p => p % columns);
  const [ay, by, cy] = [a, b, c].map(p => Math.floor(p / columns));
  const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
  if (area === 0) return;
  for (let y = Math.min(ay, by, cy); y <= Math.max(ay, by, cy); y++) {
    for (let x = Math.min(ax, bx, cx); x <= Math.max(ax, bx, cx); x++) {
      const at = y * columns + x;
      if (done[at] !== 0) continue;
      const wb = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area;
      const wc = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area;
      if (wb < 0 || wc < 0 || wb + wc > 1) continue;
      plane[at] = (1 - wb - wc) * plane[a] + wb * plane[b] + wc * plane[c];
      done[at] = 1;
    }
  }
}

/** Breadth first from all filled positions, so each gap takes the value of a nearest one (in steps). */
function spreadNearest(plane: Float32Array, done: Uint8Array, columns: number): void {
  const rows = plane.length / columns;
  let front: number[] = [];
  for (let i = 0; i < plane.length; i++) if (done[i] !== 0) front.push(i);
  while (front.length > 0) {
    const next: number[] = [];
    for (const at of front) {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      for (const [nx, ny] of [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ]) {
        const to = ny * columns + nx;
        if (nx < 0 || ny < 0 || nx >= columns || ny >= rows || done[to] !== 0) continue;
        done[to] = 1;
        plane[to] = plane[at];
        next.push(to);
      }
    }
    front = next;
  }
}
