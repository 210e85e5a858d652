// The convex baseline: the tensor of least tubal nuclear norm that agrees with the observed entries, by ADMM (Lu, Feng,
// Lin, Yan, IJCAI 2018, algorithm 1). It sees the same training entries as any other member of a race, so that held-out
// losses can be compared.

import { maskByte } from '../../ops/completion/completion-cpu.ts';
import type { Transform } from '../../ops/mode3-transform/transform.ts';
import { createThreshold, thresholdBytes } from '../../ops/singular-value-threshold/threshold-cpu.ts';
import type { Layout } from './layout.ts';
import { ignoresAll, type Solver, type SolverContext } from './solver.ts';

const MU_START = 1e-4;
const MU_GROWTH = 1.2;
const MU_MOST = 1e10;
/** The paper's 1e-6 is below what float32 transforms of hundreds of planes resolve: they settle at 3e-6. */
const TOLERANCE = 1e-5;

export function admmSolverBytes({ rows, columns, planes }: Layout, transform: Transform): number {
  return 12 * rows * columns * planes.length + thresholdBytes(rows, columns, transform);
}

/**
 * The paper's E is -X where nothing was observed and its multiplier Y is zero there, so X and Y are all the state:
 * X <- prox of TNN / mu at (M + Y / mu where observed, X elsewhere); Y <- Y + mu (M - X) where observed.
 */
export function createAdmmSolver(context: SolverContext, transform: Transform): Solver {
  const { device, layout, observations } = context;
  const { rows, columns } = layout;
  const { values, mask, trainingRate, heldOut } = observations;
  const count = values.length;
  const threshold = createThreshold(device, rows, columns, transform);
  const x = device.floats(count);
  const y = device.floats(count);
  /** mu and the largest change of the last step, as state of their own: a resumed run goes on with the same bits. */
  const state = Float32Array.of(MU_START, Infinity);
  const before = new Float32Array(count);
  const observed = (i: number) => mask[i] === maskByte.training;
  let averageRank = 0;
  return {
    blocks: [
      { name: 'X', group: 'tensor', values: x.values, gradients: undefined },
      { name: 'Y', group: 'multiplier', values: y.values, gradients: undefined },
      { name: 'state', group: 'penalty', values: state, gradients: undefined },
    ],
    hyperDefaults: {},
    derived: {},
    ignores: ignoresAll,
    rateScale: 1,
    summary: { transform: transform.id },
    evaluate() {
      let [square, unseen] = [0, 0];
      for (let i = 0; i < count; i++) {
        if (mask[i] === maskByte.unobserved) continue;
        const gap = (values[i] - x.values[i]) ** 2;
        if (observed(i)) square += gap;
        else unseen += gap;
      }
      const validation = heldOut === 0 ? undefined : unseen / 2;
      const rmse = Math.sqrt(square / (trainingRate * count));
      return { loss: square / 2, validation, terms: [square / 2, 0, rmse], converged: state[1] < TOLERANCE };
    },
    advance() {
      const [mu] = state;
      before.set(x.values);
      for (let i = 0; i < count; i++) if (observed(i)) x.values[i] = values[i] + y.values[i] / mu;
      const { ranks } = threshold.apply(x, 1 / mu);
      averageRank = ranks.reduce((sum, rank, s) => sum + rank * transform.slices[s].weight, 0) / transform.k;
      let change = 0;
      for (let i = 0; i < count; i++) {
        change = Math.max(change, Math.abs(x.values[i] - before[i]));
        if (!observed(i)) continue;
        const gap = values[i] - x.values[i];
        y.values[i] += mu * gap;
        change = Math.max(change, Math.abs(gap));
      }
      state[0] = Math.min(MU_GROWTH * mu, MU_MOST);
      state[1] = change;
    },
    estimate: () => ({ values: x.values, centre: 0 }),
    structure: () => ({ ranks: { average: averageRank }, ...(Number.isFinite(state[1]) ? { change: state[1] } : {}) }),
    dispose() {
      x.dispose();
      y.dispose();
      threshold.dispose();
    },
  };
}
